#include <algorithm>
#include <array>

#include "run/run.h"

namespace expunge::run {
namespace {

/// What the plan counted, and what the run changed in it.
std::uint64_t sum(std::uint64_t planned, std::int64_t change) {
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, static_cast<std::int64_t>(planned) + change));
}

}  // namespace

std::string_view words(Outcome outcome) {
  static constexpr std::array<std::string_view, 4> kWords = {"complete", "stopped", "failed",
                                                             "braked"};
  return kWords[static_cast<std::size_t>(outcome)];
}

std::uint64_t held_in(const Report& report) {
  return sum(report.summary.count(plan::Verdict::held).recordings,
             static_cast<std::int64_t>(report.tally.overtaken) -
                 static_cast<std::int64_t>(report.tally.held_gone));
}

std::uint64_t attention_in(const Report& report) {
  return sum(report.summary.attention(), report.tally.attention);
}

std::uint64_t acknowledged_in(const Report& report) {
  return std::min(sum(report.summary.attention_known(), report.tally.acknowledged),
                  attention_in(report));
}

bool needs_person(const Report& report) {
  const Tally& tally = report.tally;
  return report.outcome == Outcome::failed || report.waiting > 0 || tally.failed > 0 ||
         tally.missing > 0 || tally.without_file > 0 || tally.partial > 0 || tally.reconciled > 0 ||
         tally.lost_words > 0 || tally.still_missing > tally.missing_known ||
         tally.unfinished > 0 || tally.returned > 0 || !report.key_doubts.empty() ||
         (!report.restricted &&
          (report.summary.unacknowledged() > 0 || report.summary.not_due_missing() > 0));
}

}  // namespace expunge::run
