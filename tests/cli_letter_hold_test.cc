// What `expunge explain` tells in a letter of orders to keep a recording.

#include "support/catch.h"
#include "support/council_program.h"
#include "support/letters.h"
#include "support/office.h"
#include "support/page_text.h"

using namespace expunge;
using namespace expunge::test;
using namespace expunge::test::letters;

TEST_CASE("Of one that is ordered ahead of its period and held the letter says what stops what") {
  Council council(machine_time().c_str());
  council.add("young", Office::days_ago(3), "young.wav", kAudio);
  council.order("young", "erasure");
  hold(council, "young");
  const std::string told = letter(council, "young");
  CHECK(contains(told, "Its destruction before that day was ordered, on the ground: "));
  CHECK(contains(told, "But that is stopped: one order to keep it is in force since "));
  CHECK_FALSE(contains(told, "It is kept longer"));
}

TEST_CASE("The letter of one that an order keeps past its day does not promise its destruction") {
  Council council(machine_time().c_str());
  council.add("young", Office::days_ago(3), "young.wav", kAudio);
  CHECK(contains(letter(council, "young"), "unless an order to keep it is in force."));
  hold(council, "young");
  const std::string told = letter(council, "young");
  CHECK(contains(told,
                 "It is kept until then; and besides, one order to keep it is in force since "));
  CHECK(contains(told, "It is kept past that day for as long as that order is in force."));
  CHECK_FALSE(contains(told, "it is to be destroyed by the nightly run"));
  CHECK_FALSE(contains(told, "SAR-1"));
  // It has been ended, and keeps for some days yet, all of them before its day.
  const std::string end = Office::days_ago(-10).substr(0, 10);
  council.release_hold("SAR-1", end);
  const std::string ending = letter(council, "young");
  CHECK(contains(ending, "That order has been withdrawn with effect from "));
  CHECK(contains(ending, "unless another order to keep it is in force."));
}

TEST_CASE("The letter of what a hold kept past its period says that it was kept longer") {
  using std::chrono::days;
  Council council(machine_time(-days{12}).c_str());
  NEEDS_A_DISK(council);
  for (const char* id : {"free", "held"}) {
    council.add(id, Office::days_ago(500), std::string(id) + ".wav", kAudio);
  }
  hold(council, "held");
  CHECK(council.approve_and_run().tally.destroyed == 1);
  council.release_hold(
      "SAR-1", base::to_text(base::CivilDate{std::chrono::sys_days{council.today()} + days{4}}));
  council.set_clock(machine_time(-days{6}).c_str());
  CHECK(council.run().tally.destroyed == 1);
  const std::string told = letter(council, "held");
  CHECK(contains(told, "It was to be kept for 12 months, through "));
  CHECK(contains(told,
                 "Since this log was begun, an order to keep recordings for another purpose came "
                 "to an end. A recording that such an order is for is kept until then; whether "
                 "this was one, the log does not say"));
  CHECK(contains(told, "destroyed, as its period was over and no order to keep it was in force: "));
  for (const char* const never : {"SAR-1", "sar", "officer"}) CHECK_FALSE(contains(told, never));
  CHECK_FALSE(contains(letter(council, "free"), "does not say why"));
}

TEST_CASE("The letter of another day counts the orders to keep that are in force on that day") {
  Council council(machine_time().c_str());
  council.add("due", Office::days_ago(500), "due.wav", kAudio);
  council.add("young", Office::days_ago(3), "young.wav", kAudio);
  for (const char* const reference : {"SAR-1", "SAR-2"}) {
    for (const char* const id : {"due", "young"}) {
      council.place_hold(std::string(reference) + "-" + id, {id, "", "", {}, {}});
    }
  }
  for (const char* const reference : {"SAR-1-due", "SAR-1-young"}) {
    council.release_hold(reference, Office::days_ago(-10).substr(0, 10));
  }
  const CouncilProgram program(council);
  const auto letter_of = [&](const char* id, int days_from_now) {
    const std::string told =
        program.call({"explain", id, "--as-of", Office::days_ago(-days_from_now).substr(0, 10)})
            .out;
    return unwrapped(told.substr(0, told.find("For the office")));
  };
  CHECK(contains(letter_of("due", 5), "the earliest of 2 orders to keep it came into force"));
  const std::string later = letter_of("due", 20);
  CHECK(contains(later,
                 ", an order to keep it came into force. Since then it is kept by order: "
                 "through "));
  CHECK(contains(later, " by one that has ended; and one order to keep it is in force since "));
  CHECK(contains(later, "It is kept until a person has ended that order."));
  CHECK(contains(letter_of("young", 5), "besides, 2 orders to keep it are in force"));
  CHECK(contains(letter_of("young", 20), "besides, one order to keep it is in force"));
}

TEST_CASE("A letter does not conclude that nothing kept what an ended hold may have kept") {
  using std::chrono::days;
  Council council(machine_time(-days{40}).c_str());
  council.add("kept", Office::days_ago(500), "kept.wav", kAudio);
  council.place_hold("SAR-1", {"kept", "", "", {}, {}});
  const auto in_days = [&](int count) {
    return base::to_text(base::CivilDate{std::chrono::sys_days{council.today()} + days{count}});
  };
  council.release_hold("SAR-1", in_days(8));
  council.set_clock(machine_time(-days{33}).c_str());
  council.place_hold("SAR-2", {"kept", "", "", {}, {}});
  council.set_clock(machine_time().c_str());
  const std::string known = letter(council, "kept");
  CHECK(contains(known,
                 "an order to keep it came into force. Since then it is kept by order: "
                 "through "));
  CHECK(contains(known, " by one that has ended; and one order to keep it is in force since "));
  // What it was for is forgotten in the end.
  {
    auto index = council.open_index();
    archive::Index::Writing writing(index);
    writing.erase_ended_holds(council.today());
    writing.commit();
  }
  const std::string told = letter(council, "kept");
  CAPTURE(told);
  CHECK(contains(told, "It had not been destroyed when, on "));
  CHECK(contains(told,
                 "Before that, and after it was due, an order to keep recordings was in force "
                 "that has ended; whether it was for this one is not known, since"));
  CHECK_FALSE(contains(told, "SAR"));
}

TEST_CASE("An order of the very day of one that was due is told where a run was on meanwhile") {
  using std::chrono::days;
  Council council(machine_time(-days{6}).c_str());
  NEEDS_A_DISK(council);
  council.add("first", Office::days_ago(500), "first.wav", kAudio);
  CHECK(council.approve_and_run().tally.destroyed == 1);
  council.set_clock(machine_time().c_str());
  const base::CivilDate eve{std::chrono::sys_days{council.today()} - days{1}};
  const auto year_before = eve - std::chrono::years{1};
  if (!year_before.ok()) SKIP_TEST("nothing falls due on this day");
  council.add("kept", base::to_text(year_before) + "T12:00:00Z", "kept.wav", kAudio);
  council.place_hold("SAR-1", {"kept", "", "", {}, {}});
  const bool run = GENERATE(true, false);
  CAPTURE(run);
  if (run) CHECK(council.run().tally.destroyed == 0);
  council.release_hold("SAR-1");
  {
    auto index = council.open_index();
    archive::Index::Writing writing(index);
    writing.erase_ended_holds(council.today());
    writing.commit();
  }
  CouncilProgram program(council);
  program.set("run.at", "00:00");  // so the next is tomorrow's whatever the time is
  const std::string told = unwrapped(program.call({"explain", "kept"}).out);
  INFO(told);
  CHECK(contains(told,
                 "Since it was due, an order to keep recordings was in force that has ended; "
                 "whether it was for this one is not known") == run);
  council.set_clock(machine_time(days{1}).c_str());
  CHECK(council.run().tally.destroyed == 1);
  const Ended page = CouncilProgram(council).call(
      {"log", "certificate", "kept", "--output", council.scratch / ""});
  CHECK_ENDED(page, 0);
  CHECK(contains(unwrapped(slurp(council.scratch / "kept.txt")),
                 "In that time an order to keep recordings for another purpose came to an end") ==
        run);
}

TEST_CASE("No letter names an order that ended at once on the day on which it was placed") {
  using std::chrono::days;
  Council council(machine_time().c_str());
  council.add("kept", Office::days_ago(500), "kept.wav", kAudio);
  council.place_hold("SAR-1", {"kept", "", "", {}, {}});
  council.release_hold("SAR-1");
  const std::string told = unwrapped(CouncilProgram(council).call({"explain", "kept"}).out);
  INFO(told);
  CHECK(contains(told, "It has not been destroyed yet"));
  CHECK_FALSE(contains(told, "it was kept by order"));
}
