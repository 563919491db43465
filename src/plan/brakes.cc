#include "plan/brakes.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "plan/policy_changes.h"

namespace expunge::plan {
namespace {

using std::chrono::days;

std::optional<Brake> first_run(const Situation& now) {
  if (now.facts.destroyed + now.facts.removed > 0) return std::nullopt;
  if (now.summary.count(Verdict::due).recordings == 0) return std::nullopt;
  return Brake{"first-run",
               "0",
               "1",
               "nothing was ever destroyed under this log",
               way_to_approve(now.rule),
               Brake::WayOn::approval};
}

std::optional<Brake> share(const Situation& now) {
  const std::uint64_t due = now.summary.count(Verdict::due).recordings;
  // A million rows of a botched import must not make everything else a small share.
  const std::uint64_t all =
      now.summary.recordings - now.summary.count(Verdict::attention).recordings;
  const Safety& safety = now.safety;
  // Multiplied out: due / all > permille / 1000, without rounding.
  if (due > kShareFloor && due * 1000 > all * safety.max_share_permille) {
    return Brake{
        "share",
        fmt::format("{} of {}", due, all),
        fmt::format("{}.{}%", safety.max_share_permille / 10, safety.max_share_permille % 10),
        fmt::format("{} of {} recordings (without those that need attention) are due, which is "
                    "more than {}.{} %",
                    base::grouped(due), base::grouped(all), safety.max_share_permille / 10,
                    safety.max_share_permille % 10),
        way_to_approve(now.rule),
        Brake::WayOn::approval};
  }
  if (safety.max_count && due > *safety.max_count) {
    return Brake{"share",
                 std::to_string(due),
                 std::to_string(*safety.max_count),
                 fmt::format("{} recordings are due, more than max-count allows ({})",
                             base::grouped(due), base::grouped(*safety.max_count)),
                 way_to_approve(now.rule),
                 Brake::WayOn::approval};
  }
  return std::nullopt;
}

std::string what_changed(const std::optional<audit::Policy>& logged, const audit::Policy& now) {
  if (!logged) return "the log holds no retention schedule to compare with";
  const std::string changes = policy_changes(*logged, now);
  // Those of another order, which no version of ours writes.
  if (changes.empty()) return "departments or aliases stand in another order than last logged";
  return "the retention schedule differs from that last logged: " + changes;
}

std::optional<Brake> policy_changed(const Situation& now) {
  const auto& logged = now.facts.policy;
  if (logged && logged->timezone == now.policy.timezone &&
      logged->departments == now.policy.departments && logged->aliases == now.policy.aliases) {
    return std::nullopt;
  }
  const std::string digest = audit::policy_digest(now.policy);
  return Brake{"policy",
               digest,
               now.facts.policy_digest.empty() ? "none" : now.facts.policy_digest,
               what_changed(logged, now.policy),
               "if that is meant, " + way_to_approve(now.rule) +
                   ", even if nothing is due; if not, put the configuration right",
               Brake::WayOn::approval};
}

Brake clock_brake(std::string found, std::string allowed, std::string message) {
  return Brake{"clock",
               std::move(found),
               std::move(allowed),
               std::move(message),
               "look at the clock (timedatectl); if it is right, expunge run --accept-clock, once",
               Brake::WayOn::flag};
}

std::optional<Brake> clock(const Situation& now) {
  const std::string time = base::to_text(now.now);
  const auto& start = now.facts.newest_run_start;
  if (start && now.now < start->time) {
    return clock_brake(time, base::to_text(start->time),
                       fmt::format("a run started at {}, which is later than {}",
                                   base::to_text(start->time), time));
  }
  std::optional<base::Time> latest;
  if (start) latest = start->time;
  if (now.summary.newest_recording) {
    latest = std::max<base::Time>(latest.value_or(*now.summary.newest_recording),
                                  *now.summary.newest_recording);
  }
  // Neither a run nor a recording: there is nothing that could be due either. A recording whose
  // date lay in the future until the clock jumped speaks for that clock; until then it is
  // attention.
  if (!latest || now.now - *latest <= now.safety.max_clock_step) return std::nullopt;
  return clock_brake(time, base::to_text(*latest + now.safety.max_clock_step),
                     fmt::format("{} is more than {} days after the newest run and recording ({})",
                                 time, now.safety.max_clock_step.count(), base::to_text(*latest)));
}

std::optional<Brake> holds_brake(const Situation& now) {
  const std::vector<LostHold> lost = lost_holds(now.facts, now.holds, now.summary.today);
  if (lost.empty()) return std::nullopt;
  const std::string references = references_of(lost);
  return Brake{"holds",
               references.substr(0, 1000),
               "none",
               std::string(kLostHolds) + lost_names(lost),
               way_to_mend(lost, now.release_needs_two),
               Brake::WayOn::person};
}

std::optional<Brake> host(const Situation& now) {
  const auto& last = now.facts.last_run_start;
  // Before the first run there is no other machine.
  if (!last || (last->host == now.host && !now.host.empty())) return std::nullopt;
  const std::string here = now.host.empty() ? "a machine without a name" : now.host;
  return Brake{"host",
               here,
               last->host,
               fmt::format("the last run was on {}, this is {}", base::printable(last->host),
                           base::printable(here)),
               "if the archive has moved here for good, expunge run --accept-host, once",
               Brake::WayOn::flag};
}

std::optional<Brake> index(const Situation& now) {
  return index_brake(now.facts, now.memory);
}

std::optional<Brake> root(const Situation& now) {
  const std::string& remembered = now.memory.root;
  if (remembered.empty()) {
    // The first run that goes ahead remembers it.
    if (now.facts.settled_size == 0) return std::nullopt;
    return Brake{"root",
                 "none remembered",
                 "the one of the last run",
                 "the index does not know which directory the archive root was at the last run",
                 "see that archive.root is right, and what is wrong with the index; then expunge "
                 "run --accept-root, once",
                 Brake::WayOn::flag};
  }
  if (now.root.empty() || now.root == remembered) return std::nullopt;
  return Brake{"root",
               "another directory",
               "the one of the last run",
               "the archive root is another directory than at the last run: perhaps its volume is "
               "not mounted",
               "mount it; or if the archive has moved here for good, expunge run --accept-root, "
               "once",
               Brake::WayOn::flag};
}

}  // namespace

std::vector<Brake> brakes(const Situation& situation) {
  std::vector<Brake> found;
  for (const auto& look :
       {first_run, share, policy_changed, clock, holds_brake, index, host, root}) {
    if (auto brake = look(situation)) found.push_back(std::move(*brake));
  }
  return found;
}

namespace {

/// Of the recordings that corrections stand in the log of, and that the index has not got.
std::string some_awaited(const archive::Index& index) {
  constexpr std::size_t kMost = 10;
  std::set<std::string> ids;
  for (const archive::LostWord& word : index.lost_words()) {
    if (word.awaited && archive::may_matter_to_holds(word.fact))
      ids.insert(base::printable(word.recording));
  }
  std::string text;
  std::size_t named = 0;
  for (const std::string& id : ids) {
    if (named++ == kMost) return text + " and more";
    text += (text.empty() ? "" : ", ") + id;
  }
  return text;
}

}  // namespace

IndexMemory memory_of(const archive::Index& index) {
  IndexMemory memory{index.root_identity(), index.reconciled_size(), index.imports(),
                     index.unsettled_corrections(), index.is_behind_past_log()};
  if (memory.unsettled > 0) memory.awaited = some_awaited(index);
  return memory;
}

Behind behind(const audit::LogFacts& facts, const IndexMemory& memory) {
  return {facts.imports - std::min(facts.imports, memory.imports),
          memory.reconciled_size < facts.settled_size, memory.behind_past_log};
}

namespace {

std::string figures(std::uint64_t imports, std::uint64_t entries) {
  return fmt::format("imports {}, entries {}", imports, entries);
}

std::optional<Brake> unsettled_brake(const audit::LogFacts& facts, const IndexMemory& memory) {
  if (memory.unsettled == 0) return std::nullopt;
  return Brake{
      "index",
      fmt::format("{}, corrections not settled {}", figures(memory.imports, memory.reconciled_size),
                  memory.unsettled),
      figures(facts.imports, facts.settled_size),
      fmt::format("the index had lost corrections that the log has, and of so many "
                  "recordings nobody has said yet what is right: {}; a hold may mean "
                  "these, or others of their calls",
                  memory.unsettled),
      "put them right (expunge correct; expunge plan has them as contradicted, with what the "
      "log says)" +
          (memory.awaited.empty()
               ? std::string()
               : "; those that the index has not got import again first, or say that "
                 "they will not come under these ids (expunge correct ID --as-indexed): " +
                     memory.awaited) +
          "; with the last one the brake is off. Or, where no hold can depend on them, "
          "expunge run --accept-index, for one run",
      Brake::WayOn::flag};
}

}  // namespace

std::optional<Brake> index_brake(const audit::LogFacts& facts, const IndexMemory& memory) {
  const auto [lost, lacks_run, past_log] = behind(facts, memory);
  if (!lacks_run && lost == 0 && !past_log) return unsettled_brake(facts, memory);
  std::string lacks = lacks_run ? "the last run" : "";
  if (lost > 0)
    lacks += fmt::format("{}imports, corrections or orders: {}", lacks_run ? " and " : "", lost);
  if (past_log) {
    lacks += std::string(lacks.empty() ? "" : " and ") + "what the log before this one knew";
  }
  return Brake{"index",
               figures(memory.imports, memory.reconciled_size) +
                   (past_log ? ", behind the log before this one" : ""),
               figures(facts.imports, facts.settled_size),
               "the index is older than the log, which knows what it does not (" + lacks +
                   "): a restored backup, or the index of another archive",
               "put the newest index back; if there is none, import again all that was imported "
               "since, place lost holds again (expunge hold list), and then expunge run "
               "--accept-index, once: it learns from the log what is destroyed, names the "
               "corrections and orders that the index has lost, keeps their recordings, and "
               "where it names corrections destroys nothing until a person has settled them",
               Brake::WayOn::flag};
}

std::uint64_t count_covered(const archive::Index& index, const archive::Approval& approval,
                            const KeySet& due) {
  std::uint64_t covered = 0;
  index.for_each_approved(approval.number,
                          [&](std::int64_t key) { covered += due.contains(key) ? 1 : 0; });
  return covered;
}

std::string way_to_approve(ApprovalRule rule) {
  std::string text =
      "read the plan (expunge plan), then say yes to it (expunge approve DIGEST --reason TEXT)";
  if (rule == ApprovalRule::two_person) {
    text +=
        " as a second person, by a login that neither imports, corrects nor owns the "
        "configuration, and did not order what it approves";
  }
  return text;
}

bool Barred::bars(const std::string& user) const {
  return user == "root" || user == config_owner || importers.contains(user);
}

std::vector<const archive::Approval*> valid_approvals(
    const std::vector<archive::Approval>& approvals, const std::string& policy_digest,
    base::Time now, const Barred* two_person) {
  std::vector<const archive::Approval*> valid;
  for (const archive::Approval& approval : approvals) {
    if (two_person != nullptr && (!approval.two_person || two_person->bars(approval.user))) {
      continue;
    }
    if (approval.policy == policy_digest && approval.approved_at <= now &&
        now - approval.approved_at <= kApprovalLife) {
      valid.push_back(&approval);
    }
  }
  return valid;
}

namespace {

/// Of `valid`, newest first and not empty: those of other logins than the newest's that say yes to
/// the same plan, which is the one that the log will name. Each login's newest alone: a later yes
/// to another plan takes back the one before.
std::vector<const archive::Approval*> of_others(
    const std::vector<const archive::Approval*>& valid) {
  const archive::Approval& newest = *valid.front();
  std::vector<const archive::Approval*> found;
  std::set<std::string> seen{newest.user};
  for (const archive::Approval* const each : valid) {
    if (seen.insert(each->user).second && each->plan == newest.plan) found.push_back(each);
  }
  return found;
}

}  // namespace

bool is_approved(const archive::Index& index, const archive::Recording& recording,
                 const ApprovalAsked& asked) {
  const bool two_person = asked.rule == ApprovalRule::two_person;
  const std::vector<archive::Approval> approvals = index.approvals();
  const std::vector<const archive::Approval*> valid = valid_approvals(
      approvals, asked.policy_digest, asked.now, two_person ? &asked.barred : nullptr);
  const auto has = [&](const archive::Approval* approval) {
    bool found = false;
    index.for_each_approved(approval->number,
                            [&](std::int64_t key) { found = found || key == recording.key; });
    return found;
  };
  // Not an older one in its place, as in judge().
  if (valid.empty() || !has(valid.front())) return false;
  if (!two_person || !recording.order || recording.order->user != valid.front()->user) return true;
  const std::vector<const archive::Approval*> others = of_others(valid);
  return std::any_of(others.begin(), others.end(), has);
}

Judgement judge(const Situation& situation, const std::vector<archive::Approval>& approvals,
                const Accepted& accepted,
                const std::function<std::uint64_t(const archive::Approval&)>& covered) {
  Judgement judgement;
  judgement.tripped = brakes(situation);
  const bool a_brake_needs_it =
      std::any_of(judgement.tripped.begin(), judgement.tripped.end(),
                  [](const Brake& brake) { return brake.way_on == Brake::WayOn::approval; });
  judgement.rule = situation.rule;
  const bool two_person = situation.rule == ApprovalRule::two_person;
  judgement.narrowed = a_brake_needs_it || situation.rule != ApprovalRule::at_a_brake;
  judgement.orders_need_approval = a_brake_needs_it || two_person;
  if (judgement.narrowed) {
    const Barred barred{situation.facts.importers, situation.config_owner};
    const std::vector<const archive::Approval*> valid = valid_approvals(
        approvals, audit::policy_digest(situation.policy),
        situation.approvals_at.value_or(situation.now), two_person ? &barred : nullptr);
    const archive::Approval* const newest = valid.empty() ? nullptr : valid.front();
    const std::uint64_t approved_due = newest == nullptr ? 0 : covered(*newest);
    // Not an older one in its place: a newer yes to less may be meant to take it back.
    const bool lifts = approved_due > 0 ||
                       (a_brake_needs_it && situation.summary.count(Verdict::due).recordings == 0);
    if (newest != nullptr && lifts) {
      judgement.approval = newest;
      judgement.approved_due = approved_due;
      if (two_person) judgement.of_others = of_others(valid);
    }
  }
  for (const Brake& brake : judgement.tripped) {
    const bool lifted =
        (brake.way_on == Brake::WayOn::approval && judgement.approval != nullptr) ||
        (brake.name == "clock" && accepted.clock) || (brake.name == "host" && accepted.host) ||
        (brake.name == "root" && accepted.root) || (brake.name == "index" && accepted.index);
    if (!lifted) judgement.still_on.push_back(brake);
  }
  return judgement;
}

}  // namespace expunge::plan
