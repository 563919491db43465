#pragma once

#include <string>
#include <vector>

namespace expunge::guard {

/// The files that decide what is destroyed and what is believed of it, and the archive.
struct Holdings {
  std::string configuration;  ///< empty: not looked at
  std::string key;
  std::string index;
  std::string log_directory;
  std::string archive_root;
  std::vector<std::string> more_secrets{};  ///< other keys, and what opens them
  std::vector<std::string> programs{};      ///< that are run
};

/// That somebody may change, or read, what is not theirs.
struct Exposure {
  enum class Weight {
    note,     ///< ordinary for an archive
    warning,  ///< a person should look at it
    refused,  ///< no command that signs may go on
  };
  Weight weight;
  std::string words;   ///< the path, who may do what, the mode
  std::string remedy;  ///< the command that cures it; may be empty
};

/// Judges owners and modes as sshd does with StrictModes, of every directory on the way too,
/// through symbolic links. Trusted are root, the effective user, and, for root, the one user who
/// owns both key and log directory: a service's. A group is trusted when it is its owner's own and
/// has nobody else. Where there is an access control list, its mask is the group's permissions.
/// What is not there, or cannot be looked at, is passed over. The gravest first; changes nothing.
[[nodiscard]] std::vector<Exposure> find_exposures(const Holdings& holdings);

/// Throws Failure(usage) for the first that is refused, with its remedy.
void refuse_exposed(const Holdings& holdings);

}  // namespace expunge::guard
