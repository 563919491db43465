#include "plan/lost_releases.h"

#include <fmt/format.h>

#include <map>

#include "plan/hold_changes.h"

namespace expunge::plan {
namespace {

using ByLog = LostRelease::ByLog;

/// So many commands stand in a message.
constexpr std::size_t kMostNamed = 5;

/// Nullopt: log and index agree, as far as the facts go.
std::optional<LostRelease> suspect(const audit::LogFacts& facts, const archive::Hold& hold,
                                   base::CivilDate today) {
  if (hold.erased || hold.effective_on) return std::nullopt;
  LostRelease lost{hold.reference, ByLog::over, {}, hold.awaits_confirmation()};
  if (facts.open_holds.count(hold.reference) == 0) return lost;
  const auto ending = facts.ending_holds.find(hold.reference);
  if (ending == facts.ending_holds.end()) return std::nullopt;
  lost.ends_on = ending->second;
  if (!lost.ends_on) {
    if (lost.only_confirmation) return std::nullopt;
    lost.by_log = ByLog::to_confirm;
  } else if (today < *lost.ends_on) {
    lost.by_log = ByLog::under_way;
  }
  return lost;
}

std::string state_of(const LostRelease& lost) {
  switch (lost.by_log) {
    case ByLog::to_confirm:
      return "asked for, to be confirmed";
    case ByLog::under_way:
      return "in force through " +
             base::to_text(
                 base::CivilDate{std::chrono::sys_days{*lost.ends_on} - std::chrono::days{1}});
    case ByLog::over:
      break;
  }
  return "ended";
}

}  // namespace

std::vector<LostRelease> lost_releases(base::Sys& sys, const audit::LogPlace& place,
                                       const audit::LogFacts& facts,
                                       const std::vector<archive::Hold>& holds,
                                       base::CivilDate today) {
  std::vector<LostRelease> suspects;
  std::map<std::string, base::Time> placed;
  for (const archive::Hold& hold : holds) {
    const auto found = suspect(facts, hold, today);
    if (!found) continue;
    suspects.push_back(*found);
    placed.emplace(hold.reference, hold.placed_at);
  }
  if (suspects.empty()) return {};
  std::set<std::string> references;
  for (const auto& [reference, since] : placed) references.insert(reference);
  const auto newest = last_changes(sys, place, references);
  std::erase_if(suspects, [&](const LostRelease& each) {
    const auto entry = newest.find(each.reference);
    // Placed since: what was released is another hold, of which the index knows no more.
    return entry == newest.end() || entry->second.time < placed.at(each.reference);
  });
  return suspects;
}

std::string names_of(const std::vector<LostRelease>& lost) {
  std::string names;
  for (const LostRelease& each : lost) {
    names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", each.reference, state_of(each));
  }
  return names;
}

std::string lost_text(const std::vector<LostRelease>& lost) {
  return "the log knows releases of holds that the index has lost: " + names_of(lost) +
         "; what these cover is kept until they are released again";
}

std::string way_to_mend(const std::vector<LostRelease>& lost) {
  std::string text;
  std::size_t count = 0;
  for (const LostRelease& each : lost) {
    if (++count > kMostNamed) {
      text += "; and so on";
      break;
    }
    text += fmt::format(
        "{}expunge hold release {} {}", text.empty() ? "" : "; ", each.reference,
        each.only_confirmation ? "--confirm (another login than asked for it)" : "--reason TEXT");
  }
  return text +
         "; or, for one that is to stay in force, expunge hold keep REFERENCE; the index may be a "
         "restored backup, or a release was interrupted";
}

}  // namespace expunge::plan
