#include "support/plan_night.h"

#include "support/catch.h"

namespace expunge::test::plan_night {

base::Time at(const char* text) {
  return *base::parse_instant(text);
}

Night::Night() {
  summary.today = std::chrono::year{2026} / 11 / 24;
  summary.recordings = 10000;
  summary.total[plan::Verdict::due] = {20, 0};
  summary.newest_recording = *base::parse_instant("2026-11-23T18:00:00Z");
  facts.destroyed = 5;
  facts.policy = policy;
  facts.newest_run_start = audit::RunStarted{"r", "rec1", {}, at("2026-11-23T02:00:00Z")};
  facts.last_run_start = facts.newest_run_start;
  facts.settled_size = 40;
  facts.imports = 7;
}

plan::Situation Night::situation() const {
  return {summary, facts, holds, policy, safety, host, now, root, memory};
}

plan::Judgement Night::judge(const std::vector<archive::Approval>& approvals,
                             const plan::Accepted& accepted, std::uint64_t covered) const {
  return plan::judge(situation(), approvals, accepted,
                     [covered](const archive::Approval&) { return covered; });
}

std::vector<std::string> Night::on() const {
  std::vector<std::string> names;
  for (const plan::Brake& brake : plan::brakes(situation())) {
    CHECK_FALSE(brake.message.empty());
    CHECK_FALSE(brake.way_on_text.empty());
    CHECK_FALSE(brake.found.empty());
    CHECK_FALSE(brake.allowed.empty());
    names.push_back(brake.name);
  }
  return names;
}

}  // namespace expunge::test::plan_night
