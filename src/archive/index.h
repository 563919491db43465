#pragma once

#include <chrono>
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
  /// The same for writing, whichever log it belongs to: for handing it over to another.
  [[nodiscard]] static Index open_of_any_log(const std::string& path);

  Index(Index&&) noexcept;
  Index& operator=(Index&&) noexcept;
  ~Index();

  /// As it was opened.
  [[nodiscard]] const std::string& path() const;
  /// Of the log that it belongs to.
  [[nodiscard]] const std::string& origin() const;

  // Reading. Outside a Snapshot or a Writing each call sees the newest commit.

  /// Calls `each` for every recording in state kept, returned or partial with key <= `max_key`, in
  /// plan order: no date first, then oldest first, then by id; files by path. Reads in chunks, and
  /// holds no lock while `each` runs unless a Snapshot is open; memory does not grow. The object
  /// passed is reused. Stops early when `each` returns false.
  void scan(const std::function<bool(const Recording&)>& each,
            std::int64_t max_key = INT64_MAX) const;

  /// Like scan, the other way round, of those recorded before that time; of what has no date, none.
  void scan_newest(std::chrono::sys_seconds before,
                   const std::function<bool(const Recording&)>& each) const;

  /// Like scan, for the recordings of one subject (key as subject_key() writes it), or of several
  /// with it among them, in plan order. Reads everything once there are any of several.
  void scan_subject(std::string_view subject_key,
                    const std::function<bool(const Recording&)>& each) const;
  /// The same for an agent.
  void scan_agent(std::string_view agent_key,
                  const std::function<bool(const Recording&)>& each) const;

  /// The next files by path, byte by byte, after `path`, which need not be one: at most some
  /// thousands; none when there are no more. `path` empty: from the first. Holds no lock when it
  /// returns, but for a transaction's.
  [[nodiscard]] std::vector<IndexedFile> files_after(std::string_view path) const;
  /// Of whatever recording has it; as the importer sees it while there is one.
  [[nodiscard]] std::optional<IndexedFile> file_at(std::string_view path) const;

  /// nullopt when it is unknown, or destroyed or removed.
  [[nodiscard]] std::optional<Recording> find(std::string_view id) const;
  [[nodiscard]] std::optional<Recording> find(std::int64_t key) const;
  /// Any recording the index ever knew.
  [[nodiscard]] std::optional<RecordingHistory> history(std::string_view id) const;
  /// The recorder's own key for a recording with an opaque id; empty otherwise or once destroyed.
  [[nodiscard]] std::string source_id(std::string_view id) const;
  /// Whose call it is, as written, with a comma between several; empty once destroyed.
  [[nodiscard]] Whose whose(std::int64_t recording_key) const;
  /// The ids of the recordings that the recorder calls `source`, also destroyed and removed ones:
  /// by the salted digest where ids are opaque or several rows shared a file, else it is the id.
  [[nodiscard]] std::vector<std::string> ids_of_source(std::string_view source) const;
  /// The kept, returned or partial recordings that share a call id, which must not be empty.
  [[nodiscard]] std::vector<Recording> segments(std::string_view call_id) const;
  /// How many destroyed or removed recordings of `department` (empty: any) were recorded within
  /// the civil dates, both included (nullopt: without bound), and went before `before`.
  [[nodiscard]] std::uint64_t count_destroyed(
      std::string_view department, std::optional<base::CivilDate> from,
      std::optional<base::CivilDate> to, std::optional<base::Time> before = std::nullopt) const;

  [[nodiscard]] std::int64_t newest_key() const;  ///< 0 when there are none
  /// Changes with every commit by anybody else, and with none of one's own.
  [[nodiscard]] std::uint64_t data_version() const;
  [[nodiscard]] LogPosition log_position() const;
  /// The archive root's identity when a run last accepted it; empty: none yet.
  [[nodiscard]] std::string root_identity() const;
  /// How many of the log's entries a run has compared the index with.
  [[nodiscard]] std::uint64_t reconciled_size() const;
  /// How many imports it has taken in, those that changed nothing included, and corrections.
  [[nodiscard]] std::uint64_t imports() const;
  /// Whether it was older than the log before the one in use, when that was opened, and no run has
  /// gone by it since.
  [[nodiscard]] bool is_behind_past_log() const;
  /// By reference; those whose release took effect and that are erased only when asked for. Which
  /// of them are in force is a matter of the day.
  [[nodiscard]] std::vector<Hold> holds(bool with_erased) const;
  /// Whether an import said otherwise of this fact: `department`, `recorded_at`, ….
  [[nodiscard]] bool is_contradicted(std::int64_t recording_key, std::string_view fact) const;
  /// What it, or the log, said of `department` or `recorded_at`, as the index would hold it, or of
  /// an `order`: ground and authority, a space between them; nullopt: nothing.
  [[nodiscard]] std::optional<std::string> said_otherwise(std::int64_t recording_key,
                                                          std::string_view fact) const;
  /// Whether an import said, against the index, that this fact (`subject`, `agent`, by their keys,
  /// or `call_id`) of the recording is `value`.
  [[nodiscard]] bool is_said(std::int64_t recording_key, std::string_view fact,
                             std::string_view value) const;
  /// The recordings of which one did.
  [[nodiscard]] std::vector<std::int64_t> said_of(std::string_view fact,
                                                  std::string_view value) const;
  /// Calls `each`, by recording, for every one of which an import said that it is of another call
  /// than the index has: with what secret_of() makes of that call.
  void for_each_said_call(
      const std::function<void(std::int64_t recording_key, const std::string& secret)>& each) const;
  /// How the index keeps what was said of `call_id`, or of `subject` or `agent` (their keys), and
  /// cannot be read.
  [[nodiscard]] std::string secret_of(std::string_view fact, std::string_view value) const;
  /// All that stands against a recording; in one read.
  [[nodiscard]] std::vector<SaidAgainst> said_against(std::int64_t recording_key) const;
  /// The same of all recordings of a call, which must not be empty: by recording.
  [[nodiscard]] std::vector<SaidAgainst> said_against_call(std::string_view call_id) const;
  /// The facts of which imports said otherwise: those, `subject`, `agent`, `call_id`, `bytes of
  /// PATH`, `sha256 of PATH`.
  [[nodiscard]] std::vector<std::string> contradicted_facts(std::int64_t recording_key) const;
  /// How many recordings there are, in the index or not, of which the log knows a correction that
  /// the index had lost, and no person has said yet what is right; files and orders left aside.
  [[nodiscard]] std::uint64_t unsettled_corrections() const;
  /// By recording and fact, until an import brings the recording; of one alone, or of all.
  [[nodiscard]] std::vector<LostWord> lost_words(std::string_view recording_id = {}) const;
  /// The recordings of which the log knows that their call was put right, and nobody as what.
  [[nodiscard]] std::vector<std::int64_t> lost_calls() const;
  /// Whether the log knows that this fact was put right, which the index had lost.
  [[nodiscard]] bool is_lost(std::int64_t recording_key, std::string_view fact) const;
  /// The same of any fact that may_matter_to_holds().
  [[nodiscard]] bool has_lost_correction(std::int64_t recording_key) const;
  /// Whether an import said otherwise of a size or a SHA-256, or a run of a file.
  [[nodiscard]] bool are_files_contradicted(std::int64_t recording_key) const;
  /// Also one that is over and not erased yet; nullopt: none.
  [[nodiscard]] std::optional<Acknowledgement> acknowledgement(std::int64_t recording_key) const;
  /// All of them, by recording; memory does not grow.
  void for_each_acknowledgement(const std::function<void(const Acknowledgement&)>& each) const;
  /// Newest first.
  [[nodiscard]] std::vector<Approval> approvals() const;
  void for_each_approved(std::int64_t approval, const std::function<void(std::int64_t key)>&) const;
  [[nodiscard]] std::vector<JournalBatch> journal() const;
  /// Whether no order can have it destroyed: see Order::is_barred.
  [[nodiscard]] bool bars_order(std::int64_t recording_key) const;
  /// At most `at_most` of those numbered above `after`, in order.
  [[nodiscard]] std::vector<Untold> untold(std::int64_t after, std::size_t at_most) const;
  /// How many, and the highest number; 0 when there are none.
  struct UntoldCount {
    std::uint64_t recordings = 0;
    std::int64_t newest = 0;
  };
  [[nodiscard]] UntoldCount count_untold() const;
  /// The logs that it belonged to before, oldest first.
  [[nodiscard]] std::vector<PastLog> past_logs() const;
  /// By recording.
  [[nodiscard]] std::vector<PastClaim> past_claims() const;
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
  /// then left the file and its journal too. Throws Failure(usage) at construction when the index
  /// was handed over to another log since it was opened.
  class Writing {
   public:
    explicit Writing(Index& index);
    Writing(const Writing&) = delete;
    Writing& operator=(const Writing&) = delete;
    ~Writing();

    /// Throws Failure(usage) when the reference exists, released or not.
    void place_hold(const Hold& hold);
    /// Throws Failure(usage) when there is no such hold, or its release was asked for.
    void release_hold(std::string_view reference, const HoldRelease& release);
    /// Throws Failure(usage) when there is no such hold whose release awaits it.
    void confirm_release(std::string_view reference, std::string_view user, base::Time now,
                         base::CivilDate effective_on);
    /// Takes a release back, as if it had never been asked for. Throws Failure(usage) when there is
    /// none, or the hold is erased.
    void keep_hold(std::string_view reference);
    /// Throws Failure(usage) when there is no such hold, or it is erased.
    void review_hold(std::string_view reference, const HoldReview& review);
    /// Of every hold whose release counts on that day: what it covers and every reason. Reference,
    /// kind, dates and logins stay. With a reference, of that one alone.
    void erase_ended_holds(base::CivilDate today, std::string_view reference = {});
    /// In place of one that is there. Requires that the index has the recording.
    void acknowledge(const Acknowledgement& acknowledgement);
    /// Erases it; false when there is none.
    bool withdraw_acknowledgement(std::int64_t recording_key);
    /// Erases those whose last day is before `today`.
    void end_acknowledgements(base::CivilDate today);
    /// Puts a fact of a recording right, and clears what imports said against it: what they said
    /// until now may be said again, and anything else is a contradiction as before. Ends its
    /// acknowledgement.
    void correct_department(std::int64_t recording_key, std::string_view department);
    void correct_recorded_at(std::int64_t recording_key, std::chrono::sys_seconds recorded_at);
    /// The same of whose call it is, as written.
    void correct_subject(std::int64_t recording_key, std::string_view subject);
    void correct_agent(std::int64_t recording_key, std::string_view agent);
    void correct_call(std::int64_t recording_key, std::string_view call_id);
    /// The same where the index is right as it is, of all that imports said against it.
    void settle_contradictions(std::int64_t recording_key);
    /// The log knows otherwise of a fact, or of `order`, an order to destroy it: in `words`, and
    /// `says` as said_otherwise() is to give it; empty: as an import said, or that cannot be known.
    /// Ends its acknowledgement, unless the log had said so before.
    void contradict_by_log(std::int64_t recording_key, std::string_view fact,
                           std::string_view words, std::string_view says);
    /// A person has said that its date is right, although the index had it before: the index counts
    /// as having had it since `day`. Never lowered, nor set where nobody knows it.
    void raise_indexed_on(std::int64_t recording_key, base::CivilDate day);
    /// The same of its files, by path: their sizes and SHA-256 become these, and what imports said
    /// against either, and a run against the files, is cleared, also that one was missing.
    void correct_files(std::int64_t recording_key, std::span<const File> files);
    /// Requires that the index has no such recording. In place of what it had of that fact; the
    /// same once more is not awaited again.
    void await(const LostWord& word);
    /// Should an import bring the recording all the same, it stands against it.
    void await_no_more(std::string_view recording_id, std::string_view fact);
    void forget_lost_word(std::string_view recording_id, std::string_view fact);
    /// See Index::is_behind_past_log().
    void mark_behind_past_log(bool is_behind);
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
    /// An order is carried out with it. With Tell::yes they are then among the untold, also the
    /// recorder's own key.
    void record(std::span<const Outcome> outcomes, Tell tell = Tell::no);
    /// Erases, for good, those numbered up to `newest`; at most `at_most`. Whether there were more.
    bool forget_untold(std::int64_t newest, std::size_t at_most);
    /// In place of none: one recording has one order. Also settles what the log said of one.
    void order(std::int64_t recording_key, const Order& order);
    void withdraw_order(std::int64_t recording_key);
    /// Takes in a recording that is gone and that the index has never heard of (`key` left aside),
    /// so that no import brings it to life. Requires a state of destroyed or removed, and its
    /// dates.
    void add_gone(const RecordingHistory& gone);
    /// Never backwards: another process may have remembered more.
    void remember_log(const LogPosition& position);
    /// Hands the index over to the log `origin`, which stands at `position`, in the place of the
    /// one that it belongs to. What the index has is that past log's from then on; what was only
    /// to be compared with it is forgotten: how far it was read, the imports counted, the
    /// approvals, and which files were said to be missing. What a run has begun on stays, and is
    /// looked for in the new log from its beginning.
    void succeed(const PastLog& past, std::string_view origin, const LogPosition& position);
    /// Keeps what the log that it belongs to says of a recording, past a handing over, until
    /// record() or drop_from_batch() settles it; `log_number` left aside.
    void keep_claim(const PastClaim& claim);
    void remember_root(std::string_view identity);
    void remember_reconciled(std::uint64_t log_size);
    /// Counts imports that were lost, and that a person has made good or can do without.
    void count_imports(std::uint64_t more);
    void commit();

   private:
    Index& index_;
    bool open_ = true;
    std::string next_origin_;  // once succeed() was called
  };

 private:
  friend class Importer;
  struct Connection;
  explicit Index(std::unique_ptr<Connection> connection);

  std::unique_ptr<Connection> connection_;
};

}  // namespace expunge::archive
