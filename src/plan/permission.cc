#include <algorithm>

#include "base/text.h"
#include "plan/brakes.h"

namespace expunge::plan {

Permission permit(const archive::Index& index, const Decider& decider, const Summary& summary,
                  Judgement& judgement, const KeySet* only) {
  Permission permission;
  if (!judgement.narrowed && only == nullptr) {
    permission.allowed = summary.due;
    permission.digest = base::to_hex(summary.digest);
    permission.bytes = summary.count(Verdict::due).bytes;
    permission.without_file = summary.due_without_file.recordings;
    permission.tried = summary.tried_with_files.size();
    return permission;
  }
  KeySet approved;
  KeySet by_others;
  const auto read = [&index](const archive::Approval& approval, KeySet& keys) {
    index.for_each_approved(approval.number, [&](std::int64_t key) { keys.insert(key); });
  };
  if (judgement.approval != nullptr) read(*judgement.approval, approved);
  for (const archive::Approval* const each : judgement.of_others) read(*each, by_others);
  const auto may_go = [&](const archive::Recording& recording, const Decision& decision) {
    if (!judgement.narrowed) return true;
    if (decision.by_order && !judgement.orders_need_approval) return true;
    if (!approved.contains(recording.key)) return false;
    return judgement.rule != ApprovalRule::two_person || !recording.order ||
           recording.order->user != judgement.approval->user || by_others.contains(recording.key);
  };
  std::uint64_t approved_due = 0;
  PlanDigest digest;
  index.scan(
      [&](const archive::Recording& recording) {
        if (!summary.due.contains(recording.key)) return true;
        const Decision decision = decider.decide(recording);
        if (decision.verdict != Verdict::due)
          return true;  // changed since, where nothing forbids it
        const bool goes = may_go(recording, decision);
        approved_due += goes ? 1 : 0;
        if (only != nullptr && !only->contains(recording.key)) return true;
        const Size size = size_of(recording);
        if (goes) {
          permission.allowed.insert(recording.key);
          permission.bytes += size.bytes;
          permission.without_file += recording.missing_seq ? 1 : 0;
          permission.tried += summary.tried_with_files.contains(recording.key) ? 1 : 0;
          digest.add(recording.id, *decision.due_day);
          return true;
        }
        permission.waiting.add(size);
        permission.waiting_since =
            std::min(permission.waiting_since.value_or(*decision.due_day), *decision.due_day);
        return true;
      },
      summary.newest_key);
  permission.digest = base::to_hex(digest.finish());
  judgement.approved_due = approved_due;
  return permission;
}

std::string way_past_together(const Judgement& judgement) {
  const auto wants_flag = [](const Brake& brake) { return brake.way_on == Brake::WayOn::flag; };
  const auto& on = judgement.still_on;
  if (std::none_of(on.begin(), on.end(), wants_flag)) return "";
  std::string names, flags;
  // Those that a flag of this call passed too: the next call needs it again.
  const auto& tripped = judgement.tripped;
  const auto count = std::count_if(tripped.begin(), tripped.end(), wants_flag);
  if (count < 2) return "";
  std::ptrdiff_t at = 0;
  for (const Brake& brake : tripped) {
    if (!wants_flag(brake)) continue;
    ++at;
    names += (at == 1 ? "" : at == count ? " and " : ", ") + brake.name;
    flags += " --accept-" + brake.name;
  }
  return "brakes " + names + " in one call: expunge run" + flags + ", once";
}

}  // namespace expunge::plan
