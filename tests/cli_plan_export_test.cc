// The plan for programs and spreadsheets: CSV whatever the cells hold, JSON as its schema has it.

#include <nlohmann/json.hpp>
#include <sstream>

#include "plan/decision.h"
#include "report/csv.h"
#include "report/plan_report.h"
#include "support/catch.h"
#include "support/hostile_archive.h"
#include "support/json_schema.h"
#include "support/places.h"
#include "support/plan_pages.h"

using namespace expunge;
using namespace expunge::test;
using report::csv_cell;
using report::CsvFor;

namespace {

std::string schema() {
  return slurp(kTestData + "/plan.schema.json");
}

/// The rows of a CSV, as Python's reader has them, strictly.
nlohmann::json rows_of(const std::string& csv) {
  const Ended read =
      run_program({"python3", "-c",
                   "import csv,io,json,sys\n"
                   "text=sys.stdin.buffer.read().decode('utf-8')\n"
                   "print(json.dumps(list(csv.reader(io.StringIO(text,newline=''),strict=True))))"},
                  csv);
  INFO(read.err);
  REQUIRE(read.status == 0);
  return nlohmann::json::parse(read.out);
}

}  // namespace

TEST_CASE("A CSV cell is never a formula whatever it begins with") {
  for (const char* const text : {"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1",
                                 "\uFF1D1+1", "\uFF0B1", "\uFF0D1", "\uFF20x"}) {
    INFO(text);
    const std::string cell = csv_cell(text);
    CHECK((cell.starts_with("'") || cell.starts_with("\"'")));
  }
  CHECK(csv_cell("rec-1") == "rec-1");
  CHECK(csv_cell("a=b") == "a=b");
  CHECK(csv_cell("") == "");
}

TEST_CASE("A CSV cell is quoted as RFC 4180 asks and is UTF-8 whatever it was") {
  CHECK(csv_cell("a,b") == "\"a,b\"");
  CHECK(csv_cell("a\"b") == "\"a\"\"b\"");
  CHECK(csv_cell("a\nb") == "\"a\nb\"");
  CHECK(csv_cell("a\rb") == "\"a\rb\"");
  CHECK(csv_cell("caf\u00e9") == "caf\u00e9");
  CHECK(csv_cell("a\xff\xc3(z") == "a\uFFFD\uFFFD(z");
  CHECK(csv_cell("\xe2\x82") == "\uFFFD\uFFFD");
  CHECK(csv_cell(std::string("a\0b", 3)) == "a\uFFFDb");
}

TEST_CASE("A CSV for a spreadsheet keeps what one would change into a number or a date") {
  for (const char* const text : {"1700000000.120", "20251123143000123456", "007", "1E5", "12/11",
                                 ".5", "SEP1", "Mar-5", "TRUE", "false", " 1", "(5)"}) {
    INFO(text);
    CHECK(csv_cell(text, CsvFor::spreadsheet) == "'" + std::string(text));
    CHECK(csv_cell(text) == text);
  }
  for (const char* const text : {"rec-1", "Customer Services", "Market", "r-0f3a", "True story"}) {
    CHECK(csv_cell(text, CsvFor::spreadsheet) == text);
  }
}

TEST_CASE("The plan's CSV has CRLF at line ends and as many cells in each row") {
  const Office office;
  add_hostile(office);
  add_ordinary(office, 3);
  const Ended ended = office.call({"plan", "--format", "csv", "--all"});
  CHECK_ENDED(ended, 1);
  CHECK(ended.out.starts_with("recording,department,recorded,due,verdict,reason,remedy\r\n"));
  CHECK(ended.out.ends_with("\r\n"));
  if (!has_program("python3")) SKIP_TEST("python3 is not installed, to read CSV with");
  const auto rows = rows_of(ended.out);
  CHECK(rows.size() == 1 + 7 + 3 + 120 + 33);
  for (const auto& row : rows) {
    REQUIRE(row.size() == 7);
    for (const auto& cell : row) {
      const auto text = cell.get<std::string>();
      INFO(text);
      CHECK((text.empty() || std::string("=+-@\t\r").find(text.front()) == std::string::npos));
    }
  }
  CHECK(rows.at(0).at(4) == "verdict");
}

TEST_CASE("The plan's CSV says of each recording what is true of it and not of the one before") {
  const policy::Department departments[] = {{"A", *policy::parse_period("12 months")},
                                            {"B", *policy::parse_period("2 years")}};
  std::vector<archive::Recording> recordings;
  std::vector<plan::Decision> decisions;
  for (int i = 0; i < 96; ++i) {
    archive::Recording& recording = recordings.emplace_back();
    recording.id = "rec-" + std::to_string(i);
    if (i % 6 == 4) recording.state = archive::State::partial;
    if (i % 6 == 5) recording.missing_seq = static_cast<std::uint64_t>(i);
    plan::Decision& decision = decisions.emplace_back();
    decision.department = &departments[i % 2];
    decision.recorded_on = base::parse_date(i < 48 ? "2025-11-23" : "2025-11-24");
    decision.due_day = policy::due_day(*decision.recorded_on, decision.department->period);
    decision.verdict = i % 4 == 3 ? plan::Verdict::due : plan::Verdict::kept;
    decision.cause = i % 4 == 3 ? plan::Cause::period_over : plan::Cause::not_yet;
    if (i % 6 == 3) decision.acknowledged_until = base::parse_date("2027-01-01");
  }
  std::ostringstream together;
  const auto report = report::plan_csv(together, {"", true});
  std::string one_by_one = "recording,department,recorded,due,verdict,reason,remedy\r\n";
  for (std::size_t i = 0; i < recordings.size(); ++i) {
    report->add(recordings[i], decisions[i]);
    std::ostringstream alone;
    report::plan_csv(alone, {"", true})->add(recordings[i], decisions[i]);
    one_by_one += alone.str().substr(alone.str().find('\n') + 1);
  }
  CHECK(together.str() == one_by_one);
}

TEST_CASE("The plan's CSV for a spreadsheet begins with a byte order mark and no other does") {
  const Office office;
  const std::string csv = "id,department,recorded_at,path\n1700000000.120,Customer Services," +
                          Office::days_ago(400) + ",a.wav\n";
  REQUIRE(office.call({"import", "-"}, csv).status == 0);
  CHECK(office.call({"plan", "--format", "csv", "--spreadsheet"})
            .out.starts_with("\xEF\xBB\xBFrecording,department,recorded,due,verdict,reason,remedy"
                             "\r\n'1700000000.120,Customer Services,"));
  CHECK(contains(office.call({"plan", "--format", "csv"}).out, "\n1700000000.120,"));
  CHECK_ENDED(office.call({"plan", "--spreadsheet"}), 2);
}

TEST_CASE("The plan's JSON is as its schema has it whatever the index holds") {
  const Office empty;
  CHECK(schema_fault(schema(), empty.call({"plan", "--format", "json"}).out) == "");
  const Office office;
  add_ordinary(office, 110);
  CHECK(schema_fault(schema(), office.call({"plan", "--format", "json", "--all"}).out) == "");
  approve(office);
  CHECK(schema_fault(schema(), office.call({"plan", "--format", "json"}).out) == "");
  add_hostile(office);
  const std::string hostile = office.call({"plan", "--format", "json", "--all"}).out;
  CHECK(schema_fault(schema(), hostile) == "");
  const auto json = nlohmann::json::parse(hostile);
  std::uint64_t recorded = json.at("without_date").at("recordings");
  for (const auto& month : json.at("recorded"))
    recorded += month.at("recordings").get<std::uint64_t>();
  CHECK(recorded == json.at("recordings").size());
  std::uint64_t falls_due = json.at("falls_due_later").at("recordings");
  for (const auto& month : json.at("falls_due"))
    falls_due += month.at("recordings").get<std::uint64_t>();
  CHECK(falls_due == json.at("total").at("kept").at("recordings"));
}

TEST_CASE("A member that the schema does not describe and one that is missing are faults") {
  const Office office;
  add_ordinary(office, 3);
  auto json = nlohmann::json::parse(office.call({"plan", "--format", "json"}).out);
  auto more = json;
  more["recordings"][0]["more"] = 1;
  CHECK(schema_fault(schema(), more.dump()) == "it.recordings[0].more is not described");
  json["recordings"][0].erase("reason");
  CHECK(contains(schema_fault(schema(), json.dump()), "lacks \"reason\""));
}

TEST_CASE("The plan's JSON is as its schema has it in the eyes of another validator") {
  if (run_program({"python3", "-c", "import jsonschema"}).status != 0) {
    SKIP_TEST("Python's jsonschema is not installed");
  }
  const Office office;
  add_ordinary(office, 3);
  const Ended checked = run_program({"python3", "-c",
                                     "import json,jsonschema,sys\n"
                                     "schema=json.load(open(sys.argv[1]))\n"
                                     "check=jsonschema.Draft202012Validator\n"
                                     "check.check_schema(schema)\n"
                                     "check(schema).validate(json.load(sys.stdin))",
                                     kTestData + "/plan.schema.json"},
                                    office.call({"plan", "--format", "json", "--all"}).out);
  INFO(checked.err);
  CHECK(checked.status == 0);
}
