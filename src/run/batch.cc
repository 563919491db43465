#include "run/batch.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"
#include "run/entries.h"
#include "run/remember.h"
#include "run/work.h"

namespace expunge::run {
namespace {

using base::ExitStatus;
using base::Failure;

std::vector<std::optional<shred::Refusal>> remove_names_of(const Tools& tools,
                                                           const std::vector<Work>& work) {
  std::vector<shred::Target*> targets;
  targets.reserve(work.size());
  for (const Work& each : work) targets.push_back(&*each.file->target);
  return shred::remove_names(tools.root, targets, tools.names);
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
    if (refusals[i]->unflushed) batch.doubt = refusals[i];
    items[i]->refusal = std::move(refusals[i]);
    items[i]->stays_if_refused = true;
  }
}

/// Removes the names of what is not overwritten, after all that is: an entry follows its act. A
/// crash here leaves names gone of which the log says nothing yet, and the journal does.
void unlink(Tools& tools, Batch& batch, Part part) {
  const std::vector<Work> work = work_of(batch, shred::Method::unlink, part);
  auto refusals = remove_names_of(tools, work);
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
    if (refusals[i]->unflushed) batch.doubt = refusals[i];
    item->refusal = std::move(refusals[i]);
  }
}

/// Takes the names away. A file whose name cannot be removed is noise, and logged as destroyed; its
/// recording stays in the journal, so that the next run tries again.
void remove_names(Tools& tools, Batch& batch) {
  const Timed timed(tools.tally.phases, Phase::remove);
  const std::vector<Work> work = work_of(batch, shred::Method::overwrite);
  auto refusals = remove_names_of(tools, work);
  for (std::size_t i = 0; i < work.size(); ++i) {
    if (!refusals[i]) continue;
    if (refusals[i]->unflushed) batch.doubt = refusals[i];
    note(tools.tally, work[i].item->recording.id,
         "overwritten, but " + refusal_text(*refusals[i]) + "; the next run tries again");
    if (work[i].item->refusal) continue;
    ++tools.tally.unfinished;
    ++tools.tally.attention;  // counted as destroyed before
    work[i].item->refusal = std::move(refusals[i]);
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

void fail_flush(Tools& tools, const std::vector<Item>& items, const shred::Refusal& failure) {
  std::vector<audit::Draft> drafts;
  drafts.reserve(items.size());
  for (const Item& item : items) {
    // It is said once, with its place in the index: by a run that comes to it.
    if (item.refusal && item.refusal->reason == shred::Reason::missing) continue;
    drafts.push_back(failed_entry(tools, item, item.refusal.value_or(failure).reason));
    if (item.refusal) note(tools.tally, item.recording.id, refusal_text(*item.refusal));
    if (!item.refusal || item.stays_if_refused) count_unfinished(tools.tally, item);
  }
  tools.tally.failed += drafts.size();
  tools.log.append(drafts, tools.clock());
  // The journal stands: the next run writes all of it again, and believes no earlier flush.
  throw Failure(ExitStatus::needs_person,
                "the disk did not confirm what was written (" + failure.detail +
                    "); nothing is claimed of this batch, and the run stops: check the disk");
}

void log_and_remove(Tools& tools, Batch& batch) {
  if (batch.flush_failure) fail_flush(tools, batch.items, *batch.flush_failure);
  tools.tally.attributes_left += batch.attributes_left;
  settle_gone(tools, batch);
  for (const Part part : {Part::keys, Part::rest}) unlink(tools, batch, part);
  // A crash before the entries are durable leaves noise, or names gone, that the journal knows; the
  // next run finishes it. A crash after leaves entries whose files are noise, with their names.
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
  writing.record(outcomes, tools.tell);
  if (batch.journal_number) writing.drop_from_batch(*batch.journal_number, finished);
  remember(writing, tools.log);
}

}  // namespace expunge::run
