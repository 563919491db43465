// What is believed of a time stamp response, by itself.
#include <array>
#include <random>

#include "audit/timestamp.h"
#include "base/error.h"
#include "base/time.h"
#include "support/authority.h"
#include "support/catch.h"
#include "support/office.h"
#include "support/program.h"

using namespace expunge;
using namespace expunge::test;

namespace {

const std::string kCheckpoint = "a log\n1\nroot\n\n— a log signature\n";

/// Both are made once for all tests here.
const Authority& authority() {
  static const Authority kAuthority;
  return kAuthority;
}
const std::string& good_answer() {
  static const std::string kAnswer = authority().answer(audit::timestamp_request(kCheckpoint));
  return kAnswer;
}

audit::TimestampTrust trust_in(const std::string& pem_path) {
  return {"ca.pem", slurp(pem_path)};
}

/// The stamp, or the message with which it was refused.
struct Judged {
  std::optional<audit::CheckedStamp> stamp;
  std::string refusal;
};
Judged judge(const std::string& der, const audit::TimestampTrust& trust,
             const std::string& checkpoint = kCheckpoint) {
  try {
    return {audit::check_timestamp("a.tsr", der, std::array{checkpoint}, &trust), ""};
  } catch (const base::Failure& failure) {
    if (failure.status() != base::ExitStatus::log_untrusted) throw;
    return {std::nullopt, failure.what()};
  }
}
Judged judge(const std::string& der) {
  return judge(der, trust_in(authority().certificate("root")));
}

void check_refused(const std::string& der, const std::string& why) {
  const Judged judged = judge(der);
  CHECK_FALSE(judged.stamp);
  CHECK_THAT(judged.refusal, contains_text("a.tsr: "));
  CHECK_THAT(judged.refusal, contains_text(why));
}

}  // namespace

TEST_CASE("A time stamp request can be read by openssl and asks for the certificate") {
  const Scratch scratch;
  const std::string request = audit::timestamp_request(kCheckpoint);
  spill(scratch / "query", request);
  spill(scratch / "data", kCheckpoint);
  const Ended read = run_program({"openssl", "ts", "-query", "-in", scratch / "query", "-text"});
  CHECK_ENDED(read, 0);
  CHECK_THAT(read.out, contains_text("Hash Algorithm: sha256"));
  CHECK_THAT(read.out, contains_text("Certificate required: yes"));
  CHECK_THAT(read.out, contains_text("Nonce: 0x"));
  CHECK(audit::timestamp_request(kCheckpoint) != request);
  // And the answer is what openssl itself takes for an answer to it.
  spill(scratch / "answer", authority().answer(request));
  CHECK_ENDED(run_program({"openssl", "ts", "-verify", "-queryfile", scratch / "query", "-in",
                           scratch / "answer", "-CAfile", authority().certificate("root")}),
              0);
}

TEST_CASE("A good time stamp says when and by whom") {
  const auto before = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::string answer = authority().answer(audit::timestamp_request(kCheckpoint));
  const Judged judged = judge(answer);
  INFO(judged.refusal);
  REQUIRE(judged.stamp);
  CHECK(judged.stamp->authority == "CN=tsa,O=Example");
  CHECK(judged.stamp->time >= before);
  CHECK(judged.stamp->time <= std::chrono::system_clock::now());
  const std::array<std::string, 2> both = {"another", kCheckpoint};
  const auto unjudged = audit::check_timestamp("a.tsr", answer, both, nullptr);
  CHECK(unjudged.over == 1);
  CHECK(unjudged.authority.empty());
}

TEST_CASE("A time stamp over something else or by another algorithm is refused") {
  check_refused(authority().answer(audit::timestamp_request(kCheckpoint + "\n")),
                "found one over something else");
  check_refused(authority().answer(authority().request(kCheckpoint, "sha512")),
                "expected an imprint by SHA-256, found one by sha512");
}

TEST_CASE("What an authority did not grant is refused with its words") {
  check_refused(authority().answer(authority().request(kCheckpoint, "sha1")),
                "did not grant a time stamp: Status: Rejected");
}

TEST_CASE("A time stamp is refused under another root and by a certificate for something else") {
  const Authority other;
  const Judged judged = judge(good_answer(), trust_in(other.certificate("root")));
  CHECK_THAT(judged.refusal, contains_text("certificate refused: "));
  REQUIRE(judge(authority().sign_again(good_answer(), "tsa")).stamp);
  for (const std::string extensions :
       {"basicConstraints = CA:false", "extendedKeyUsage = timeStamping",
        "extendedKeyUsage = critical, timeStamping, serverAuth",
        "extendedKeyUsage = critical, emailProtection"}) {
    INFO(extensions);
    authority().issue("odd", extensions);
    check_refused(authority().sign_again(good_answer(), "odd"), "certificate refused: unsuitable");
  }
}

TEST_CASE("A certificate between root and authority must be given where the stamp lacks it") {
  authority().issue("between", "basicConstraints = critical, CA:true");
  authority().issue("below", Authority::kStamping, "between");
  const std::string answer = authority().answer(audit::timestamp_request(kCheckpoint), "below");
  check_refused(answer, "unable to get local issuer certificate");
  audit::TimestampTrust trust = trust_in(authority().certificate("root"));
  trust.add_untrusted("more.pem", slurp(authority().certificate("between")));
  CHECK(judge(answer, trust).stamp);
  // That one alone is no root.
  CHECK_FALSE(judge(answer, trust_in(authority().certificate("between"))).stamp);
}

TEST_CASE("A certificate must have been valid at the time of the stamp and need not be so now") {
  authority().issue("past", Authority::kStamping, "root", "20200101000000Z", "20210101000000Z");
  const Judged then = judge(authority().sign_again(good_answer(), "past", "20200601120000Z"));
  INFO(then.refusal);
  REQUIRE(then.stamp);
  CHECK(base::to_text(then.stamp->time) == "2020-06-01T12:00:00Z");
  check_refused(authority().sign_again(good_answer(), "past"), "certificate has expired");
  check_refused(authority().sign_again(good_answer(), "tsa", "20190601120000Z"),
                "certificate is not yet valid");
}

TEST_CASE("No cut of a time stamp response is accepted nor one with more behind it") {
  const std::string& answer = good_answer();
  REQUIRE(judge(answer).stamp);
  const audit::TimestampTrust trust = trust_in(authority().certificate("root"));
  for (std::size_t size = 0; size < answer.size(); ++size) {
    if (judge(answer.substr(0, size), trust).stamp) FAIL("accepted, cut at byte " << size);
  }
  for (const std::string& more : {std::string(1, '\0'), std::string("\n"), answer}) {
    check_refused(answer + more, "expected the response's end, found more bytes");
  }
  check_refused("", "expected a time stamp response in DER");
  check_refused(std::string(100, '\0'), "expected a time stamp response in DER");
  check_refused(answer + std::string(audit::kTimestampLimitBytes, ' '), "at most 65536 bytes");
}

TEST_CASE("A changed byte of a time stamp response changes nothing that is believed of it") {
  const std::string& answer = good_answer();
  const auto good = judge(answer).stamp;
  REQUIRE(good);
  const audit::TimestampTrust trust = trust_in(authority().certificate("root"));
  const unsigned seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random(seed);
  std::size_t accepted = 0;
  constexpr int kSample = 1000;
  for (int i = 0; i < kSample; ++i) {
    std::string changed = answer;
    const std::size_t at = random() % changed.size();
    changed[at] = static_cast<char>(changed[at] ^ (1U + random() % 255U));
    INFO("byte " << at);
    const Judged judged = judge(changed, trust);
    if (!judged.stamp) continue;
    // What nobody signed and nobody reads: the root beside the signature, the status' form.
    ++accepted;
    CHECK(judged.stamp->time == good->time);
    CHECK(judged.stamp->authority == good->authority);
  }
  CHECK(accepted < kSample / 2);
}

TEST_CASE("A file that holds no certificate is no trust") {
  for (const std::string& pem :
       {std::string(), std::string("text"), slurp(authority().certificate("root")).substr(0, 300),
        slurp(authority().certificate("root")) + "-----BEGIN CERTIFICATE-----\nAAAA\n"
                                                 "-----END CERTIFICATE-----\n"}) {
    try {
      const audit::TimestampTrust trust("ca.pem", pem);
      FAIL("accepted");
    } catch (const base::Failure& failure) {
      CHECK(failure.status() == base::ExitStatus::usage);
      CHECK_THAT(std::string(failure.what()), contains_text("ca.pem: holds"));
    }
  }
}
