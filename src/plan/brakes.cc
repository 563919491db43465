#include "plan/brakes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace expunge::plan {
namespace {

using std::chrono::days;

constexpr const char* kByApproval =
    "read the plan (expunge plan), then say yes to it (expunge approve DIGEST)";

std::optional<Brake> first_run(const Situation& now) {
  if (now.facts.destroyed + now.facts.removed > 0) return std::nullopt;
  if (now.summary.count(Verdict::due).recordings == 0) return std::nullopt;
  return Brake{"first-run", "0",
               "1",         "nothing was ever destroyed under this log",
               kByApproval, Brake::WayOn::approval};
}

std::optional<Brake> share(const Situation& now) {
  const std::uint64_t due = now.summary.count(Verdict::due).recordings;
  const std::uint64_t all = now.summary.recordings;
  const Safety& safety = now.safety;
  // Multiplied out: due / all > permille / 1000, without rounding.
  if (due > kShareFloor && due * 1000 > all * safety.max_share_permille) {
    return Brake{
        "share",
        fmt::format("{} of {}", due, all),
        fmt::format("{}.{}%", safety.max_share_permille / 10, safety.max_share_permille % 10),
        fmt::format("{} of {} recordings are due, which is more than {}.{} %", base::grouped(due),
                    base::grouped(all), safety.max_share_permille / 10,
                    safety.max_share_permille % 10),
        kByApproval,
        Brake::WayOn::approval};
  }
  if (safety.max_count && due > *safety.max_count) {
    return Brake{"share",
                 std::to_string(due),
                 std::to_string(*safety.max_count),
                 fmt::format("{} recordings are due, more than max-count allows ({})",
                             base::grouped(due), base::grouped(*safety.max_count)),
                 kByApproval,
                 Brake::WayOn::approval};
  }
  return std::nullopt;
}

std::optional<Brake> policy_changed(const Situation& now) {
  const auto& logged = now.facts.policy;
  if (logged && logged->timezone == now.policy.timezone &&
      logged->departments == now.policy.departments) {
    return std::nullopt;
  }
  const std::string digest = audit::policy_digest(now.policy);
  return Brake{"policy",
               digest,
               now.facts.policy_digest.empty() ? "none" : now.facts.policy_digest,
               "departments, periods or time zone differ from those last logged",
               kByApproval,
               Brake::WayOn::approval};
}

Brake clock_brake(std::string found, std::string allowed, std::string message) {
  return Brake{"clock",
               std::move(found),
               std::move(allowed),
               std::move(message),
               "if the clock is right, expunge run --accept-clock",
               Brake::WayOn::flag};
}

std::optional<Brake> clock(const Situation& now) {
  const std::string clock_says = base::to_text(now.now);
  const auto& start = now.facts.newest_run_start;
  if (start && now.now < start->time) {
    return clock_brake(clock_says, base::to_text(start->time),
                       fmt::format("the clock says {}, but a run started at {}", clock_says,
                                   base::to_text(start->time)));
  }
  std::optional<base::Time> latest;
  if (start) latest = start->time;
  if (now.summary.newest_recording) {
    latest = std::max<base::Time>(latest.value_or(*now.summary.newest_recording),
                                  *now.summary.newest_recording);
  }
  // Neither a run nor a recording: there is nothing that could be due either.
  if (!latest || now.now - *latest <= now.safety.max_clock_step) return std::nullopt;
  return clock_brake(
      clock_says, base::to_text(*latest + now.safety.max_clock_step),
      fmt::format("the clock says {}, more than {} days after the newest run and recording ({})",
                  clock_says, now.safety.max_clock_step.count(), base::to_text(*latest)));
}

std::optional<Brake> lost_holds(const Situation& now) {
  std::string lost;
  for (const auto& [reference, kind] : now.facts.open_holds) {
    const bool known =
        std::any_of(now.holds.begin(), now.holds.end(),
                    [&name = reference](const archive::Hold& h) { return h.reference == name; });
    if (!known) lost += (lost.empty() ? "" : ", ") + reference;
  }
  if (lost.empty()) return std::nullopt;
  return Brake{"holds",
               lost.substr(0, 1000),
               "none",
               "the log knows holds that the index has lost: " + lost,
               "place them again (expunge hold place), or release them (expunge hold release); the "
               "index may be a restored backup",
               Brake::WayOn::person};
}

std::optional<Brake> host(const Situation& now) {
  const auto& last = now.facts.last_run_start;
  if (!last || last->host == now.host) return std::nullopt;
  return Brake{"host",
               now.host,
               last->host,
               fmt::format("the last run was on {}, this is {}", base::printable(last->host),
                           base::printable(now.host)),
               "if the archive has moved here for good, expunge run --accept-host",
               Brake::WayOn::flag};
}

std::optional<Brake> root(const Situation& now) {
  if (now.root.empty() || now.remembered_root.empty() || now.root == now.remembered_root) {
    return std::nullopt;
  }
  return Brake{"root",
               "another directory",
               "the one of the last run",
               "the archive root is another directory than at the last run: perhaps its volume is "
               "not mounted",
               "mount it; or if the archive has moved here for good, expunge run --accept-root",
               Brake::WayOn::flag};
}

}  // namespace

std::vector<Brake> brakes(const Situation& situation) {
  std::vector<Brake> found;
  for (const auto& look : {first_run, share, policy_changed, clock, lost_holds, host, root}) {
    if (auto brake = look(situation)) found.push_back(std::move(*brake));
  }
  return found;
}

const archive::Approval* valid_approval(const std::vector<archive::Approval>& approvals,
                                        const std::string& policy_digest, base::Time now) {
  for (const archive::Approval& approval : approvals) {
    if (approval.policy == policy_digest && approval.approved_at <= now &&
        now - approval.approved_at <= kApprovalLife) {
      return &approval;
    }
  }
  return nullptr;
}

Judgement judge(const Situation& situation, const std::vector<archive::Approval>& approvals,
                const Accepted& accepted) {
  Judgement judgement;
  judgement.tripped = brakes(situation);
  const bool needs_approval =
      std::any_of(judgement.tripped.begin(), judgement.tripped.end(),
                  [](const Brake& brake) { return brake.way_on == Brake::WayOn::approval; });
  if (needs_approval) {
    judgement.approval =
        valid_approval(approvals, audit::policy_digest(situation.policy), situation.now);
  }
  for (const Brake& brake : judgement.tripped) {
    const bool lifted = (brake.way_on == Brake::WayOn::approval && judgement.approval != nullptr) ||
                        (brake.name == "clock" && accepted.clock) ||
                        (brake.name == "host" && accepted.host) ||
                        (brake.name == "root" && accepted.root);
    if (!lifted) judgement.still_on.push_back(brake);
  }
  return judgement;
}

}  // namespace expunge::plan
