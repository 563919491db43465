// Imports through the program.

#include "support/catch.h"
#include "support/night_office.h"
#include "support/office.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::furnish;
using test::Office;

TEST_CASE("A bad row stops an import whole unless it is told to skip") {
  const Office office;
  std::string csv = furnish(office);
  csv += "bad-1,Customer Services,yesterday,e.wav,\n";
  Ended ended = office.call({"import", "-"}, csv);
  CHECK_ENDED(ended, 2);
  CHECK(contains(ended.err, "line 6"));
  CHECK_ENDED(office.call({"explain", "old-1"}), 2);
  ended = office.call({"import", "--skip-bad", "-"}, csv);
  CHECK_ENDED(ended, 1);
  CHECK(contains(ended.out, "recordings added: 4"));
  CHECK_ENDED(office.call({"explain", "old-1"}), 0);
}

TEST_CASE("The same import twice changes nothing and each is logged") {
  const Office office;
  const std::string csv = furnish(office);
  CHECK(contains(office.call({"import", "-"}, csv).out, "recordings added: 4, changed: 0"));
  const std::string digest = office.digest();
  CHECK(contains(office.call({"import", "-"}, csv).out, "recordings added: 0, changed: 0"));
  CHECK(office.digest() == digest);
  const std::string shown = office.call({"log", "show"}).out;
  const auto first = shown.find(" import ");
  REQUIRE(first != std::string::npos);
  CHECK(shown.find(" import ", first + 1) != std::string::npos);
}

TEST_CASE("JSON Lines and renamed columns and local times import as CSV does") {
  const Office office;
  const std::string json =
      R"({"uniqueid":"j-1","department":"Customer Services","calldate":"2025-10-26 01:30:00","path":"j.wav"})"
      "\n";
  CHECK_ENDED(office.call({"import", "-", "--format", "jsonl", "--column", "id=uniqueid",
                           "--column", "recorded_at=calldate", "--timezone", "Europe/London"},
                          json),
              0);
  CHECK(contains(office.call({"explain", "j-1"}).out, "2025-10-26T01:30:00Z"));
}

TEST_CASE("An id that holds its caller's number is refused and opaque ids hide it") {
  const Office office;
  const std::string csv =
      "id,department,recorded_at,path,subject\n"
      "20251001_01632960001,Customer Services,2025-10-01T10:00:00Z,a.wav,+441632960001\n";
  const Ended refused = office.call({"import", "-"}, csv);
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err, "line 2"));
  CHECK_FALSE(contains(refused.err, "960001"));
  CHECK_ENDED(office.call({"import", "-", "--opaque-ids"}, csv), 0);
  const std::string plan = office.call({"plan", "--format", "csv", "--all"}).out;
  CHECK_FALSE(contains(plan, "960001"));
  CHECK(contains(plan, "\nr-"));
}

TEST_CASE("A changed date is attention until a person says that the index is right") {
  const Office office;
  const std::string csv = furnish(office);
  REQUIRE(office.call({"import", "-"}, csv).status == 0);
  const std::string head = "id,department,recorded_at,path\n";
  const std::string other = head + "old-1,Customer Services," + Office::days_ago(300) + ",a.wav\n";
  CHECK(contains(office.call({"import", "-"}, other).out, "changed: 1"));
  CHECK(contains(office.call({"plan", "--format", "csv"}).out, ",attention,"));
  CHECK(contains(office.call({"explain", "old-1"}).out, "attention"));
  REQUIRE(office.call({"import", "-"}, csv).status == 0);
  CHECK(contains(office.call({"explain", "old-1"}).out, "attention"));
  CHECK(contains(office.call({"explain", "old-1"}).out, "correct ID --as-indexed"));
  CHECK_ENDED(office.call({"correct", "old-1", "--as-indexed", "--authority", "REC-7"}), 0);
  CHECK(contains(office.call({"explain", "old-1"}).out, ": due: kept for "));
  CHECK_ENDED(office.call({"import", "-"}, other), 0);
  CHECK(contains(office.call({"explain", "old-1"}).out, ": due: kept for "));
}
