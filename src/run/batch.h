#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "archive/journal.h"
#include "plan/decision.h"
#include "run/tools.h"
#include "shred/destroy.h"

namespace expunge::run {

/// One file of a recording on its way through a batch.
struct OpenFile {
  archive::File row;                        ///< as the index has it
  std::uint32_t number = 0;                 ///< its key stream's, unique in the batch
  std::uint64_t original_bytes = 0;         ///< before any overwrite, as far as that is known
  std::optional<base::Digest> fingerprint;  ///< before any overwrite; unset: not known
  std::optional<shred::Target> target;      ///< unset: missing, or gone
  shred::Method method = shred::Method::overwrite;  ///< how it goes, or went
  bool gone = false;        ///< unlinked by this run, or by the one that was interrupted
  bool found_gone = false;  ///< by the one that was interrupted, as far as its journal can tell
};

/// Whether it holds the key under which the recording's audio is encrypted.
[[nodiscard]] bool is_key(const OpenFile& file);

/// One recording on its way through a batch.
struct Item {
  archive::Recording recording;
  plan::Decision decision;
  std::vector<OpenFile> files;
  std::optional<shred::Refusal> refusal;    ///< set: not destroyed, for this reason
  bool stays_if_refused = false;            ///< in the journal, because overwriting has begun
  bool begun_before = false;                ///< by a run that was interrupted
  bool stopped_before = false;              ///< by the recovery of this run, which said so
  std::optional<archive::Outcome> outcome;  ///< for the index; unset: nothing changes there

  [[nodiscard]] bool all_missing() const;
  [[nodiscard]] std::vector<std::string> paths() const;
  [[nodiscard]] std::vector<std::string> missing_roles() const;
  [[nodiscard]] bool any_gone() const;
  /// Whether a file of it is unlinked rather than overwritten: its entry is then a `remove`.
  [[nodiscard]] bool is_removal() const;
};

/// A number of whole recordings, destroyed together.
struct Batch {
  std::optional<std::int64_t> journal_number;  ///< set: durable in the index's journal
  shred::StreamKey key{};
  std::vector<Item> items;
  std::size_t attributes_left = 0;  ///< files whose attributes' values may stay in freed blocks
  std::optional<shred::Refusal> flush_failure;  ///< set: nothing may be claimed of this batch
  std::optional<shred::Refusal> doubt;          ///< set: a flush failed when its names went
};

/// Opens, checks and fingerprints the files of these recordings. Changes nothing, and asks neither
/// index nor log: it may run beside another batch's steps.
[[nodiscard]] Batch open_batch(const Tools& tools, std::vector<archive::Recording> recordings);

/// Decides about each recording again, with what stands in the index under this write lock, and
/// puts those that are to be destroyed into the journal. Once the transaction is committed they may
/// be overwritten. Recordings that are no longer due, or whose rows changed, have left the batch.
void begin(Tools& tools, archive::Index::Writing& writing, Batch& batch);

/// Overwrites, flushes and reads back, once the batch's journal is durable; files of role `key`
/// before all others. Touches the files alone, neither index nor log: it may run beside another
/// batch's steps.
void overwrite(const Tools& tools, Batch& batch);

/// Unlinks what is not overwritten, logs what came of it all, and then removes the names of what
/// was overwritten; closes the files. A crash before the entries are durable leaves noise, or names
/// gone, that the journal knows; one after leaves entries whose files are noise. Throws Failure
/// when the flush failed, or the log does: then nothing is claimed of the batch, and its journal
/// stands.
void log_and_remove(Tools& tools, Batch& batch);

/// With this transaction the rows of what was destroyed lose what they held, and the journal its
/// rows, but for recordings that were touched and could not be finished.
void settle(Tools& tools, archive::Index::Writing& writing, const Batch& batch);

/// Whether the index still lists exactly the files that the item was opened with.
[[nodiscard]] bool same_files(const archive::Recording& recording, const Item& item);

/// Decides again about what stands in the index now. The recording is unset when it is no longer
/// there.
struct Fresh {
  std::optional<archive::Recording> recording;
  plan::Decision decision;
};
[[nodiscard]] Fresh decide_again(const Tools& tools, const plan::HoldMatcher& holds,
                                 std::int64_t key);

/// Whether the plan counted it among those that need attention: by its verdict, or because
/// one of its files was missing before.
[[nodiscard]] bool needed_attention(const Item& item);

/// Takes one that is gone off those that the plan counted as held: an interrupted run had destroyed
/// it before the hold came.
void uncount_held(Tools& tools, const Item& item);

/// Counts one that is begun on and left to the next run.
void count_unfinished(Tally& tally, const Item& item);

/// Whether a recording refused for this reason may not be tried again, because a later attempt
/// could claim what is not true: another file stands under its name, or its blocks were moved, and
/// the old ones may still hold the audio. It is attention from then on.
[[nodiscard]] bool never_again(shred::Reason reason);

}  // namespace expunge::run
