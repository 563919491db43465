#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "archive/journal.h"
#include "archive/types.h"

namespace expunge::archive {

/// The recording archive's index: one SQLite file, opened through a VFS that leaves nothing of
/// what was erased behind (vfs.h).
///
/// Every function throws Failure(usage) when the file is not an index of ours, of a newer version,
/// corrupt, unreadable, or has a hot journal that a read-only opener cannot roll back (the message
/// then says that any writing command repairs it), and Failure(needs_person) when a write fails or
/// the index stays locked for longer than a minute. Not for use by two threads at once.
class Index {
 public:
  enum class Access { read, write };

  /// Makes a new index, durable on return, bound to the log named `origin`; mode 0600. Throws
  /// Failure(usage) when `path` exists.
  static void create(const std::string& path, const std::string& origin);

  /// `read` needs read permission alone and changes nothing on disk, also while a run is on;
  /// `write` rolls back a hot journal, and migrates an older version first. Throws Failure(usage)
  /// when the index belongs to a log other than `origin`.
  [[nodiscard]] static Index open(const std::string& path, Access access,
                                  const std::string& origin);

  Index(Index&&) noexcept;
  Index& operator=(Index&&) noexcept;
  ~Index();

  /// As it was opened.
  [[nodiscard]] const std::string& path() const;

  // Reading. Outside a Snapshot or a Writing each call sees the newest commit.

  /// Calls `each` for every recording in state kept, returned or partial with key <= `max_key`, in
  /// plan order: no date first, then oldest first, then by id; files by path. Reads in chunks, and
  /// holds no lock while `each` runs unless a Snapshot is open; memory does not grow. The object
  /// passed is reused. Stops early when `each` returns false.
  void scan(const std::function<bool(const Recording&)>& each,
            std::int64_t max_key = INT64_MAX) const;

  /// Like scan, for the recordings of one subject (key as subject_key() writes it), in plan order.
  void scan_subject(std::string_view subject_key,
                    const std::function<bool(const Recording&)>& each) const;

  /// nullopt when it is unknown, or destroyed or removed.
  [[nodiscard]] std::optional<Recording> find(std::string_view id) const;
  [[nodiscard]] std::optional<Recording> find(std::int64_t key) const;
  /// Any recording the index ever knew.
  [[nodiscard]] std::optional<RecordingHistory> history(std::string_view id) const;
  /// The recorder's own key for a recording with an opaque id; empty otherwise or once destroyed.
  [[nodiscard]] std::string source_id(std::string_view id) const;
  /// The kept, returned or partial recordings that share a call id, which must not be empty.
  [[nodiscard]] std::vector<Recording> segments(std::string_view call_id) const;
  /// How many destroyed or removed recordings of `department` (empty: any) were recorded within
  /// the civil dates, both included (nullopt: without bound).
  [[nodiscard]] std::uint64_t count_destroyed(std::string_view department,
                                              std::optional<base::CivilDate> from,
                                              std::optional<base::CivilDate> to) const;

  [[nodiscard]] std::int64_t newest_key() const;  ///< 0 when there are none
  /// Changes with every commit by anybody else, and with none of one's own.
  [[nodiscard]] std::uint64_t data_version() const;
  [[nodiscard]] LogPosition log_position() const;
  /// The archive root's identity when a run last accepted it; empty: none yet.
  [[nodiscard]] std::string root_identity() const;
  /// How many of the log's entries a run has compared the index with.
  [[nodiscard]] std::uint64_t reconciled_size() const;
  /// How many imports it has taken in, those that changed nothing included.
  [[nodiscard]] std::uint64_t imports() const;
  [[nodiscard]] std::vector<Hold> holds(bool with_released) const;  ///< by reference
  /// Newest first.
  [[nodiscard]] std::vector<Approval> approvals() const;
  void for_each_approved(std::int64_t approval, const std::function<void(std::int64_t key)>&) const;
  [[nodiscard]] std::vector<JournalBatch> journal() const;
  /// Where names were removed, or are about to be, and what they left is not erased yet: paths
  /// beneath the root, sorted.
  [[nodiscard]] std::vector<std::string> touched_directories() const;

  /// One consistent view for as long as it lives; a writer then waits to commit, so never while
  /// waiting for a terminal or a pipe.
  class Snapshot {
   public:
    explicit Snapshot(const Index& index);
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;
    ~Snapshot();

   private:
    const Index& index_;
  };

  /// A write transaction: the write lock is held from construction. Everything is durable when
  /// commit() returns, and nothing has happened when it is destroyed before. What was erased has
  /// then left the file and its journal too.
  class Writing {
   public:
    explicit Writing(Index& index);
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;
    ~Writing();

    /// Throws Failure(usage) when the reference exists, released or not.
    void place_hold(const Hold& hold);
    /// Erases its subjects. Throws Failure(usage) when there is no such unreleased hold.
    void release_hold(std::string_view reference, std::string_view reason, std::string_view user,
                      base::Time now);
    /// Returns the new approval's number; add_approved then gives it its recordings.
    std::int64_t approve(const Approval& approval);
    void add_approved(std::int64_t approval, std::int64_t recording_key);
    /// Returns the batch's number.
    std::int64_t begin_batch(const JournalBatch& batch);
    void touch_directories(std::span<const std::string> paths);
    void forget_directories(std::span<const std::string> paths);
    /// Takes these recordings' files out of the batch; the batch goes with its last file.
    void drop_from_batch(std::int64_t batch, std::span<const std::int64_t> recording_keys);
    /// Applies the outcomes, erasing, for destroyed and removed, everything but id, department,
    /// civil date and log position; for partial, also what the files were (bytes, sha256).
    void record(std::span<const Outcome> outcomes);
    /// Takes in a recording that is gone and that the index has never heard of (`key` left aside),
    /// so that no import brings it to life. Requires a state of destroyed or removed, and its
    /// dates.
    void add_gone(const RecordingHistory& gone);
    /// Never backwards: another process may have remembered more.
    void remember_log(const LogPosition& position);
    void remember_root(std::string_view identity);
    void remember_reconciled(std::uint64_t log_size);
    /// Counts imports that were lost, and that a person has made good or can do without.
    void count_imports(std::uint64_t more);
    void commit();

   private:
    Index& index_;
    bool open_ = true;
  };

 private:
  friend class Importer;
  struct Connection;
  explicit Index(std::unique_ptr<Connection> connection);

  std::unique_ptr<Connection> connection_;
};

}  // namespace expunge::archive
