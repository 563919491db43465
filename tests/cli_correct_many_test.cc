// `expunge correct` of many at once, and by what an import says. Through the program.

#include <nlohmann/json.hpp>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/office.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::Office;

namespace {

using Words = std::vector<std::string>;

constexpr const char* kCalls = "Customer Services";
constexpr const char* kRevenues = "Revenues and Benefits";

std::string index_of(const Office& office) {
  return office.scratch / "office/index.db";
}

std::string log_of(const Office& office) {
  return test::slurp(office.scratch / "office/log/log.jsonl");
}

std::string of(const Office& office, const std::string& id, const std::string& column) {
  return test::sql_value(index_of(office),
                         "SELECT " + column + " FROM recording WHERE id = '" + id + "'");
}

std::string cause_of(const Office& office, const std::string& id) {
  const auto plan = nlohmann::json::parse(office.call({"plan", "--format", "json", "--all"}).out);
  for (const auto& each : plan["recordings"]) {
    if (each["recording"] == id) return each["cause"];
  }
  return "";
}

struct Row {
  std::string id, department, date, subject = "01632960001", call = "";
};

Ended import_rows(const Office& office, const std::vector<Row>& rows) {
  std::string text = "id,department,recorded_at,path,subject,call_id\n";
  for (const Row& row : rows) {
    text += row.id + "," + row.department + "," + row.date + "," + row.id + ".wav," + row.subject +
            "," + row.call + "\n";
  }
  return office.call({"import", "-"}, text);
}

Ended correct(const Office& office, const Words& more, const std::string& input = "") {
  Words words = {"correct", "--authority", "CR-12"};
  words.insert(words.end(), more.begin(), more.end());
  return office.call(words, input);
}

/// Three that the first import has of the wrong department and a day late, as the second finds.
void import_twice(const Office& office) {
  std::vector<Row> wrong, right;
  for (const char* id : {"r1", "r2", "r3"}) {
    wrong.push_back({id, kRevenues, Office::days_ago(366)});
    right.push_back({id, kCalls, Office::days_ago(400)});
  }
  CHECK_ENDED(import_rows(office, wrong), 0);
  CHECK_ENDED(import_rows(office, right), 1);
}

}  // namespace

TEST_CASE("Many recordings are put right at once as an import says they are") {
  const Office office;
  import_twice(office);
  const Ended ended =
      correct(office, {"-", "--as-imported", "--expect", "3"}, "r1\r\nr2\nr3\nr1\n");
  CHECK_ENDED(ended, 0);
  CHECK(contains(ended.out, "Recordings put right: 3. On "));
  CHECK(contains(ended.out, ": due: 3.\nWhat is due is due at once: "));
  for (const char* id : {"r1", "r2", "r3"}) {
    CHECK(of(office, id, "department") == kCalls);
    CHECK(of(office, id, "recorded_at") == Office::days_ago(400));
    CHECK(of(office, id, "contradiction").empty());
    CHECK(contains(log_of(office), std::string("\"department\":\"Customer Services\"")));
    CHECK(contains(log_of(office), "\"recording\":\"" + std::string(id) + "\""));
  }
  CHECK_ENDED(office.call({"log", "verify"}), 0);
  // What either import said it may say again, and a third value is attention.
  CHECK_ENDED(import_rows(office, {{"r1", kRevenues, Office::days_ago(366)}}), 0);
  CHECK_ENDED(import_rows(office, {{"r2", kCalls, Office::days_ago(400)}}), 0);
  CHECK_ENDED(import_rows(office, {{"r3", kCalls, Office::days_ago(399)}}), 1);
}

TEST_CASE("Of many recordings all are put right or none") {
  const Office office;
  import_twice(office);
  CHECK_ENDED(import_rows(office, {{"fine", kCalls, Office::days_ago(3)}}), 0);
  const std::string before = log_of(office);
  const auto refused = [&](const Words& words, const std::string& input, const std::string& why) {
    const Ended ended = correct(office, words, input);
    CHECK_ENDED(ended, 2);
    CHECK(contains(ended.err, why));
    CHECK(log_of(office) == before);
    CHECK(of(office, "r1", "department") == kRevenues);
  };
  refused({"-", "--as-imported"}, "r1\nr2\n", "would put right: 2; nothing was changed; if that");
  refused({"-", "--as-imported", "--expect", "3"}, "r1\nr2\n", "say so: --expect 2");
  refused({"-", "--as-imported", "--expect", "three"}, "r1\n", "--expect takes a number");
  refused({"-", "--as-imported", "--expect", "0"}, "\n", "standard input names no recording");
  refused({"--as-imported"}, "", "the id is missing");
  refused({"r1", "nobody", "--as-imported"}, "", "knows no recording nobody; nothing was changed");
  refused({"r1", "fine", "--as-imported"}, "",
          "recording fine: no import says anything against it; nothing was changed");
  // Of all that cannot, at once.
  for (const char* why :
       {"recording nobody; nothing was changed\n", "recording fine: no import says anything",
        "correct: of 3 recordings, those that cannot be put right so: 2; nothing was changed"}) {
    refused({"nobody", "fine", "r1", "--as-imported"}, "", why);
  }
  refused({"r1", "fine", "--as-indexed"}, "", "recording fine: no import says anything");
  refused({"r1", "--as-imported", "--as-indexed"}, "", "--as-indexed says that the index is right");
  refused({"r1", "--as-imported", "--department", kCalls}, "", "give it alone");
}

TEST_CASE("What an import says that would be attention again is not taken from it") {
  const Office office;
  CHECK_ENDED(import_rows(office, {{"odd", kRevenues, Office::days_ago(30)},
                                   {"late", kRevenues, Office::days_ago(30)},
                                   {"early", kRevenues, Office::days_ago(30)}}),
              0);
  CHECK_ENDED(import_rows(office, {{"odd", "Housing", Office::days_ago(30)},
                                   {"late", kRevenues, Office::days_ago(-9)},
                                   {"early", kRevenues, "1960-01-01T10:00:00Z"}}),
              1);
  // A date that keeps it longer an ordinary import does not take either, but says.
  for (const auto& [id, why] : std::vector<std::pair<std::string, std::string>>{
           {"odd",
            "what is said against it is that it is of 'Housing', which the retention schedule does "
            "not"},
           {"late", "the date that is said against it is in the future"},
           {"early", "the date that is said against it is before retention.earliest"}}) {
    const Ended ended = correct(office, {id, "--as-imported"});
    CHECK_ENDED(ended, 2);
    CHECK(contains(ended.err, "recording " + id + ": " + why));
    CHECK(cause_of(office, id) == "contradicted");
  }
}

TEST_CASE("As imported settles date and department and leaves whose call it is in doubt") {
  const Office office;
  CHECK_ENDED(import_rows(office, {{"r1", kRevenues, Office::days_ago(30)}}), 0);
  CHECK_ENDED(import_rows(office, {{"r1", kCalls, Office::days_ago(30), "01632960999"}}), 1);
  const Ended ended = correct(office, {"r1", "--as-imported"});
  CHECK_ENDED(ended, 0);
  CHECK(contains(ended.out, "Recording r1: department Customer Services, recorded "));
  CHECK(cause_of(office, "r1") == "contradicted");
  CHECK_FALSE(contains(of(office, "r1", "contradiction"), "department"));
  const Ended again = correct(office, {"r1", "--as-imported"});
  CHECK_ENDED(again, 2);
  CHECK(contains(again.err, "whose call it is goes by --subject, --agent or --call"));
}

TEST_CASE("No bulk of corrections takes one recording of it out of a hold") {
  const Office office;
  import_twice(office);
  CHECK_ENDED(office.call({"hold", "place", "COMP-1", "--kind", "complaint", "--reason", "asked",
                           "--from", Office::days_ago(367).substr(0, 10), "--to",
                           Office::days_ago(365).substr(0, 10), "--department", kRevenues}),
              0);
  CHECK_ENDED(office.call({"hold", "place", "SAR-2", "--kind", "sar", "--reason", "asked",
                           "--recording", "r1"}),
              0);
  const Ended refused = correct(office, {"r1", "r2", "--as-imported"});
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err,
                 "recording r2: then the hold COMP-1 would cover it no more; nothing was changed"));
  CHECK(of(office, "r1", "department") == kRevenues);
  // The other hold names it, and so keeps it whatever is right.
  CHECK_ENDED(correct(office, {"r1", "--as-imported"}), 0);
  CHECK(cause_of(office, "r1") == "under-hold");
}

TEST_CASE("Several files are taken as they are found all or none") {
  const Office office;
  const std::string head = "id,department,recorded_at,path,bytes\n";
  const auto rows = [&](const std::string& bytes) {
    std::string text = head;
    for (const char* id : {"a", "b"}) {
      text += std::string(id) + ",Customer Services," + Office::days_ago(500) + "," + id + ".wav," +
              bytes + "\n";
    }
    return text;
  };
  CHECK_ENDED(office.call({"import", "-"}, rows("4000")), 0);
  CHECK_ENDED(office.call({"import", "-"}, rows("5000")), 1);
  office.write("a.wav", std::string(5000, 'A'));
  const Ended missing = correct(office, {"a", "b", "--as-found"});
  CHECK_ENDED(missing, 2);
  CHECK(contains(missing.err, "b.wav"));
  CHECK(cause_of(office, "a") == "contradicted");
  office.write("b.wav", std::string(5000, 'B'));
  CHECK_ENDED(correct(office, {"a", "b", "--as-found"}), 0);
  CHECK(cause_of(office, "a") == "period-over");
  CHECK(cause_of(office, "b") == "period-over");
}
