#include "plan/status.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "plan/hold_review.h"

namespace expunge::plan {
namespace {

using std::chrono::sys_days;

std::string hours_text(base::Time::duration time) {
  return fmt::format("{} hours", std::chrono::duration_cast<std::chrono::hours>(time).count());
}

void judge_silence(Status& status) {
  const auto& good = status.last_complete_end;
  if (!good) {
    status.alarms.push_back({"silence",
                             "no run has ended complete under this log; see that expunge run is "
                             "called every night, and what the last one said"});
  } else if (good->time > status.now) {
    status.alarms.push_back(
        {"clock", fmt::format("the last complete run ended at {}, which is in the future; see what "
                              "is wrong with the clock",
                              base::to_text(good->time))});
  } else if (status.now - good->time > kMostSilence) {
    status.alarms.push_back(
        {"silence",
         fmt::format("the last run that ended complete did so {} ago, at {}; see why none has "
                     "since",
                     hours_text(status.now - good->time), base::to_text(good->time))});
  }
}

void judge_overdue(Status& status) {
  if (status.overdue.recordings == 0) return;
  status.alarms.push_back(
      {"overdue",
       fmt::format("{} recordings are past their period by more than {} days, the oldest since {}; "
                   "see expunge plan",
                   base::grouped(status.overdue.recordings), kMostOverdue.count(),
                   base::to_text(*status.oldest_overdue))});
}

/// Since when it is past its day, if it is, and neither waits for a hold's end nor is known to have
/// no file, nor acknowledged.
std::optional<base::CivilDate> overdue_since(const archive::Recording& recording,
                                             const Decision& decision, base::CivilDate today) {
  if (decision.verdict != Verdict::due && decision.verdict != Verdict::attention) return {};
  if (recording.missing_seq || decision.acknowledged_until) return {};
  const auto since = decision.overdue_since ? decision.overdue_since : decision.due_day;
  return since && sys_days{*since} + kMostOverdue < sys_days{today} ? since : std::nullopt;
}

void add_reviews(Status& status, const archive::Index& index, const policy::TimeZone& zone) {
  const base::CivilDate today = status.summary.today;
  for (const archive::Hold& hold : index.holds(false)) {
    if (!hold.in_force_on(today)) continue;
    ++status.holds;
    const base::CivilDate on = review_day(hold, zone);
    if (on < today) ++status.reviews_overdue;
    status.next_reviews.push_back({hold.reference, hold.kind, on});
  }
  std::stable_sort(status.next_reviews.begin(), status.next_reviews.end(),
                   [](const Review& a, const Review& b) { return a.on < b.on; });
  if (status.next_reviews.size() > kMostReviews) status.next_reviews.resize(kMostReviews);
}

}  // namespace

Status make_status(const archive::Index& index, const Decider& decider,
                   const policy::TimeZone& zone, const audit::LogFacts& facts, base::Time now) {
  Status status;
  status.now = now;
  status.last_start = facts.last_run_start;
  if (facts.last_run_start && facts.last_run_end &&
      facts.last_run_end->run == facts.last_run_start->run) {
    status.last_end = facts.last_run_end;
  }
  status.last_complete_end = facts.last_complete_end;
  status.summary =
      make_plan(index, decider, [&](const archive::Recording& recording, const Decision& decision) {
        const auto since = overdue_since(recording, decision, decider.today());
        if (!since) return;
        ++status.overdue.recordings;
        status.overdue.bytes += archive::known_bytes(recording);
        status.oldest_overdue = std::min(status.oldest_overdue.value_or(*since), *since);
      });
  add_reviews(status, index, zone);
  judge_silence(status);
  judge_overdue(status);
  return status;
}

}  // namespace expunge::plan
