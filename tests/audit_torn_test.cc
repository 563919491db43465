// A torn tail that was put aside is logged once, whenever the writer that does it dies.
#include <set>
#include <utility>

#include "audit/line.h"
#include "audit/tail.h"
#include "base/text.h"
#include "support/audit_bookmark.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/dying_sys.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;

namespace {

/// Dies as DyingSys does, but half of what it was writing is written.
class TearingSys : public DyingSys {
 public:
  using DyingSys::DyingSys;
  ssize_t pwrite(int fd, const void* buffer, std::size_t bytes, off_t offset_bytes) override {
    try {
      return DyingSys::pwrite(fd, buffer, bytes, offset_bytes);
    } catch (const Death&) {
      if (!std::exchange(torn_, true)) {
        static_cast<void>(Sys::pwrite(fd, buffer, bytes / 2, offset_bytes));
      }
      throw;
    }
  }

 private:
  bool torn_ = false;
};

/// Digests of the tails that the log says were put aside.
std::multiset<std::string> logged_tails(const LogOnDisk& log) {
  std::multiset<std::string> digests;
  for (const std::string& line : lines_of(log.text())) {
    const auto parts = take_apart(line).parts;
    if (!parts || parts->type != "log.recovered") continue;
    const auto at = parts->members.find("\"sha256\":\"") + 10;
    digests.emplace(parts->members.substr(at, 64));
  }
  return digests;
}

std::multiset<std::string> tails_on_disk(const LogOnDisk& log) {
  std::multiset<std::string> digests;
  for (const std::string& name : log.names("log.torn-")) {
    digests.insert(base::to_hex(base::sha256(slurp(log.file(name)))));
  }
  return digests;
}

bool dies(const LogOnDisk& log, base::Sys& sys) {
  try {
    static_cast<void>(log.writer(sys));
    return false;
  } catch (const Death&) {
    return true;
  }
}

/// Every tail is logged once, that one among them, and none is left under a passing name.
void check_settled(const LogOnDisk& log, const std::string& tail) {
  const Verdict verdict = log.verify();
  if (verdict.fault) WARN(verdict.fault->message);
  REQUIRE(verdict.outcome == Verdict::Outcome::verified);
  const auto logged = logged_tails(log);
  REQUIRE(logged == tails_on_disk(log));
  REQUIRE(logged.count(base::to_hex(base::sha256(tail))) == 1);
  for (const std::string& name : log.names("log.torn-")) {
    INFO(name);
    REQUIRE(name.find(".after-") == std::string::npos);
  }
}

template <typename First, typename Second>
void sweep() {
  const std::string tail = "{\"v\":1,\"log\":\"torn";
  int twice = 0;
  for (int first = 0;; ++first) {
    bool died = false;
    for (int second = 0;; ++second) {
      CAPTURE(first, second);
      const LogOnDisk log;
      spill(log.file("log.jsonl"), log.text() + tail);
      First one(first);
      Second two(second);
      died = dies(log, one);
      const bool died_again = dies(log, two);
      if (died && died_again) ++twice;
      { auto writer = log.writer(base::real_sys()); }
      check_settled(log, tail);
      { auto writer = log.writer(base::real_sys()); }
      check_settled(log, tail);
      if (!died_again) break;
    }
    if (!died) break;
  }
  CHECK(twice > 50);
}

}  // namespace

TEST_CASE("A torn tail is logged once however often its recovery dies") {
  sweep<DyingSys, DyingSys>();
}

TEST_CASE("A torn tail is logged once however often its recovery is torn itself") {
  sweep<TearingSys, TearingSys>();
}

TEST_CASE("The next append logs what another process put aside and did not log") {
  const LogOnDisk log;
  auto writer = log.writer(base::real_sys());
  append_destroys(writer, 0, 2);
  spill(log.file("log.torn-20260101T000000.000Z.after-3"), "torn");
  spill(log.file("log.torn.new"), "half a copy");
  CHECK(append_destroys(writer, 2, 1) == 4);
  check_settled(log, "torn");
  CHECK(append_destroys(writer, 3, 1) == 5);
  check_settled(log, "torn");
}

TEST_CASE("Two torn tails of the same bytes are two and not one") {
  const LogOnDisk log;
  for (int i = 0; i < 3; ++i) {
    spill(log.file("log.jsonl"), log.text() + "torn");
    auto writer = log.writer(base::real_sys());
  }
  CHECK(logged_tails(log).size() == 3);
  CHECK(log.names("log.torn-").size() == 3);
  // Put aside and cut off, but not logged: the last entry speaks of the one before.
  spill(log.file("log.torn-20260301T020000.000Z.after-4"), "torn");
  { auto writer = log.writer(base::real_sys()); }
  CHECK(logged_tails(log).size() == 4);
  CHECK(log.names("log.torn-").size() == 4);
  // The same once more, but its entry was written already.
  std::filesystem::rename(log.file("log.torn-20260301T020000.000Z"),
                          log.file("log.torn-20260301T020000.000Z.after-4"));
  { auto writer = log.writer(base::real_sys()); }
  CHECK(logged_tails(log).size() == 4);
  CHECK(log.names("log.torn-20260301T020000.000Z") ==
        std::vector<std::string>{"log.torn-20260301T020000.000Z"});
}

TEST_CASE("Nothing is cut off nor logged while the log does not verify") {
  const LogOnDisk log;
  spill(log.file("log.torn-20260101T000000.000Z.after-1"), "torn");
  spill(log.file("log.jsonl"), log.text() + "{}\n" + "torn");
  CHECK(failure_of([&] { static_cast<void>(log.writer(base::real_sys())); }) == 4);
  CHECK(log.names("log.torn-") ==
        std::vector<std::string>{"log.torn-20260101T000000.000Z.after-1"});
}
