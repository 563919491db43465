// That `expunge explain` writes no letter from an index that is behind the log, and what it says
// where the configuration asks for approvals.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "support/catch.h"
#include "support/council_program.h"
#include "support/office.h"
#include "support/page_text.h"

using namespace expunge;
using namespace expunge::test;

namespace {

constexpr const char* kOnceApproved = ", once a person has approved the plan that has it.";
constexpr const char* kOnceAnotherApproved =
    ", once a person other than the one who ordered it has approved the plan that has it.";

const std::string kAudio(9000, 'A');

#define NEEDS_A_DISK(council) \
  if (!(council).can_destroy()) SKIP_TEST("no file system here that overwrites in place")

void copy_over(const std::string& from, const std::string& to) {
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
}

/// Nothing before what is for the office; one line says why.
std::string barred(const Council& council, const std::string& id) {
  const Ended told = CouncilProgram(council).call({"explain", id});
  CHECK_ENDED(told, 1);
  CHECK(told.out.starts_with("\nFor the office, not for a letter\n"));
  CHECK(contains(told.out, "\nLog\n"));
  CHECK(std::count(told.err.begin(), told.err.end(), '\n') == 1);
  CHECK(told.err.starts_with("expunge: no letter is written about " + id + ": "));
  return told.err;
}

}  // namespace

TEST_CASE("No letter is written from an index that is older than the log's word on a recording") {
  Council council(machine_time(-std::chrono::minutes{30}).c_str());
  NEEDS_A_DISK(council);
  council.add("gone", Office::days_ago(500), "gone.wav", kAudio);
  council.add("young", Office::days_ago(3), "young.wav", kAudio);
  const std::string older = council.scratch / "older.db";
  copy_over(council.index_path, older);
  CHECK(council.approve_and_run().tally.destroyed == 1);
  CHECK_ENDED(CouncilProgram(council).call({"explain", "gone"}), 0);
  CHECK_ENDED(CouncilProgram(council).call({"explain", "young"}), 0);
  copy_over(older, council.index_path);
  const std::string why = barred(council, "gone");
  CHECK(contains(why,
                 " of the log says that it was destroyed or removed, which the index does "
                 "not know; and the index is older than the log"));
  CHECK(contains(why, "put the newest index back"));
  // Of another one too: nobody knows what else that index lacks.
  CHECK(contains(barred(council, "young"), ": the index is older than the log"));
}

TEST_CASE("No letter says that nothing keeps a recording when the index has lost a hold") {
  Council council(machine_time(-std::chrono::minutes{30}).c_str());
  council.add("young", Office::days_ago(3), "young.wav", kAudio);
  const std::string older = council.scratch / "older.db";
  copy_over(council.index_path, older);
  CHECK_ENDED(CouncilProgram(council).call({"hold", "place", "SAR-7", "--kind", "sar", "--reason",
                                            "asked for", "--recording", "young"}),
              0);
  CHECK_ENDED(CouncilProgram(council).call({"explain", "young"}), 0);
  copy_over(older, council.index_path);
  CHECK(contains(barred(council, "young"),
                 "the log knows holds in force that the index has lost, or takes for ended: SAR-7; "
                 "place again, "));
}

TEST_CASE("The configuration decides whether a letter speaks of an approval") {
  Council council(machine_time().c_str());
  council.add("due", Office::days_ago(500), "due.wav", kAudio);
  council.add("young", Office::days_ago(3), "young.wav", kAudio);
  council.order("young", "erasure");
  CouncilProgram program(council);
  const auto asks = [&](const std::string& id) {
    const Ended told = program.call({"explain", id});
    CHECK_ENDED(told, 0);
    return contains(unwrapped(told.out), kOnceApproved);
  };
  const auto asks_another = [&](const std::string& id) {
    return contains(unwrapped(program.call({"explain", id}).out), kOnceAnotherApproved);
  };
  CHECK_FALSE(asks("due"));
  CHECK_FALSE(asks("young"));
  program.set("run.approval", "required");
  CHECK(asks("due"));
  CHECK_FALSE(asks("young"));
  program.set("run.approval", "two-person");
  CHECK(asks("due"));
  CHECK(asks_another("young"));
}

TEST_CASE("The letter asks for no approval that was given, and for one that does not have it") {
  Council council(machine_time().c_str());
  council.add("due", Office::days_ago(500), "due.wav", kAudio);
  council.add("ordered", Office::days_ago(3), "ordered.wav", kAudio);
  council.order("ordered", "erasure", "ERA/1", "officer");
  CouncilProgram program(council);
  const auto told = [&](const std::string& id) {
    const Ended ended = program.call({"explain", id});
    CHECK_ENDED(ended, 0);
    return unwrapped(ended.out);
  };
  const auto asks = [&](const std::string& id) { return contains(told(id), kOnceApproved); };
  const auto asks_another = [&](const std::string& id) {
    return contains(told(id), kOnceAnotherApproved);
  };
  const auto says_given = [&](const std::string& id) {
    return contains(told(id), ", as a person has approved.");
  };
  SECTION("by one person") {
    program.set("run.approval", "required");
    CHECK(asks("due"));
    council.approve();
    council.add("later", Office::days_ago(501), "later.wav", kAudio);
    CHECK(says_given("due"));
    CHECK_FALSE(asks("due"));
    CHECK(asks("later"));
    CHECK_FALSE(says_given("later"));
    // A newer yes to another plan takes the place of that one, as in a run.
    council.place_hold("SAR-1", {"due", "", "", {}, {}});
    council.approve();
    council.release_hold("SAR-1");
    CHECK(says_given("later"));
    CHECK(asks("due"));
  }
  SECTION("by two, and not by who ordered it") {
    program.set("run.approval", "two-person");
    council.approve();
    CHECK(asks("due"));  // it was not given under that rule
    council.rule = run::Approval::two_person;
    council.approve();
    CHECK(says_given("due"));
    CHECK(asks_another("ordered"));
    council.approver = "other";
    council.approve();
    CHECK(says_given("due"));
    CHECK(says_given("ordered"));
    council.log_import("other");
    CHECK(says_given("due"));
    CHECK(asks_another("ordered"));
  }
}

TEST_CASE("An approval that is no longer good for the next run is asked for again by the letter") {
  Council council(machine_time(-std::chrono::days{7} + std::chrono::minutes{1}).c_str());
  council.add("due", Office::days_ago(500), "due.wav", kAudio);
  council.approve();
  CouncilProgram program(council);
  program.set("run.approval", "required");
  program.set("run.at", machine_time(std::chrono::hours{1}).substr(11, 5));
  CHECK(contains(unwrapped(program.call({"explain", "due"}).out), kOnceApproved));
}

TEST_CASE("For a day past its seven an approval is none, in the plan and in the letter") {
  Council council(machine_time(-std::chrono::hours{1}).c_str());
  council.add("due", Office::days_ago(500), "due.wav", kAudio);
  council.approve();
  CouncilProgram program(council);
  program.set("run.approval", "required");
  const auto day = [](int days) {
    return machine_time(std::chrono::hours{24 * days}).substr(0, 10);
  };
  for (const int days : {3, 10}) {
    const bool is_good = days < 7;
    const Ended planned = program.call({"plan", "--as-of", day(days)});
    CHECK(contains(planned.out, "Will be destroyed, as approved: 1") == is_good);
    const Ended told = program.call({"explain", "due", "--as-of", day(days)});
    CHECK(contains(unwrapped(told.out), ", as a person has approved.") == is_good);
  }
}

TEST_CASE("On a hold's last day letter and office name it both, and tonight's run is the next") {
  Council council(machine_time().c_str());
  council.add("due", Office::days_ago(500), "due.wav", kAudio);
  council.approve();
  council.place_hold("SAR-1", {"due", "", "", {}, {}});
  const base::CivilDate tomorrow{std::chrono::sys_days{council.today()} + std::chrono::days{1}};
  council.release_hold("SAR-1", base::to_text(tomorrow));
  CouncilProgram program(council);
  program.set("run.at", "00:00");  // so that the next run is tomorrow's, whatever the time is
  const Ended told = program.call({"explain", "due"});
  CHECK_ENDED(told, 0);
  const auto office = told.out.find("For the office");
  const std::string letter = unwrapped(told.out.substr(0, office));
  CHECK(contains(letter, ", an order to keep it came into force; since then it is kept by that "));
  CHECK(contains(letter, "and is to be destroyed by the next nightly run, on "));
  CHECK_FALSE(contains(letter, "SAR-1"));
  CHECK(contains(told.out.substr(office), "  hold        SAR-1 (sar), since "));
  CHECK(contains(told.out.substr(office),
                 "released, in force through " + base::to_text(council.today())));
  CHECK(
      contains(told.out.substr(office), "  verdict     on " + base::to_text(tomorrow) + ": due: "));
}

TEST_CASE(
    "While a brake is on a letter names no day and no run, and the office is told the brake") {
  Council council(machine_time(-std::chrono::minutes{30}).c_str());
  NEEDS_A_DISK(council);
  council.host = machine_name();
  council.add("due", Office::days_ago(500), "due.wav", kAudio);
  council.add("ordered", Office::days_ago(3), "ordered.wav", kAudio);
  council.add("young", Office::days_ago(3), "young.wav", kAudio);
  council.order("ordered", "erasure");
  CouncilProgram program(council);
  const auto told = [&](const std::string& id) {
    const Ended ended = program.call({"explain", id});
    CHECK_ENDED(ended, 0);
    const auto office = ended.out.find("For the office");
    return std::pair{unwrapped(ended.out.substr(0, office)), ended.out.substr(office)};
  };
  const std::string settled =
      "a person has to look at something that stops every run. Once that is settled, it is to be "
      "destroyed by the nightly run.";
  const auto is_stopped = [&](const std::string& brake) {
    const auto [due, of_due] = told("due");
    CHECK(contains(due, "It has not been destroyed yet: before that " + settled));
    const auto [ordered, of_ordered] = told("ordered");
    CHECK(contains(ordered, "It is still there; its destruction was ordered, on the ground: "));
    CHECK(contains(ordered, ". Before that is done " + settled));
    for (const std::string& letter : {due, ordered}) {
      CHECK_FALSE(contains(letter, "next nightly run"));
      CHECK_FALSE(contains(letter, brake));
    }
    for (const std::string& office : {of_due, of_ordered}) {
      CHECK(contains(office,
                     "  brake       a brake is on: " + brake + "; expunge plan says how to go on"));
    }
  };
  const auto goes = [&](const std::string& id) {
    const auto [letter, office] = told(id);
    CHECK(contains(letter, "the next nightly run, on "));
    CHECK_FALSE(contains(letter, "stops every run"));
    CHECK_FALSE(contains(office, "  brake  "));
  };
  SECTION("the first run's, until a plan that has it is approved") {
    is_stopped("first-run");
    CHECK_FALSE(contains(told("young").second, "  brake  "));
    council.approve();
    goes("due");
    goes("ordered");
    council.add("later", Office::days_ago(501), "later.wav", kAudio);
    const auto [letter, office] = told("later");
    CHECK(
        contains(letter,
                 "is to be by a nightly run, and not the next one, which goes by a plan that does "
                 "not have it."));
    CHECK(contains(office, "  brake       first-run: passed by an approval that is not for this"));
    // One that covers nothing of what is due lifts no brake.
    council.place_hold("HELD-1", {"due", "", "", {}, {}});
    council.place_hold("HELD-2", {"ordered", "", "", {}, {}});
    const std::string stopped = "something that stops every run";
    CHECK(contains(told("later").first, stopped));
    CHECK_FALSE(contains(told("later").second, "passed by an approval"));
    CHECK(contains(program.call({"plan"}).out, "Brake first-run"));
  }
  SECTION("and another one's after the first run") {
    council.add("first", Office::days_ago(600), "first.wav", kAudio);
    council.place_hold("HELD", {"due", "", "", {}, {}});
    council.place_hold("HELD-2", {"ordered", "", "", {}, {}});
    CHECK(council.approve_and_run().tally.destroyed == 1);
    council.release_hold("HELD", base::to_text(council.today()));
    council.release_hold("HELD-2", base::to_text(council.today()));
    SECTION("what stopped the last call of run") {
      goes("due");
      council.safety.max_count = 1;
      CHECK(council.run().outcome == run::Outcome::braked);
      is_stopped("share");
      council.approve();
      goes("due");
    }
    SECTION("what the configuration says otherwise than the log") {
      program.set("retention.department", "Customer Services: 11 months");
      is_stopped("policy");
    }
  }
}

TEST_CASE("A letter knows the brake of the clock that no run has met yet as the plan knows it") {
  Council council(machine_time(-std::chrono::minutes{30}).c_str());
  council.safety.max_clock_step = std::chrono::days{7};
  council.add("due", Office::days_ago(500), "due.wav", kAudio);
  council.approve();
  const CouncilProgram program(council);
  const auto is_stopped = [&] {
    CHECK(program.planned_brakes() == std::vector<std::string>{"clock"});
    const Ended told = program.call({"explain", "due"});
    CHECK_ENDED(told, 0);
    CHECK(contains(unwrapped(told.out),
                   "before that a person has to look at something that stops every run."));
    CHECK_FALSE(contains(told.out, "next nightly run"));
    CHECK(contains(told.out, "  brake       a brake is on: clock; expunge plan says how"));
  };
  is_stopped();
  // Neither what is odd proves the clock right, nor what is too old.
  council.add("strange", Office::days_ago(1), "strange.wav", kAudio, "Housing");
  council.add("ahead", Office::days_ago(-40), "ahead.wav", kAudio);
  council.add("old", Office::days_ago(20), "old.wav", kAudio);
  is_stopped();
  council.add("young", Office::days_ago(2), "young.wav", kAudio);
  CHECK(program.planned_brakes().empty());
  const Ended told = program.call({"explain", "due"});
  CHECK(contains(unwrapped(told.out), "the next nightly run, on "));
  CHECK_FALSE(contains(told.out, "  brake  "));
}
