#pragma once

#include <string>
#include <utility>
#include <vector>

namespace expunge::audit {

/// Where the private keys of a log are, and what opens them.
struct KeyFiles {
  KeyFiles(std::string entries_file, std::string checkpoints_file = {},
           std::string passphrase_file_of_both = {})
      : entries(std::move(entries_file)),
        checkpoints(std::move(checkpoints_file)),
        passphrase_file(std::move(passphrase_file_of_both)) {}

  std::string entries;          ///< the one in force: signs entries
  std::string checkpoints;      ///< signs checkpoints; empty: the log has none of its own for them
  std::string passphrase_file;  ///< its first line opens both; empty: they are not encrypted
};

/// Where the next key for entries is from before it is in force until it has taken its place, and
/// then the one before until it is destroyed.
[[nodiscard]] std::string next_key_path(const KeyFiles& files);

/// Those of them that are set, the one in force left aside.
[[nodiscard]] std::vector<std::string> more_secrets(const KeyFiles& files);

}  // namespace expunge::audit
