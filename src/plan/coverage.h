#pragma once

#include <cstdint>

#include "archive/index.h"
#include "policy/schedule.h"

namespace expunge::plan {

/// What a hold covers now.
struct Coverage {
  std::uint64_t covered = 0;      ///< recordings in the archive
  std::uint64_t covered_due = 0;  ///< of those, the ones past their period
  std::uint64_t begun = 0;        ///< of the covered, those that stand in a run's journal
  std::uint64_t destroyed = 0;    ///< destroyed recordings that match
  bool destroyed_is_bound =
      false;  ///< `destroyed` counts all that might match: subjects are erased
  std::uint64_t without_subject = 0;  ///< would match, but for having no subject
};

/// Counts over the whole index; a hold by recording ids alone is looked up directly.
[[nodiscard]] Coverage coverage(const archive::Index& index,
                                const policy::RetentionSchedule& schedule,
                                const archive::Hold& hold, base::CivilDate today);

}  // namespace expunge::plan
