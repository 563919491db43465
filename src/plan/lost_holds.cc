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

/// Joins what `words` says of each that is lost so; empty: none is.
template <typename Words>
std::string of_each(const std::vector<LostHold>& lost, InIndex how, const Words& words) {
  std::string text;
  std::size_t count = 0;
  for (const LostHold& hold : lost) {
    if (hold.in_index != how) continue;
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
    if (how) lost.push_back({reference, kind, *how});
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

std::string way_to_mend(const std::vector<LostHold>& lost, bool release_needs_two) {
  const auto release = [](const LostHold& hold) {
    return fmt::format("expunge hold release {} --reason TEXT", hold.reference);
  };
  std::string text;
  const auto also = [&text](const std::string& more) { text += (text.empty() ? "" : "; ") + more; };
  const std::string gone = of_each(lost, InIndex::nothing, [](const LostHold& hold) {
    return fmt::format("expunge hold place {} --kind {} --reason TEXT SCOPE", hold.reference,
                       hold.kind);
  });
  if (!gone.empty()) {
    also("place again, of the same kind and with the same scope, what the index has lost (" + gone +
         ")");
    // Where two persons release, nobody could say who asked for it.
    if (!release_needs_two) {
      also("or release it (" + of_each(lost, InIndex::nothing, release) +
           ") and wait until that takes effect");
    }
  }
  const std::string released = of_each(lost, InIndex::released, [](const LostHold& hold) {
    return fmt::format("expunge hold keep {}", hold.reference);
  });
  if (!released.empty()) {
    also("take back the release that the index knows and the log does not (" + released + ")");
  }
  const std::string erased =
      of_each(lost, InIndex::erased, [](const LostHold& hold) { return "of " + hold.reference; });
  if (!erased.empty()) {
    also("the index has erased what was covered (" + erased +
         "): put the newest copy of the index back");
  }
  return text + "; the index may be a restored backup";
}

}  // namespace expunge::plan
