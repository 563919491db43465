#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <random>
#include <thread>

#include "archive/store.h"
#include "base/error.h"
#include "base/text.h"
#include "support/archive_fixture.h"
#include "support/archive_power_vfs.h"
#include "support/catch.h"

using namespace expunge;
using namespace expunge::archive;
using namespace expunge::test;
using expunge::test::contains_text;

namespace {

constexpr int kRecordings = 400;
constexpr int kDestroyed = 150;

std::string number_of(int i) {
  char text[16];
  std::snprintf(text, sizeof text, "01614%06d", i);
  return text;
}

std::vector<ImportRow> rows_with_numbers() {
  std::vector<ImportRow> rows;
  for (int i = 0; i < kRecordings; ++i) {
    rows.push_back(
        row("r" + std::to_string(i * 7919 % kRecordings), "2025-01-01T10:00:00Z", number_of(i)));
    rows.back().file.path = "2025/" + number_of(i) + ".wav";
  }
  return rows;
}

std::vector<std::string> erased_numbers() {
  std::vector<std::string> numbers;
  numbers.reserve(kDestroyed);
  for (int i = 0; i < kDestroyed; ++i) numbers.push_back(number_of(i).substr(1));
  return numbers;
}

/// Destroys the first kDestroyed recordings.
void destroy_some(Index& index) {
  std::vector<Outcome> outcomes;
  outcomes.reserve(kDestroyed);
  for (int i = 0; i < kDestroyed; ++i) {
    outcomes.push_back(destroyed(i + 1, "2025-01-01", static_cast<std::uint64_t>(i)));
  }
  record(index, outcomes);
}

/// Opens for writing after a crash and checks all that must hold. Whether the batch was committed.
bool check_after_crash(const std::string& path) {
  {
    const Index index = open_index(path);
    CHECK(all_zero(slurp(path + "-journal")));
  }
  CHECK(sql_value(path, "PRAGMA integrity_check") == "ok");
  const std::string gone =
      sql_value(path, "SELECT count(*) FROM recording WHERE state = 'destroyed'");
  CHECK((gone == "0" || gone == std::to_string(kDestroyed)));
  if (gone == "0") {
    CHECK(sql_value(path, "SELECT count(*) FROM file") == std::to_string(kRecordings));
    return false;
  }
  CHECK(hits(path, erased_numbers()) == 0);
  return true;
}

}  // namespace

TEST_CASE("A power cut at any write or flush leaves the batch whole or absent and no residue") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, rows_with_numbers());
  const std::string before = slurp(path);
  PowerVfs power;
  int absent = 0;
  int committed = 0;
  bool done = false;
  for (std::uint64_t at = 0; !done; ++at) {
    // 0: nothing that was not flushed, 1: all of it, and then some of it in several ways.
    for (std::uint32_t seed = 0; seed < 10; ++seed) {
      const auto unflushed = seed == 0   ? PowerVfs::Unflushed::lost
                             : seed == 1 ? PowerVfs::Unflushed::kept
                                         : PowerVfs::Unflushed::random;
      spill(path, before);
      spill(path + "-journal", "");
      bool reported = false;
      {
        Index index = open_index(path);
        power.arm(at);
        try {
          destroy_some(index);
          reported = true;
        } catch (const base::Failure&) {
        }
      }
      done = !power.tripped();
      power.power_cut(unflushed, static_cast<std::uint32_t>(at) * 8 + seed - 2);
      INFO("cut at " << at << ", seed " << seed);
      const bool there = check_after_crash(path);
      CHECK(all_zero(power.orphaned()));
      ++(there ? committed : absent);
      if (reported) CHECK(there);
    }
  }
  CHECK(absent > 10);
  CHECK(committed > 3);
}

TEST_CASE("A power cut while an index grows leaves none of it in blocks that belong to no file") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, {});
  const std::string before = slurp(path);
  PowerVfs power;
  bool done = false;
  for (std::uint64_t at = 0; !done; ++at) {
    spill(path, before);
    spill(path + "-journal", "");
    {
      Index index = open_index(path);
      power.arm(at);
      const std::string said = failure_of([&] { import_rows(index, rows_with_numbers()); });
      CHECK(said.empty() != power.tripped());
    }
    done = !power.tripped();
    power.power_cut(PowerVfs::Unflushed::lost);
    INFO("cut at " << at);
    CHECK(all_zero(power.orphaned()));
    (void)open_index(path);  // plays the journal back
    CHECK(sql_value(path, "PRAGMA integrity_check") == "ok");
  }
}

TEST_CASE("A call that fails once is reported and the next command finds a sound index") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, rows_with_numbers());
  const std::string before = slurp(path);
  PowerVfs power;
  bool warned_of_residue = false;
  for (const auto fault : {PowerVfs::Fault::once, PowerVfs::Fault::effected}) {
    bool done = false;
    for (std::uint64_t at = 0; !done; ++at) {
      spill(path, before);
      spill(path + "-journal", "");
      std::string said;
      {
        Index index = open_index(path);
        power.arm(at, fault);
        said = failure_of([&] { destroy_some(index); });
        done = !power.tripped();
        power.disarm();
      }
      INFO("failed at " << at << ": " << said);
      CHECK(said.empty() == done);
      if (!said.empty()) CHECK_THAT(said, contains_text("needs person: "));
      const bool there = check_after_crash(path);
      if (done) CHECK(there);
      if (said.find("durable") != std::string::npos) {
        CHECK(there);
        warned_of_residue = true;
      }
    }
  }
  CHECK(warned_of_residue);
}

TEST_CASE("A journal that a crash left ended but not zeroed is zeroed by the next writer") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, rows_with_numbers());
  spill(path + "-journal", std::string(28, '\0') + "01614960123" + std::string(9000, 'x'));
  CHECK(open_index(path, Index::Access::read).newest_key() == kRecordings);  // not hot
  CHECK(hits(path + "-journal", {"01614960123"}) == 1);
  (void)open_index(path);
  CHECK(all_zero(slurp(path + "-journal")));
  // And when somebody removed it, the next writer makes it anew.
  std::filesystem::remove(path + "-journal");
  (void)open_index(path);
  CHECK(std::filesystem::exists(path + "-journal"));
}

TEST_CASE("A writer killed at any moment leaves a sound index") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, rows_with_numbers());
  std::mt19937 random(20261123);
  int destroyed_so_far = 0;
  for (int round = 0; round < 30; ++round) {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      try {
        Index index = open_index(path);
        for (int key = 1; key <= kRecordings; ++key) {
          if (!index.find(key)) continue;
          const std::vector<Outcome> one = {
              destroyed(key, "2025-01-01", static_cast<std::uint64_t>(key))};
          record(index, one);
        }
      } catch (...) {
        ::_exit(2);
      }
      ::_exit(0);
    }
    // A machine with other work takes longer to begin.
    const int patience = destroyed_so_far == 0 ? 1 + round : 1;
    std::this_thread::sleep_for(std::chrono::microseconds(2000 + random() % 15000) * patience);
    ::kill(child, SIGKILL);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    {
      const Index index = open_index(path);
      CHECK(all_zero(slurp(path + "-journal")));
    }
    CHECK(sql_value(path, "PRAGMA integrity_check") == "ok");
    const int now = std::stoi(sql_value(path,
                                        "SELECT count(*) FROM recording WHERE state ="
                                        " 'destroyed'"));
    CHECK(now >= destroyed_so_far);
    destroyed_so_far = now;
    std::vector<std::string> erased;
    erased.reserve(static_cast<std::size_t>(now));
    for (int i = 0; i < now; ++i) erased.push_back(number_of(i).substr(1));
    CHECK(hits(path, erased) == 0);
    CHECK(sql_value(path, "SELECT count(*) FROM file") == std::to_string(kRecordings - now));
  }
  CHECK(destroyed_so_far > 0);
}

TEST_CASE("A reader meets a hot journal with a clear message and a writer repairs it") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, rows_with_numbers());
  PowerVfs power;
  bool met = false;
  const std::string before = slurp(path);
  for (std::uint64_t at = 0; !met && at < 200; ++at) {
    spill(path, before);
    spill(path + "-journal", "");
    {
      Index index = open_index(path);
      power.arm(at);
      (void)failure_of([&] { destroy_some(index); });
    }
    power.power_cut(PowerVfs::Unflushed::lost);
    if (slurp(path + "-journal").starts_with("\xd9\xd5\x05\xf9")) {
      const std::string journal = slurp(path + "-journal");
      const std::string said = failure_of([&] { (void)open_index(path, Index::Access::read); });
      CHECK_THAT(said, contains_text("usage: ") && contains_text("a write was interrupted") &&
                           contains_text("any expunge command that writes repairs it"));
      CHECK(slurp(path + "-journal") == journal);
      CHECK_FALSE(check_after_crash(path));
      CHECK(open_index(path, Index::Access::read).newest_key() == kRecordings);
      met = true;
    }
  }
  CHECK(met);
}

namespace {

/// Names, contents and times of everything in a directory.
std::string fingerprint(const std::filesystem::path& dir) {
  std::vector<std::string> lines;
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    struct stat s {};
    REQUIRE(::stat(entry.path().c_str(), &s) == 0);
    lines.push_back(entry.path().string() + " " + std::to_string(s.st_size) + " " +
                    std::to_string(s.st_mtim.tv_sec) + "." + std::to_string(s.st_mtim.tv_nsec) +
                    " " + std::to_string(s.st_ctim.tv_nsec) + " " + std::to_string(s.st_ino) + " " +
                    base::to_hex(base::sha256(slurp(entry.path()))));
  }
  struct stat s {};
  REQUIRE(::stat(dir.c_str(), &s) == 0);
  lines.push_back(std::to_string(s.st_mtim.tv_sec) + "." + std::to_string(s.st_mtim.tv_nsec));
  std::sort(lines.begin(), lines.end());
  std::string all_lines;
  for (const std::string& line : lines) all_lines += line + "\n";
  return all_lines;
}

/// Reads everything as user 65534 with read access alone; whether that went well.
bool read_as_nobody(const std::string& path) {
  return in_child([&] {
           if (::setgid(65534) != 0 || ::setuid(65534) != 0) return false;
           if (::access(path.c_str(), W_OK) == 0) return false;
           const Index index = open_index(path, Index::Access::read);
           const Index::Snapshot snapshot(index);
           return all(index).size() == kRecordings && index.holds(true).empty();
         }) == 0;
}

}  // namespace

TEST_CASE("A reader needs read access alone and changes nothing also while a writer is at work") {
  if (::geteuid() != 0) SKIP_TEST("needs root, to become another user");
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, rows_with_numbers());
  CHECK(::chmod(dir.path().c_str(), 0755) == 0);
  CHECK(::chmod(path.c_str(), 0644) == 0);
  {
    // The journal would be refused to the reader: it is told which file.
    const std::string said_to = dir / "said";
    spill(said_to, "");
    spill(path + "-journal", std::string(100, '\0'));
    CHECK(::chmod((path + "-journal").c_str(), 0600) == 0);
    CHECK(::chmod(said_to.c_str(), 0666) == 0);
    in_child([&] {
      if (::setgid(65534) != 0 || ::setuid(65534) != 0) return false;
      spill(said_to, failure_of([&] { (void)open_index(path, Index::Access::read); }));
      return true;
    });
    CHECK_THAT(slurp(said_to), contains_text("usage: ") && contains_text("index.db-journal"));
    std::filesystem::remove(said_to);
  }
  Index writer = open_index(path);  // gives the journal the index's mode
  std::string before = fingerprint(dir.path());
  CHECK(read_as_nobody(path));
  CHECK(fingerprint(dir.path()) == before);
  {
    Index::Writing writing(writer);
    const std::vector<Outcome> one = {destroyed(1, "2025-01-01", 1)};
    writing.record(one);
    before = fingerprint(dir.path());
    CHECK(read_as_nobody(path));
    CHECK(fingerprint(dir.path()) == before);
  }
  CHECK(read_as_nobody(path));
  // It cannot write, and is told so.
  CHECK(in_child([&] {
          if (::setgid(65534) != 0 || ::setuid(65534) != 0) return false;
          const std::string said = failure_of([&] { (void)open_index(path); });
          return said.find("usage: ") == 0 && said.find("not permitted") != std::string::npos;
        }) == 0);
}

TEST_CASE("A reader without access is told so") {
  if (::geteuid() != 0) SKIP_TEST("needs root, to become another user");
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path);
  CHECK(::chmod(dir.path().c_str(), 0755) == 0);
  CHECK(in_child([&] {
          if (::setgid(65534) != 0 || ::setuid(65534) != 0) return false;
          const std::string said = failure_of([&] { (void)open_index(path, Index::Access::read); });
          return said.find("usage: ") == 0 && said.find("Permission denied") != std::string::npos;
        }) == 0);
}
