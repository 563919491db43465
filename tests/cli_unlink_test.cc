// accept = unlinked, as an operator and an officer meet it.

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/loop_image.h"
#include "support/office.h"

using namespace expunge;
using namespace expunge::test;

namespace {

constexpr const char* kSentence =
    "Where an overwrite cannot reach the bytes, files are removed without overwriting (accept = "
    "unlinked); such recordings are logged as removed, not as destroyed.";

void replace(std::string& text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
}

void configure(const Office& office, const std::string& accept, const std::string& root = "") {
  std::string text = slurp(office.config);
  replace(text, "workers = 8\n", "workers = 8\naccept = " + accept + "\n");
  if (!root.empty()) replace(text, office.root, root);
  spill(office.config, text);
}

}  // namespace

TEST_CASE("A value of accept that is none is exit 2 and the two are named") {
  const Office office;
  configure(office, "removed");
  const Ended ended = office.call({"run"});
  CHECK_ENDED(ended, 2);
  CHECK(contains(ended.err, "destruction.accept"));
  CHECK(contains(ended.err, "overwritten or unlinked"));
}

TEST_CASE("The plan says beforehand what is accepted in table and JSON and dry run") {
  const Office office;
  CHECK_FALSE(contains(office.call({"plan"}).out, "accept = unlinked"));
  CHECK(nlohmann::json::parse(office.call({"plan", "--format", "json"}).out).at("accept") ==
        "overwritten");
  configure(office, "unlinked");
  CHECK(contains(office.call({"plan"}).out, kSentence));
  CHECK(contains(office.call({"run", "--dry-run"}).out, kSentence));
  CHECK(nlohmann::json::parse(office.call({"plan", "--format", "json"}).out).at("accept") ==
        "unlinked");
}

TEST_CASE("A night on btrfs refuses by default and removes when told to and says so everywhere") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image("mkfs.btrfs -q", "", 160 << 20);
  const Office office;
  const std::string csv = "id,department,recorded_at,path\nold-1,Customer Services," +
                          Office::days_ago(400) + ",a.wav\nnew-1,Customer Services," +
                          Office::days_ago(1) + ",b.wav\n";
  spill(image / "b.wav", "b");
  spill(image / "a.wav", std::string(9000, 'A'));
  configure(office, "overwritten", image.root());
  REQUIRE(office.call({"import", "-"}, csv).status == 0);
  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "read it"}), 0);
  const Ended refused = office.call({"run"});
  CHECK_ENDED(refused, 1);
  CHECK(contains(refused.err, "accept = unlinked"));
  std::string text = slurp(office.config);
  replace(text, "accept = overwritten", "accept = unlinked");
  spill(office.config, text);
  const Ended run = office.call({"run"});
  CHECK_ENDED(run, 0);
  CHECK(contains(run.out, "destroyed 0"));
  CHECK(contains(run.out, "removed without overwriting 1 ("));
  CHECK_FALSE(std::filesystem::exists(image / "a.wav"));
  CHECK_ENDED(office.call({"log", "verify"}), 0);
  CHECK(contains(office.call({"log", "show"}).out, "(removed without overwriting)"));
  const Ended explained = office.call({"explain", "old-1"});
  CHECK(contains(explained.out, "removed     without overwriting, "));
  CHECK(contains(office.call({"import", "-"}, csv).out, "which change nothing: 1"));
}
