// The file of the metrics: its place, what else may stand there, who reads or writes it meanwhile.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <future>
#include <thread>

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
