#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "archive/index.h"
#include "plan/plan.h"
#include "policy/schedule.h"

namespace expunge::plan {

/// What a hold covers now.
struct Coverage {
  std::uint64_t covered = 0;       ///< recordings in the archive
  std::uint64_t covered_due = 0;   ///< of those, the ones past their period
  std::uint64_t ordered = 0;       ///< of the covered, the ones that an order would have go
  std::uint64_t undated = 0;       ///< of the covered, those that may be of the days it names
  std::uint64_t through_call = 0;  ///< of the covered, those that only their call's others fit
  std::uint64_t begun = 0;         ///< of the covered, those that stand in a run's journal
  std::uint64_t in_part = 0;       ///< of the covered, those of which a part, if not all, is gone
  std::uint64_t without_file = 0;  ///< of the covered, those of which a run missed a file
  std::uint64_t destroyed = 0;     ///< destroyed recordings that match
  bool destroyed_is_bound =
      false;  ///< `destroyed` counts all that might match: subjects and agents are erased
  std::uint64_t without_subject = 0;  ///< would match, but for having no subject
  std::uint64_t without_agent = 0;    ///< would match, but for having no agent
  /// Would match, but for what is in doubt: whose call it is, where imports contradict each other,
  /// its date or its department. Attention until a person settles it.
  std::uint64_t in_doubt = 0;
  /// Of these, those for whose call alone that is so, and the due ones among them: the hold's end
  /// lets them go, settled or not.
  std::uint64_t call_in_doubt = 0, call_in_doubt_due = 0;
  /// Of the covered, by department and the verdict under this hold.
  std::map<std::string, std::map<Verdict, Count>> by_department;
};

/// How a recording stands to a hold. `as_ordered`: it is ordered to be destroyed, and the hold may
/// mean it, its date or its department being in doubt, and keeps it. The last four are not
/// covered, and nobody can say that the hold does not mean them; `call_in_doubt`: it is, or may be,
/// a segment of the call of another that the hold means, or may mean.
enum class Match {
  itself,
  through_call,
  as_ordered,
  without_subject,
  without_agent,
  in_doubt,
  call_in_doubt,
};

/// Whether the hold covers what stands so to it.
[[nodiscard]] inline bool is_covered(Match match) {
  return match == Match::itself || match == Match::through_call || match == Match::as_ordered;
}

/// Called for each recording of one of those, with its verdict under this hold and no other.
using EachMatch = std::function<void(const archive::Recording&, Verdict, Match)>;

/// Counts over the whole index; a hold by recording ids alone is looked up directly. One that is
/// not in force on `today` covers nothing.
[[nodiscard]] Coverage coverage(const archive::Index& index,
                                const policy::RetentionSchedule& schedule,
                                const archive::Hold& hold, base::CivilDate today,
                                const EachMatch& each = nullptr);

/// How many recordings each of these holds covers on `today`, in their order. Reads the index once
/// where one of them names neither recording, subject nor agent, and else only what they name.
[[nodiscard]] std::vector<std::uint64_t> covered_by_each(const archive::Index& index,
                                                         const policy::RetentionSchedule& schedule,
                                                         const std::vector<archive::Hold>& holds,
                                                         base::CivilDate today);

}  // namespace expunge::plan
