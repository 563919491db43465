// The end of a hold: its delay, what goes then, and what is forgotten.

#include "support/council.h"
#include "support/council_program.h"
#include "support/hold_office.h"
#include "support/page_text.h"

using namespace expunge;
using namespace expunge::test::hold_office;
using test::contains;
using test::Ended;
using test::Office;

TEST_CASE("What an order waits for is said when the hold is placed and when it is released") {
  const Office office;
  furnish(office);
  REQUIRE(office
              .call({"destroy", "b-1", "--ground", "erasure", "--authority", "E-1", "--tonight",
                     "--yes"})
              .status == 0);
  const Ended placed = place(office, "LIT-1", {"--recording", "b-1"}, "litigation");
  CHECK(
      contains(placed.out,
               "covered now: 1; ordered to be destroyed, and kept as long as it is in force: 1."));
  CHECK(contains(hold(office, {"release", "LIT-1", "--reason", "settled"}).out,
                 "past their period today: 0; ordered to be destroyed: 1."));
}

TEST_CASE("What is past its period and was ordered too counts as both") {
  const Office office;
  furnish(office);
  REQUIRE(office
              .call({"destroy", "a-1", "--ground", "erasure", "--authority", "E-1", "--tonight",
                     "--yes"})
              .status == 0);
  CHECK(contains(place(office, "LIT-1", {"--recording", "a-1", "a-2"}, "litigation").out,
                 "covered now: 2; past their period today: 2; ordered to be destroyed, and kept as "
                 "long as it is in force: 1."));
  CHECK(contains(hold(office, {"release", "LIT-1", "--reason", "settled"}).out,
                 "past their period today: 2; ordered to be destroyed: 1."));
}

TEST_CASE("A release takes effect after its delay and can be taken back until then") {
  const Office office;
  furnish(office);
  REQUIRE(place(office, "SAR-1", {"--subject", "01632 960001"}).status == 0);
  CHECK_ENDED(hold(office, {"keep", "SAR-1"}), 2);
  const Ended early = hold(office, {"release", "SAR-1", "--confirm"});
  CHECK_ENDED(early, 2);
  CHECK(contains(early.err, "one person is enough here"));
  CHECK(contains(early.err, "expunge hold release SAR-1 --reason TEXT"));
  const Ended released = hold(office, {"release", "SAR-1", "--reason", "zebra answered"});
  CHECK_ENDED(released, 0);
  const std::string until = list(office).at("holds").at(0).at("effective");
  CHECK((until == day(8) || until == day(9)));
  // The texts name its last day, and the JSON the first one without it.
  CHECK((contains(released.out, "in force through " + day(7)) ||
         contains(released.out, "in force through " + day(8))));
  CHECK_FALSE(contains(released.out, until));
  CHECK(list(office).at("holds").at(0).at("state") == "ending");
  const std::string through = until == day(8) ? day(7) : day(8);
  CHECK(contains(hold(office, {"list"}).out, "released, in force through " + through));
  CHECK(contains(hold(office, {"show", "SAR-1"}).out, "released, in force through " + through));
  CHECK(contains(test::unwrapped(office.call({"plan", "--format", "html"}).out),
                 "released, in force through " + through));
  CHECK(contains(office.call({"plan", "--format", "csv", "--as-of", through}).out, "SAR-1"));
  CHECK(contains(log_of(office), "\"effective\":\"" + until + "\""));
  CHECK(contains(office.call({"plan", "--format", "csv"}).out, "held by SAR-1"));
  CHECK_FALSE(contains(office.call({"plan", "--format", "csv", "--as-of", until}).out, "SAR-1"));
  CHECK_ENDED(hold(office, {"release", "SAR-1", "--reason", "again"}), 2);
  const Ended needless = hold(office, {"release", "SAR-1", "--confirm"});
  CHECK_ENDED(needless, 2);
  CHECK(contains(needless.err, "it is released already, and nothing is left to confirm"));
  CHECK_FALSE(contains(needless.err, "two persons"));
  CHECK(zebras(office) > 0);
  CHECK_ENDED(hold(office, {"keep", "SAR-1"}), 0);
  CHECK(list(office).at("holds").at(0).at("state") == "in-force");
  CHECK(contains(office.call({"plan", "--format", "csv", "--as-of", until}).out, "held by SAR-1"));
  CHECK_ENDED(hold(office, {"keep", "SAR-1"}), 2);
  CHECK(logged(office, "hold.keep") == 1);
  CHECK_ENDED(office.call({"log", "verify"}), 0);
}

TEST_CASE("Without a delay a release counts at once and leaves nothing of the person") {
  const Office office;
  office.configure("[holds]\nrelease-delay = none\n");
  furnish(office);
  for (const char* id : {"a-1", "b-1"}) REQUIRE(place(office, id, {"--recording", id}).status == 0);
  REQUIRE(place(office, "SAR-1", {"--agent", "zebra"}).status == 1);
  REQUIRE(hold(office, {"review", "SAR-1", "--until", day(60), "--reason", "zebra"}).status == 0);
  for (const char* reference : {"a-1", "b-1", "SAR-1"}) {
    CHECK_ENDED(hold(office, {"release", reference, "--reason", "zebra answered"}), 0);
  }
  CHECK(test::hits(index_of(office), {"zebra"}) == 0);
  CHECK(test::hits(index_of(office) + "-journal", {"zebra"}) == 0);
  const Ended show = hold(office, {"show", "SAR-1"});
  CHECK_ENDED(show, 0);
  CHECK(contains(show.out, "(erased when it ended"));
  CHECK(list(office).at("holds").empty());
  CHECK(list(office, {"--all"}).at("holds").at(2).at("state") == "ended");
  CHECK_FALSE(contains(log_of(office), "zebra"));
  const Ended late = hold(office, {"keep", "SAR-1"});
  CHECK_ENDED(late, 2);
  CHECK(contains(late.err,
                 "its release has taken effect, and what it covered is erased; a new hold keeps "
                 "what is still there: expunge hold place, under another reference, before the "
                 "next run"));
}

TEST_CASE("Without a delay a release counts by the log's clock where that is ahead") {
  if (!test::Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  using std::chrono::hours;
  // A run was by a clock that was three days ahead, and is put right since.
  test::Council council(test::machine_time(hours{72}).c_str());
  council.add("old", test::machine_time(-hours{24 * 500}), "old.wav", "audio");
  council.add("asked", test::machine_time(-hours{24 * 499}), "asked.wav", "audio");
  archive::HoldScope scope;
  scope.recording_id = "asked";
  council.place_hold("SAR-1", scope);
  REQUIRE(council.approve_and_run().tally.destroyed == 1);
  test::CouncilProgram program(council);
  program.set("holds.release-delay", "none");
  const std::string effective = base::to_text(council.today());
  const Ended released = program.call({"hold", "release", "SAR-1", "--reason", "zebra answered"});
  CHECK_ENDED(released, 0);
  const std::string last =
      base::to_text(base::CivilDate{std::chrono::sys_days{council.today()} - std::chrono::days{1}});
  CHECK(contains(released.out, "in force through " + last));
  const Json listed = Json::parse(program.call({"hold", "list", "--json"}).out).at("holds").at(0);
  CHECK(listed.at("state") == "ending");
  CHECK(listed.at("effective") == effective);
  CHECK(contains(program.call({"hold", "show", "SAR-1"}).out, "zebra answered"));  // not erased
  // On the day that it is in truth, the hold keeps what it covers.
  council.set_clock(test::machine_time().c_str());
  run::Request request;
  request.accepted.clock = true;
  CHECK(council.run(request).tally.destroyed == 0);
  CHECK(council.exists("asked.wav"));
  CHECK_ENDED(program.call({"hold", "keep", "SAR-1"}), 0);
}

TEST_CASE("A writing command forgets the person of a hold that ended days ago, a reading one not") {
  if (!test::Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  test::Council council(test::machine_time(std::chrono::hours{-1}).c_str());
  council.add("old", test::machine_time(-std::chrono::hours{24 * 400}), "old.wav", "audio");
  council.add("new", test::machine_time(-std::chrono::hours{24}), "new.wav", "audio");
  archive::HoldScope zebra;
  zebra.agent_key = "zebra";
  council.place_hold("SAR-1", zebra);
  archive::HoldScope recording;
  recording.recording_id = "new";
  council.place_hold("SAR-2", recording);
  REQUIRE(council.approve_and_run().outcome == run::Outcome::complete);
  const auto ended_on = [&](int days_ago) {
    const base::CivilDate day =
        std::chrono::sys_days{council.today()} - std::chrono::days{days_ago};
    return base::to_text(day);
  };
  council.release_hold("SAR-1", ended_on(4));
  const test::CouncilProgram program(council);
  const auto erased = [&](const char* reference) {
    return test::sql_value(council.index_path, std::string("SELECT erased FROM hold WHERE "
                                                           "reference = '") +
                                                   reference + "'") == "1";
  };
  for (const Words& words : std::vector<Words>{
           {"plan"}, {"run", "--dry-run"}, {"hold", "list"}, {"hold", "show", "SAR-1"}}) {
    static_cast<void>(program.call(words));
    CHECK_FALSE(erased("SAR-1"));
  }
  CHECK(contains(program.call({"hold", "show", "SAR-1"}).out, "ended; not in force since "));
  // As an index that was put back may have it, of a release that was taken back since.
  test::sql_run(council.index_path,
                "UPDATE hold SET effective_on = '2020-01-01', released_at = placed_at,"
                " release_user = 'officer' WHERE reference = 'SAR-2'");
  council.place_hold("SAR-4", zebra);
  council.release_hold("SAR-4", ended_on(2));
  CHECK_ENDED(program.call({"hold", "place", "SAR-3", "--kind", "sar", "--reason", "x",
                            "--recording", "new"}),
              0);
  CHECK(erased("SAR-1"));
  CHECK_FALSE(erased("SAR-4"));  // status asks it yet what no run could destroy until now
  CHECK(test::sql_value(council.index_path,
                        "SELECT count(*) FROM hold_scope WHERE reference = 'SAR-1'") == "0");
  CHECK_FALSE(erased("SAR-2"));
}
