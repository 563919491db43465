// Holds that the log knows and an index, which is a restored backup, has lost.

#include "support/council.h"
#include "support/council_program.h"
#include "support/hold_office.h"
#include "support/lost_holds.h"

using namespace expunge;
using namespace expunge::test::hold_office;
using namespace expunge::test::lost_holds;
using test::contains;
using test::Council;
using test::CouncilProgram;
using test::Ended;
using test::machine_time;
using test::Office;

namespace {

/// L-1, which the index has lost.
void lose(const Office& office) {
  furnish(office);
  REQUIRE(place(office, "L-1", {"--recording", "a-1"}).status == 0);
  test::sql_run(index_of(office), "DELETE FROM hold_scope; DELETE FROM hold");
}

std::string of_the_log(const Office& office, const std::string& type) {
  const std::string log = log_of(office);
  const auto at = log.rfind("\"type\":\"" + type + "\"");
  return at == std::string::npos ? "" : log.substr(at, log.find("\"key\"", at) - at);
}

}  // namespace

TEST_CASE("A lost hold that is released says until when it stops runs and asks for nothing more") {
  const Office office;
  lose(office);
  const Ended released = hold(office, {"release", "L-1", "--reason", "answered"});
  CHECK_ENDED(released, 0);
  CHECK(contains(released.out,
                 "in force through " + day(7) + "; through that day expunge hold keep"));
  const std::string named =
      "the log knows holds in force that the index has lost, or takes for ended: L-1 (released, in "
      "force through " +
      day(7) + ")";
  const std::string way_on = "L-1 is released and in force through " + day(7) +
                             ": after that day it stops no run; for runs to go on sooner, place it "
                             "again, of the same kind and with the same scope (expunge hold place "
                             "L-1 --kind sar --reason TEXT SCOPE), which takes the release back";
  for (const char* const command : {"plan", "check", "run"}) {
    CAPTURE(command);
    const Ended told = office.call({command});
    CHECK(told.status != 0);
    CHECK(contains(told.out + told.err, named));
    CHECK(contains(told.out + told.err, way_on));
    CHECK_FALSE(contains(told.out + told.err, "hold release L-1"));
  }
  const Ended listed = hold(office, {"list"});
  CHECK_ENDED(listed, 1);
  CHECK(contains(listed.err, named + "; " + way_on));
  CHECK_FALSE(contains(listed.err, "hold release"));
  CHECK(contains(office.call({"status"}).out,
                 "holds (lost by the index: L-1 (released, in force through " + day(7) + "))"));
}

TEST_CASE("A lost hold is released once and its delay does not begin anew") {
  const Office office;
  lose(office);
  REQUIRE(hold(office, {"release", "L-1", "--reason", "answered"}).status == 0);
  const Ended again = hold(office, {"release", "L-1", "--reason", "answered"});
  CHECK_ENDED(again, 2);
  CHECK(contains(again.err, "hold L-1 is released already: released, in force through " + day(7)));
  CHECK(contains(again.err, "no run goes on through that day; after it they do by themselves"));
  CHECK(logged(office, "hold.release") == 1);
}

TEST_CASE(
    "The release of a lost hold is taken back and then the hold stops runs until it is mended") {
  const Office office;
  lose(office);
  const Ended unreleased = hold(office, {"keep", "L-1"});
  CHECK_ENDED(unreleased, 2);
  CHECK(contains(unreleased.err, "hold L-1: it is not released; the index has lost it"));
  CHECK(contains(unreleased.err, "(expunge hold place L-1 --kind sar --reason TEXT SCOPE)"));
  REQUIRE(hold(office, {"release", "L-1", "--reason", "answered"}).status == 0);
  const Ended kept = hold(office, {"keep", "L-1"});
  CHECK_ENDED(kept, 1);
  CHECK(kept.out == "Hold L-1 stays in force.\n");
  CHECK(contains(kept.err, "does not know what it covers: no run goes on until"));
  CHECK(contains(kept.err, "place L-1 --kind sar"));
  CHECK(contains(kept.err, "expunge hold release L-1 --reason TEXT"));
  CHECK(contains(of_the_log(office, "hold.keep"), "\"reference\":\"L-1\",\"kind\":\"sar\""));
  CHECK(contains(hold(office, {"list"}).err, "takes for ended: L-1; place again"));
  // The same again says so, and logs nothing.
  CHECK_ENDED(hold(office, {"keep", "L-1"}), 2);
  CHECK(logged(office, "hold.keep") == 1);
  CHECK_ENDED(hold(office, {"keep", "L-2"}), 2);
  CHECK(contains(hold(office, {"keep", "L-2"}).err, "there is no hold L-2"));
  CHECK_ENDED(office.call({"log", "verify"}), 0);
}

TEST_CASE("A lost hold that is placed again while its release is under way is in force again") {
  const Office office;
  lose(office);
  REQUIRE(hold(office, {"release", "L-1", "--reason", "answered"}).status == 0);
  CHECK_ENDED(place(office, "L-1", {"--recording", "a-1"}), 1);
  CHECK_ENDED(hold(office, {"list"}), 0);
  CHECK(list(office).at("holds").at(0).at("state") == "in-force");
  CHECK_FALSE(contains(office.call({"check"}).out, " holds: "));
  CHECK_FALSE(contains(office.call({"check"}).out, "(holds)"));
}

TEST_CASE("A lost hold that is placed again was placed when the log says") {
  Council council(machine_time(-days_of(20)).c_str());
  NEEDS_A_DISK(council);
  using Kind = audit::HoldChange::Kind;
  settle(council);
  const auto lose_it = [&] {
    test::sql_run(council.index_path, "DELETE FROM hold_scope; DELETE FROM hold");
  };
  std::string since = on_day(-20);
  SECTION("placed once") {}
  SECTION("placed again before, and released and kept in between") {
    council.set_clock(machine_time(-days_of(9)).c_str());
    log(council, {Kind::release, "SAR-1", "sar", "clerk", base::parse_date(on_day(-2))});
    log(council, {Kind::keep, "SAR-1", "sar", "clerk"});
    log(council, {Kind::place, "SAR-1", "sar", "clerk"});
  }
  SECTION("out of force before, by a run or by its day alone") {
    const bool run_between = GENERATE(true, false);
    CAPTURE(run_between);
    council.release_hold("SAR-1", on_day(-16));
    council.set_clock(machine_time(-days_of(14)).c_str());
    if (run_between) static_cast<void>(council.run());
    lose_it();
    council.set_clock(machine_time(-days_of(12)).c_str());
    council.place_hold("SAR-1", of_recording("young"));
    since = on_day(-12);
  }
  lose_it();
  const CouncilProgram program(council);
  const Ended again = program.call(
      {"hold", "place", "SAR-1", "--kind", "sar", "--reason", "asked", "--recording", "young"});
  CHECK_ENDED(again, 1);
  CHECK(contains(again.err, "the log knows hold SAR-1 from " + since));
  const Json listed = Json::parse(program.call({"hold", "list", "--json"}).out).at("holds").at(0);
  CHECK(listed.at("placed").get<std::string>().substr(0, 10) == since);
  CHECK(listed.at("user") == "officer");
  CHECK(contains(program.call({"hold", "list"}).out, "placed " + since + " by officer"));
  CHECK(contains(program.call({"hold", "show", "SAR-1"}).out, "  placed    " + since));
  CHECK(council.log_fault() == "");
  // Who placed it again stands in the log.
  CHECK_FALSE(contains(council.entries("hold.place").back(), "\"user\":\"officer\""));
}
