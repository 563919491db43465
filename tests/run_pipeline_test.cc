// Neighbouring batches overlap: what a crash, a hold and a stop find there.

#include <fcntl.h>

#include <thread>

#include "base/error.h"
#include "support/catch.h"
#include "support/council.h"

using namespace expunge;
using test::Council;

namespace {

constexpr int kRecordings = 8;

std::string path_of(int i) {
  return "2025/10/01/" + std::to_string(i) + ".wav";
}

std::string content_of(int i) {
  return std::string(6000, static_cast<char>('A' + i));
}

/// Eight recordings in four batches, at most three of which are under way at a time.
void furnish(Council& council, unsigned workers) {
  council.limits.workers = workers;
  council.limits.batch_files = 2;
  for (int i = 0; i < kRecordings; ++i) {
    council.add("old-" + std::to_string(i), "2025-10-01T09:00:00Z", path_of(i), content_of(i));
  }
  council.add("new", "2026-11-01T09:00:00Z", "2026/11/01/new.wav", "kept");
  council.approve();
}

/// Calls `act` once, before the n-th write to a file that is being overwritten.
class ActingSys : public base::Sys {
 public:
  ActingSys(int writes, std::function<void()> act) : left_(writes), act_(std::move(act)) {}

  ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset) override {
    if ((::fcntl(fd, F_GETFL) & O_DIRECT) != 0 && left_.fetch_sub(1) == 1) act_();
    return Sys::pwrite(fd, buffer, bytes, offset);
  }

 private:
  std::atomic<int> left_;
  std::function<void()> act_;
};

void die_anywhere(unsigned workers) {
  int deaths = 0;
  for (int calls = 0;; ++calls) {
    CAPTURE(calls);
    Council council;
    furnish(council, workers);
    if (!test::run_and_die(council, calls)) break;
    ++deaths;
    // What is claimed to be destroyed must not be readable.
    for (const std::string& line : council.entries("destroy")) {
      for (int i = 0; i < kRecordings; ++i) {
        if (line.find("\"old-" + std::to_string(i) + "\"") == std::string::npos) continue;
        if (!council.exists(path_of(i))) continue;
        REQUIRE(council.content(path_of(i)).find(content_of(i).substr(0, 100)) ==
                std::string::npos);
      }
    }
    REQUIRE(council.run().outcome == run::Outcome::complete);
    REQUIRE(council.disagreement() == "");
    REQUIRE(council.log_fault() == "");
    REQUIRE(council.open_index().journal().empty());
    for (int i = 0; i < kRecordings; ++i) {
      REQUIRE(council.state("old-" + std::to_string(i)) == "destroyed");
    }
    REQUIRE(council.content("2026/11/01/new.wav") == "kept");
  }
  CHECK(deaths > 40);
}

}  // namespace

TEST_CASE("A run of several batches that dies at any call is finished by the next") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  die_anywhere(1);
}

TEST_CASE("A run whose batches overlap and that dies at any call is finished by the next") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  die_anywhere(4);
}

TEST_CASE("A hold that comes while a batch is overwritten keeps every batch after it") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  for (const unsigned workers : {1U, 4U}) {
    CAPTURE(workers);
    Council council;
    furnish(council, workers);
    ActingSys acting(1, [&] {
      council.place_hold("SAR-1", {"", "", "Customer Services", {}, {}});
    });
    council.sys = &acting;
    const auto report = council.run();
    council.sys = &base::real_sys();
    CHECK(report.outcome == run::Outcome::complete);
    CHECK(report.tally.destroyed == 2);
    CHECK(report.tally.overtaken == kRecordings - 2);
    for (int i = 2; i < kRecordings; ++i) CHECK(council.content(path_of(i)) == content_of(i));
    CHECK(council.disagreement() == "");
  }
}

TEST_CASE("A signal lets the batches under way end and leaves those only opened untouched") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  for (const unsigned workers : {1U, 4U}) {
    CAPTURE(workers);
    Council council;
    furnish(council, workers);
    std::atomic<bool> stop{false};
    ActingSys acting(1, [&] { stop = true; });
    council.sys = &acting;
    run::Request request;
    request.stop = &stop;
    const auto report = council.run(request);
    council.sys = &base::real_sys();
    CHECK(report.outcome == run::Outcome::stopped);
    CHECK(report.tally.destroyed >= 2);
    CHECK(report.tally.destroyed < kRecordings);
    CHECK(council.open_index().journal().empty());
    CHECK(council.disagreement() == "");
    for (int i = kRecordings - 2; i < kRecordings; ++i) {
      CHECK(council.content(path_of(i)) == content_of(i));
    }
  }
}

TEST_CASE("After a failed flush the batch before it keeps its claim and none after it is begun") {
  if (!Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  struct FailingFlush : base::Sys {
    std::atomic<int> left{2};  // the second batch's
    int fdatasync(int fd) override {
      if ((::fcntl(fd, F_GETFL) & O_DIRECT) != 0 && left.fetch_sub(1) == 1) return -EIO;
      return Sys::fdatasync(fd);
    }
  };
  for (const unsigned workers : {1U, 4U}) {
    CAPTURE(workers);
    Council council;
    furnish(council, workers);
    FailingFlush failing;
    council.sys = &failing;
    const auto report = council.run();
    council.sys = &base::real_sys();
    CHECK(report.outcome == run::Outcome::failed);
    CHECK(council.entries("destroy").size() == 2);
    CHECK(council.entries("destroy.failed").size() == 2);
    // The names of the first went meanwhile, and the flush may have lost that too.
    CHECK(council.open_index().journal().size() == 2);
    for (int i = 4; i < kRecordings; ++i) CHECK(council.content(path_of(i)) == content_of(i));
    CHECK(council.run().outcome == run::Outcome::complete);
    CHECK(council.disagreement() == "");
  }
}
