// That `expunge explain` writes no letter from an index that is behind the log, and what it says
// where the configuration asks for approvals.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "support/catch.h"
#include "support/council_program.h"
#include "support/office.h"
#include "support/page_text.h"

using namespace expunge;
using namespace expunge::test;

namespace {

const std::string kAudio(9000, 'A');

#define NEEDS_A_DISK(council) \
  if (!(council).can_destroy()) SKIP_TEST("no file system here that overwrites in place")

void copy_over(const std::string& from, const std::string& to) {
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
}

/// Nothing before what is for the office; one line says why.
std::string barred(const Council& council, const std::string& id) {
  const Ended told = CouncilProgram(council).call({"explain", id});
  CHECK_ENDED(told, 1);
  CHECK(told.out.starts_with("\nFor the office, not for a letter\n"));
  CHECK(contains(told.out, "\nLog\n"));
  CHECK(std::count(told.err.begin(), told.err.end(), '\n') == 1);
  CHECK(told.err.starts_with("expunge: no letter is written about " + id + ": "));
  return told.err;
}

}  // namespace

TEST_CASE("No letter is written from an index that is older than the log's word on a recording") {
  Council council(machine_time(-std::chrono::minutes{30}).c_str());
  NEEDS_A_DISK(council);
  council.add("gone", Office::days_ago(500), "gone.wav", kAudio);
  council.add("young", Office::days_ago(3), "young.wav", kAudio);
  const std::string older = council.scratch / "older.db";
  copy_over(council.index_path, older);
  CHECK(council.approve_and_run().tally.destroyed == 1);
  CHECK_ENDED(CouncilProgram(council).call({"explain", "gone"}), 0);
  CHECK_ENDED(CouncilProgram(council).call({"explain", "young"}), 0);
  copy_over(older, council.index_path);
  const std::string why = barred(council, "gone");
  CHECK(contains(why,
                 " of the log says that it was destroyed or removed, which the index does "
                 "not know; and the index is older than the log"));
  CHECK(contains(why, "put the newest index back"));
  // Of another one too: nobody knows what else that index lacks.
  CHECK(contains(barred(council, "young"), ": the index is older than the log"));
}

TEST_CASE("No letter says that nothing keeps a recording when the index has lost a hold") {
  Council council(machine_time(-std::chrono::minutes{30}).c_str());
  council.add("young", Office::days_ago(3), "young.wav", kAudio);
  const std::string older = council.scratch / "older.db";
  copy_over(council.index_path, older);
  CHECK_ENDED(CouncilProgram(council).call({"hold", "place", "SAR-7", "--kind", "sar", "--reason",
                                            "asked for", "--recording", "young"}),
              0);
  CHECK_ENDED(CouncilProgram(council).call({"explain", "young"}), 0);
  copy_over(older, council.index_path);
  CHECK(contains(barred(council, "young"),
                 "the log knows holds that the index has lost: SAR-7; place again, "));
}

TEST_CASE("The configuration decides whether a letter speaks of an approval") {
  Council council(machine_time().c_str());
  council.add("due", Office::days_ago(500), "due.wav", kAudio);
  council.add("young", Office::days_ago(3), "young.wav", kAudio);
  council.order("young", "erasure");
  CouncilProgram program(council);
  const auto asks = [&](const std::string& id) {
    const Ended told = program.call({"explain", id});
    CHECK_ENDED(told, 0);
    return contains(unwrapped(told.out), ", once a person has approved the plan that has it.");
  };
  CHECK_FALSE(asks("due"));
  CHECK_FALSE(asks("young"));
  program.set("run.approval", "required");
  CHECK(asks("due"));
  CHECK_FALSE(asks("young"));
  program.set("run.approval", "two-person");
  CHECK(asks("due"));
  CHECK(asks("young"));
}
