#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include "archive/importer.h"
#include "intake/department_map.h"
#include "intake/import.h"
#include "intake/scan_pattern.h"
#include "policy/time_zone.h"
#include "shred/target.h"

namespace expunge::intake {

struct ScanOptions {
  /// What paths say; nullptr: nothing, and every file that the index has not is taken, without a
  /// date: attention.
  const ScanPattern* pattern = nullptr;
  std::string department;  ///< of all; empty: the pattern has a group for it, or nobody knows
  const DepartmentMap* department_map = nullptr;  ///< of what that group finds; nullptr: none
  policy::TimeZone zone;                          ///< of the times in paths
  bool trust_mtime = false;           ///< where a path has no date, the file's last change is it
  std::chrono::seconds settled{600};  ///< what was changed since is still being written
  std::chrono::sys_seconds now;
  unsigned workers = 1;
  std::set<std::string> without{};  ///< paths that are not taken, whatever they are
};

/// What a scan has to say of one path.
struct ScanNote {
  enum class Kind {
    unmatched,    ///< the pattern does not fit; not taken
    refused,      ///< it fits, and its recording cannot be taken
    not_regular,  ///< no regular file, or a mount; not taken
    unreadable,   ///< a directory of which not all was seen, or a file
    unmeasured,   ///< audio whose length could not be read; taken by the start of its call
  };
  static constexpr std::size_t kKinds = 5;
  Kind kind;
  std::string path;
  std::string cause;  ///< in words
};

struct ScanResult {
  archive::ImportCounts counts;      ///< when not committed: what would have been
  std::uint64_t files = 0;           ///< regular files seen
  std::uint64_t known = 0;           ///< of these, in the index before, with nothing to add
  std::uint64_t being_written = 0;   ///< of calls of which a file is; left to the next scan
  std::uint64_t dated_by_mtime = 0;  ///< recordings
  std::uint64_t undated = 0;         ///< recordings put in without a date: attention
  std::array<std::uint64_t, ScanNote::kKinds> notes{};  ///< by kind
  bool committed = false;

  [[nodiscard]] std::uint64_t count(ScanNote::Kind kind) const {
    return notes[static_cast<std::size_t>(kind)];
  }
};

struct ScanEvents {
  std::function<void(const ScanNote&)> note;
  std::function<void(std::uint64_t files)> progress;  ///< may be empty
};

/// Walks through the archive and puts what it finds into the index, in the importer's one
/// transaction; the files of a directory that call_of() says are one call's are one recording. The
/// recording's time is the end of the call: where a name gives the start with its time of day, the
/// length of the audio is added, and of several files the latest counts; files of one id in several
/// directories are one recording too, and their dates one where their paths have the same time. A
/// file that the index has
/// is not looked into again. A recording's key is the pattern's id, or else one made from the path
/// (archive/adopt.h), which asks for an importer with opaque ids.
///
/// Opens no file but audio that the index has not, and that for reading. Memory does not grow with
/// the archive, but with the largest directory and those above it. Commits as import_rows() does:
/// refused recordings are bad rows; what did not match is none. Throws as the importer and walk()
/// do.
[[nodiscard]] ScanResult scan(const shred::ArchiveRoot& root, const archive::Index& index,
                              const ScanOptions& options, BadRows bad_rows,
                              archive::Importer& importer, const ScanEvents& events);

}  // namespace expunge::intake
