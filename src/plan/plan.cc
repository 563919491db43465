#include "plan/plan.h"

#include <algorithm>

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

namespace {

void add_to(Count& count, std::uint64_t bytes) {
  ++count.recordings;
  count.bytes += bytes;
}

std::map<Verdict, Count>& counts_of(Summary& summary, const archive::Recording& recording,
                                    const Decision& decision) {
  if (decision.department == nullptr && summary.by_department.size() > kMaxUnknownDepartments &&
      !summary.by_department.contains(recording.department)) {
    return summary.by_department["(others)"];
  }
  return summary.by_department[recording.department];
}

/// Counts one decision. `falls_due_until` is the last day that `falls_due` looks ahead to.
void count_decision(Summary& summary, const archive::Recording& recording, const Decision& decision,
                    base::CivilDate falls_due_until) {
  const std::uint64_t bytes = archive::known_bytes(recording);
  ++summary.recordings;
  add_to(counts_of(summary, recording, decision)[decision.verdict], bytes);
  add_to(summary.total[decision.verdict], bytes);
  if (decision.verdict != Verdict::attention) {  // so it has a date, and not after today
    summary.newest_recording =
        std::max(summary.newest_recording.value_or(*recording.recorded_at), *recording.recorded_at);
  }
  if (decision.verdict == Verdict::kept && *decision.due_day <= falls_due_until) {
    add_to(summary.falls_due[*decision.due_day], bytes);
  }
  if (decision.verdict != Verdict::due) return;
  summary.due.insert(recording.key);
  if (recording.missing_seq) add_to(summary.due_without_file, bytes);
  summary.oldest_due_day =
      std::min(summary.oldest_due_day.value_or(*decision.due_day), *decision.due_day);
}

}  // namespace

KeySet in_journal(const archive::Index& index) {
  KeySet begun;
  for (const archive::JournalBatch& batch : index.journal()) {
    for (const archive::JournalFile& file : batch.files) begun.insert(file.recording_key);
  }
  return begun;
}

HoldMatcher current_holds(const archive::Index& index, const policy::TimeZone& zone) {
  return {index.holds(false), zone,
          [&index](const std::string& call_id) { return index.segments(call_id); }};
}

Summary make_plan(const archive::Index& index, const Decider& decider, const EachDecision& each) {
  Summary summary;
  summary.today = decider.today();
  summary.newest_key = index.newest_key();
  summary.in_journal = in_journal(index).size();
  const base::CivilDate horizon = sys_days{summary.today} + days{30};
  PlanDigest digest;
  index.scan(
      [&](const archive::Recording& recording) {
        const Decision decision = decider.decide(recording);
        count_decision(summary, recording, decision, horizon);
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
