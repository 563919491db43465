// What letters and certificates say of a recording that went later than it was due.

#include <fmt/format.h>

#include "base/text.h"
#include "report/certificate_parts.h"

namespace expunge::report {
namespace {

constexpr std::size_t kMostNamed = 10;

/// ` (entries 12 and 40)`, of each hold; the first ones.
std::string placed_text(const std::vector<certify::Delay::EndedHold>& holds) {
  std::string text;
  for (std::size_t i = 0; i < holds.size() && i < kMostNamed; ++i) {
    text += fmt::format("{}entries {} and {}", i == 0 ? " (" : "; ", base::grouped(holds[i].placed),
                        base::grouped(holds[i].released));
  }
  return text + (holds.size() > kMostNamed ? "; …)" : ")");
}

std::string policies_text(const std::vector<std::uint64_t>& policies) {
  std::string text;
  for (std::size_t i = 0; i < policies.size() && i < kMostNamed; ++i) {
    text += (i == 0 ? " (" : "; ") + entry_text(policies[i]);
  }
  return text + (policies.size() > kMostNamed ? "; …)" : ")");
}

bool has_failed_before(const certify::RecordingFacts& facts) {
  for (const certify::Mention& other : facts.others) {
    const bool attempt = other.type == "destroy.failed" || other.type == "destroy.partial";
    if (attempt && other.seq < facts.entry.seq && other.run != facts.entry.says.run) return true;
  }
  return false;
}

}  // namespace

std::string why_late_text(const certify::RecordingFacts& facts, Entries entries) {
  const certify::Delay& delay = *facts.delay;
  std::string text;
  if (!delay.holds.empty()) {
    const bool one = delay.holds.size() == 1;
    text += fmt::format(
        " In that time {} to keep recordings for another purpose came to an end{}. A recording "
        "that such an order is for is kept until then; whether this was {}, the log does not say, "
        "since nothing is kept of what an ended order was for.",
        one ? "an order" : base::grouped(delay.holds.size()) + " orders",
        entries == Entries::named ? placed_text(delay.holds) : "", one ? "one" : "one of those");
  }
  if (!delay.policies.empty()) {
    text += fmt::format(
        " For some of that time the retention schedule had another period for it, or none{}.",
        entries == Entries::named ? policies_text(delay.policies) : "");
  }
  if (has_failed_before(facts)) {
    text += " It had been tried before, as is said below.";
  }
  return text.empty() ? " The log does not say why." : text;
}

}  // namespace expunge::report
