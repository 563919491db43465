#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>

#include "archive/index.h"
#include "audit/log.h"
#include "policy/schedule.h"
#include "shred/target.h"
#include "survey/difference.h"

// The index against the disk. Only reads.
namespace expunge::survey {

struct CompareSetting {
  const shred::ArchiveRoot& root;
  const archive::Index& index;
  const policy::RetentionSchedule& schedule;
  base::CivilDate today;
  unsigned workers = 1;
  bool contents = false;  ///< read every file, and compare its SHA-256
  audit::LogPlace log;    ///< for its `destroy` entries, when contents are read
};

/// What a comparison comes to.
struct Comparison {
  std::uint64_t files = 0;  ///< regular files on disk
  std::uint64_t rows = 0;   ///< files in the index
  std::uint64_t read = 0;   ///< files whose content was read
  std::array<std::uint64_t, Difference::kKinds> counts{};
  /// Recordings that an interrupted run began on: sizes and contents of their files, and that one
  /// is gone, are left out.
  std::uint64_t begun = 0;
  std::uint64_t no_row_bytes = 0;
  /// Files without a row by the year that they look to be from, by name and by their last change.
  std::map<int, std::uint64_t> no_row_by_name, no_row_by_change;
  /// Of these, those that look as if every period of the schedule were over.
  std::uint64_t no_row_overdue = 0;
  /// Of these, those whose content was destroyed once; nullopt: contents were not read.
  std::optional<std::uint64_t> no_row_destroyed;

  [[nodiscard]] std::uint64_t count(Difference::Kind kind) const {
    return counts[static_cast<std::size_t>(kind)];
  }
  [[nodiscard]] std::uint64_t differences() const;
};

/// Walks through the archive along the index's rows by path, and calls `each` for every difference,
/// in the order of their paths; those of contents that files share come last. What changed while it
/// was at work is looked at once more before it is called a difference, so that an import or a run
/// meanwhile makes none. What an interrupted run did to files that it began on is none either.
/// `progress` is told the files so far.
///
/// Memory does not grow with the archive, but holds the listings of the largest directory and those
/// above it; with contents also 16 bytes for each file that is read and each file that the log says
/// was destroyed. Throws as the index and walk() do, and Failure(log_untrusted) when, for contents,
/// the log cannot be read.
[[nodiscard]] Comparison compare(const CompareSetting& setting, const OnDifference& each,
                                 const std::function<void(std::uint64_t files)>& progress);

}  // namespace expunge::survey
