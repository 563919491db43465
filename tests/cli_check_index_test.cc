// `expunge check --index`: the index against the disk, through the program.

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/text.h"
#include "support/aged.h"
#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/office.h"

using namespace expunge;
using namespace expunge::test;
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// An office whose index and disk agree on `one` to `three`.
class Archive : public Office {
 public:
  Archive() : index(scratch / "office/index.db") {
    std::string csv = "id,department,recorded_at,path,bytes\n";
    for (const char* name : {"one", "two", "three"}) {
      put(std::string("calls/") + name + ".wav", std::string(5000, name[1]));
      csv += fmt::format("{0},Customer Services,{1},calls/{0}.wav,5000\n", name, days_ago(10));
    }
    CHECK_ENDED(call({"import", "-"}, csv), 0);
  }
  void put(const std::string& path, const std::string& content) const {
    fs::create_directories((fs::path(root) / path).parent_path());
    write(path, content);
    age(root + "/" + path, std::chrono::hours{24});
  }
  [[nodiscard]] json survey(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"check", "--index", "--json"});
    return json::parse(call(more).out);
  }
  /// The kinds found for each path.
  [[nodiscard]] std::multimap<std::string, std::string> found(
      std::vector<std::string> more = {}) const {
    std::multimap<std::string, std::string> kinds;
    const json differences = survey(std::move(more)).at("differences");
    for (const json& each : differences) {
      kinds.emplace(each.at("path"), each.at("kind"));
    }
    return kinds;
  }
  std::string index;
};

using Kinds = std::multimap<std::string, std::string>;

}  // namespace

TEST_CASE("Index and disk that agree are said to agree, by whoever may read them") {
  const Archive archive;
  const json survey = archive.survey({"--content"});
  CHECK(survey.at("format") == "expunge-check-index/1");
  CHECK(survey.at("check").at("format") == "expunge-check/1");
  CHECK(survey.at("differences").empty());
  CHECK(survey.at("files") == 3);
  CHECK(survey.at("rows") == 3);
  CHECK(survey.at("read") == 3);
  const Ended text = archive.call({"check", "--index"});
  CHECK(contains(text.out, "Files on disk: 3; files in the index: 3\nIndex and disk agree.\n"));
  const Ended csv = archive.call({"check", "--index", "--format", "csv"});
  CHECK(csv.out == "kind,path,recording,bytes,indexed_bytes,looks_from,by,detail\n");
}

TEST_CASE("Every way in which index and disk can differ is found, and nothing is changed") {
  const Archive archive;
  archive.put("calls/orphan-20240229-101500.wav", "o");
  archive.put("new\nline.wav", "n");
  archive.put("\xff.wav", "b");
  archive.put("calls/two.wav", std::string(5001, 'w'));
  fs::remove(archive.root + "/calls/three.wav");
  fs::create_symlink("/etc/passwd", archive.root + "/link");
  fs::create_hard_link(archive.root + "/calls/one.wav", archive.root + "/second");
  REQUIRE(::mkfifo((archive.root + "/fifo").c_str(), 0600) == 0);
  const std::string index_before = slurp(archive.index);
  CHECK(archive.found() == Kinds{{"calls/one.wav", "several-names"},
                                 {"calls/orphan-20240229-101500.wav", "no-row"},
                                 {"calls/three.wav", "no-file"},
                                 {"calls/two.wav", "size"},
                                 {"fifo", "not-regular"},
                                 {"link", "not-regular"},
                                 {"new\\x0aline.wav", "no-row"},
                                 {"second", "no-row"},
                                 {"\\xff.wav", "no-row"}});
  CHECK(slurp(archive.index) == index_before);
  const json survey = archive.survey();
  CHECK(survey.at("counts").at("no-row") == 4);
  CHECK(survey.at("no_row").at("by_name") == json{{"2024", 1}});
  CHECK(survey.at("no_row").at("overdue") == 1);
  const json& orphan = survey.at("differences").at(1);
  CHECK(orphan.at("looks_from") == "2024-02-29");
  CHECK(orphan.at("by") == "name");
  const Ended text = archive.call({"check", "--index", "--quiet"});
  CHECK(text.status == 1);
  CHECK(contains(text.out, "new\\x0aline.wav"));
  CHECK(contains(text.out, "bytes 5,001, in the index 5,000; it has grown"));
  CHECK(contains(text.out, "by the dates in their names: 2024: 1"));
}

TEST_CASE("A row below a link or a mount is no missing file") {
  const Archive archive;
  fs::rename(archive.root + "/calls", archive.root + "/moved");
  fs::create_directory_symlink("moved", archive.root + "/calls");
  const auto found = archive.found();
  CHECK(found.count("calls/one.wav") == 1);
  CHECK(found.find("calls/one.wav")->second == "not-regular");
  CHECK(found.find("moved/one.wav")->second == "no-row");
}

TEST_CASE("Contents show copies under another name, changes, and what was destroyed once") {
  const Archive archive;
  if (!archive.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const std::string secret(6000, 's');
  archive.put("old.wav", secret);
  archive.put("hashed.wav", std::string(5000, 'q'));
  CHECK_ENDED(archive.call({"import", "-"},
                           "id,department,recorded_at,path,sha256\n"
                           "old,Customer Services,2024-01-02T10:00:00Z,old.wav,\n"
                           "hashed,Customer Services," +
                               Office::days_ago(3) + ",hashed.wav," +
                               base::to_hex(base::sha256(std::string(5000, 'q'))) + "\n"),
              0);
  CHECK(archive.found({"--content"}).empty());
  CHECK_ENDED(archive.call({"approve", archive.digest(), "--reason", "read"}), 0);
  CHECK_ENDED(archive.call({"run", "--accept-clock"}), 0);
  archive.put("restored/under another name.wav", secret);
  archive.put("copy.wav", std::string(5000, 'n'));  // of calls/one.wav
  archive.put("hashed.wav", std::string(5000, 'Q'));
  CHECK(archive.found().count("hashed.wav") == 0);  // of the same size
  const Kinds expected{{"calls/one.wav", "same-content"},
                       {"copy.wav", "no-row"},
                       {"copy.wav", "same-content"},
                       {"hashed.wav", "content"},
                       {"restored/under another name.wav", "destroyed-content"},
                       {"restored/under another name.wav", "no-row"}};
  const Kinds found = archive.found({"--content"});
  using Sorted = std::multiset<std::pair<std::string, std::string>>;
  CHECK(Sorted(found.begin(), found.end()) == Sorted(expected.begin(), expected.end()));
  const json differences = archive.survey({"--content"}).at("differences");
  for (const json& each : differences) {
    if (each.at("kind") == "destroyed-content") CHECK(each.at("recording") == "old");
  }
  CHECK(archive.exists("restored/under another name.wav"));
}

TEST_CASE("A destroyed recording's file put back is told by its content and no new recording") {
  const Archive archive;
  if (!archive.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const std::string secret(6000, 's');
  archive.put("d/r1.wav", secret);
  archive.put("d/r1.txt", "too small to be known again");
  archive.put("new.wav", "of yesterday: it speaks for the clock");
  CHECK_ENDED(archive.call({"import", "-"},
                           "id,department,recorded_at,path\n"
                           "r1,Customer Services,2024-01-02T10:00:00Z,d/r1.wav\n"
                           "r1,Customer Services,2024-01-02T10:00:00Z,d/r1.txt\n"
                           "new,Customer Services," +
                               Office::days_ago(1) + ",new.wav\n"),
              0);
  CHECK_ENDED(archive.call({"approve", archive.digest(), "--reason", "read"}), 0);
  CHECK_ENDED(archive.call({"run"}), 0);
  archive.put("d/r1.wav", secret);
  archive.put("d/r1.txt", "too small to be known again");
  archive.put("d/other.wav", std::string(6000, 'o'));
  CHECK(archive.found().count("d/r1.wav") == 1);
  CHECK(contains(archive.call({"check", "--index"}).out, "which check --index --content tells"));
  CHECK(archive.survey().at("no_row").at("destroyed").is_null());
  CHECK(archive.survey({"--content"}).at("no_row").at("destroyed") == 1);
  const Ended told = archive.call({"check", "--index", "--content"});
  CHECK(contains(told.out, "what it holds was destroyed once, as recording r1"));
  CHECK(contains(told.out, "hold what was destroyed once, and are nothing new: 1"));

  const Ended tied = archive.call({"check", "--index", "--content", "--import-orphans"});
  CHECK_ENDED(tied, 1);
  CHECK(contains(tied.err, "recordings destroyed once of which a file is back on disk: 1"));
  const auto paths_of = [&](const std::string& which) {
    return sql_value(archive.index,
                     "SELECT group_concat(path) FROM (SELECT path FROM file JOIN recording"
                     " ON key = recording_key WHERE " +
                         which + " ORDER BY path)");
  };
  CHECK(paths_of("id = 'r1' AND state = 'returned'") == "d/r1.txt,d/r1.wav");
  CHECK(paths_of("id LIKE 'r-%'") == "d/other.wav");
  CHECK(archive.found() == Kinds{{"d/r1.txt", "returned"}, {"d/r1.wav", "returned"}});
  CHECK(contains(archive.call({"plan"}).out, "came-back"));
  // The day that is left of its date counts: for what is overdue, and for holds by days.
  const auto parsed = [&](std::vector<std::string> words) {
    return nlohmann::json::parse(archive.call(std::move(words)).out);
  };
  const nlohmann::json plan = parsed({"plan", "--format", "json"});
  for (const nlohmann::json& row : plan.at("recordings")) {
    if (row.at("recording") == "r1") CHECK(row.at("due").is_string());
  }
  CHECK(parsed({"status", "--json"}).at("overdue").at("recordings") == 1);
  const Ended held = archive.call({"hold", "place", "FOI-1", "--kind", "foi", "--reason", "asked",
                                   "--from", "2019-01-01", "--to", "2019-12-31"});
  CHECK(contains(held.out, "covered now: 1; without a date"));  // the other orphan alone
  CHECK(contains(slurp(archive.scratch / "office/log/log.jsonl"),
                 R"("source":"orphans","rows":3,"added":1,)"));

  CHECK_ENDED(
      archive.call({"destroy", "r1", "--ground", "returned", "--authority", "DPO-1", "--yes"}), 0);
  CHECK_FALSE(archive.exists("d/r1.wav"));
  CHECK_FALSE(archive.exists("d/r1.txt"));
  // What came back is due by the order that says so, whenever the schedule's day was.
  std::filesystem::create_directory(std::string(archive.scratch / "certificate"));
  const Ended certified =
      archive.call({"log", "certificate", "r1", "--output", archive.scratch / "certificate"});
  CHECK_ENDED(certified, 0);
  std::string page;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(archive.scratch / "certificate")) {
    if (entry.path().extension() == ".html") page += slurp(entry.path());
  }
  CHECK(contains(page, "Due by the schedule on"));
  CHECK(contains(page, "Due by order on"));
  CHECK(archive.found({"--content"}).empty());
  CHECK_ENDED(archive.call({"log", "verify"}), 0);
}

TEST_CASE("What came back and cannot be tied to a destroyed recording is left out and named") {
  const Archive archive;
  if (!archive.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const std::string secret(6000, 's');
  archive.put("old.wav", secret);
  archive.put("known.wav", std::string(6000, 'k'));
  archive.put("new.wav", "of yesterday: it speaks for the clock");
  CHECK_ENDED(archive.call({"import", "-"},
                           "id,department,recorded_at,path\n"
                           "old,Customer Services,2024-01-02T10:00:00Z,old.wav\n"
                           "known,Customer Services,2024-01-02T10:00:00Z,known.wav\n"
                           "new,Customer Services," +
                               Office::days_ago(1) + ",new.wav\n"),
              0);
  CHECK_ENDED(archive.call({"approve", archive.digest(), "--reason", "read"}), 0);
  CHECK_ENDED(archive.call({"run"}), 0);
  archive.put("old.wav", secret);
  archive.put("bad\xff.wav", std::string(6000, 'k'));
  sql_run(archive.index, "UPDATE recording SET id = 'unheard' WHERE id = 'old'");
  const Ended done = archive.call({"check", "--index", "--content", "--import-orphans"});
  CHECK_ENDED(done, 1);
  CHECK(contains(done.err, "old.wav: holds what was destroyed once, as recording old"));
  CHECK(contains(done.err, "bad\\xff.wav: holds what was destroyed once, as recording known"));
  CHECK(sql_value(archive.index, "SELECT count(*) FROM file WHERE path <> 'new.wav'") == "3");
}

TEST_CASE("A returned recording is named by its id") {
  const Archive archive;
  sql_run(archive.index, "UPDATE recording SET state = 'returned' WHERE id = 'two'");
  const json survey = archive.survey();
  REQUIRE(survey.at("differences").size() == 1);
  CHECK(survey.at("differences").at(0).at("kind") == "returned");
  CHECK(survey.at("differences").at(0).at("recording") == "two");
}

TEST_CASE("Files without a row come into the index as attention, and are never due by that") {
  const Archive archive;
  archive.put("lost/20240102-100000_1-in.wav", "a");
  archive.put("lost/20240102-100000_1-out.wav", "b");
  archive.put("lost/other.wav", "c");
  archive.write("lost/now.wav", "still written");
  const Ended done = archive.call({"check", "--index", "--import-orphans"});
  CHECK_ENDED(done, 1);
  CHECK(sql_value(archive.index,
                  "SELECT count(*) FROM recording WHERE id LIKE 'r-%'"
                  " AND recorded_at = '' AND department = ''") == "2");
  CHECK(contains(slurp(archive.scratch / "office/log/log.jsonl"),
                 R"("source":"orphans","rows":3,"added":2,)"));
  const Ended plan = archive.call({"plan", "--format", "json"});
  const json decided = json::parse(plan.out);
  CHECK(decided.at("total").at("attention").at("recordings") == 2);
  CHECK(decided.at("total").at("due").at("recordings") == 0);
  CHECK(archive.found() == Kinds{{"lost/now.wav", "no-row"}});

  // A pattern that explains them gives them their date and department, and no second recording.
  CHECK_ENDED(archive.call({"import", "--scan", "--department", "Customer Services", "--pattern",
                            R"(lost/(?<date>\d{8})-(?<time>\d{6})_\d(-in|-out)?\.wav)"}),
              1);
  CHECK(sql_value(archive.index,
                  "SELECT recorded_at || department FROM recording JOIN file ON"
                  " key = recording_key WHERE path LIKE '%-in.wav'") ==
        "2024-01-02T10:00:00ZCustomer Services");
  // So does the recorder's own list, and its key is known from then on.
  const std::string csv =
      "id,department,recorded_at,path\n"
      "c9,Revenues and Benefits,2025-05-05T10:00:00Z,lost/other.wav\n";
  for (int times = 0; times < 2; ++times) CHECK_ENDED(archive.call({"import", "-"}, csv), 0);
  CHECK(sql_value(archive.index,
                  "SELECT recorded_at || department || source_id FROM recording"
                  " JOIN file ON key = recording_key WHERE path = 'lost/other.wav'") ==
        "2025-05-05T10:00:00ZRevenues and Benefitsc9");
  CHECK(sql_value(archive.index, "SELECT count(*) FROM recording") == "5");
  CHECK(sql_value(archive.index, "SELECT count(*) FROM contradiction") == "0");
}

TEST_CASE("Options of check that do not fit together are refused") {
  const Archive archive;
  const auto refused = [&](std::vector<std::string> words, const std::string& text) {
    words.insert(words.begin(), "check");
    const Ended done = archive.call(words);
    INFO(done.err);
    CHECK(done.status == 2);
    CHECK(contains(done.err, text));
  };
  refused({"--content"}, "--content goes with --index");
  refused({"--import-orphans"}, "--import-orphans goes with --index");
  refused({"--index", "--department", "D"}, "--department goes with --import-orphans");
  refused({"--format", "csv"}, "--format csv goes with --index");
  refused({"--index", "--format", "xml"}, "is none of text, json, csv");
  refused({"--index", "--format", "csv", "--json"}, "do not agree");
}

TEST_CASE("A few are listed of each kind unless all are asked for, and the counts are whole") {
  const Archive archive;
  for (int i = 0; i < 50; ++i) archive.put("lost/" + std::to_string(i), "x");
  CHECK(archive.survey().at("differences").size() == 20);
  CHECK(archive.survey().at("counts").at("no-row") == 50);
  CHECK(archive.survey({"--all"}).at("differences").size() == 50);
  const std::string csv = archive.call({"check", "--index", "--format", "csv"}).out;
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 51);
}
