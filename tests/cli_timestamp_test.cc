// Time stamps from the request to what an outsider can check.
#include <sys/stat.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "audit/frozen.h"
#include "audit/note.h"
#include "audit/prove.h"
#include "audit/timestamp.h"
#include "support/audit_vectors.h"
#include "support/authority.h"
#include "support/catch.h"
#include "support/office.h"

using namespace expunge;
using namespace expunge::test;
using Json = nlohmann::json;

namespace {

/// An office whose runs have frozen checkpoints, and an authority.
struct Stamped {
  explicit Stamped(int runs = 1) {
    for (int i = 0; i < runs; ++i) run();
  }
  void run() {
    if (const Ended ended = office.call({"run"}); ended.status != 0) {
      throw std::runtime_error("run: " + ended.err);
    }
    sizes = audit::list_frozen(log).checkpoints;
  }
  /// The authority's answer in a file, over a frozen checkpoint.
  [[nodiscard]] std::string answered(std::uint64_t size) const {
    const std::string path = office.scratch / "answer";
    spill(path, authority.answer(audit::timestamp_request(slurp(audit::frozen_path(log, size)))));
    return path;
  }
  /// `log timestamp --response` with the authority's root, and more options.
  [[nodiscard]] Ended store(const std::string& answer, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"log", "timestamp", "--response", answer, "--tsa-ca", root});
    return office.call(more);
  }
  [[nodiscard]] Ended verify(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"log", "verify", "--tsa-ca", root});
    return office.call(more);
  }

  Office office;
  Authority authority;
  std::string log = office.scratch / "office/log";
  std::string root = authority.certificate("root");
  std::vector<std::uint64_t> sizes{};
};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("A checkpoint is stamped and verified through the program alone") {
  const Stamped stamped;
  const Office& office = stamped.office;
  const std::string query = office.scratch / "query";
  const std::string tsr = audit::timestamp_path(stamped.log, stamped.sizes.back());
  const std::string before = slurp(stamped.log + "/log.jsonl");
  CHECK_ENDED(office.call({"log", "timestamp", "--request", query}), 0);
  CHECK_ENDED(office.call({"log", "timestamp", "--request", query}), 2);
  spill(office.scratch / "answer", stamped.authority.answer(slurp(query)));
  const Ended stored = stamped.store(office.scratch / "answer");
  CHECK_ENDED(stored, 0);
  CHECK(contains(stored.out, tsr));
  CHECK(contains(stored.out, "CN=tsa,O=Example"));
  CHECK(slurp(tsr) == slurp(office.scratch / "answer"));
  CHECK(mode_of(tsr) == mode_of(audit::frozen_path(stamped.log, stamped.sizes.back())));
  CHECK(slurp(stamped.log + "/log.jsonl") == before);
  CHECK_FALSE(std::filesystem::exists(tsr + ".new"));

  const Ended verified = stamped.verify();
  CHECK_ENDED(verified, 0);
  CHECK(contains(verified.out, "/" + std::to_string(stamped.sizes.back()) + ".ckpt: "));
  CHECK(contains(verified.out, "says CN=tsa,O=Example"));
  const Json json = Json::parse(stamped.verify({"--json"}).out).at("time_stamps");
  CHECK(json.at("checked") == true);
  CHECK(json.at("found") == 1);
  CHECK(json.at("stamps").at(0).at("file") == tsr);
  CHECK(json.at("stamps").at(0).at("size") == stamped.sizes.back());
  CHECK(json.at("stamps").at(0).at("authority") == "CN=tsa,O=Example");

  const Ended unchecked = office.call({"log", "verify"});
  CHECK_ENDED(unchecked, 0);
  CHECK(contains(unchecked.out, "1 beside the log, NOT CHECKED (--tsa-ca)"));
  CHECK(Json::parse(office.call({"log", "verify", "--json"}).out).at("time_stamps").at("checked") ==
        false);
}

TEST_CASE("A request can go to standard output and one for an older checkpoint can be made") {
  const Stamped stamped(2);
  REQUIRE(stamped.sizes.size() == 2);
  const std::string older = std::to_string(stamped.sizes.front());
  const Ended request =
      stamped.office.call({"log", "timestamp", "--request", "-", "--size", older});
  CHECK_ENDED(request, 0);
  const std::string answer = stamped.office.scratch / "answer";
  spill(answer, stamped.authority.answer(request.out));
  const Ended newest = stamped.store(answer);
  CHECK_ENDED(newest, 2);
  CHECK(contains(newest.err, "give --size " + older));
  CHECK(audit::list_frozen(stamped.log).timestamps.empty());
  CHECK_ENDED(stamped.store(answer, {"--size", older}), 0);
  CHECK(audit::list_frozen(stamped.log).timestamps == std::vector{stamped.sizes.front()});
  CHECK_ENDED(stamped.verify(), 0);
  CHECK_ENDED(stamped.store(answer, {"--size", "7000"}), 2);
  CHECK_ENDED(stamped.store(answer, {"--size", "x"}), 2);
}

TEST_CASE("A time stamp is not overwritten by another one unless that is asked for") {
  const Stamped stamped;
  const std::string first = stamped.answered(stamped.sizes.back());
  const std::string tsr = audit::timestamp_path(stamped.log, stamped.sizes.back());
  CHECK_ENDED(stamped.store(first), 0);
  CHECK_ENDED(stamped.store(first), 0);
  const std::string kept = slurp(tsr);
  const std::string second = stamped.answered(stamped.sizes.back());
  const Ended refused = stamped.store(second);
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err, "--replace"));
  CHECK(slurp(tsr) == kept);
  CHECK_ENDED(stamped.store(second, {"--replace"}), 0);
  CHECK(slurp(tsr) == slurp(second));
}

TEST_CASE("An answer that does not hold is not stored") {
  const Stamped stamped;
  const Authority other;
  const std::string query = stamped.office.scratch / "query";
  const std::string answer = stamped.office.scratch / "answer";
  CHECK_ENDED(stamped.office.call({"log", "timestamp", "--request", query}), 0);
  const std::string good = stamped.authority.answer(slurp(query));
  const std::string checkpoint = slurp(audit::frozen_path(stamped.log, stamped.sizes.back()));
  for (const std::string& bad :
       {std::string(), good.substr(0, good.size() - 1), good + "x", other.answer(slurp(query)),
        stamped.authority.answer(stamped.authority.request(checkpoint, "sha1")),
        stamped.authority.answer(stamped.authority.request(checkpoint, "sha512")),
        stamped.authority.answer(stamped.authority.request("another")),
        std::string(1 << 20, 'x')}) {
    spill(answer, bad);
    const Ended ended = stamped.store(answer);
    CHECK_ENDED(ended, 2);
    CHECK(contains(ended.err, answer + ": "));
    CHECK(lines_of(ended.err).size() == 1);
  }
  CHECK(audit::list_frozen(stamped.log).timestamps.empty());
  // Without a root nobody's signature is looked at, and the answer says so.
  spill(answer, other.answer(slurp(query)));
  const Ended unchecked = stamped.office.call({"log", "timestamp", "--response", answer});
  CHECK_ENDED(unchecked, 0);
  CHECK(contains(unchecked.out, "NOT CHECKED (--tsa-ca)"));
  const Ended verified = stamped.verify();
  CHECK_ENDED(verified, 4);
  CHECK(contains(verified.err, ".tsr: expected a signature by an authority under " + stamped.root));
}

TEST_CASE("A stamp or its checkpoint that was changed or is missing is named with status 4") {
  const Stamped stamped;
  const std::uint64_t size = stamped.sizes.back();
  const std::string tsr = audit::timestamp_path(stamped.log, size);
  const std::string frozen = audit::frozen_path(stamped.log, size);
  CHECK_ENDED(stamped.store(stamped.answered(size)), 0);
  const std::string stamp = slurp(tsr);
  const std::string checkpoint = slurp(frozen);
  const auto fails = [&](const std::string& path) {
    const Ended ended = stamped.verify({"--json"});
    CHECK_ENDED(ended, 4);
    CHECK(contains(ended.err, path));
    const Json json = Json::parse(ended.out);
    CHECK(json.at("outcome") == "does-not-verify");
    CHECK(contains(json.at("fault").at("message"), path));
    CHECK(json.at("time_stamps").at("stamps").empty());
  };
  for (const std::string& bad : {std::string(), stamp + "x", std::string(1 << 20, 'x')}) {
    spill(tsr, bad);
    fails(tsr);
  }
  spill(tsr, stamp);
  spill(frozen, checkpoint + checkpoint.substr(checkpoint.rfind("\n", checkpoint.size() - 2) + 1));
  fails(frozen);
  std::filesystem::remove(frozen);
  fails(frozen);
  // One of another log, well stamped.
  const Stamped other;
  spill(frozen, slurp(audit::frozen_path(other.log, other.sizes.back())));
  spill(tsr, stamped.authority.answer(audit::timestamp_request(slurp(frozen))));
  fails(frozen);
  std::filesystem::remove(frozen);
  std::filesystem::remove(tsr);
  const Ended none = stamped.verify();
  CHECK_ENDED(none, 0);
  CHECK(contains(none.err, "no checkpoint of this log has a time stamp"));
  std::filesystem::remove_all(stamped.log + "/checkpoints");
  CHECK_ENDED(stamped.office.call({"log", "verify"}), 0);
}

TEST_CASE("Bare files are verified with a time stamp over one of the checkpoints given") {
  const Stamped stamped(2);
  const std::string frozen = audit::frozen_path(stamped.log, stamped.sizes.front());
  const std::string newest = stamped.log + "/checkpoint";
  const std::string answer = stamped.answered(stamped.sizes.front());
  std::vector<std::string> words = {"log", "verify", "--log", stamped.log + "/log.jsonl"};
  for (const auto& item : std::filesystem::directory_iterator(stamped.log + "/keys")) {
    words.insert(words.end(), {"--public-key", item.path()});
  }
  const auto verify = [&](std::vector<std::string> more) {
    more.insert(more.begin(), words.begin(), words.end());
    return test::expunge(more);
  };
  const Ended good = verify({"--checkpoint", newest, "--checkpoint", frozen, "--timestamp", answer,
                             "--tsa-ca", stamped.root});
  CHECK_ENDED(good, 0);
  CHECK(contains(good.out, frozen + ": "));
  const Ended another =
      verify({"--checkpoint", newest, "--timestamp", answer, "--tsa-ca", stamped.root});
  CHECK_ENDED(another, 4);
  CHECK(contains(another.err, answer + ": expected a time stamp over the checkpoint"));
  CHECK_ENDED(verify({"--checkpoint", frozen, "--timestamp", answer}), 2);
  CHECK_ENDED(verify({"--timestamp", answer, "--tsa-ca", stamped.root}), 2);
  CHECK_ENDED(verify({"--checkpoint", frozen, "--tsa-ca", stamped.root}), 2);
  CHECK_ENDED(verify({"--checkpoint", frozen, "--tsa-untrusted", stamped.root}), 2);
}

TEST_CASE("A certificate says the time stamp over its checkpoint or that none was checked") {
  const Stamped stamped(2);
  const std::string frozen = audit::frozen_path(stamped.log, stamped.sizes.front());
  const auto note = audit::parse_checkpoint(slurp(frozen)).value();
  const std::string certificate = stamped.office.scratch / "certificate";
  const std::uint64_t seq = note.checkpoint.size - 1;
  audit::certify(
      base::real_sys(), {stamped.log, note.checkpoint.origin}, {slurp(frozen), note}, {&seq, 1}, 2,
      [&](const audit::Certificate& each) { spill(certificate, audit::format_certificate(each)); });
  std::vector<std::string> words = {"log", "verify-certificate", certificate};
  // The key of the checkpoints goes first.
  for (const auto& item : std::filesystem::directory_iterator(stamped.log + "/keys")) {
    const auto key =
        audit::VerifierKey::from_pem(note.checkpoint.origin, slurp(item.path())).value();
    const auto at =
        words.begin() + (audit::is_signed_by(note, key) ? 3 : words.end() - words.begin());
    words.insert(at, {"--public-key", item.path()});
  }
  const auto check = [&](std::vector<std::string> more) {
    more.insert(more.begin(), words.begin(), words.end());
    return test::expunge(more);
  };
  CHECK(contains(check({}).out, "NOT CHECKED  a time stamp"));
  const std::string answer = stamped.answered(stamped.sizes.front());
  const Ended good = check({"--timestamp", answer, "--tsa-ca", stamped.root});
  CHECK_ENDED(good, 0);
  CHECK(
      contains(good.out, "checked      a time stamp, " + answer + ": this checkpoint existed at"));
  CHECK(contains(good.out, "says CN=tsa,O=Example"));
  const Json item =
      Json::parse(check({"--json", "--timestamp", answer, "--tsa-ca", stamped.root}).out)
          .at("rests_on")
          .at(3);
  CHECK(item.at("on") == "time-stamp");
  CHECK(item.at("checked") == true);
  CHECK(item.at("size") == note.checkpoint.size);
  CHECK(item.at("authority") == "CN=tsa,O=Example");
  CHECK_ENDED(check({"--timestamp", answer}), 2);
  CHECK_ENDED(check({"--tsa-ca", stamped.root}), 2);

  // Over the checkpoint kept elsewhere.
  const std::string newest = audit::frozen_path(stamped.log, stamped.sizes.back());
  const std::string proof = stamped.office.scratch / "proof";
  CHECK_ENDED(stamped.office.call({"log", "consistency", frozen, "--output", proof}), 0);
  const std::string later = stamped.answered(stamped.sizes.back());
  const std::vector<std::string> stamp = {"--timestamp", later, "--tsa-ca", stamped.root};
  CHECK_ENDED(check(stamp), 4);
  std::vector<std::string> all = {"--checkpoint", newest, "--consistency", proof};
  all.insert(all.end(), stamp.begin(), stamp.end());
  const Ended outside = check(all);
  CHECK_ENDED(outside, 0);
  CHECK(contains(outside.out, "the checkpoint kept elsewhere existed at"));
}

TEST_CASE("Log timestamp says what it cannot do") {
  const Office office;
  const Ended none = office.call({"log", "timestamp", "--request", "-"});
  CHECK_ENDED(none, 2);
  CHECK(contains(none.err, "no frozen checkpoint yet"));
  CHECK_ENDED(office.call({"log", "timestamp"}), 2);
  CHECK_ENDED(office.call({"log", "timestamp", "--request", "-", "--response", "x"}), 2);
  CHECK_ENDED(office.call({"log", "timestamp", "--request", "-", "--replace"}), 2);
  CHECK_ENDED(office.call({"log", "timestamp", "--request", "-", "--tsa-ca", "x"}), 2);
}

TEST_CASE("An answer that may not be stored stays where it is and the message says what to do") {
  const Stamped stamped;
  if (::geteuid() != 0) SKIP_TEST("needs root, to be another user");
  const std::string answer = stamped.answered(stamped.sizes.back());
  std::filesystem::permissions(stamped.office.scratch.path(), std::filesystem::perms(0755));
  std::filesystem::permissions(answer, std::filesystem::perms(0644));
  std::filesystem::permissions(stamped.root, std::filesystem::perms(0644));
  const Ended ended = stamped.office.call({"log", "timestamp", "--response", answer}, "", 65534);
  CHECK_ENDED(ended, 1);
  CHECK(contains(ended.err, ".tsr.new: Permission denied"));
  CHECK(contains(ended.err, "as the user to whom the log belongs"));
  CHECK(lines_of(ended.err).size() == 1);
}

TEST_CASE("A check notes the newest frozen checkpoint without a stamp where older ones have one") {
  Stamped stamped(2);
  const auto notes = [&] { return contains(stamped.office.call({"check"}).out, "time stamp"); };
  CHECK_FALSE(notes());
  CHECK_ENDED(stamped.store(stamped.answered(stamped.sizes.back())), 0);
  CHECK_FALSE(notes());
  stamped.run();
  CHECK(notes());
}
