// Of what is due and has no file: what plan, run, hold and status say of it, and until when.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/council_program.h"
#include "support/office.h"
#include "support/page_text.h"
#include "support/tried_nights.h"

using namespace expunge;
using namespace expunge::test;
using namespace expunge::test::tried_nights;
using Json = nlohmann::json;

TEST_CASE("Plan and run exit with 1 for a missing file until somebody acknowledges it") {
  Nights nights;
  NEEDS_A_DISK(nights);
  nights.holder.reset();
  spill(nights.council.path("long.wav"), kAudio);
  std::filesystem::remove(nights.council.path("open.wav"));
  nights.council.set_clock(machine_time(-std::chrono::hours{1}).c_str());
  CHECK(nights.council.run().tally.missing == 1);
  const std::string kFound = "Due, and a file is missing: 1 recording";
  const std::string kNone = "No recording needs attention that nobody has acknowledged.";
  for (const char* format : {"table", "csv", "json", "html"}) {
    CHECK_ENDED(nights.call({"plan", "--format", format}), 1);
  }
  CHECK_ENDED(nights.call({"run", "--dry-run"}), 1);
  CHECK_ENDED(nights.call({"run", "--quiet"}), 1);
  Ended page = nights.call({"plan", "--format", "html"});
  check_all_in(
      page.out,
      {kFound, "1 recording is due, with a file that was missing when a run last looked for it.",
       "What to do: find out who moved or deleted it"});
  CHECK_FALSE(contains(page.out, kNone));
  CHECK_FALSE(contains(page.out, "Tried, and not destroyed"));
  const Ended table = nights.call({"plan"});
  INFO(table.out);
  check_all_in(table.out, {"Need attention: 1: not understood 0, due with a file missing 1.\n",
                           "\nNeeds attention\n", "       1  missing-file: find out who moved"});
  CHECK(contains(nights.call({"explain", "open"}).out, "what to do  find out who moved"));
  CHECK(nights.json().at("needs_attention") == 1);
  CHECK(nights.json().at("needs_attention_known") == 0);
  CHECK(nights.json().at("due_without_file").at("recordings") == 1);
  CHECK(nights.planned("open").contains("missing"));
  CHECK(contains(nights.planned("open").at("remedy"), "expunge acknowledge ID"));
  CHECK_ENDED(nights.call({"acknowledge", "open", "--until", Office::days_ago(-20).substr(0, 10),
                           "--reason", "x"}),
              0);
  for (const char* format : {"table", "csv", "json", "html"}) {
    CHECK_ENDED(nights.call({"plan", "--format", format}), 0);
  }
  CHECK_ENDED(nights.call({"run", "--quiet"}), 0);
  page = nights.call({"plan", "--format", "html"});
  CHECK(contains(page.out, kNone));
  CHECK(contains(page.out, "Acknowledged: 1 recording"));
  CHECK_FALSE(contains(page.out, kFound));
  CHECK(nights.json().at("needs_attention_known") == 1);
  CHECK(contains(nights.call({"plan"}).out, "\nNeeds attention, and acknowledged\n"));
  CHECK(contains(nights.call({"explain", "open"}).out,
                 "put it back under its path: each run looks again, and destroys what it finds\n"));
}

TEST_CASE(
    "A missing file is told and counted alike when a hold is placed until it is acknowledged") {
  Nights nights;
  NEEDS_A_DISK(nights);
  nights.holder.reset();
  spill(nights.council.path("long.wav"), kAudio);
  std::filesystem::remove(nights.council.path("open.wav"));
  nights.council.set_clock(machine_time(-std::chrono::hours{1}).c_str());
  REQUIRE(nights.council.run().tally.missing == 1);
  const Ended placed = nights.call(
      {"hold", "place", "SAR-2", "--kind", "sar", "--reason", "asked", "--recording", "open"});
  CHECK_ENDED(placed, 0);
  const std::string kOfThese = "Of these, with a file missing when a run last looked for it: 1. ";
  CHECK(contains(placed.out, kOfThese));
  const Ended shown = nights.call({"hold", "show", "SAR-2", "--recordings"});
  check_all_in(
      shown.out,
      {kOfThese, "open  held; one of its files was missing when a run last looked for it\n"});
  CHECK_FALSE(contains(nights.call({"hold", "show", "SAR-1", "--recordings"}).out, "missing"));
  for (const char* format : {"table", "csv", "json", "html"}) {
    CHECK_ENDED(nights.call({"plan", "--format", format}), 1);
  }
  const std::string kRemedy = "No run looks for it before it is due and nothing holds it";
  const Ended table = nights.call({"plan"});
  INFO(table.out);
  check_all_in(table.out,
               {"Held or not yet due, with a file missing when a run last looked for it: 1. No run "
                "looks for these",
                "Need attention: 1: not understood 0, held or not yet due with a file missing 1.\n",
                "\nNeeds attention\n", "       1  missing-file: find out who moved", kRemedy});
  check_all_in(unwrapped(nights.call({"plan", "--format", "html"}).out),
               {"Held or not yet due, and a file is missing: 1 recording",
                "1 recording is held or not yet due, with a file that was missing", kRemedy});
  CHECK(contains(nights.call({"plan", "--format", "csv"}).out, kRemedy));
  CHECK(contains(nights.call({"explain", "open"}).out, kRemedy));
  CHECK(nights.json().at("needs_attention") == 1);
  CHECK(nights.json().at("needs_attention_known") == 0);
  CHECK(nights.json().at("due_without_file").at("recordings") == 0);
  CHECK(nights.json().at("not_due_without_file").at("recordings") == 1);
  CHECK(nights.planned("open").at("verdict") == "held");
  CHECK(nights.planned("open").contains("missing"));
  const auto status = [&] { return nights.call({"status"}).out; };
  check_all_in(status(), {"1: not understood 0, held or not yet due with a file missing 1 (",
                          "A person is needed: 1 recording is held or not yet due, and lacks a "
                          "file (expunge plan).\n"});
  const Json json = Json::parse(nights.call({"status", "--json"}).out);
  CHECK(json.at("not_due_without_file").at("recordings") == 1);
  CHECK(json.at("needs").at(0).at("name") == "missing-not-due");
  const Ended run = nights.call({"run"});
  CHECK_ENDED(run, 1);
  CHECK(contains(run.out, ", need attention 1"));
  CHECK(contains(run.err,
                 "recordings held or not yet due, with a file missing when a run last "
                 "looked for it: 1; expunge plan says which"));
  const std::vector<std::string> acknowledge = {
      "acknowledge", "open", "--until", Office::days_ago(-20).substr(0, 10), "--reason", "x"};
  const Ended known = nights.call(acknowledge);
  CHECK_ENDED(known, 0);
  CHECK(contains(known.out, "1 (missing-file: 1)"));
  for (const char* format : {"table", "csv", "json", "html"}) {
    CHECK_ENDED(nights.call({"plan", "--format", format}), 0);
  }
  CHECK(nights.json().at("needs_attention_known") == 1);
  const Ended quiet = nights.call({"run"});
  CHECK_ENDED(quiet, 0);
  CHECK(contains(quiet.out, ", need attention 1 (acknowledged 1)"));
  CHECK(contains(status(), "All is well.\n"));
  CHECK(contains(nights.call({"explain", "open"}).out,
                 "nothing holds it (expunge check --index does), so that this is told until, when "
                 "it is back, somebody says so: expunge correct ID --as-found --authority "
                 "REFERENCE\n"));
  // Said with the file in its place, nothing is missing any more.
  const std::vector<std::string> as_found = {"correct", "open", "--as-found", "--authority",
                                             "CR-1"};
  CHECK_ENDED(nights.call(as_found), 2);
  spill(nights.council.path("open.wav"), kAudio);
  CHECK_ENDED(nights.call(as_found), 0);
  CHECK_FALSE(contains(nights.call({"explain", "open"}).out, "not found in its place"));
  CHECK_FALSE(nights.planned("open").contains("missing"));
  CHECK(nights.json().at("not_due_without_file").at("recordings") == 0);
  CHECK_ENDED(nights.call(as_found), 2);
}

TEST_CASE("Status tells what a run could not destroy for a missing file once") {
  Nights nights;
  NEEDS_A_DISK(nights);
  nights.council.add("gone", Office::days_ago(380), "gone.wav", kAudio);
  std::filesystem::remove(nights.council.path("gone.wav"));
  nights.council.set_clock(machine_time(-std::chrono::hours{1}).c_str());
  REQUIRE(nights.council.run().tally.failed == 3);
  const auto told = [&](const char* of_gone) {
    const std::string status = nights.call({"status"}).out;
    INFO(status);
    CHECK(
        contains(status, "A person is needed: 2 recordings could not be destroyed (expunge log "));
    CHECK(contains(status, of_gone));
  };
  told("; 1 recording is due and lacks a file (expunge plan).\n");
  CHECK_ENDED(nights.call({"hold", "place", "SAR-2", "--kind", "sar", "--reason", "asked",
                           "--recording", "gone"}),
              0);
  told("; 1 recording is held or not yet due, and lacks a file (expunge plan).\n");
}
