// Figures and words that a records officer compares: what a run says, what its entry, the status
// and its certificate say, and what the plan promises.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "report/run_report.h"
#include "report/size_text.h"
#include "support/catch.h"
#include "support/council_program.h"
#include "support/office.h"
#include "support/settled_council.h"

using namespace expunge;
using namespace expunge::test;
using namespace expunge::test::settled_council;
using Json = nlohmann::json;

namespace {

std::string days_from_now(int days) {
  return Office::days_ago(-days).substr(0, 10);
}

}  // namespace

TEST_CASE("Sizes are said as far as they are known and never as nothing") {
  using report::counted_text;
  using report::size_text;
  CHECK(size_text({2, 1843244, 0}) == "1.8 MB");
  CHECK(size_text({2, 1843244, 1}) == "at least 1.8 MB");
  CHECK(size_text({2, 0, 2}) == "size not known");
  CHECK(size_text({2, 0, 0}) == "0 B");  // both are empty
  CHECK(counted_text({1234, 0, 1234}) == "1,234 (size not known)");
  CHECK(counted_text({}) == "0");
}

TEST_CASE("An import without sizes is planned and counted without a size") {
  const Office office;
  std::string csv = "id,department,recorded_at,path\n";
  const auto add = [&](const std::string& id, int days) {
    csv += id + ",Customer Services," + Office::days_ago(days) + "," + id + ".wav\n";
  };
  for (const char* id : {"due-1", "due-2", "held-1"}) add(id, 500);
  add("soon-1", 360);
  add("new-1", 1);
  REQUIRE(office.call({"import", "-"}, csv).status == 0);
  REQUIRE(office
              .call({"hold", "place", "SAR-1", "--kind", "sar", "--reason", "x", "--recording",
                     "held-1"})
              .status == 0);
  REQUIRE(office.call({"approve", office.digest(), "--reason", "read"}).status == 0);
  const Ended table = office.call({"plan", "--all"});
  const std::string page = office.call({"plan", "--all", "--format", "html"}).out;
  const Ended status = office.call({"status"});
  INFO(table.out);
  INFO(status.out);
  for (const std::string& text : {table.out, page, status.out}) {
    CHECK_FALSE(contains(text, "(0 B)"));
  }
  CHECK_FALSE(contains(table.out, "0 B"));
  CHECK_FALSE(contains(status.out, "0 B"));
  CHECK(contains(table.out, "1  size not known\n"));  // falls due
  CHECK(contains(page, "2 recordings (size not known) are past their retention period"));
  CHECK(contains(page, "2 recordings (size not known) within the retention period."));
  CHECK(contains(
      status.out,
      "Held           1 (size not known) past their period, or ordered to be destroyed\n"));
  CHECK(contains(status.out, "Backlog        2 (size not known) due"));
  const Json json = Json::parse(office.call({"plan", "--format", "json"}).out);
  CHECK(json.at("total").at("due") == Json::parse(R"({"recordings":2,"bytes":0})"));
  // One more, whose size is known.
  REQUIRE(office
              .call({"import", "-"},
                    "id,department,recorded_at,path,bytes\ndue-3,Customer "
                    "Services," +
                        Office::days_ago(500) + ",due-3.wav,12000000\n")
              .status == 0);
  CHECK(contains(office.call({"status"}).out, "Backlog        3 (at least 12.0 MB) due"));
  CHECK(contains(office.call({"plan", "--format", "html"}).out, "3 recordings (at least 12.0 MB)"));
}

TEST_CASE("A run and its entry and the status and the certificate count attention alike") {
  Settled settled;
  NEEDS_A_DISK(settled);
  Council& council = settled.council;
  settled.add_due("old");
  settled.add_due("gone");
  council.add("odd", Office::days_ago(3), "odd.wav", kAudio, "Nobody's");
  std::filesystem::remove(council.path("gone.wav"));
  council.set_clock(machine_time(-std::chrono::hours{2}).c_str());
  const auto counts_alike = [&](const run::Report& report, std::uint64_t attention,
                                std::uint64_t acknowledged) {
    CHECK(run::attention_in(report) == attention);
    CHECK(run::acknowledged_in(report) == acknowledged);
    const Json end = settled.last("run.end");
    CHECK(end.at("attention") == attention);
    CHECK(end.value("acknowledged", 0U) == acknowledged);
    const std::string known = std::to_string(acknowledged);
    CHECK(contains(report::run_line(report) + ";",
                   "need attention " + std::to_string(attention) +
                       (acknowledged > 0 ? " (acknowledged " + known + ");" : ";")));
    const Ended status = CouncilProgram(council).call({"status"});
    INFO(status.out);
    CHECK(contains(status.out, std::to_string(attention) + " in need of attention" +
                                   (acknowledged > 0 ? " (acknowledged " + known + ")" : "") +
                                   "\n"));
    CHECK(contains(status.out, "Attention      " + std::to_string(attention)));
    const std::string page = settled.certificate(report.run_id);
    CHECK(contains(
        page, "Need attention " + std::to_string(attention) +
                  (acknowledged > 0 ? ", of which acknowledged (a person knew of them): " + known
                                    : " ")));
    return status;
  };
  // The first night: one is missing for the first time, and one is not understood.
  const run::Report first = council.run();
  CHECK(first.tally.destroyed == 1);
  CHECK(first.tally.failed == 1);
  const Ended after_first = counts_alike(first, 2, 0);
  CHECK(after_first.status == 0);  // no alarm
  CHECK(contains(after_first.out,
                 "Attention      2: not understood 1 (9.0 kB), due with a file "
                 "missing 1 (9.0 kB)\n"));
  CHECK_FALSE(contains(after_first.out, "All is well."));
  CHECK(contains(
      after_first.out,
      "A person is needed: 1 recording needs attention, and is not understood (expunge plan); 1 "
      "recording is due and lacks a file (expunge plan).\n"));
  // The second: it is missing still.
  council.set_clock(machine_time(-std::chrono::hours{1}).c_str());
  const Ended after_second = counts_alike(council.run(), 2, 0);
  CHECK_FALSE(contains(after_second.out, "could not be destroyed"));
  CHECK(contains(after_second.out, "A person is needed: 1 recording needs attention, and"));
  // Both are known of: nothing needs a person.
  const CouncilProgram program(council);
  for (const char* id : {"gone", "odd"}) {
    CHECK_ENDED(program.call({"acknowledge", id, "--until", days_from_now(20), "--reason", "x"}),
                0);
  }
  council.set_clock(machine_time(-std::chrono::minutes{30}).c_str());
  const run::Report third = council.run();
  CHECK_FALSE(run::needs_person(third));
  CHECK(contains(counts_alike(third, 2, 2).out, "All is well.\n"));
  // It is back, and goes.
  spill(council.path("gone.wav"), kAudio);
  council.set_clock(machine_time(-std::chrono::minutes{20}).c_str());
  const run::Report fourth = council.run();
  CHECK(fourth.tally.destroyed == 1);
  counts_alike(fourth, 1, 1);
  CHECK(council.log_fault() == "");
}

TEST_CASE("The plan does not promise to destroy what is known to lack its file") {
  Settled settled;
  NEEDS_A_DISK(settled);
  Council& council = settled.council;
  settled.add_due("gone");
  std::filesystem::remove(council.path("gone.wav"));
  council.set_clock(machine_time(-std::chrono::hours{1}).c_str());
  CHECK(council.run().tally.missing == 1);
  CouncilProgram program(council);
  Ended plan = program.call({"plan"});
  INFO(plan.out);
  CHECK(contains(plan.out, "Will be destroyed: 0 of 1 recordings.\n"));
  CHECK(contains(plan.out,
                 "Due, but with a file missing when a run last looked for it: 1. Each run looks "
                 "again, and destroys what it finds;"));
  CHECK(contains(program.call({"plan", "--format", "html"}).out,
                 "0 of 1 recording will be destroyed, and what is found of 1 more, of which a file "
                 "was missing."));
  settled.add_due("there");
  plan = program.call({"plan"});
  CHECK(contains(plan.out, "Will be destroyed: 1 of 2 recordings (9.0 kB).\n"));
  // It stays in the plan: if the file comes back, it is due.
  const Json json = Json::parse(program.call({"plan", "--format", "json"}).out);
  CHECK(json.at("total").at("due").at("recordings") == 2);
  program.set("run.approval", "required");
  CHECK_ENDED(program.call({"approve", json.at("digest"), "--reason", "read"}), 0);
  CHECK(contains(program.call({"plan"}).out,
                 "Will be destroyed, as approved: 1 of 2 recordings; due: 2.\n"));
  CHECK(contains(program.call({"plan", "--format", "html"}).out,
                 " approved, and what is found of 1 more, of which a file was missing; due: 2 of "
                 "2 recordings."));
}

TEST_CASE("Status does not say that all is well of a run that has not ended") {
  Settled settled;
  NEEDS_A_DISK(settled);
  Council& council = settled.council;
  settled.add_due("old");
  council.set_clock(machine_time(-std::chrono::hours{1}).c_str());
  int calls = 0;
  while (run_and_die(council, calls) && council.open_index().journal().empty()) ++calls;
  REQUIRE_FALSE(council.open_index().journal().empty());
  const Ended status = CouncilProgram(council).call({"status"});
  CHECK_ENDED(status, 0);
  CHECK(contains(status.out, "Part way       1 left by an interrupted run; the next finishes "));
  // Where this machine shows all locks, it is certain.
  const bool is_certain = contains(status.out, "; it was interrupted; the next run sees to what");
  CHECK(is_certain == (std::filesystem::read_symlink("/proc/self/ns/pid") == "pid:[4026531836]"));
  CHECK(contains(status.out, is_certain
                                 ? "A person is needed: the last run was interrupted, and the next"
                                 : "No alarm; the last run is on, or was interrupted"));
  CHECK_FALSE(contains(status.out, "All is well."));
}

TEST_CASE("No check takes what an interrupted run began on for a fault") {
  Settled settled;
  NEEDS_A_DISK(settled);
  Council& council = settled.council;
  settled.add_due("old");
  council.set_clock(machine_time(-std::chrono::hours{1}).c_str());
  int calls = 0;
  while (run_and_die(council, calls) && council.open_index().journal().empty()) ++calls;
  REQUIRE_FALSE(council.open_index().journal().empty());
  // As a run leaves it: noise to the end of its last block.
  spill(council.root + "/old.wav", std::string(12288, 'n'));
  CouncilProgram program(council);
  const Ended check = program.call({"check"});
  CHECK(
      contains(check.out, "recordings not looked at, because an interrupted run began on them: 1"));
  CHECK_FALSE(contains(check.out, "size-differs"));
  const Ended compared = program.call({"check", "--index", "--content"});
  CHECK(contains(compared.out, "recordings that an interrupted run began on: 1; "));
  CHECK_FALSE(contains(compared.out, "in the index 9"));
  const Json json = Json::parse(program.call({"check", "--index", "--json"}).out);
  CHECK(json.at("begun") == 1);
  CHECK(json.at("counts").at("size") == 0);
  std::filesystem::remove(council.root + "/old.wav");
  CHECK(Json::parse(program.call({"check", "--index", "--json"}).out).at("counts").at("no-file") ==
        0);
}

TEST_CASE("What was begun on and is held since is said to be left as it is") {
  Settled settled;
  NEEDS_A_DISK(settled);
  Council& council = settled.council;
  settled.add_due("old");
  council.set_clock(machine_time(-std::chrono::hours{1}).c_str());
  int calls = 0;
  while (run_and_die(council, calls) && council.open_index().journal().empty()) ++calls;
  REQUIRE_FALSE(council.open_index().journal().empty());
  CouncilProgram program(council);
  CHECK(contains(program.call({"plan"}).out,
                 "Part way: 1 left by an interrupted run; the next finishes them.\n"));
  CHECK_ENDED(program.call({"hold", "place", "SAR-1", "--kind", "sar", "--reason", "asked",
                            "--recording", "old"}),
              0);
  const std::string words =
      "1 left by an interrupted run: the next finishes 0; held or in need of attention, and left "
      "as they are: 1";
  CHECK(contains(program.call({"status"}).out, words));
  CHECK(contains(program.call({"plan"}).out, words));
  CHECK(contains(program.call({"plan", "--format", "html"}).out, words));
  CHECK(contains(program.call({"plan", "--format", "csv"}).out,
                 "; an interrupted run began on it, and may have overwritten a part of it"));
}
