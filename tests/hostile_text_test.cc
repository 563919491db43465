// Text from outside, wherever it comes from, on its way to a terminal.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "support/catch.h"
#include "support/hostile_archive.h"
#include "support/loop_image.h"
#include "support/office.h"
#include "support/places.h"

using namespace expunge;
using namespace std::string_literals;
using test::contains;
using test::Ended;
using test::Office;

namespace {

namespace fs = std::filesystem;

/// What a terminal obeys, what forges a line of ours, what reorders text and what nobody sees.
const std::string kHostile =
    "x\x1b[2J\rexpunge: all is well\u202egnp\u2066\u200b\u009b2J\u2028\xff";

Ended checked(const Ended& ended) {
  INFO(base::printable(ended.err));
  CHECK(test::unsafe_in(ended.out) == "");
  CHECK(test::unsafe_in(ended.err) == "");
  CHECK(ended.status < 6);
  return ended;
}

/// Calls with a configuration in which one line is another.
Ended call_with(const Office& office, const std::string& line, const std::string& instead,
                const std::vector<std::string>& words) {
  std::string text = test::slurp(office.config);
  const auto at = text.find(line);
  REQUIRE(at != std::string::npos);
  text.replace(at, text.find('\n', at) - at, instead);
  const std::string changed = office.scratch / "changed.conf";
  test::spill(changed, text);
  std::vector<std::string> all = {"--config", changed};
  all.insert(all.end(), words.begin(), words.end());
  return checked(test::expunge(all));
}

/// Each line of standard error is one that expunge began.
void check_one_message(const Ended& ended) {
  CHECK(ended.err.starts_with("expunge: "));
  CHECK(ended.err.find('\n') == ended.err.size() - 1);
  CHECK(contains(ended.err, "\\x1b[2J"));
}

}  // namespace

TEST_CASE("No value of a configuration reaches a terminal as it is") {
  const Office office;
  struct Case {
    const char* line;
    std::string instead;
  };
  for (const Case& each :
       {Case{"timezone", "timezone = " + kHostile}, Case{"timezone", kHostile + " = 1"},
        Case{"timezone", kHostile}, Case{"department", "department = " + kHostile},
        Case{"department", "department = " + kHostile + ": 12 months"},
        Case{"root", "root = " + kHostile}, Case{"root", "root = /" + kHostile},
        Case{"index", "index = /" + kHostile}, Case{"directory", "directory = /" + kHostile},
        Case{"origin", "origin = " + kHostile}, Case{"key ", "key = /" + kHostile},
        Case{"max-share", "max-share = " + kHostile}, Case{"workers", "workers = " + kHostile},
        Case{"at =", "at = " + kHostile}}) {
    CAPTURE(each.line);
    for (const char* command : {"plan", "run", "check"}) {
      static_cast<void>(call_with(office, each.line, each.instead, {command, "--verbose"}));
    }
    static_cast<void>(call_with(office, each.line, each.instead, {"log", "verify"}));
  }
  const Ended bad = call_with(office, "root", "root = " + kHostile, {"plan"});
  CHECK(bad.status == 2);
  check_one_message(bad);
  const std::string strange = office.scratch / ("line\nbreak" + kHostile + ".conf");
  fs::copy_file(office.config, strange);
  CHECK(checked(test::expunge({"--config", strange, "plan", "--verbose"})).status == 0);
  const Ended gone = checked(test::expunge({"--config", strange + "x", "plan"}));
  CHECK(gone.status == 2);
  check_one_message(gone);
}

TEST_CASE("No word of a command line reaches a terminal as it is") {
  const Office office;
  const std::vector<std::vector<std::string>> calls = {
      {kHostile},
      {"plan", kHostile},
      {"plan", "--format", kHostile},
      {"plan", "--as-of", kHostile},
      {"plan", "--department", kHostile},
      {"plan", "--output", "/nowhere/" + kHostile},
      {"plan", "--" + kHostile},
      {"approve", kHostile, "--reason", kHostile},
      {"run", "--stop-after", kHostile},
      {"explain", kHostile},
      {"hold", kHostile},
      {"hold", "show", kHostile},
      {"hold", "place", kHostile, "--kind", "sar", "--reason", "x", "--recording", "a"},
      {"hold", "place", "A-1", "--kind", kHostile, "--reason", "x", "--recording", "a"},
      {"import", "/nowhere/" + kHostile},
      {"import", "-", "--column", kHostile},
      {"import", "-", "--timezone", kHostile},
      {"log", "show", "--run", kHostile},
      {"log", "verify", "--public-key", "/nowhere/" + kHostile},
      {"init", "/nowhere/" + kHostile, "--root", kHostile}};
  for (const auto& words : calls) {
    INFO(base::printable(fmt::format("{}", fmt::join(words, " "))));
    const Ended ended = checked(office.call(words));
    if (ended.status == 2) CHECK(ended.err.starts_with("expunge: "));
    for (std::size_t at = 0; (at = ended.err.find('\n', at) + 1) != 0 && at < ended.err.size();) {
      CHECK(ended.err.compare(at, 9, "expunge: ") == 0);
    }
  }
}

TEST_CASE("No cell or column of an import file reaches a terminal as it is") {
  const Office office;
  const std::string good = "id,department,recorded_at,path,role,subject,call_id,bytes,sha256\n";
  for (const std::string& csv :
       {kHostile + ",b,c\n1,2,3\n", "id,id," + kHostile + "\n", good + kHostile + ",a,b,c,,,,,\n",
        good + "a," + kHostile + ",b,c,,,,,\n", good + "a,b," + kHostile + ",c,,,,,\n",
        good + "a,b,2025-01-01T00:00:00Z," + kHostile + ",,,,,\n",
        good + "a,b,2025-01-01T00:00:00Z,p," + kHostile + ",,,,\n",
        good + "a,b,2025-01-01T00:00:00Z,p,," + kHostile + ",,,\n",
        good + "a,b,2025-01-01T00:00:00Z,p,,,," + kHostile + ",\n",
        good + "a,b,2025-01-01T00:00:00Z,p,,,,," + kHostile + "\n", good + "\"" + kHostile}) {
    CHECK(checked(office.call({"import", "-"}, csv)).status == 2);
    static_cast<void>(checked(office.call({"import", "-", "--format", "jsonl"}, csv)));
  }
  for (const std::string& json :
       {"{\"" + kHostile + "\":1}\n", R"({"id":"\u001b[2J","department":"d"})"s + "\n",
        R"({"id":"\u001b[2J","department":"d","recorded_at":"\u202e","path":"p"})"s + "\n"}) {
    CHECK(checked(office.call({"import", "-", "--format", "jsonl"}, json)).status == 2);
  }
}

TEST_CASE("No line of a log that somebody has written to reaches a terminal as it is") {
  const Office office;
  const std::string log = office.scratch / "office/log/log.jsonl";
  const std::string before = test::slurp(log);
  const std::string first = before.substr(0, before.find('\n'));
  std::string typed = first;
  typed.replace(typed.find("log.open"), 8, kHostile);
  for (const std::string& line : {kHostile, typed, first.substr(0, first.size() / 2) + kHostile,
                                  "{\"v\":1,\"" + kHostile + "\":{\"a\":\"" + kHostile + "\"}}"}) {
    test::spill(log, before + line + "\n");
    CHECK(checked(office.call({"log", "verify"})).status == 4);
    static_cast<void>(checked(office.call({"log", "show"})));
    CHECK(checked(office.call({"plan"})).status == 4);
    static_cast<void>(checked(office.call({"check"})));
    static_cast<void>(checked(office.call({"check", "--json"})));
  }
}

TEST_CASE("CSV gives data as they are to a file and shows them safely on a terminal") {
  const Office office;
  const std::string department = "Housing\x1b[2J\u202e\"x\"\n\xff";
  test::RawIndex(office.scratch / "office/index.db")
      .add("odd", Office::days_ago(400), department, {{"a.wav"}});
  const Ended csv = office.call({"plan", "--format", "csv"});
  CHECK(contains(csv.out, ",\"Housing\x1b[2J\u202e\"\"x\"\"\n\uFFFD\","));
  const Ended json = checked(office.call({"plan", "--format", "json"}));
  CHECK(nlohmann::json::parse(json.out).at("recordings").at(0).at("department") ==
        "Housing\x1b[2J\u202e\"x\"\n\ufffd");
  if (!test::has_program("script")) SKIP_TEST("script is not installed, which makes a terminal");
  for (const char* format : {"csv", "json", "table"}) {
    const Ended shown = test::run_program(
        {"script", "-qec",
         fmt::format("{} --config {} plan --format {}", test::quoted(test::kBinary),
                     test::quoted(office.config), format),
         "/dev/null"});
    CAPTURE(format, base::printable(shown.out));
    CHECK(contains(shown.out, "Housing"));
    std::string out = shown.out;
    std::erase(out, '\r');  // the terminal's own
    CHECK(test::unsafe_in(out) == "");
  }
}

TEST_CASE("Index and log and key may not lie below the root where everything may be destroyed") {
  const Office office;
  fs::create_directories(office.root + "/own");
  fs::create_directory_symlink(office.root + "/own", office.scratch / "elsewhere");
  for (const char* line : {"index = ", "directory = ", "key       = "}) {
    CAPTURE(line);
    for (const std::string& place : {office.root + "/own/x", office.root + "/../recordings/x",
                                     office.scratch / "elsewhere/x", office.root}) {
      const Ended ended = call_with(office, line, line + place, {"plan"});
      CHECK(ended.status == 2);
      CHECK(contains(ended.err, "must not lie below archive.root"));
    }
  }
  fs::create_directory(office.root + "-2");
  CHECK(call_with(office, "key       = ", "key = " + office.root + "-2/key", {"plan"}).status == 0);
}
