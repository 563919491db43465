#include "audit/entry.h"

#include "audit/line.h"
#include "audit/members.h"
#include "base/text.h"
#include "support/audit_vectors.h"
#include "support/catch.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;

namespace {

constexpr const char* kDigest = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

base::CivilDate day(const char* text) {
  return base::parse_date(text).value();
}

Destroyed removal() {
  return {Destroyed::Type::remove,
          "r1",
          "rec-1",
          "Revenues and Benefits",
          day("2025-01-31"),
          day("2026-02-01"),
          "12 months",
          {{"audio", 5000, std::nullopt, "unlink", 0, false, "btrfs"},
           {"sidecar", 12, std::nullopt, "unlink", 0, false, "btrfs"}},
          "unlinked",
          "approval 0123",
          "logged after the act"};
}

std::vector<Draft> one_of_each() {
  RunStart start{"r1", "h", "u", day("2026-01-02"), "Europe/London", kDigest,
                 1,    2,   3,   kDigest,           {"clock"},       kDigest};
  RunStart restricted = start;
  restricted.restricted = true;
  Destroyed ordered = removal();
  ordered.department.clear();
  ordered.period.clear();
  ordered.recorded = base::kUnknownDate;
  ordered.ground = "payment-data";
  return {
      to_draft(restricted),
      to_draft(ordered),
      to_draft(DestroyPartial{ordered, 4096, 904}),
      to_draft(Import{"csv", 4, 3, 2, 1, "u"}),
      to_draft(PlanApprove{kDigest, day("2026-01-02"), 1, 2, "u", true}),
      to_draft(LogOpen{"v", "t"}),
      to_draft(Policy{"Europe/London", {{"A", "12 months"}, {"B", "90 days"}}, "RS 4.2"}),
      to_draft(Import{"csv", 4, 3, 2, 1}),
      to_draft(HoldChange{HoldChange::Kind::place, "SAR-1", "sar", "u"}),
      to_draft(HoldChange{HoldChange::Kind::release, "SAR-1", "sar", "u"}),
      to_draft(PlanApprove{kDigest, day("2026-01-02"), 1, 2, "u"}),
      to_draft(start),
      to_draft(RunBraked{"r1", "h", "u", day("2026-01-02"), "share", "7.1%", "5%"}),
      to_draft(removal()),
      to_draft(DestroyPartial{removal(), 4096, 904}),
      to_draft(DestroyFailed{"r1", "rec-1", "missing"}),
      to_draft(RunEnd{"r1", "complete", 1, 2, 3, 4, 5, {"names: ext4 journal"}}),
      to_draft(KeyRotate{"v", "p", "scheduled"}),
      to_draft(LogRecovered{1, kDigest, "torn line"}),
      destroy_draft(1),
  };
}

std::optional<std::string> fault(const std::string& type, const std::string& members) {
  return find_member_fault(type, members);
}

}  // namespace

TEST_CASE("Every type of entry has the members of the table in their order") {
  for (const Draft& draft : one_of_each()) {
    INFO(draft.type << " " << draft.members);
    const auto found = find_member_fault(draft.type, draft.members);
    INFO(found.value_or(""));
    CHECK_FALSE(found);
  }
  CHECK(to_draft(removal()).members ==
        R"("run":"r1","recording":"rec-1","department":"Revenues and Benefits",)"
        R"("recorded":"2025-01-31","due":"2026-02-01","period":"12 months",)"
        R"("files":[{"role":"audio","bytes":5000,"method":"unlink","passes":0,"verified":false,)"
        R"("filesystem":"btrfs"},{"role":"sidecar","bytes":12,"method":"unlink","passes":0,)"
        R"("verified":false,"filesystem":"btrfs"}],"claim":"unlinked",)"
        R"("authority":"approval 0123","note":"logged after the act")");
  CHECK(to_draft(removal()).type == "remove");
  Destroyed ordered = removal();
  ordered.medium = "ssd";
  ordered.ground = "erasure";
  CHECK_THAT(to_draft(ordered).members, contains_text(R"("medium":"ssd","ground":"erasure")"));
  CHECK(fault("import", R"("source":"csv","rows":1,"added":0,"changed":0,"rejected":0,"user":1)"));
  Destroyed with_medium = removal();
  with_medium.medium = "dm-crypt, ssd discard";
  const Draft draft = to_draft(with_medium);
  CHECK(draft.members == to_draft(removal()).members + R"(,"medium":"dm-crypt, ssd discard")");
  CHECK_FALSE(find_member_fault(draft.type, draft.members));
  CHECK(find_member_fault(draft.type, to_draft(removal()).members + R"(,"medium":1)"));
  CHECK(to_draft(HoldChange{HoldChange::Kind::release, "a", "b", "c"}).type == "hold.release");
}

TEST_CASE("The policy's digest covers time zone departments and schedule and nothing else") {
  const Policy policy{"Europe/London", {{"A", "12 months"}}, "RS 4.2"};
  CHECK(policy_digest(policy) ==
        base::to_hex(base::sha256(
            R"({"timezone":"Europe/London","departments":[{"name":"A","period":"12 months"}],)"
            R"("schedule":"RS 4.2"})")));
  Policy other = policy;
  other.departments[0].period = "13 months";
  CHECK(policy_digest(other) != policy_digest(policy));
}

TEST_CASE("Only quotes backslashes and control characters are escaped") {
  const auto members =
      to_draft(DestroyFailed{"\x01\x1f\n\t\x7f", "\u00e9\U0001f4de/", "\"\\"}).members;
  CHECK(members ==
        "\"run\":\"\\u0001\\u001f\\n\\t\x7f\",\"recording\":\"\u00e9\U0001f4de/\","
        "\"reason\":\"\\\"\\\\\"");
  CHECK(failure_of([] { static_cast<void>(to_draft(DestroyFailed{"\xff", "a", "b"})); }) == 2);
}

TEST_CASE("Members that are missing moved repeated or of another kind are a fault") {
  CHECK_FALSE(fault("destroy.failed", R"("run":"a","recording":"b","reason":"c")"));
  CHECK_FALSE(
      fault("destroy.failed", R"("run":"a","recording":"b","reason":"c","new":[1,{"x":true}])"));
  for (const char* bad : {
           R"("run":"a","recording":"b")",
           R"("recording":"b","run":"a","reason":"c")",
           R"("run":"a","recording":"b","reason":"c","reason":"d")",
           R"("run":"a","recording":"b","reason":"c","new":1,"new":2)",
           R"("run":"a","recording":"b","reason":"c","sig":"x")",
           R"("run":"a","recording":"b","reason":"c","seq":1)",
           R"("run":"a","recording":"b","reason":"c","new":1.0)",
           R"("run":"a","recording":"b","reason":"c","new":1e2)",
           R"("run":"a","recording":"b","reason":"c","new":-0)",
           R"("run":"a","recording":"b","reason":"c","new":-1)",
           R"("run":"a","recording":"b","reason":"c","new":[{"x":-1}])",
           R"("run":"a","recording":"b","reason":"c","new":null)",
           R"("run":"a","recording":"b","reason":"c","new":{"a":1,"a":2})",
           R"("run":"a", "recording":"b","reason":"c")",
           R"("run":"\u0061","recording":"b","reason":"c")",
           R"("run":"\/","recording":"b","reason":"c")",
           R"("run":1,"recording":"b","reason":"c")",
           R"("run":"a","recording":"b","reason":"c"},{"x":1)",
           R"("run":"a","recording":"b","reason":"c"}}{{"x":1)",
           "\"run\":\"\xff\",\"recording\":\"b\",\"reason\":\"c\"",
           "\"run\":\"\n\",\"recording\":\"b\",\"reason\":\"c\"",
           "",
       }) {
    INFO(bad);
    CHECK(fault("destroy.failed", bad));
  }
  CHECK(fault("destroy.undone", R"("run":"a")"));
  CHECK(fault("", R"("run":"a")"));
  CHECK(fault("import", R"("source":"csv","rows":-1,"added":0,"changed":0,"rejected":0)"));
  CHECK(fault("log.recovered", R"("bytes":1,"sha256":"xyz","reason":"c")"));
  const std::string end = to_draft(RunEnd{"r", "complete", 0, 0, 0, 0, 0, {}}).members;
  CHECK_FALSE(fault("run.end", end + R"(,"cleaned":["a","b"],"later":1)"));
  CHECK(fault("run.end", end + R"(,"later":1,"cleaned":["a"])"));
  CHECK(fault("run.end", end + R"(,"cleaned":"a")"));
  CHECK(fault("run.end", end + R"(,"deep":)" + std::string(7000, '[') + std::string(7000, ']')));
  const std::string policy = to_draft(Policy{"UTC", {{"A", "1 year"}}, ""}).members;
  std::string lie = policy;
  lie[lie.find("1 year")] = '9';
  CHECK(fault("policy", lie));
}

TEST_CASE("A line is taken apart only in its one form") {
  const std::string line = lines_of(vector_file("base/log.jsonl"))[3];
  const auto parts = take_apart(line).parts;
  REQUIRE(parts);
  CHECK(parts->type == "destroy");
  CHECK(parts->key == "900eecdc");
  CHECK(parts->members.starts_with("\"run\":\""));
  CHECK(parts->members.ends_with("\"claim\":\"overwritten\""));
  CHECK_FALSE(take_apart("").parts);
  CHECK_FALSE(take_apart(line + "\r").parts);
  CHECK_FALSE(take_apart("\xef\xbb\xbf" + line).parts);
  CHECK_FALSE(take_apart(" " + line).parts);
  CHECK_FALSE(take_apart(signed_bytes(line)).parts);
  CHECK_FALSE(take_apart(std::string(kMaxLineBytes + 1, 'x')).parts);
  for (std::size_t i = 0; i < line.size(); ++i) {
    static_cast<void>(take_apart(std::string_view(line).substr(i)));
    CHECK_FALSE(take_apart(line.substr(0, i)).parts);
  }
}
