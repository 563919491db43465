// The program that carries checkpoints away: when it is called, with what, and what if it fails.
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "audit/frozen.h"
#include "cli/anchor.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/office.h"
#include "support/places.h"
#include "support/succession.h"

using namespace expunge;
using namespace expunge::test;

namespace {

/// An office with an anchor: a shell script that may use `$dir`, a directory of its own.
struct Anchored {
  explicit Anchored(const std::string& script, const std::string& more = "") {
    std::filesystem::create_directory(directory);
    put(script);
    configure("anchor = " + program + "\n" + more);
  }
  void put(const std::string& script, mode_t mode = 0755) const {
    spill(program, "#!/bin/sh\ndir='" + directory + "'\n" + script + "\n");
    REQUIRE(::chmod(program.c_str(), mode) == 0);
  }
  void configure(const std::string& lines) const {
    std::string text = plain;
    text.insert(text.find("[log]\n") + 6, lines);
    spill(office.config, text);
  }
  [[nodiscard]] Ended place(const std::string& reference) const {
    return office.call({"hold", "place", reference, "--kind", "sar", "--reason", "x", "--recording",
                        "r-1", "--quiet"});
  }
  /// What the script wrote into a file of its directory.
  [[nodiscard]] std::string wrote(const std::string& name) const {
    const std::string path = directory + "/" + name;
    return std::filesystem::exists(path) ? slurp(path) : "";
  }
  [[nodiscard]] std::string newest_frozen() const {
    const auto sizes = audit::list_frozen(log).checkpoints;
    REQUIRE_FALSE(sizes.empty());
    return audit::frozen_path(log, sizes.back());
  }

  Office office;
  std::string plain = slurp(office.config);
  std::string log = office.scratch / "office/log";
  std::string directory = office.scratch / "carried";
  std::string program = office.scratch / "carry away";
};

/// Appends what it was called with.
const char* const kNote = R"(echo "$# $1" >> "$dir/calls"; cp "$1" "$dir/last")";

void import_one(const Anchored& anchored) {
  CHECK_ENDED(anchored.office.call({"import", "--quiet", "-"},
                                   "id,department,recorded_at,path\nr-1,Customer Services," +
                                       Office::days_ago(2) + ",a.wav\n"),
              0);
}

/// One line that names the program and says this.
void check_said(const Anchored& anchored, const Ended& ended, const std::string& words) {
  CHECK_ENDED(ended, 1);
  REQUIRE(lines_of(ended.err).size() == 1);
  CHECK_THAT(ended.err, contains_text("anchor: " + anchored.program + " " + words));
  CHECK_THAT(ended.err, contains_text("call it again with " + anchored.log + "/checkpoint"));
}

}  // namespace

TEST_CASE("The anchor is called after each command that appends with the newest checkpoint") {
  const Anchored anchored(kNote);
  const std::string newest = anchored.log + "/checkpoint";
  std::size_t calls = 0;
  const auto called_with = [&](const std::string& file) {
    const auto lines = lines_of(anchored.wrote("calls"));
    REQUIRE(lines.size() == ++calls);
    CHECK(lines.back() == "1 " + file);
    CHECK(anchored.wrote("last") == slurp(file));
  };
  import_one(anchored);
  called_with(newest);
  CHECK_ENDED(anchored.place("SAR/1"), 0);
  called_with(newest);
  CHECK_ENDED(anchored.office.call({"hold", "release", "SAR/1", "--reason", "x"}), 0);
  called_with(newest);
  CHECK_ENDED(anchored.office.call({"approve", anchored.office.digest(), "--reason", "x"}), 0);
  called_with(newest);
  CHECK_ENDED(anchored.office.call({"run"}), 0);
  called_with(anchored.newest_frozen());
  // What changes nothing calls nobody.
  CHECK_ENDED(anchored.office.call({"plan"}), 0);
  CHECK_ENDED(anchored.office.call({"log", "verify"}), 0);
  CHECK_ENDED(anchored.office.call({"run", "--dry-run"}), 0);
  CHECK_ENDED(anchored.office.call({"hold", "release", "SAR/1", "--reason", "x"}), 2);
  CHECK(lines_of(anchored.wrote("calls")).size() == calls);
}

TEST_CASE("The anchor of a braked run gets the newest checkpoint and the brake's status stays") {
  const Anchored anchored(std::string(kNote) + "; exit 3");
  anchored.office.write("a.wav", "audio");
  CHECK_ENDED(anchored.office.call({"import", "-"},
                                   "id,department,recorded_at,path\nr-1,Customer Services," +
                                       Office::days_ago(800) + ",a.wav\n"),
              1);
  const Ended braked = anchored.office.call({"run"});
  CHECK_ENDED(braked, 3);
  CHECK_THAT(braked.err, contains_text("ended with status 3"));
  CHECK(lines_of(anchored.wrote("calls")).back() == "1 " + anchored.log + "/checkpoint");
}

TEST_CASE("The anchor of a run sees all of the run and has none of its confinement") {
  // What a run may not do: start programs, and write elsewhere.
  const Anchored anchored(R"(cat "${1%/check*}/log.jsonl" > "$dir/log")");
  import_one(anchored);
  const Ended run = anchored.office.call({"run"});
  CHECK_ENDED(run, 0);
  CHECK(run.err.empty());
  CHECK(anchored.wrote("log") == slurp(anchored.log + "/log.jsonl"));
  CHECK_THAT(anchored.wrote("log"), contains_text("\"type\":\"run.end\""));
}

TEST_CASE("A log in the place of another one is anchored too") {
  const OldOffice old;
  old.name_new_log();
  const std::string program = old.office.scratch / "carry";
  const std::string note = old.office.scratch / "note";
  spill(program, "#!/bin/sh\necho \"$1\" > '" + note + "'\n");
  REQUIRE(::chmod(program.c_str(), 0755) == 0);
  std::string text = slurp(old.office.config);
  text.insert(text.find("[log]\n") + 6, "anchor = " + program + "\n");
  spill(old.office.config, text);
  CHECK_ENDED(old.succeed(), 0);
  CHECK(slurp(note) == old.new_log() + "/checkpoint\n");
}

TEST_CASE("What waits to call the anchor ends without a call when a run is killed") {
  const Anchored anchored(kNote);
  const cli::Config config = cli::load_config(base::real_sys(), anchored.office.config);
  REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
  const pid_t run = ::fork();
  if (run == 0) {
    const cli::AnchorPost post{cli::Anchor(config)};
    ::raise(SIGKILL);
  }
  int status = 0;
  REQUIRE(::waitpid(run, &status, 0) == run);
  CHECK(WIFSIGNALED(status));
  pid_t post = 0;  // nobody's child any more, and so this process's
  for (int i = 0; i < 1000 && post == 0; ++i) {
    post = ::waitpid(-1, &status, WNOHANG);
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  REQUIRE(::prctl(PR_SET_CHILD_SUBREAPER, 0) == 0);
  CHECK(post > 0);
  CHECK(status == 0);
  CHECK(anchored.wrote("calls").empty());
}

TEST_CASE("The anchor inherits nothing but standard error") {
  const Anchored anchored(R"(ls -1 /proc/self/fd > "$dir/fds"
readlink /proc/self/fd/0 > "$dir/in"
grep -E '^Sig(Blk|Ign)' /proc/self/status > "$dir/signals"
env > "$dir/environment"
pwd > "$dir/where"; umask > "$dir/umask"
echo words; echo more >&2)");
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"run"},
        {"hold", "place", "SAR/1", "--kind", "sar", "--reason", "x", "--recording", "r-1"}}) {
    INFO(words.front());
    if (words.front() == "hold") import_one(anchored);
    std::vector<std::string> all = {"sh",    "-c",       "exec 7</dev/null 8</; exec \"$0\" \"$@\"",
                                    kBinary, "--config", anchored.office.config};
    all.insert(all.end(), words.begin(), words.end());
    const Ended ended = run_program(all);
    CHECK_ENDED(ended, 0);
    CHECK(anchored.wrote("fds") == "0\n1\n2\n3\n");  // the last one is ls's own
    CHECK(anchored.wrote("in") == "/dev/null\n");
    CHECK(anchored.wrote("signals") == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    CHECK(anchored.wrote("where") == "/\n");
    CHECK_THAT(anchored.wrote("umask"), contains_text("22"));
    CHECK(ended.err == "words\nmore\n");
    CHECK_FALSE(contains(ended.out, "words"));
    for (const std::string& line : lines_of(anchored.wrote("environment"))) {
      const std::string name = line.substr(0, line.find('='));
      INFO(line);
      CHECK((name == "PATH" || name == "LANG" || name == "EXPUNGE_LOG_ORIGIN" || name == "PWD" ||
             name == "_" || name == "SHLVL" || name == "OLDPWD"));
    }
    CHECK_THAT(anchored.wrote("environment"), contains_text("EXPUNGE_LOG_ORIGIN="));
  }
}

TEST_CASE("An anchor that fails is one line and status 1 and nothing is lost") {
  const Anchored anchored("exit 7");
  anchored.configure("");
  import_one(anchored);
  anchored.configure("anchor = " + anchored.program + "\n");
  check_said(anchored, anchored.place("SAR/1"), "ended with status 7");
  anchored.put("kill -9 $$");
  check_said(anchored, anchored.place("SAR/2"), "was ended by signal 9");
  anchored.put("exit 0", 0644);
  check_said(anchored, anchored.place("SAR/3"), "cannot be run: Permission denied");
  spill(anchored.program, "no program");
  REQUIRE(::chmod(anchored.program.c_str(), 0755) == 0);
  check_said(anchored, anchored.place("SAR/4"), "cannot be run: Exec format error");
  std::filesystem::remove(anchored.program);
  check_said(anchored, anchored.place("SAR/5"), "cannot be run: No such file or directory");
  CHECK_THAT(anchored.office.call({"check"}).out, contains_text("No such file or directory"));
  const Ended run = anchored.office.call({"run", "--quiet"});
  CHECK_ENDED(run, 1);
  CHECK(lines_of(run.err).size() == 1);
  CHECK_THAT(run.err, contains_text("call it again with " + anchored.newest_frozen()));
  CHECK_THAT(slurp(anchored.log + "/log.jsonl"), contains_text("\"outcome\":\"complete\""));
  CHECK(lines_of(anchored.office.call({"hold", "list"}).out).size() == 5);
  CHECK_ENDED(anchored.office.call({"log", "verify"}), 0);
}

TEST_CASE("An anchor that hangs is ended with all that it started") {
  for (const char* const trap : {"", "trap '' TERM; "}) {
    INFO(trap);
    const Anchored anchored(std::string(trap) + "sleep 1000 & echo $! > \"$dir/child\"; wait; wait",
                            "anchor-limit = 1s\n");
    const auto began = std::chrono::steady_clock::now();
    const Ended run = anchored.office.call({"run"});
    CHECK_ENDED(run, 1);
    CHECK_THAT(run.err, contains_text("had not ended after 1 seconds, and was ended"));
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{60});
    const pid_t child = std::stoi(anchored.wrote("child"));
    // Nobody waits for it any more: gone, or about to be.
    for (int i = 0; i < 100 && ::kill(child, 0) == 0; ++i) {
      const std::string stat = slurp("/proc/" + std::to_string(child) + "/stat");
      if (contains(stat, ") Z ")) break;
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    const std::string stat = "/proc/" + std::to_string(child) + "/stat";
    CHECK((!std::filesystem::exists(stat) || contains(slurp(stat), ") Z ")));
  }
}

TEST_CASE("Nobody waits for the anchor of another command") {
  const Anchored anchored(R"(: > "$dir/begun"; until [ -e "$dir/go" ]; do sleep 0.02; done)");
  spill(anchored.directory + "/go", "");
  import_one(anchored);
  for (const char* const first : {"hold", "run"}) {
    INFO(first);
    std::filesystem::remove(anchored.directory + "/begun");
    std::filesystem::remove(anchored.directory + "/go");
    Ended ended;
    std::thread waits([&] {
      ended = std::string(first) == "run" ? anchored.office.call({"run"}) : anchored.place("SAR/1");
    });
    for (int i = 0; i < 1000 && !std::filesystem::exists(anchored.directory + "/begun"); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    CHECK(std::filesystem::exists(anchored.directory + "/begun"));
    const std::string other = anchored.office.scratch / "office/other.conf";
    spill(other, anchored.plain);
    const std::string reference = std::string("OTHER/") + first;
    CHECK_ENDED(test::expunge({"--config", other, "hold", "place", reference, "--kind", "sar",
                               "--reason", "x", "--recording", "r-1"}),
                0);
    CHECK_ENDED(test::expunge({"--config", other, "run"}), 0);
    spill(anchored.directory + "/go", "");
    waits.join();
    CHECK_ENDED(ended, 0);
  }
}

TEST_CASE("An anchor by a relative path or that others may write to is refused") {
  const Anchored anchored(kNote);
  import_one(anchored);
  REQUIRE(::chmod(anchored.program.c_str(), 0777) == 0);
  const Ended writable = anchored.place("SAR/1");
  CHECK_ENDED(writable, 2);
  CHECK_THAT(writable.err, contains_text("everybody may write to it"));
  CHECK_THAT(anchored.office.call({"check"}).out, contains_text("everybody may write to it"));
  REQUIRE(::chmod(anchored.program.c_str(), 0755) == 0);
  for (const std::string line :
       {"anchor = bin/carry\n", "anchor = /bin/true\nanchor-limit = 0s\n",
        "anchor = /bin/true\nanchor-limit = 2h\n", "anchor = /bin/true\nanchor-limit = x\n"}) {
    anchored.configure(line);
    const Ended refused = anchored.office.call({"plan"});
    CHECK_ENDED(refused, 2);
    CHECK_THAT(refused.err, contains_text("log.anchor"));
  }
  anchored.configure("anchor = " + anchored.office.root + "/carry\n");
  CHECK_ENDED(anchored.office.call({"plan"}), 2);
}
