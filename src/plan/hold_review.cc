#include "plan/hold_review.h"

#include "policy/hold_kind.h"

namespace expunge::plan {

base::CivilDate review_day(const archive::Hold& hold, const policy::TimeZone& zone) {
  if (!hold.reviews.empty()) return hold.reviews.back().until;
  if (hold.review_on) return *hold.review_on;
  return policy::usual_review(
      hold.kind, zone.civil_date(std::chrono::floor<std::chrono::seconds>(hold.placed_at)));
}

}  // namespace expunge::plan
