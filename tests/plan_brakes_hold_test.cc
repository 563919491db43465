// The brake on holds that the log knows and the index has lost.

#include "plan/brakes.h"

#include "support/catch.h"
#include "support/plan_night.h"

using namespace expunge;
using namespace expunge::test::plan_night;

TEST_CASE("A hold that the log knows and the index has lost is a brake") {
  Night night;
  night.facts.open_holds = {{"SAR-1", "sar"}, {"C-2", "complaint"}};
  archive::Hold hold;
  hold.reference = "SAR-1";
  night.holds = {hold};
  CHECK(night.on() == Names{"holds"});
  hold.reference = "C-2";
  night.holds.push_back(hold);
  CHECK(night.on().empty());
}

TEST_CASE("Of holds that the index has lost only what works is said") {
  Night night;
  night.facts.open_holds = {{"A-1", "police"}, {"B-2", "sar"}, {"C-3", "sar"}};
  night.facts.last_entry = night.now;
  const auto released = [&](const char* reference, bool erased) {
    archive::Hold hold;
    hold.reference = reference;
    hold.released_at = night.now - std::chrono::hours{500};
    hold.effective_on = std::chrono::year{2026} / 11 / 10;
    hold.erased = erased;
    return hold;
  };
  night.holds = {released("B-2", false), released("C-3", true)};
  const auto way_on = [&](bool needs_two) {
    plan::Situation situation = night.situation();
    situation.release_needs_two = needs_two;
    const auto brakes = plan::brakes(situation);
    REQUIRE(brakes.size() == 1);
    CHECK(brakes.front().found == "A-1, B-2, C-3");
    return brakes.front().way_on_text;
  };
  const std::string one = way_on(false);
  CHECK(one.find("(expunge hold place A-1 --kind police --reason TEXT SCOPE)") !=
        std::string::npos);
  CHECK(one.find("(expunge hold release A-1 --reason TEXT)") != std::string::npos);
  CHECK(one.find("(expunge hold keep B-2)") != std::string::npos);
  CHECK(one.find("erased what was covered (of C-3)") != std::string::npos);
  CHECK(one.find("release it once more (expunge hold release C-3 --reason TEXT) and wait until "
                 "that takes effect") != std::string::npos);
  CHECK(one.find("keep A-1") == std::string::npos);
  CHECK(one.find("place B-2") == std::string::npos);
  const std::string two = way_on(true);
  CHECK(two.find("hold release") == std::string::npos);
  CHECK(two.find("hold place A-1") != std::string::npos);
}

TEST_CASE("A hold that was released since the log was read is not lost") {
  Night night;
  night.facts.open_holds = {{"SAR-1", "sar"}};
  night.facts.last_entry = night.now - std::chrono::milliseconds{1};
  archive::Hold hold;
  hold.reference = "SAR-1";
  hold.released_at = night.now;
  hold.effective_on = night.summary.today;
  night.holds = {hold};
  CHECK(night.on().empty());
}

TEST_CASE("A release that the log knows as taken back and the index does not is a brake") {
  Night night;
  night.facts.open_holds = {{"SAR-1", "sar"}};
  night.facts.last_entry = night.now;
  archive::Hold hold;
  hold.reference = "SAR-1";
  hold.released_at = night.now - std::chrono::hours{200};
  hold.effective_on = std::chrono::sys_days{night.summary.today} + std::chrono::days{1};
  night.holds = {hold};
  CHECK(night.on().empty());  // it is in force by both
  night.holds[0].effective_on = night.summary.today;
  CHECK(night.on() == Names{"holds"});
  night.holds[0].erased = true;
  CHECK(night.on() == Names{"holds"});
}

TEST_CASE("A lost hold whose release has not taken effect is a brake until it has") {
  Night night;
  night.facts.open_holds = {{"SAR-1", "sar"}};
  const std::chrono::sys_days today(night.summary.today);
  night.facts.ending_holds = {{"SAR-1", today + std::chrono::days{1}}};
  CHECK(night.on() == Names{"holds"});
  night.facts.ending_holds = {{"SAR-1", today}};
  CHECK(night.on().empty());
}
