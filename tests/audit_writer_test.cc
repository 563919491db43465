#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "audit/line.h"
#include "audit/note.h"
#include "base/text.h"
#include "support/audit_vectors.h"
#include "support/catch.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;

namespace {

constexpr base::Time kNow =
    std::chrono::sys_days{std::chrono::year{2026} / 2 / 2} + std::chrono::hours{2};

std::vector<Draft> destroys(std::uint64_t from, std::uint64_t count) {
  std::vector<Draft> drafts;
  for (std::uint64_t i = from; i < from + count; ++i) drafts.push_back(destroy_draft(i));
  return drafts;
}

std::uint64_t append(LogWriter& writer, const std::vector<Draft>& drafts) {
  return writer.append(drafts, kNow);
}

bool verified(const LogOnDisk& log) {
  const Verdict verdict = log.verify();
  if (verdict.fault) WARN(verdict.fault->line << ": " << verdict.fault->message);
  return verdict.outcome == Verdict::Outcome::verified;
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("A new log holds its first entries under a checkpoint and its public key") {
  const LogOnDisk log;
  CHECK(log.text() == lines_of(vector_file("base/log.jsonl"))[0] + "\n");
  CHECK(verified(log));
  CHECK(slurp(log.file("keys/900eecdc.pub.pem")) == vector_file("base/k1.pub.pem"));
  CHECK(mode_of(log.file("log.jsonl")) == 0644);
  CHECK(mode_of(log.file("checkpoint")) == 0644);
  CHECK(mode_of(log.file("keys")) == 0755);
  CHECK(mode_of(log.file("checkpoints")) == 0755);
  CHECK(mode_of(log.directory()) == 0755);
  const auto open = vector_draft(0);
  const auto again = [&] {
    create_log(base::real_sys(), log.place(), vector_key(1), nullptr, {&open.draft, 1}, open.time);
  };
  CHECK(failure_of(again) == 2);
  CHECK(verified(log));
}

TEST_CASE("A batch is one chain with one time and is found again by seq") {
  const LogOnDisk log;
  auto writer = log.writer(base::real_sys(), std::nullopt, 4);
  CHECK(append(writer, destroys(0, 700)) == 1);
  CHECK(append(writer, destroys(700, 1)) == 701);
  CHECK(append(writer, {}) == 702);
  CHECK(verified(log));
  CHECK(writer.position().size == 702);
  CHECK(writer.facts().destroyed == 701);
  const LogState state = log.read(writer.position());
  CHECK(state.position.size == 702);
  CHECK(state.position.last_hash == writer.position().last_hash);
  CHECK(state.facts.destroyed == 701);
  CHECK(state.checkpoint_size == 702);
  std::uint64_t seen = 0;
  for_each_entry(base::real_sys(), log.place(), 650, [&](const EntryView& entry) {
    CHECK(entry.seq == 650 + seen);
    CHECK(entry.type == "destroy");
    CHECK(entry.time == base::to_text(kNow));
    CHECK(entry.line.find("\"rec-" + std::to_string(649 + seen) + "\"") != std::string_view::npos);
    return ++seen < 10;
  });
  CHECK(seen == 10);
}

TEST_CASE("The facts are those that deciding needs") {
  const LogOnDisk log;
  auto writer = log.writer(base::real_sys());
  const Policy policy{"Europe/London", {{"Customer Services", "12 months"}}, "RS 4"};
  append(writer,
         {to_draft(policy), to_draft(HoldChange{HoldChange::Kind::place, "A-1", "sar", "u"}),
          to_draft(HoldChange{HoldChange::Kind::place, "A-2", "claim", "u"}),
          to_draft(HoldChange{HoldChange::Kind::release, "A-1", "sar", "u"})});
  const auto run = [&](const std::string& time) {
    RunStart start;
    start.run = time;
    start.host = "h";
    start.today = base::parse_date("2026-02-02").value();
    start.policy = policy_digest(policy);
    start.plan = start.policy;
    const Draft draft = to_draft(start);
    writer.append({&draft, 1}, at(time));
  };
  run("2026-02-05T02:00:00.000Z");
  run("2026-02-03T02:00:00.000Z");  // the clock went back
  const LogFacts facts = log.read().facts;
  CHECK(facts.policy == policy);
  CHECK(facts.policy_digest == policy_digest(policy));
  CHECK(facts.open_holds == std::map<std::string, std::string>{{"A-2", "claim"}});
  CHECK(facts.newest_run_start->run == "2026-02-05T02:00:00.000Z");
  CHECK(facts.last_run_start->run == "2026-02-03T02:00:00.000Z");
  CHECK_FALSE(facts.last_run_end);
  CHECK(facts.last_entry == at("2026-02-03T02:00:00.000Z"));
  CHECK(writer.facts().open_holds == facts.open_holds);
}

TEST_CASE("A clock that a person accepted makes earlier runs count no more") {
  const LogOnDisk log;
  auto writer = log.writer(base::real_sys());
  const auto run = [&](const std::string& time, std::vector<std::string> accepted) {
    RunStart start;
    start.run = time;
    start.host = "h";
    start.today = base::parse_date("2026-02-02").value();
    start.policy = std::string(64, '0');
    start.plan = start.policy;
    start.accepted = std::move(accepted);
    start.accept = "unlinked";
    const Draft draft = to_draft(start);
    writer.append({&draft, 1}, at(time));
    return log.read().facts.newest_run_start->run;
  };
  CHECK(run("2027-02-05T02:00:00.000Z", {}) == "2027-02-05T02:00:00.000Z");
  CHECK(run("2026-02-03T02:00:00.000Z", {"host"}) == "2027-02-05T02:00:00.000Z");
  CHECK(run("2026-02-03T03:00:00.000Z", {"host", "clock"}) == "2026-02-03T03:00:00.000Z");
  CHECK(run("2026-02-03T02:30:00.000Z", {}) == "2026-02-03T03:00:00.000Z");
  CHECK(run("2026-02-04T02:00:00.000Z", {}) == "2026-02-04T02:00:00.000Z");
}

TEST_CASE("The facts say how far an index that took part has been compared and how many imports") {
  const LogOnDisk log;
  auto writer = log.writer(base::real_sys());
  const std::uint64_t first = writer.position().size;
  const auto start = [](const std::string& name) {
    RunStart entry;
    entry.run = name;
    entry.host = "h";
    entry.today = base::parse_date("2026-02-02").value();
    entry.policy = std::string(64, '0');
    entry.plan = entry.policy;
    return to_draft(entry);
  };
  const auto end = [](const std::string& name, const std::string& outcome) {
    RunEnd entry;
    entry.run = name;
    entry.outcome = outcome;
    return to_draft(entry);
  };
  append(writer, {start("a")});
  CHECK(log.read().facts.settled_size == 0);  // it may yet be at work
  append(writer, {to_draft(Import{"csv", 0, 0, 0, 0}), end("a", "failed")});
  CHECK(log.read().facts.settled_size == 0);
  CHECK(log.read().facts.imports == 1);
  append(writer, {start("b"), end("b", "stopped")});
  CHECK(log.read().facts.settled_size == first + 4);
  append(writer, {start("c"), end("b", "complete")});  // not its own
  CHECK(log.read().facts.settled_size == first + 4);
  append(writer, {end("c", "complete"), to_draft(Import{"json", 3, 3, 0, 0})});
  CHECK(writer.facts().settled_size == first + 6);
  CHECK(writer.facts().imports == 2);
}

TEST_CASE("A line of 16 KiB is written and a longer one refused before anything is") {
  const LogOnDisk log;
  auto writer = log.writer(base::real_sys());
  const auto failed = [](std::size_t bytes) {
    return std::vector<Draft>{to_draft(DestroyFailed{"r", "rec-1", std::string(bytes, 'x')})};
  };
  append(writer, failed(1));
  const std::size_t rest = lines_of(log.text()).back().size() - 1;
  append(writer, failed(kMaxLineBytes - rest));
  CHECK(lines_of(log.text()).back().size() == kMaxLineBytes);
  const std::string before = log.text();
  CHECK(failure_of([&] { append(writer, failed(kMaxLineBytes - rest + 1)); }) == 2);
  CHECK(failure_of([&] { append(writer, {destroy_draft(1), {"destroy", "\"run\":1"}}); }) == 2);
  CHECK(log.text() == before);
  append(writer, failed(1));  // the writer is still good
  CHECK(verified(log));
}

TEST_CASE("Two writers that take turns see each other's entries") {
  const LogOnDisk log;
  auto one = log.writer(base::real_sys());
  auto two = log.writer(base::real_sys());
  for (std::uint64_t i = 0; i < 6; ++i) {
    CHECK(append(i % 2 == 0 ? one : two, destroys(i, 3)) == 1 + 3 * i);
  }
  CHECK(one.facts().destroyed == 15);
  CHECK(two.facts().destroyed == 18);
  append(one, {});
  CHECK(one.facts().destroyed == 18);
  CHECK(one.position().last_hash == two.position().last_hash);
  CHECK(verified(log));
}

TEST_CASE("Threads and processes that append at once make one log") {
  const LogOnDisk log;
  constexpr std::uint64_t kAppends = 25;
  const auto work = [&](std::uint64_t from) {
    auto writer = log.writer(base::real_sys(), std::nullopt, 1);
    for (std::uint64_t i = 0; i < kAppends; ++i) append(writer, destroys(from + 2 * i, 2));
  };
  const pid_t child = ::fork();
  if (child == 0) {
    work(1000);
    ::_exit(0);
  }
  {
    const std::jthread other([&] { work(2000); });
    // A reader without a lock never takes a log that is being written for a bad one.
    std::uint64_t last = 0;
    for (int i = 0; i < 50; ++i) {
      const LogState state = log.read();
      CHECK(state.position.size >= last);
      last = state.position.size;
    }
    work(3000);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(verified(log));
  CHECK(log.read().facts.destroyed == 3 * kAppends * 2);
}

TEST_CASE("A writer notices what was done to the log between its appends") {
  const LogOnDisk log;
  auto writer = log.writer(base::real_sys());
  append(writer, destroys(0, 2));
  const std::string good = log.text();
  const std::string checkpoint = slurp(log.file("checkpoint"));
  const auto refused = [&] {
    const std::string before = log.text();
    const int status = failure_of([&] { append(writer, destroys(9, 1)); });
    CHECK(log.text() == before);
    return status == 4;
  };
  spill(log.file("log.jsonl"), good.substr(0, good.size() - 1));
  CHECK(refused());
  spill(log.file("log.jsonl"), good + "{\"v\":1}\n");
  CHECK(refused());
  spill(log.file("log.jsonl"), good + lines_of(good).back() + "\n");
  CHECK(refused());
  spill(log.file("log.jsonl"), good);
  spill(log.file("checkpoint"), vector_file("base/checkpoint.0"));
  CHECK(refused());
  spill(log.file("checkpoint"), checkpoint);
  // The same bytes in another file: whoever restored it may restore an older one next.
  std::filesystem::rename(log.file("log.jsonl"), log.file("moved"));
  spill(log.file("log.jsonl"), good);
  CHECK(refused());
  std::filesystem::rename(log.file("moved"), log.file("log.jsonl"));
  CHECK(append(writer, destroys(2, 1)) == 3);
  CHECK(verified(log));
}

TEST_CASE("A key that is not in force signs nothing") {
  const LogOnDisk log;
  log.put_key(vector_key(2));
  const std::string before = log.text();
  CHECK(failure_of([&] { static_cast<void>(log.writer(base::real_sys())); }) == 2);
  spill(log.file("log.jsonl"), before + "torn");
  CHECK(failure_of([&] { static_cast<void>(log.writer(base::real_sys())); }) == 2);
  CHECK(log.text() == before + "torn");
}

TEST_CASE("A rotation hands over to the new key also in other writers") {
  const LogOnDisk log;
  auto other = log.writer(base::real_sys());
  {
    auto writer = log.writer(base::real_sys());
    writer.rotate_key(vector_key(2), "scheduled", kNow);
    CHECK(failure_of([&] { append(other, destroys(0, 1)); }) == 2);
    append(writer, destroys(1, 1));
  }
  CHECK(verified(log));
  CHECK(failure_of([&] { static_cast<void>(log.writer(base::real_sys())); }) == 2);
  log.put_key(vector_key(2));
  CHECK(append(other, destroys(2, 1)) == 3);  // it reads the new key where the old one was
  auto writer = log.writer(base::real_sys());
  append(writer, destroys(3, 1));
  CHECK(failure_of([&] { writer.rotate_key(vector_key(2), "the same", kNow); }) == 2);
  writer.rotate_key(vector_key(1), "back again", kNow);
  CHECK(verified(log));
  CHECK(log.verify().last_key_id == "900eecdc");
}

TEST_CASE("A crash between a rotation and its checkpoint leaves a log that the new key continues") {
  const LogOnDisk log;
  const std::string checkpoint = slurp(log.file("checkpoint"));
  {
    auto writer = log.writer(base::real_sys());
    writer.rotate_key(vector_key(2), "scheduled", kNow);
  }
  spill(log.file("checkpoint"), checkpoint);
  log.put_key(vector_key(2));
  CHECK(log.read().position.size == 2);
  auto writer = log.writer(base::real_sys());
  CHECK(verified(log));
  CHECK(append(writer, destroys(0, 1)) == 2);
  CHECK(append(writer, destroys(1, 1)) == 3);
  CHECK(verified(log));
  CHECK(log.read().checkpoint_size == 4);
}

TEST_CASE("A frozen checkpoint is a copy under its size and never another") {
  const LogOnDisk log;
  auto writer = log.writer(base::real_sys());
  append(writer, destroys(0, 2));
  writer.freeze_checkpoint();
  writer.freeze_checkpoint();
  CHECK(slurp(log.file("checkpoints/3.ckpt")) == slurp(log.file("checkpoint")));
  append(writer, destroys(2, 2));
  writer.freeze_checkpoint();
  CHECK(slurp(log.file("checkpoints/5.ckpt")) == slurp(log.file("checkpoint")));
  append(writer, destroys(4, 1));
  spill(log.file("checkpoints/6.ckpt"), vector_file("base/checkpoint.5"));
  CHECK(failure_of([&] { writer.freeze_checkpoint(); }) == 4);
}

TEST_CASE("Somebody who may only read can read the log and no more") {
  if (::geteuid() != 0) SKIP_TEST("needs root");
  const LogOnDisk log;
  {
    auto writer = log.writer(base::real_sys());
    append(writer, destroys(0, 5));
  }
  ::chmod(log.scratch("").c_str(), 0755);
  ::chmod(log.directory().c_str(), 0555);
  const pid_t child = ::fork();
  if (child == 0) {
    int result = 1;
    if (::setgid(65534) == 0 && ::setuid(65534) == 0) {
      const int reading = failure_of([&] {
        if (log.read().position.size != 6) throw std::runtime_error("size");
      });
      const int writing = failure_of([&] { static_cast<void>(log.writer(base::real_sys())); });
      result = reading == -1 && writing == 2 ? 0 : 2;
    }
    ::_exit(result);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
