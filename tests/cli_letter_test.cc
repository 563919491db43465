// What `expunge explain` tells in a letter of recordings with which something went otherwise:
// missing, come back, contradicted, ordered.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "report/certificate_parts.h"
#include "report/run_report.h"
#include "support/catch.h"
#include "support/council_program.h"
#include "support/letters.h"
#include "support/office.h"
#include "support/page_text.h"

using namespace expunge;
using namespace expunge::test;
using namespace expunge::test::letters;

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

TEST_CASE(
    "The letter says how much longer than the schedule had it an order's recording was kept") {
  using std::chrono::days;
  Council council(machine_time(-days{12}).c_str());
  NEEDS_A_DISK(council);
  // Due by the schedule about eight days ago; ordered before that.
  council.add("r", Office::days_ago(373), "r.wav", kAudio);
  council.add("young", Office::days_ago(30), "young.wav", kAudio);
  council.order("r", "erasure");
  council.place_hold("SAR-1", {"r", "", "", {}, {}});
  council.set_clock(machine_time(-days{4}).c_str());
  council.release_hold("SAR-1", machine_time(-days{2}).substr(0, 10));
  council.set_clock(machine_time(-days{1}).c_str());
  CHECK(council.approve_and_run().tally.destroyed == 1);
  const std::string told = letter(council, "r");
  CHECK(
      contains(told, "by the retention schedule it was due as well. It was kept longer than to "));
  CHECK(contains(told, ", on which it was due by the schedule, until "));
  CHECK(contains(told, "an order to keep recordings for another purpose came to an end"));
}
