#include "run/gather.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

#include "base/error.h"
#include "plan/plan.h"
#include "run/pipeline.h"

namespace expunge::run {
namespace {

/// Files of recordings sorted by directory at a time: a day's or a month's directories then fall
/// into one batch, and some megabytes hold them.
constexpr std::size_t kWindow = 16384;

/// Descriptors that the process needs besides a batch's files.
constexpr std::size_t kSpareDescriptors = 64;

const std::string& first_path(const archive::Recording& recording) {
  static const std::string kNone;
  return recording.files.empty() ? kNone : recording.files.front().path;
}

/// How large it is, as far as is known; a file whose size the index lacks counts as one of those
/// opened so far.
std::uint64_t expected_bytes(const archive::Recording& recording, const Tally& tally) {
  constexpr std::uint64_t kFirstGuess = 1 << 20;
  const std::uint64_t typical =
      tally.opened_files == 0 ? kFirstGuess : tally.opened_bytes / tally.opened_files;
  std::uint64_t bytes = 0;
  for (const archive::File& file : recording.files) bytes += file.bytes.value_or(typical);
  return bytes;
}

/// Cuts a window into batches; false when `each` wants no more.
bool hand_out(std::vector<archive::Recording>& window, const Tools& tools,
              const std::function<bool(std::vector<archive::Recording>)>& each) {
  std::sort(window.begin(), window.end(),
            [](const auto& a, const auto& b) { return first_path(a) < first_path(b); });
  const Limits& limits = tools.limits;
  const std::size_t max_files = files_at_once(limits.batch_files, kBatchesOpen);
  std::vector<archive::Recording> batch;
  std::size_t files = 0;
  std::uint64_t bytes = 0;
  for (archive::Recording& recording : window) {
    const std::uint64_t more_bytes = expected_bytes(recording, tools.tally);
    const bool full =
        files + recording.files.size() > max_files || bytes + more_bytes > limits.batch_bytes;
    if (full && !batch.empty()) {
      if (!each(std::move(batch))) return false;
      batch.clear();
      files = 0;
      bytes = 0;
    }
    files += recording.files.size();
    bytes += more_bytes;
    batch.push_back(std::move(recording));
  }
  window.clear();
  return batch.empty() || each(std::move(batch));
}

}  // namespace

std::size_t files_at_once(std::size_t wanted, unsigned batches) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return wanted;
  const auto all = static_cast<std::size_t>(limit.rlim_cur);
  const std::size_t room = all > kSpareDescriptors ? (all - kSpareDescriptors) / batches : 0;
  if (room < archive::kMaxFiles) {
    throw base::Failure(
        base::ExitStatus::usage,
        fmt::format("only {} files can be open at once, and a run needs {}: raise the limit "
                    "(ulimit -n, LimitNOFILE=)",
                    all, kSpareDescriptors + batches * archive::kMaxFiles));
  }
  return std::min(wanted, room);
}

void raise_descriptor_limit(std::size_t batch_files) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t useful =
      kSpareDescriptors + kBatchesOpen * std::max(batch_files, archive::kMaxFiles);
  if (limit.rlim_cur >= useful) return;
  limit.rlim_cur = std::min(useful, limit.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &limit);  // where it fails, batches are smaller
}

void gather(Tools& tools, std::int64_t newest_key, const plan::KeySet& without,
            const std::function<bool(std::vector<archive::Recording>)>& each) {
  std::vector<archive::Recording> window;
  std::size_t files = 0;
  bool more = true;
  // recover() could not finish these: their batches stand.
  const plan::KeySet begun = plan::in_journal(tools.index);
  tools.index.scan(
      [&](const archive::Recording& recording) {
        if (!tools.allowed.contains(recording.key) || begun.contains(recording.key) ||
            without.contains(recording.key)) {
          return true;
        }
        window.push_back(recording);
        files += recording.files.size();
        if (files < kWindow) return true;
        files = 0;
        more = hand_out(window, tools, each);
        return more;
      },
      newest_key);
  if (more) hand_out(window, tools, each);
}

}  // namespace expunge::run
