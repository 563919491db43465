// Of what is due and runs refuse: what plan, explain and acknowledge say of it, in every form, and
// until when.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/council_program.h"
#include "support/office.h"
#include "support/page_text.h"
#include "support/tried_nights.h"

using namespace expunge;
using namespace expunge::test;
using namespace expunge::test::tried_nights;
using Json = nlohmann::json;

namespace {

const std::string kOpen = "another process has the file open (open-elsewhere)";
const std::string kLong = "the file has another size than the index says (size-differs)";

}  // namespace

TEST_CASE(
    "The plan says of what runs tried and did not destroy since when and why and what helps") {
  const Nights nights;
  NEEDS_A_DISK(nights);
  const Ended table = nights.call({"plan"});
  INFO(table.out);
  CHECK_ENDED(table, 1);
  check_all_in(table.out,
               {"Will be destroyed: 0 of 3 recordings.\n",
                "Due, tried by runs and not destroyed: 2, since " + nights.first +
                    " at the earliest. Each run tries again, in vain for as long as",
                "\nTried, and not destroyed\n", nights.since(kOpen), nights.since(kLong),
                "       1  open-elsewhere: find out which program has it open",
                "       1  size-differs: see whether it is the same recording. If it is,"});
  CHECK_FALSE(contains(table.out, "Need attention"));
  const Ended page = nights.call({"plan", "--format", "html"});
  CHECK_ENDED(page, 1);
  check_all_in(unwrapped(page.out),
               {"0 of 3 recordings will be destroyed, and 2 more that runs tried and did not "
                "destroy, if what stopped them is gone.",
                "No recording needs attention.", ">Tried, and not destroyed</h2>",
                "Of the due, runs tried to destroy 2 recordings, and did not.",
                "Another process has the file open (open-elsewhere): 1 recording",
                "The file has another size than the index says (size-differs): 1 recording",
                "What to do: find out which program has it open", "correct ID --as-found",
                nights.since(kOpen)});
  const Ended csv = nights.call({"plan", "--format", "csv"});
  CHECK_ENDED(csv, 1);
  check_all_in(csv.out, {nights.since(kOpen) + "\",\"find out which program",
                         nights.since(kLong) + "\",\"see whether it is"});
  const Json open = nights.planned("open");
  CHECK(open.at("verdict") == "due");
  CHECK(open.at("tried").at("reason") == "open-elsewhere");
  CHECK(open.at("tried").at("since").get<std::string>().starts_with(nights.first));
  CHECK(open.at("tried").at("last").get<std::string>().starts_with(nights.last));
  CHECK(contains(open.at("remedy"), "fuser -v"));
  const Json json = nights.json();
  CHECK(json.at("tried") == Json::parse(R"({"recordings":2,"bytes":18000})"));
  CHECK(json.at("needs_attention") == 0);
  CHECK_FALSE(nights.planned("held").contains("tried"));
  CHECK_FALSE(nights.planned("held").contains("remedy"));
}

TEST_CASE("Explain says what to do about what runs refuse and no acknowledgement is taken for it") {
  const Nights nights;
  NEEDS_A_DISK(nights);
  for (const auto& [id, why, what] :
       {std::tuple{"open", kOpen, "find out which program has it open"},
        std::tuple{"long", kLong,
                   "see whether it is the same recording. If it is, and the file "
                   "is right as it is on disk: expunge correct ID --as-found"}}) {
    const Ended told = nights.call({"explain", id});
    INFO(told.out);
    CHECK_ENDED(told, 0);
    CHECK(contains(told.out, "; " + nights.since(why) + "\n  what to do  " + what));
    CHECK(contains(told.out, ": due: kept for "));
    const std::string letter = unwrapped(told.out.substr(0, told.out.find("For the office")));
    CHECK(contains(letter, "It has not been destroyed yet: the last attempt, on "));
    CHECK(contains(letter,
                   ", failed, and what stopped it is being looked at. Once that is settled, it is "
                   "to be destroyed by the nightly run."));
    CHECK_FALSE(contains(letter, "next nightly run"));
    const Ended refused = nights.call(
        {"acknowledge", id, "--until", Office::days_ago(-20).substr(0, 10), "--reason", "x"});
    CHECK_ENDED(refused, 2);
    CHECK(contains(refused.err, "it is due, and was " + nights.since(why) +
                                    ". What helps is not to acknowledge it, but this: " + what));
    CHECK(contains(refused.err, "nothing was acknowledged"));
  }
  CHECK_FALSE(contains(nights.call({"explain", "held"}).out, "what to do"));
  CHECK_ENDED(nights.call({"plan"}), 1);
}

TEST_CASE("What runs refused is told and what to do about it once a hold covers it as well") {
  const Nights nights;
  NEEDS_A_DISK(nights);
  for (const char* id : {"long", "open"}) {
    CHECK_ENDED(nights.call({"hold", "place", std::string("SAR-") + id, "--kind", "sar", "--reason",
                             "asked", "--recording", id}),
                0);
  }
  const Ended told = nights.call({"explain", "long"});
  INFO(told.out);
  CHECK_ENDED(told, 0);
  CHECK(contains(told.out,
                 "held by SAR-long (sar); " + nights.since(kLong) +
                     "\n  what to do  what is on disk is not what was imported, and somebody may "
                     "ask for it: see whether it is the same recording. If it is, "));
  CHECK(contains(told.out, "No run tries it while it is held\n"));
  CHECK(contains(nights.call({"explain", "open"}).out,
                 nights.since(kOpen) + "\n  what to do  no run tries it while it is held. For when "
                                       "that has ended: find out which program has it open"));
  const Ended table = nights.call({"plan"});
  INFO(table.out);
  CHECK_ENDED(table, 0);
  CHECK(contains(table.out, "held by SAR-long (sar); " + nights.since(kLong)));
  CHECK_FALSE(contains(table.out, "Tried, and not destroyed"));
  CHECK_FALSE(contains(nights.call({"plan", "--format", "html"}).out, "Tried, and not destroyed"));
  const Json held = nights.planned("long");
  CHECK(held.at("verdict") == "held");
  CHECK(held.at("tried").at("reason") == "size-differs");
  CHECK(contains(held.at("remedy"), "correct ID --as-found"));
  CHECK(nights.json().at("tried").at("recordings") == 0);
  const Ended refused = nights.call(
      {"acknowledge", "long", "--until", Office::days_ago(-20).substr(0, 10), "--reason", "x"});
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err, "it is held, and was " + nights.since(kLong)));
  CHECK_ENDED(nights.call({"correct", "long", "--as-found", "--authority", "R-1"}), 0);
  CHECK_FALSE(contains(nights.call({"explain", "long"}).out, "what to do"));
}

TEST_CASE("No letter promises that the end of a hold destroys what runs refused before") {
  const Nights nights;
  NEEDS_A_DISK(nights);
  CHECK_ENDED(nights.call({"hold", "place", "SAR-2", "--kind", "sar", "--reason", "asked",
                           "--recording", "long"}),
              0);
  CHECK_ENDED(nights.call({"hold", "release", "SAR-2", "--reason", "answered"}), 0);
  const std::string told = nights.call({"explain", "long"}).out;
  const std::string letter = unwrapped(told.substr(0, told.find("For the office")));
  INFO(letter);
  CHECK(contains(letter,
                 ". An attempt to destroy it before failed; once what stopped that is settled, it "
                 "is to be destroyed by the nightly run after that, unless another order to keep "
                 "it is in force then."));
}

TEST_CASE("The release of a hold says of what it covers how many runs could not destroy") {
  Nights nights;
  NEEDS_A_DISK(nights);
  nights.council.add("gone", Office::days_ago(380), "gone.wav", kAudio);
  std::filesystem::remove(nights.council.path("gone.wav"));
  nights.council.set_clock(machine_time(-std::chrono::hours{1}).c_str());
  REQUIRE(nights.council.run().tally.missing == 1);
  const auto released = [&](const char* reference, std::vector<std::string> ids) {
    std::vector<std::string> words = {"hold", "place",    reference, "--kind",
                                      "sar",  "--reason", "asked",   "--recording"};
    words.insert(words.end(), ids.begin(), ids.end());
    CHECK_ENDED(nights.call(words), 0);
    return nights.call({"hold", "release", reference, "--reason", "answered"}).out;
  };
  CHECK(contains(released("SAR-2", {"gone", "long", "open"}),
                 "past their period today: 3; ordered to be destroyed: 0. Of these, with a file "
                 "missing when a run last looked for it: 1. Of these, tried by runs and not "
                 "destroyed: 2; expunge explain ID says why. The first run after its end destroys "
                 "what it can of these, unless another hold covers them or may mean them.\n"));
  CHECK(contains(
      released("SAR-3", {"held"}),
      "past their period today: 1; ordered to be destroyed: 0. The first run after its "
      "end destroys what it can of these, unless another hold covers them or may mean them.\n"));
}

TEST_CASE("Once what stopped the runs is put right the plan calls it due and a run destroys it") {
  Nights nights;
  NEEDS_A_DISK(nights);
  CHECK_ENDED(nights.call({"correct", "long", "--as-found", "--authority", "R-1"}), 0);
  CHECK_FALSE(nights.planned("long").contains("tried"));
  CHECK_FALSE(nights.planned("long").contains("remedy"));
  CHECK(nights.json().at("tried").at("recordings") == 1);
  CHECK(contains(nights.call({"plan"}).out, "Will be destroyed: 1 of 3 recordings"));
  CHECK_ENDED(nights.call({"plan"}), 1);
  nights.holder.reset();
  nights.council.set_clock(machine_time(-std::chrono::hours{1}).c_str());
  CHECK(nights.council.run().tally.destroyed == 2);
  const Ended plan = nights.call({"plan"});
  CHECK_ENDED(plan, 0);
  CHECK_FALSE(contains(plan.out, "Tried"));
  CHECK_FALSE(contains(nights.call({"plan", "--format", "html"}).out, "Tried, and not destroyed"));
}

TEST_CASE("What a person has put right since is not counted as what could not be destroyed") {
  const Nights nights;
  NEEDS_A_DISK(nights);
  const auto failed = [&] {
    const Ended ended =
        nights.call({"log", "certificate", "--department", "Customer Services", "--recorded",
                     "2000-01-01.." + Office::days_ago(0).substr(0, 10), "--format", "json"});
    CHECK_ENDED(ended, 0);
    return Json::parse(ended.out).at("index").at("failed");
  };
  CHECK(failed() == Json::parse(R"({"open-elsewhere":1,"size-differs":1})"));
  // Another fact that was put right says nothing of the file.
  CHECK_ENDED(nights.call({"correct", "long", "--recorded-at", Office::days_ago(501), "--authority",
                           "R-2"}),
              0);
  CHECK(failed().size() == 2);
  CHECK_ENDED(nights.call({"correct", "long", "--as-found", "--authority", "R-1"}), 0);
  CHECK(failed() == Json::parse(R"({"open-elsewhere":1})"));
}

TEST_CASE("Of what an approved plan covers those that runs refuse are not promised") {
  const Nights nights;
  NEEDS_A_DISK(nights);
  CouncilProgram program(nights.council);
  program.set("run.approval", "required");
  const Json json = Json::parse(program.call({"plan", "--format", "json"}).out);
  CHECK_ENDED(program.call({"approve", json.at("digest"), "--reason", "read"}), 0);
  CHECK(contains(program.call({"plan"}).out,
                 "Will be destroyed, as approved: 0 of 3 recordings; due: 2.\n"));
  CHECK(contains(program.call({"plan", "--format", "html"}).out,
                 " approved, and 2 more that runs tried and did not destroy, if what stopped them "
                 "is gone; due: 2 of 3 recordings."));
}
