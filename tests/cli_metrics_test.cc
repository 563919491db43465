// The metrics through the program: when they are written, and what their figures are.

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/fd.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/metrics_office.h"
#include "support/office.h"

using namespace expunge;
using namespace expunge::test;
using namespace expunge::test::metrics_office;
namespace fs = std::filesystem;

namespace {

Samples of_the_run(const Samples& samples) {
  Samples some;
  for (const auto& each : samples) {
    if (each.first.starts_with("expunge_last_run_")) some.insert(each);
  }
  return some;
}

}  // namespace

TEST_CASE("A run writes metrics whose figures are its own and those of status") {
  const Monitored at;
  NEEDS_A_DISK(at);
  at.add("old", 3, 500);
  at.approve();
  const double before = now();
  CHECK_ENDED(at.run(), 0);
  CHECK(at.outcome("complete") == 1);
  CHECK(at.sample("expunge_last_run_exit_status") == 0);
  CHECK(at.sample("expunge_last_run_destroyed_recordings") == 3);
  CHECK(at.sample("expunge_last_run_destroyed_bytes") == 3 * 9000);
  CHECK(at.sample("expunge_last_run_failed_recordings") == 0);
  CHECK(at.sample("expunge_last_run_phase_seconds{phase=\"overwrite\"}") > 0);
  CHECK(at.sample("expunge_last_run_phase_seconds{phase=\"close\"}") > 0);
  for (const char* name :
       {"expunge_last_run_timestamp_seconds", "expunge_last_success_timestamp_seconds",
        "expunge_metrics_timestamp_seconds"}) {
    CAPTURE(name);
    CHECK(at.sample(name) >= before - 0.001);
    CHECK(at.sample(name) <= now());
  }
  CHECK(at.sample("expunge_last_run_duration_seconds") <= now() - before);
  CHECK(at.sample("expunge_recordings") == 1);
  CHECK(at.sample("expunge_backlog_recordings") == 0);
  CHECK(at.sample("expunge_log_verified") == 1);
  const std::string log = slurp(at.office.scratch / "office/log/log.jsonl");
  CHECK(at.sample("expunge_log_size_bytes") == static_cast<double>(log.size()));
  CHECK(at.sample("expunge_log_entries") == static_cast<double>(lines_of(log).size()));
  struct stat status {};
  REQUIRE(::stat(at.file.c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0644U);
  at.check_alone();
  for (const char* secret : {kNumber, "old-0", ".wav", "Customer", at.office.root.c_str()}) {
    CAPTURE(secret);
    CHECK_FALSE(contains(at.text(), secret));
  }
}

TEST_CASE("Status brings what it knows up to date and keeps what the last run said") {
  const Monitored at;
  NEEDS_A_DISK(at);
  at.add("old", 2, 500);
  at.approve();
  CHECK_ENDED(at.run(), 0);
  const Samples after_run = at.samples();
  at.add("late", 1, 500);
  CHECK_ENDED(at.office.call({"hold", "place", "C-1", "--kind", "other", "--reason", "x",
                              "--recording", "late-0"}),
              0);
  CHECK_ENDED(at.office.call({"status"}), 0);
  CHECK(at.sample("expunge_held_recordings") == 1);
  CHECK(at.sample("expunge_holds") == 1);
  at.add("later", 4, 500);
  const Ended status = at.office.call({"status", "--json"});
  CHECK(status.status == 1);
  const auto json = nlohmann::json::parse(status.out);
  const Samples after_status = at.samples();
  CHECK(of_the_run(after_status) == of_the_run(after_run));
  CHECK_FALSE(of_the_run(after_status).empty());
  CHECK(at.sample("expunge_overdue_recordings") == 4);
  CHECK(json.at("overdue").at("recordings") == 4);
  CHECK(at.sample("expunge_overdue_bytes") == json.at("overdue").at("bytes").get<double>());
  CHECK(at.sample("expunge_backlog_recordings") == json.at("due").at("recordings").get<double>());
  // Due since 500 days less twelve months and a day; a leap day, and the hour of the clocks.
  CHECK(std::abs(at.sample("expunge_oldest_overdue_seconds") / 86400 - 134) < 3);
  CHECK(at.sample("expunge_oldest_backlog_seconds") == at.sample("expunge_oldest_overdue_seconds"));
  CHECK(at.sample("expunge_last_success_timestamp_seconds") ==
        after_run.at("expunge_last_success_timestamp_seconds"));
  at.check_alone();
  // Without an earlier file there is nothing to keep.
  fs::remove(at.file);
  CHECK(at.office.call({"status"}).status == 1);
  CHECK(of_the_run(at.samples()).empty());
  CHECK(at.sample("expunge_overdue_recordings") == 4);
}

TEST_CASE("A run that a brake stops moves the time of the last run and not of the last success") {
  const Monitored at;
  NEEDS_A_DISK(at);
  at.add("old", 2, 500);
  CHECK_ENDED(at.run(), 3);
  CHECK(at.outcome("braked") == 1);
  CHECK(at.sample("expunge_last_run_exit_status") == 3);
  CHECK(at.sample("expunge_last_run_brake{brake=\"first-run\"}") == 1);
  CHECK(at.sample("expunge_last_run_brake{brake=\"clock\"}") == 0);
  CHECK(at.sample("expunge_last_success_timestamp_seconds") == 0);
  CHECK(at.sample("expunge_backlog_recordings") == 2);
  CHECK(at.sample("expunge_overdue_recordings") == 2);
  const double first = at.sample("expunge_last_run_timestamp_seconds");
  at.approve();
  CHECK_ENDED(at.run(), 0);
  CHECK(at.sample("expunge_last_run_brake{brake=\"first-run\"}") == 0);
  const double success = at.sample("expunge_last_success_timestamp_seconds");
  CHECK(success >= first);
  // Another policy.
  std::string config = slurp(at.office.config);
  const std::string period = "Customer Services: 12 months";
  config.replace(config.find(period), period.size(), "Customer Services: 11 months");
  spill(at.office.config, config);
  CHECK_ENDED(at.run(), 3);
  CHECK(at.sample("expunge_last_run_brake{brake=\"policy\"}") == 1);
  CHECK(at.sample("expunge_last_run_timestamp_seconds") > success);
  CHECK(at.sample("expunge_last_success_timestamp_seconds") == success);
}

TEST_CASE(
    "A run that comes to nothing says so with its exit status and what is not known is gone") {
  const Monitored at;
  NEEDS_A_DISK(at);
  at.add("old", 1, 500);
  at.approve();
  CHECK_ENDED(at.run(), 0);
  const double last = at.sample("expunge_last_run_timestamp_seconds");
  const std::string log = at.office.scratch / "office/log/log.jsonl";
  SECTION("The log does not verify") {
    std::string bytes = slurp(log);
    bytes[bytes.size() / 2] ^= 1;
    spill(log, bytes);
    CHECK_ENDED(at.run(), 4);
    CHECK(at.sample("expunge_last_run_exit_status") == 4);
    CHECK(at.sample("expunge_log_verified") == 0);
    CHECK(at.sample("expunge_recordings") == -1);
    CHECK(at.sample("expunge_last_success_timestamp_seconds") == -1);
  }
  SECTION("Others may change the index") {
    REQUIRE(::chmod((at.office.scratch / "office/index.db").c_str(), 0606) == 0);
    CHECK_ENDED(at.run(), 2);
    CHECK(at.sample("expunge_last_run_exit_status") == 2);
    CHECK(at.sample("expunge_recordings") == -1);
    CHECK(at.sample("expunge_build_info{version=\"0.1.0\"}") == 1);
  }
  CHECK(at.outcome("not-begun") == 1);
  CHECK(at.outcome("complete") == 0);
  CHECK(at.sample("expunge_last_run_timestamp_seconds") > last);
  CHECK(at.sample("expunge_last_run_destroyed_recordings") == 0);
  at.check_alone();
}

TEST_CASE("A run that finds another one on leaves the metrics to that one") {
  const Monitored at;
  NEEDS_A_DISK(at);
  at.add("old", 1, 500);
  at.approve();
  CHECK_ENDED(at.run(), 0);
  at.add("late", 1, 500);
  const std::string text = at.text();
  const base::Fd lock(
      ::open((at.office.scratch / "office/log/run.lock").c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::flock(lock.get(), LOCK_EX | LOCK_NB) == 0);
  at.office.configure("[messages]\nto = journal\n");
  const Ended ended = at.run();
  CHECK(ended.status == 5);
  CHECK_THAT(ended.err, contains_text("outcome=not-begun exit-status=5 reason=locked\n"));
  CHECK(at.text() == text);
}

TEST_CASE("Status writes no figures when the log does not verify but that") {
  const Monitored at;
  CHECK_ENDED(at.office.call({"status"}), 1);
  CHECK(at.sample("expunge_log_verified") == 1);
  const std::string log = at.office.scratch / "office/log/log.jsonl";
  std::string bytes = slurp(log);
  bytes[bytes.size() / 2] ^= 1;
  spill(log, bytes);
  CHECK_ENDED(at.office.call({"status"}), 4);
  CHECK(at.sample("expunge_log_verified") == 0);
  CHECK(at.sample("expunge_recordings") == -1);
}

TEST_CASE("A dry run and an officer's own run leave the figures of the night alone") {
  const Monitored at;
  NEEDS_A_DISK(at);
  at.add("old", 2, 500);
  CHECK(at.office.call({"run", "--dry-run"}).status == 1);
  CHECK(at.text().empty());
  at.approve();
  CHECK_ENDED(at.run(), 0);
  const Samples night = of_the_run(at.samples());
  at.add("asked", 1, 10);
  CHECK_ENDED(
      at.office.call({"destroy", "asked-0", "--ground", "erasure", "--authority", "E/1", "--yes"}),
      0);
  CHECK_FALSE(at.office.exists("asked-0.wav"));
  CHECK(of_the_run(at.samples()) == night);
  CHECK(at.sample("expunge_recordings") == 1);
}
