// What is told of recordings on which a run began that was cut.

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "report/run_report.h"
#include "support/catch.h"
#include "support/council_program.h"
#include "support/dying_sys.h"
#include "support/letters.h"
#include "support/office.h"
#include "support/page_text.h"

using namespace expunge;
using namespace expunge::test;
using namespace expunge::test::letters;

namespace {

/// The power fails after the first write to a file of that name.
class CutAfterWrite : public base::Sys {
 public:
  explicit CutAfterWrite(std::string name) : name_(std::move(name)) {}

  ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset) override {
    const ssize_t put = Sys::pwrite(fd, buffer, bytes, offset);
    char path[PATH_MAX];
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t length = ::readlink(link.c_str(), path, sizeof path);
    const std::string written(path, length < 0 ? 0 : static_cast<std::size_t>(length));
    if (written.ends_with(name_)) throw Death();
    return put;
  }

 private:
  std::string name_;
};

/// One that is due, of which the plan is approved, and one that is young; on this machine.
void furnish_one_due(Council& council) {
  council.host = machine_name();
  council.limits.workers = 1;
  council.add("a", Office::days_ago(501), "a.wav", kAudio);
  council.add("young", Office::days_ago(3), "young.wav", kAudio);
  council.approve();
}

void run_and_be_cut(Council& council, const std::string& after_writing) {
  CutAfterWrite sys(after_writing);
  council.sys = &sys;
  CHECK_THROWS_AS(static_cast<void>(council.run()), Death);
  council.sys = &base::real_sys();
  REQUIRE_FALSE(council.open_index().journal().empty());
}

std::string said_of(const run::Report& report, const std::string& id) {
  std::string said;
  for (const run::Notice& notice : report.tally.notices) {
    if (notice.recording == id) said += notice.text;
  }
  return said;
}

}  // namespace

TEST_CASE("Of what was overwritten whole before a hold came nothing is told to be kept") {
  Council council(machine_time().c_str());
  NEEDS_A_DISK(council);
  council.limits.workers = 1;
  council.add("whole", Office::days_ago(500), "whole.wav", kAudio);
  council.approve();
  run_and_be_cut(council, "whole.wav");
  hold(council, "whole");
  const auto report = council.run();
  const auto entry = nlohmann::json::parse(council.entries("destroy.partial").at(0));
  REQUIRE(entry.at("kept") == 0);
  CHECK(said_of(report, "whole")
            .starts_with("all of it was overwritten before this, and nothing of it is left: due "));
  CHECK(contains(report::run_line(report), "; destroyed in part 1"));
  const std::string told = letter(council, "whole");
  CHECK(
      contains(told,
               "Every byte of it was overwritten before its destruction was stopped, though nobody "
               "verified that: nothing of it is left. What bears its name is kept, by order: one "
               "order to keep it "));
  CHECK_FALSE(contains(told, "the rest is kept"));
  const std::string page = certificate(council, report.run_id);
  CHECK(contains(page, "Of 1 of them nothing is left: every byte was overwritten"));
  CHECK(contains(page, " 0 " + std::to_string(entry.at("seq").get<int>())));
  CHECK_FALSE(contains(page, "the rest is kept"));
  const CouncilProgram program(council);
  // For the office too, what the log says of it.
  CHECK(contains(program.call({"explain", "whole"}).out,
                 "  left        by the log: nothing: every byte of it was overwritten, and not "
                 "verified\n"));
  const Ended again = program.call({"hold", "show", "SAR-1"});
  CHECK(contains(again.out, "Of these, overwritten or removed in part, if not wholly, before: 1;"));
  const std::string plan = program.call({"plan", "--all"}).out;
  CHECK(contains(unwrapped(plan),
                 "held by SAR-1 (sar); a part of it, if not all, is overwritten or removed "
                 "already"));
  CHECK(contains(program.call({"hold", "show", "SAR-1", "--recordings"}).out,
                 "whole  held; a part of it, if not all, is overwritten or removed already\n"));
  const Ended status = program.call({"status"});
  CHECK(contains(status.out,
                 "In part        1 recording of which a part, or all, was overwritten "
                 "or removed"));
  CHECK(nlohmann::json::parse(program.call({"status", "--json"}).out).at("in_part") == 1);
  const Ended days =
      program.call({"log", "certificate", "--department", "Customer Services", "--recorded",
                    "2000-01-01.." + Office::days_ago(0).substr(0, 10)});
  CHECK_ENDED(days, 0);
  CHECK(contains(unwrapped(days.out),
                 "nothing, every byte overwritten, though nobody verified that"));
  const Ended certified =
      program.call({"log", "certificate", "whole", "--output", council.scratch / ""});
  CHECK_ENDED(certified, 2);
  CHECK(contains(certified.err,
                 "says that its destruction was stopped when all of it was "
                 "overwritten"));
}

TEST_CASE("Of what lost its key to an interrupted run is told that the rest cannot be read") {
  Council council(machine_time().c_str());
  NEEDS_A_DISK(council);
  council.limits.workers = 1;
  council.add("sealed", Office::days_ago(500), "sealed.wav", kAudio);
  council.add("sealed", Office::days_ago(500), "sealed.key", std::string(5000, 'K'),
              "Customer Services", "", "", "key");
  council.approve();
  run_and_be_cut(council, "sealed.key");
  hold(council, "sealed");
  const auto report = council.run();
  CHECK(council.content("sealed.wav") == kAudio);
  CHECK(said_of(report, "sealed")
            .starts_with("part of it was overwritten before this, its key first; the rest is kept, "
                         "and cannot be read without that key: due "));
  CHECK(contains(letter(council, "sealed"),
                 "its key is overwritten, without which what is kept of it cannot be read."));
  CHECK(
      contains(certificate(council, report.run_id),
               "Of 1 of them the key is overwritten, without which what is kept cannot be read."));
}

TEST_CASE("What a hold covers before a run counts as held once although a run was interrupted") {
  Council council(machine_time().c_str());
  NEEDS_A_DISK(council);
  council.limits.workers = 1;
  for (int i = 0; i < 6; ++i) {
    const std::string id = "c" + std::to_string(i);
    council.add(id, Office::days_ago(500 - i), id + ".wav", kAudio);
  }
  council.approve();
  run_and_be_cut(council, "c2.wav");
  council.place_hold("SAR-1", {"", "", "Customer Services", {}, {}});
  const auto report = council.run();
  CHECK(run::held_in(report) == 6);
  CHECK(contains(report::run_line(report), ", held 6,"));
  CHECK(nlohmann::json::parse(council.entries("run.end").back()).at("held") == 6);
  CHECK(nlohmann::json::parse(council.entries("run.start").back()).at("held") == 6);
  CHECK(contains(certificate(council, report.run_id), "Held, and kept 6 "));
  CHECK(contains(CouncilProgram(council).call({"status"}).out, "Held           6 "));
}

TEST_CASE("A letter promises no run and tells of a destruction that was begun and interrupted") {
  Council council(machine_time().c_str());
  NEEDS_A_DISK(council);
  furnish_one_due(council);
  const std::string before = letter(council, "a");
  CHECK(
      contains(before, "It has not been destroyed yet, and is to be by the next nightly run, on "));
  CHECK(contains(before, " or, where something stops that run, by a later one."));
  CHECK_FALSE(contains(before, "somebody's yes"));
  run_and_be_cut(council, "a.wav");
  const std::string told = letter(council, "a");
  CHECK(contains(told, "Its destruction was begun and interrupted: the next nightly run, on "));
  CHECK(contains(told, ", finishes it."));
  CHECK_FALSE(contains(told, "It has not been destroyed yet"));
  hold(council, "a");
  CHECK(contains(letter(council, "a"),
                 "Its destruction was begun and interrupted; how much of it is left, the next "
                 "nightly run finds out."));
  council.order("young", "erasure");
  council.approve();
  CHECK(contains(letter(council, "young"), "or, where something stops that run, to a later one."));
}

TEST_CASE("A letter says of what was begun on what the next run does with it") {
  Council council(machine_time(-std::chrono::minutes{30}).c_str());
  NEEDS_A_DISK(council);
  furnish_one_due(council);
  run_and_be_cut(council, "a.wav");
  CouncilProgram program(council);
  const auto told = [&] {
    const Ended ended = program.call({"explain", "a"});
    CHECK_ENDED(ended, 0);
    return unwrapped(ended.out.substr(0, ended.out.find("For the office")));
  };
  council.set_clock(machine_time(-std::chrono::minutes{20}).c_str());
  SECTION("that it leaves it, where the approval that it needs is not there") {
    program.set("run.approval", "two-person");
    CHECK(contains(told(), "once a person has approved the plan that has it."));
    CHECK_FALSE(contains(told(), "finishes it."));
    council.rule = run::Approval::two_person;
    CHECK(council.run().tally.destroyed == 0);
    CHECK_FALSE(council.open_index().journal().empty());
  }
  SECTION("that it stops, where a brake is on") {
    program.set("retention.department", "Customer Services: 11 months");
    CHECK(contains(told(), "Before it is finished a person has to look at something that stops"));
    CHECK_FALSE(contains(told(), "next nightly run"));
  }
  SECTION("and that what refused it has to be settled") {
    const base::Fd reader(::open(council.path("a.wav").c_str(), O_RDONLY | O_CLOEXEC));
    const auto report = council.run();
    if (report.tally.destroyed == 1) SKIP_TEST("no leases here");
    REQUIRE_FALSE(council.open_index().journal().empty());
    CHECK(contains(told(), "Its destruction was begun and is not finished: the last attempt, on "));
    CHECK_FALSE(contains(told(), "next nightly run"));
  }
}
