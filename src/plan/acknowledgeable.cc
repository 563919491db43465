// Of what a person can say that it is known.

#include <algorithm>
#include <array>

#include "plan/decision.h"

namespace expunge::plan {
namespace {

constexpr std::array kAttentionCauses = {Cause::no_date,
                                         Cause::date_too_early,
                                         Cause::date_in_the_future,
                                         Cause::unknown_department,
                                         Cause::path_outside_root,
                                         Cause::no_file,
                                         Cause::malformed,
                                         Cause::contradicted,
                                         Cause::came_back,
                                         Cause::undated_overdue,
                                         Cause::perhaps_held};

}  // namespace

std::string_view acknowledgeable(const Decision& decision, const archive::Recording& recording) {
  if (decision.verdict == Verdict::attention) return to_text(decision.cause);
  return recording.missing_seq ? kMissingFile : std::string_view();
}

bool can_be_acknowledged(std::string_view cause) {
  return cause == kMissingFile || std::any_of(kAttentionCauses.begin(), kAttentionCauses.end(),
                                              [&](Cause each) { return to_text(each) == cause; });
}

std::string acknowledgeable_causes() {
  std::string text;
  for (const Cause cause : kAttentionCauses) text += std::string(to_text(cause)) + ", ";
  return text + std::string(kMissingFile);
}

}  // namespace expunge::plan
