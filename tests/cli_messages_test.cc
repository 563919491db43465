// Where messages go: a terminal, the journal, the system's log.
#include <unistd.h>

#include <filesystem>
#include <regex>

#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/office.h"
#include "support/places.h"

using namespace expunge;
using namespace expunge::test;

namespace {

const std::string kAudio(9000, 'A');

/// Calls the program as a service of systemd is called: JOURNAL_STREAM names standard error, or
/// whatever `stream` prints.
Ended call_as_service(const Office& office, std::vector<std::string> words,
                      const std::string& stream = "stat -L -c %d:%i /proc/self/fd/2") {
  words.insert(words.begin(), {"sh", "-c", "JOURNAL_STREAM=$(" + stream + ") exec \"$0\" \"$@\"",
                               kBinary, "--config", office.config});
  return run_program(words);
}

void add(const Office& office, const std::string& id, int days) {
  office.write(id + ".wav", kAudio);
  CHECK_ENDED(office.call({"import", "--quiet", "-"},
                          "id,department,recorded_at,path,subject\n" + id + ",Customer Services," +
                              Office::days_ago(days) + "," + id + ".wav,01632960001\n"),
              0);
}

const std::string kRun = "run=[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4} ";

std::string summary(const std::string& outcome, int status, int destroyed) {
  return kRun + "outcome=" + outcome + " exit-status=" + std::to_string(status) +
         " destroyed=" + std::to_string(destroyed) +
         " removed=0 failed=0 held=0 attention=0 acknowledged=0 waiting=0";
}

bool matches(const std::string& text, const std::string& pattern) {
  return std::regex_match(text, std::regex(pattern));
}

/// Calls a program where /dev/log is a socket that it listens at, prints what came, and ends as the
/// program did. A datagram is kept until it is read, for which "full" leaves no room.
constexpr const char* kListener = R"(
import socket, subprocess, sys
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
log.setblocking(False)
other = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
other.setblocking(False)
other.connect("/dev/log")
try:
    while sys.argv[1] == "full":
        other.send(b"other")
except BlockingIOError:
    pass
ended = subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL, timeout=60)
while True:
    try:
        print(log.recv(65536).decode())
    except BlockingIOError:
        break
sys.exit(ended.returncode)
)";

/// A /dev of its own, in a name space of its own, so that the machine's stays as it is.
constexpr const char* kOwnDev = R"(set -e
mount -t tmpfs -o mode=755 none "$1"
for device in null zero full random urandom; do cp -a /dev/$device "$1/"; done
find /dev -maxdepth 1 -type b -exec cp -a {} "$1/" \;
mount --bind "$1" /dev
)";

/// In `out` what came at /dev/log, a line each.
Ended call_under_syslog(const Office& office, const std::vector<std::string>& words,
                        const std::string& queue = "empty") {
  const std::string dev = office.scratch / "dev";
  const std::string listener = office.scratch / "listen.py";
  std::filesystem::create_directories(dev);
  spill(listener, kListener);
  std::vector<std::string> all = {"unshare",
                                  "--mount",
                                  "sh",
                                  "-c",
                                  std::string(kOwnDev) + "shift; exec python3 \"$@\"",
                                  "sh",
                                  dev,
                                  listener,
                                  queue,
                                  kBinary,
                                  "--config",
                                  office.config};
  all.insert(all.end(), words.begin(), words.end());
  return run_program(all);
}

bool can_have_own_dev(const Office& office) {
  const std::string dev = office.scratch / "dev";
  std::filesystem::create_directories(dev);
  return ::geteuid() == 0 && has_program("python3") &&
         run_program({"unshare", "--mount", "sh", "-c", kOwnDev, "sh", dev}).status == 0;
}

}  // namespace

TEST_CASE("Under the journal every line of standard error begins with its priority") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  add(office, "fresh", 1);
  add(office, "old", 500);
  Ended ended = call_as_service(office, {"run", "--quiet"});
  CHECK(ended.status == 3);
  auto lines = lines_of(ended.err);
  REQUIRE(lines.size() == 3);
  CHECK_THAT(lines[0], contains_text("<3>expunge: brake first-run: "));
  CAPTURE(lines[1], lines[2]);
  CHECK(matches(lines[1], "<3>expunge: " + summary("braked", 3, 0)));
  CHECK(matches(lines[2], "<3>expunge: " + kRun + "brake=first-run"));

  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "x"}), 0);
  ended = call_as_service(office, {"run", "--quiet"});
  CHECK_ENDED(ended, 0);
  lines = lines_of(ended.err);
  REQUIRE(lines.size() == 1);
  CAPTURE(lines[0]);
  CHECK(matches(lines[0], "<6>expunge: " + summary("complete", 0, 1)));

  ended = call_as_service(office, {"run", "--quiet", "--timings"});
  for (const std::string& line : lines_of(ended.err)) CHECK(line.starts_with("<6>expunge: "));
  add(office, "gone", 500);
  std::filesystem::remove(office.root + "/gone.wav");
  ended = call_as_service(office, {"run", "--quiet"});
  CHECK(ended.status == 1);
  for (const std::string& line : lines_of(ended.err)) CHECK(line.starts_with("<4>expunge: "));
  ended = call_as_service(office, {"run", "--no-such-option"});
  CHECK(ended.status == 2);
  CHECK(ended.err.starts_with("<3>expunge: "));
}

TEST_CASE("A journal that is another program's leaves standard error as it is") {
  const Office office;
  for (const char* stream : {"stat -L -c %d:%i /proc/self/fd/0", "echo 1", "true", "echo 9:9x"}) {
    const Ended ended = call_as_service(office, {"run", "--no-such-option"}, stream);
    CHECK(ended.status == 2);
    CHECK(ended.err.starts_with("expunge: "));
  }
}

TEST_CASE("A night that comes to no run is an event with its exit status and the reason") {
  const Office office;
  const std::string log = office.scratch / "office/log/log.jsonl";
  std::string bytes = slurp(log);
  bytes[bytes.size() / 2] ^= 1;
  spill(log, bytes);
  const Ended ended = call_as_service(office, {"run", "--quiet"});
  CHECK(ended.status == 4);
  const auto lines = lines_of(ended.err);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "<3>expunge: outcome=not-begun exit-status=4 reason=log-untrusted");
  CHECK(lines[1].starts_with("<3>expunge: " + log));
}

TEST_CASE("The configuration can say where messages go and a bad word is refused") {
  const Office office;
  const std::string plain = slurp(office.config);
  spill(office.config, plain + "[messages]\nto = stderr\n");
  Ended ended = call_as_service(office, {"--verbose", "status"});
  CHECK(ended.err.starts_with("expunge: "));
  spill(office.config, plain + "[messages]\nto = journal\n");
  ended = office.call({"--verbose", "status"});
  for (const std::string& line : lines_of(ended.err)) CHECK(line.starts_with("<6>expunge: "));
  CHECK_FALSE(ended.err.empty());
  spill(office.config, plain + "[messages]\nto = mail\n");
  ended = office.call({"status"});
  CHECK(ended.status == 2);
  CHECK_THAT(ended.err,
             contains_text("messages.to: 'mail' is refused: auto or stderr or journal or syslog"));
}

TEST_CASE("Without terminal and journal the system's log gets events and nothing else") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  if (!can_have_own_dev(office)) SKIP_TEST("no root with a name space of its own, or no python3");
  add(office, "fresh-1", 1);
  add(office, "old-1", 500);
  const std::string head = "[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} expunge\\[[0-9]+\\]: ";
  Ended ended = call_under_syslog(office, {"run", "--quiet"});
  CHECK_ENDED(ended, 3);
  auto lines = lines_of(ended.out);
  REQUIRE(lines.size() == 2);
  CAPTURE(lines[0], lines[1]);
  // The facility cron is 9, and an error 3.
  CHECK(matches(lines[0], "<75>" + head + summary("braked", 3, 0)));
  CHECK(matches(lines[1], "<75>" + head + kRun + "brake=first-run"));
  CHECK(ended.err.starts_with("expunge: brake first-run: "));  // for cron's mail, as it was

  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "x"}), 0);
  ended = call_under_syslog(office, {"run", "--quiet"});
  CHECK_ENDED(ended, 0);
  lines = lines_of(ended.out);
  REQUIRE(lines.size() == 1);
  CHECK(matches(lines[0], "<78>" + head + summary("complete", 0, 1)));
  CHECK(ended.err.empty());

  // What has a path on standard error has none there.
  add(office, "gone-1", 500);
  std::filesystem::remove(office.root + "/gone-1.wav");
  ended = call_under_syslog(office, {"run", "--quiet"});
  CHECK_ENDED(ended, 1);
  CHECK_THAT(ended.err, contains_text("gone-1"));
  lines = lines_of(ended.out);
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].starts_with("<76>"));
  CHECK_FALSE(contains(ended.out, "gone-1"));
  CHECK_FALSE(contains(ended.out, "01632"));

  office.configure("[messages]\nto = stderr\n");
  ended = call_under_syslog(office, {"run", "--quiet"});
  CHECK(lines_of(ended.out).empty());
}

TEST_CASE("A logger that has stopped with its queue full holds nothing up") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  if (!can_have_own_dev(office)) SKIP_TEST("no root with a name space of its own, or no python3");
  add(office, "fresh", 1);
  add(office, "old", 500);
  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "x"}), 0);
  const Ended run = call_under_syslog(office, {"run", "--quiet"}, "full");
  CHECK_ENDED(run, 0);
  CHECK(run.err.empty());
  CHECK_FALSE(office.exists("old.wav"));
  const auto lines = lines_of(run.out);
  REQUIRE_FALSE(lines.empty());
  for (const std::string& line : lines) CHECK(line == "other");
  // One that never comes to connecting beforehand.
  spill(office.scratch / "office/log/log.jsonl", "x");
  CHECK_ENDED(call_under_syslog(office, {"run", "--quiet"}, "full"), 4);
}
