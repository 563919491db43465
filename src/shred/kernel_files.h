#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/sys.h"

// What /proc and /sys say, read through Sys so that tests can serve trees of their own.
namespace expunge::shred {

/// A file of the kernel's; nullopt when it cannot be read. Never throws, as the others here.
[[nodiscard]] std::optional<std::string> read_kernel_file(base::Sys& sys, const std::string& path);

/// Its first line without the spaces around it.
[[nodiscard]] std::optional<std::string> read_kernel_word(base::Sys& sys, const std::string& path);

/// The names in one of the kernel's directories, sorted; nullopt when it cannot be read.
[[nodiscard]] std::optional<std::vector<std::string>> list_kernel_directory(
    base::Sys& sys, const std::string& path);

[[nodiscard]] bool kernel_has(base::Sys& sys, const std::string& path);

/// The value in a file of `NAME=value` lines (uevent); empty when it is not there.
[[nodiscard]] std::string value_in(const std::string& text, const std::string& name);

}  // namespace expunge::shred
