#include "plan/plan.h"

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "plan/call_doubts.h"

namespace expunge::plan {

using std::chrono::days;
using std::chrono::sys_days;

const Count& Summary::count(Verdict verdict) const {
  static const Count kNone;
  const auto found = total.find(verdict);
  return found == total.end() ? kNone : found->second;
}

void PlanDigest::add(const std::string& id, base::CivilDate due_day) {
  sha_.update(id).update("\t").update(base::to_text(due_day)).update("\n");
}

Size size_of(const archive::Recording& recording) {
  return {archive::known_bytes(recording),
          std::all_of(recording.files.begin(), recording.files.end(),
                      [](const archive::File& file) { return file.bytes.has_value(); })};
}

void Count::add(Size size) {
  ++recordings;
  bytes += size.bytes;
  without_size += size.is_known ? 0 : 1;
}

void Count::add(const Count& more) {
  recordings += more.recordings;
  bytes += more.bytes;
  without_size += more.without_size;
}

Count Count::without(const Count& part) const {
  return {recordings - part.recordings, bytes - part.bytes, without_size - part.without_size};
}

bool proves_the_clock(const archive::Recording& recording, const Decision& decision) {
  if (decision.verdict == Verdict::attention || !recording.recorded_at) return false;
  if (!decision.by_order) return true;
  return recording.state != archive::State::returned && recording.contradiction.empty() &&
         decision.department != nullptr && !decision.undated;
}

namespace {

std::map<Verdict, Count>& counts_of(Summary& summary, const archive::Recording& recording,
                                    const Decision& decision) {
  if (decision.department == nullptr && summary.by_department.size() > kMaxUnknownDepartments &&
      !summary.by_department.contains(recording.department)) {
    return summary.by_department["(others)"];
  }
  return summary.by_department[department_of(decision, recording)];
}

void count_attention(Summary& summary, const Decision& decision, Size size) {
  if (decision.acknowledged_until) summary.acknowledged.add(size);
  if (decision.cause != Cause::undated_overdue) return;
  summary.undated_overdue.add(size);
  summary.undated_overdue_since = std::min(
      summary.undated_overdue_since.value_or(*decision.overdue_since), *decision.overdue_since);
}

/// Counts by month. They come nearly in order, so that the month is mostly the one before.
class ByMonth {
 public:
  explicit ByMonth(std::map<std::chrono::year_month, Count>& counts) : counts_(counts) {}
  void add(base::CivilDate day, Size size) {
    const std::chrono::year_month month{day.year(), day.month()};
    if (newest_ == nullptr || month != month_) {
      newest_ = &counts_[month];
      month_ = month;
    }
    newest_->add(size);
  }

 private:
  std::map<std::chrono::year_month, Count>& counts_;
  std::chrono::year_month month_{};
  Count* newest_ = nullptr;
};

/// Counts decisions by the months of their dates. Both maps stay small whatever the index holds:
/// there are so many months between the earliest date and a year from now, and no more.
class Calendar {
 public:
  Calendar(Summary& summary, base::CivilDate earliest)
      : summary_(summary), earliest_(earliest), until_(falls_due_until(summary.today)) {}

  void add(const archive::Recording& recording, const Decision& decision) {
    const Size size = size_of(recording);
    const auto& recorded_on = decision.recorded_on;
    const bool is_usable = recorded_on && *recorded_on >= earliest_ &&
                           *recorded_on <= summary_.today && !decision.is_after_indexing;
    if (is_usable) {
      recorded_.add(*recorded_on, size);
    } else {
      summary_.without_date.add(size);
    }
    if (decision.verdict != Verdict::kept) return;
    if (*decision.due_day <= until_) {
      falls_due_.add(*decision.due_day, size);
    } else {
      summary_.falls_due_later.add(size);
    }
  }

 private:
  Summary& summary_;
  base::CivilDate earliest_, until_;
  ByMonth recorded_{summary_.recorded_in}, falls_due_{summary_.falls_due_in};
};

/// Since when it is past its day, if it is by more than kMostOverdue and was let go by every hold
/// for as long, and is neither known to have no file, nor acknowledged.
std::optional<base::CivilDate> overdue_since(const archive::Recording& recording,
                                             const Decision& decision, base::CivilDate today) {
  if (decision.verdict != Verdict::due && decision.verdict != Verdict::attention) return {};
  if (recording.missing_seq || decision.acknowledged_until || !decision.holds.empty()) return {};
  // A date that cannot be true makes nothing overdue; how long the index has had it does.
  const bool is_untrue = decision.verdict == Verdict::attention && decision.undated;
  const auto since =
      decision.overdue_since || is_untrue ? decision.overdue_since : decision.due_day;
  // Nobody could have destroyed what a hold kept until lately.
  const auto first_day = std::max(since, decision.let_go_on);
  return since && sys_days{*first_day} + kMostOverdue < sys_days{today} ? since : std::nullopt;
}

/// Counts one decision. `falls_due_until` is the last day that `falls_due` looks ahead to.
void count_decision(Summary& summary, const archive::Recording& recording, const Decision& decision,
                    base::CivilDate falls_due_until) {
  const Size size = size_of(recording);
  ++summary.recordings;
  if (recording.state == archive::State::partial) ++summary.in_part;
  counts_of(summary, recording, decision)[decision.verdict].add(size);
  summary.total[decision.verdict].add(size);
  if (decision.verdict == Verdict::attention) count_attention(summary, decision, size);
  if (proves_the_clock(recording, decision)) {
    summary.newest_recording =
        std::max(summary.newest_recording.value_or(*recording.recorded_at), *recording.recorded_at);
  }
  if (decision.verdict == Verdict::kept && *decision.due_day <= falls_due_until) {
    summary.falls_due[*decision.due_day].add(size);
  }
  if (const auto since = overdue_since(recording, decision, summary.today)) {
    summary.overdue.add(size);
    summary.oldest_overdue = std::min(summary.oldest_overdue.value_or(*since), *since);
  }
  if (decision.verdict != Verdict::due) {
    if (acknowledgeable(decision, recording) == kMissingFile) {
      summary.not_due_without_file.add(size);
      summary.not_due_missing_known += decision.acknowledged_until ? 1 : 0;
    }
    return;
  }
  summary.due.insert(recording.key);
  if (decision.cause == Cause::ordered) summary.ordered.add(size);
  if (recording.missing_seq) {
    summary.due_without_file.add(size);
    summary.missing_known += decision.acknowledged_until ? 1 : 0;
  }
  if (decision.tried != nullptr || recording.missing_seq) summary.unpromised.add(size);
  if (decision.tried != nullptr) {
    summary.tried.add(size);
    if (!recording.missing_seq) summary.tried_with_files.insert(recording.key);
    summary.tried_since =
        std::min(summary.tried_since.value_or(decision.tried->since), decision.tried->since);
  }
  summary.oldest_due_day =
      std::min(summary.oldest_due_day.value_or(*decision.due_day), *decision.due_day);
}

}  // namespace

base::CivilDate falls_due_until(base::CivilDate today) {
  return policy::last_day_kept(today, {12, policy::Period::Unit::months});
}

std::optional<std::chrono::sys_seconds> newest_recording(
    const archive::Index& index, const Decider& decider,
    std::optional<std::chrono::sys_seconds> after) {
  std::optional<std::chrono::sys_seconds> newest;
  // What is later than today, in whatever time zone, is attention.
  const std::chrono::sys_seconds before = sys_days{decider.today()} + days{3};
  index.scan_newest(before, [&](const archive::Recording& recording) {
    if (!recording.recorded_at) return true;
    if (after && *recording.recorded_at <= *after) return false;
    if (proves_the_clock(recording, decider.decide(recording))) newest = recording.recorded_at;
    return !newest;
  });
  return newest;
}

std::string part_way_text(const Summary& summary, bool run_is_on) {
  if (run_is_on) {
    return base::grouped(summary.in_journal) +
           " begun on by the run that is on, which may have "
           "destroyed them before it sees a hold";
  }
  const std::string all = base::grouped(summary.in_journal) + " left by an interrupted run";
  if (summary.in_journal_kept == 0) return all + "; the next finishes them";
  return all + ": the next finishes " +
         base::grouped(summary.in_journal - summary.in_journal_kept) +
         "; held or in need of attention, and left as they are: " +
         base::grouped(summary.in_journal_kept);
}

KeySet in_journal(const archive::Index& index) {
  KeySet begun;
  for (const archive::JournalBatch& batch : index.journal()) {
    for (const archive::JournalFile& file : batch.files) begun.insert(file.recording_key);
  }
  return begun;
}

HoldMatcher holds_of_day(const archive::Index& index, const policy::RetentionSchedule& schedule,
                         base::CivilDate day) {
  std::vector<archive::Hold> holds = index.holds(false);
  for (archive::Hold& hold : holds) hold = with_all_names(std::move(hold), schedule);
  HoldMatcher matcher(
      std::move(holds), schedule.time_zone,
      [&index](const std::string& call_id) { return index.segments(call_id); }, day);
  set_doubts(matcher, index, schedule, day);
  return matcher;
}

Doubt contradicted_in(const archive::Index& index, const archive::Recording& recording) {
  if (recording.contradiction.empty()) return {};
  return {index.is_contradicted(recording.key, "recorded_at"),
          index.is_contradicted(recording.key, "department")};
}

AcknowledgementOf acknowledgements(const archive::Index& index) {
  // Most of what needs attention is not acknowledged, and need not be asked about.
  auto known = std::make_shared<KeySet>();
  index.for_each_acknowledgement(
      [&](const archive::Acknowledgement& each) { known->insert(each.recording_key); });
  return [&index, known](std::int64_t key) -> std::optional<archive::Acknowledgement> {
    const bool can_be_known = key >= 1 && key <= archive::kMaxKey;
    if (can_be_known && !known->contains(key)) return std::nullopt;
    return index.acknowledgement(key);
  };
}

Summary make_plan(const archive::Index& index, const Decider& decider, const EachDecision& each,
                  const audit::TriedRecordings& tried) {
  Summary summary;
  summary.today = decider.today();
  summary.newest_key = index.newest_key();
  const KeySet begun = in_journal(index);
  summary.in_journal = begun.size();
  const base::CivilDate horizon = sys_days{summary.today} + days{30};
  PlanDigest digest;
  Calendar calendar(summary, decider.earliest());
  index.scan(
      [&](const archive::Recording& recording) {
        Decision decision = decider.decide(recording);
        decision.is_begun = begun.contains(recording.key);
        note_tried(decision, recording, tried);
        if (decision.is_begun && decision.verdict != Verdict::due) ++summary.in_journal_kept;
        count_decision(summary, recording, decision, horizon);
        calendar.add(recording, decision);
        if (decision.verdict == Verdict::due) digest.add(recording.id, *decision.due_day);
        if (each) each(recording, decision);
        return true;
      },
      summary.newest_key);
  summary.digest = digest.finish();
  return summary;
}

base::CivilDate day_of_next_run(const policy::TimeZone& zone, std::chrono::sys_seconds now,
                                std::chrono::minutes run_at) {
  const base::WallClock wall = zone.wall_clock(now);
  if (wall.time_of_day < run_at) return wall.date;
  return sys_days{wall.date} + days{1};
}

std::chrono::sys_seconds time_of_next_run(const policy::TimeZone& zone,
                                          std::chrono::sys_seconds now,
                                          std::chrono::minutes run_at) {
  return std::max(now, zone.latest_instant({day_of_next_run(zone, now, run_at), run_at}));
}

}  // namespace expunge::plan
