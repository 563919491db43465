// Holds that are in force by the log, and that the index has lost.

#include <fmt/format.h>

#include <algorithm>

#include "plan/brakes.h"

namespace expunge::plan {
namespace {

using InIndex = LostHold::InIndex;

/// So many commands stand in a message.
constexpr std::size_t kMostNamed = 5;

/// Nullopt: the index keeps what it covers.
std::optional<InIndex> how_lost(const audit::LogFacts& facts,
                                const std::vector<archive::Hold>& holds,
                                const std::string& reference, base::CivilDate today) {
  const auto hold = std::find_if(holds.begin(), holds.end(), [&](const archive::Hold& each) {
    return each.reference == reference;
  });
  if (hold == holds.end()) return InIndex::nothing;
  if (hold->in_force_on(today)) return std::nullopt;
  // A release that ended since the log was read, and not one that was taken back in the meantime.
  const bool is_later =
      !facts.last_entry || hold->released_at.value_or(base::Time()) > *facts.last_entry;
  if (is_later) return std::nullopt;
  return hold->erased ? InIndex::erased : InIndex::released;
}

std::string last_day(const LostHold& hold) {
  return base::to_text(
      base::CivilDate{std::chrono::sys_days{*hold.ends_on} - std::chrono::days{1}});
}

std::string placing(const LostHold& hold) {
  return fmt::format("expunge hold place {} --kind {} --reason TEXT SCOPE", hold.reference,
                     hold.kind);
}

std::string keeping(const LostHold& hold) {
  return fmt::format("expunge hold keep {}", hold.reference);
}

std::string releasing(const LostHold& hold) {
  return fmt::format("expunge hold release {} --reason TEXT", hold.reference);
}

/// What ends by itself is not released once more.
std::string until_its_end(const LostHold& hold) {
  std::string text = fmt::format(
      "{} is released and in force through {}: after that day it stops no run; for runs to go on "
      "sooner, ",
      hold.reference, last_day(hold));
  switch (hold.in_index) {
    case InIndex::nothing:
      return text + "place it again, of the same kind and with the same scope (" + placing(hold) +
             "), which takes the release back";
    case InIndex::released:
      return text + "take the release back (" + keeping(hold) + ")";
    case InIndex::erased:
      break;
  }
  return text + "put the newest copy of the index back, since this one has erased what was covered";
}

/// Joins what `words` says of each that `is_meant`; empty: none is.
template <typename Meant, typename Words>
std::string of_each(const std::vector<LostHold>& lost, const Meant& is_meant, const Words& words) {
  std::string text;
  std::size_t count = 0;
  for (const LostHold& hold : lost) {
    if (!is_meant(hold)) continue;
    if (++count <= kMostNamed) text += (text.empty() ? "" : "; ") + words(hold);
  }
  return count > kMostNamed ? text + "; and so on" : text;
}

}  // namespace

std::vector<LostHold> lost_holds(const audit::LogFacts& facts,
                                 const std::vector<archive::Hold>& holds, base::CivilDate today) {
  std::vector<LostHold> lost;
  for (const auto& [reference, kind] : facts.open_holds) {
    if (!facts.is_in_force(reference, today)) continue;
    const auto how = how_lost(facts, holds, reference, today);
    if (!how) continue;
    const auto ending = facts.ending_holds.find(reference);
    lost.push_back({reference, kind, *how,
                    ending == facts.ending_holds.end() ? std::nullopt : ending->second});
  }
  return lost;
}

std::string references_of(const std::vector<LostHold>& lost) {
  std::string references;
  for (const LostHold& hold : lost) {
    references += (references.empty() ? "" : ", ") + hold.reference;
  }
  return references;
}

std::string lost_names(const std::vector<LostHold>& lost) {
  std::string names;
  for (const LostHold& hold : lost) {
    names += (names.empty() ? "" : ", ") + hold.reference;
    if (hold.ends_on) names += " (released, in force through " + last_day(hold) + ")";
  }
  return names;
}

std::string way_to_mend(const std::vector<LostHold>& lost, bool release_needs_two) {
  std::string text;
  const auto also = [&text](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  const auto lost_as = [](InIndex how) {
    return [how](const LostHold& hold) { return hold.in_index == how && !hold.ends_on; };
  };
  // Where two persons release, nobody could say who asked for it.
  const auto releases = [&](InIndex how) { return of_each(lost, lost_as(how), releasing); };
  const char* const wait = " and wait until that takes effect";
  const std::string gone = of_each(lost, lost_as(InIndex::nothing), placing);
  if (!gone.empty()) {
    also("place again, of the same kind and with the same scope, what the index has lost (" + gone +
         ")");
    if (!release_needs_two) also("or release it (" + releases(InIndex::nothing) + ")" + wait);
  }
  const std::string released = of_each(lost, lost_as(InIndex::released), keeping);
  if (!released.empty()) {
    also(
        "take back the release that the index knows, and that by the log does not count any more "
        "(" +
        released + ")");
  }
  const std::string erased = of_each(lost, lost_as(InIndex::erased),
                                     [](const LostHold& hold) { return "of " + hold.reference; });
  if (!erased.empty()) {
    also("the index has erased what was covered (" + erased +
         "): put the newest copy of the index back");
    if (!release_needs_two) {
      also("or, if it has ended, release it once more (" + releases(InIndex::erased) + ")" + wait);
    }
  }
  const std::string ending = of_each(
      lost, [](const LostHold& hold) { return hold.ends_on.has_value(); }, until_its_end);
  if (!ending.empty()) also(ending);
  return text + "; the index may be a restored backup";
}

}  // namespace expunge::plan
