// A new log in the place of one whose key is lost, or that does not verify.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/council_program.h"
#include "support/page_text.h"
#include "support/succession.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::Office;
using test::OldOffice;
using test::unwrapped;

namespace {

namespace fs = std::filesystem;

std::vector<std::string> brakes(const Office& office) {
  std::vector<std::string> names;
  const auto json =
      nlohmann::json::parse(office.call({"plan", "--format", "json"}).out, nullptr, false);
  if (json.is_discarded()) return {"no plan"};
  for (const auto& brake : json["brakes"]) names.push_back(brake["name"]);
  return names;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// Adds a recording that is due by now, so that a run under the new log has something to do.
void add_due(const OldOffice& old) {
  old.office.write("due-1.wav", std::string(9000, 'D'));
  CHECK_ENDED(old.office.call({"import", "-"},
                              "id,department,recorded_at,path\ndue-1,Customer "
                              "Services," +
                                  Office::days_ago(390) + ",due-1.wav\n"),
              0);
}

/// That the office works under its new log, and that the past binds it still.
void check_new_life(const OldOffice& old) {
  CHECK_ENDED(old.office.call({"log", "verify"}), 0);
  CHECK(contains(old.office.call({"import", "-"}, old.csv).out, "which change nothing: 2"));
  add_due(old);
  CHECK(brakes(old.office) == std::vector<std::string>{"first-run"});
  CHECK_ENDED(old.office.call({"run", "--quiet"}), 3);
  CHECK(old.office.exists("due-1.wav"));
  CHECK_ENDED(old.office.call({"approve", old.office.digest(), "--reason", "read it"}), 0);
  CHECK_ENDED(old.office.call({"run", "--quiet"}), 0);
  CHECK_FALSE(old.office.exists("due-1.wav"));
  CHECK(old.office.exists("held-1.wav"));
  CHECK(old.office.exists("new-1.wav"));
  CHECK_ENDED(old.office.call({"log", "verify"}), 0);
  CHECK_ENDED(old.office.call({"run", "--quiet"}), 0);
  const Ended release = old.office.call({"hold", "release", "SAR-1", "--reason", "answered"});
  CHECK_ENDED(release, 0);
  CHECK_ENDED(old.office.call({"run", "--quiet"}), 0);
  CHECK_FALSE(old.office.exists("held-1.wav"));
}

}  // namespace

TEST_CASE("After a lost key a new log goes on where the old one ended once a plan is approved") {
  const OldOffice old;
  REQUIRE_DESTRUCTION(old);
  old.lose_key();
  CHECK_ENDED(old.office.call({"run", "--quiet"}), 2);
  const std::string before = test::picture_of(old.old_log());
  old.name_new_log();
  const Ended made = old.succeed();
  CHECK_ENDED(made, 0);
  CHECK(contains(made.out, old.old_origin()));
  CHECK(made.err.empty());  // all of the old log verified, and its keys are not at hand
  CHECK(test::picture_of(old.old_log()) == before);
  const std::string log = test::slurp(old.new_log() + "/log.jsonl");
  CHECK(contains(log, "\"predecessor\":{\"origin\":\"" + old.old_origin() + "\""));
  CHECK(contains(log, "\"reason\":\"key-lost\",\"authority\":\"DPO-2026/17\"}"));
  CHECK(count(log, "\"type\":\"hold.place\",\"reference\":\"SAR-1\"") == 1);
  CHECK(contains(old.office.call({"log", "show"}).out,
                 "predecessor (origin " + old.old_origin() + ", size "));
  const Ended explained = old.office.call({"explain", "gone-1"});
  CHECK(contains(explained.out, " of the log " + old.old_origin()));
  // What that one has nobody has looked at.
  CHECK(contains(unwrapped(explained.out),
                 "So the register of recordings has it; the entry that says so was written to the "
                 "log " +
                     old.old_origin()));
  CHECK(contains(explained.out, "no entry names it; the log " + old.old_origin()));
  CHECK_FALSE(contains(old.office.call({"explain", "new-1"}).out, old.old_origin()));
  CHECK(contains(old.office.call({"check"}).out, "in the place of the log " + old.old_origin()));
  check_new_life(old);
  const std::string due = old.office.call({"explain", "due-1"}).out;
  CHECK_FALSE(contains(due, old.old_origin()));
  CHECK_FALSE(contains(due.substr(due.find("\n  destroyed  ")), "of the log"));
}

TEST_CASE("After a log that does not verify a new one goes on and says what was not believed") {
  const OldOffice old;
  REQUIRE_DESTRUCTION(old);
  old.tamper();
  CHECK_ENDED(old.office.call({"run", "--quiet"}), 4);
  CHECK_ENDED(old.office.call({"check", "--quiet"}), 4);
  CHECK_ENDED(old.office.call({"hold", "place", "SAR-2", "--kind", "sar", "--reason", "asked",
                               "--recording", "new-1"}),
              4);
  old.name_new_log();
  const Ended made = old.office.call(old.words("", "does-not-verify"));
  CHECK_ENDED(made, 0);
  CHECK(contains(made.err, "nothing that the old log alone says is taken over: line "));
  CHECK(contains(old.office.call({"explain", "gone-1"}).out, " of the log " + old.old_origin()));
  check_new_life(old);
}

TEST_CASE("A new log beside one that verifies and whose keys are at hand is made with a warning") {
  const OldOffice old;
  old.name_new_log();
  const Ended made = old.office.call(old.words("", "moved"));
  CHECK_ENDED(made, 0);
  CHECK(contains(made.err, "its keys are at hand (" + old.directory() + "/log.key, " +
                               old.directory() + "/checkpoint.key): it could go on"));
}

TEST_CASE("Where either of its keys is lost nobody is told that the old log could go on") {
  for (const char* lost : {"/log.key", "/checkpoint.key"}) {
    CAPTURE(lost);
    const OldOffice old;
    fs::remove(old.directory() + lost);
    old.name_new_log();
    const Ended made = old.succeed();
    CHECK_ENDED(made, 0);
    CHECK(made.err.empty());
  }
}

TEST_CASE("A checkpoint far from its log is taken and said not to be verified") {
  const OldOffice old;
  old.lose_key();
  const std::string copy = old.office.scratch / "copy";
  fs::copy_file(old.old_log() + "/checkpoint", copy);
  fs::remove_all(old.old_log());
  old.name_new_log();
  const Ended made = old.succeed(copy);
  CHECK_ENDED(made, 0);
  CHECK(contains(made.err, "was not verified"));
  CHECK(contains(made.err, "not beside its checkpoint"));
  CHECK_ENDED(old.office.call({"log", "verify"}), 0);
}

TEST_CASE("The same succession again changes nothing and another one is refused") {
  const OldOffice old;
  old.lose_key();
  old.name_new_log();
  CHECK_ENDED(old.succeed(), 0);
  const std::string after = test::picture_of(old.directory());
  const Ended again = old.succeed();
  CHECK_ENDED(again, 0);
  CHECK(contains(again.out, "stands already"));
  const Ended other = old.office.call(old.words("", "moved"));
  CHECK_ENDED(other, 2);
  CHECK(contains(other.err, "exists already"));
  CHECK(test::picture_of(old.directory()) == after);
}

TEST_CASE("What is wrong with a succession is one line and changes nothing") {
  const OldOffice old;
  old.lose_key();
  const std::string conf = test::slurp(old.office.config);
  const std::string garbage = old.office.scratch / "garbage";
  test::spill(garbage, "recordings\n12\nnonsense\n");
  const OldOffice stranger;
  std::string foreign = test::slurp(stranger.old_log() + "/checkpoint");
  const std::string other = old.office.scratch / "other";
  // Another log's name: every office here calls its log by the host's.
  const OldOffice third;
  third.name_new_log("elsewhere.example.gov.uk/log");
  CHECK_ENDED(third.succeed(), 0);
  fs::copy_file(third.new_log() + "/checkpoint", other);
  // Signed by a key that lies beside it, and changed since.
  const std::string forged_log = old.office.scratch / "forged";
  fs::copy(old.old_log(), forged_log, fs::copy_options::recursive);
  std::string forged = test::slurp(forged_log + "/checkpoint");
  forged.insert(forged.find('\n') + 1, "9");
  test::spill(forged_log + "/checkpoint", forged);

  const auto refuses = [&](const std::vector<std::string>& words, int status,
                           const std::string& says) {
    const std::string before = test::picture_of(old.directory());
    const Ended ended = old.office.call(words);
    CAPTURE(words);
    CHECK_ENDED(ended, status);
    CHECK(count(ended.err, "\n") <= 2);  // a note that a signature was not verified may come first
    CHECK_THAT(ended.err, test::contains_text(says));
    CHECK(test::picture_of(old.directory()) == before);
  };
  const std::string checkpoint = old.old_log() + "/checkpoint";
  refuses(old.words(), 2, "is the old log's own name");
  old.name_new_log();
  refuses(old.words(garbage), 2, "is no signed checkpoint");
  refuses(old.words(old.office.scratch / "nowhere"), 2, "nowhere");
  refuses(old.words(other), 2, "the checkpoint is of the log elsewhere.example.gov.uk/log");
  refuses(old.words(forged_log + "/checkpoint"), 4, "somebody changed it");
  refuses({"init", "--successor-of", checkpoint, "--reason", "key-lost"}, 2,
          "authority is missing");
  refuses({"init", "--successor-of", checkpoint, "--authority", "DPO-1"}, 2, "reason is missing");
  refuses({"init", "--successor-of", checkpoint, "--authority", "the officer", "--reason", "moved"},
          2, "--authority 'the officer'");
  refuses({"init", old.office.scratch / "new", "--root", old.office.root, "--authority", "DPO-1"},
          2, "--authority needs --successor-of");
  refuses({"init", "--successor-of", checkpoint, "--authority", "DPO-1", "--reason", "moved",
           "--origin", "x"},
          2, "--origin is for a new DIR");
  for (const char* name : {"/log-2.key", "/checkpoint-2.key", "/log-2"}) {
    test::spill(old.directory() + name, "somebody's");
    fs::permissions(old.directory() + name, fs::perms::owner_read);
    refuses(old.words(), 2, std::string(name) + ": exists already");
    fs::remove(old.directory() + name);
  }
  for (const char* name : {"/log-2.key.new", "/checkpoint-2.key.new", "/log-2.new"}) {
    fs::create_directory(old.directory() + name);
    refuses(old.words(), 2, std::string(name) + " and try again");
    fs::remove(old.directory() + name);
  }
  // The old names left in the configuration by mistake.
  std::string text = conf;
  text.replace(text.find("origin    = "), 12, "origin    = another.");
  test::spill(old.office.config, text);
  refuses(old.words(), 2, "log.directory is the old log's own");
  old.name_new_log();
  CHECK_ENDED(old.succeed(), 0);
}

TEST_CASE("An older checkpoint than the newest at hand is not the one to name") {
  const OldOffice old;
  REQUIRE_DESTRUCTION(old);
  CHECK_ENDED(old.office.call({"hold", "release", "SAR-1", "--reason", "answered"}), 0);
  old.lose_key();
  old.name_new_log();
  std::string frozen;
  for (const auto& each : fs::directory_iterator(old.old_log() + "/checkpoints")) {
    frozen = each.path().string();
  }
  REQUIRE_FALSE(frozen.empty());
  const Ended refused = old.succeed(frozen);
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err, "name " + old.old_log() + "/checkpoint"));
  CHECK_FALSE(fs::exists(old.new_log()));
}

TEST_CASE("A lost machine begins anew and what its log says is gone does not come back") {
  const OldOffice old;
  REQUIRE_DESTRUCTION(old);
  const std::string copies = old.office.scratch / "copies";
  fs::copy(old.old_log(), copies, fs::copy_options::recursive);
  fs::remove_all(old.directory());
  const std::string fresh = old.office.scratch / "fresh";
  const std::vector<std::string> words = {
      "init",        fresh,   "--root",   old.office.root, "--origin",      OldOffice::kNewOrigin,
      "--authority", "DPO-1", "--reason", "machine-lost",  "--successor-of"};
  auto same = words;
  same[5] = test::slurp(copies + "/checkpoint");
  same[5] = same[5].substr(0, same[5].find('\n'));
  same.push_back(copies + "/checkpoint");
  CHECK_ENDED(test::expunge(same), 2);
  CHECK_FALSE(fs::exists(fresh));
  auto good = words;
  good.push_back(copies + "/checkpoint");
  CHECK_ENDED(test::expunge(good), 0);
  const auto call = [&](std::vector<std::string> more, const std::string& input = "") {
    more.insert(more.begin(), {"--config", fresh + "/expunge.conf"});
    return test::expunge(std::move(more), input);
  };
  CHECK_ENDED(call({"log", "verify"}), 0);
  const Ended imported = call({"import", "-"}, old.csv);
  CHECK_ENDED(imported, 0);
  CHECK(contains(imported.out, "which change nothing: 2"));
  CHECK(contains(call({"explain", "gone-1"}).out, " of the log "));
  // Its hold is known by its name alone, and nothing is destroyed before it is placed again.
  const Ended plan = call({"plan"});
  CHECK(contains(plan.out, "Brake holds"));
  CHECK(contains(plan.out, "SAR-1"));
  CHECK_ENDED(call({"run", "--quiet"}), 3);
  CHECK(old.office.exists("held-1.wav"));
  CHECK_ENDED(call({"hold", "place", "SAR-1", "--kind", "sar", "--reason", "asked", "--recording",
                    "held-1"}),
              1);  // nobody can tell what it covered
  CHECK_FALSE(contains(call({"plan"}).out, "Brake holds"));
}

TEST_CASE("A recording that came back stays attention under a new log") {
  const OldOffice old;
  REQUIRE_DESTRUCTION(old);
  old.office.write("gone-1.wav", std::string(9000, 'A') + "gone-1");
  CHECK_ENDED(old.office.call({"import", "-"}, old.csv), 1);
  CHECK(contains(old.office.call({"plan"}).out, "gone-1"));
  old.lose_key();
  old.name_new_log();
  CHECK_ENDED(old.succeed(), 0);
  CHECK_ENDED(old.office.call({"import", "-"}, old.csv), 0);
  const std::string plan = old.office.call({"plan"}).out;
  CHECK(contains(plan, "gone-1"));
  CHECK(contains(plan, "was destroyed or removed"));
}

TEST_CASE("The archive root is remembered past a succession and the old host is not") {
  const OldOffice old;
  REQUIRE_DESTRUCTION(old);
  old.lose_key();
  old.name_new_log();
  CHECK_ENDED(old.succeed(), 0);
  add_due(old);
  CHECK(brakes(old.office) == std::vector<std::string>{"first-run"});
  CHECK_ENDED(old.office.call({"approve", old.office.digest(), "--reason", "read it"}), 0);
  // As if its volume were not mounted.
  fs::rename(old.office.root, old.office.root + "-away");
  fs::create_directory(old.office.root);
  const Ended braked = old.office.call({"run", "--quiet"});
  CHECK_ENDED(braked, 3);
  CHECK(contains(braked.err, "root"));
  fs::remove(old.office.root);
  fs::rename(old.office.root + "-away", old.office.root);
  CHECK_ENDED(old.office.call({"run", "--quiet"}), 0);
}

TEST_CASE("An index restored from before a succession is handed over again and the brakes hold") {
  const OldOffice old;
  REQUIRE_DESTRUCTION(old);
  old.lose_key();
  fs::copy(old.directory() + "/index.db", old.office.scratch / "backup.db");
  old.name_new_log();
  CHECK_ENDED(old.succeed(), 0);
  add_due(old);
  CHECK_ENDED(old.office.call({"approve", old.office.digest(), "--reason", "read it"}), 0);
  CHECK_ENDED(old.office.call({"run", "--quiet"}), 0);
  CHECK_ENDED(old.office.call({"hold", "place", "SAR-2", "--kind", "sar", "--reason", "asked",
                               "--recording", "new-1"}),
              0);
  fs::copy(old.office.scratch / "backup.db", old.directory() + "/index.db",
           fs::copy_options::overwrite_existing);
  const Ended refused = old.office.call({"plan"});
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err, "belongs to the log " + old.old_origin()));
  CHECK_ENDED(old.succeed(), 0);
  CHECK(brakes(old.office) == std::vector<std::string>{"holds", "index"});
  CHECK_ENDED(old.office.call({"log", "verify"}), 0);
  CHECK(count(test::slurp(old.new_log() + "/log.jsonl"), "\"reference\":\"SAR-1\"") == 1);
}

TEST_CASE("A command begun under the old log changes nothing after the handing over") {
  const OldOffice old;
  old.lose_key();
  auto index = archive::Index::open(old.directory() + "/index.db", archive::Index::Access::write,
                                    old.old_origin());
  old.name_new_log();
  CHECK_ENDED(old.succeed(), 0);
  CHECK_THAT(
      test::failure_of([&] { archive::Index::Writing writing(index); }),
      test::contains_text("usage: ") &&
          test::contains_text("was handed over to the log " + std::string(OldOffice::kNewOrigin)));
}
