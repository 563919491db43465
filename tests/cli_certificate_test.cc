// The proofs that leave the machine, as somebody asks for them and as somebody else checks them.
#include <nlohmann/json.hpp>

#include "audit/note.h"
#include "audit/proof.h"
#include "audit/prove.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/office.h"
#include "support/places.h"

using namespace expunge;
using namespace expunge::test;

namespace {

std::string vector_path(const std::string& name) {
  return kTestData + "/vectors/" + name;
}

Ended check(const std::string& file, std::vector<std::string> more) {
  more.insert(more.begin(), {"log", "verify-certificate", file});
  return test::expunge(more);
}

/// Some entry more, as a hold makes it.
void place_hold(const Office& office, const std::string& reference) {
  CHECK_ENDED(office.call({"hold", "place", reference, "--kind", "sar", "--reason", "a letter",
                           "--department", "Customer Services", "--from", "2020-01-01", "--to",
                           "2020-01-02"}),
              1);
}

}  // namespace

TEST_CASE("A certificate is checked without log and configuration") {
  const auto ended = check(vector_path("base/cert-2.tlog-proof"),
                           {"--public-key", vector_path("base/k1.pub.pem")});
  CHECK_ENDED(ended, 0);
  for (const char* const part :
       {"rec-000017", "Customer Services", "2024-12-31", "2026-01-01", "2026-01-02 at 02:00:01 UTC",
        "overwritten: every byte", "checked      a checkpoint of 5 entries, signed by key 900eecdc",
        "NOT CHECKED  a checkpoint kept elsewhere", "NOT CHECKED  a time stamp"}) {
    INFO(part);
    CHECK(contains(ended.out, part));
  }
  CHECK(ended.err.empty());
  const auto quiet = check(vector_path("base/cert-2.tlog-proof"),
                           {"--quiet", "--public-key", vector_path("base/k1.pub.pem")});
  CHECK_ENDED(quiet, 0);
  CHECK(quiet.out.empty());
}

TEST_CASE("A certificate that does not hold ends with 4 and one line") {
  const Office office;
  const std::string file = office.scratch / "changed.tlog-proof";
  std::string text = vector_file("base/cert-2.tlog-proof");
  text.replace(text.find("index 2"), 7, "index 3");
  spill(file, text);
  for (const char* const json : {"--json", "--quiet"}) {
    const auto ended = check(file, {"--public-key", vector_path("base/k1.pub.pem"), json});
    CHECK_ENDED(ended, 4);
    CHECK(ended.out.empty());
    CHECK(lines_of(ended.err).size() == 1);
    CHECK(contains(ended.err, "changed.tlog-proof: expected entry 3, as its index says"));
  }
}

TEST_CASE("A certificate is not checked without a key or with a file that is not there") {
  const std::string certificate = vector_path("base/cert-2.tlog-proof");
  const std::string key = vector_path("base/k1.pub.pem");
  CHECK_ENDED(check(certificate, {}), 2);
  CHECK_ENDED(check(certificate, {"--public-key", certificate}), 2);
  CHECK_ENDED(check(certificate, {"--public-key", key + ".none"}), 2);
  CHECK_ENDED(check(certificate + ".none", {"--public-key", key}), 2);
  CHECK_ENDED(check(certificate, {"--public-key", key, "--checkpoint", key + ".none"}), 2);
  CHECK_ENDED(check(certificate, {"--public-key", key, "--consistency", key}), 2);
  CHECK_ENDED(check(certificate, {"--public-key", key, "--public-key", key}), 0);
}

TEST_CASE("What log consistency prints leads from a certificate to the newest checkpoint") {
  const Office office;
  place_hold(office, "SAR-1");
  const std::string directory = office.scratch / "office/log";
  const std::string newest = directory + "/checkpoint";
  const std::string older = office.scratch / "older";
  spill(older, slurp(newest));
  place_hold(office, "SAR-2");
  const auto printed = office.call({"log", "consistency", older});
  CHECK_ENDED(printed, 0);
  const auto body = audit::parse_consistency(printed.out);
  REQUIRE(body);
  CHECK(body->checkpoint == slurp(newest));
  const std::string file = office.scratch / "body";
  CHECK_ENDED(office.call({"log", "consistency", older, "--output", file}), 0);
  CHECK(slurp(file) == printed.out);
  CHECK_ENDED(office.call({"log", "consistency", older, "--output", file}), 2);

  // This log has a key of its own for checkpoints: both keys are given.
  const auto note = audit::parse_checkpoint(slurp(older)).value();
  const std::uint64_t seq = note.checkpoint.size - 1;
  const std::string certificate = office.scratch / "certificate";
  audit::certify(
      base::real_sys(), {directory, note.checkpoint.origin}, {slurp(older), note}, {&seq, 1}, 2,
      [&](const audit::Certificate& each) { spill(certificate, audit::format_certificate(each)); });
  std::vector<std::string> options{"--checkpoint", newest};
  const auto shown = nlohmann::json::parse(office.call({"key", "show", "--json"}).out);
  for (const auto& key : {shown["checkpoints"], shown["entries"][0]}) {
    options.insert(options.end(), {"--public-key", key["file"].get<std::string>()});
  }
  const auto without = check(certificate, options);
  CHECK_ENDED(without, 2);
  CHECK(contains(without.err, "give --consistency"));
  options.insert(options.end(), {"--consistency", file});
  const auto ended = check(certificate, options);
  CHECK_ENDED(ended, 0);
  CHECK(contains(ended.out, "hold.place"));
  CHECK(contains(ended.out, "which continues the certificate's"));
  CHECK(contains(ended.out, "checked      the entry itself is signed by key"));
}

TEST_CASE("Log consistency refuses what the log does not continue and prints nothing") {
  const Office office;
  const std::string older = office.scratch / "older";
  const std::string file = office.scratch / "body";
  spill(older, vector_file("base/checkpoint.5"));
  const auto ended = office.call({"log", "consistency", older, "--output", file});
  CHECK_ENDED(ended, 4);
  CHECK(lines_of(ended.err).size() == 1);
  CHECK(ended.out.empty());
  CHECK_FALSE(std::filesystem::exists(file));
  spill(older, "no checkpoint");
  CHECK_ENDED(office.call({"log", "consistency", older}), 4);
  CHECK_ENDED(office.call({"log", "consistency", older + ".none"}), 2);
  CHECK_ENDED(office.call({"log", "consistency"}), 2);
}
