#include "policy/hold_kind.h"

#include <algorithm>
#include <array>

#include "base/error.h"

namespace expunge::policy {
namespace {

constexpr Period months(unsigned count) {
  return {count, Period::Unit::months};
}

constexpr auto kKinds = std::to_array<HoldKind>({
    {"sar", "subject access request", months(3),
     "one month to answer, extendable by two: UK GDPR Art. 12(3)"},
    {"foi", "request under the Freedom of Information Act 2000", months(7),
     "a month for the 20 working days of s. 10, and six months after the answer: to alter or "
     "destroy what was asked for is an offence, s. 77",
     months(6)},
    {"eir", "request under the Environmental Information Regulations 2004", months(7),
     "a month for the 20 working days of reg. 5, and six months after the answer: to alter or "
     "destroy what was asked for is an offence, reg. 19",
     months(6)},
    {"complaint", "complaint to the council", months(12),
     "twelve months to go to the Ombudsman: Local Government Act 1974 s. 26B"},
    {"ico", "complaint to the Information Commissioner", months(6),
     "twice the three months of Data Protection Act 2018 s. 166"},
    {"ombudsman", "complaint to the Ombudsman", months(12),
     "as long as the complaint could be brought: Local Government Act 1974 s. 26B"},
    {"litigation", "claim in court, or one that is expected", months(12),
     "once a year; a claim in contract may be brought for six: Limitation Act 1980 s. 5"},
    {"police", "request by the police or another prosecutor", months(6),
     "no period in law; asked again twice a year"},
    {"restriction", "restriction of processing", months(3),
     "UK GDPR Art. 18; one month to answer, extendable by two: Art. 12(3)"},
    {"other", "another reason", months(3), "no period in law; asked again four times a year"},
});

}  // namespace

std::span<const HoldKind> hold_kinds() {
  return kKinds;
}

const HoldKind* find_hold_kind(std::string_view name) {
  const auto* const found = std::find_if(kKinds.begin(), kKinds.end(),
                                         [&](const HoldKind& kind) { return kind.name == name; });
  return found == kKinds.end() ? nullptr : found;
}

std::string hold_kind_names() {
  std::string names;
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (i > 0) names += i + 1 == kKinds.size() ? " or " : ", ";
    names += kKinds[i].name;
  }
  return names;
}

base::CivilDate usual_review(std::string_view kind, base::CivilDate placed_on) {
  const HoldKind* known = find_hold_kind(kind);
  if (known == nullptr) known = find_hold_kind("other");
  EXPUNGE_ASSERT(known != nullptr);
  return last_day_kept(placed_on, known->review);
}

}  // namespace expunge::policy
