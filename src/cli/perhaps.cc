#include "cli/perhaps.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "base/text.h"
#include "plan/said.h"
#include "report/hold_report.h"

namespace expunge::cli {
namespace {

bool is_among(const archive::Hold* hold, const std::vector<const archive::Hold*>& holds) {
  return std::find(holds.begin(), holds.end(), hold) != holds.end();
}

/// Why a hold may mean its call.
std::string by_call_text(const plan::PerhapsHeld& why) {
  const std::string id = base::printable(why.recording);
  if (!why.is_said) return "means its call, if it means " + id + ", which is in doubt";
  return fmt::format("{} its call, if {} is of it, as an import said",
                     why.is_sure ? "means" : "may mean", id);
}

}  // namespace

std::vector<const archive::Hold*> perhaps_by_call(const plan::HoldMatcher& holds,
                                                  const archive::Recording& recording) {
  const auto covering = holds.covering(recording);
  auto perhaps = plan::holds_of(holds.all_perhaps(recording));
  std::erase_if(perhaps, [&](const archive::Hold* hold) { return is_among(hold, covering); });
  return perhaps;
}

void print_perhaps(Desk& desk, const plan::HoldMatcher& holds, const archive::Recording& recording,
                   const plan::Decision& decision, plan::Doubt doubt) {
  const auto print = [&](const std::string& why) {
    const std::string reference = why.substr(0, why.find(' '));
    const auto hold =
        std::find_if(holds.holds().begin(), holds.holds().end(),
                     [&](const archive::Hold& each) { return each.reference == reference; });
    const bool ends = hold != holds.holds().end() && hold->effective_on;
    std::cout << fmt::format(
        "  perhaps     {}{}\n", why,
        ends ? " (" + report::hold_state(*hold, desk.today()) + ")" : std::string());
  };
  const auto other = plan::said_else(desk.index(), desk.config().schedule, decision, recording);
  for (const std::string& why : plan::perhaps_covering(holds, recording, doubt, other)) print(why);
  for (const archive::Hold* hold : plan::covering_by_word(desk.index(), holds, recording)) {
    print(hold->reference + " means it by what an import said of whose call it is");
  }
  for (const archive::Hold* hold : plan::covering_by_lost_word(desk.index(), holds, recording)) {
    print(hold->reference +
          " means it: whose call it is was put right, or an import said otherwise, and nothing "
          "tells as what");
  }
  for (const archive::Hold* hold : perhaps_by_call(holds, recording)) {
    for (const plan::PerhapsHeld* const why : holds.all_perhaps(recording)) {
      if (!is_among(hold, why->holds)) continue;
      print(hold->reference + " " + by_call_text(*why));
      break;
    }
  }
}

}  // namespace expunge::cli
