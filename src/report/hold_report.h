#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "archive/types.h"
#include "plan/coverage.h"

namespace expunge::report {

/// A hold as a list shows it.
struct ListedHold {
  archive::Hold hold;
  base::CivilDate review;  ///< the day of the next one
  std::uint64_t covered = 0;
  bool in_force = false;
  bool overdue = false;  ///< in force, and its review is past
  bool is_new = false;   ///< placed no longer ago than plan::kStaleAfter
  bool stale = false;    ///< in force, not new, and there is nothing that it could keep
};

/// The last day on which a hold is in force whose release counts from that day on.
[[nodiscard]] base::CivilDate last_day_of_hold(base::CivilDate effective_on);
/// `in force`, `released, in force through 2026-12-06`, …
[[nodiscard]] std::string hold_state(const archive::Hold& hold, base::CivilDate today);

/// A line for each.
[[nodiscard]] std::string hold_table(const std::vector<ListedHold>& holds, base::CivilDate today);
/// One object, described in expunge(1).
[[nodiscard]] std::string hold_json(const std::vector<ListedHold>& holds, base::CivilDate today);

/// Who placed, reviewed and released it, when and why, and what its scopes say.
[[nodiscard]] std::string hold_page(const ListedHold& listed, base::CivilDate today);
/// What its scopes say, a line for each.
[[nodiscard]] std::string scopes_text(const archive::Hold& hold);
/// How much it covers, and how much it may mean and does not cover, in sentences.
[[nodiscard]] std::string coverage_text(const plan::Coverage& coverage,
                                        const std::string& reference, bool run_is_on);
/// The same by department and verdict, a line for each department.
[[nodiscard]] std::string coverage_table(const plan::Coverage& coverage);
/// `rec-000017  held, through its call`: what the hold does to one recording.
[[nodiscard]] std::string match_line(const archive::Recording& recording, plan::Verdict verdict,
                                     plan::Match match);

}  // namespace expunge::report
