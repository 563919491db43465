// The alert rules: what Prometheus says of them, and that they ask for what is there.
#include <regex>
#include <set>

#include "report/metrics_families.h"
#include "support/catch.h"
#include "support/office.h"
#include "support/places.h"
#include "support/program.h"
#include "support/scratch.h"

using namespace expunge;

namespace {

std::string rules() {
  return test::kSourceDir + "/scripts/expunge.alerts.yml";
}

}  // namespace

TEST_CASE("Every alert asks for metrics that expunge writes and names a command") {
  const std::string text = test::slurp(rules());
  std::set<std::string> known;
  for (const auto& family : report::metric_families()) known.insert(std::string(family.name));
  const std::regex metric("expunge_[a-z_]+");
  std::size_t asked = 0;
  for (auto each = std::sregex_iterator(text.begin(), text.end(), metric);
       each != std::sregex_iterator(); ++each) {
    CAPTURE(each->str());
    CHECK(known.contains(each->str()));
    ++asked;
  }
  std::size_t alerts = 0;
  for (auto from = text.find("- alert: "); from != std::string::npos; ++alerts) {
    const auto to = text.find("- alert: ", from + 1);
    const std::string alert = text.substr(from, to == std::string::npos ? to : to - from);
    CAPTURE(alert);
    CHECK(std::regex_search(alert, std::regex("summary: [A-Z]")));
    CHECK(std::regex_search(alert, std::regex("description: >-\\n")));
    CHECK(std::regex_search(alert, std::regex("expunge (status|run|check|plan|log|hold)")));
    from = to;
  }
  CHECK(alerts == 12);
  CHECK(asked >= alerts);
}

TEST_CASE("Prometheus accepts the alert rules and each fires when it should and not before") {
  if (!test::has_program("promtool")) SKIP_TEST("no promtool (package prometheus)");
  CHECK_ENDED(test::run_program({"promtool", "check", "rules", rules()}), 0);
  CHECK_ENDED(test::run_program(
                  {"promtool", "test", "rules", test::kTestData + "/expunge.alerts.test.yml"}),
              0);
}
