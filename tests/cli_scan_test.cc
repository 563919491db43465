// `expunge import --scan`: an archive that has no index, through the program.

#include <fmt/format.h>

#include <filesystem>

#include "support/aged.h"
#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/office.h"
#include "support/scan_archive.h"
#include "support/wav.h"

using namespace expunge;
using namespace expunge::test;
namespace fs = std::filesystem;
using Words = std::vector<std::string>;

TEST_CASE("A scan dates a call by its end and makes its files one recording") {
  const Archive archive;
  archive.put("2025/11/20251123-235930_01632960001.wav", wav(45));
  archive.put("2025/11/20251123-100000_01632960002-in.wav", wav(5));
  archive.put("2025/11/20251123-100000_01632960002-out.wav", wav(7));
  archive.put("2025/11/20251123-100000_01632960002.json", "{}");
  const Ended done = archive.scan_services();
  CHECK_ENDED(done, 0);
  CHECK(contains(done.out, "Files seen: 4, in the index before: 0; recordings added: 2"));
  CHECK(archive.date("2025/11/20251123-235930_01632960001.wav") == "2025-11-24T00:00:15Z");
  CHECK(archive.date("2025/11/20251123-100000_01632960002-in.wav") == "2025-11-23T10:00:07Z");
  CHECK(archive.value("SELECT group_concat(role, ' ') FROM (SELECT role FROM file WHERE"
                      " path LIKE '%0002%' ORDER BY path)") == "audio-in audio-out sidecar");
  CHECK(archive.value("SELECT count(DISTINCT recording_key) FROM file") == "2");
  CHECK(archive.value("SELECT subject_key FROM recording WHERE recorded_at LIKE '%10:00%'") ==
        "01632960002");
  CHECK(archive.value("SELECT bytes FROM file WHERE path LIKE '%-in.wav'") ==
        std::to_string(wav(5).size()));
  CHECK(contains(archive.last_entry(), R"("type":"import","source":"scan","rows":4,"added":2,)"));
  CHECK_FALSE(contains(slurp(archive.scratch / "office/log/log.jsonl"), "960001"));
  CHECK(archive.value("SELECT count(*) FROM recording WHERE id LIKE '%9600%'") == "0");

  const Ended again = archive.scan_services();
  CHECK_ENDED(again, 0);
  CHECK(contains(again.out, "in the index before: 4; recordings added: 0, changed: 0"));
  archive.put("2025/11/20251123-100000_01632960002.txt", "hello");  // a transcript comes later
  CHECK_ENDED(archive.scan_services(), 0);
  CHECK(archive.value("SELECT count(*) FROM recording") == "2");
  CHECK(archive.value("SELECT count(*) FROM file") == "5");
  CHECK(archive.value("SELECT count(*) FROM contradiction") == "0");
}

TEST_CASE(
    "A local time that occurs twice means the later one, and one that never occurs the change") {
  const Archive archive;
  archive.put("20251026-013000_1.json");  // clocks went back at 02:00
  archive.put("20250330-013000_2.json");  // clocks went forward at 01:00
  archive.put("20250701-120000_3.json");
  CHECK_ENDED(archive.scan_services(), 0);
  CHECK(archive.date("20251026-013000_1.json") == "2025-10-26T01:30:00Z");
  CHECK(archive.date("20250330-013000_2.json") == "2025-03-30T01:00:00Z");
  CHECK(archive.date("20250701-120000_3.json") == "2025-07-01T11:00:00Z");
  archive.put("20250701-120000_4.json");
  CHECK_ENDED(archive.scan_services({"--timezone", "UTC"}), 0);
  CHECK(archive.date("20250701-120000_4.json") == "2025-07-01T12:00:00Z");
}

TEST_CASE("Audio whose length cannot be read is dated by its start alone, and that is said") {
  const Archive archive;
  archive.put("20251123-100000_1.wav", wav(60).substr(0, 20));
  archive.put("20251123-100000_2.wav", "not audio at all");
  archive.put("20251123-100000_3.wav", wav(60).substr(0, 44 + 8000 * 30));  // cut off
  archive.put("20251123-100000_4.wav", "");
  const Ended done = archive.scan_services();
  CHECK_ENDED(done, 1);
  CHECK(contains(done.err, "20251123-100000_1.wav: dated by the start of its call alone"));
  CHECK(contains(done.err, "because their length could not be read: 3"));
  CHECK(archive.date("20251123-100000_1.wav") == "2025-11-23T10:00:00Z");
  CHECK(archive.date("20251123-100000_3.wav") == "2025-11-23T10:00:30Z");
  CHECK(archive.value("SELECT count(*) FROM recording") == "4");
}

TEST_CASE("What does not match is not imported and asks for a person") {
  const Archive archive;
  archive.put("20251123-100000_1.json");
  for (int i = 0; i < 30; ++i) archive.put("odd" + std::to_string(i) + ".txt");
  archive.put("\xff\xfe-20251123-100000_1.json");
  fs::create_symlink("/etc/passwd", archive.root + "/20251123-100000_9.wav");
  fs::create_directory_symlink("/etc", archive.root + "/etc");
  const Ended done = archive.scan_services();
  CHECK_ENDED(done, 1);
  CHECK(contains(done.err, "the pattern does not explain, not imported: 31"));
  CHECK(contains(done.err, "no regular files of this file system: 2"));
  CHECK(contains(done.err, "odd0.txt: not imported: the pattern does not fit"));
  CHECK(archive.value("SELECT count(*) FROM file") == "1");
  CHECK(contains(archive.last_entry(), R"("rejected":31)"));
}

TEST_CASE("A call that is still being written is left to a later scan as a whole") {
  const Archive archive;
  archive.put("20251123-100000_1-in.wav", wav(1));
  archive.write("20251123-100000_1-out.wav", wav(1));  // just now
  archive.put("20251123-110000_2.json");
  const Ended done = archive.scan_services();
  CHECK_ENDED(done, 0);
  CHECK(contains(done.out, "because their calls are still written: 2"));
  CHECK(archive.date("20251123-100000_1-in.wav") == "none");
  CHECK_ENDED(archive.scan_services({"--settled", "0s"}), 0);
  CHECK(archive.date("20251123-100000_1-in.wav") == "2025-11-23T10:00:01Z");
  CHECK(contains(archive.scan_services({"--settled", "soon"}).err, "is not a time as 30m"));
}

TEST_CASE("A file's last change is its date only when that is asked for, and the log says so") {
  const Archive archive;
  archive.put("a.wav");
  const std::vector<std::string> services = {"--department", "Customer Services"};
  const Ended refused = archive.scan(services, R"(.*\.wav)");
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err, "lacks the groups year, month and day"));
  const Ended done = archive.scan({"--trust-mtime", "--department", "Customer Services"}, R"(.*)");
  CHECK_ENDED(done, 0);
  CHECK(contains(done.out, "dated by when their files were last changed (--trust-mtime): 1"));
  CHECK(contains(archive.last_entry(), R"("source":"scan-mtime")"));
  CHECK(archive.date("a.wav").starts_with(Office::days_ago(1).substr(0, 10)));
  // A pattern whose group may be empty: without the option that is no date, and attention.
  archive.put("b.wav");
  const Ended undated = archive.scan(services, R"((?<date>\d{8})?.*\.wav)");
  CHECK_ENDED(undated, 1);
  CHECK(archive.date("b.wav").empty());
  CHECK(contains(archive.call({"plan"}).out, "it has no date"));
}

TEST_CASE("Department, id, agent and call come from their groups") {
  const Archive archive;
  archive.put("Revenues and Benefits/ann/call7/seg-1.2025-11-23.wav", wav(3));
  const std::string pattern = R"((?<department>[^/]+)/(?<agent>[^/]+)/(?<call>[^/]+)/)"
                              R"((?<id>[^.]+)\.(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)\.wav)";
  CHECK_ENDED(archive.scan({}, pattern), 0);
  CHECK(archive.value("SELECT id || '|' || department || '|' || agent || '|' || call_id || '|' ||"
                      " recorded_at FROM recording") ==
        "seg-1|Revenues and Benefits|ann|call7|2025-11-23T23:59:59Z");
  const Ended both = archive.scan({"--department", "X"}, pattern);
  CHECK_ENDED(both, 2);
  CHECK(contains(both.err, "has the group department, and --department is given too"));
}

TEST_CASE("A map says which department what the pattern's group finds belongs to") {
  const Archive archive;
  archive.put("q700/20251123-1.wav", wav(1));
  archive.put("q900/20251123-2.wav", wav(1));
  archive.put("test/20251123-3.wav", wav(1));
  spill(archive.scratch / "map", "# queues\nq7* = Customer Services\ntest = -\n");
  const Words map = {"--map-department", archive.scratch / "map"};
  const Ended scanned =
      archive.scan(map, R"((?<department>[^/]+)/(?<date>\d{8})-(?<role>\d)\.wav)");
  CHECK_ENDED(scanned, 0);
  CHECK(contains(scanned.out, "Of the recordings added, need attention: 2;"));
  const auto department = [&](const std::string& path) {
    return archive.value(
        "SELECT department FROM recording JOIN file ON key = recording_key"
        " WHERE path = '" +
        path + "'");
  };
  CHECK(department("q700/20251123-1.wav") == "Customer Services");
  CHECK(department("q900/20251123-2.wav") == "q900");
  CHECK(department("test/20251123-3.wav").empty());
  const Ended plan = archive.call({"plan"});
  CHECK(contains(plan.out, "(none)"));
  const Ended without = archive.scan_services(map);
  CHECK_ENDED(without, 2);
  CHECK(contains(without.err, "--map-department goes with the group department in --pattern"));
}

TEST_CASE("An id that contains its subject's number is refused as in every import") {
  const Archive archive;
  archive.put("20251123_01632960001.wav", wav(1));
  archive.put("20251124_1.wav", wav(1));
  const std::string pattern = R"((?<date>\d{8})_(?<id>(?<subject>\d+))\.wav)";
  const std::vector<std::string> services = {"--department", "Customer Services"};
  const Ended refused = archive.scan(services, pattern);
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err, "its id contains its subject's number"));
  CHECK(contains(refused.err, "nothing was imported"));
  CHECK(archive.value("SELECT count(*) FROM recording") == "0");
  CHECK_ENDED(archive.scan({"--opaque-ids", "--department", "Customer Services"}, pattern), 0);
  CHECK(archive.value("SELECT count(*) FROM recording WHERE id LIKE 'r-%'") == "2");
}

TEST_CASE("Impossible days are refused, and the others can be imported without them") {
  const Archive archive;
  archive.put("20250230-100000_1.json");
  archive.put("20251123-100000_2.json");
  const Ended refused = archive.scan_services();
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err, "20250230-100000_1.json: cannot be imported: recorded_at"));
  CHECK(contains(refused.err, "there is no day 2025-02-30"));
  CHECK_ENDED(archive.scan_services({"--skip-bad"}), 1);
  CHECK(archive.value("SELECT count(*) FROM recording") == "1");
}

TEST_CASE("A scan leaves alone what the recorder's own list has brought in") {
  const Archive archive;
  archive.put("20251123-100000_1.wav", wav(5));
  const std::string csv =
      "id,department,recorded_at,path\n"
      "c1,Revenues and Benefits,2025-11-23T10:00:04Z,20251123-100000_1.wav\n";
  CHECK_ENDED(archive.call({"import", "-"}, csv), 0);
  archive.put("20251123-100000_1.json", "{}");
  CHECK_ENDED(archive.scan_services(), 0);
  CHECK(archive.value("SELECT count(*) FROM recording") == "1");
  CHECK(archive.value("SELECT id FROM recording JOIN file ON key = recording_key"
                      " WHERE path LIKE '%.json'") == "c1");
  CHECK(archive.value("SELECT count(*) FROM contradiction") == "0");
  CHECK(archive.date("20251123-100000_1.wav") == "2025-11-23T10:00:04Z");
  // What another pattern does not explain is no news when the index has it.
  CHECK_ENDED(archive.scan({"--department", "X"}, R"(new/(?<date>\d{8})\.wav)"), 0);
}

TEST_CASE("Options of a scan that do not fit together are refused, and nothing is touched") {
  const Archive archive;
  const auto refused = [&](std::vector<std::string> words, const std::string& text) {
    words.insert(words.begin(), "import");
    const Ended done = archive.call(words);
    INFO(done.err);
    CHECK(done.status == 2);
    CHECK(contains(done.err, text));
  };
  refused({"--scan"}, "pattern is missing");
  refused({"calls.csv", "--pattern", "x"}, "--pattern goes with --scan");
  refused({"calls.csv", "--trust-mtime"}, "--trust-mtime goes with --scan");
  refused({"calls.csv", "--scan", "--pattern", "x"}, "--scan takes no file");
  refused({"--scan", "--pattern", "x", "--column", "a=b"}, "--scan takes no column");
  refused({"--scan", "--pattern", "(?<date>x)"}, "lacks the group department");
  refused({"--scan", "--pattern", "(?<datum>x)", "--department", "D"}, "the group 'datum'");
  refused({"--scan", "--pattern", "(", "--department", "D"}, "at character 2");
  refused({"--scan", "--pattern", "(?<date>x)", "--department", "D", "--timezone", "Mars"},
          "time zone database");
}

TEST_CASE("A recording destroyed once whose file is back is attention for a scan too") {
  const Archive archive;
  if (!archive.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const std::string path = "20240102-100000_1.json";
  archive.put(path, std::string(5000, 'j'));
  CHECK_ENDED(archive.scan_services(), 0);
  CHECK_ENDED(archive.call({"approve", archive.digest(), "--reason", "read"}), 1);  // the clock
  const Ended run = archive.call({"run", "--accept-clock"});
  CHECK_ENDED(run, 0);
  REQUIRE_FALSE(archive.exists(path));
  archive.put(path, std::string(5000, 'j'));
  const Ended back = archive.scan_services();
  CHECK_ENDED(back, 1);
  CHECK(contains(back.err, "of which a file is back on disk: 1"));
  CHECK(archive.value("SELECT state FROM recording") == "returned");
  CHECK(contains(archive.call({"plan"}).out, "it was destroyed or removed, and one of its files"));
}

TEST_CASE("Ten thousand files are scanned in flat memory") {
  const Archive archive;
  for (int day = 1; day <= 20; ++day) {
    const std::string directory = fmt::format("2025/{:02}", day);
    fs::create_directories(archive.root + "/" + directory);
    for (int i = 0; i < 500; ++i) {
      archive.write(
          fmt::format("{}/202510{:02}-10{:02}{:02}_{}.json", directory, day, i / 60, i % 60, i),
          "{}");
    }
  }
  age(archive.root, std::chrono::hours{1});
  const Ended done = archive.scan_services();
  CHECK_ENDED(done, 0);
  CHECK(contains(done.out, "recordings added: 10,000"));
  CHECK(done.most_resident_kib < 200 * 1024);
  CHECK(contains(archive.scan_services().out, "in the index before: 10,000"));
}
