#include "certify/run_account.h"

#include <algorithm>
#include <map>
#include <set>

#include "audit/prove.h"
#include "base/error.h"
#include "base/text.h"
#include "certify/recordings.h"

namespace expunge::certify {
namespace {

std::uint64_t bytes_of(const audit::Destroyed& entry) {
  std::uint64_t bytes = 0;
  for (const audit::FileDestroyed& file : entry.files) bytes += file.bytes;
  return bytes;
}

RunItem to_item(const audit::EntryView& entry, const std::string& path) {
  RunItem item;
  item.seq = entry.seq;
  if (entry.type == "destroy.failed") {
    Logged<audit::DestroyFailed> failed = read_failed(entry, path);
    item.time = failed.time;
    item.recording = std::move(failed.says.recording);
    item.reason = std::move(failed.says.reason);
    return item;
  }
  if (entry.type == "destroy.partial") {
    Logged<audit::DestroyPartial> partial = read_partial(entry, path);
    item.became = Became::partly;
    item.time = partial.time;
    item.bytes = partial.says.overwritten_bytes;
    item.kept_bytes = partial.says.kept_bytes;
    item.left = left_by(partial.says);
    item.entry = std::move(partial.says.destroyed);
  } else {
    Logged<audit::Destroyed> destroyed = read_destroyed(entry, path);
    item.time = destroyed.time;
    item.entry = std::move(destroyed.says);
    item.bytes = bytes_of(item.entry);
    // What claims less than a destruction is none, whatever its type.
    item.became = !is_removal(item.entry) && claims_destruction(item.entry) ? Became::destroyed
                                                                            : Became::removed;
  }
  item.recording = item.entry.recording;
  return item;
}

void count(RunAccount& account, const RunItem& item) {
  const auto kind = static_cast<std::size_t>(item.became);
  const auto add = [&](RunCount& to) {
    ++to.recordings;
    to.bytes += item.bytes;
  };
  add(account.total[kind]);
  if (account.listed[kind].size() < kListed) account.listed[kind].push_back(item);
  if (item.became == Became::not_destroyed) {
    ++account.failures[item.reason];
    return;
  }
  add(account.by_department[item.entry.department][item.became]);
  if (!missing_roles(item.entry.note).empty()) ++account.without_file[kind];
  if (item.became == Became::partly) ++account.left[item.left];
  if (item.became != Became::partly) {
    ++account.media[item.entry.medium];
    account.proved.push_back(item.seq);
    if (!item.entry.ground.empty()) ++account.ordered;
  }
}

/// The recordings that a run tried and did not destroy: each once, whatever else its entries say.
class Undone {
 public:
  void add(RunItem item) {
    const auto at = by_recording_.find(item.recording);
    if (at == by_recording_.end()) {
      std::string recording = item.recording;
      by_recording_.emplace(std::move(recording), std::move(item));
      return;
    }
    RunItem& so_far = at->second;
    if (so_far.became == Became::partly) {
      if (item.became == Became::not_destroyed) so_far.reason = std::move(item.reason);
      return;
    }
    if (item.became == Became::partly) item.reason = std::move(so_far.reason);
    so_far = std::move(item);
  }
  /// It was destroyed or removed after all.
  void remove(const std::string& recording) { by_recording_.erase(recording); }

  template <typename Each>
  void for_each(Each each) const {
    std::map<std::uint64_t, const RunItem*> in_order;
    for (const auto& [recording, item] : by_recording_) in_order.emplace(item.seq, &item);
    for (const auto& [seq, item] : in_order) each(*item);
  }

 private:
  std::map<std::string, RunItem> by_recording_;
};

/// Whether an entry is one of the run's. Canonical JSON: a quote within a string is escaped, so
/// this can only be the member.
bool is_of_run(const audit::EntryView& entry, const std::string& run) {
  return entry.line.find("\"run\":\"" + run + "\"") != std::string_view::npos;
}

/// Every entry that the page speaks of and no certificate is asked for.
std::set<std::uint64_t> seqs_behind(const RunAccount& account) {
  std::set<std::uint64_t> seqs{0};
  if (account.facts->approval) seqs.insert(account.facts->approval->seq);
  for (const auto& approval : account.facts->further_approvals) seqs.insert(approval.seq);
  if (account.facts->policy) seqs.insert(account.facts->policy->seq);
  for (const Became became : {Became::partly, Became::not_destroyed}) {
    for (const RunItem& item : account.first(became)) seqs.insert(item.seq);
  }
  return seqs;
}

}  // namespace

RunAccount account_for(base::Sys& sys, const audit::LogPlace& place, const std::string& run,
                       const std::function<void(const RunItem&)>& each) {
  const std::string path = audit::log_path(place.directory);
  RunAccount account;
  account.run = run;
  std::optional<std::uint64_t> last;
  RunTrail runs(path);
  Undone undone;
  const Walked walked = walk(sys, place, [&](const audit::EntryView& entry) {
    runs.take(entry);
    const bool about_recording = entry.type == "remove" || entry.type.starts_with("destroy");
    if (!about_recording && !entry.type.starts_with("run.")) return;
    if (!is_of_run(entry, run)) return;
    last = entry.seq;
    if (entry.type == "run.braked") {
      account.brakes.push_back(read_run_braked(entry, path));
    } else if (about_recording) {
      RunItem item = to_item(entry, path);
      if (item.became == Became::destroyed || item.became == Became::removed) {
        undone.remove(item.recording);
        count(account, item);
        each(item);
      } else {
        undone.add(std::move(item));
      }
    }
    account.facts = runs.run(run);
  });
  if (!last) {
    throw base::Failure(base::ExitStatus::usage, "the log " + base::printable(place.directory) +
                                                     " names no run '" + base::printable(run) +
                                                     "' (expunge log show lists them)");
  }
  if (!account.facts->start && account.brakes.empty()) {
    throw base::Failure(base::ExitStatus::usage, "the log has no entry of the start of the run " +
                                                     base::printable(run) +
                                                     ": nothing can be certified of it as a whole");
  }
  undone.for_each([&](const RunItem& item) {
    count(account, item);
    each(item);
  });
  account.opening = walked.opening;
  account.by = choose_checkpoint(sys, place, walked, *last);
  return account;
}

void certify_run(base::Sys& sys, const audit::LogPlace& place, const RunAccount& account,
                 unsigned workers, const std::function<void(const audit::Certificate&)>& each) {
  std::set<std::uint64_t> own;
  if (account.facts->start) own.insert(account.facts->start->seq);
  if (account.facts->end) own.insert(account.facts->end->seq);
  for (const auto& brake : account.brakes) own.insert(brake.seq);
  const std::set<std::uint64_t> behind = seqs_behind(account);
  std::vector<std::uint64_t> seqs = account.proved;
  seqs.insert(seqs.end(), own.begin(), own.end());
  seqs.insert(seqs.end(), behind.begin(), behind.end());
  std::sort(seqs.begin(), seqs.end());
  seqs.erase(std::unique(seqs.begin(), seqs.end()), seqs.end());
  audit::certify(
      sys, place, account.by.file, seqs, workers, [&](const audit::Certificate& certificate) {
        const bool wanted =
            own.count(certificate.index) != 0 ||
            std::binary_search(account.proved.begin(), account.proved.end(), certificate.index);
        if (wanted) each(certificate);
      });
}

}  // namespace expunge::certify
