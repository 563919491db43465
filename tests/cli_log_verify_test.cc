// The commands that verify and prove, called as an auditor would, on bare files.
#include <sys/stat.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "audit/note.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/office.h"
#include "support/places.h"

using namespace expunge;
using namespace expunge::test;
using Json = nlohmann::json;

namespace {

std::string vector_path(const std::string& name) {
  return kTestData + "/vectors/" + name;
}

std::vector<std::string> verify_words(const std::string& log, const std::string& key,
                                      const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"log", "verify", "--log", log, "--public-key", key};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// An office whose log has a few entries, and an older checkpoint of it kept elsewhere.
struct Audited {
  Audited() {
    older = office.scratch / "older.ckpt";
    spill(older, slurp(log("checkpoint")));
    const Ended import = office.call({"import", "-"},
                                     "id,department,recorded_at,path\n"
                                     "r-1,Customer Services," +
                                         Office::days_ago(10) + ",a.wav\n");
    if (import.status != 0) throw std::runtime_error(import.err);
    if (office
            .call(
                {"hold", "place", "SAR/1", "--kind", "sar", "--reason", "x", "--recording", "r-1"})
            .status != 0) {
      throw std::runtime_error("hold");
    }
  }
  [[nodiscard]] std::string log(const std::string& name) const {
    return std::filesystem::path(office.config).parent_path().string() + "/log/" + name;
  }
  /// The file of the key whose id entry 0 gives in `member`.
  [[nodiscard]] std::string key(const char* member) const {
    const std::string text = slurp(log("log.jsonl"));
    const Json open = Json::parse(text.substr(0, text.find('\n')));
    const std::string vkey = open.at(member);
    return log("keys/" + vkey.substr(vkey.find('+') + 1, 8) + ".pub.pem");
  }

  Office office;
  std::string older;
};

}  // namespace

TEST_CASE("Bare files verify without any configuration and only with a key from outside") {
  const std::string log = vector_path("rotate/log.jsonl");
  const std::string key = vector_path("rotate/k1.pub.pem");
  const std::string newest = vector_path("rotate/checkpoint.8");
  const Ended alone = test::expunge(verify_words(log, key));
  CHECK_ENDED(alone, 0);
  CHECK(contains(alone.out, "The log verifies: 8 entries"));
  CHECK(contains(alone.err, "no checkpoint from outside"));
  const Ended whole = test::expunge(
      verify_words(log, key,
                   {"--checkpoint", newest, "--checkpoint", vector_path("rotate/checkpoint.5"),
                    "--checkpoint", vector_path("rotate/checkpoint.6")}));
  CHECK_ENDED(whole, 0);
  CHECK(whole.err.empty());
  CHECK_ENDED(test::expunge({"log", "verify", "--log", log}), 2);
  CHECK_ENDED(test::expunge(verify_words(log, vector_path("rotate/k2.pub.pem"))), 4);
  CHECK_ENDED(test::expunge(verify_words(log, newest)), 2);
  CHECK_ENDED(test::expunge(verify_words(log + ".none", key)), 2);
  CHECK_ENDED(test::expunge(verify_words(log, key, {"--root-only"})), 2);
  CHECK_ENDED(test::expunge(verify_words(log, key, {"--root-only", "--since", newest})), 2);
  const Ended by_root =
      test::expunge(verify_words(log, key, {"--root-only", "--checkpoint", newest}));
  CHECK_ENDED(by_root, 0);
  CHECK(contains(by_root.out, "the first 8 by chain and the root"));
  const Ended since =
      test::expunge(verify_words(log, key, {"--since", vector_path("rotate/checkpoint.5")}));
  CHECK_ENDED(since, 0);
  CHECK(contains(since.out, "the first 5 by chain"));
  CHECK(contains(since.out, "the other 3 by signature"));
}

TEST_CASE("A torn end is said with status 1 and a missing line with status 4") {
  const Scratch scratch;
  const std::string log = scratch / "log.jsonl";
  const std::string key = vector_path("rotate/k1.pub.pem");
  const std::string whole = vector_file("rotate/log.jsonl");
  const std::string five = vector_path("rotate/checkpoint.5");
  for (const std::string& end :
       {std::string(R"({"v":1,)"), std::string(700, '\0'), std::string(300, '\0') + "\nmore\n"}) {
    spill(log, whole + end);
    const Ended torn = test::expunge(verify_words(log, key, {"--checkpoint", five}));
    CHECK_ENDED(torn, 1);
    CHECK(contains(torn.err, std::to_string(end.size()) + " bytes of a torn end"));
  }
  const auto lines = lines_of(whole);
  spill(log, joined({lines[0], lines[1], lines[2], lines[3]}));
  const Ended cut = test::expunge(verify_words(log, key, {"--checkpoint", five}));
  CHECK_ENDED(cut, 4);
  CHECK(contains(cut.err, "expected 5 lines, found 4"));
  // Zeros below a checkpoint are no torn end.
  std::string zeroed = whole;
  const std::size_t in_line_three = lines[0].size() + lines[1].size() + 100;
  std::fill_n(zeroed.begin() + static_cast<std::ptrdiff_t>(in_line_three), 40, '\0');
  spill(log, zeroed);
  const Ended zeros = test::expunge(verify_words(log, key, {"--checkpoint", five}));
  CHECK_ENDED(zeros, 4);
  CHECK(contains(zeros.err, "line 3, byte"));
}

TEST_CASE("The key of the checkpoints alone is enough with a checkpoint and not without one") {
  const Audited audited;
  const std::string log = audited.log("log.jsonl");
  const std::string for_checkpoints = audited.key("checkpoint_vkey");
  CHECK_ENDED(test::expunge(verify_words(log, for_checkpoints)), 2);
  CHECK_ENDED(test::expunge(verify_words(log, for_checkpoints, {"--checkpoint", audited.older})),
              0);
  CHECK_ENDED(test::expunge(verify_words(log, audited.key("vkey"))), 0);
  CHECK_ENDED(
      test::expunge(verify_words(log, audited.key("vkey"), {"--public-key", for_checkpoints})), 0);
}

TEST_CASE("A checkpoint in the log's own directory is not from outside") {
  const Audited audited;
  const Ended inside =
      audited.office.call({"log", "verify", "--checkpoint", audited.log("checkpoint")});
  CHECK_ENDED(inside, 0);
  CHECK(contains(inside.err, "no checkpoint from outside"));
  const Ended outside = audited.office.call({"log", "verify", "--checkpoint", audited.older});
  CHECK_ENDED(outside, 0);
  CHECK_FALSE(contains(outside.err, "no checkpoint from outside"));
  CHECK(audited.office.call({"log", "verify", "--quiet"}).err.empty());
}

TEST_CASE("The verdict as JSON says what was verified and the fault") {
  const Audited audited;
  const Ended good =
      audited.office.call({"log", "verify", "--json", "--checkpoint", audited.older});
  CHECK_ENDED(good, 0);
  const Json json = Json::parse(good.out);
  CHECK(json.at("schema") == "expunge-verify/1");
  CHECK(json.at("outcome") == "verified");
  CHECK(json.at("depth") == "every-signature");
  CHECK(json.at("entries") == 4);
  CHECK(json.at("outside_checkpoint") == true);
  CHECK(json.at("checkpoints").size() == 2);
  CHECK(json.at("fault").is_null());
  CHECK(json.at("predecessor").is_null());
  std::string text = slurp(audited.log("log.jsonl"));
  const std::size_t third = text.find('\n', text.find('\n') + 1) + 1;
  text[third + 40] ^= 1;
  spill(audited.log("log.jsonl"), text);
  const Ended bad = audited.office.call({"log", "verify", "--json"});
  CHECK_ENDED(bad, 4);
  const Json fault = Json::parse(bad.out).at("fault");
  CHECK(fault.at("line") == 3);
  CHECK(fault.at("byte") == third);
}

TEST_CASE("The printed checkpoint is the newest and none is printed of a log that was changed") {
  const Audited audited;
  const Ended printed = audited.office.call({"log", "checkpoint"});
  CHECK_ENDED(printed, 0);
  CHECK(printed.out == slurp(audited.log("checkpoint")));
  const std::string file = audited.office.scratch / "kept";
  CHECK_ENDED(audited.office.call({"log", "checkpoint", "--output", file}), 0);
  CHECK(slurp(file) == printed.out);
  CHECK_ENDED(audited.office.call({"log", "checkpoint", "--output", file}), 2);
  std::string text = slurp(audited.log("log.jsonl"));
  text[300] ^= 1;
  spill(audited.log("log.jsonl"), text);
  const Ended refused = audited.office.call({"log", "checkpoint"});
  CHECK_ENDED(refused, 4);
  CHECK(refused.out.empty());
}
