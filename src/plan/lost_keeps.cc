#include "plan/lost_keeps.h"

#include <fmt/format.h>

#include <algorithm>

#include "plan/hold_changes.h"

namespace expunge::plan {
namespace {

/// So many commands stand in a message.
constexpr std::size_t kMostNamed = 5;

/// Whether log and index disagree on its end, as far as the facts go.
bool is_suspect(const audit::LogFacts& facts, const archive::Hold& hold, base::CivilDate today) {
  // What the index takes for ended, and the log does not, is a lost hold.
  if (!hold.released_at || !hold.in_force_on(today)) return false;
  if (!facts.is_in_force(hold.reference, today)) return false;
  if (!facts.last_entry) return false;
  const auto ending = facts.ending_holds.find(hold.reference);
  if (ending == facts.ending_holds.end()) return true;
  return hold.effective_on && ending->second != hold.effective_on;
}

std::string state_of(const LostKeep& lost) {
  std::string text = lost.ends_on
                         ? "by the index in force through " +
                               base::to_text(base::CivilDate{std::chrono::sys_days{*lost.ends_on} -
                                                             std::chrono::days{1}})
                         : "by the index to be confirmed";
  return lost.released_again ? text + "; by the log released again since" : text;
}

}  // namespace

std::vector<LostKeep> lost_keeps(base::Sys& sys, const audit::LogPlace& place,
                                 const audit::LogFacts& facts,
                                 const std::vector<archive::Hold>& holds, base::CivilDate today) {
  std::vector<const archive::Hold*> suspects;
  for (const archive::Hold& hold : holds) {
    if (is_suspect(facts, hold, today)) suspects.push_back(&hold);
  }
  if (suspects.empty()) return {};
  std::set<std::string> references;
  for (const archive::Hold* hold : suspects) references.insert(hold->reference);
  const auto changes = last_changes(sys, place, references);
  std::vector<LostKeep> lost;
  for (const archive::Hold* hold : suspects) {
    const auto last = changes.find(hold->reference);
    // The log does not know of this release: of the two the index is the newer.
    if (last == changes.end() ||
        std::max(last->second.time, last->second.newest_release) < *hold->released_at) {
      continue;
    }
    const bool released_again = facts.ending_holds.count(hold->reference) != 0;
    if (last->second.is_release != released_again) continue;  // changed since the log was read
    lost.push_back({hold->reference, hold->effective_on, released_again});
  }
  return lost;
}

std::string names_of(const std::vector<LostKeep>& lost) {
  std::string names;
  for (const LostKeep& each : lost) {
    names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", each.reference, state_of(each));
  }
  return names;
}

std::string lost_text(const std::vector<LostKeep>& lost) {
  return "the log knows that releases of holds were taken back, which the index has lost: " +
         names_of(lost);
}

std::string way_to_mend(const std::vector<LostKeep>& lost) {
  std::string keeping;
  std::string again;
  std::size_t count = 0;
  for (const LostKeep& each : lost) {
    if (++count > kMostNamed) {
      keeping += "; and so on";
      break;
    }
    keeping += fmt::format("{}expunge hold keep {}", keeping.empty() ? "" : "; ", each.reference);
    if (each.released_again) again += (again.empty() ? "" : ", ") + each.reference;
  }
  if (!again.empty()) again = ", and then release again (expunge hold release) " + again;
  return keeping + again + "; the index may be a restored backup";
}

}  // namespace expunge::plan
