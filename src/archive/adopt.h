#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "archive/store.h"

namespace expunge::archive {

/// What the key of a recording begins with that was found on disk by its path alone; the rest is
/// SHA-256 of what its files' paths share.
inline constexpr std::string_view kPathKey = "path-";

/// Where `path` belongs to a recording that was found on disk and has no date yet, gives that the
/// recorder's key `id`, of which `digest` is, so that the row says what it is. Whether it did.
[[nodiscard]] bool adopt(Store& store, const std::string& path, const std::string& id,
                         const std::optional<base::Digest>& digest);

/// Gives a recording that was found on disk its department.
void fill_department(Store& store, std::int64_t key, const std::string& department);

}  // namespace expunge::archive
