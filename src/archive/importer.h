#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/index.h"

namespace expunge::archive {

/// One row of an import: one file of one recording.
struct ImportRow {
  std::string id;
  std::string department;
  std::optional<std::chrono::sys_seconds> recorded_at;  ///< nullopt: no date
  std::string subject;  ///< as written; may be empty, as the next two
  std::string agent;
  std::string call_id;
  File file;
  /// Others whose call it is as well, and others who took it; a hold on any of them finds it.
  std::vector<std::string> further_subjects, further_agents;
  /// What the source has for a department, where `department` is what a map makes of it. A
  /// recording that was imported while no map knew it has this one, and gets the other.
  std::string unmapped_department;
  /// What the source has for `file.path`, a full path that the caller was told to cut; else empty.
  std::string stripped_path;
  /// `recorded_at` is an end of the call that the recording's date is of: the later one counts.
  bool is_same_call = false;
};

enum class OpaqueIds { no, yes };

/// What becomes of a row whose file belongs to a recording of another id.
enum class SharedFiles {
  refuse,
  /// It becomes one of the rows of that recording, whose latest date counts and whose subjects and
  /// agents are those of all its rows; its own id is remembered, also when the recording is
  /// destroyed, so that it never brings the file in again. A row may then have no department, and
  /// says nothing of it.
  merge,
};

struct ImportKind {
  OpaqueIds opaque_ids = OpaqueIds::no;
  SharedFiles shared_files = SharedFiles::refuse;
  /// Every name that the retention schedule knows a department by, to the department's own. Two of
  /// one department agree. What a map says in the place of one contradicts it, since the recording
  /// might then be due earlier.
  std::map<std::string, std::string> scheduled{};
  /// The archive's, absolute; empty: no full path is beneath it.
  std::string archive_root{};
};

struct ImportCounts {
  std::uint64_t rows = 0;   ///< accepted
  std::uint64_t added = 0;  ///< recordings that were not there
  std::uint64_t changed =
      0;  ///< recordings there before: a file or a contradiction more or less, a gap filled
  std::uint64_t destroyed = 0;  ///< rows of recordings destroyed before; nothing was changed
  std::uint64_t returned = 0;   ///< destroyed recordings of which a file is back on disk
  /// Of those added, the ones that the log says more of, which an index put back had lost.
  std::uint64_t known_to_log = 0;
  /// Facts of recordings that a row contradicts, and none did before: attention.
  std::uint64_t contradictions = 0;
  std::uint64_t paths_put_right = 0;  ///< that the index had as no path beneath the root
};

/// Puts rows into the index in one transaction, whatever their number and order; memory stays flat.
///
/// The same row twice changes nothing. A row whose date or department differs from what the index
/// (or an earlier row of this import) says is kept as a contradiction: attention, the index's
/// values stand; a row that agrees again clears nothing, a person does. A missing date, subject,
/// agent, call id, size and sha256 are filled in, never changed; a row that lacks one says nothing
/// of it. A recording that was found on disk without knowing whose it is (adopt.h) takes the key
/// and department of the first row that has its path. A full path, or one
/// with steps that lead nowhere, which an older version took, makes way for the same path beneath
/// the root, or for what the caller was told to make of it, of a row of its recording and role; a
/// path with `..` in it for none. With opaque ids the recorder's key lives in
/// the index alone, and only as a salted digest once the recording is destroyed, so that it stays
/// destroyed.
///
/// With SharedFiles::merge a later date, and further subjects and agents, are taken over in place
/// of a contradiction, and an earlier date is passed over: each keeps a recording longer, or under
/// more holds.
class Importer {
 public:
  /// `on_disk` tells whether a path of a destroyed recording is a file in the archive; it is asked
  /// for nothing else. Takes the index's write lock.
  Importer(Index& index, const ImportKind& kind,
           std::function<bool(const std::string& path)> on_disk, base::CivilDate today);
  Importer(Index& index, OpaqueIds opaque_ids, std::function<bool(const std::string& path)> on_disk,
           base::CivilDate today)
      : Importer(index, ImportKind{opaque_ids, SharedFiles::refuse}, std::move(on_disk), today) {}
  Importer(const Importer&) = delete;
  Importer& operator=(const Importer&) = delete;
  /// Without commit(): the index is as it was before.
  ~Importer();

  /// nullopt when the row was taken; else why it cannot be, in words, and nothing of it was: the
  /// path belongs to another recording, the recording has 64 files, the id contains its subject's
  /// number.
  [[nodiscard]] std::optional<std::string> add(const ImportRow& row);

  /// What the index has, with what was added until now, of the recording that a row of this id
  /// would go to; nullopt: nothing, or it is destroyed or removed.
  [[nodiscard]] std::optional<Recording> recording_of(const std::string& id);

  /// Whether a person has put its date right, so that no import may change it.
  [[nodiscard]] bool is_date_corrected(std::int64_t key) const;

  [[nodiscard]] const ImportCounts& counts() const;

  /// Durable on return.
  void commit();

 private:
  struct State;
  Index& index_;
  std::unique_ptr<State> state_;
};

}  // namespace expunge::archive
