// The program killed and stopped from outside.

#include <chrono>
#include <csignal>
#include <thread>

#include "support/catch.h"
#include "support/office.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::Office;

namespace {

const std::string kAudio(20000, 'A');
constexpr int kMany = 3000;

std::string many_path(int i) {
  return "d" + std::to_string(i / 100) + "/f" + std::to_string(i) + ".wav";
}

/// Three thousand due recordings, imported and approved.
void furnish_many(const Office& office) {
  std::string csv = "id,department,recorded_at,path\n";
  for (int i = 0; i < kMany; ++i) {
    office.write(many_path(i), kAudio);
    csv += "k-" + std::to_string(i) + ",Customer Services," + Office::days_ago(400 + i % 50) + "," +
           many_path(i) + "\n";
  }
  csv += "recent,Customer Services," + Office::days_ago(1) + ",recent.wav\n";
  REQUIRE(office.call({"import", "-"}, csv).status == 0);
  REQUIRE(office.call({"approve", office.digest(), "--reason", "read"}).status == 0);
}

int files_left(const Office& office) {
  int left = 0;
  for (int i = 0; i < kMany; ++i) left += office.exists(many_path(i)) ? 1 : 0;
  return left;
}

int destroy_entries(const Office& office) {
  const std::string entries = office.call({"log", "show", "--json"}).out;
  const std::string type = "\"type\":\"destroy\",";
  int found = 0;
  for (auto at = entries.find(type); at != std::string::npos; at = entries.find(type, at + 1)) {
    ++found;
  }
  return found;
}

}  // namespace

TEST_CASE(
    "Killed ten times at arbitrary moments a run leaves index and disk and log in agreement") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  furnish_many(office);
  int killed = 0;
  for (int i = 0; i < 10; ++i) {
    const Ended ended = test::expunge_signalled(
        SIGKILL, [i] { std::this_thread::sleep_for(std::chrono::milliseconds(20 + i * 37)); },
        {"--config", office.config, "run", "--quiet"});
    if (ended.status == 128 + SIGKILL) ++killed;
  }
  CHECK(killed >= 5);
  CHECK_ENDED(office.call({"run", "--quiet"}), 0);
  CHECK_ENDED(office.call({"log", "verify", "--quiet"}), 0);
  CHECK(files_left(office) == 0);
  CHECK(destroy_entries(office) == kMany);
  CHECK(contains(office.call({"plan"}).out, "0 of 1 recordings"));
}

TEST_CASE("SIGTERM and SIGINT finish the batch and the run says that it stopped") {
  for (const int signal : {SIGTERM, SIGINT}) {
    const Office office;
    if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
    furnish_many(office);
    const auto run_has_started = [&] {
      const std::string log = office.scratch / "office/log/log.jsonl";
      for (int i = 0; i < 2000 && !contains(test::slurp(log), "\"run.start\""); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
    };
    const Ended ended =
        test::expunge_signalled(signal, run_has_started, {"--config", office.config, "run"});
    CHECK_ENDED(ended, 0);
    CHECK(contains(ended.out, "stopped before its end"));
    CHECK_ENDED(office.call({"log", "verify", "--quiet"}), 0);
    CHECK(files_left(office) == kMany - destroy_entries(office));
    CHECK(contains(office.call({"log", "show"}).out, "outcome stopped"));
    CHECK_ENDED(office.call({"run", "--quiet"}), 0);
    CHECK(files_left(office) == 0);
    CHECK(destroy_entries(office) == kMany);
  }
}
