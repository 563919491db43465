#include "run/pipeline.h"

#include <utility>

namespace expunge::run {
namespace {

std::launch policy(const Tools& tools) {
  return tools.limits.workers > 1 ? std::launch::async : std::launch::deferred;
}

}  // namespace

Pipeline::Pipeline(Tools& tools, std::function<void(std::uint64_t)> each_logged)
    : tools_(tools), each_logged_(std::move(each_logged)) {}

void Pipeline::add(std::vector<archive::Recording> recordings) {
  auto opening = std::async(policy(tools_), [this, rows = std::move(recordings)]() mutable {
    return open_batch(tools_, std::move(rows));
  });
  if (opened_.valid()) advance(take_opened());
  opened_ = std::move(opening);
}

Batch Pipeline::take_opened() {
  Batch batch = opened_.get();
  for (const Item& item : batch.items) {
    for (const OpenFile& file : item.files) {
      ++tools_.tally.opened_files;
      tools_.tally.opened_bytes += file.original_bytes;
    }
  }
  return batch;
}

void Pipeline::finish() {
  if (opened_.valid()) advance(take_opened());
  advance(std::nullopt);
  advance(std::nullopt);
}

void Pipeline::stop() {
  if (opened_.valid()) opened_ = {};
  advance(std::nullopt);
  advance(std::nullopt);
}

std::optional<Batch> Pipeline::wait_for_overwritten() {
  if (!overwritten_.valid()) return std::nullopt;
  Batch batch = overwritten_.get();
  // Of the same device: the flush that failed may have taken its writes with it, and its own flush,
  // which came later, knows nothing of that.
  if (doubt_ && !batch.flush_failure) {
    batch.flush_failure = shred::Refusal{shred::Reason::flush_failed, doubt_->detail};
  }
  doubt_.reset();
  return batch;
}

void Pipeline::advance(std::optional<Batch> next) {
  // Before the transaction, so that no time passes between its look at the holds and the overwrite.
  std::optional<Batch> done = wait_for_overwritten();
  if (done && done->flush_failure) {
    next.reset();  // the run is about to stop: nothing more is begun
    // The flush that failed may have taken with it what the file system's journal had written of
    // the names that went meanwhile, and told nobody else. The journal stands, and the next run
    // looks.
    removed_.reset();
  }
  if (removed_ || next) {
    archive::Index::Writing writing(tools_.index);
    if (removed_) settle(tools_, writing, *removed_);
    if (next) begin(tools_, writing, *next);
    // A crash before this leaves one batch with its entries and without its names, one that is
    // noise and not logged, and one untouched; a crash after it, two of the second kind.
    {
      const Timed timed(tools_.tally.phases, Phase::index);
      writing.commit();
    }
    removed_.reset();
  }
  if (next) {
    overwritten_ = std::async(policy(tools_), [this, batch = std::move(*next)]() mutable {
      overwrite(tools_, batch);
      return std::move(batch);
    });
  }
  if (done) {
    log_and_remove(tools_, *done);
    if (overwritten_.valid()) doubt_ = done->doubt;
    logged_ += done->items.size();
    removed_ = std::move(done);
    if (each_logged_) each_logged_(logged_);
  }
}

void carry_out(Tools& tools, Batch& batch) {
  overwrite(tools, batch);
  log_and_remove(tools, batch);
  archive::Index::Writing writing(tools.index);
  settle(tools, writing, batch);
  writing.commit();
}

}  // namespace expunge::run
