#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"

namespace expunge::survey {

/// The date that a path seems to bear: the last `20261123`, `2026-11-23` or `2026/11/23` (or with
/// `_` or `.` between) in it that is a day from 1990 to 2099 and stands between no other digits but
/// those of a time. A guess, for telling a person how old something looks; nothing is ever decided
/// by it.
[[nodiscard]] std::optional<base::CivilDate> date_in_name(std::string_view path);

}  // namespace expunge::survey
