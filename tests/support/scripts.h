#pragma once

#include <string>
#include <vector>

#include "audit/entry.h"
#include "audit/keys.h"
#include "support/program.h"

namespace expunge::test {

/// A shell to run scripts in, as it is called: `busybox sh` is two words.
using Shell = std::vector<std::string>;

/// The POSIX shells that are here: dash and bash, and busybox where it is installed.
[[nodiscard]] std::vector<Shell> shells();

/// Runs scripts/NAME.sh in this shell.
[[nodiscard]] Ended run_script(const Shell& shell, const std::string& name,
                               const std::vector<std::string>& words,
                               const std::string& input = "");

/// The path of tests/data/vectors/NAME.
[[nodiscard]] std::string vector_path(const std::string& name);

/// The certificate of this entry, right or not, in a log of two: as whoever has the key can make
/// it.
[[nodiscard]] std::string certificate_of_second(const audit::Draft& draft,
                                                const audit::SigningKey& key);

/// The text with an unused bit set in the base64 whose padding begins at `pad`: the same bytes in
/// another writing.
[[nodiscard]] std::string with_unused_bit(std::string text, std::size_t pad);

}  // namespace expunge::test
