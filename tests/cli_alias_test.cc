// Other names of departments, through the program.

#include "support/attention_office.h"
#include "support/catch.h"
#include "support/office.h"

using namespace expunge;
using namespace expunge::test::attention_office;
using test::contains;
using test::Ended;
using test::Office;

namespace {

/// Puts a line into a section of the configuration.
void configure(const Office& office, const std::string& section, const std::string& line) {
  std::string text = test::slurp(office.config);
  const std::string head = "[" + section + "]\n";
  text.insert(text.find(head) + head.size(), line + "\n");
  test::spill(office.config, text);
}

}  // namespace

TEST_CASE("An alias lets recordings be decided about and is a change of the policy") {
  const Office office;
  furnish(office);
  configure(office, "retention", "alias = ZZHOUSING: Customer Services");
  const auto odd = planned(office, "odd-1");
  CHECK(odd["verdict"] == "kept");
  CHECK(odd["department"] == "Customer Services");
  const auto plan = plan_of(office);
  REQUIRE(plan["brakes"].size() == 1);
  CHECK(plan["brakes"][0]["name"] == "policy");
  CHECK(contains(office.call({"explain", "odd-1"}).out,
                 "Customer Services (in the index: ZZHOUSING)"));
  for (const char* name : {"ZZHOUSING", "Customer Services"}) {
    const Ended listed = office.call({"plan", "--format", "csv", "--all", "--department", name});
    CHECK(count(listed.out, "\n") == 5);
    CHECK_FALSE(contains(listed.out, "ZZHOUSING"));
  }
  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "meant"}), 0);
  CHECK_ENDED(office.call({"run", "--quiet"}), 1);  // bare
  CHECK(contains(log_of(office),
                 "\"aliases\":[{\"name\":\"ZZHOUSING\",\"department\":\"Customer Services\"}]"));
  CHECK(plan_of(office)["brakes"].empty());
  CHECK_ENDED(office.call({"log", "verify"}), 0);
}

TEST_CASE("An alias that is a department or of none or given twice is refused") {
  const std::string lines =
      GENERATE(as<std::string>{}, "alias = Customer Services: Revenues and Benefits",
               "alias = Housing: Nobody", "alias = Housing",
               "alias = Housing: Customer Services\n"
               "alias = Housing: Revenues and Benefits");
  const Office office;
  configure(office, "retention", lines);
  const Ended ended = office.call({"plan"});
  CHECK_ENDED(ended, 2);
  CHECK(contains(ended.err, "retention.alias"));
}
