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

std::vector<Work> work_of(Batch& batch) {
  std::vector<Work> work;
  for (Item& item : batch.items) {
    if (item.refusal) continue;
    for (OpenFile& file : item.files) {
      if (file.target) work.push_back({&item, &file});
    }
  }
  return work;
}

/// Runs one step over all files in parallel; a refusal stops its recording and no other.
template <typename Step>
void for_all(const Tools& tools, Batch& batch, Phase phase, const Step& step) {
  const Timed timed(tools.tally.phases, phase);
  const std::vector<Work> work = work_of(batch);
  std::vector<std::optional<shred::Refusal>> refusals(work.size());
  base::parallel_for(work.size(), tools.limits.workers, [&](std::size_t i) {
    shred::KeyStream stream(batch.key, work[i].file->number);
    refusals[i] = step(*work[i].file->target, stream);
  });
  for (std::size_t i = 0; i < work.size(); ++i) {
    if (refusals[i]) work[i].item->refusal = std::move(refusals[i]);
  }
}

std::optional<shred::Refusal> flush(const Tools& tools, Batch& batch) {
  const Timed timed(tools.tally.phases, Phase::flush);
  std::vector<shred::Target*> targets;
  for (const Work& work : work_of(batch)) targets.push_back(&*work.file->target);
  return shred::flush(tools.root, targets);
}

[[noreturn]] void fail_flush(Tools& tools, Batch& batch) {
  std::vector<audit::Draft> drafts;
  for (Item& item : batch.items) {
    if (!item.refusal) drafts.push_back(failed_entry(tools, item, batch.flush_failure->reason));
  }
  tools.tally.failed += drafts.size();
  tools.log.append(drafts, tools.clock());
  // The journal stands: the next run writes all of it again, and believes no earlier flush.
  throw Failure(ExitStatus::needs_person,
                "the disk did not confirm what was written (" + batch.flush_failure->detail +
                    "); nothing is claimed of this batch, and the run stops: check the disk");
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

/// A missing file is said once, whether or not the recording's other files can be destroyed.
void say_missing(Tools& tools, Item& item, Entries& entries) {
  archive::Outcome outcome;
  outcome.recording_key = item.recording.key;
  // Begun on, and gone before it was finished: if it comes back, it is not what was imported.
  if (item.begun_before) outcome.state = archive::State::partial;
  if (item.recording.missing_seq) {
    ++tools.tally.still_missing;
    outcome.log_seq = *item.recording.missing_seq;
    if (item.begun_before) item.outcome = outcome;
    return;
  }
  ++tools.tally.failed;
  note(tools.tally, item.recording.id, std::string(words(shred::Reason::missing)));
  outcome.missing_seq = 0;
  entries.add(failed_entry(tools, item, shred::Reason::missing), item, outcome);
}

void add_entries(Tools& tools, Item& item, base::Time now, Entries& entries) {
  const bool nothing_else = !item.refusal || item.refusal->reason == shred::Reason::missing;
  if (nothing_else && !item.missing_roles().empty()) say_missing(tools, item, entries);
  if (!item.refusal) {
    archive::Outcome outcome;
    outcome.state = archive::State::destroyed;
    outcome.recorded_on = *item.decision.recorded_on;
    outcome.destroyed_at = now;
    outcome.paths = item.paths();
    entries.add(destroyed_entry(tools, item), item, outcome);
    ++tools.tally.destroyed;
    for (const OpenFile& file : item.files) {
      tools.tally.bytes += file.original_bytes;
      if (file.target && !file.target->leased) ++tools.tally.unleased_files;
    }
  } else if (item.refusal->reason != shred::Reason::missing) {
    if (never_again(item.refusal->reason)) {
      archive::Outcome outcome;
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

/// Takes the names away. A file whose name cannot be removed is noise, and logged as destroyed; its
/// recording stays in the journal, so that the next run tries again.
void remove_names(Tools& tools, Batch& batch) {
  const Timed timed(tools.tally.phases, Phase::remove);
  const std::vector<Work> work = work_of(batch);
  std::vector<shred::Target*> targets;
  std::vector<std::uint32_t> numbers;
  for (const Work& each : work) {
    targets.push_back(&*each.file->target);
    numbers.push_back(each.file->number);
  }
  auto refusals = shred::remove_names(tools.root, targets, numbers, batch.key);
  for (std::size_t i = 0; i < work.size(); ++i) {
    if (!refusals[i]) continue;
    note(tools.tally, work[i].item->recording.id,
         "overwritten, but " + refusal_text(*refusals[i]) + "; the next run tries again");
    if (!work[i].item->refusal) ++tools.tally.unfinished;
    if (!work[i].item->refusal) work[i].item->refusal = std::move(refusals[i]);
  }
}

/// The last close of a file without a name frees its blocks, which takes longer than the unlink.
void close_files(const Tools& tools, Batch& batch) {
  const Timed timed(tools.tally.phases, Phase::remove);
  base::parallel_for(batch.items.size(), tools.limits.workers, [&](std::size_t i) {
    for (OpenFile& file : batch.items[i].files) {
      if (file.target) file.target->fd.reset();
    }
  });
}

}  // namespace

bool never_again(shred::Reason reason) {
  return reason == shred::Reason::replaced || reason == shred::Reason::extents_moved;
}

void overwrite(const Tools& tools, Batch& batch) {
  EXPUNGE_ASSERT(batch.journal_number.has_value() || work_of(batch).empty());
  for (const Work& work : work_of(batch)) work.item->stays_if_refused = true;
  for_all(tools, batch, Phase::overwrite, [&](shred::Target& target, shred::KeyStream& stream) {
    return shred::overwrite(tools.root, target, stream);
  });
  batch.flush_failure = flush(tools, batch);
  if (batch.flush_failure) return;
  for_all(tools, batch, Phase::read_back, [&](shred::Target& target, shred::KeyStream& stream) {
    return shred::read_back(tools.root, target, stream);
  });
}

void log_and_remove(Tools& tools, Batch& batch) {
  if (batch.flush_failure) fail_flush(tools, batch);
  log_outcomes(tools, batch);
  remove_names(tools, batch);
  close_files(tools, batch);
}

void settle(Tools& tools, archive::Index::Writing& writing, const Batch& batch) {
  const Timed timed(tools.tally.phases, Phase::index);
  std::vector<archive::Outcome> outcomes;
  std::vector<std::int64_t> finished;
  for (const Item& item : batch.items) {
    if (item.stays_if_refused && item.refusal) continue;
    finished.push_back(item.recording.key);
    if (item.outcome) outcomes.push_back(*item.outcome);
  }
  writing.record(outcomes);
  if (batch.journal_number) writing.drop_from_batch(*batch.journal_number, finished);
  remember(writing, tools.log);
}

}  // namespace expunge::run
