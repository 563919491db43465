// The metrics file through the program: when it is written, what of it stays, and what if it
// cannot.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <future>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "base/fd.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/office.h"

using namespace expunge;
using namespace expunge::test;
namespace fs = std::filesystem;

namespace {

const std::string kAudio(9000, 'A');
constexpr const char* kNumber = "01632960001";

using Samples = std::map<std::string, double>;

/// An office that writes metrics, into a directory of their own, with a recording that is kept: so
/// nobody wonders where new ones stay.
struct Monitored {
  Monitored() {
    fs::create_directory(directory);
    plain = slurp(office.config);
    office.configure("[metrics]\ntextfile = " + file + "\n");
    add("fresh", 1, 1);
  }
  /// Imports recordings of so many days ago.
  void add(const std::string& prefix, int count, int days) const {
    std::string csv = "id,department,recorded_at,path,subject\n";
    for (int i = 0; i < count; ++i) {
      const std::string id = prefix + "-" + std::to_string(i);
      office.write(id + ".wav", kAudio);
      csv +=
          id + ",Customer Services," + Office::days_ago(days) + "," + id + ".wav," + kNumber + "\n";
    }
    CHECK_ENDED(office.call({"import", "--quiet", "-"}, csv), 0);
  }
  void approve() const {
    CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "x"}), 0);
  }
  [[nodiscard]] Ended run() const { return office.call({"run", "--quiet"}); }
  [[nodiscard]] std::string text() const { return fs::exists(file) ? slurp(file) : ""; }
  [[nodiscard]] Samples samples() const {
    Samples samples;
    for (const std::string& line : lines_of(text())) {
      if (line.starts_with('#')) continue;
      const auto space = line.find(' ');
      samples[line.substr(0, space)] = std::stod(line.substr(space + 1));
    }
    return samples;
  }
  [[nodiscard]] double sample(const std::string& name) const {
    const Samples all = samples();
    const auto found = all.find(name);
    return found == all.end() ? -1 : found->second;
  }
  [[nodiscard]] double outcome(const std::string& word) const {
    return sample("expunge_last_run_outcome{outcome=\"" + word + "\"}");
  }
  /// Where they are written there is this file alone.
  void check_alone() const {
    std::vector<std::string> names;
    for (const auto& each : fs::directory_iterator(directory)) {
      names.push_back(each.path().filename());
    }
    CHECK(names == std::vector<std::string>{"expunge.prom"});
  }

  Office office;
  std::string directory = office.scratch / "textfile collector";
  std::string file = directory + "/expunge.prom";
  std::string plain;
};

Samples of_the_run(const Samples& samples) {
  Samples some;
  for (const auto& each : samples) {
    if (each.first.starts_with("expunge_last_run_")) some.insert(each);
  }
  return some;
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Whether another process has that directory open.
bool is_open_elsewhere(const std::string& directory) {
  for (const auto& process : fs::directory_iterator("/proc")) {
    const std::string name = process.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos ||
        name == std::to_string(::getpid())) {
      continue;
    }
    std::error_code gone;
    for (fs::directory_iterator fd(process.path() / "fd", gone); !gone && fd != end(fd);
         fd.increment(gone)) {
      std::error_code closed;
      if (fs::read_symlink(fd->path(), closed) == directory) return true;
    }
  }
  return false;
}

}  // namespace

#define NEEDS_A_DISK(monitored) \
  if (!(monitored).office.can_destroy()) SKIP_TEST("no file system here that overwrites in place")

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

TEST_CASE("Metrics that cannot be written are attention and stop and lose nothing") {
  const Monitored at;
  NEEDS_A_DISK(at);
  at.add("old", 2, 500);
  at.approve();
  fs::remove_all(at.directory);
  const Ended ended = at.run();
  CHECK_ENDED(ended, 1);
  REQUIRE(lines_of(ended.err).size() == 1);
  CHECK_THAT(ended.err, contains_text("expunge: metrics: " + at.directory + ": No such file"));
  CHECK_THAT(slurp(at.office.scratch / "office/log/log.jsonl"),
             contains_text("\"outcome\":\"complete\",\"destroyed\":2"));
  CHECK_FALSE(at.office.exists("old-0.wav"));
  const Ended status = at.office.call({"status"});
  CHECK(status.status == 1);
  CHECK_THAT(status.out, contains_text("All is well."));
  CHECK_THAT(status.err, contains_text("expunge: metrics: "));
  // A directory under the file's own name.
  fs::create_directories(at.file);
  fs::create_directory(at.file + "/x");
  CHECK_THAT(at.office.call({"status"}).err, contains_text("expunge: metrics: " + at.file));
}

TEST_CASE(
    "What somebody put in the place of the metrics is replaced and neither read nor followed") {
  const Monitored at;
  const std::string elsewhere = at.office.scratch / "elsewhere";
  spill(elsewhere, "expunge_last_run_exit_status 7\n");
  fs::create_symlink(elsewhere, at.file);
  CHECK(at.office.call({"status"}).status == 1);  // no run yet
  CHECK(slurp(elsewhere) == "expunge_last_run_exit_status 7\n");
  CHECK_FALSE(fs::is_symlink(at.file));
  CHECK(at.sample("expunge_last_run_exit_status") == -1);
  fs::remove(at.file);
  REQUIRE(::mkfifo(at.file.c_str(), 0644) == 0);
  CHECK(at.office.call({"status"}).status == 1);
  CHECK(fs::is_regular_file(at.file));
  // Left by a crash.
  spill(at.file + ".new", "half");
  CHECK(at.office.call({"status"}).status == 1);
  at.check_alone();
}

TEST_CASE("Whoever reads the metrics while several write them sees a whole file") {
  const Monitored at;
  CHECK(at.office.call({"status"}).status == 1);
  std::atomic<int> writers{2};
  std::vector<std::string> faults[2];
  std::vector<std::jthread> threads;
  for (auto& each : faults) {
    threads.emplace_back([&] {
      for (int i = 0; i < 8; ++i) {
        const Ended ended = at.office.call({"status", "--quiet"});
        if (!ended.err.empty()) each.push_back(ended.err);
      }
      --writers;
    });
  }
  while (writers > 0) {
    const std::string text = slurp(at.file);
    if (!text.ends_with("\nexpunge_build_info{version=\"0.1.0\"} 1\n")) {
      FAIL("half a file: " << text);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  threads.clear();
  CHECK(faults[0].empty());
  CHECK(faults[1].empty());
  at.check_alone();
}

TEST_CASE(
    "Status leaves figures alone that were found out after its own, but for those of a day to "
    "come") {
  const Monitored at;
  const auto figures_of = [](double time) {
    return fmt::format("# of somebody else\nexpunge_metrics_timestamp_seconds {:.3f}\n", time);
  };
  base::Fd held(::open(at.directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  REQUIRE(::flock(held.get(), LOCK_EX | LOCK_NB) == 0);
  auto status = std::async(std::launch::async, [&] { return at.office.call({"status"}); });
  while (!is_open_elsewhere(fs::canonical(at.directory)) &&
         status.wait_for(std::chrono::milliseconds{5}) != std::future_status::ready) {
  }
  const std::string newer = figures_of(now());
  spill(at.file, newer);
  std::this_thread::sleep_for(std::chrono::milliseconds{5});  // so that it is past by then
  held.reset();
  CHECK_ENDED(status.get(), 1);
  CHECK(at.text() == newer);

  CHECK_ENDED(at.office.call({"status"}), 1);
  CHECK(at.sample("expunge_recordings") == 1);
  spill(at.file, figures_of(now() + 86400));
  CHECK_ENDED(at.office.call({"status"}), 1);
  CHECK(at.sample("expunge_recordings") == 1);
  CHECK(at.sample("expunge_metrics_timestamp_seconds") <= now());
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

TEST_CASE("A place for the metrics that is unfit is refused with key and remedy") {
  const Monitored at;
  const auto refused = [&](const std::string& path, const std::string& why) {
    spill(at.office.config, at.plain + "[metrics]\ntextfile = " + path + "\n");
    const Ended ended = at.office.call({"status"});
    CAPTURE(path, ended.err);
    CHECK(ended.status == 2);
    CHECK(lines_of(ended.err).size() == 1);
    CHECK_THAT(ended.err, contains_text(at.office.config + ": line "));
    CHECK_THAT(ended.err, contains_text(": metrics.textfile: "));
    CHECK_THAT(ended.err, contains_text(why));
  };
  refused("expunge.prom", "is not an absolute path");
  refused(at.directory + "/expunge.txt", "does not end in .prom");
  refused(at.office.root + "/expunge.prom", "must not lie below archive.root");
  refused(at.office.root + "/../recordings/x/expunge.prom", "must not lie below archive.root");
  refused(at.office.scratch / "office/expunge.prom", "directory that holds archive.index");
  refused(at.office.scratch / "office/log/expunge.prom", "directory that holds log.directory");
  refused(at.office.scratch / "expunge.prom", "directory that holds archive.index");
  refused("/expunge.prom", "directory that holds archive.index");
}
