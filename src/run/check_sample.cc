#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "run/check_parts.h"
#include "run/claims.h"

namespace expunge::run {
namespace {

constexpr std::size_t kMaxFiles = 20;

/// What a run would find.
struct Sample {
  std::size_t files = 0;
  std::size_t unleased = 0;
  std::size_t unlinked = 0;  ///< would be removed without overwriting
  struct Refused {
    std::size_t files = 0;
    std::string recording;  ///< the first
    std::string detail;
  };
  std::map<shred::Reason, Refused> refused;
  std::size_t known = 0;  ///< of those missing, what a person said to know of
  std::size_t begun = 0;  ///< recordings that were left out: an interrupted run began on them
  std::size_t gone = 0;   ///< likewise: by the log, which the index does not know
};

/// What a run may open some day, as it stands.
struct Candidate {
  archive::Recording recording;
  bool known_missing = false;
};

void open_one(const shred::ArchiveRoot& root, shred::Accept accept, const Candidate& candidate,
              const archive::File& file, Sample& sample) {
  // No hash: nothing is read, and each is let go before the next.
  const auto opened = shred::open_target(root, {file.path, file.bytes, std::nullopt},
                                         shred::Fingerprint::no, accept);
  ++sample.files;
  if (const auto* const target = std::get_if<shred::Target>(&opened)) {
    if (!target->leased) ++sample.unleased;
    if (target->method == shred::Method::unlink) ++sample.unlinked;
    return;
  }
  const auto& refusal = std::get<shred::Refusal>(opened);
  if (candidate.known_missing && refusal.reason == shred::Reason::missing) {
    ++sample.known;
    return;
  }
  Sample::Refused& refused = sample.refused[refusal.reason];
  if (refused.files++ == 0) {
    refused.recording = candidate.recording.id;
    refused.detail = refusal.detail;
  }
}

/// But for what a new file system has of its own.
bool is_empty(const std::string& root) {
  std::error_code error;
  std::filesystem::directory_iterator each(root, error);
  while (!error && each != std::filesystem::directory_iterator()) {
    if (each->path().filename() != "lost+found") return false;
    each.increment(error);
  }
  return !error;
}

/// What logs say is destroyed or removed, and an index put back from a backup takes for kept.
class GoneByLog {
 public:
  GoneByLog(const CheckSetting& setting, const audit::LogState* log)
      : by_past_logs_(said_by_past_logs(*setting.index)) {
    if (log == nullptr || !plan::behind(log->facts, plan::memory_of(*setting.index)).any()) return;
    by_log_ = logged_since(setting.sys, setting.log_place, setting.index->reconciled_size());
  }

  [[nodiscard]] bool has(const archive::Recording& recording) const {
    if (recording.state == archive::State::returned) return false;
    const auto past = by_past_logs_.find(recording.key);
    if (past != by_past_logs_.end() && says_gone(past->second)) return true;
    const auto found = by_log_.find(recording.id);
    return found != by_log_.end() && says_gone(found->second);
  }

 private:
  static bool says_gone(const Logged& logged) { return logged.state != archive::State::partial; }

  std::map<std::int64_t, Logged> by_past_logs_;
  LoggedById by_log_;
};

/// Without what needs a person: a run opens none of it, and the plan says it. Nor what an
/// interrupted run began on, which counts as `begun`: those files are no longer as indexed, and a
/// run knows that. Nor what is gone by the log, which the next run that goes ahead learns from it.
std::vector<Candidate> oldest_candidates(const CheckSetting& setting, const audit::LogState* log,
                                         Sample& sample) {
  std::vector<Candidate> oldest;
  std::size_t files = 0;
  const plan::KeySet in_journal = plan::in_journal(*setting.index);
  const GoneByLog gone(setting, log);
  std::optional<plan::HoldMatcher> none;
  std::optional<plan::Decider> decider;
  if (setting.next_run) {
    const policy::RetentionSchedule& schedule = *setting.next_run->schedule;
    const base::CivilDate day = plan::day_of_next_run(
        schedule.time_zone, std::chrono::floor<std::chrono::seconds>(setting.now),
        setting.next_run->at);
    none.emplace(std::vector<archive::Hold>(), schedule.time_zone, nullptr, day);
    decider.emplace(schedule, *none, day, plan::acknowledgements(*setting.index));
  }
  setting.index->scan([&](const archive::Recording& recording) {
    if (!decider && !recording.recorded_at) return true;  // never destroyed as it is
    plan::Decision decision;
    if (decider) decision = decider->decide(recording);
    if (decider && decision.verdict == plan::Verdict::attention) return true;
    if (in_journal.contains(recording.key)) {
      ++sample.begun;
      return true;
    }
    if (gone.has(recording)) {
      ++sample.gone;
      return true;
    }
    oldest.push_back({recording, decision.acknowledged_until.has_value()});
    if (recording.state == archive::State::partial) {
      for (archive::File& file : oldest.back().recording.files) file.bytes.reset();
    }
    files += recording.files.size();
    return files < kMaxFiles;
  });
  return oldest;
}

Sample take_sample(const CheckSetting& setting, const audit::LogState* log,
                   const shred::ArchiveRoot& root) {
  // All are read before one is opened: the index is not kept waiting.
  Sample sample;
  const std::vector<Candidate> oldest = oldest_candidates(setting, log, sample);
  for (const Candidate& candidate : oldest) {
    for (const archive::File& file : candidate.recording.files) {
      if (sample.files < kMaxFiles) open_one(root, setting.limits.accept, candidate, file, sample);
    }
  }
  return sample;
}

}  // namespace

void check_sample(const CheckSetting& setting, const audit::LogState* log,
                  const shred::ArchiveRoot& root, Findings& findings) {
  if (run_is_on(setting.sys, setting.log_place.directory)) {
    return findings.note("files", "a run is on: no recording was looked at");
  }
  const Sample sample = take_sample(setting, log, root);
  if (sample.begun > 0) {
    findings.note("files",
                  fmt::format("recordings not looked at, because an interrupted run began on them: "
                              "{}",
                              base::grouped(sample.begun)),
                  "the next run sees to them, and what it could not finish it says itself");
  }
  if (sample.gone > 0) {
    findings.note("files",
                  fmt::format("recordings not looked at, because the log says that they are "
                              "destroyed or removed, and the index does not know: {}",
                              base::grouped(sample.gone)),
                  "the next run that goes ahead learns that from the log");
  }
  if (sample.files == 0) {
    if (sample.begun == 0 && sample.gone == 0)
      findings.note("files", "the index lists none that a run would open");
    return;
  }
  if (is_empty(setting.archive_root)) {
    findings.problem("root",
                     "an empty directory, and the index expects files in it: its volume is not "
                     "mounted, or the recordings are gone",
                     "mount the volume (findmnt, /etc/fstab), or restore the recordings");
  }
  const std::string looked_at = fmt::format("looked at, of the oldest: {}", sample.files);
  for (const auto& [reason, each] : sample.refused) {
    const std::string detail = each.detail.empty() ? "" : " (" + base::printable(each.detail) + ")";
    findings.warning(
        "files",
        fmt::format("{}; would be refused as {}{}: {}, the first of recording {}", looked_at,
                    code(reason), detail, each.files, base::printable(each.recording)),
        std::string(words(reason)));
  }
  if (sample.known > 0) {
    findings.note("files",
                  fmt::format("{}; missing, as a person acknowledged: {}", looked_at, sample.known),
                  "expunge plan says which, and until when");
  }
  if (sample.unleased > 0) {
    findings.warning("files",
                     fmt::format("{}; could not be leased, so that nobody notices when they are "
                                 "open elsewhere: {}",
                                 looked_at, sample.unleased),
                     "let the run have CAP_LEASE, as root has, or own the files");
  }
  if (sample.unlinked > 0) {
    findings.warning("files",
                     fmt::format("{}; would be removed without overwriting, as accepted (claim: "
                                 "unlinked): {}",
                                 looked_at, sample.unlinked),
                     "for destruction, move them to where an overwrite reaches the bytes");
  }
  if (sample.refused.empty() && sample.unlinked == 0) {
    findings.ok("files",
                looked_at + (sample.known > 0 ? "; each that is there can be opened for overwriting"
                                              : "; each can be opened for overwriting"));
  }
}

}  // namespace expunge::run
