// Holds that the log knows and an index, which is a restored backup, has lost; and their releases.

#include <array>
#include <filesystem>

#include "run/remember.h"
#include "support/council.h"
#include "support/council_program.h"
#include "support/hold_office.h"

using namespace expunge;
using namespace expunge::test::hold_office;
using std::chrono::hours;
using test::contains;
using test::Council;
using test::CouncilProgram;
using test::Ended;
using test::machine_time;
using test::Office;

namespace {

#define NEEDS_A_DISK(council) \
  if (!(council).can_destroy()) SKIP_TEST("no file system here that overwrites in place")

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

hours days_of(int count) {
  return hours{24 * count};
}

std::string on_day(int from_now) {
  return machine_time(days_of(from_now)).substr(0, 10);
}

archive::HoldScope of_recording(const char* id) {
  archive::HoldScope scope;
  scope.recording_id = id;
  return scope;
}

void put_back(const std::string& from, const std::string& to) {
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
}

void log(Council& council, const audit::HoldChange& change) {
  auto index = council.open_index();
  audit::LogWriter writer(base::real_sys(), council.log_place, council.key_path,
                          run::remembered(index), 1, council.now());
  writer.append(std::array{audit::to_draft(change)}, council.now());
}

/// A run by a clock of ten days ago lies behind it, and then SAR-1 was placed.
void settle(Council& council) {
  council.host = test::machine_name();
  council.add("young", machine_time(-days_of(30)), "young.wav", "audio");
  static_cast<void>(council.approve_and_run());
  council.place_hold("SAR-1", of_recording("young"));
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

TEST_CASE(
    "A release under way that a restored index has lost is told until it is asked for again") {
  const Office office;
  furnish(office);
  REQUIRE(place(office, "SAR-1", {"--recording", "a-1"}).status == 0);
  REQUIRE(place(office, "SAR-2", {"--recording", "a-2"}).status == 0);
  const std::string before = office.scratch / "before.db";
  put_back(index_of(office), before);
  REQUIRE(hold(office, {"release", "SAR-1", "--reason", "answered"}).status == 0);
  put_back(before, index_of(office));
  const std::string named = "SAR-1 (in force through " + day(7) + ")";
  const Ended listed = hold(office, {"list"});
  CHECK_ENDED(listed, 1);
  CHECK(contains(listed.err, "the log knows releases of holds that the index has lost: " + named));
  CHECK(contains(listed.err, "expunge hold release SAR-1 --reason TEXT"));
  CHECK_FALSE(contains(listed.err, "SAR-2"));
  const Ended check = office.call({"check"});
  CHECK(contains(check.out, "warning  holds: the log knows releases"));
  CHECK(contains(check.out, "expunge hold release SAR-1 --reason TEXT"));
  CHECK(contains(office.call({"status"}).out, "holds whose release the index has lost: " + named));
  // It keeps, so no run need stop for it.
  CHECK_FALSE(contains(office.call({"plan"}).out, "(holds)"));
  SECTION("released again") {
    CHECK_ENDED(hold(office, {"release", "SAR-1", "--reason", "answered"}), 0);
    CHECK(list(office).at("holds").at(0).at("state") == "ending");
  }
  SECTION("kept") {
    CHECK_ENDED(hold(office, {"keep", "SAR-1"}), 0);
    CHECK(list(office).at("holds").at(0).at("state") == "in-force");
  }
  CHECK_ENDED(hold(office, {"list"}), 0);
  CHECK_FALSE(contains(office.call({"check"}).out, " holds: "));
  CHECK_FALSE(contains(office.call({"status"}).out, "has lost"));
}

TEST_CASE(
    "A taken-back release that a restored index has under way again is told until it is kept") {
  const Office office;
  furnish(office);
  REQUIRE(place(office, "SAR-1", {"--recording", "a-1"}).status == 0);
  REQUIRE(place(office, "SAR-2", {"--recording", "a-2"}).status == 0);
  REQUIRE(hold(office, {"release", "SAR-1", "--reason", "answered"}).status == 0);
  REQUIRE(hold(office, {"release", "SAR-2", "--reason", "answered"}).status == 0);
  // Released and not kept is what log and index both have.
  CHECK_ENDED(hold(office, {"list"}), 0);
  CHECK_FALSE(contains(office.call({"check"}).out, " holds: "));
  CHECK_ENDED(office.call({"explain", "a-1"}), 0);
  const std::string before = office.scratch / "before.db";
  put_back(index_of(office), before);
  REQUIRE(hold(office, {"keep", "SAR-1"}).status == 0);
  CHECK_ENDED(hold(office, {"list"}), 0);
  put_back(before, index_of(office));
  const std::string named = "SAR-1 (by the index in force through " + day(7) + ")";
  const std::string text =
      "the log knows that releases of holds were taken back, which the index has lost: " + named;
  const Ended listed = hold(office, {"list"});
  CHECK_ENDED(listed, 1);
  CHECK(contains(listed.err, text + ": expunge hold keep SAR-1; the index may be a restored"));
  CHECK_FALSE(contains(listed.err, "SAR-2"));
  const Ended check = office.call({"check"});
  CHECK(contains(check.out, "warning  holds: " + text));
  CHECK(contains(check.out, "expunge hold keep SAR-1"));
  CHECK(contains(office.call({"status"}).out,
                 "holds whose release was taken back, which the index has lost: " + named));
  // Until the index ends it, no run need stop for it.
  CHECK_FALSE(contains(office.call({"plan"}).out, "(holds)"));
  const Ended told = office.call({"explain", "a-1"});
  CHECK_ENDED(told, 1);
  CHECK(contains(told.err, "no letter is written about a-1: " + text + "; expunge hold keep"));
  CHECK(told.out.starts_with("\nFor the office, not for a letter\n"));
  SECTION("kept") {
    CHECK_ENDED(hold(office, {"keep", "SAR-1"}), 0);
    CHECK(list(office).at("holds").at(0).at("state") == "in-force");
  }
  SECTION("kept, and released again") {
    CHECK_ENDED(hold(office, {"keep", "SAR-1"}), 0);
    CHECK_ENDED(hold(office, {"release", "SAR-1", "--reason", "answered"}), 0);
    CHECK(list(office).at("holds").at(0).at("state") == "ending");
  }
  CHECK_ENDED(hold(office, {"list"}), 0);
  CHECK_FALSE(contains(office.call({"check"}).out, " holds: "));
  CHECK_FALSE(contains(office.call({"status"}).out, "has lost"));
  CHECK_ENDED(office.call({"explain", "a-1"}), 0);
}

TEST_CASE("A release that was taken back and given again is told where the index has the first") {
  Council council(machine_time(-hours{2}).c_str());
  council.add("young", machine_time(-days_of(30)), "young.wav", "audio");
  council.place_hold("SAR-1", of_recording("young"));
  using Kind = audit::HoldChange::Kind;
  council.release_hold("SAR-1", on_day(5));
  const CouncilProgram program(council);
  CHECK_ENDED(program.call({"hold", "list"}), 0);
  council.set_clock(machine_time(-hours{1}).c_str());
  log(council, {Kind::keep, "SAR-1", "sar", "officer"});
  log(council, {Kind::release, "SAR-1", "sar", "officer", base::parse_date(on_day(9))});
  const Ended listed = program.call({"hold", "list"});
  CHECK_ENDED(listed, 1);
  CHECK(contains(listed.err, "SAR-1 (by the index in force through " + on_day(4) +
                                 "; by the log released again since)"));
  CHECK(contains(listed.err,
                 "expunge hold keep SAR-1, and then release again (expunge hold "
                 "release) SAR-1"));
}

TEST_CASE("A taken-back request for a release that awaits confirmation in the index is told") {
  Council council(machine_time(-hours{2}).c_str());
  council.add("young", machine_time(-days_of(30)), "young.wav", "audio");
  council.place_hold("SAR-1", of_recording("young"));
  {
    auto index = council.open_index();
    archive::Index::Writing writing(index);
    writing.release_hold("SAR-1", {"answered", "officer", council.now(), std::nullopt});
    writing.commit();
  }
  using Kind = audit::HoldChange::Kind;
  log(council, {Kind::release, "SAR-1", "sar", "officer", {}, true});
  const CouncilProgram program(council);
  CHECK_ENDED(program.call({"hold", "list"}), 0);
  council.set_clock(machine_time(-hours{1}).c_str());
  log(council, {Kind::keep, "SAR-1", "sar", "officer"});
  const Ended listed = program.call({"hold", "list"});
  CHECK_ENDED(listed, 1);
  CHECK(contains(listed.err, "SAR-1 (by the index to be confirmed): expunge hold keep SAR-1"));
  CHECK_ENDED(program.call({"hold", "keep", "SAR-1"}), 0);
  CHECK_ENDED(program.call({"hold", "list"}), 0);
}

TEST_CASE("A release that the log does not know is not called one that was taken back") {
  const Office office;
  furnish(office);
  REQUIRE(place(office, "SAR-1", {"--recording", "a-1"}).status == 0);
  REQUIRE(hold(office, {"release", "SAR-1", "--reason", "answered"}).status == 0);
  REQUIRE(hold(office, {"keep", "SAR-1"}).status == 0);
  const auto release_in_index = [&] {
    test::sql_run(index_of(office),
                  "UPDATE hold SET released_at = '" + machine_time(hours{1}).substr(0, 19) +
                      ".000Z', effective_on = '" + day(8) + "', release_user = 'officer'");
  };
  release_in_index();
  CHECK_ENDED(hold(office, {"list"}), 0);
  CHECK_FALSE(contains(office.call({"check"}).out, " holds: "));
  CHECK_FALSE(contains(office.call({"status"}).out, "has lost"));
  CHECK_ENDED(office.call({"explain", "a-1"}), 0);
  // Nor where an interruption kept from the log that it was taken back.
  REQUIRE(hold(office, {"keep", "SAR-1"}).status == 0);
  REQUIRE(hold(office, {"release", "SAR-1", "--reason", "answered"}).status == 0);
  test::sql_run(index_of(office),
                "UPDATE hold SET released_at = NULL, effective_on = NULL, release_user = '',"
                " release_reason = ''");
  CHECK_FALSE(contains(hold(office, {"list"}).err, "taken back"));
}

TEST_CASE("A release that ended is told where a restored index has lost it") {
  Council council(machine_time(-days_of(10)).c_str());
  NEEDS_A_DISK(council);
  settle(council);
  const std::string before = council.scratch / "before.db";
  council.place_hold("SAR-2", of_recording("young"));
  put_back(council.index_path, before);
  council.release_hold("SAR-1", on_day(-8));
  const bool run_since = GENERATE(true, false);
  CAPTURE(run_since);
  council.set_clock(machine_time(-days_of(7)).c_str());
  if (run_since) static_cast<void>(council.run());
  put_back(before, council.index_path);
  const CouncilProgram program(council);
  const Ended listed = program.call({"hold", "list"});
  CHECK_ENDED(listed, 1);
  CHECK(contains(listed.err, "that the index has lost: SAR-1 (ended); what these cover is kept"));
  CHECK_FALSE(contains(listed.err, "SAR-2"));
  CHECK(contains(program.call({"status"}).out, "release the index has lost: SAR-1 (ended)"));
  CHECK_ENDED(program.call({"hold", "release", "SAR-1", "--reason", "answered"}), 0);
  CHECK_ENDED(program.call({"hold", "list"}), 0);
}

TEST_CASE(
    "A hold that an interruption kept from the log is not called one whose release was lost") {
  const Office office;
  furnish(office);
  REQUIRE(place(office, "SAR-1", {"--recording", "a-1"}).status == 0);
  test::sql_run(index_of(office),
                "INSERT INTO hold(reference, kind, reason, user, placed_at, review_on)"
                " SELECT 'SAR-2', kind, reason, user, placed_at, review_on FROM hold");
  CHECK_ENDED(hold(office, {"list"}), 0);
  CHECK_FALSE(contains(office.call({"check"}).out, " holds: "));
  CHECK_FALSE(contains(office.call({"status"}).out, "has lost"));
  CHECK(contains(place(office, "SAR-2", {"--recording", "a-1"}).err, "kept it from the log"));
}

TEST_CASE(
    "A hold placed since one of its name was released is not called one whose release was lost") {
  Council council(machine_time(-days_of(10)).c_str());
  NEEDS_A_DISK(council);
  settle(council);
  council.release_hold("SAR-1", on_day(-8));
  council.set_clock(machine_time(-days_of(7)).c_str());
  static_cast<void>(council.run());
  // An index from before the first one, in which somebody then placed another, and was interrupted.
  test::sql_run(council.index_path,
                "DELETE FROM hold_scope; UPDATE hold SET erased = 0, released_at = NULL,"
                " effective_on = NULL, release_user = '', placed_at = '" +
                    machine_time().substr(0, 19) + ".000Z'");
  const CouncilProgram program(council);
  CHECK_ENDED(program.call({"hold", "list"}), 0);
}

TEST_CASE("The confirmation of a release that a restored index has lost is given again") {
  Council council(machine_time(-hours{2}).c_str());
  council.add("young", machine_time(-days_of(30)), "young.wav", "audio");
  council.place_hold("SAR-1", of_recording("young"));
  {
    auto index = council.open_index();
    archive::Index::Writing writing(index);
    writing.release_hold("SAR-1", {"answered", "officer", council.now(), std::nullopt});
    writing.commit();
  }
  using Kind = audit::HoldChange::Kind;
  log(council, {Kind::release, "SAR-1", "sar", "officer", {}, true});
  const CouncilProgram program(council);
  CHECK_ENDED(program.call({"hold", "list"}), 0);
  log(council, {Kind::confirm, "SAR-1", "sar", "other", base::parse_date(on_day(5))});
  const Ended listed = program.call({"hold", "list"});
  CHECK_ENDED(listed, 1);
  CHECK(contains(listed.err, "SAR-1 (in force through " + on_day(4) + ")"));
  CHECK(contains(listed.err, "expunge hold release SAR-1 --confirm"));
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
