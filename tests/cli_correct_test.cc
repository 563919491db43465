// `expunge correct` where nobody contradicts the index, and it is wrong: a date later than its
// import, and files that are not what was imported. Through the program.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "base/text.h"
#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/office.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::Office;

namespace {

using Words = std::vector<std::string>;

std::string in_days(int days) {
  return Office::days_ago(-days).substr(0, 10);
}

std::string index_of(const Office& office) {
  return office.scratch / "office/index.db";
}

std::string log_of(const Office& office) {
  return test::slurp(office.scratch / "office/log/log.jsonl");
}

nlohmann::json planned(const Office& office, const std::string& id, const std::string& day = "") {
  Words words = {"plan", "--format", "json", "--all"};
  if (!day.empty()) words.insert(words.end(), {"--as-of", day});
  const auto plan = nlohmann::json::parse(office.call(words).out);
  for (const auto& each : plan["recordings"]) {
    if (each["recording"] == id) return each;
  }
  return {};
}

std::string cause_of(const Office& office, const std::string& id, const std::string& day = "") {
  const auto found = planned(office, id, day);
  return found.is_null() ? "" : found["cause"].get<std::string>();
}

Ended correct(const Office& office, const std::string& id, Words more) {
  more.insert(more.begin(), {"correct", id, "--authority", "REC-7"});
  return office.call(std::move(more));
}

std::string indexed_on(const Office& office) {
  return test::sql_value(index_of(office), "SELECT indexed_on FROM recording WHERE id = 'r'");
}

/// The recording `r` of so many days ago, which the index has had for longer: `first_day` ago.
void import_early(const Office& office, int days_ago, int first_day) {
  office.write("r.wav", std::string(5000, 'A'));
  CHECK_ENDED(office.call({"import", "-"}, "id,department,recorded_at,path\nr,Customer Services," +
                                               Office::days_ago(days_ago) + ",r.wav\n"),
              0);
  test::sql_run(index_of(office),
                "UPDATE recording SET indexed_on = '" + in_days(-first_day) + "'");
}

/// The recording `r`, due, whose size the index has wrong: two imports contradicted each other, and
/// the one that was believed was not right.
void import_wrong_size(const Office& office) {
  const std::string row = "r,Customer Services,2024-01-02T10:00:00Z,calls/ZZP.wav,";
  const std::string head = "id,department,recorded_at,path,bytes\n";
  std::filesystem::create_directory(office.root + "/calls");
  office.write("calls/ZZP.wav", std::string(5000, 'A'));
  office.write("new.wav", std::string(5000, 'N'));  // it speaks for the clock
  CHECK_ENDED(office.call({"import", "-"}, head + row + "4000\nnew,Customer Services," +
                                               Office::days_ago(1) + ",new.wav,\n"),
              0);
  CHECK_ENDED(office.call({"import", "-"}, head + row + "5000\n"), 1);
  CHECK_ENDED(correct(office, "r", {"--as-indexed"}), 0);
}

}  // namespace

TEST_CASE("A future date stays attention when its day has come and the letter does not name it") {
  const Office office;
  import_early(office, -20, 0);
  CHECK(contains(planned(office, "r")["reason"], "is in the future"));
  const auto later = planned(office, "r", in_days(25));
  CHECK(later["verdict"] == "attention");
  CHECK(later["cause"] == "date-in-the-future");
  CHECK(later["reason"] == fmt::format("its date {} is later than the day on which the index first "
                                       "had it, {}",
                                       in_days(20), indexed_on(office)));
  CHECK(cause_of(office, "r", in_days(400)) == "undated-overdue");
  const Ended early = correct(office, "r", {"--as-indexed"});
  CHECK_ENDED(early, 2);
  CHECK(contains(early.err, "its date is yet to come"));
  CHECK(log_of(office).find("\"type\":\"correct\"") == std::string::npos);
}

TEST_CASE("A person says that a date later than its import is right and that ends it") {
  const Office office;
  import_early(office, 5, 20);
  CHECK(cause_of(office, "r") == "date-in-the-future");
  std::string letter = office.call({"explain", "r"}).out;
  std::replace(letter.begin(), letter.end(), '\n', ' ');
  CHECK(contains(letter, "made on a day that is not known"));
  CHECK(contains(office.call({"plan"}).out, "--as-indexed --authority REFERENCE"));
  CHECK_ENDED(correct(office, "r", {"--as-indexed"}), 0);
  CHECK(cause_of(office, "r") == "not-yet");
  CHECK(indexed_on(office) >= in_days(-1));
  CHECK(contains(log_of(office), "\"fact\":\"recorded_at\""));
  CHECK(contains(log_of(office), "\"recorded\":\"" + in_days(-5) + "\""));
  CHECK_ENDED(correct(office, "r", {"--as-indexed"}), 2);
  CHECK_ENDED(office.call({"log", "verify"}), 0);
}

TEST_CASE(
    "A corrected date may be later than the import and one that is not leaves the first day") {
  const Office office;
  import_early(office, 5, 20);
  CHECK_ENDED(correct(office, "r", {"--recorded-at", in_days(-30)}), 0);
  CHECK(indexed_on(office) == in_days(-20));
  CHECK(cause_of(office, "r") == "not-yet");
  CHECK_ENDED(correct(office, "r", {"--recorded-at", in_days(-4)}), 0);
  CHECK(indexed_on(office) >= in_days(-1));
  CHECK(cause_of(office, "r") == "not-yet");
  // The very date that the index has is a word for it too.
  test::sql_run(index_of(office), "UPDATE recording SET indexed_on = '" + in_days(-20) + "'");
  CHECK(cause_of(office, "r") == "date-in-the-future");
  CHECK_ENDED(correct(office, "r", {"--recorded-at", in_days(-4)}), 0);
  CHECK(cause_of(office, "r") == "not-yet");
}

TEST_CASE("To settle what imports say of something else does not vouch for a date") {
  const Office office;
  import_early(office, 5, 20);
  CHECK_ENDED(office.call({"import", "-"},
                          "id,department,recorded_at,path\nr,Revenues and "
                          "Benefits," +
                              Office::days_ago(5) + ",r.wav\n"),
              1);
  CHECK(cause_of(office, "r") == "contradicted");
  CHECK_ENDED(correct(office, "r", {"--as-indexed"}), 0);
  CHECK(cause_of(office, "r") == "date-in-the-future");
  CHECK(indexed_on(office) == in_days(-20));
  CHECK_ENDED(correct(office, "r", {"--as-indexed"}), 0);
  CHECK(cause_of(office, "r") == "not-yet");
}

TEST_CASE("A date that is later than its import neither counts as overdue nor as one of the past") {
  const Office office;
  import_early(office, 60, 100);
  std::string text = test::slurp(office.config);
  text.replace(text.find("12 months"), 9, "6 weeks");
  test::spill(office.config, text);
  const auto plan = nlohmann::json::parse(office.call({"plan", "--format", "json"}).out);
  CHECK(plan["recordings"][0]["cause"] == "date-in-the-future");
  CHECK(plan["without_date"]["recordings"] == 1);
  CHECK(plan["overdue"]["recordings"] == 0);
}

TEST_CASE("Files that are right as they are on disk end what runs refuse for ever") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  import_wrong_size(office);
  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "read"}), 0);
  const Ended refused = office.call({"run"});
  CHECK_ENDED(refused, 1);
  CHECK(contains(refused.err, "correct ID --as-found"));
  CHECK(contains(log_of(office), "\"reason\":\"size-differs\""));
  CHECK(cause_of(office, "r") == "period-over");
  CHECK(contains(office.call({"check", "--index"}).out, "expunge correct ID --as-found"));
  const Ended said = correct(office, "r", {"--as-found"});
  CHECK_ENDED(said, 0);
  CHECK(contains(said.out, "It is due at once"));
  CHECK(test::sql_value(index_of(office), "SELECT bytes FROM file WHERE recording_key = 1") ==
        "5000");
  const std::string log = log_of(office);
  CHECK(contains(log, "\"fact\":\"file\",\"authority\":\"REC-7\""));
  CHECK_FALSE(contains(log, "ZZP.wav"));
  CHECK_ENDED(correct(office, "r", {"--as-found"}), 2);
  CHECK_ENDED(office.call({"run"}), 0);
  CHECK_FALSE(office.exists("calls/ZZP.wav"));
  CHECK(contains(log_of(office), "\"bytes\":5000"));
  CHECK_ENDED(office.call({"log", "verify"}), 0);
}

TEST_CASE("As found settles what stands against sizes and contents and leaves all else") {
  const Office office;
  const auto sha256_of = [](char c) { return base::to_hex(base::sha256(std::string(5000, c))); };
  const std::string head = "id,department,recorded_at,path,bytes,sha256\n";
  const auto row = [&](const std::string& department, char c) {
    return head + "r," + department + "," + Office::days_ago(5) + ",r.wav,5000," + sha256_of(c) +
           "\nr," + department + "," + Office::days_ago(5) + ",r.txt,,\n";
  };
  office.write("r.wav", std::string(5000, 'C'));
  office.write("r.txt", "words");
  CHECK_ENDED(office.call({"import", "-"}, row("Customer Services", 'A')), 0);
  CHECK_ENDED(office.call({"import", "-"}, row("Revenues and Benefits", 'B')), 1);
  test::sql_run(index_of(office),
                "INSERT INTO contradiction(recording_key, fact, words, seen) VALUES (1, 'file',"
                " 'during its destruction: another file', '')");
  CHECK_ENDED(correct(office, "r", {"--as-found"}), 0);
  CHECK(test::sql_value(index_of(office), "SELECT group_concat(fact) FROM contradiction") ==
        "department");
  CHECK(test::sql_value(index_of(office),
                        "SELECT lower(hex(sha256)) FROM file WHERE path = 'r.wav'") ==
        sha256_of('C'));
  // Where the index had none it has none, and the size is what was found.
  CHECK(test::sql_value(index_of(office),
                        "SELECT bytes || coalesce(sha256, ' none') FROM file"
                        " WHERE path = 'r.txt'") == "5 none");
  CHECK(cause_of(office, "r") == "contradicted");
  CHECK_ENDED(correct(office, "r", {"--as-indexed"}), 0);
  CHECK(cause_of(office, "r") == "not-yet");
  // Both sources may say again what they said, and a third value is a contradiction.
  for (const char said : {'A', 'B', 'C'}) {
    CHECK_ENDED(office.call({"import", "-"}, row("Customer Services", said)), 0);
  }
  CHECK_ENDED(office.call({"import", "-"}, row("Customer Services", 'D')), 1);
  CHECK_ENDED(office.call({"log", "verify"}), 0);
}

TEST_CASE("As found keeps what a hold keeps and acknowledges nothing") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  import_wrong_size(office);
  CHECK_ENDED(office.call({"hold", "place", "SAR-1", "--kind", "sar", "--reason", "asked",
                           "--recording", "r"}),
              0);
  CHECK_ENDED(correct(office, "r", {"--as-found"}), 0);
  CHECK(cause_of(office, "r") == "under-hold");
  CHECK_ENDED(office.call({"run"}), 0);
  CHECK(office.exists("calls/ZZP.wav"));
}

TEST_CASE("As found is refused where a file is missing or no regular file and changes nothing") {
  const Office office;
  import_wrong_size(office);
  const std::string path = office.root + "/calls/ZZP.wav";
  const std::string before = log_of(office);
  const auto refused = [&](const std::string& why) {
    const Ended ended = correct(office, "r", {"--as-found"});
    CHECK_ENDED(ended, 2);
    CAPTURE(ended.err);
    CHECK(contains(ended.err, why));
    CHECK(contains(ended.err, "nothing was changed"));
  };
  std::filesystem::remove(path);
  refused("'calls/ZZP.wav' is missing");
  std::filesystem::create_symlink("/etc/passwd", path);
  refused("but a symbolic link");
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  refused("but a directory");
  CHECK(log_of(office) == before);
  CHECK(test::sql_value(index_of(office), "SELECT bytes FROM file WHERE recording_key = 1") ==
        "4000");
  for (const Words& more :
       {Words{"--as-found", "--as-indexed"}, Words{"--as-found", "--recorded-at", in_days(-5)},
        Words{"--as-found", "--department", "Customer Services"}}) {
    CHECK_ENDED(correct(office, "r", more), 2);
  }
  CHECK_ENDED(correct(office, "nobody", {"--as-found"}), 2);
}

namespace {

/// One recording for each id, of the same day, past its period; with subject, agent and call.
std::string whose(const std::string& id, const std::string& rest) {
  return id + ",Customer Services," + Office::days_ago(400) + "," + id + ".wav," + rest + "\n";
}

Ended import_whose(const Office& office, const std::string& rows) {
  return office.call({"import", "-"},
                     "id,department,recorded_at,path,subject,agent,call_id\n" + rows);
}

Ended hold_on(const Office& office, const std::string& reference, const Words& scope) {
  Words words = {"hold", "place", reference, "--kind", "sar", "--reason", "asked"};
  words.insert(words.end(), scope.begin(), scope.end());
  return office.call(words);
}

}  // namespace

TEST_CASE("No word of a person takes a recording from the hold that an import says it is of") {
  const Office office;
  REQUIRE(import_whose(office, whose("m", "01462 888000,ann,K1") + whose("z", ",,K2")).status == 0);
  struct Case {
    const char* named;
    std::string row;
    Words scope;
  };
  const auto each = GENERATE_COPY(
      Case{"subject", whose("m", "+44 1462 888001,ann,K1"), Words{"--subject", "01462 888001"}},
      Case{"agent", whose("m", "01462 888000,dora,K1"), Words{"--agent", "Dora"}},
      Case{"call", whose("m", "01462 888000,ann,K2"), Words{"--recording", "z"}});
  CAPTURE(each.named);
  CHECK_ENDED(import_whose(office, each.row), 1);
  REQUIRE(hold_on(office, "S4", each.scope).status != 2);
  CHECK(cause_of(office, "m") == "contradicted");
  const std::string perhaps =
      "  perhaps     S4 means it by what an import said of whose call it is";
  CHECK(contains(office.call({"explain", "m"}).out, perhaps));
  CHECK(contains(office.call({"hold", "show", "S4", "--unmatched"}).out, "\nm  not covered: "));
  CHECK_FALSE(contains(office.call({"hold", "list"}).out, "stale"));
  const Ended refused = correct(office, "m", {"--as-indexed"});
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err, "the hold S4 means it by what an import said of whose call it is"));
  CHECK(contains(refused.err, "nothing was changed; place a hold on the recording itself first"));
  CHECK(contains(refused.err, "or release the hold if it has ended (expunge hold release S4)"));
  const Ended ordered =
      office.call({"destroy", "m", "--ground", "erasure", "--authority", "E-1", "--yes"});
  CHECK_ENDED(ordered, 2);
  CAPTURE(ordered.err);
  CHECK(contains(ordered.err, "expunge hold place REFERENCE --recording m"));
  CHECK(contains(ordered.err, "expunge hold release REFERENCE"));
  CHECK(cause_of(office, "m") == "contradicted");
  CHECK_FALSE(contains(ordered.err, "--as-found"));
  REQUIRE(hold_on(office, "S5", {"--recording", "m"}).status == 0);
  const Ended settled = correct(office, "m", {"--as-indexed"});
  CHECK_ENDED(settled, 0);
  CHECK(contains(settled.err,
                 "note: hold S4 meant recording m, or may have meant it, and does not "
                 "cover it as it is now; a hold that names the recording itself keeps it."));
  CHECK(cause_of(office, "m") == "under-hold");
  CHECK_FALSE(contains(office.call({"explain", "m"}).out, "perhaps"));
}

TEST_CASE("Whom a call is of can be put right and then a hold on them covers it") {
  const Office office;
  REQUIRE(
      import_whose(office, whose("m", "01462 888000,ann,K1") + whose("z", ",,ZZCALL2")).status ==
      0);
  const std::string other = whose("m", "01462 888001,dorothea,ZZCALL2");
  CHECK_ENDED(import_whose(office, other), 1);
  REQUIRE(hold_on(office, "S4", {"--subject", "01462 888001"}).status == 1);
  // Who asks for a number's calls is told of one that may be.
  CHECK(contains(office.call({"explain", "--subject", "01462 888001"}).out, "m  Customer"));
  CHECK_ENDED(correct(office, "m",
                      {"--subject", "01462 888001", "--agent", "Dorothea", "--call", "ZZCALL2"}),
              0);
  CHECK(cause_of(office, "m") == "under-hold");
  // Its call's other segment is held with it.
  CHECK(cause_of(office, "z") == "under-hold");
  // The source may say what it said, and what is right, and nothing else.
  CHECK_ENDED(import_whose(office, other), 0);
  CHECK_ENDED(import_whose(office, whose("m", "01462 888000,ann,K1")), 0);
  CHECK_ENDED(import_whose(office, whose("m", "01462 888009,ann,K1")), 1);
  const std::string log = log_of(office);
  CHECK(contains(log, "\"fact\":\"subject\""));
  CHECK(contains(log, "\"fact\":\"call_id\""));
  for (const char* person : {"888001", "Dorothea", "dorothea", "ZZCALL2"})
    CHECK_FALSE(contains(log, person));
  CHECK_ENDED(correct(office, "z", {"--subject", " - "}), 2);
  CHECK_ENDED(correct(office, "z", {"--call", "ZZCALL2"}), 2);
  CHECK_ENDED(office.call({"log", "verify"}), 0);
}

TEST_CASE("To put right whom a call is of does not take it from a hold") {
  const Office office;
  REQUIRE(import_whose(office, whose("m", "01462 888000,ann,K1")).status == 0);
  REQUIRE(hold_on(office, "S4", {"--subject", "01462 888000"}).status == 0);
  const Ended refused = correct(office, "m", {"--subject", "01462 888001"});
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err, "then the hold S4 would cover it no more; nothing was changed"));
  CHECK(cause_of(office, "m") == "under-hold");
}

TEST_CASE("What is of no department of the schedule is overdue once every period is over") {
  const Office office;
  REQUIRE(office
              .call({"import", "-"}, "id,department,recorded_at,path\nold,ZZHOUSING," +
                                         Office::days_ago(2000) + ",old.wav\nyoung,ZZHOUSING," +
                                         Office::days_ago(20) + ",young.wav\n")
              .status == 0);
  const auto overdue = [&] {
    return nlohmann::json::parse(office.call({"status", "--json"}).out)
        .at("overdue")
        .at("recordings");
  };
  CHECK(overdue() == 1);
  const std::string plan = office.call({"plan"}).out;
  CHECK(contains(plan, "; past the period of every department, so overdue since "));
  CHECK(contains(plan, "Past their period by more than 3 days: 1"));
  REQUIRE(hold_on(office, "LIT-1", {"--recording", "old"}).status == 0);
  CHECK(overdue() == 0);
}
