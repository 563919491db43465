#include "support/tried_nights.h"

#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "support/catch.h"
#include "support/council_program.h"
#include "support/json_schema.h"
#include "support/office.h"
#include "support/places.h"

namespace expunge::test::tried_nights {

using Json = nlohmann::json;

Nights::Nights() : council(machine_time(-std::chrono::hours{100}).c_str()) {
  char name[256] = {};
  REQUIRE(::gethostname(name, sizeof name - 1) == 0);
  council.host = name;
  council.add("first", Office::days_ago(450), "first.wav", kAudio);
  ready = council.can_destroy() && council.approve_and_run().tally.destroyed == 1;
  if (!ready) return;
  for (const char* id : {"open", "long", "good"}) {
    council.add(id, Office::days_ago(380), std::string(id) + ".wav", kAudio);
  }
  council.add("held", Office::days_ago(380), "held.wav", kAudio);
  council.place_hold("SAR-1", {"held", "", "", {}, {}});
  spill(council.path("long.wav"), kAudio + "more");
  holder = base::Fd(::open(council.path("open.wav").c_str(), O_RDONLY));
  first = run_at(-std::chrono::hours{74});
  last = run_at(-std::chrono::hours{2});
}

std::string Nights::run_at(std::chrono::hours from_now) {
  council.set_clock(machine_time(from_now).c_str());
  const run::Report report = council.run();
  CHECK(report.tally.failed == 2);
  return machine_time(from_now).substr(0, 10);
}

Ended Nights::call(std::vector<std::string> words) const {
  return CouncilProgram(council).call(std::move(words));
}

Json Nights::json() const {
  const std::string text = call({"plan", "--format", "json"}).out;
  CHECK(schema_fault(slurp(kTestData + "/plan.schema.json"), text) == "");
  return Json::parse(text);
}

Json Nights::planned(const std::string& id) const {
  const Json plan = json();
  for (const auto& each : plan.at("recordings")) {
    if (each.at("recording") == id) return each;
  }
  return {};
}

std::string Nights::since(const std::string& why) const {
  return "tried since " + first + ", the last time on " + last + ", and not destroyed: " + why;
}

}  // namespace expunge::test::tried_nights
