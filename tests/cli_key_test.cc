// The keys of a log through the program: changed by command and by each run, shown, and destroyed.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>

#include "audit/base64.h"
#include "audit/keys.h"
#include "base/fd.h"
#include "base/sys.h"
#include "support/catch.h"
#include "support/loop_image.h"
#include "support/office.h"
#include "support/places.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::LoopImage;
using test::Office;
using test::slurp;
using test::spill;

namespace {

namespace fs = std::filesystem;

std::string dir(const Office& office) {
  return office.scratch / "office";
}

std::string key_file(const Office& office) {
  return dir(office) + "/log.key";
}

std::string next_file(const Office& office) {
  return key_file(office) + ".next";
}

std::string log_text(const Office& office) {
  return slurp(dir(office) + "/log/log.jsonl");
}

/// The keys that the log names, oldest first, as `key show --json` has them.
nlohmann::json keys_of(const Office& office) {
  const Ended shown = office.call({"key", "show", "--json"});
  INFO(shown.err);
  REQUIRE(shown.status == 0);
  return nlohmann::json::parse(shown.out);
}

void set(const Office& office, const std::string& section, const std::string& line) {
  std::string config = slurp(office.config);
  const auto at = config.find("[" + section + "]\n");
  REQUIRE(at != std::string::npos);
  config.insert(at + section.size() + 3, line + "\n");
  spill(office.config, config);
}

void rotate_every_run(const Office& office) {
  set(office, "log", "rotate = every-run");
}

/// The part of a private key's PEM that is the key.
std::string secret_of(const std::string& pem) {
  const auto begin = pem.find('\n') + 1;
  return pem.substr(begin + 20, 40);
}

/// 0 where an overwrite reaches the bytes; else the old key can only be removed, and a person is
/// told.
int rotated_status(const Office& office) {
  return office.can_destroy() ? 0 : 1;
}

Ended run(const Office& office) {
  return office.call({"run", "--accept-clock"});
}

}  // namespace

TEST_CASE("A rotated log is signed by the new key and the old one is gone") {
  const Office office;
  const std::string old_pem = slurp(key_file(office));
  const auto before = keys_of(office);
  REQUIRE(before["entries"].size() == 1);
  const Ended rotated = office.call({"key", "rotate", "--reason", "CR/2026-17"});
  INFO(rotated.out + rotated.err);
  CHECK(rotated.status == rotated_status(office));
  CHECK_FALSE(fs::exists(next_file(office)));
  CHECK(slurp(key_file(office)) != old_pem);
  CHECK((fs::status(key_file(office)).permissions() & fs::perms::mask) ==
        (fs::perms::owner_read | fs::perms::owner_write));
  const auto after = keys_of(office);
  REQUIRE(after["entries"].size() == 2);
  CHECK(after["entries"][0]["in_force"] == false);
  CHECK(after["entries"][1]["in_force"] == true);
  CHECK(after["entries"][1]["reason"] == "CR/2026-17");
  CHECK(after["checkpoints"] == before["checkpoints"]);
  CHECK(contains(rotated.out, "key " + after["entries"][1]["id"].get<std::string>() + " signs"));
  CHECK(fs::exists(after["entries"][1]["file"].get<std::string>()));
  CHECK_ENDED(office.call({"hold", "place", "SAR-1", "--kind", "sar", "--reason", "asked",
                           "--subject", "01462474000"}),
              1);  // it covers nothing yet
  CHECK_ENDED(office.call({"log", "verify"}), 0);
  const std::string last = log_text(office);
  CHECK(contains(last.substr(last.rfind("hold.place")),
                 "\"key\":\"" + after["entries"][1]["id"].get<std::string>() + "\""));
}

TEST_CASE("The first public key verifies a log through all its rotations") {
  const Office office;
  const std::string first = keys_of(office)["entries"][0]["file"];
  for (int i = 0; i < 5; ++i) {
    CHECK_ENDED(office.call({"key", "rotate", "--quiet"}), rotated_status(office));
  }
  const std::string log = dir(office) + "/log/log.jsonl";
  CHECK_ENDED(test::expunge({"log", "verify", "--log", log, "--public-key", first, "--quiet"}), 0);
  const std::string newest = keys_of(office)["entries"].back()["file"];
  CHECK_ENDED(test::expunge({"log", "verify", "--log", log, "--public-key", newest, "--quiet"}), 4);
}

TEST_CASE("Each run ends with a new key when it is configured so") {
  const Office office;
  rotate_every_run(office);
  for (std::size_t night = 1; night <= 3; ++night) {
    const std::string old_pem = slurp(key_file(office));
    CHECK_ENDED(run(office), rotated_status(office));
    CHECK(keys_of(office)["entries"].size() == night + 1);
    CHECK(slurp(key_file(office)) != old_pem);
    CHECK_FALSE(fs::exists(next_file(office)));
  }
  CHECK_ENDED(office.call({"log", "verify"}), 0);
  const std::string log = log_text(office);
  CHECK(log.rfind("\"type\":\"key.rotate\"") > log.rfind("\"type\":\"run.end\""));
  CHECK(contains(log, "\"reason\":\"end-of-run\""));
  // The frozen checkpoint covers the hand-over.
  const auto lines = static_cast<std::size_t>(std::count(log.begin(), log.end(), '\n'));
  CHECK(fs::exists(dir(office) + "/log/checkpoints/" + std::to_string(lines) + ".ckpt"));
}

TEST_CASE("The key of tonight cannot change an entry of yesterday") {
  const Office office;
  rotate_every_run(office);
  REQUIRE(run(office).status == rotated_status(office));
  REQUIRE(run(office).status == rotated_status(office));
  const std::string path = dir(office) + "/log/log.jsonl";
  const std::string checkpoint = office.scratch / "outside.ckpt";
  fs::copy_file(dir(office) + "/log/checkpoint", checkpoint);
  // The thief has the key in force; the entry is of the first night. With the checkpoint key, a
  // root over what is left could be signed too: the entry's own signature is what cannot be made.
  const auto origin = [&] {
    const std::string log = slurp(path);
    const auto begin = log.find("\"log\":\"") + 7;
    return log.substr(begin, log.find('"', begin) - begin);
  }();
  const auto stolen = audit::SigningKey::from_file(base::real_sys(), origin, key_file(office));
  std::string log = slurp(path);
  const auto begin = log.find("{\"v\":1,\"log\":\"" + origin + "\",\"seq\":2,");
  const auto end = log.find('\n', begin);
  std::string line = log.substr(begin, end - begin);
  const auto at = line.find("\"held\":0");
  REQUIRE(at != std::string::npos);
  line.replace(at, 8, "\"held\":7");
  const std::string message = line.substr(0, line.size() - 98) + "}";
  line = message.substr(0, message.size() - 1) + ",\"sig\":\"" +
         audit::to_base64(stolen.sign(message)) + "\"}";
  log.replace(begin, end - begin, line);
  spill(path, log);
  const Ended verified = office.call({"log", "verify"});
  CHECK(verified.status == 4);
  CHECK(contains(verified.err + verified.out, "line 3"));
}

TEST_CASE("Every-run needs a checkpoint key") {
  const Office office;
  rotate_every_run(office);
  std::string config = slurp(office.config);
  config = std::regex_replace(config, std::regex("\ncheckpoint-key[^\n]*"), "");
  spill(office.config, config);
  const Ended refused = office.call({"plan"});
  CHECK(refused.status == 2);
  CHECK(contains(refused.err, "log.rotate"));
  CHECK(contains(refused.err, "every-run needs log.checkpoint-key"));
}

TEST_CASE("An encrypted key is followed by an encrypted one") {
  const test::Scratch scratch;
  const std::string root = scratch / "recordings";
  fs::create_directory(root);
  const std::string passphrase = scratch / "passphrase";
  spill(passphrase, "correct horse battery\n");
  ::chmod(passphrase.c_str(), 0600);
  const std::string office = scratch / "office";
  REQUIRE(test::expunge({"init", office, "--root", root, "--passphrase-file", passphrase,
                         "--rotate", "every-run"})
              .status == 0);
  const std::string config = office + "/expunge.conf";
  const std::string key = office + "/log.key";
  const std::string first = slurp(key);
  CHECK(contains(first, "ENCRYPTED PRIVATE KEY"));
  CHECK(test::expunge({"--config", config, "run"}).status <= 1);
  const std::string second = slurp(key);
  CHECK(contains(second, "ENCRYPTED PRIVATE KEY"));
  CHECK(second != first);
  CHECK(test::expunge({"--config", config, "key", "rotate"}).status <= 1);
  CHECK_ENDED(test::expunge({"--config", config, "log", "verify"}), 0);
  // openssl opens it with the same passphrase, and with no other.
  CHECK_ENDED(test::run_program({"openssl", "pkey", "-in", key, "-noout", "-passin",
                                 "pass:correct horse battery"}),
              0);
  spill(passphrase, "another\n");
  const Ended refused = test::expunge({"--config", config, "key", "rotate"});
  CHECK(refused.status == 2);
  CHECK(contains(refused.err, "the passphrase does not open it"));
}

TEST_CASE("No key is rotated while a run is on, and none by a wrong reason") {
  const Office office;
  const std::string pem = slurp(key_file(office));
  CHECK_ENDED(run(office), 0);
  const base::Fd lock(::open((dir(office) + "/log/run.lock").c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(::flock(lock.get(), LOCK_EX) == 0);
  CHECK_ENDED(office.call({"key", "rotate"}), 5);
  ::flock(lock.get(), LOCK_UN);
  CHECK_ENDED(office.call({"key", "rotate", "--reason", "Mrs Smith's call"}), 2);
  CHECK(slurp(key_file(office)) == pem);
}

TEST_CASE("A key behind a symbolic link is not rotated and stays") {
  const Office office;
  const std::string real = office.scratch / "real.key";
  fs::rename(key_file(office), real);
  fs::create_symlink(real, key_file(office));
  const Ended refused = office.call({"key", "rotate"});
  CHECK(refused.status == 2);
  CHECK(contains(refused.err, "is a symbolic link"));
  CHECK(keys_of(office)["entries"].size() == 1);
  CHECK_FALSE(fs::exists(next_file(office)));
  // A run does its work all the same, and a person is told.
  rotate_every_run(office);
  const Ended night = run(office);
  CHECK(night.status == 1);
  CHECK(contains(night.err, "is a symbolic link"));
  CHECK(contains(log_text(office), "\"outcome\":\"complete\""));
  CHECK(keys_of(office)["entries"].size() == 1);
}

TEST_CASE("A next key that never came into force is destroyed by the next rotation or run") {
  const Office office;
  rotate_every_run(office);
  for (const bool by_run : {false, true}) {
    // Torn, or whole: the log does not know it.
    spill(next_file(office), by_run ? "-----BEGIN PRIV" : slurp(key_file(office)));
    ::chmod(next_file(office).c_str(), 0600);
    CHECK_ENDED(office.call({"log", "verify"}), 0);
    const Ended looked = office.call({"check"});
    CHECK(contains(looked.out, "is left of a rotation that was interrupted"));
    CHECK_ENDED(by_run ? run(office) : office.call({"key", "rotate"}), rotated_status(office));
    CHECK_FALSE(fs::exists(next_file(office)));
  }
  CHECK_ENDED(office.call({"log", "verify"}), 0);
}

TEST_CASE("Where no overwrite reaches the old key it is removed and a person is told") {
  REQUIRE_LOOP_IMAGE();
  if (!test::has_program("mkfs.btrfs")) SKIP_TEST("no mkfs.btrfs here");
  LoopImage image("mkfs.btrfs -q -m single", "", 128 << 20);
  fs::create_directory(image / "recordings");
  const std::string office = image / "office";
  REQUIRE(test::expunge({"init", office, "--root", image / "recordings", "--rotate", "every-run"})
              .status == 0);
  const std::string config = office + "/expunge.conf";
  for (const char* const command : {"run", "rotate"}) {
    const bool by_run = std::string(command) == "run";
    const Ended ended = by_run ? test::expunge({"--config", config, "run"})
                               : test::expunge({"--config", config, "key", "rotate"});
    INFO(ended.err);
    CHECK(ended.status == 1);
    CHECK(contains(ended.err, "removed, but not overwritten: btrfs"));
    CHECK(contains(ended.err, "keep the log's keys on ext4 or XFS"));
    CHECK_FALSE(fs::exists(office + "/log.key.next"));
  }
  CHECK_ENDED(test::expunge({"--config", config, "log", "verify"}), 0);
  CHECK(contains(test::expunge({"--config", config, "check"}).out, "without overwriting it"));
}

TEST_CASE("On the raw device nothing is left of a key after its run") {
  REQUIRE_LOOP_IMAGE();
  for (const char* const make : {"mkfs.ext4 -q -b 4096", "mkfs.xfs -q"}) {
    INFO(make);
    LoopImage image(make, "", 320 << 20);
    fs::create_directory(image / "recordings");
    const std::string office = image / "office";
    REQUIRE(test::expunge({"init", office, "--root", image / "recordings", "--rotate", "every-run"})
                .status == 0);
    std::vector<std::string> secrets;
    for (int night = 0; night < 3; ++night) {
      secrets.push_back(secret_of(slurp(office + "/log.key")));
      CHECK_ENDED(test::expunge({"--config", office + "/expunge.conf", "run"}), 0);
    }
    const std::string current = secret_of(slurp(office + "/log.key"));
    for (const std::string& secret : secrets) CHECK(image.raw_hits(secret) == 0);
    CHECK(image.raw_hits(current) == 1);
  }
}
