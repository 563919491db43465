#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/sys.h"
#include "shred/target.h"

// What a destruction would need of kernel and process, found out without changing anything.
namespace expunge::shred {

/// Whether the kernel opens files beneath a directory and nowhere else (Linux 5.6); without it
/// nothing can be destroyed.
[[nodiscard]] bool opens_beneath(const ArchiveRoot& root);

/// Of which files this process can find out whether somebody else has them open.
enum class Leases { any_file, own_files, none, unknown };
[[nodiscard]] Leases probe_leases(base::Sys& sys);

/// Of the capabilities that a run can use (capabilities(7)), those that this process has not in
/// force, by name; nullopt when the kernel does not say.
[[nodiscard]] std::optional<std::vector<std::string_view>> missing_capabilities(base::Sys& sys);

}  // namespace expunge::shred
