// What is typed or configured wrongly, and how that is said.

#include <algorithm>
#include <sstream>

#include "support/catch.h"
#include "support/office.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::Office;

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
  CHECK(contains(with("5%", "0.55%"),
                 "a share from 0% to 100%, with one decimal at most, as 5% or 0.5%, is allowed"));
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
