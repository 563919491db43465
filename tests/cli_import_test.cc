// `expunge import` as a records officer meets it: what is wrong with a file, and what cures it.

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/loop_image.h"
#include "support/office.h"
#include "support/wav.h"

using namespace expunge;
using namespace expunge::test;
namespace fs = std::filesystem;

namespace {

const std::string kHead = "id,department,recorded_at,path\n";

std::string line(const std::string& id, const std::string& path, int days = 30,
                 const std::string& department = "Customer Services") {
  return id + "," + department + "," + Office::days_ago(days) + "," + path + "\n";
}

std::string index_of(const Office& office) {
  return office.scratch / "office/index.db";
}

/// Cause and verdict of one recording.
std::string cause_of(const Office& office, const std::string& id) {
  const auto plan = nlohmann::json::parse(office.call({"plan", "--format", "json", "--all"}).out);
  for (const auto& each : plan.at("recordings")) {
    if (each.at("recording") == id) return each.at("cause");
  }
  return "not listed";
}

}  // namespace

TEST_CASE("A full path in an import is a bad row and its message names the option that cures it") {
  const Office office;
  const std::string below = office.root + "/calls/a.wav";
  const std::string csv = kHead + line("good", "g.wav") + line("full", below);
  const Ended refused = office.call({"import", "-"}, csv);
  CHECK_ENDED(refused, 2);
  CHECK_THAT(refused.err, contains_text("line 3: its path \"" + below + "\" is absolute"));
  CHECK_THAT(refused.err, contains_text("give --strip-prefix " + quoted(office.root) + "\n"));
  CHECK_ENDED(office.call({"explain", "good"}), 2);
  CHECK_ENDED(office.call({"import", "-", "--strip-prefix", office.root}, csv), 0);
  CHECK(sql_value(index_of(office), "SELECT path FROM file WHERE path LIKE 'calls%'") ==
        "calls/a.wav");

  const Ended elsewhere = office.call({"import", "-"}, kHead + line("x", "/mnt/\x1b[2J/b.wav"));
  CHECK_ENDED(elsewhere, 2);
  CHECK_THAT(elsewhere.err, contains_text("/mnt/\\x1b[2J/b.wav"));
  CHECK_THAT(elsewhere.err, contains_text("--strip-prefix with what stands before the path"));
  const Ended address =
      office.call({"import", "-", "--format", "jsonl"},
                  R"({"id":"j","department":"D","recorded_at":"","path":"https://pbx/j.wav"})"
                  "\n");
  CHECK_ENDED(address, 2);
  CHECK_THAT(address.err, contains_text("is an address"));
}

TEST_CASE("A root that a shell would take apart is quoted in the remedy") {
  const Scratch scratch;
  const std::string root = scratch / "the root's";
  fs::create_directory(root);
  const Office office(root);
  const Ended refused = office.call({"import", "-"}, kHead + line("full", root + "/a.wav"));
  CHECK_ENDED(refused, 2);
  CHECK_THAT(refused.err, contains_text("--strip-prefix '" + (scratch / "the root'\\''s") + "'"));
}

TEST_CASE("One file has one path however many steps that lead nowhere stand in it") {
  const Office office;
  CHECK_ENDED(office.call({"import", "-"}, kHead + line("a", "./calls//./a.wav")), 0);
  CHECK(sql_value(index_of(office), "SELECT path FROM file") == "calls/a.wav");
  const Ended again = office.call({"import", "-"}, kHead + line("a", "calls/a.wav"));
  CHECK_ENDED(again, 0);
  CHECK_THAT(again.out, contains_text("added: 0, changed: 0"));
  CHECK_ENDED(office.call({"import", "-"}, kHead + line("b", "./")), 2);
  const Ended longer = office.call({"import", "-"}, kHead + line("b", std::string(256, 'n')));
  CHECK_ENDED(longer, 2);
  CHECK_THAT(longer.err, contains_text("a name of more than 255 bytes"));
}

TEST_CASE("A path out of the root is attention until a person leaves it aside") {
  const Office office;
  CHECK_ENDED(office.call({"import", "-"}, kHead + line("up", "../elsewhere/up.wav")), 0);
  CHECK(cause_of(office, "up") == "path-outside-root");
  CHECK_THAT(office.call({"explain", "up"}).out, contains_text("expunge acknowledge"));
  // Tonight's ordinary list knows a file beneath the root, and nothing of the other copy.
  const Ended next = office.call({"import", "-"}, kHead + line("up", "elsewhere/up.wav"));
  CHECK_ENDED(next, 0);
  CHECK_FALSE(contains(next.out, "that the index had wrong"));
  CHECK(cause_of(office, "up") == "path-outside-root");
  CHECK(sql_value(index_of(office),
                  "SELECT group_concat(path) FROM (SELECT path FROM file"
                  " ORDER BY path)") == "../elsewhere/up.wav,elsewhere/up.wav");
}

TEST_CASE("A second copy outside the root stays known whatever list comes") {
  const Office office;
  CHECK_ENDED(office.call({"import", "-"}, kHead + line("r", "b.wav")), 0);
  sql_run(index_of(office), "UPDATE file SET path = '/mnt/evidence/2025/a.wav'");
  CHECK_ENDED(office.call({"import", "-"}, kHead + line("r", "2025/a.wav")), 0);
  CHECK_ENDED(office.call({"import", "-", "--strip-prefix", "/mnt/rec"},
                          kHead + line("r", "/mnt/rec/2025/a.wav")),
              0);
  CHECK(cause_of(office, "r") == "path-outside-root");
  CHECK(sql_value(index_of(office), "SELECT count(*) FROM file WHERE path LIKE '/mnt/evid%'") ==
        "1");
}

TEST_CASE("A full path beneath the root makes way for the same one in any list") {
  const Office office;
  CHECK_ENDED(office.call({"import", "-"}, kHead + line("r", "b.wav")), 0);
  sql_run(index_of(office), "UPDATE file SET path = '" + office.root + "/2025/a.wav'");
  CHECK(cause_of(office, "r") == "path-outside-root");
  const Ended cured = office.call({"import", "-"}, kHead + line("r", "2025/a.wav"));
  CHECK_ENDED(cured, 0);
  CHECK_THAT(cured.out, contains_text("that the index had wrong, and has beneath the root now: 1"));
  CHECK(cause_of(office, "r") == "not-yet");
}

TEST_CASE("A full path that an older version took makes way for the one beneath the root") {
  const Office office;
  CHECK_ENDED(
      office.call({"import", "-"}, kHead + line("old", "2025/x.wav") + line("dot", "y.wav")), 0);
  for (const char* sql : {"UPDATE file SET path = '/mnt/rec/2025/x.wav' WHERE path = '2025/x.wav'",
                          "UPDATE file SET path = './y.wav' WHERE path = 'y.wav'"}) {
    sql_run(index_of(office), sql);
  }
  CHECK(cause_of(office, "old") == "path-outside-root");
  CHECK(cause_of(office, "dot") == "path-outside-root");
  // The recorder's own list, with the remedy that the message for such a row names.
  const std::string csv = kHead + line("old", "/mnt/rec/2025/x.wav") + line("dot", "./y.wav");
  const Ended cured = office.call({"import", "-", "--strip-prefix", "/mnt/rec"}, csv);
  CHECK_ENDED(cured, 0);
  CHECK_THAT(cured.out, contains_text("added: 0, changed: 2"));
  CHECK_THAT(cured.out, contains_text("has beneath the root now: 2"));
  CHECK(cause_of(office, "old") == "not-yet");
  CHECK(cause_of(office, "dot") == "not-yet");
  CHECK(sql_value(index_of(office), "SELECT count(*) FROM file") == "2");
  CHECK_THAT(office.call({"import", "-", "--strip-prefix", "/mnt/rec"}, csv).out,
             contains_text("added: 0, changed: 0"));
}

TEST_CASE("A header whose fields stand between semicolons is named as such") {
  const Office office;
  const Ended refused =
      office.call({"import", "-"}, "id;department;recorded_at;path\na;b;2025-01-01;a.wav\n");
  CHECK_ENDED(refused, 2);
  CHECK_THAT(refused.err, contains_text("stand between semicolons: save it with commas"));
}

TEST_CASE("The rows that an import tells of add up to those of the file") {
  const Office office;
  const Ended good = office.call({"import", "-"}, kHead + line("a", "a.wav"));
  CHECK_ENDED(good, 0);
  CHECK(good.out == "Rows: 1; recordings added: 1, changed: 0\n");
  const Ended mixed = office.call({"import", "-", "--skip-bad"},
                                  kHead + line("b", "b.wav") + line("c", "c.wav") + ",,,\n");
  CHECK_ENDED(mixed, 1);
  CHECK(mixed.out == "Rows: 3 (taken 2, rejected 1); recordings added: 2, changed: 0\n");
}

TEST_CASE("An import that newly contradicts the index counts that and needs a person once") {
  const Office office;
  CHECK_ENDED(office.call({"import", "-"}, kHead + line("a", "a.wav") + line("b", "b.wav")), 0);
  const std::string other =
      kHead + line("a", "a.wav", 31, "Revenues and Benefits") + line("b", "b.wav");
  const Ended first = office.call({"import", "-"}, other);
  CHECK_ENDED(first, 1);
  CHECK_THAT(first.out, contains_text("changed: 1; new contradictions: 2\n"));
  CHECK_THAT(first.err, contains_text("this import and the index: 2; expunge plan lists"));
  const Ended again = office.call({"import", "-"}, other);
  CHECK_ENDED(again, 0);
  CHECK(again.err.empty());
  CHECK_FALSE(contains(again.out, "contradictions"));
  const Ended quiet = office.call({"import", "--quiet", "-"},
                                  kHead + line("b", "b.wav", 30, "Revenues and Benefits"));
  CHECK_ENDED(quiet, 1);
  CHECK(quiet.out.empty());
  CHECK_THAT(quiet.err, contains_text("this import and the index: 1"));
}

TEST_CASE("An export in another format than was expected is told by its header") {
  const Office office;
  const std::string cdr =
      "calldate,duration,src,dst,cnum,did,accountcode,channel,dstchannel,uniqueid,recordingfile\n"
      "2025-11-23 17:04:05,65,1,2,3,4,5,6,7,8,\n";
  const Ended commas = office.call({"import", "-", "--preset", "freepbx"}, cdr);
  CHECK_ENDED(commas, 2);
  CHECK_THAT(commas.err, contains_text("this looks like CSV: give --format csv"));
  CHECK_ENDED(office.call({"import", "-", "--preset", "freepbx", "--format", "csv"}, cdr), 0);
  const Ended tabs = office.call({"import", "-"}, "id\tdepartment\trecorded_at\tpath\n");
  CHECK_ENDED(tabs, 2);
  CHECK_THAT(tabs.err, contains_text("this looks like TSV: give --format tsv"));
  const Ended json = office.call({"import", "-"}, "{\"id\":\"a\",\"path\":\"b\"}\n");
  CHECK_ENDED(json, 2);
  CHECK_THAT(json.err, contains_text("this looks like JSON Lines: give --format jsonl"));
  const Ended lines = office.call({"import", "-", "--format", "jsonl"}, kHead + line("a", "a.wav"));
  CHECK_ENDED(lines, 2);
  CHECK_THAT(lines.err, contains_text("line 1: not JSON, at byte 1; if this is CSV, give --format "
                                      "csv"));
  // A header that lacks a column, in its own format, is no other format's.
  CHECK_FALSE(contains(office.call({"import", "-"}, "id,department\n").err, "looks like"));
}
