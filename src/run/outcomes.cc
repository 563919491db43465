#include <algorithm>

#include "run/entries.h"
#include "run/work.h"

namespace expunge::run {
namespace {

/// Entries in the order of the log, and the items whose outcome waits for its place in it.
struct Entries {
  std::vector<audit::Draft> drafts;
  std::vector<std::pair<Item*, std::size_t>> outcome_at;

  void add(audit::Draft draft) { drafts.push_back(std::move(draft)); }
  void add(audit::Draft draft, Item& item, archive::Outcome outcome) {
    outcome.recording_key = item.recording.key;
    item.outcome = outcome;
    outcome_at.emplace_back(&item, drafts.size());
    add(std::move(draft));
  }
};

/// Whether some of it is noise or gone although it is refused as missing.
bool was_touched(const Item& item) {
  return item.any_gone() ||
         (item.refusal && std::any_of(item.files.begin(), item.files.end(), [](const auto& file) {
            return file.target && file.method == shred::Method::overwrite;
          }));
}

/// Whether an interrupted run may have overwritten some of it.
bool was_begun_on(const Item& item) {
  return item.begun_before &&
         std::any_of(item.files.begin(), item.files.end(),
                     [](const OpenFile& file) { return file.method == shred::Method::overwrite; });
}

/// A recovery may have counted it as failed for a file that it missed, and left the rest to the
/// run: each recording counts once.
void not_failed_after_all(Tally& tally, const Item& item) {
  if (!tally.missed.contains(item.recording.key)) return;
  tally.missed.erase(item.recording.key);
  --tally.failed;
}

/// The same for one that a recovery stopped, and counted as destroyed in part.
void not_in_part_after_all(Tally& tally, const Item& item) {
  if (item.stopped_before) --tally.partial;
}

/// Part of it is unlinked, which only follows when all that is overwritten is noise; and the rest
/// will not follow. That is said before its journal rows go.
void say_gone(Tools& tools, const Item& item, Entries& entries) {
  std::uint64_t overwritten_bytes = 0;
  std::uint64_t kept_bytes = 0;
  for (const OpenFile& file : item.files) {
    if (!file.target) continue;
    (file.method == shred::Method::overwrite ? overwritten_bytes : kept_bytes) +=
        file.original_bytes;
  }
  ++tools.tally.partial;
  not_failed_after_all(tools.tally, item);
  entries.add(partial_entry(tools, item, overwritten_bytes, kept_bytes));
}

/// Whether a person knows that one of its files is missing.
bool is_known_missing(const Tools& tools, const Item& item) {
  const auto known = tools.index.acknowledgement(item.recording.key);
  return known && known->cause == plan::kMissingFile && known->until >= tools.today;
}

/// Whether a person knows of what it needed attention for before the run.
bool is_acknowledged(const Tools& tools, const Item& item) {
  const auto known = tools.index.acknowledgement(item.recording.key);
  return known && known->cause == plan::acknowledgeable(item.decision, item.recording) &&
         known->until >= tools.today;
}

/// A missing file is said once, whether or not the recording's other files can be destroyed: where
/// they are, or a part is, it has not failed.
void say_missing(Tools& tools, Item& item, bool in_part, Entries& entries) {
  archive::Outcome outcome;
  outcome.recording_key = item.recording.key;
  // Begun on, and gone before it was finished: if it comes back, it is not what was imported.
  const bool begun = item.begun_before || was_touched(item);
  if (begun) outcome.state = archive::State::partial;
  const bool goes = !item.refusal;
  if (goes) ++tools.tally.without_file;
  if (item.recording.missing_seq) {
    if (goes) {
      note(tools.tally, item.recording.id,
           "what was there of it goes; a file that was missing before is missing still");
    } else if (!in_part) {
      ++tools.tally.still_missing;
      if (is_known_missing(tools, item)) ++tools.tally.missing_known;
    }
    outcome.log_seq = *item.recording.missing_seq;
    if (begun) item.outcome = outcome;
    return;
  }
  if (!goes && !in_part) {
    ++tools.tally.failed;
    tools.tally.missed.insert(item.recording.key);
  }
  ++tools.tally.missing;
  note(tools.tally, item.recording.id, std::string(words(shred::Reason::missing)));
  outcome.missing_seq = 0;
  entries.add(failed_entry(tools, item, shred::Reason::missing), item, outcome);
}

void say_destroyed(Tools& tools, Item& item, base::Time now, Entries& entries) {
  const bool removal = item.is_removal();
  archive::Outcome outcome;
  outcome.state = removal ? archive::State::removed : archive::State::destroyed;
  outcome.recorded_on = item.decision.recorded_on.value_or(base::kUnknownDate);
  outcome.forget_department = item.decision.department == nullptr;
  outcome.destroyed_at = now;
  outcome.paths = item.paths();
  not_failed_after_all(tools.tally, item);
  not_in_part_after_all(tools.tally, item);
  uncount_held(tools, item);
  entries.add(destroyed_entry(tools, item), item, outcome);
  ++(removal ? tools.tally.removed : tools.tally.destroyed);
  for (const OpenFile& file : item.files) {
    (removal ? tools.tally.removed_bytes : tools.tally.bytes) += file.original_bytes;
    if (file.target && !file.target->leased) ++tools.tally.unleased_files;
  }
}

/// What is missing or in doubt from now on comes to what the plan counted; what it counted as
/// missing and is destroyed goes.
void count_attention(Tools& tools, const Item& item) {
  const bool is_missing = item.refusal && item.refusal->reason == shred::Reason::missing;
  const bool needs = is_missing || (item.refusal && never_again(item.refusal->reason));
  const bool needed = needed_attention(item);
  const bool is_left = item.refusal.has_value();  // as it was, where it is neither
  if (needs && !needed) ++tools.tally.attention;
  if (needed && !is_left) --tools.tally.attention;
  const bool is_known = is_left ? is_known_missing(tools, item) : is_acknowledged(tools, item);
  if (needed && !is_missing && (needs || !is_left) && is_known) --tools.tally.acknowledged;
}

void add_entries(Tools& tools, Item& item, base::Time now, Entries& entries) {
  const bool is_missing = item.refusal && item.refusal->reason == shred::Reason::missing;
  count_attention(tools, item);
  const bool for_good = is_missing || (item.refusal && never_again(item.refusal->reason));
  const bool in_part = for_good && item.any_gone() && can_be_described(item);
  if (in_part) say_gone(tools, item, entries);
  if ((!item.refusal || is_missing) && !item.missing_roles().empty()) {
    say_missing(tools, item, in_part, entries);
  }
  if (!item.refusal) {
    say_destroyed(tools, item, now, entries);
  } else if (!is_missing) {
    if (never_again(item.refusal->reason)) {
      archive::Outcome outcome;
      // Some of it may be noise, and nothing else will say so once its journal rows are gone.
      if (was_touched(item) || was_begun_on(item)) outcome.state = archive::State::partial;
      outcome.contradiction = "during its destruction: " + std::string(words(item.refusal->reason));
      entries.add(failed_entry(tools, item, item.refusal->reason), item, outcome);
      item.stays_if_refused = false;
    } else {
      entries.add(failed_entry(tools, item, item.refusal->reason));
    }
    if (!in_part && !tools.tally.missed.contains(item.recording.key)) ++tools.tally.failed;
    if (item.stays_if_refused) count_unfinished(tools.tally, item);
    note(tools.tally, item.recording.id, refusal_text(*item.refusal));
  }
}

}  // namespace

bool needed_attention(const Item& item) {
  return !plan::acknowledgeable(item.decision, item.recording).empty();
}

void uncount_held(Tools& tools, const Item& item) {
  // By a hold that came later than the plan, which had it due.
  if (tools.allowed.contains(item.recording.key)) return;
  if (item.decision.verdict == plan::Verdict::held) ++tools.tally.held_gone;
}

void count_unfinished(Tally& tally, const Item& item) {
  ++tally.unfinished;
  if (!needed_attention(item)) ++tally.attention;
}

bool never_again(shred::Reason reason) {
  return reason == shred::Reason::replaced || reason == shred::Reason::extents_moved;
}

void log_outcomes(Tools& tools, Batch& batch) {
  const Timed timed(tools.tally.phases, Phase::log);
  Entries entries;
  const base::Time now = tools.clock();
  for (Item& item : batch.items) add_entries(tools, item, now, entries);
  if (entries.drafts.empty()) return;
  const std::uint64_t first = tools.log.append(entries.drafts, now);
  for (const auto& [item, at] : entries.outcome_at) {
    item->outcome->log_seq = first + at;
    if (item->outcome->missing_seq) item->outcome->missing_seq = first + at;
  }
}

}  // namespace expunge::run
