// `expunge explain` by what an office knows of a call, and what else names recordings.

#include <fmt/format.h>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/council.h"
#include "support/council_program.h"
#include "support/office.h"

using namespace expunge;
using namespace expunge::test;

namespace {

const std::string kHead = "id,department,recorded_at,path,subject\n";

std::string line(const std::string& id, const std::string& path, const std::string& subject,
                 int days = 30) {
  return fmt::format("{},Customer Services,{},{},{}\n", id, Office::days_ago(days), path, subject);
}

std::string day(int days) {
  return Office::days_ago(days).substr(0, 10);
}

}  // namespace

TEST_CASE("A recording is found by its path, beneath the root or absolute") {
  const Office office;
  CHECK_ENDED(office.call({"import", "-"}, kHead + line("a", "calls/a.wav", "")), 0);
  const std::string story = office.call({"explain", "a"}).out;
  CHECK_THAT(story, contains_text("calls/a.wav"));
  for (const std::string& path : {std::string("calls/a.wav"), std::string("./calls//a.wav"),
                                  office.root + "/calls/a.wav", office.root + "//./calls/a.wav"}) {
    CAPTURE(path);
    const Ended found = office.call({"explain", "--path", path});
    CHECK_ENDED(found, 0);
    CHECK(found.out == story);
  }
  const Ended none = office.call({"explain", "--path", "calls/b.wav"});
  CHECK_ENDED(none, 2);
  CHECK(none.out.empty());
  CHECK_THAT(none.err, contains_text("knows no file 'calls/b.wav'"));
  CHECK_THAT(none.err, contains_text("a destroyed recording can only be found by its id"));
  CHECK_THAT(none.err, contains_text("expunge log certificate --department NAME --recorded DATE"));
  const Ended outside = office.call({"explain", "--path", "/elsewhere/a.wav"});
  CHECK_ENDED(outside, 2);
  CHECK_THAT(outside.err, contains_text("is not beneath the archive's root, " + office.root));
  // What an older version took is found by what stands in the index.
  sql_run(office.scratch / "office/index.db", "UPDATE file SET path = '/mnt/a.wav'");
  CHECK_ENDED(office.call({"explain", "--path", "/mnt/a.wav"}), 0);
}

TEST_CASE("A recording is found by the recorder's own key, and by the id where that is the key") {
  const Office office;
  CHECK_ENDED(office.call({"import", "-"}, kHead + line("plain-1", "p.wav", "")), 0);
  CHECK_ENDED(office.call({"import", "-", "--opaque-ids"}, kHead + line("rec/77", "o.wav", "")), 0);
  const std::string id =
      sql_value(office.scratch / "office/index.db", "SELECT id FROM recording WHERE id LIKE 'r-%'");
  const Ended opaque = office.call({"explain", "--source", "rec/77"});
  CHECK_ENDED(opaque, 0);
  CHECK(opaque.out == office.call({"explain", id}).out);
  CHECK(office.call({"explain", "--source", "plain-1"}).out ==
        office.call({"explain", "plain-1"}).out);
  const Ended none = office.call({"explain", "--source", id});  // the recorder does not know it
  CHECK_ENDED(none, 2);
  CHECK_THAT(none.err, contains_text("no recording that the recorder calls '" + id + "'"));
}

TEST_CASE("A key under which there are several recordings lists them") {
  const Office office;
  // Imported under its own id first, and with random ids under another file's key.
  CHECK_ENDED(office.call({"import", "-"}, kHead + line("k", "1.wav", "")), 0);
  CHECK_ENDED(office.call({"import", "-", "--opaque-ids"}, kHead + line("x", "2.wav", "")), 0);
  const std::string index = office.scratch / "office/index.db";
  const std::string id = sql_value(index, "SELECT id FROM recording WHERE id LIKE 'r-%'");
  sql_run(index,
          "INSERT INTO other_source SELECT source_digest, (SELECT key FROM recording"
          " WHERE id = 'k') FROM recording WHERE source_digest IS NOT NULL");
  const Ended several = office.call({"explain", "--source", "x"});
  CHECK_ENDED(several, 0);
  CHECK(several.out == fmt::format("k  Customer Services  {0}  kept\n{1}  Customer Services  {0}  "
                                   "kept\n",
                                   day(30), id));
}

TEST_CASE("The recordings of a number are listed in any writing of it, a line each") {
  const Office office;
  CHECK_ENDED(office.call({"import", "-"}, kHead + line("a", "a.wav", "01632 960001") +
                                               line("b", "b.wav", "tel:+44-1632-960-001", 400) +
                                               line("c", "c.wav", "01632 960002")),
              0);
  const std::string lines = fmt::format(
      "b  Customer Services  {}  due\na  Customer Services  {}  kept\n", day(400), day(30));
  for (const char* number : {"01632960001", "+44 (0)1632 960 001", "0044 1632 960001"}) {
    CAPTURE(number);
    const Ended found = office.call({"explain", "--subject", number});
    CHECK_ENDED(found, 0);
    CHECK(found.out == lines);
    CHECK_THAT(found.err,
               contains_text("what is destroyed is not listed, as its number is erased"));
    CHECK(std::count(found.err.begin(), found.err.end(), '\n') == 1);
  }
  CHECK_THAT(office.call({"explain", "--subject", "01632960001", "--as-of", day(200)}).out,
             contains_text("b  Customer Services  " + day(400) + "  kept\n"));
  const Ended none = office.call({"explain", "--subject", "01632 960003"});
  CHECK_ENDED(none, 2);
  CHECK(none.out.empty());
  CHECK_THAT(none.err, contains_text("a destroyed recording can only be found by its id"));
  CHECK_THAT(none.err, contains_text("expunge log certificate --department NAME --recorded DATE"));
  CHECK_FALSE(contains(none.err, "960003"));
}

TEST_CASE("explain takes one way to name a recording and no more") {
  const Office office;
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"explain"},
                                             {"explain", "a", "--path", "b"},
                                             {"explain", "--path", "b", "--source", "c"},
                                             {"explain", "--subject", ""}}) {
    CAPTURE(words);
    const Ended refused = office.call(words);
    CHECK_ENDED(refused, 2);
    CHECK(refused.out.empty());
    CHECK_THAT(refused.err, contains_text("explain --help"));
  }
}

TEST_CASE("The log is silent about a recording or run in one line and exit 2") {
  const Office office;
  CHECK_ENDED(office.call({"import", "-"}, kHead + line("a", "a.wav", "")), 0);
  const auto silent = [&](const std::vector<std::string>& words, const std::string& why) {
    std::vector<std::string> all = {"log", "show"};
    all.insert(all.end(), words.begin(), words.end());
    const Ended ended = office.call(all);
    CHECK_ENDED(ended, 2);
    CHECK(ended.out.empty());
    CHECK(ended.err == "expunge: the log has no entry that names " + why + "\n");
  };
  silent({"--recording", "a"}, "recording 'a'");
  silent({"--run", "20261124T020000Z-5f0c"}, "run '20261124T020000Z-5f0c'");
  silent({"--json", "--recording", "\x1b[2J"}, "recording '\\x1b[2J'");
  silent({"--recording", "a", "--run", "r"}, "recording 'a' and run 'r'");
  CHECK_ENDED(office.call({"log", "show"}), 0);
}

TEST_CASE("Of one that was destroyed and came back explain tells when it was made and went") {
  Council council;
  if (!council.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  council.add("back", "2024-03-05T10:00:00Z", "back.wav", "audio");
  CHECK(council.approve_and_run().tally.destroyed == 1);
  spill(council.path("back.wav"), "audio");
  const CouncilProgram program(council);
  spill(council.scratch / "back.csv",
        "id,department,recorded_at,path\nback,Customer Services,,back.wav\n");
  CHECK_ENDED(program.call({"import", council.scratch / "back.csv"}), 1);
  const Ended told = program.call({"explain", "back"});
  CHECK_ENDED(told, 0);
  CHECK_THAT(told.out, contains_text("  recorded    2024-03-05\n"));
  CHECK_THAT(told.out, contains_text("  was gone    from 20"));
  CHECK_THAT(told.out, contains_text(", log entry "));
  CHECK_FALSE(contains(told.out, "no date"));
}

TEST_CASE(
    "explain shows the office whose call it is by the index and neither letter nor plan does") {
  const Office office;
  const auto import = [&](const std::string& rest) {
    return office.call({"import", "-"}, "id,department,recorded_at,path,subject,agent,call_id\n" +
                                            fmt::format("one,Customer Services,{},one.wav,{}\n",
                                                        Office::days_ago(30), rest));
  };
  REQUIRE(import("01632 960001,Dora,K-77").status == 0);
  REQUIRE(import("01632 960002,Ann,K-78").status == 1);
  sql_run(office.scratch / "office/index.db", "UPDATE recording SET agent = agent || char(27)");
  const std::string told = office.call({"explain", "one"}).out;
  INFO(told);
  const std::size_t at = told.find("\nFor the office, not for a letter\n");
  REQUIRE(at != std::string::npos);
  CHECK(contains(told,
                 "\n  subject     01632 960001\n  agent       Dora\\x1b\n"
                 "  call        K-77\n"));
  for (const char* fact : {"subject", "agent", "call"}) {
    CHECK(contains(told, std::string(fact) + " is another than the import of "));
  }
  for (const char* secret : {"960001", "Dora", "K-77", "960002", "Ann", "K-78"}) {
    CAPTURE(secret);
    CHECK_FALSE(contains(told.substr(0, at), secret));
    CHECK_FALSE(contains(office.call({"plan", "--format", "json", "--all"}).out, secret));
    CHECK_FALSE(contains(office.call({"log", "show"}).out, secret));
  }
  CHECK(contains(told, "expunge explain ID shows what the index has, also of subject, agent and"));
}

TEST_CASE("explain has no line for a subject, an agent or a call that the index has not") {
  const Office office;
  REQUIRE(office.call({"import", "-"}, kHead + line("one", "one.wav", "")).status == 0);
  const std::string told = office.call({"explain", "one"}).out;
  for (const char* name : {"\n  subject ", "\n  agent ", "\n  call "}) {
    CHECK_FALSE(contains(told, name));
  }
}
