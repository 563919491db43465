// How things stand, and the story of one recording.

#include "plan/status.h"
#include "support/catch.h"
#include "support/council.h"
#include "support/council_program.h"
#include "support/office.h"
#include "support/status.h"

using namespace expunge;
using test::alarms_of;
using test::contains;
using test::Council;
using test::CouncilProgram;
using test::Ended;
using test::here;
using test::hour_of;
using test::Office;
using test::status_of;

namespace {

const std::string kAudio(6000, 'a');

}  // namespace

TEST_CASE("Status raises the alarm while no run has ended complete") {
  const Office office;
  const Ended status = office.call({"status"});
  CHECK_ENDED(status, 1);
  CHECK(contains(status.out, "Last run       none yet"));
  CHECK(contains(status.out, "Alarm silence: "));
  const Ended quiet = office.call({"--quiet", "status"});
  CHECK(quiet.status == 1);
  CHECK(quiet.out.rfind("Alarm silence: ", 0) == 0);
}

TEST_CASE("Status is content after a complete run and alarmed when the next is missing") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  for (const bool is_recent : {true, false}) {
    CAPTURE(is_recent);
    const std::string then = hour_of(is_recent ? 1 : 2, is_recent ? 23 : 1);
    Council council(then.c_str());
    council.host = here();  // else the brake host is on, and all is not well
    council.add("old", hour_of(400, 12), "old.wav", kAudio);
    council.add("new", hour_of(3, 12), "new.wav", kAudio);
    REQUIRE(council.approve_and_run().outcome == run::Outcome::complete);
    const CouncilProgram program(council);
    const nlohmann::json status = status_of(program);
    INFO(status.dump(2));
    CHECK(status.at("format") == "expunge-status/1");
    CHECK(status.at("last_run").at("end").at("destroyed") == 1);
    CHECK(status.at("last_complete").at("outcome") == "complete");
    CHECK(status.at("recordings") == 1);
    CHECK(status.at("due").at("recordings") == 0);
    CHECK(alarms_of(status) ==
          (is_recent ? std::vector<std::string>{} : std::vector<std::string>{"silence"}));
    const Ended text = program.call({"status"});
    CHECK_ENDED(text, is_recent ? 0 : 1);
    CHECK(contains(text.out, "All is well.") == is_recent);
    CHECK_ENDED(program.call({"--quiet", "status"}), is_recent ? 0 : 1);
  }
}

TEST_CASE("Status shows the call that a brake stopped, until a run goes ahead") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  Council council(hour_of(1, 23).c_str());
  council.host = here();
  council.add("old", hour_of(400, 12), "old.wav", kAudio);
  REQUIRE(council.run().outcome == run::Outcome::braked);
  const CouncilProgram program(council);
  const std::string text = program.call({"status"}).out;
  INFO(text);
  CHECK(contains(text, "Last run       none yet\n"));
  CHECK(contains(text, ", stopped by a brake before it began: first-run"));
  CHECK(status_of(program).at("last_braked").at("brakes").at(0) == "first-run");
  REQUIRE(council.approve_and_run().outcome == run::Outcome::complete);
  CHECK_FALSE(contains(program.call({"status"}).out, "stopped by a brake"));
  CHECK_FALSE(status_of(program).contains("last_braked"));
}

TEST_CASE("After a run that the brake root stopped a person is needed until a run goes ahead") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  namespace fs = std::filesystem;
  Council council(hour_of(1, 23).c_str());
  council.host = here();
  council.add("old", hour_of(400, 12), "old.wav", kAudio);
  REQUIRE(council.approve_and_run().outcome == run::Outcome::complete);
  // 12 months and a day: due since today or yesterday, whatever the year.
  council.add("due", hour_of(367, 12), "due.wav", kAudio);
  const CouncilProgram program(council);
  const std::string stopped =
      "the brake root stopped the last call, and no run has gone ahead since (expunge check)";
  const std::string gone =
      "no directory is at archive.root, " + council.root + ", and no run can begin (expunge check)";
  const auto needed = [&] { return program.call({"status"}).out; };
  fs::rename(council.root, council.root + ".away");
  CHECK(contains(needed(), "A person is needed: " + gone + ".\n"));
  CHECK(status_of(program).at("needs").at(0).at("name") == "root");
  fs::create_directory(council.root);
  CHECK(contains(needed(), "All is well."));  // nobody but a run and check looks what it is
  REQUIRE(council.run().outcome == run::Outcome::braked);
  CHECK(contains(needed(), "A person is needed: " + stopped + ".\n"));
  const nlohmann::json need = status_of(program).at("needs").at(0);
  CHECK(need.at("name") == "brakes");
  CHECK(need.at("command") == "check");
  CHECK(contains(program.call({"explain", "due"}).out,
                 "  brake       a brake is on: root; expunge check says how to go on\n"));
  council.safety.max_count = 0;
  CHECK(council.run().brakes.size() == 2);
  const CouncilProgram changed(council);
  CHECK(contains(changed.call({"explain", "due"}).out,
                 "  brake       brakes are on: share, root; expunge plan, and for root expunge "
                 "check, say how to go on\n"));
  council.safety.max_count.reset();
  fs::remove(council.root);
  CHECK(contains(needed(), "A person is needed: " + stopped + "; " + gone + ".\n"));
  fs::rename(council.root + ".away", council.root);
  CHECK(contains(needed(), "A person is needed: " + stopped + ".\n"));
  REQUIRE(council.run().tally.destroyed == 1);
  CHECK(contains(needed(), "All is well."));
  CHECK(status_of(program).at("needs").empty());
}

TEST_CASE("Status counts as overdue what is past its period by more than three days") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  Council council(hour_of(1, 23).c_str());
  council.add("first", hour_of(900, 12), "first.wav", kAudio);
  REQUIRE(council.approve_and_run().outcome == run::Outcome::complete);
  const CouncilProgram program(council);
  SECTION("What is due since yesterday is backlog") {
    // 12 months and a day: due since today or yesterday, whatever the year.
    council.add("fresh", hour_of(367, 12), "fresh.wav", kAudio);
    const nlohmann::json status = status_of(program);
    CHECK(status.at("due").at("recordings") == 1);
    CHECK(status.at("overdue").at("recordings") == 0);
    CHECK(alarms_of(status).empty());
  }
  SECTION("What is due since a week is overdue") {
    council.add("late", hour_of(373, 12), "late.wav", kAudio);
    const nlohmann::json status = status_of(program);
    CHECK(status.at("overdue").at("recordings") == 1);
    CHECK(status.at("overdue").at("bytes") == kAudio.size());
    CHECK(status.at("oldest_overdue") == status.at("oldest_due_day"));
    CHECK(alarms_of(status) == std::vector<std::string>{"overdue"});
    const Ended text = program.call({"status"});
    CHECK_ENDED(text, 1);
    CHECK(contains(text.out, "Alarm overdue: 1 recording is past its period by more than"));
    CHECK_FALSE(contains(text.out, "Last complete  complete"));
    // The plan, to which the alarm sends its reader, says so too.
    const std::string plan = program.call({"plan"}).out;
    CHECK(contains(plan, "Past their period by more than 3 days: 1, the oldest since " +
                             status.at("oldest_overdue").get<std::string>()));
    CHECK(contains(plan, "\nDue\n  Recording  Department"));
    const auto json = nlohmann::json::parse(program.call({"plan", "--format", "json"}).out);
    CHECK(json.at("overdue") == status.at("overdue"));
    CHECK(json.at("oldest_overdue") == status.at("oldest_overdue"));
  }
  SECTION("A date that cannot be true makes nothing overdue") {
    council.add("odd", "1999-10-15T09:00:00Z", "odd.wav", kAudio);
    const nlohmann::json status = status_of(program);
    CHECK(status.at("overdue").at("recordings") == 0);
    CHECK(alarms_of(status).empty());
  }
  SECTION("What a hold keeps is not") {
    council.add("asked-for", hour_of(500, 12), "asked.wav", kAudio);
    council.place_hold("SAR-1", {"asked-for", "", "", {}, {}});
    const nlohmann::json status = status_of(program);
    CHECK(status.at("held").at("recordings") == 1);
    CHECK(status.at("overdue").at("recordings") == 0);
    CHECK(alarms_of(status).empty());
  }
}

TEST_CASE("What a hold kept until yesterday rings no alarm before a run could destroy it") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  Council council(hour_of(20, 2).c_str());
  council.host = here();
  council.add("first", hour_of(900, 12), "first.wav", kAudio);
  REQUIRE(council.approve_and_run().outcome == run::Outcome::complete);
  council.add("asked-for", hour_of(500, 12), "asked.wav", kAudio);
  council.place_hold("SAR-1", {"asked-for", "", "", {}, {}});
  council.set_clock(hour_of(1, 3).c_str());
  REQUIRE(council.run().outcome == run::Outcome::complete);
  const CouncilProgram program(council);
  const std::string today = status_of(program).at("today");
  council.release_hold("SAR-1", today);
  const auto overdue_in = [](const nlohmann::json& json) {
    return json.at("overdue").at("recordings").get<int>();
  };
  nlohmann::json status = status_of(program);
  INFO(status.dump(2));
  CHECK(status.at("due").at("recordings") == 1);
  CHECK(overdue_in(status) == 0);
  CHECK(contains(program.call({"status"}).out, "Overdue        0 by more than 3 days\n"));
  const auto plan = nlohmann::json::parse(program.call({"plan", "--format", "json"}).out);
  CHECK(overdue_in(plan) == 0);
  {  // Once nobody knows what it kept, the alarm says so.
    archive::Index index = archive::Index::open(council.index_path, archive::Index::Access::write,
                                                council.log_place.origin);
    archive::Index::Writing writing(index);
    writing.erase_ended_holds(*base::parse_date(today));
    writing.commit();
  }
  status = status_of(program);
  CHECK(overdue_in(status) == 1);
  CHECK(contains(program.call({"status"}).out,
                 "see expunge plan; a hold ended today, and what it kept until now may be among "
                 "these: the index has forgotten what that was, and the next run destroys it.\n"));
  // Once the night's run has gone by, no order of the day brings that back.
  council.add("odd", hour_of(900, 12), "odd.wav", kAudio, "Parking");
  council.add("young", hour_of(9, 12), "young.wav", kAudio);
  council.set_clock(test::machine_time().c_str());
  CHECK(council.run().tally.destroyed == 1);
  const auto told = [&] { return program.call({"status"}).out; };
  CHECK(contains(told(), "see expunge plan"));
  CHECK_FALSE(contains(told(), "a hold ended today"));
  CHECK_ENDED(
      program.call({"destroy", "young", "--ground", "erasure", "--authority", "E-1", "--yes"}), 0);
  CHECK_FALSE(contains(told(), "a hold ended today"));
  // But one that ended at once, after that run, no run has seen yet.
  council.place_hold("SAR-2", {"odd", "", "", {}, {}});
  council.set_clock(test::machine_time(std::chrono::seconds{1}).c_str());
  council.release_hold("SAR-2", today);
  archive::Index index = archive::Index::open(council.index_path, archive::Index::Access::write,
                                              council.log_place.origin);
  archive::Index::Writing writing(index);
  writing.erase_ended_holds(*base::parse_date(today));
  writing.commit();
  CHECK(contains(told(), "a hold ended today"));
}

TEST_CASE("Status counts as not destroyed only what nobody has put right since") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  Council council(test::machine_time(-std::chrono::minutes{5}).c_str());
  council.host = here();
  council.add("gone", hour_of(500, 12), "gone.wav", kAudio);
  council.add("young", hour_of(9, 12), "young.wav", kAudio);
  std::filesystem::remove(council.path("gone.wav"));
  static_cast<void>(council.approve_and_run());
  const CouncilProgram program(council);
  const auto told = [&] { return program.call({"status"}).out; };
  CHECK_FALSE(contains(told(), "could not be destroyed"));
  CHECK(contains(told(), "lacks a file"));
  test::spill(council.path("gone.wav"), kAudio);
  CHECK_ENDED(program.call({"correct", "gone", "--as-found", "--authority", "A-1"}), 0);
  CHECK_FALSE(contains(told(), "could not be destroyed"));
  CHECK_FALSE(contains(told(), "lacks a file"));
}

TEST_CASE("Status writes nothing and does not speak of a log that does not verify") {
  Council council(hour_of(1, 23).c_str());
  council.add("old", hour_of(400, 12), "old.wav", kAudio);
  const CouncilProgram program(council);
  const std::string before = test::picture_of(council.scratch / "");
  CHECK_ENDED(program.call({"status"}), 1);
  CHECK(test::picture_of(council.scratch / "") == before);
  const std::string log = council.log_place.directory + "/log.jsonl";
  std::string bytes = test::slurp(log);
  bytes[bytes.size() / 2] ^= 1;
  test::spill(log, bytes);
  const Ended status = program.call({"status"});
  CHECK_ENDED(status, 4);
  CHECK(status.out.empty());
}

TEST_CASE("The story of a recording says in sentences what became of it and no more") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  Council council("2026-11-24T02:00:00Z");
  council.add("gone", "2025-11-20T10:00:00Z", "2025/07700900123.wav", kAudio, "Customer Services",
              "07700 900123");
  council.add("asked", "2025-11-21T10:00:00Z", "2025/b.wav", kAudio);
  council.place_hold("POLICE-7", {"asked", "", "", {}, {}});
  REQUIRE(council.approve_and_run().outcome == run::Outcome::complete);
  CouncilProgram program(council);
  program.set("notice.contact", "dpo@council.example");
  const auto letter_of = [&](const char* id) {
    const Ended ended = program.call({"explain", id});
    CHECK_ENDED(ended, 0);
    std::string letter = ended.out.substr(0, ended.out.find("For the office"));
    std::replace(letter.begin(), letter.end(), '\n', ' ');
    return letter;
  };
  const std::string gone = letter_of("gone");
  INFO(gone);
  CHECK(contains(gone,
                 "This is the recording of a call to Customer Services, made on 20 November "
                 "2025. It was to be kept for 12 months, through 20 November 2026. It was kept "
                 "longer, until 24 November 2026. It was past its day before the present log of "
                 "destructions was begun, on 24 November 2026: of the time before that day this "
                 "log knows nothing. On 24 November 2026 it was destroyed"));
  CHECK(contains(gone, "read back"));
  CHECK(contains(gone, "dpo@council.example"));
  CHECK_FALSE(contains(gone, "07700"));
  const std::string asked = letter_of("asked");
  INFO(asked);
  CHECK(contains(asked,
                 "It had not been destroyed when, on 24 November 2026, an order to keep it "
                 "came into force; since then it is kept by that order."));
  CHECK_FALSE(contains(asked, "POLICE"));
  CHECK_FALSE(contains(asked, ".wav"));
  CHECK(contains(program.call({"explain", "asked"}).out, "POLICE-7"));
}

TEST_CASE("No story says that a recording was destroyed when its entry does not verify") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  Council council("2026-11-24T02:00:00Z");
  council.add("gone", "2025-11-20T10:00:00Z", "a.wav", kAudio);
  REQUIRE(council.approve_and_run().outcome == run::Outcome::complete);
  const CouncilProgram program(council);
  CHECK_ENDED(program.call({"explain", "gone"}), 0);
  const std::string log = council.log_place.directory + "/log.jsonl";
  std::string text = test::slurp(log);
  text.replace(text.find("\"bytes\":6000"), 12, "\"bytes\":6001");
  test::spill(log, text);
  const Ended ended = program.call({"explain", "gone"});
  CHECK_ENDED(ended, 4);
  CHECK(ended.out.empty());
}
