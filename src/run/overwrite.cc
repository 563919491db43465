#include "base/error.h"
#include "base/parallel.h"
#include "run/work.h"
#include "shred/attributes.h"

namespace expunge::run {
namespace {

bool belongs_to(const OpenFile& file, Part part) {
  return part == Part::all || is_key(file) == (part == Part::keys);
}

/// Marks what is to be worked on: from here on it stays in the journal until it is finished.
void mark(Batch& batch) {
  for (Item& item : batch.items) {
    if (item.refusal) continue;
    EXPUNGE_ASSERT(batch.journal_number.has_value());
    item.stays_if_refused = true;
  }
}

/// Runs one step over all files of a part in parallel; a refusal stops its recording and no other.
template <typename Step>
void for_all(const Tools& tools, Batch& batch, Part part, Phase phase, const Step& step) {
  const Timed timed(tools.tally.phases, phase);
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

std::optional<shred::Refusal> flush(const Tools& tools, Batch& batch, Part part) {
  const Timed timed(tools.tally.phases, Phase::flush);
  std::vector<shred::Target*> targets;
  for (const Work& work : work_of(batch, shred::Method::overwrite, part)) {
    targets.push_back(&*work.file->target);
  }
  return shred::flush(tools.root, targets);
}

/// Noise takes the attributes' place, and must reach the device before they go: else what they held
/// stays in the blocks and inodes that are freed.
void drop_attributes(const Tools& tools, Batch& batch) {
  std::vector<int> files;
  for (const Work& work : work_of(batch, shred::Method::overwrite)) {
    const int fd = work.file->target->fd.get();
    const residue::MaskedAttributes masked = tools.names.mask_attributes(fd);
    if (masked.any) files.push_back(fd);
    if (masked.large) ++batch.attributes_left;
  }
  if (files.empty()) return;
  if (!tools.names.push()) batch.attributes_left = files.size();
  for (const int fd : files) shred::drop_attributes(tools.root.sys(), fd);
}

}  // namespace

std::vector<Work> work_of(Batch& batch, shred::Method method, Part part) {
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

void overwrite(const Tools& tools, Batch& batch) {
  mark(batch);
  for (const Part part : {Part::keys, Part::rest}) {
    for_all(tools, batch, part, Phase::overwrite,
            [&](shred::Target& target, shred::KeyStream& stream) {
              return shred::overwrite(tools.root, target, stream);
            });
    batch.flush_failure = flush(tools, batch, part);
    if (batch.flush_failure) return;
    for_all(tools, batch, part, Phase::read_back,
            [&](shred::Target& target, shred::KeyStream& stream) {
              return shred::read_back(tools.root, target, stream);
            });
  }
  drop_attributes(tools, batch);
}

}  // namespace expunge::run
