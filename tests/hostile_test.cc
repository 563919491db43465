// An archive as an attacker, or an accident, would leave it: through the program itself.

#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/text.h"
#include "support/catch.h"
#include "support/hostile_archive.h"
#include "support/hostile_scene.h"
#include "support/loop_image.h"
#include "support/office.h"

using namespace expunge;
using namespace expunge::test::hostile_scene;
using test::Ended;
using test::RawIndex;

namespace {

using Json = nlohmann::json;

/// By recording, of the entries of that type: the value of a member.
std::map<std::string, std::string> logged(HostileArchive& archive, const std::string& type,
                                          const char* member) {
  std::map<std::string, std::string> found;
  std::istringstream lines(archive.call({"log", "show", "--json"}).out);
  for (std::string line; std::getline(lines, line);) {
    const Json entry = Json::parse(line);
    if (entry.at("type") == type) found[entry.at("recording")] = entry.at(member);
  }
  return found;
}

void check_plan(HostileArchive& archive) {
  const Ended json = archive.call({"plan", "--format", "json"});
  REQUIRE(json.status == 1);
  std::map<std::string, Json> rows;
  const Json plan = Json::parse(json.out);
  for (const Json& row : plan.at("recordings")) rows[row.at("recording")] = row;
  for (const auto& [id, expected] : archive.odd) {
    CAPTURE(base::printable(id, 100));
    if (!base::is_utf8(id)) continue;  // JSON cannot say it
    REQUIRE(rows.contains(id));
    if (expected.cause.empty()) {
      CHECK(rows[id].at("verdict") == "due");
    } else {
      CHECK(rows[id].at("cause") == expected.cause);
      CHECK_THAT(rows[id].at("reason").get<std::string>(), test::contains_text(expected.words));
      CHECK_FALSE(rows[id].at("remedy").get<std::string>().empty());
    }
  }
  for (const std::string& id : archive.destroyed) CHECK(rows[id].at("verdict") == "due");
}

void check_log(HostileArchive& archive) {
  const auto claims = logged(archive, "destroy", "claim");
  for (const std::string& id : archive.destroyed) {
    CAPTURE(id);
    REQUIRE(claims.contains(id));
    CHECK(claims.at(id) == "overwritten");
  }
  CHECK(claims.size() == archive.destroyed.size());
  const auto reasons = logged(archive, "destroy.failed", "reason");
  std::size_t failures = 0;
  for (const auto& [id, expected] : archive.odd) {
    if (expected.reason.empty()) continue;
    CAPTURE(id);
    ++failures;
    REQUIRE(reasons.contains(id));
    CHECK(reasons.at(id) == expected.reason);
  }
  CHECK(reasons.size() == failures);
}

void check_every_other_command(HostileArchive& archive) {
  for (const auto& [id, expected] : archive.odd) {
    CAPTURE(base::printable(id, 100));
    if (id.size() > 100'000) continue;  // more than one argument of a program may be
    const Ended explained = archive.call({"explain", "--", id});
    CHECK(explained.status == 0);
    if (expected.reason.empty()) CHECK_THAT(explained.out, test::contains_text(expected.words));
    if (!expected.reason.empty()) CHECK_THAT(explained.out, test::contains_text(expected.reason));
  }
  for (const char* flag : {"--all", "--quiet"}) CHECK(archive.call({"plan", flag}).status == 1);
  CHECK(archive.call({"run", "--dry-run"}).status == 1);
  CHECK(archive.call({"log", "show"}).status == 0);
  CHECK(archive.call({"check"}).status == 1);
  CHECK(Json::parse(archive.call({"check", "--json"}).out).at("log_verifies") == true);
  CHECK(archive
            .call({"hold", "place", "SAR-1", "--kind", "sar", "--reason", kWeird, "--recording",
                   kEscape, "--subject", kReversed + "1", "--department", kWeird})
            .status == 1);
  CHECK(archive
            .call({"hold", "place", "SAR-2", "--kind", "other", "--reason", kNotUtf8, "--recording",
                   kEscape, "fifo", "dotdot"})
            .status == 0);
  RawIndex(archive.office().scratch / "office/index.db")
      .run(
          "INSERT INTO hold(reference, kind, reason, user, placed_at) VALUES (?1, ?1, ?1, ?1,"
          " '2026-01-01T00:00:00.000Z')",
          {kWeird});
  RawIndex(archive.office().scratch / "office/index.db")
      .run(
          "INSERT INTO hold_scope(reference, recording_id, subject_key, department)"
          " VALUES (?1, 'fifo', '', '')",
          {kWeird});
  CHECK(archive.call({"hold", "list"}).status == 1);  // one is overdue for review
  CHECK(archive.call({"hold", "list", "--json", "--all"}).status == 1);
  CHECK(archive.call({"hold", "show", "SAR-1"}).status == 0);
  CHECK(archive.call({"hold", "show", "--", kWeird}).status == 2);
  CHECK(archive.call({"plan"}).status == 1);
  CHECK(archive.call({"explain", "fifo"}).status == 0);
  CHECK(archive.call({"hold", "release", "SAR-2", "--reason", kWeird}).status == 0);
  CHECK(archive.call({"hold", "show", "SAR-2"}).status == 0);
}

}  // namespace

TEST_CASE("In a hostile archive what is ordinary goes and what is odd stays with a reason") {
  REQUIRE_LOOP_IMAGE();
  HostileArchive archive(GENERATE("mkfs.ext4 -q", "mkfs.xfs -q"));
  archive.furnish();
  check_plan(archive);
  const Ended braked = archive.call({"run"});
  CHECK_ENDED(braked, 3);
  CHECK(archive.changed() == "");
  CHECK_ENDED(archive.call({"approve", archive.office().digest(), "--reason", kWeird}), 0);

  const auto began = std::chrono::steady_clock::now();
  const Ended run = archive.call({"run"});
  const auto took = std::chrono::steady_clock::now() - began;
  CHECK_ENDED(run, 1);
  CHECK(archive.still_there() == "");
  CHECK(archive.changed() == "");
  for (const auto& [id, expected] : archive.odd) {
    if (expected.reason.empty()) continue;
    CHECK_THAT(run.err, test::contains_text("expunge: " + id + ": "));
    CHECK_THAT(run.err, test::contains_text(expected.words));
  }
  check_log(archive);
  // 100 GiB of holes are not read.
  if (!kInstrumented) CHECK(took < std::chrono::seconds(60));

  CHECK_ENDED(archive.call({"run"}), 1);
  CHECK(archive.changed() == "");
  CHECK_ENDED(archive.call({"log", "verify"}), 0);
  check_every_other_command(archive);
  CHECK(archive.changed() == "");
  CHECK_ENDED(archive.call({"log", "verify"}), 0);
}
