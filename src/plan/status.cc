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

std::string count_text(std::uint64_t count, const char* what) {
  return base::grouped(count) + (count == 1 ? " recording " : " recordings ") + what;
}

void judge_silence(Status& status) {
  const auto& good = status.last_complete_end;
  // Else whoever has just seen one end well reads that none has.
  const std::string but = status.last_start && status.last_start->restricted
                              ? "; one of ordered recordings alone is no night's run"
                              : "";
  if (!good) {
    status.alarms.push_back({"silence",
                             "no run has ended complete under this log; see that expunge run is "
                             "called every night, and what the last one said" +
                                 but});
  } else if (good->time > status.now) {
    status.alarms.push_back(
        {"clock", fmt::format("the last complete run ended at {}, which is in the future; see what "
                              "is wrong with the clock",
                              base::to_text(good->time))});
  } else if (status.now - good->time > kMostSilence) {
    status.alarms.push_back(
        {"silence",
         fmt::format("the last run that ended complete did so {} ago, at {}; see why none has "
                     "since{}",
                     hours_text(status.now - good->time), base::to_text(good->time), but)});
  }
}

/// Whether a hold ended today of which the index has forgotten what it kept, and no run over all
/// that is due has begun since.
bool may_be_just_let_go(const Status& status, const archive::Index& index,
                        const policy::TimeZone& zone) {
  const base::CivilDate today = status.summary.today;
  const auto day_of = [&](base::Time time) {
    return zone.civil_date(std::chrono::floor<std::chrono::seconds>(time));
  };
  const auto has_gone_since = [&](const archive::Hold& hold) {
    // With no delay it ended in that moment.
    const bool at_once = hold.released_at && day_of(*hold.released_at) == today;
    const auto is_since = [&](base::Time time, base::CivilDate day) {
      return at_once ? time > *hold.released_at : day >= today;
    };
    const auto& run = status.last_start;
    if (run && !run->restricted && is_since(run->time, run->today)) return true;
    // A restricted one may have begun after that.
    const auto& end = status.last_complete_end;
    return end && run && run->restricted && is_since(end->time, day_of(end->time));
  };
  const std::vector<archive::Hold> holds = index.holds(true);
  return std::any_of(holds.begin(), holds.end(), [&](const archive::Hold& hold) {
    return hold.erased && hold.effective_on == today && !has_gone_since(hold);
  });
}

void judge_overdue(Status& status, const archive::Index& index, const policy::TimeZone& zone) {
  const Count& overdue = status.summary.overdue;
  if (overdue.recordings == 0) return;
  status.alarms.push_back(
      {"overdue",
       fmt::format("{} period by more than {} days, the oldest since {}; see expunge plan{}",
                   count_text(overdue.recordings,
                              overdue.recordings == 1 ? "is past its" : "are past their"),
                   kMostOverdue.count(), base::to_text(*status.summary.oldest_overdue),
                   may_be_just_let_go(status, index, zone)
                       ? "; a hold ended today, and what it kept until now may be among these: "
                         "the index has forgotten what that was, and the next run destroys it"
                       : "")});
}

void add_reviews(Status& status, const archive::Index& index, const policy::TimeZone& zone) {
  const base::CivilDate today = status.summary.today;
  for (const archive::Hold& hold : index.holds(false)) {
    if (!hold.in_force_on(today)) continue;
    ++status.holds;
    if (hold.effective_on) {
      ++status.ending;
      status.next_ends.push_back(
          {hold.reference, hold.kind,
           std::chrono::sys_days{*hold.effective_on} - std::chrono::days{1}});
      continue;
    }
    const base::CivilDate on = review_day(hold, zone);
    if (on < today) ++status.reviews_overdue;
    if (hold.awaits_confirmation()) ++status.unconfirmed;
    status.next_reviews.push_back({hold.reference, hold.kind, on});
  }
  std::stable_sort(status.next_reviews.begin(), status.next_reviews.end(),
                   [](const Review& a, const Review& b) { return a.on < b.on; });
  if (status.next_reviews.size() > kMostReviews) status.next_reviews.resize(kMostReviews);
  std::stable_sort(status.next_ends.begin(), status.next_ends.end(),
                   [](const Ending& a, const Ending& b) { return a.through < b.through; });
  if (status.next_ends.size() > kMostReviews) status.next_ends.resize(kMostReviews);
}

/// Counts what needs attention as a run's last entry does, each recording once.
class Attention {
 public:
  Attention(Status& status, KeySet left_part_way)
      : status_(status), left_part_way_(std::move(left_part_way)) {}

  void look_at(const archive::Recording& recording, const Decision& decision) {
    if (acknowledgeable(decision, recording).empty() && !left_part_way_.contains(recording.key)) {
      return;
    }
    ++status_.attention;
    status_.acknowledged += decision.acknowledged_until ? 1 : 0;
  }

 private:
  Status& status_;
  KeySet left_part_way_;
};

/// One that was left in part is no failure by the run's count, and must not stand for another.
void count_missed(const std::optional<audit::RunEnded>& end, const archive::Recording& recording,
                  const Decision& decision, std::uint64_t& missed) {
  if (!end || acknowledgeable(decision, recording) != kMissingFile) return;
  if (recording.state == archive::State::partial || !end->spans(*recording.missing_seq)) return;
  ++missed;
}

/// What it could not destroy for another reason than a missing file, and nobody has settled since.
std::uint64_t still_failed(const Status& status, const audit::RunEnded& end, std::uint64_t missed) {
  const std::uint64_t failed = end.failed - std::min(end.failed, missed);
  return status.tried ? std::min(failed, *status.tried) : failed;
}

/// Of the last run, and of the last that went over all that was due, where it is another.
void judge_ends(Status& status) {
  const auto& complete = status.last_complete_end;
  const bool is_other = complete && (!status.last_end || complete->run != status.last_end->run);
  const bool judges_both = is_other && status.last_start && status.last_start->restricted;
  // What failed for a missing file and nothing else is told where the index is, and once; or, when
  // it is acknowledged, nowhere. Without the run's name two lines read as two recordings.
  const auto judge_end = [&](const audit::RunEnded& end, std::uint64_t missed, const char* by) {
    const std::string show = "log show --run " + base::printable(end.run);
    if (end.outcome == "failed") {
      status.needs.push_back({"failures", "the last run failed", show});
    } else if (const std::uint64_t failed = still_failed(status, end, missed); failed > 0) {
      status.needs.push_back(
          {"failures", count_text(failed, "could not be destroyed") + (judges_both ? by : ""),
           show});
    }
    if (end.without_file > 0) {
      status.needs.push_back(
          {"without-file",
           count_text(end.without_file,
                      end.without_file == 1
                          ? "was destroyed although one of its files was missing"
                          : "were destroyed although a file of theirs was missing"),
           show});
    }
  };
  if (status.last_end) {
    judge_end(*status.last_end, status.last_missed, " by the last run, of some recordings alone");
  }
  if (judges_both) {
    judge_end(*complete, status.complete_missed, " by the last run over all that was due");
  }
}

/// Those that would stop a run now; and `root`, which only a run and `check` look for.
void judge_brakes(Status& status, const Judgement& judgement) {
  std::string names;
  for (const Brake& brake : judgement.still_on) {
    names += (names.empty() ? "" : ", ") + brake.name;
    if (brake.name == "holds") {
      names += " (lost by the index: " + brake.message.substr(kLostHolds.size()) + ")";
    }
  }
  if (!names.empty()) {
    const char* const are = judgement.still_on.size() == 1 ? "a brake is on: " : "brakes are on: ";
    status.needs.push_back({"brakes", are + names, "plan"});
  }
  const auto is_root = [](const Brake& brake) { return brake.name == "root"; };
  const auto& stopped = status.last_braked;
  if (stopped && std::count(stopped->brakes.begin(), stopped->brakes.end(), "root") > 0 &&
      std::none_of(judgement.still_on.begin(), judgement.still_on.end(), is_root)) {
    status.needs.push_back({"brakes",
                            "the brake root stopped the last call, and no run has gone ahead since",
                            "check"});
  }
}

}  // namespace

void judge_needs(Status& status, const Judgement& judgement, const Permission& permission,
                 std::uint64_t untold) {
  const Summary& summary = status.summary;
  const auto need = [&](const char* name, std::string message, const char* command) {
    status.needs.push_back({name, std::move(message), command});
  };
  judge_ends(status);
  if (status.last_start && !status.last_end && status.is_on == false) {
    status.needs.push_back({"interrupted",
                            "the last run was interrupted, and the next one sees to what it left",
                            "log show --run " + base::printable(status.last_start->run)});
  }
  if (status.last_start && status.last_partial > 0) {
    status.needs.push_back(
        {"partial",
         "the last run could not finish " +
             count_text(status.last_partial, "of which a part was already overwritten or removed"),
         "log show --run " + base::printable(status.last_start->run)});
  }
  if (const auto unknown = summary.unacknowledged(); unknown > 0) {
    need("attention",
         count_text(unknown, unknown == 1 ? "needs attention, and is not understood"
                                          : "need attention, and are not understood"),
         "plan");
  }
  const auto missing = summary.due_without_file.recordings - summary.missing_known;
  if (missing > 0) {
    need("missing",
         count_text(missing, missing == 1 ? "is due and lacks a file" : "are due and lack a file"),
         "plan");
  }
  if (const auto others = summary.not_due_missing(); others > 0) {
    need("missing-not-due",
         count_text(others, others == 1 ? "is held or not yet due, and lacks a file"
                                        : "are held or not yet due, and lack a file"),
         "plan");
  }
  if (status.last_end && summary.in_journal > 0) {
    status.needs.push_back(
        {"part-way",
         count_text(summary.in_journal,
                    summary.in_journal == 1 ? "was left part way" : "were left part way"),
         "log show --run " + base::printable(status.last_end->run)});
  }
  judge_brakes(status, judgement);
  if (const auto waiting = permission.waiting.recordings;
      judgement.still_on.empty() && waiting > 0) {
    need("approval",
         count_text(waiting, waiting == 1 ? "waits for an approval" : "wait for an approval"),
         "plan");
  }
  if (status.reviews_overdue > 0) {
    need("reviews", "holds overdue for review: " + base::grouped(status.reviews_overdue),
         "hold list");
  }
  if (const auto waiting = status.unconfirmed; waiting > 0) {
    need("confirmations",
         "holds whose release a second person must confirm: " + base::grouped(waiting),
         "hold list");
  }
  if (untold > 0) {
    need("after", "the recorder was not told of " + count_text(untold, "that went"), "check");
  }
}

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
  status.last_braked = facts.last_braked;
  if (!facts.more_tried_from) status.tried = facts.tried.size();
  Attention attention(status, status.last_end ? in_journal(index) : KeySet());
  status.summary =
      make_plan(index, decider, [&](const archive::Recording& recording, const Decision& decision) {
        attention.look_at(recording, decision);
        count_missed(status.last_end, recording, decision, status.last_missed);
        count_missed(status.last_complete_end, recording, decision, status.complete_missed);
      });
  // What the run stopped and came to again later is not in part any more.
  status.last_partial = std::min(facts.last_partial, status.summary.in_part);
  add_reviews(status, index, zone);
  judge_silence(status);
  judge_overdue(status, index, zone);
  return status;
}

}  // namespace expunge::plan
