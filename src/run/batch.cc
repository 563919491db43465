#include "run/batch.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/parallel.h"
#include "run/entries.h"
#include "run/remember.h"

namespace expunge::run {
namespace {

using base::ExitStatus;
using base::Failure;

/// A file that is being destroyed, and the recording that it belongs to.
struct Work {
  Item* item;
  OpenFile* file;
};

/// What a step takes of a batch. Keys go before all the rest, so that a crash in between leaves
/// audio that nobody can read rather than audio without its key destroyed.
enum class Part { all, keys, rest };

bool belongs_to(const OpenFile& file, Part part) {
  return part == Part::all || is_key(file) == (part == Part::keys);
}

std::vector<Work> work_of(Batch& batch, shred::Method method, Part part = Part::all) {
  std::vector<Work> work;
  for (Item& item : batch.items) {
    if (item.refusal) continue;
    for (OpenFile& file : item.files) {
      if (file.target && file.method == method && belongs_to(file, part)) {
        work.push_back({&item, &file});
      }
    }
  }
  return work;
}

/// Marks what is to be worked on: from here on it stays in the journal until it is finished.
void begin(Batch& batch) {
  for (Item& item : batch.items) {
    if (item.refusal) continue;
    EXPUNGE_ASSERT(batch.journal_number.has_value());
    item.stays_if_refused = true;
  }
}

/// Runs one step over all files of a part in parallel; a refusal stops its recording and no other.
template <typename Step>
void for_all(Tools& tools, Batch& batch, Part part, const Step& step) {
  const std::vector<Work> work = work_of(batch, shred::Method::overwrite, part);
  std::vector<std::optional<shred::Refusal>> refusals(work.size());
  base::parallel_for(work.size(), tools.limits.workers, [&](std::size_t i) {
    shred::KeyStream stream(batch.key, work[i].file->number);
    refusals[i] = step(*work[i].file->target, stream);
  });
  for (std::size_t i = 0; i < work.size(); ++i) {
    if (refusals[i]) work[i].item->refusal = std::move(refusals[i]);
  }
}

void overwrite(Tools& tools, Batch& batch, Part part) {
  for_all(tools, batch, part, [&](shred::Target& target, shred::KeyStream& stream) {
    return shred::overwrite(tools.root, target, stream);
  });
}

void read_back(Tools& tools, Batch& batch, Part part) {
  for_all(tools, batch, part, [&](shred::Target& target, shred::KeyStream& stream) {
    return shred::read_back(tools.root, target, stream);
  });
}

void flush(Tools& tools, Batch& batch, Part part) {
  std::vector<shred::Target*> targets;
  for (const Work& work : work_of(batch, shred::Method::overwrite, part)) {
    targets.push_back(&*work.file->target);
  }
  const auto refusal = shred::flush(tools.root, targets);
  if (!refusal) return;
  std::vector<audit::Draft> drafts;
  for (Item& item : batch.items) {
    if (!item.refusal) drafts.push_back(failed_entry(tools, item, refusal->reason));
  }
  tools.tally.failed += drafts.size();
  tools.log.append(drafts, tools.clock());
  // The journal stands: the next run writes all of it again, and believes no earlier flush.
  throw Failure(ExitStatus::needs_person,
                "the disk did not confirm what was written (" + refusal->detail +
                    "); nothing is claimed of this batch, and the run stops: check the disk");
}

std::vector<std::optional<shred::Refusal>> remove_names_of(Tools& tools, const Batch& batch,
                                                           const std::vector<Work>& work) {
  std::vector<shred::Target*> targets;
  std::vector<std::uint32_t> numbers;
  for (const Work& each : work) {
    targets.push_back(&*each.file->target);
    numbers.push_back(each.file->number);
  }
  return shred::remove_names(tools.root, targets, numbers, batch.key);
}

/// What an interrupted run removed must not come back once the log says that it is gone.
void settle_gone(Tools& tools, Batch& batch) {
  std::vector<Item*> items;
  std::vector<std::string> paths;
  for (Item& item : batch.items) {
    for (const OpenFile& file : item.files) {
      if (!file.found_gone) continue;
      items.push_back(&item);
      paths.push_back(file.row.path);
    }
  }
  auto refusals = shred::settle_removed(tools.root, paths);
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (!refusals[i]) continue;
    items[i]->refusal = std::move(refusals[i]);
    items[i]->stays_if_refused = true;
  }
}

/// Removes the names of what is not overwritten, after all that is: an entry follows its act. A
/// crash here leaves names gone of which the log says nothing yet, and the journal does.
void unlink(Tools& tools, Batch& batch, Part part) {
  const std::vector<Work> work = work_of(batch, shred::Method::unlink, part);
  auto refusals = remove_names_of(tools, batch, work);
  for (std::size_t i = 0; i < work.size(); ++i) {
    auto& [item, file] = work[i];
    if (!refusals[i]) {
      file->gone = true;
      if (!file->target->leased) ++tools.tally.unleased_files;
      file->target.reset();  // the file system frees its blocks only now
      continue;
    }
    if (refusals[i]->reason == shred::Reason::missing) {
      // It lives on under another name: the journal, which would take it for removed, must forget
      // it.
      file->target.reset();
      item->stays_if_refused = false;
    }
    item->refusal = std::move(refusals[i]);
  }
}

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
  entries.add(partial_entry(tools, item, overwritten_bytes, kept_bytes));
}

/// A missing file is said once, whether or not the recording's other files can be destroyed.
void say_missing(Tools& tools, Item& item, Entries& entries) {
  archive::Outcome outcome;
  outcome.recording_key = item.recording.key;
  // Begun on, and gone before it was finished: if it comes back, it is not what was imported.
  const bool begun = item.begun_before || was_touched(item);
  if (begun) outcome.state = archive::State::partial;
  if (item.recording.missing_seq) {
    ++tools.tally.still_missing;
    outcome.log_seq = *item.recording.missing_seq;
    if (begun) item.outcome = outcome;
    return;
  }
  ++tools.tally.failed;
  note(tools.tally, item.recording.id, std::string(words(shred::Reason::missing)));
  outcome.missing_seq = 0;
  entries.add(failed_entry(tools, item, shred::Reason::missing), item, outcome);
}

void say_destroyed(Tools& tools, Item& item, base::Time now, Entries& entries) {
  const bool removal = item.is_removal();
  archive::Outcome outcome;
  outcome.state = removal ? archive::State::removed : archive::State::destroyed;
  outcome.recorded_on = *item.decision.recorded_on;
  outcome.destroyed_at = now;
  outcome.paths = item.paths();
  entries.add(destroyed_entry(tools, item), item, outcome);
  ++(removal ? tools.tally.removed : tools.tally.destroyed);
  for (const OpenFile& file : item.files) {
    (removal ? tools.tally.removed_bytes : tools.tally.bytes) += file.original_bytes;
    if (file.target && !file.target->leased) ++tools.tally.unleased_files;
  }
}

void add_entries(Tools& tools, Item& item, base::Time now, Entries& entries) {
  const bool is_missing = item.refusal && item.refusal->reason == shred::Reason::missing;
  const bool for_good = is_missing || (item.refusal && never_again(item.refusal->reason));
  if (for_good && item.any_gone() && can_be_described(item)) say_gone(tools, item, entries);
  if ((!item.refusal || is_missing) && !item.missing_roles().empty()) {
    say_missing(tools, item, entries);
  }
  if (!item.refusal) {
    say_destroyed(tools, item, now, entries);
  } else if (!is_missing) {
    if (never_again(item.refusal->reason)) {
      archive::Outcome outcome;
      if (item.any_gone()) outcome.state = archive::State::partial;
      outcome.contradiction = "during its destruction: " + std::string(words(item.refusal->reason));
      entries.add(failed_entry(tools, item, item.refusal->reason), item, outcome);
      item.stays_if_refused = false;
    } else {
      entries.add(failed_entry(tools, item, item.refusal->reason));
    }
    ++tools.tally.failed;
    if (item.stays_if_refused) ++tools.tally.unfinished;
    note(tools.tally, item.recording.id, refusal_text(*item.refusal));
  }
}

/// Writes the batch's entries, durable on return, and gives each outcome its place in the log.
void log_outcomes(Tools& tools, Batch& batch) {
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

/// Takes the names away. A file whose name cannot be removed is noise, and logged as destroyed; its
/// recording stays in the journal, so that the next run tries again.
void remove_names(Tools& tools, Batch& batch) {
  const std::vector<Work> work = work_of(batch, shred::Method::overwrite);
  auto refusals = remove_names_of(tools, batch, work);
  for (std::size_t i = 0; i < work.size(); ++i) {
    if (!refusals[i]) continue;
    note(tools.tally, work[i].item->recording.id,
         "overwritten, but " + refusal_text(*refusals[i]) + "; the next run tries again");
    if (!work[i].item->refusal) ++tools.tally.unfinished;
    if (!work[i].item->refusal) work[i].item->refusal = std::move(refusals[i]);
  }
}

/// One transaction: the rows of what was destroyed lose what they held, and the journal its rows,
/// but for recordings that were touched and could not be finished.
void settle_index(Tools& tools, Batch& batch) {
  std::vector<archive::Outcome> outcomes;
  std::vector<std::int64_t> finished;
  for (const Item& item : batch.items) {
    if (item.stays_if_refused && item.refusal) continue;
    finished.push_back(item.recording.key);
    if (item.outcome) outcomes.push_back(*item.outcome);
  }
  archive::Index::Writing writing(tools.index);
  writing.record(outcomes);
  if (batch.journal_number) writing.drop_from_batch(*batch.journal_number, finished);
  remember(writing, tools.log);
  writing.commit();
}

}  // namespace

bool never_again(shred::Reason reason) {
  return reason == shred::Reason::replaced || reason == shred::Reason::extents_moved;
}

void carry_out(Tools& tools, Batch& batch) {
  begin(batch);
  for (const Part part : {Part::keys, Part::rest}) {
    overwrite(tools, batch, part);
    flush(tools, batch, part);
    read_back(tools, batch, part);
  }
  settle_gone(tools, batch);
  for (const Part part : {Part::keys, Part::rest}) unlink(tools, batch, part);
  // A crash before the entries are durable leaves noise, or names gone, that the journal knows; the
  // next run finishes it. A crash after leaves entries whose files are noise, with their names.
  log_outcomes(tools, batch);
  remove_names(tools, batch);
  settle_index(tools, batch);
}

}  // namespace expunge::run
