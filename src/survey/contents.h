#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "audit/log.h"
#include "base/sha256.h"
#include "shred/walk.h"

namespace expunge::survey {

/// The log leaves out what smaller files held, and many small files are alike.
inline constexpr std::uint64_t kMinComparedBytes = 4096;

/// SHA-256 of a file beneath the root, or an errno value.
[[nodiscard]] std::variant<base::Digest, int> read_content(const shred::ArchiveRoot& root,
                                                           const std::string& path);

/// What the log says of the content of files that were destroyed or removed: 16 bytes each.
class DestroyedContents {
 public:
  /// Reads the whole log. Throws Failure(log_untrusted) for a line that is no entry.
  DestroyedContents(base::Sys& sys, audit::LogPlace place);

  struct Found {
    std::string recording;
    std::uint64_t seq = 0;
  };
  /// The newest entry that names this content.
  [[nodiscard]] std::optional<Found> find(const base::Digest& digest) const;

 private:
  base::Sys& sys_;
  audit::LogPlace place_;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> files_;  // begin of the digest, seq; sorted
};

/// Finds files of the same content among those added: 16 bytes each. Names are not kept; a second
/// walk brings them.
class SharedContents {
 public:
  void add(const std::string& path, const base::Digest& digest);
  /// After the last add(). Whether anything is shared.
  [[nodiscard]] bool settle();
  /// The content's number when the path was added with one that another path has too.
  [[nodiscard]] std::optional<std::uint64_t> shared(const std::string& path);

 private:
  std::uint64_t mark(const std::string& path);

  std::vector<std::pair<std::uint64_t, std::uint64_t>> files_;  // begins of digest and path's
  base::Sha256 sha256_;
};

}  // namespace expunge::survey
