// The program that tells the recorder what was destroyed: when, of what, and what if it fails.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/office.h"
#include "support/places.h"

using namespace expunge;
using namespace expunge::test;
using Json = nlohmann::json;

namespace {

const std::string kAudio(9000, 'A');

/// An office with `count` due recordings, approved, and a program: a shell script that may use
/// `$dir`, a directory of its own.
struct Told {
  explicit Told(const std::string& script, int count = 2, const std::string& more = "",
                const std::vector<std::string>& options = {}) {
    can = office.can_destroy();
    if (!can) return;
    std::filesystem::create_directory(directory);
    put(script);
    plain = slurp(office.config);
    configure("after = " + program + "\n" + more);
    add("fresh", 1, options, 1);  // kept: nobody wonders where new recordings stay
    add("first", count, options);
    CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "x"}), 0);
  }
  void put(const std::string& script, mode_t mode = 0755) const {
    spill(program, "#!/bin/sh\ndir='" + directory + "'\n" + script + "\n");
    REQUIRE(::chmod(program.c_str(), mode) == 0);
  }
  void configure(const std::string& lines) const {
    std::string text = plain;
    text.insert(text.find("[run]\n") + 6, lines);
    spill(office.config, text);
  }
  void add(const std::string& prefix, int count, const std::vector<std::string>& options = {},
           int days = 500) const {
    std::string csv = "id,department,recorded_at,path,subject\n";
    for (int i = 0; i < count; ++i) {
      const std::string id = prefix + "-" + std::to_string(i);
      office.write(id + ".wav", kAudio);
      csv += id + ",Customer Services," + Office::days_ago(days) + "," + id + ".wav,01632960001\n";
    }
    std::vector<std::string> words = {"import", "--quiet", "-"};
    words.insert(words.end(), options.begin(), options.end());
    CHECK_ENDED(office.call(words, csv), 0);
  }
  /// What the script wrote into a file of its directory.
  [[nodiscard]] std::string wrote(const std::string& name) const {
    const std::string path = directory + "/" + name;
    return std::filesystem::exists(path) ? slurp(path) : "";
  }
  [[nodiscard]] std::string index() const { return slurp(office.scratch / "office/index.db"); }

  Office office;
  bool can = false;
  std::string plain;
  std::string directory = office.scratch / "told";
  std::string program = office.scratch / "tell recorder";
};

#define NEEDS_A_DISK(told) \
  if (!(told).can) SKIP_TEST("no file system here that overwrites in place")

/// One line that names the program and says this, and how many wait.
void check_said(const Told& told, const Ended& ended, const std::string& words, int untold) {
  CHECK_ENDED(ended, 1);
  REQUIRE(lines_of(ended.err).size() == 1);
  CHECK_THAT(ended.err, contains_text("after: " + told.program + " " + words));
  CHECK_THAT(ended.err, contains_text("was not told: " + std::to_string(untold) + ";"));
}

}  // namespace

TEST_CASE("The recorder is told of each recording by its own key once the log is whole") {
  const Told told(R"(cp "$dir/../office/log/log.jsonl" "$dir/log"
cp "$dir/../office/log/checkpoint" "$dir/checkpoint"; cat > "$dir/lines"; echo $# > "$dir/words")",
                  2, "", {"--opaque-ids"});
  NEEDS_A_DISK(told);
  CHECK_THAT(told.index(), contains_text("first-0"));
  CHECK_ENDED(told.office.call({"run", "--quiet"}), 0);
  CHECK_THAT(told.wrote("log"), contains_text("\"type\":\"run.end\""));
  CHECK(told.wrote("checkpoint") == slurp(told.office.scratch / "office/log/checkpoint"));
  CHECK(told.wrote("words") == "0\n");
  const auto lines = lines_of(told.wrote("lines"));
  REQUIRE(lines.size() == 2);
  const auto entries = lines_of(told.wrote("log"));
  std::set<std::string> sources;
  for (const std::string& line : lines) {
    const Json json = Json::parse(line);
    CHECK(json["state"] == "destroyed");
    const Json entry = Json::parse(entries.at(json["log_seq"].get<std::size_t>()));
    CHECK(entry["type"] == "destroy");
    CHECK(entry["recording"] == json["recording"]);
    CHECK(entry["time"] == json["destroyed_at"]);
    sources.insert(json["source"]);
  }
  CHECK(sources == std::set<std::string>{"first-0", "first-1"});
  // Told, it is erased for good; and nobody is told twice.
  CHECK_FALSE(contains(told.index(), "first-"));
  CHECK_FALSE(contains(slurp(told.office.scratch / "office/index.db-journal"), "first-"));
  std::filesystem::remove(told.directory + "/lines");
  CHECK_ENDED(told.office.call({"run", "--quiet"}), 0);
  CHECK(told.wrote("lines").empty());
}

TEST_CASE("What failed to be told is attention and told again with the new until it succeeds") {
  const Told told("cat >/dev/null; exit 7");
  NEEDS_A_DISK(told);
  check_said(told, told.office.call({"run", "--quiet"}), "ended with status 7", 2);
  CHECK_FALSE(told.office.exists("first-0.wav"));
  const Ended check = told.office.call({"check"});
  CHECK_THAT(check.out, contains_text("was not told, and whose recorder's own ids are"));
  told.put("cat >/dev/null; kill -9 $$");
  told.add("second", 1);
  check_said(told, told.office.call({"run", "--quiet"}), "was ended by signal 9", 3);
  told.put("exit 0", 0644);
  check_said(told, told.office.call({"run", "--quiet"}), "cannot be run: Permission denied", 3);
  CHECK_THAT(told.office.call({"check"}).out,
             contains_text("cannot be called (Permission denied): nobody tells the recorder"));
  told.configure("after = " + told.program + "\nafter-limit = 1s\n");
  told.put("sleep 1000");
  check_said(told, told.office.call({"run", "--quiet"}), "had not ended after 1 seconds", 3);
  told.put(R"(cat > "$dir/lines")");
  CHECK_ENDED(told.office.call({"run", "--quiet"}), 0);
  const auto lines = lines_of(told.wrote("lines"));
  REQUIRE(lines.size() == 3);
  CHECK(Json::parse(lines[2])["source"] == "second-0");
  CHECK_ENDED(told.office.call({"log", "verify"}), 0);
}

TEST_CASE("A program that does not read all that it is told has not been told") {
  // More than a pipe holds.
  const Told told("exit 0", 900);
  NEEDS_A_DISK(told);
  check_said(told, told.office.call({"run", "--quiet"}),
             "ended before it had read all that it was told", 900);
  told.put(R"(head -n 1 > "$dir/one"; exec sleep 0.3)");
  check_said(told, told.office.call({"run", "--quiet"}),
             "ended before it had read all that it was told", 900);
  told.put(R"(cat > "$dir/lines")");
  CHECK_ENDED(told.office.call({"run", "--quiet"}), 0);
  CHECK(lines_of(told.wrote("lines")).size() == 900);
}

TEST_CASE("A program that starts another one that keeps its input open does not hold a run up") {
  const Told told(R"(cat > "$dir/lines"; sleep 1000 & echo $! > "$dir/child")", 1);
  NEEDS_A_DISK(told);
  CHECK_ENDED(told.office.call({"run", "--quiet"}), 0);
  CHECK(lines_of(told.wrote("lines")).size() == 1);
  ::kill(std::stoi(told.wrote("child")), SIGKILL);
}

TEST_CASE("A braked run tells what an earlier one could not and destroy tells what it destroys") {
  const Told told("cat >/dev/null; exit 1");
  NEEDS_A_DISK(told);
  CHECK_ENDED(told.office.call({"run", "--quiet"}), 1);
  told.put(R"(cat >> "$dir/lines")");
  const std::string text = slurp(told.office.config);
  std::string none = text;
  none.insert(none.find("[safety]\n") + 9, "max-count = 0\n");
  spill(told.office.config, none);
  told.add("second", 1);
  const Ended braked = told.office.call({"run", "--quiet"});
  CHECK_ENDED(braked, 3);
  CHECK(lines_of(told.wrote("lines")).size() == 2);
  spill(told.office.config, text);
  CHECK_ENDED(told.office.call({"destroy", "second-0", "--ground", "order", "--authority", "X",
                                "--yes", "--quiet"}),
              0);
  const auto lines = lines_of(told.wrote("lines"));
  REQUIRE(lines.size() == 3);
  CHECK(Json::parse(lines[2])["recording"] == "second-0");
}

TEST_CASE("With no program any more what is untold is erased and that is said once") {
  const Told told("exit 1", 2, "", {"--opaque-ids"});
  NEEDS_A_DISK(told);
  CHECK_ENDED(told.office.call({"run", "--quiet"}), 1);
  CHECK_THAT(told.index(), contains_text("first-0"));
  CHECK_THAT(told.office.call({"check"}).out, contains_text("the next run tells it again"));
  told.configure("");
  const Ended before = told.office.call({"check"});
  CHECK_THAT(before.out,
             contains_text("no program is configured any more (run.after), and the next run, or "
                           "expunge destroy, erases the recorder's own ids of destroyed or removed "
                           "recordings of which nobody was told: 2; if they are to be told, put "
                           "the program back into the configuration before that"));
  CHECK_FALSE(contains(before.out, "tells it again"));
  const Ended said = told.office.call({"run", "--quiet"});
  CHECK_ENDED(said, 1);
  CHECK_THAT(said.err, contains_text("nobody was told, and of which the recorder's own ids are"));
  CHECK_FALSE(contains(told.index(), "first-"));
  CHECK_ENDED(told.office.call({"run", "--quiet"}), 0);
}

TEST_CASE("The program of run.after gets nothing but lines and standard error") {
  const Told told(R"(ls -1 /proc/self/fd > "$dir/fds"; cat > /dev/null
grep -E '^Sig(Blk|Ign)' /proc/self/status > "$dir/signals"
env > "$dir/environment"; pwd > "$dir/where"; echo words; echo more >&2)",
                  1, "", {"--opaque-ids"});
  NEEDS_A_DISK(told);
  std::vector<std::string> all = {"sh",    "-c",       "exec 7</dev/null 8</; exec \"$0\" \"$@\"",
                                  kBinary, "--config", told.office.config,
                                  "run"};
  const Ended ended = run_program(all);
  CHECK_ENDED(ended, 0);
  CHECK(told.wrote("fds") == "0\n1\n2\n3\n");  // the last one is ls's own
  CHECK(told.wrote("signals") == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  CHECK(told.wrote("where") == "/\n");
  CHECK(ended.err == "words\nmore\n");
  for (const std::string& line : lines_of(told.wrote("environment"))) {
    const std::string name = line.substr(0, line.find('='));
    INFO(line);
    CHECK((name == "PATH" || name == "LANG" || name == "EXPUNGE_LOG_ORIGIN" || name == "PWD" ||
           name == "_" || name == "SHLVL" || name == "OLDPWD"));
  }
}

TEST_CASE("A program of run.after that others may write to or that is no path is refused") {
  const Told told("exit 0", 1);
  NEEDS_A_DISK(told);
  REQUIRE(::chmod(told.program.c_str(), 0777) == 0);
  const Ended writable = told.office.call({"run"});
  CHECK_ENDED(writable, 2);
  CHECK_THAT(writable.err, contains_text("everybody may write to it"));
  CHECK_THAT(told.office.call({"check"}).out, contains_text("everybody may write to it"));
  told.configure("after = bin/tell\n");
  CHECK_ENDED(told.office.call({"plan"}), 2);
  told.configure("after = /bin/true\nafter-limit = 0s\n");
  CHECK_ENDED(told.office.call({"plan"}), 2);
}
