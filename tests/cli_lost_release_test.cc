// Releases of holds that the log knows, or knows to be taken back, and an index, which is a
// restored backup, has lost.

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
  ask_for_release(council);
  using Kind = audit::HoldChange::Kind;
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

TEST_CASE("A taken-back release is told also where the clock was put back before that") {
  Council council(machine_time(-hours{2}).c_str());
  ask_for_release(council);
  const CouncilProgram program(council);
  council.set_clock(machine_time(-hours{3}).c_str());
  log(council, {audit::HoldChange::Kind::keep, "SAR-1", "sar", "officer"});
  const Ended listed = program.call({"hold", "list"});
  CHECK_ENDED(listed, 1);
  CHECK(contains(listed.err, "SAR-1 (by the index to be confirmed): expunge hold keep SAR-1"));
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

TEST_CASE(
    "A release that is newer than what the log says of its hold is none that was taken back") {
  Council council(machine_time(-hours{3}).c_str());
  council.add("young", machine_time(-days_of(30)), "young.wav", "audio");
  council.place_hold("SAR-1", of_recording("young"));
  using Kind = audit::HoldChange::Kind;
  log(council, {Kind::keep, "SAR-1", "sar", "officer"});
  council.set_clock(machine_time(-hours{2}).c_str());
  {
    auto index = council.open_index();
    archive::Index::Writing writing(index);
    writing.release_hold("SAR-1", {"answered", "officer", council.now(), council.today()});
    writing.commit();
  }
  test::sql_run(council.index_path, "UPDATE hold SET effective_on = '" + on_day(8) + "'");
  // Of another hold, so that the log is newer than that release.
  council.set_clock(machine_time(-hours{1}).c_str());
  council.place_hold("SAR-2", of_recording("young"));
  CHECK_FALSE(contains(CouncilProgram(council).call({"hold", "list"}).err, "taken back"));
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
  ask_for_release(council);
  using Kind = audit::HoldChange::Kind;
  const CouncilProgram program(council);
  CHECK_ENDED(program.call({"hold", "list"}), 0);
  log(council, {Kind::confirm, "SAR-1", "sar", "other", base::parse_date(on_day(5))});
  const Ended listed = program.call({"hold", "list"});
  CHECK_ENDED(listed, 1);
  CHECK(contains(listed.err, "SAR-1 (in force through " + on_day(4) + ")"));
  CHECK(contains(listed.err, "expunge hold release SAR-1 --confirm"));
}

TEST_CASE("A hold that the index has erased and the log has in force is released once more") {
  Council council(machine_time(-hours{2}).c_str());
  settle(council);
  // As of an index whose release an older log, that somebody believed, does not have.
  test::sql_run(council.index_path,
                "DELETE FROM hold_scope; UPDATE hold SET erased = 1, reason = '', release_user = "
                "'dpo', released_at = '" +
                    on_day(-20) + "T10:00:00.000Z', effective_on = '" + on_day(-12) + "'");
  const CouncilProgram program(council);
  const Ended listed = program.call({"hold", "list"});
  CHECK_ENDED(listed, 1);
  CHECK(
      contains(listed.err, "(expunge hold release SAR-1 --reason TEXT) and wait until that takes"));
  CHECK_ENDED(program.call({"hold", "release", "SAR-1", "--reason", "answered"}), 0);
  const Ended released = program.call({"hold", "list"});
  CHECK_ENDED(released, 1);
  CHECK(contains(released.err, "SAR-1 is released and in force through " + on_day(7)));
}
