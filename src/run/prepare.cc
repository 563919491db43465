#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/parallel.h"
#include "plan/plan.h"
#include "run/batch.h"
#include "run/entries.h"

namespace expunge::run {

void note(Tally& tally, const std::string& recording, std::string text) {
  if (tally.notices.size() < kMaxNotices) tally.notices.push_back({recording, std::move(text)});
}

bool Item::all_missing() const {
  return std::none_of(files.begin(), files.end(),
                      [](const OpenFile& file) { return file.target.has_value(); });
}

std::vector<std::string> Item::paths() const {
  std::vector<std::string> all;
  for (const OpenFile& file : files) all.push_back(file.row.path);
  return all;
}

bool Item::any_gone() const {
  return std::any_of(files.begin(), files.end(), [](const OpenFile& file) { return file.gone; });
}

bool Item::is_removal() const {
  return std::any_of(files.begin(), files.end(), [](const OpenFile& file) {
    return file.method == shred::Method::unlink && (file.target || file.gone);
  });
}

bool is_key(const OpenFile& file) {
  return file.row.role == "key";
}

bool same_files(const archive::Recording& recording, const Item& item) {
  const std::vector<archive::File>& now = recording.files;
  const std::vector<archive::File>& then = item.recording.files;
  return std::equal(now.begin(), now.end(), then.begin(), then.end(),
                    [](const archive::File& x, const archive::File& y) {
                      return x.path == y.path && x.sha256 == y.sha256 && x.bytes == y.bytes;
                    });
}

std::vector<std::string> Item::missing_roles() const {
  std::vector<std::string> roles;
  for (const OpenFile& file : files) {
    if (!file.target && !file.gone) roles.push_back(file.row.role);
  }
  return roles;
}

Fresh decide_again(const Tools& tools, const plan::HoldMatcher& holds, std::int64_t key) {
  Fresh fresh{tools.index.find(key), {}};
  if (fresh.recording) {
    fresh.decision = plan::Decider(tools.schedule, holds, tools.today).decide(*fresh.recording);
  }
  return fresh;
}

namespace {

shred::Expected expected(const archive::Recording& recording, const archive::File& file) {
  shred::Expected what{file.path, file.bytes, file.sha256};
  if (recording.state == archive::State::partial) {
    // A hold once stopped its destruction half way: it is not what was imported any more.
    what.bytes.reset();
    what.sha256.reset();
  }
  return what;
}

void open_files(const Tools& tools, Item& item) {
  for (const archive::File& row : item.recording.files) {
    OpenFile file;
    file.row = row;
    auto opened = shred::open_target(tools.root, expected(item.recording, row),
                                     tools.limits.fingerprint, tools.limits.accept);
    if (auto* target = std::get_if<shred::Target>(&opened)) {
      file.original_bytes = target->size_bytes;
      file.fingerprint = target->fingerprint;
      tools.tally.phases.add(Phase::fingerprint, target->fingerprint_time);
      file.method = target->method;
      file.target = std::move(*target);
    } else if (auto refusal = std::get<shred::Refusal>(std::move(opened));
               refusal.reason != shred::Reason::missing) {
      item.refusal = std::move(refusal);
    }
    item.files.push_back(std::move(file));
    if (item.refusal) break;
  }
  if (item.refusal) {
    item.files.clear();  // gives the descriptors and leases back: it is left as it is
  } else if (item.all_missing()) {
    item.refusal = shred::Refusal{shred::Reason::missing, ""};
  }
}

archive::JournalFile journal_file(const Item& item, const OpenFile& file) {
  return {item.recording.key,
          file.row.path,
          file.row.role,
          file.number,
          file.target->identity.device,
          file.target->identity.inode,
          file.target->identity.birth_ns,
          file.original_bytes,
          file.target->overwrite_bytes,
          file.fingerprint,
          shred::layout(file.target->extents),
          std::string(code(file.method))};
}

std::vector<std::string> directories_of(const std::vector<archive::JournalFile>& files) {
  std::set<std::string> directories;
  for (const archive::JournalFile& file : files) directories.insert(shred::directory_of(file.path));
  return {directories.begin(), directories.end()};
}

}  // namespace

Batch open_batch(const Tools& tools, std::vector<archive::Recording> recordings) {
  const Timed timed(tools.tally.phases, Phase::open);
  Batch batch;
  batch.key = shred::new_stream_key();
  batch.items.resize(recordings.size());
  base::parallel_for(recordings.size(), tools.limits.workers, [&](std::size_t i) {
    batch.items[i].recording = std::move(recordings[i]);
    open_files(tools, batch.items[i]);
  });
  return batch;
}

void begin(Tools& tools, archive::Index::Writing& writing, Batch& batch) {
  const Timed timed(tools.tally.phases, Phase::journal);
  const plan::HoldMatcher holds = plan::holds_of_day(tools.index, tools.schedule, tools.today);
  std::erase_if(batch.items, [&](Item& item) {
    Fresh fresh = decide_again(tools, holds, item.recording.key);
    if (fresh.recording && fresh.decision.verdict == plan::Verdict::due &&
        same_files(*fresh.recording, item)) {
      item.decision = std::move(fresh.decision);
      item.recording.order = std::move(fresh.recording->order);
      if (!item.refusal) recall_originals(tools, item);
      return false;
    }
    ++tools.tally.overtaken;
    return true;
  });
  archive::JournalBatch rows;
  rows.run = tools.run_id;
  rows.stream_key = batch.key;
  rows.log_size = tools.log.position().size;
  rows.log_last_hash = tools.log.position().last_hash;
  for (Item& item : batch.items) {
    if (item.refusal) continue;
    for (OpenFile& file : item.files) {
      if (!file.target) continue;
      file.number = static_cast<std::uint32_t>(rows.files.size());
      rows.files.push_back(journal_file(item, file));
    }
  }
  if (rows.files.empty()) return;
  batch.journal_number = writing.begin_batch(rows);
  writing.touch_directories(directories_of(rows.files));
}

}  // namespace expunge::run
