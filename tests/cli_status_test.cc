// How things stand, and the story of one recording.

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/time.h"
#include "plan/status.h"
#include "support/catch.h"
#include "support/council.h"
#include "support/council_program.h"
#include "support/office.h"

using namespace expunge;
using test::contains;
using test::Council;
using test::CouncilProgram;
using test::Ended;
using test::Office;

namespace {

/// A day before the machine's, as an instant at that hour.
std::string instant(int days_ago, int hour) {
  using namespace std::chrono;
  const auto today = floor<days>(system_clock::now());
  return base::to_text(sys_seconds{today - days{days_ago} + hours{hour}});
}

const std::string kAudio(6000, 'a');

std::string here() {
  char name[256] = {};
  REQUIRE(::gethostname(name, sizeof name - 1) == 0);
  return name;
}

nlohmann::json status_of(const CouncilProgram& program) {
  return nlohmann::json::parse(program.call({"status", "--json"}).out);
}

std::vector<std::string> alarms_of(const nlohmann::json& status) {
  std::vector<std::string> names;
  for (const auto& alarm : status.at("alarms")) names.push_back(alarm.at("name"));
  return names;
}

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
    const std::string then = instant(is_recent ? 1 : 2, is_recent ? 23 : 1);
    Council council(then.c_str());
    council.host = here();  // else the brake host is on, and all is not well
    council.add("old", instant(400, 12), "old.wav", kAudio);
    council.add("new", instant(3, 12), "new.wav", kAudio);
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
  Council council(instant(1, 23).c_str());
  council.host = here();
  council.add("old", instant(400, 12), "old.wav", kAudio);
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

TEST_CASE("Status says of what was left part way that it was, and not why") {
  plan::Status status;
  status.last_start = audit::RunStarted{};
  status.last_partial = 1;
  plan::judge_needs(status, {}, {}, 0);
  REQUIRE(status.needs.size() == 1);
  CHECK(status.needs.front().message ==
        "the last run could not finish 1 recording of which a part was already overwritten or "
        "removed");
}

TEST_CASE("Status says once of a recording whose file the last run missed that it lacks it") {
  plan::Status status;
  status.last_start = audit::RunStarted{};
  status.last_end = audit::RunEnded{};
  status.last_end->failed = 1;
  status.last_missing = 1;
  status.summary.due_without_file.recordings = 1;
  plan::judge_needs(status, {}, {}, 0);
  REQUIRE(status.needs.size() == 1);
  CHECK(status.needs.front().message == "1 recording is due and lacks a file");
  // One more failed otherwise.
  status.last_end->failed = 2;
  status.needs.clear();
  plan::judge_needs(status, {}, {}, 0);
  REQUIRE(status.needs.size() == 2);
  CHECK(status.needs.front().message == "2 recordings could not be destroyed");
}

TEST_CASE("Status says which run it was where one of some recordings alone came after another") {
  plan::Status status;
  status.last_start = audit::RunStarted{};
  status.last_start->restricted = true;
  audit::RunEnded end;
  end.failed = 1;
  end.run = "night";
  status.last_complete_end = end;
  end.run = "noon";
  status.last_end = end;
  plan::judge_needs(status, {}, {}, 0);
  REQUIRE(status.needs.size() == 2);
  CHECK(status.needs[0].message ==
        "1 recording could not be destroyed by the last run, of some recordings alone");
  CHECK(status.needs[0].command == "log show --run noon");
  CHECK(status.needs[1].message ==
        "1 recording could not be destroyed by the last run over all that was due");
  CHECK(status.needs[1].command == "log show --run night");
  status.last_start->restricted = false;
  status.needs.clear();
  plan::judge_needs(status, {}, {}, 0);
  REQUIRE(status.needs.size() == 1);
  CHECK(status.needs[0].message == "1 recording could not be destroyed");
}

TEST_CASE("Status counts as overdue what is past its period by more than three days") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  Council council(instant(1, 23).c_str());
  council.add("first", instant(900, 12), "first.wav", kAudio);
  REQUIRE(council.approve_and_run().outcome == run::Outcome::complete);
  const CouncilProgram program(council);
  SECTION("What is due since yesterday is backlog") {
    // 12 months and a day: due since today or yesterday, whatever the year.
    council.add("fresh", instant(367, 12), "fresh.wav", kAudio);
    const nlohmann::json status = status_of(program);
    CHECK(status.at("due").at("recordings") == 1);
    CHECK(status.at("overdue").at("recordings") == 0);
    CHECK(alarms_of(status).empty());
  }
  SECTION("What is due since a week is overdue") {
    council.add("late", instant(373, 12), "late.wav", kAudio);
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
    council.add("asked-for", instant(500, 12), "asked.wav", kAudio);
    council.place_hold("SAR-1", {"asked-for", "", "", {}, {}});
    const nlohmann::json status = status_of(program);
    CHECK(status.at("held").at("recordings") == 1);
    CHECK(status.at("overdue").at("recordings") == 0);
    CHECK(alarms_of(status).empty());
  }
}

TEST_CASE("Status writes nothing and does not speak of a log that does not verify") {
  Council council(instant(1, 23).c_str());
  council.add("old", instant(400, 12), "old.wav", kAudio);
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
                 "2025. It was kept for 12 months, through 20 November 2026. On 24 November "
                 "2026 it was destroyed"));
  CHECK(contains(gone, "read back"));
  CHECK(contains(gone, "dpo@council.example"));
  CHECK_FALSE(contains(gone, "07700"));
  const std::string asked = letter_of("asked");
  INFO(asked);
  CHECK(contains(asked,
                 "It is kept longer, by order: one order to keep it is in force since "
                 "24 November 2026."));
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
