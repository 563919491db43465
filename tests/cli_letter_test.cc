// What `expunge explain` tells in a letter of recordings with which something went otherwise: left
// in part, missing, come back, ordered and held, interrupted.

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>

#include "report/certificate_parts.h"
#include "report/run_report.h"
#include "support/catch.h"
#include "support/council_program.h"
#include "support/dying_sys.h"
#include "support/office.h"
#include "support/page_text.h"

using namespace expunge;
using namespace expunge::test;

namespace {

const std::string kAudio(9000, 'A');

#define NEEDS_A_DISK(council) \
  if (!(council).can_destroy()) SKIP_TEST("no file system here that overwrites in place")

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

void run_and_be_cut(Council& council, const std::string& after_writing) {
  CutAfterWrite sys(after_writing);
  council.sys = &sys;
  CHECK_THROWS_AS(static_cast<void>(council.run()), Death);
  council.sys = &base::real_sys();
  REQUIRE_FALSE(council.open_index().journal().empty());
}

std::string letter(const Council& council, const std::string& id) {
  const Ended told = CouncilProgram(council).call({"explain", id});
  CHECK_ENDED(told, 0);
  return unwrapped(told.out.substr(0, told.out.find("For the office")));
}

std::string said_of(const run::Report& report, const std::string& id) {
  std::string said;
  for (const run::Notice& notice : report.tally.notices) {
    if (notice.recording == id) said += notice.text;
  }
  return said;
}

/// The page on a run, its lines joined.
std::string certificate(const Council& council, const std::string& run) {
  const Scratch scratch;
  CHECK_ENDED(
      CouncilProgram(council).call({"log", "certificate", "--run", run, "--output", scratch / ""}),
      0);
  return unwrapped(slurp(scratch / (run + ".txt")));
}

void hold(Council& council, const std::string& id) {
  council.place_hold("SAR-1", {id, "", "", {}, {}});
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

TEST_CASE("A recording with a file missing is destroyed once and every account says so") {
  Council council(machine_time(-std::chrono::minutes{30}).c_str());
  NEEDS_A_DISK(council);
  for (const char* id : {"all", "half", "none"}) {
    council.add(id, Office::days_ago(500), std::string(id) + ".wav", kAudio);
  }
  council.add("half", Office::days_ago(500), "half.txt", "words", "Customer Services", "", "",
              "transcript");
  std::filesystem::remove(council.path("half.txt"));
  std::filesystem::remove(council.path("none.wav"));
  const auto report = council.approve_and_run();
  CHECK(report.tally.destroyed == 2);
  CHECK(report.tally.failed == 1);
  CHECK(run::needs_person(report));
  CHECK(contains(report::run_line(report),
                 "destroyed 2 (18.0 kB), failed 1, held 0, need attention 1; destroyed although a "
                 "file was missing: 1"));
  const auto end = nlohmann::json::parse(council.entries("run.end").back());
  CHECK(end.at("failed") == 1);
  CHECK(end.at("without_file") == 1);
  CHECK(council.log_fault().empty());

  const std::string told = letter(council, "half");
  CHECK(contains(told,
                 "and then the files were removed; all except one file (a transcript), which was "
                 "not in its place; what became of it is not known."));
  CHECK(contains(told, ": a file of it was not in its place; the others were there"));
  CHECK_FALSE(contains(told, "could not be destroyed"));
  CHECK_FALSE(contains(letter(council, "all"), "except"));
  // How the office makes it is not for a letter.
  CHECK(contains(told, "a certificate of it that anybody can check can be had from us."));
  CHECK_FALSE(contains(told, "expunge log certificate"));
  const std::string office = CouncilProgram(council).call({"explain", "half"}).out;
  CHECK(contains(office.substr(office.find("For the office")),
                 "  certificate, which anybody can check: expunge log certificate half --output "
                 "DIRECTORY\n"));
  const Scratch certificates;
  CHECK_ENDED(CouncilProgram(council).call(
                  {"log", "certificate", "half", "all", "--output", certificates / ""}),
              0);
  CHECK(contains(unwrapped(slurp(certificates / "half.txt")),
                 "after that the files were removed; all except one file (a transcript), which was "
                 "not in its place; what became of it is not known."));
  CHECK_FALSE(contains(unwrapped(slurp(certificates / "all.txt")), "all except"));

  const std::string page = certificate(council, report.run_id);
  check_all_in(page,
               {"WARNING: In the run", "2 recordings were destroyed",
                "But of 1 of these a file was not in its place: what became of it is not "
                "known.",
                "A file missing destroyed, although one of its files was missing: 1",
                "Not destroyed 1", "Could not be destroyed: Recording Reason Entry none missing"});
  CHECK_FALSE(contains(page, " half missing"));

  const CouncilProgram program(council);
  const Ended days =
      program.call({"log", "certificate", "--department", "Customer Services", "--recorded",
                    "2000-01-01.." + Office::days_ago(0).substr(0, 10)});
  CHECK_ENDED(days, 0);
  CHECK(contains(unwrapped(days.out),
                 "Of 1 of those destroyed or removed a file was not in its place: what became of "
                 "it is not known."));
  // What run and status count as in need of attention too is among what could not be destroyed.
  CHECK(contains(unwrapped(days.out), "Not understood 0, and are kept until a person has looked"));
  CHECK(contains(unwrapped(days.out), "missing) 1"));
  CHECK_FALSE(contains(days.out, "Need attention"));
  const std::string needs = program.call({"status"}).out;
  CHECK(contains(needs, "1 recording is due and lacks a file"));
  CHECK_FALSE(contains(needs, "could not be destroyed"));  // that would be the same one again
  CHECK(contains(needs, "1 recording was destroyed although one of its files was missing"));

  // The next night nothing of that is tried but the one that is missing.
  council.set_clock(machine_time(-std::chrono::minutes{20}).c_str());
  CHECK(contains(report::run_line(council.run()),
                 "destroyed 0 (0 B), failed 0, held 0, need attention 1; a file still missing: 1"));
}

TEST_CASE("A letter does not say that a recording is there of which a file is missing") {
  Council council(machine_time(-std::chrono::minutes{30}).c_str());
  NEEDS_A_DISK(council);
  council.add("first", Office::days_ago(500), "first.wav", kAudio);
  council.add("gone", Office::days_ago(500), "gone.wav", kAudio);
  council.add("young", Office::days_ago(3), "young.wav", kAudio);
  council.order("young", "erasure");
  for (const char* path : {"gone.wav", "young.wav"}) std::filesystem::remove(council.path(path));
  CHECK(council.approve_and_run().tally.missing == 2);
  for (const char* id : {"gone", "young"}) {
    const std::string told = letter(council, id);
    CHECK(
        contains(told, "could not be destroyed on " + report::day_text(council.today()) +
                           ", because a file of it was not in its place; what became of it is not "
                           "known. That is being looked at."));
    CHECK_FALSE(contains(told, "It is still there"));
    CHECK_FALSE(contains(told, "It has not been destroyed yet"));
  }
}

TEST_CASE(
    "Of one that came back letter and certificate say both that it went and that it is back") {
  Council council(machine_time(-std::chrono::minutes{30}).c_str());
  NEEDS_A_DISK(council);
  council.add("back", "2024-03-05T10:00:00Z", "back.wav", kAudio);
  CHECK(council.approve_and_run().tally.destroyed == 1);
  const CouncilProgram program(council);
  const Scratch scratch;
  const auto certify = [&] {
    return program.call({"log", "certificate", "back", "--output", scratch / "", "--replace"});
  };
  CHECK_ENDED(certify(), 0);
  CHECK_FALSE(contains(slurp(scratch / "back.txt"), "COME BACK"));
  spill(council.path("back.wav"), kAudio);
  spill(council.scratch / "back.csv",
        "id,department,recorded_at,path\nback,Customer Services,,back.wav\n");
  CHECK_ENDED(program.call({"import", council.scratch / "back.csv"}), 1);
  const std::string told = letter(council, "back");
  CHECK(contains(told, "It was destroyed on "));
  CHECK(contains(told, "; a copy has since come back, and is being looked into."));
  CHECK_FALSE(contains(told, "It is still kept"));
  const Ended certified = certify();
  CHECK_ENDED(certified, 1);
  CHECK(contains(certified.err, "back: a file of it is on disk again, by the index"));
  CHECK(contains(unwrapped(slurp(scratch / "back.txt")), "SINCE THEN A FILE OF IT HAS COME BACK"));
  CHECK(contains(slurp(scratch / "back.html"), "SINCE THEN A FILE OF IT HAS COME BACK"));
  const Ended as_json =
      program.call({"log", "certificate", "back", "--output", scratch / "", "--replace", "--json"});
  CHECK_ENDED(as_json, 1);
  CHECK(nlohmann::json::parse(as_json.out).at("recordings").at(0).at("returned") == true);
}

TEST_CASE("Of one that is ordered ahead of its period and held the letter says what stops what") {
  Council council(machine_time().c_str());
  council.add("young", Office::days_ago(3), "young.wav", kAudio);
  council.order("young", "erasure");
  hold(council, "young");
  const std::string told = letter(council, "young");
  CHECK(contains(told, "Its destruction before that day was ordered, on the ground: "));
  CHECK(contains(told, "But that is stopped: one order to keep it is in force since "));
  CHECK_FALSE(contains(told, "It is kept longer"));
}

TEST_CASE("A letter promises no run and tells of a destruction that was begun and interrupted") {
  Council council(machine_time().c_str());
  NEEDS_A_DISK(council);
  council.host = machine_name();
  council.limits.workers = 1;
  council.add("a", Office::days_ago(501), "a.wav", kAudio);
  council.add("young", Office::days_ago(3), "young.wav", kAudio);
  council.approve();
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

TEST_CASE("The letter of one that an order keeps past its day does not promise its destruction") {
  Council council(machine_time().c_str());
  council.add("young", Office::days_ago(3), "young.wav", kAudio);
  CHECK(contains(letter(council, "young"), "unless an order to keep it is in force."));
  hold(council, "young");
  const std::string told = letter(council, "young");
  CHECK(contains(told,
                 "It is kept until then; and besides, one order to keep it is in force since "));
  CHECK(contains(told, "It is kept past that day for as long as that order is in force."));
  CHECK_FALSE(contains(told, "it is to be destroyed by the nightly run"));
  CHECK_FALSE(contains(told, "SAR-1"));
  // It has been ended, and keeps for some days yet, all of them before its day.
  const std::string end = Office::days_ago(-10).substr(0, 10);
  council.release_hold("SAR-1", end);
  const std::string ending = letter(council, "young");
  CHECK(contains(ending, "That order has been withdrawn with effect from "));
  CHECK(contains(ending, "unless another order to keep it is in force."));
}

TEST_CASE("A letter says that none of several files was in its place when none was") {
  Council council(machine_time(-std::chrono::minutes{30}).c_str());
  NEEDS_A_DISK(council);
  council.add("first", Office::days_ago(500), "first.wav", kAudio);
  council.add("gone", Office::days_ago(500), "gone.wav", kAudio);
  council.add("gone", Office::days_ago(500), "gone.txt", "words", "Customer Services", "", "",
              "transcript");
  for (const char* path : {"gone.wav", "gone.txt"}) std::filesystem::remove(council.path(path));
  CHECK(council.approve_and_run().tally.missing == 1);
  const std::string told = letter(council, "gone");
  CHECK(contains(told,
                 ", because none of its files was in its place; what became of them is not known. "
                 "That is being looked at."));
  CHECK_FALSE(contains(told, "a file of it"));
}

TEST_CASE("A letter states no date and no department as a fact that imports contradict") {
  Council council(machine_time().c_str());
  council.add("moved", Office::days_ago(500), "moved.wav", kAudio);
  council.add("dated", Office::days_ago(500), "dated.wav", kAudio);
  CHECK(contains(letter(council, "dated"), "For this one that ended with "));
  const CouncilProgram program(council);
  spill(council.scratch / "again.csv",
        "id,department,recorded_at,path\nmoved,Revenues and Benefits," + Office::days_ago(500) +
            ",moved.wav\ndated,Customer Services," + Office::days_ago(450) + ",dated.wav\n");
  CHECK_ENDED(program.call({"import", council.scratch / "again.csv"}), 1);
  const std::string dated = letter(council, "dated");
  CHECK(contains(dated, " But that day is in doubt: of what we were told about this recording"));
  const std::string moved = letter(council, "moved");
  CHECK(contains(moved, " But that department is in doubt: "));
  for (const std::string& told : {dated, moved}) {
    CHECK_FALSE(contains(told, "For this one that "));
    CHECK(contains(told, "It is still kept: something about it has to be looked at"));
  }
}

TEST_CASE("Of what an order destroyed no date is certified that cannot be true") {
  Council council(machine_time(-std::chrono::minutes{30}).c_str());
  NEEDS_A_DISK(council);
  council.add("odd", "1998-11-02T10:00:00Z", "odd.wav", kAudio);
  council.add("sound", Office::days_ago(500), "sound.wav", kAudio);
  for (const char* id : {"odd", "sound"}) council.order(id, "order");
  CHECK(contains(letter(council, "odd"), "made on a day that is not known."));
  CHECK(council.approve_and_run().tally.destroyed == 2);
  const std::string told = letter(council, "odd");
  CHECK(contains(told,
                 "made on a day that is not known. The day that its records had, 2 November 1998, "
                 "cannot be true."));
  CHECK(contains(told, "on the ground: an order of a court or an authority (in the log: order)."));
  CHECK_FALSE(contains(told, "retention schedule"));
  CHECK(contains(letter(council, "sound"), "by the retention schedule it was due as well."));
  const Scratch scratch;
  CHECK_ENDED(CouncilProgram(council).call(
                  {"log", "certificate", "odd", "sound", "--output", scratch / ""}),
              0);
  const std::string page = unwrapped(slurp(scratch / "odd.txt"));
  CHECK(contains(page, "not known: the index had 2 November 1998, which cannot be true"));
  CHECK(contains(page, "12 months, from a day that is not known"));
  CHECK_FALSE(contains(page, "12 months, through"));
  CHECK_FALSE(contains(page, "it was due as well"));
  CHECK(contains(unwrapped(slurp(scratch / "sound.txt")), "12 months, through "));
}

TEST_CASE("The letter of what a hold kept past its period says that it was kept longer") {
  using std::chrono::days;
  Council council(machine_time(-days{12}).c_str());
  NEEDS_A_DISK(council);
  for (const char* id : {"free", "held"}) {
    council.add(id, Office::days_ago(500), std::string(id) + ".wav", kAudio);
  }
  hold(council, "held");
  CHECK(council.approve_and_run().tally.destroyed == 1);
  council.release_hold(
      "SAR-1", base::to_text(base::CivilDate{std::chrono::sys_days{council.today()} + days{4}}));
  council.set_clock(machine_time(-days{6}).c_str());
  CHECK(council.run().tally.destroyed == 1);
  const std::string told = letter(council, "held");
  CHECK(contains(told, "It was to be kept for 12 months, through "));
  CHECK(contains(told,
                 "Since this log was begun, an order to keep recordings for another purpose came "
                 "to an end. A recording that such an order is for is kept until then; whether "
                 "this was one, the log does not say"));
  CHECK(contains(told, "destroyed, as its period was over and no order to keep it was in force: "));
  for (const char* const never : {"SAR-1", "sar", "officer"}) CHECK_FALSE(contains(told, never));
  CHECK_FALSE(contains(letter(council, "free"), "does not say why"));
}

TEST_CASE("The letter of another day counts the orders to keep that are in force on that day") {
  Council council(machine_time().c_str());
  council.add("due", Office::days_ago(500), "due.wav", kAudio);
  council.add("young", Office::days_ago(3), "young.wav", kAudio);
  for (const char* const reference : {"SAR-1", "SAR-2"}) {
    for (const char* const id : {"due", "young"}) {
      council.place_hold(std::string(reference) + "-" + id, {id, "", "", {}, {}});
    }
  }
  for (const char* const reference : {"SAR-1-due", "SAR-1-young"}) {
    council.release_hold(reference, Office::days_ago(-10).substr(0, 10));
  }
  const CouncilProgram program(council);
  const auto letter_of = [&](const char* id, int days_from_now) {
    const std::string told =
        program.call({"explain", id, "--as-of", Office::days_ago(-days_from_now).substr(0, 10)})
            .out;
    return unwrapped(told.substr(0, told.find("For the office")));
  };
  CHECK(contains(letter_of("due", 5), "the earliest of 2 orders to keep it came into force"));
  const std::string later = letter_of("due", 20);
  CHECK(contains(later,
                 ", an order to keep it came into force. Since then it is kept by order: "
                 "through "));
  CHECK(contains(later, " by one that has ended; and one order to keep it is in force since "));
  CHECK(contains(later, "It is kept until a person has ended that order."));
  CHECK(contains(letter_of("young", 5), "besides, 2 orders to keep it are in force"));
  CHECK(contains(letter_of("young", 20), "besides, one order to keep it is in force"));
}

TEST_CASE("A letter does not conclude that nothing kept what an ended hold may have kept") {
  using std::chrono::days;
  Council council(machine_time(-days{40}).c_str());
  council.add("kept", Office::days_ago(500), "kept.wav", kAudio);
  council.place_hold("SAR-1", {"kept", "", "", {}, {}});
  const auto in_days = [&](int count) {
    return base::to_text(base::CivilDate{std::chrono::sys_days{council.today()} + days{count}});
  };
  council.release_hold("SAR-1", in_days(8));
  council.set_clock(machine_time(-days{33}).c_str());
  council.place_hold("SAR-2", {"kept", "", "", {}, {}});
  council.set_clock(machine_time().c_str());
  const std::string known = letter(council, "kept");
  CHECK(contains(known,
                 "an order to keep it came into force. Since then it is kept by order: "
                 "through "));
  CHECK(contains(known, " by one that has ended; and one order to keep it is in force since "));
  // What it was for is forgotten in the end.
  {
    auto index = council.open_index();
    archive::Index::Writing writing(index);
    writing.erase_ended_holds(council.today());
    writing.commit();
  }
  const std::string told = letter(council, "kept");
  CAPTURE(told);
  CHECK(contains(told, "It had not been destroyed when, on "));
  CHECK(contains(told,
                 "Before that, and after it was due, orders to keep recordings were in force "
                 "that have ended; whether one of them was for this one is not known"));
  CHECK_FALSE(contains(told, "SAR"));
}

TEST_CASE("The letter of one whose department was wrong says when that was put right") {
  Council council(machine_time(-std::chrono::minutes{30}).c_str());
  NEEDS_A_DISK(council);
  council.add("strange", Office::days_ago(500), "strange.wav", kAudio, "Housing");
  council.add("young", Office::days_ago(3), "young.wav", kAudio);
  CHECK_ENDED(CouncilProgram(council).call({"correct", "strange", "--department",
                                            "Customer Services", "--authority", "HR/1"}),
              0);
  council.set_clock(machine_time().c_str());
  CHECK(council.approve_and_run().tally.destroyed == 1);
  const std::string told = letter(council, "strange");
  const auto entry = nlohmann::json::parse(council.entries("correct").at(0));
  CHECK(contains(told, " its department was put right, or confirmed. On "));
  CHECK_FALSE(contains(told, "does not say why"));
  const Scratch scratch;
  CHECK_ENDED(
      CouncilProgram(council).call({"log", "certificate", "strange", "--output", scratch / ""}), 0);
  CHECK(contains(unwrapped(slurp(scratch / "strange.txt")),
                 " its department was put right, or confirmed (entry " +
                     std::to_string(entry.at("seq").get<int>()) + ")."));
}

TEST_CASE("A letter says of what was begun on what the next run does with it") {
  Council council(machine_time(-std::chrono::minutes{30}).c_str());
  NEEDS_A_DISK(council);
  council.host = machine_name();
  council.limits.workers = 1;
  council.add("a", Office::days_ago(501), "a.wav", kAudio);
  council.add("young", Office::days_ago(3), "young.wav", kAudio);
  council.approve();
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

TEST_CASE("Of one that is not due and was missed letter and office say who looks and where") {
  Council council(machine_time(-std::chrono::minutes{30}).c_str());
  NEEDS_A_DISK(council);
  council.host = machine_name();
  council.add("first", Office::days_ago(500), "first.wav", kAudio);
  council.add("young", Office::days_ago(3), "young.wav", kAudio);
  council.add("there", Office::days_ago(3), "there.wav", kAudio);
  council.order("young", "erasure");
  std::filesystem::remove(council.path("young.wav"));
  CHECK(council.approve_and_run().tally.missing == 1);
  const CouncilProgram program(council);
  CHECK_ENDED(program.call({"destroy", "young", "--withdraw"}), 0);
  const std::string told = letter(council, "young");
  CHECK(contains(told, "But at a run on "));
  CHECK(contains(told, " it was not found in its place; what became of it is not known."));
  CHECK(contains(told, " is looking into that. If it is found, it is kept at least until then."));
  CHECK_FALSE(contains(told, "It is kept until then"));
  // explain itself looks at no disk.
  const std::string not_looked =
      "  on disk     explain has not looked there; expunge check --index does\n";
  CHECK(contains(program.call({"explain", "there"}).out, not_looked));
  CHECK_FALSE(contains(letter(council, "there"), "on disk"));
  CHECK_FALSE(contains(program.call({"explain", "young"}).out, not_looked));
  CHECK_FALSE(contains(program.call({"explain", "first"}).out, not_looked));
}
