// Pages as a person meets them, in a headless Chromium: axe-core finds nothing against WCAG 2.2 AA
// in light, dark, print and narrow windows; they work by keyboard, and without scripts.

#include <filesystem>
#include <fstream>

#include "support/catch.h"
#include "support/certified_log.h"
#include "support/council_program.h"
#include "support/places.h"
#include "support/plan_pages.h"

using namespace expunge;
using namespace expunge::test;

namespace {

namespace fs = std::filesystem;

const std::string kAxe = kSourceDir + "/build/pages/node_modules/axe-core/axe.min.js";

/// Why pages cannot be looked at here; empty: they can.
std::string lacking() {
  if (!has_program("chromium")) return "chromium is not installed, to look at pages with";
  if (!has_program("node")) return "node is not installed, to drive chromium with";
  if (!fs::exists(kAxe)) return "axe-core is not installed (scripts/test --full does)";
  return "";
}

void check_pages(const std::vector<std::string>& pages) {
  std::vector<std::string> words{"node", kSourceDir + "/tests/pages/check.js", "chromium", kAxe};
  words.insert(words.end(), pages.begin(), pages.end());
  const Ended ended = run_program(words);
  INFO(ended.out);
  INFO(ended.err);
  CHECK(ended.status == 0);
  CHECK(contains(ended.out, "faults: 0"));
}

}  // namespace

TEST_CASE("The plan's page is accessible when it waits for approval and when it is approved") {
  if (!lacking().empty()) SKIP_TEST(lacking());
  const Office office;
  add_ordinary(office);
  const std::string braked = office.scratch / "braked.html";
  fs::rename(plan_page(office), braked);
  approve(office);
  check_pages({braked, plan_page(office, {"--all"})});
}

TEST_CASE("The plan's page is accessible when it is empty and when nothing is understood") {
  if (!lacking().empty()) SKIP_TEST(lacking());
  const Office nothing;
  const Office odd;
  add_odd_ones(odd);
  check_pages({plan_page(nothing), plan_page(odd)});
}

TEST_CASE("The plan's page is accessible and runs nothing of what hostile texts hold") {
  if (!lacking().empty()) SKIP_TEST(lacking());
  const Office office;
  add_hostile(office);
  check_pages({plan_page(office)});
}

TEST_CASE("The plan's page is accessible when it lists as many recordings as it ever does") {
  if (!lacking().empty()) SKIP_TEST(lacking());
  const Office office;
  add_ordinary(office, 5100);
  check_pages({plan_page(office)});
}

TEST_CASE("The plan's page is accessible when runs have tried what is due and not destroyed it") {
  if (!lacking().empty()) SKIP_TEST(lacking());
  const std::string audio(9000, 'A');
  Council council(machine_time(-std::chrono::hours{100}).c_str());
  council.add("first", Office::days_ago(450), "first.wav", audio);
  if (!council.can_destroy() || council.approve_and_run().tally.destroyed != 1) {
    SKIP_TEST("no file system here that overwrites in place");
  }
  for (const char* id : {"long", "gone", "held"}) {
    council.add(id, Office::days_ago(380), std::string(id) + ".wav", audio);
  }
  council.place_hold("SAR-1", {"held", "", "", {}, {}});
  spill(council.path("long.wav"), audio + "more");
  fs::remove(council.path("gone.wav"));
  council.set_clock(machine_time(-std::chrono::hours{2}).c_str());
  CHECK(council.run().tally.failed > 0);
  const std::string page = council.scratch / "plan.html";
  CHECK_ENDED(CouncilProgram(council).call({"plan", "--format", "html", "--output", page}), 1);
  CHECK(contains(slurp(page), "Tried, and not destroyed"));
  check_pages({page});
}

TEST_CASE("Certificates of a recording and a run and of days are accessible") {
  if (!lacking().empty()) SKIP_TEST(lacking());
  CertifiedLog of;
  of.append({of.start(), to_draft(of.destroyed("rec-1")), of.failed("fail-1", "hard-link"),
             to_draft(of.removed("gone-1")),
             to_draft(audit::DestroyPartial{of.destroyed("part-1"), 4096, 8192}), of.end(1, 1)},
            of.kNight);
  CHECK_ENDED(of.certificate({"rec-1", "gone-1"}), 0);
  CHECK_ENDED(of.certificate({"--run", of.kRun}), 0);
  const std::string days = of.out("days.html");
  CHECK_ENDED(of.call({"log", "certificate", "--department", "Customer Services", "--recorded",
                       "2024-12-31", "--format", "html", "--output", days}),
              0);
  check_pages(
      {of.out("rec-1.html"), of.out("gone-1.html"), of.out(of.kRun + std::string(".html")), days});
}

TEST_CASE("What looks at pages finds the faults of a page that has them") {
  if (!lacking().empty()) SKIP_TEST(lacking());
  const Scratch scratch;
  const std::string page = scratch / "bad.html";
  spill(page,
        "<!DOCTYPE html><html><head><title>x</title></head><body><h1>x</h1>"
        "<p style='color:#999;width:900px'>pale and wide</p><img src='nowhere.png'>"
        "<script>alert(1)</script></body></html>");
  const Ended ended =
      run_program({"node", kSourceDir + "/tests/pages/check.js", "chromium", kAxe, page});
  INFO(ended.out);
  CHECK(ended.status == 1);
  for (const char* const fault : {"color-contrast", "image-alt", "html-has-lang", "px wide in 320",
                                  "it loads file://", "a dialog opened"}) {
    INFO(fault);
    CHECK(contains(ended.out, fault));
  }
}
