#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "base/sys.h"
#include "support/catch.h"
#include "support/office.h"
#include "support/places.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::Office;

namespace {

const std::string kAudio(20000, 'A');

/// Two due recordings of one caller, one kept, and one of a department nobody knows.
std::string furnish(const Office& office) {
  office.write("a.wav", kAudio + "1");
  office.write("b.wav", kAudio + "2");
  office.write("c.wav", kAudio + "3");
  office.write("d.wav", kAudio + "4");
  std::string csv = "id,department,recorded_at,path,subject\n";
  csv += "old-1,Customer Services," + Office::days_ago(400) + ",a.wav,01632 960001\n";
  csv += "old-2,Customer Services," + Office::days_ago(399) + ",b.wav,01632 960002\n";
  csv += "new-1,Revenues and Benefits," + Office::days_ago(1) + ",c.wav,01632 960001\n";
  csv += "odd-1,Housing," + Office::days_ago(500) + ",d.wav,\n";
  return csv;
}

unsigned mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("The whole night through the program works from init to verify") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const std::string csv = furnish(office);
  CHECK_ENDED(office.call({"import", "-"}, csv), 0);
  const Ended plan = office.call({"plan"});
  CHECK_ENDED(plan, 1);  // odd-1 needs attention, and the first run an approval
  CHECK(contains(plan.out, "Brake first-run"));
  CHECK(contains(plan.out, "odd-1"));
  CHECK_ENDED(office.call({"run", "--quiet"}), 3);
  CHECK(office.exists("a.wav"));
  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "read it"}), 0);
  const Ended run = office.call({"run"});
  CHECK_ENDED(run, 1);  // odd-1 still needs attention
  CHECK(contains(run.out, "destroyed 2"));
  CHECK_FALSE(office.exists("a.wav"));
  CHECK_FALSE(office.exists("b.wav"));
  CHECK(office.exists("c.wav"));
  CHECK(office.exists("d.wav"));
  const Ended verify = office.call({"log", "verify"});
  CHECK_ENDED(verify, 0);
  CHECK(contains(verify.out, "The log verifies"));
  const Ended again = office.call({"import", "-"}, csv);
  CHECK_ENDED(again, 0);
  CHECK(contains(again.out, "which change nothing: 2"));
  CHECK(contains(office.call({"explain", "old-1"}).out, "destroyed"));
  CHECK(contains(office.call({"log", "show", "--recording", "old-1"}).out, "destroy"));
}

TEST_CASE("A run says where its time went when it is asked to and not otherwise") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  CHECK_ENDED(office.call({"import", "-"}, furnish(office)), 0);
  const Ended braked = office.call({"run", "--timings"});
  CHECK_ENDED(braked, 3);
  CHECK(contains(braked.err, "expunge: time: total "));
  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "read it"}), 0);
  const Ended timed = office.call({"run", "--quiet", "--timings"});
  CHECK_ENDED(timed, 1);
  for (const char* phase : {"plan", "open", "overwrite", "read-back", "other", "total"}) {
    CHECK(contains(timed.err, std::string("expunge: time: ") + phase + " "));
  }
  CHECK(timed.out.empty());
  CHECK_FALSE(contains(office.call({"run", "--verbose"}).err, "time: "));
}

TEST_CASE("Init makes all four and never over anything that is there") {
  const Office office;
  const std::string directory = office.scratch / "office";
  CHECK(mode_of(directory + "/log.key") == 0600);
  CHECK(mode_of(directory + "/index.db") == 0600);
  const std::string conf = test::slurp(office.config);
  const Ended again = test::expunge({"init", directory, "--root", office.root});
  CHECK_ENDED(again, 2);
  CHECK(contains(again.err, "exists already"));
  CHECK(test::slurp(office.config) == conf);
  // One of the four is enough to refuse, and nothing is then made.
  const std::string other = office.scratch / "other";
  std::filesystem::create_directories(other + "/log");
  CHECK_ENDED(test::expunge({"init", other, "--root", office.root}), 2);
  CHECK_FALSE(std::filesystem::exists(other + "/log.key"));
  CHECK_FALSE(std::filesystem::exists(other + "/expunge.conf"));
}

TEST_CASE("What an interrupted init left is named and the way on told") {
  const test::Scratch scratch;
  const std::string directory = scratch / "office";
  std::filesystem::create_directories(directory + "/log.new/keys");
  test::spill(directory + "/log.key", "half");
  const Ended again = test::expunge({"init", directory, "--root", scratch.path()});
  CHECK(again.status == 2);
  CHECK(contains(again.err,
                 "remove " + directory + "/log.key, " + directory + "/log.new and try again"));
  CHECK(test::slurp(directory + "/log.key") == "half");
  // With a log it is somebody's archive: nobody is told to remove anything.
  std::filesystem::create_directory(directory + "/log");
  CHECK_FALSE(contains(test::expunge({"init", directory, "--root", scratch.path()}).err, "remove"));
  std::filesystem::remove(directory + "/log.key");
  test::spill(directory + "/expunge.conf.new", "all of it");
  CHECK(contains(test::expunge({"init", directory, "--root", scratch.path()}).err,
                 "mv " + directory + "/expunge.conf.new " + directory + "/expunge.conf"));
}

TEST_CASE("Init puts the configuration in its place last") {
  // It is what the other commands look for: a crash before leaves nothing that they would take up.
  const Office office;
  const auto changed_ns = [&](const std::string& name) {
    struct statx status {};
    REQUIRE(base::real_sys().statx(AT_FDCWD, (office.scratch / ("office/" + name)).c_str(), 0,
                                   STATX_CTIME, status) == 0);
    return status.stx_ctime.tv_sec * 1'000'000'000LL + status.stx_ctime.tv_nsec;
  };
  for (const char* before : {"index.db", "log.key", "log"}) {
    CAPTURE(before);
    CHECK(changed_ns(before) <= changed_ns("expunge.conf"));
  }
  CHECK_FALSE(std::filesystem::exists(office.scratch / "office/expunge.conf.new"));
}

TEST_CASE("Of several inits at once one makes everything and the others nothing") {
  const test::Scratch scratch;
  for (int round = 0; round < 20; ++round) {
    const std::string directory = scratch / ("r" + std::to_string(round));
    std::atomic<int> made{0};
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
          if (test::expunge({"init", directory, "--root", scratch.path()}).status == 0) ++made;
        });
      }
    }
    CHECK(made <= 1);
    if (made == 0) continue;
    CHECK_ENDED(test::expunge({"--config", directory + "/expunge.conf", "plan"}), 0);
    CHECK_ENDED(test::expunge({"--config", directory + "/expunge.conf", "run"}), 0);
  }
}

TEST_CASE("Init with a bad department or root makes nothing") {
  const test::Scratch scratch;
  const std::string directory = scratch / "x";
  CHECK_ENDED(test::expunge({"init", directory, "--root", scratch / "nowhere"}), 2);
  CHECK_ENDED(test::expunge({"init", directory, "--root", scratch.path(), "--department",
                             "Housing: for ever"}),
              2);
  // A line of the configuration would lose what stands behind a #.
  for (const char* option : {"--origin", "--controller", "--contact"}) {
    CHECK_ENDED(test::expunge({"init", directory, "--root", scratch.path(), option, "a#b"}), 2);
  }
  CHECK_FALSE(std::filesystem::exists(directory));
}

TEST_CASE("A bad configuration is exit 2 and names file and key and what is allowed") {
  const Office office;
  const std::string good = test::slurp(office.config);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
    test::spill(office.config, text);
    const Ended ended = office.call({"plan"});
    CHECK_ENDED(ended, 2);
    CHECK(contains(ended.err, office.config));
    return ended.err;
  };
  CHECK(contains(with("max-share ", "max-shares "), "max-shares"));
  CHECK(contains(with("5%", "lots"), "safety.max-share"));
  CHECK(contains(with("passes  = 1", "passes = 35"), "destruction.passes"));
  CHECK(contains(with("workers = 8", "workers = 0"), "destruction.workers"));
  CHECK(contains(with("Europe/London", "Europe/Atlantis"), "retention.timezone"));
  CHECK(contains(with("12 months", "12 moons"), "retention.department"));
  CHECK(contains(with("at = 02:00", "at = 2am"), "run.at"));
  CHECK(contains(with("7 days", "7 moons"), "safety.max-clock-step"));
  CHECK(contains(with("[archive]", "[archives]"), "archives"));
  CHECK(contains(with("root  = /", "root  = "), "archive.root"));
  CHECK(contains(with("root  = /", std::string("root  = /srv\0", 13)), "archive.root"));
  CHECK(contains(with("[archive]", "%invalid_line%\n[archive]"),
                 "line 2: '%invalid_line%' is neither [SECTION] nor KEY = VALUE"));
  CHECK(contains(with("[archive]", "[archive]\n%option% = 1"), "%option%"));
  CHECK(contains(office.call({"plan", "--config", "/nowhere/expunge.conf"}).err, "/nowhere"));
}

TEST_CASE("A bad configuration is refused with its line, what was written, and what may be meant") {
  const Office office;
  const std::string good = test::slurp(office.config);
  const auto said = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
    test::spill(office.config, text);
    const Ended ended = office.call({"plan"});
    CHECK_ENDED(ended, 2);
    CHECK(std::count(ended.err.begin(), ended.err.end(), '\n') == 1);
    // The line that the message names, and after it the rest.
    const std::string head = "expunge: " + office.config + ": line ";
    INFO(ended.err);
    REQUIRE(ended.err.starts_with(head));
    const std::string rest = ended.err.substr(head.size());
    std::istringstream lines(text);
    std::string line;
    for (int number = std::stoi(rest); number > 0; --number) REQUIRE(std::getline(lines, line));
    return line + rest.substr(rest.find(':'));
  };
  CHECK(said("at = 02:00", "at = 2am # early") ==
        "at = 2am # early: run.at: '2am' is refused: a time of day as 02:00 is allowed\n");
  CHECK(said("[run]", "[runs]") ==
        "at = 02:00: unknown key 'runs.at'; perhaps 'run.at' is meant; see expunge.conf(5)\n");
  CHECK(contains(said("department = ", "Department = "),
                 ": unknown key 'retention.Department'; perhaps 'retention.department' is meant"));
  CHECK(
      contains(said("[log]\n", "[log]\nmax-count = 5\n"),
               "max-count = 5: unknown key 'log.max-count'; perhaps 'safety.max-count' is meant"));
  CHECK(contains(said("[log]\n", "[log]\ncolour = red\n"),
                 "colour = red: unknown key 'log.colour'; see expunge.conf(5)"));
  CHECK(
      contains(said("[archive]\n", "[archive]\nroot = /twice\n"), "'archive.root' is given twice"));
  CHECK(contains(said("workers = 8", "workers = 0"),
                 "workers = 0: destruction.workers: '0' is refused: 1 to 64 are allowed"));
  CHECK(
      contains(said("[safety]\n", "[destruction]\nfingerprint = perhaps\n[safety]\n"),
               "fingerprint = perhaps: destruction.fingerprint: 'perhaps' is refused: yes or no"));
  CHECK(contains(said("[retention]\n", "[retention]\ndepartment = Parking: 2 moons\n"),
                 "department = Parking: 2 moons: retention.department: 'Parking: 2 moons' is not"));
  CHECK(
      contains(said("[safety]\n", "department = Customer Services: 2 years\n[safety]\n"),
               "department = Customer Services: 2 years: retention.department: 'Customer Services' "
               "is given twice"));
  CHECK(
      contains(said("[safety]\n", "earliest = 31/12/2001\n[safety]\n"),
               "retention.earliest: '31/12/2001' is not a date as 2026-11-23: if 31 December 2001 "
               "is meant, write 2001-12-31"));
}

TEST_CASE("Wrong usage is exit 2 with one line that says how to go on") {
  const Office office;
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {},
           {"destroy-everything"},
           {"--frobnicate"},
           {"plan", "--frobnicate"},
           {"plan", "--%canonical_option%"},
           {"plan", "--as-of", "tomorrow"},
           {"plan", "--format", "pdf"},
           {"plan", "surplus"},
           {"approve"},
           {"approve", "0123"},
           {"run", "--stop-after", "soon"},
           {"run", "--as-of", "2030-01-01"},
           {"hold"},
           {"hold", "place", "A B", "--kind", "sar"},
           {"hold", "place", "A-1", "--kind", "whim"},
           {"hold", "place", "A-1", "--kind", "sar", "--reason", "x"},
           {"hold", "release", "A-1", "--reason", "x"},
           {"hold", "show", "A-1"},
           {"explain", "nobody"},
           {"log", "prove"},
           {"import", "/nowhere.csv"}}) {
    CAPTURE(words);
    const Ended ended = office.call(words);
    CHECK_ENDED(ended, 2);
    CHECK(ended.out.empty());
    CHECK(ended.err.starts_with("expunge: "));
    CHECK(std::count(ended.err.begin(), ended.err.end(), '\n') == 1);
  }
}

TEST_CASE("An argument too many is named with what the command takes") {
  const auto said = [](const std::vector<std::string>& words) {
    const Ended ended = test::expunge(words);
    CHECK_ENDED(ended, 2);
    CHECK(ended.out.empty());
    return ended.err;
  };
  CHECK(
      said({"explain", "cs-001", "cs-003", "cs-004"}) ==
      "expunge: explain: it takes one ID: 'cs-003' is one too many; try expunge explain --help\n");
  CHECK(said({"hold", "list", "foo"}) ==
        "expunge: hold list: it takes no argument: 'foo'; try expunge hold list --help\n");
  CHECK(contains(said({"run", "--timings", "foo\n"}), "run: it takes no argument: 'foo\\x0a'"));
  CHECK(contains(said({"hold", "review", "A-1", "--until", "2027-01-01", "--reason", "not", "yet"}),
                 "it takes one REFERENCE: 'yet' is one too many; a text of several words stands in "
                 "quotes"));
  CHECK(contains(said({"explain", "--", "-a", "-b"}), "'-b' is one too many"));
}

TEST_CASE("A date that is none is refused with what is wrong and what to write") {
  const Office office;
  const auto said = [&](const std::vector<std::string>& words) {
    const Ended ended = office.call(words);
    CHECK_ENDED(ended, 2);
    CHECK(ended.out.empty());
    return ended.err;
  };
  CHECK(contains(said({"plan", "--as-of", "2026-11-31"}),
                 "plan: --as-of '2026-11-31' is no day of the calendar; try"));
  CHECK(contains(said({"plan", "--as-of", "14/05/2025"}),
                 "'14/05/2025' is not a date as 2026-11-23: if 14 May 2025 is meant, write "
                 "2025-05-14; try"));
  CHECK(contains(said({"plan", "--as-of", "5.4.2025"}),
                 "if 5 April 2025 is meant, write 2025-04-05"));
  CHECK(contains(said({"plan", "--as-of", "2025/4/5"}),
                 "if 5 April 2025 is meant, write 2025-04-05"));
  for (const char* text : {"31/02/2025", "tomorrow", "//", "1/2", "14/05/25", "20251123", ""}) {
    CAPTURE(text);
    const std::string err = said({"plan", "--as-of", text});
    CHECK(contains(err, "' is not a date as 2026-11-23; try"));
  }
  CHECK(contains(
      said({"log", "certificate", "--department", "Customer Services", "--recorded", "01/05/2025"}),
      "if 1 May 2025 is meant, write 2025-05-01"));
  CHECK(contains(said({"log", "certificate", "--department", "Customer Services", "--recorded",
                       "2025-05-01..2025-05-32"}),
                 "--recorded '2025-05-32' is no day of the calendar"));
  const auto correct = [](const char* time) {
    return std::vector<std::string>{"correct", "a", "--authority", "X/1", "--recorded-at", time};
  };
  CHECK(contains(said(correct("2025-06-31 10:00")), "'2025-06-31' is no day of the calendar"));
  CHECK(contains(said(correct("14/05/2025 10:00")),
                 "if 14 May 2025 is meant, write 2025-05-14, and the time behind it"));
  CHECK(contains(said(correct("2025-06-15 10")), "or local as '2026-11-23 14:00'"));
  CHECK(contains(said(correct("2025-06-15 10:60")), "is no time as"));
}

TEST_CASE("Every command explains itself and global options stand before or after it") {
  const Office office;
  CHECK(contains(test::expunge({"--help"}).out, "Exit status"));
  CHECK(contains(test::expunge({"--version"}).out, "expunge "));
  for (const char* command : {"init", "import", "plan", "approve", "run", "explain"}) {
    const Ended ended = test::expunge({command, "--help"});
    CHECK_ENDED(ended, 0);
    CHECK(contains(ended.out, std::string("Usage: expunge ") + command));
  }
  CHECK(contains(test::expunge({"hold", "--help"}).out, "hold release"));
  const std::string all = test::expunge({"--help"}).out;
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"-h"}, {"help"}, {"help", "--help"}, {"help", "-h"}}) {
    CAPTURE(words);
    const Ended ended = test::expunge(words);
    CHECK_ENDED(ended, 0);
    CHECK(ended.out == all);
  }
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"plan"}, {"hold"}, {"hold", "place"}}) {
    CAPTURE(command);
    std::vector<std::string> words = command;
    words.emplace_back("--help");
    const std::string help = test::expunge(words).out;
    CHECK(contains(help, "Usage:"));
    words.back() = "-h";
    CHECK(test::expunge(words).out == help);
    words.pop_back();
    words.insert(words.begin(), "help");
    CHECK(test::expunge(words).out == help);
  }
  CHECK(test::expunge({"hold", "help", "place"}).out ==
        test::expunge({"help", "hold", "place"}).out);
  CHECK(contains(test::expunge({"help", "nosuch"}).err, "there is no command 'nosuch'"));
  CHECK(contains(test::expunge({"log", "verify", "--help"}).out, "--public-key"));
  CHECK_ENDED(test::expunge({"plan", "--config", office.config}), 0);
  CHECK_ENDED(test::expunge({"--config=" + office.config, "plan"}), 0);
}

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
  CHECK(contains(office.call({"explain", "old-1"}).out, "verdict     due"));
  CHECK_ENDED(office.call({"import", "-"}, other), 0);
  CHECK(contains(office.call({"explain", "old-1"}).out, "verdict     due"));
}

TEST_CASE("The plan in CSV has its columns and is safe to open in a spreadsheet") {
  const Office office;
  REQUIRE(office.call({"import", "-"}, furnish(office)).status == 0);
  REQUIRE(office.call({"import", "-"}, "id,department,recorded_at,path\n=1+1,Housing,,x.wav\n")
              .status == 0);
  const Ended ended = office.call({"plan", "--format", "csv"});
  CHECK(ended.out.starts_with("recording,department,recorded,due,verdict,reason,"));
  CHECK(contains(ended.out, "\n'=1+1,Housing,,,attention,"));
  CHECK_FALSE(contains(ended.out, "new-1"));
  CHECK(contains(office.call({"plan", "--format", "csv", "--all"}).out, "new-1"));
}

TEST_CASE("The plan in JSON is one object whose digest is the table's") {
  const Office office;
  REQUIRE(office.call({"import", "-"}, furnish(office)).status == 0);
  const auto json = nlohmann::json::parse(office.call({"plan", "--format", "json"}).out);
  CHECK(json["format"] == "expunge-plan/1");
  CHECK(json["digest"] == office.digest());
  CHECK(json["recordings"].size() == 3);
  CHECK(json["total"]["due"]["recordings"] == 2);
  CHECK(json["brakes"][0]["name"] == "first-run");
}

TEST_CASE("A plan written to a file appears whole or not at all") {
  const Office office;
  REQUIRE(office.call({"import", "-"}, furnish(office)).status == 0);
  const std::string path = office.scratch / "plan.csv";
  const Ended written = office.call({"plan", "--format", "csv", "--output", path});
  CHECK_ENDED(written, 1);
  CHECK(written.out.starts_with(path + ": the plan for the next run, on "));
  CHECK(written.out.ends_with("; due 2; needs attention 1\n"));
  CHECK(contains(test::slurp(path), "old-1"));
  CHECK(office.call({"--quiet", "plan", "--format", "html", "--output", path}).out.empty());
  CHECK_ENDED(office.call({"plan", "--output", office.scratch / "nowhere/plan"}), 2);
}

TEST_CASE("An approval of another digest is refused and nothing is logged") {
  const Office office;
  REQUIRE(office.call({"import", "-"}, furnish(office)).status == 0);
  const Ended ended = office.call({"approve", std::string(64, '0'), "--reason", "x"});
  CHECK_ENDED(ended, 2);
  // Not the one that it has: it would be pasted unread.
  CHECK(contains(ended.err, "another digest"));
  CHECK_FALSE(contains(ended.err, office.digest()));
  CHECK_FALSE(contains(office.call({"log", "show"}).out, "plan.approve"));
}

TEST_CASE("A hold by number in any writing says what it covers and lets go when released") {
  const Office office;
  office.configure("[holds]\nrelease-delay = none\n");
  REQUIRE(office.call({"import", "-"}, furnish(office)).status == 0);
  const Ended placed = office.call({"hold", "place", "SAR-2026/7", "--kind", "sar", "--reason",
                                    "asked by letter", "--subject", "+44 1632 960 001"});
  CHECK_ENDED(placed, 0);
  CHECK(contains(placed.out, "covered now: 2; past their period today: 1"));
  CHECK(contains(placed.out, "Not covered, having no subject to match, though the rest fits: 1."));
  CHECK(contains(office.call({"plan", "--format", "csv"}).out, ",held,"));
  CHECK(contains(office.call({"hold", "list"}).out, "SAR-2026/7"));
  CHECK(contains(office.call({"hold", "show", "SAR-2026/7"}).out, "asked by letter"));
  CHECK_ENDED(office.call({"hold", "place", "SAR-2026/7", "--kind", "sar", "--reason", "again",
                           "--subject", "1"}),
              2);
  CHECK_ENDED(office.call({"hold", "release", "SAR-2026/7", "--reason", "answered"}), 0);
  CHECK_FALSE(contains(office.call({"plan", "--format", "csv"}).out, ",held,"));
  CHECK_ENDED(office.call({"hold", "release", "SAR-2026/7", "--reason", "again"}), 2);
}

TEST_CASE("A hold that cannot be logged is not placed") {
  const Office office;
  const std::string log = office.scratch / "office/log/log.jsonl";
  test::spill(log, "x" + test::slurp(log));
  CHECK_ENDED(office.call({"hold", "place", "C-1", "--kind", "complaint", "--reason", "x",
                           "--recording", "any"}),
              4);
  CHECK(office.call({"hold", "list"}).out == "No holds.\n");
}

TEST_CASE("A log without its checkpoint does not verify for anybody") {
  const Office office;
  std::filesystem::remove(office.scratch / "office/log/checkpoint");
  CHECK_ENDED(office.call({"log", "verify"}), 4);
  CHECK_ENDED(office.call({"plan"}), 4);
  CHECK_ENDED(office.call({"run"}), 4);
}

TEST_CASE("A hold that covers nothing is placed all the same and says so") {
  const Office office;
  const Ended placed = office.call({"hold", "place", "C-1", "--kind", "complaint", "--reason", "x",
                                    "--recording", "not-there-yet"});
  CHECK_ENDED(placed, 1);
  CHECK(contains(office.call({"hold", "list"}).out, "C-1"));
  REQUIRE(office
              .call({"import", "-"},
                    "id,department,recorded_at,path\nnot-there-yet,Customer "
                    "Services,2020-01-01T10:00:00Z,x.wav\n")
              .status == 0);
  CHECK(contains(office.call({"plan", "--format", "csv"}).out, ",held,"));
}

TEST_CASE("The dry run needs read access alone and changes nothing") {
  if (::geteuid() != 0) SKIP_TEST("needs root, to become another user");
  const Office office;
  REQUIRE(office.call({"import", "-"}, furnish(office)).status == 0);
  for (const auto& each : std::filesystem::recursive_directory_iterator(office.scratch.path())) {
    if (each.path().filename() == "log.key") continue;
    ::chmod(each.path().c_str(), each.is_directory() ? 0555 : 0444);
  }
  ::chmod(office.scratch.path().c_str(), 0755);
  const auto listing = [&] {
    return test::run_program({"find", office.scratch.path().string(), "-printf", "%p %T@ %C@ %s\n"})
        .out;
  };
  const std::string before = listing();
  const Ended root_plan = office.call({"plan"});
  const Ended ended = office.call({"plan"}, "", 65534);
  CHECK_ENDED(ended, 1);
  CHECK(ended.out == root_plan.out);
  CHECK_ENDED(office.call({"run", "--dry-run"}, "", 65534), 1);
  CHECK(listing() == before);
}

TEST_CASE("The dry run makes no system call that changes anything") {
  if (!test::has_program("strace")) SKIP_TEST("strace is not installed");
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(EXPUNGE_COVERAGE)
  SKIP_TEST("sanitizers and coverage counters make calls of their own");
#endif
  const Office office;
  REQUIRE(office.call({"import", "-"}, furnish(office)).status == 0);
  const std::string trace = office.scratch / "trace";
  const Ended ended = test::run_program(
      {"strace", "-f", "-o", trace, "-e",
       "trace=openat,openat2,open,creat,write,pwrite64,pwritev,writev,ftruncate,truncate,unlink,"
       "unlinkat,rename,renameat,renameat2,mkdir,mkdirat,rmdir,link,linkat,symlink,symlinkat,"
       "chmod,fchmod,fchmodat,chown,fchown,fchownat,utimensat,fallocate,fsync,fdatasync,sync,"
       "syncfs,setxattr,fsetxattr,removexattr,fremovexattr,copy_file_range,sendfile",
       test::kBinary, "--config", office.config, "plan"});
  CHECK_ENDED(ended, 1);
  std::istringstream lines(test::slurp(trace));
  int seen = 0;
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    ++seen;
    if (contains(line, "+++ exited") || contains(line, "write(1,") || contains(line, "write(2,")) {
      continue;
    }
    if (contains(line, "open")) {
      CHECK_FALSE(contains(line, "O_WRONLY"));
      CHECK_FALSE(contains(line, "O_RDWR"));
      CHECK_FALSE(contains(line, "O_CREAT"));
      continue;
    }
    FAIL_CHECK("a call that changes something");
  }
  CHECK(seen > 10);
}

TEST_CASE("What root writes beside a service's files does not lock the service out") {
  if (::geteuid() != 0) SKIP_TEST("needs root, to become another user");
  const Office office;
  REQUIRE(office.call({"import", "-"}, furnish(office)).status == 0);
  REQUIRE(
      test::run_program({"chown", "-R", "65534:65534", office.scratch.path().string()}).status ==
      0);
  const Ended placed = test::run_program(
      {"sh", "-c", "umask 077; exec \"$@\"", "sh", test::kBinary, "--config", office.config, "hold",
       "place", "A-1", "--kind", "other", "--reason", "x", "--recording", "new-1"});
  CHECK_ENDED(placed, 0);
  CHECK_ENDED(office.call({"run"}), 3);  // as root, and braked: it has made its lock
  CHECK_ENDED(office.call({"plan"}, "", 65534), 1);
  CHECK_ENDED(office.call({"run"}, "", 65534), 3);
}

TEST_CASE("A run as another user who may not read the key touches nothing") {
  if (::geteuid() != 0) SKIP_TEST("needs root, to become another user");
  const Office office;
  REQUIRE(office.call({"import", "-"}, furnish(office)).status == 0);
  ::chmod(office.scratch.path().c_str(), 0755);
  const Ended ended = office.call({"run"}, "", 65534);
  CHECK_ENDED(ended, 2);
  CHECK(office.exists("a.wav"));
}

TEST_CASE("Standard output that cannot be written is not success") {
  const Office office;
  const Ended ended =
      test::run_program({"sh", "-c", "exec \"$0\" --help > /dev/full", test::kBinary});
  CHECK_ENDED(ended, 1);
}
