// Attention that people clear, through the program: acknowledge, correct, and other names of
// departments.

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/office.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::Office;

namespace {

using Words = std::vector<std::string>;

/// The civil day so many days from now.
std::string in_days(int days) {
  return Office::days_ago(-days).substr(0, 10);
}

/// One kept recording, and three that need attention: two of an unknown department, one undated.
void furnish(const Office& office) {
  std::string csv = "id,department,recorded_at,path\n";
  for (const char* id : {"good", "odd-1", "odd-2", "bare"}) {
    office.write(std::string(id) + ".wav", std::string(5000, 'A'));
    const bool odd = std::string(id).starts_with("odd");
    csv += fmt::format("{},{},{},{}.wav\n", id, odd ? "ZZHOUSING" : "Customer Services",
                       std::string(id) == "bare" ? "" : Office::days_ago(3), id);
  }
  const Ended imported = office.call({"import", "-"}, csv);
  REQUIRE(imported.status == 0);
  REQUIRE(contains(imported.out, "Of the recordings added, need attention: 3; expunge plan"));
}

Words acknowledging(Words ids) {
  ids.insert(ids.begin(), "acknowledge");
  ids.insert(ids.end(), {"--until", in_days(30), "--reason", "ZZWHY"});
  return ids;
}

std::string index_of(const Office& office) {
  return office.scratch / "office/index.db";
}

std::string log_of(const Office& office) {
  return test::slurp(office.scratch / "office/log/log.jsonl");
}

nlohmann::json plan_of(const Office& office) {
  return nlohmann::json::parse(office.call({"plan", "--format", "json", "--all"}).out);
}

nlohmann::json planned(const Office& office, const std::string& id) {
  const nlohmann::json plan = plan_of(office);
  for (const auto& each : plan["recordings"]) {
    if (each["recording"] == id) return each;
  }
  return {};
}

/// Puts a line into a section of the configuration.
void configure(const Office& office, const std::string& section, const std::string& line) {
  std::string text = test::slurp(office.config);
  const std::string head = "[" + section + "]\n";
  text.insert(text.find(head) + head.size(), line + "\n");
  test::spill(office.config, text);
}

/// What a crash leaves when the log has the entry and the index does not: the index of before.
void call_and_lose_index(const Office& office, const Words& words) {
  const std::string kept = office.scratch / "kept";
  std::filesystem::copy_file(index_of(office), kept);
  CHECK_ENDED(office.call(words), 0);
  std::filesystem::copy_file(kept, index_of(office),
                             std::filesystem::copy_options::overwrite_existing);
  std::filesystem::remove(kept);
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE(
    "What is acknowledged still needs attention but no exit status of 1 until something new") {
  const Office office;
  furnish(office);
  CHECK_ENDED(office.call({"plan"}), 1);
  CHECK_ENDED(office.call({"run", "--quiet"}), 1);
  CHECK_ENDED(office.call(acknowledging({"odd-1", "odd-2"})), 0);
  CHECK_ENDED(office.call({"plan"}), 1);
  CHECK_ENDED(office.call(acknowledging({"bare"})), 0);
  const Ended plan = office.call({"plan"});
  CHECK_ENDED(plan, 0);
  CHECK(contains(plan.out,
                 "Need attention: 3; of these acknowledged, and left aside until a day: 3."));
  CHECK(contains(plan.out, "acknowledged until " + in_days(30)));
  const Ended run = office.call({"run", "--quiet"});
  CHECK_ENDED(run, 0);
  CHECK(run.err == "");
  CHECK(contains(log_of(office), "\"attention\":3"));
  CHECK(contains(log_of(office), "\"acknowledged\":3"));
  const auto bare = planned(office, "bare");
  CHECK(bare["verdict"] == "attention");
  CHECK(bare["acknowledged"] == in_days(30));
  CHECK(plan_of(office)["acknowledged"]["recordings"] == 3);
  CHECK(contains(office.call({"plan", "--format", "csv"}).out,
                 "; acknowledged until " + in_days(30)));
  CHECK(contains(office.call({"explain", "bare"}).out, "ZZWHY"));
  const std::string csv =
      "id,department,recorded_at,path\nnew,ZZHOUSING," + Office::days_ago(3) + ",new.wav\n";
  CHECK_ENDED(office.call({"import", "-"}, csv), 0);
  const Ended next = office.call({"run", "--quiet"});
  CHECK_ENDED(next, 1);
  CHECK(contains(next.err, "not understood, and not acknowledged: 1; expunge plan says"));
  CHECK_ENDED(office.call({"log", "verify"}), 0);
}

TEST_CASE("An acknowledgement needs a day within 90 days and a reason and attention") {
  const Office office;
  furnish(office);
  const auto refused = [&](Words words, const std::string& why) {
    const Ended ended = office.call(std::move(words));
    CHECK_ENDED(ended, 2);
    CAPTURE(ended.err);
    CHECK(contains(ended.err, why));
  };
  const auto until = [&](const std::string& day) {
    return Words{"acknowledge", "bare", "--until", day, "--reason", "why"};
  };
  refused(until(in_days(93)), "at most 90 days ahead");
  refused(until(in_days(-2)), "before the day of the next run");
  refused({"acknowledge", "bare", "--reason", "why"}, "until is missing");
  refused({"acknowledge", "bare", "--until", in_days(30)}, "reason is missing");
  refused({"acknowledge", "--until", in_days(30), "--reason", "why"}, "recordings are missing");
  refused(acknowledging({"good"}), "it needs no attention (verdict: kept)");
  refused(acknowledging({"odd-1", "good"}), "nothing was acknowledged");
  refused(acknowledging({"nobody"}), "no such recording");
  refused(acknowledging({"bare", "--cause", "unknown-department"}), "another cause, no-date");
  refused(acknowledging({"--cause", "odd"}), "is none of no-date, ");
  CHECK(contains(office.call({"acknowledge", "--list"}).out, "Nothing is acknowledged."));
  CHECK_FALSE(contains(log_of(office), "\"acknowledge\""));
  CHECK_ENDED(office.call(until(in_days(89))), 0);
}

TEST_CASE("Nobody acknowledges in bulk without saying how many") {
  const Office office;
  furnish(office);
  const Words all = acknowledging({"--cause", "unknown-department"});
  const auto expecting = [](Words words, const char* number) {
    words.insert(words.end(), {"--expect", number});
    return words;
  };
  const Ended told = office.call(all);
  CHECK_ENDED(told, 2);
  CHECK(contains(told.err, "would acknowledge: 2 (unknown-department: 2)"));
  CHECK(contains(told.err, "--expect 2"));
  CHECK_ENDED(office.call(expecting(all, "3")), 2);
  CHECK_ENDED(office.call(expecting(all, "1")), 2);
  CHECK(contains(office.call({"acknowledge", "--list"}).out, "Nothing"));
  Words of_other = acknowledging({"--cause", "unknown-department", "--department", "ZZOTHER"});
  CHECK_ENDED(office.call(of_other), 2);
  CHECK_ENDED(office.call(expecting(all, "2")), 0);
  CHECK(count(log_of(office), "\"type\":\"acknowledge\",\"recordings\":2") == 1);
  CHECK_ENDED(office.call(all), 2);  // there is no other
  const Words by_input = acknowledging({"-"});
  CHECK_ENDED(office.call(by_input, "bare\n"), 2);
  CHECK_ENDED(office.call(by_input, ""), 2);
  CHECK_ENDED(office.call(expecting(by_input, "1"), "bare\n\nbare\r\n"), 0);
  CHECK_ENDED(office.call({"plan"}), 0);
  CHECK_FALSE(contains(log_of(office), "\"recording\":\"bare\""));
}

TEST_CASE("A withdrawn acknowledgement leaves attention as it was and no reason behind") {
  const Office office;
  furnish(office);
  CHECK_ENDED(office.call(acknowledging({"bare", "odd-1", "odd-2"})), 0);
  CHECK(contains(office.call({"acknowledge", "--list"}).out, "ZZWHY"));
  CHECK_ENDED(office.call({"acknowledge", "--withdraw", "good"}), 2);
  CHECK_ENDED(office.call({"acknowledge", "--withdraw", "bare", "odd-1", "odd-2", "bare"}), 0);
  CHECK_ENDED(office.call({"acknowledge", "--withdraw", "bare"}), 2);
  CHECK(count(log_of(office), "acknowledge.withdraw") == 3);
  CHECK_ENDED(office.call({"plan"}), 1);
  CHECK(test::hits(index_of(office), {"ZZWHY"}) == 0);
  CHECK(test::hits(index_of(office) + "-journal", {"ZZWHY"}) == 0);
  CHECK(test::hits(office.scratch / "office/log/log.jsonl", {"ZZWHY", "ZZHOUSING"}) == 0);
}

TEST_CASE("An acknowledgement that is over counts no more and the next run erases it") {
  const Office office;
  furnish(office);
  CHECK_ENDED(office.call(acknowledging({"bare", "odd-1", "odd-2"})), 0);
  test::sql_run(index_of(office), "UPDATE acknowledgement SET until = '" + in_days(-1) + "'");
  CHECK(contains(office.call({"acknowledge", "--list"}).out, "; over"));
  CHECK_ENDED(office.call({"plan"}), 1);
  CHECK_ENDED(office.call({"run", "--quiet"}), 1);
  CHECK(test::hits(index_of(office), {"ZZWHY"}) == 0);
  CHECK(contains(office.call({"acknowledge", "--list"}).out, "Nothing is acknowledged."));
}

TEST_CASE("What has no date for longer than the longest period is overdue and new attention") {
  const Office office;
  furnish(office);
  CHECK_ENDED(office.call(acknowledging({"bare", "odd-1", "odd-2"})), 0);
  test::sql_run(index_of(office),
                "UPDATE recording SET indexed_on = '" + in_days(-400) + "' WHERE id = 'bare'");
  const Ended plan = office.call({"plan"});
  CHECK_ENDED(plan, 1);
  CHECK(contains(plan.out, "undated-overdue"));
  CHECK(contains(plan.out, "so overdue: 1, since "));
  CHECK(plan_of(office)["undated_overdue"]["recordings"] == 1);
  CHECK(planned(office, "bare")["cause"] == "undated-overdue");
  CHECK(contains(office.call({"acknowledge", "--list"}).out, "no-date; now undated-overdue"));
  const Ended run = office.call({"run", "--quiet"});
  CHECK_ENDED(run, 1);
  CHECK(contains(run.err, "in the index for longer than the longest period: 1"));
  CHECK(office.exists("bare.wav"));
}

TEST_CASE("A corrected date and department count and are logged without what they were") {
  const Office office;
  furnish(office);
  CHECK_ENDED(office.call(acknowledging({"odd-1"})), 0);
  const Ended said = office.call(
      {"correct", "odd-1", "--authority", "REC-7/1", "--department", "Revenues and Benefits"});
  CHECK_ENDED(said, 0);
  CHECK(contains(said.out, "Its due day is "));
  CHECK(contains(said.out, ": kept: "));
  CHECK(planned(office, "odd-1")["verdict"] == "kept");
  CHECK(contains(office.call({"acknowledge", "--list"}).out, "Nothing"));
  const Ended due = office.call(
      {"correct", "bare", "--authority", "REC-7/2", "--recorded-at", in_days(-500) + " 12:00"});
  CHECK_ENDED(due, 0);
  CHECK(contains(due.out, "It is due at once"));
  CHECK(planned(office, "bare")["verdict"] == "due");
  const std::string log = log_of(office);
  CHECK(contains(log, "\"recording\":\"odd-1\",\"fact\":\"department\",\"authority\":\"REC-7/1\""));
  CHECK(contains(log, "\"recorded\":\"" + in_days(-500) + "\""));
  CHECK_FALSE(contains(log, "ZZHOUSING"));
  CHECK(contains(office.call({"explain", "bare"}).out, "REC-7/2"));
  CHECK_ENDED(office.call({"log", "verify"}), 0);
  // Nothing was destroyed before, so a brake waits for an approval: nothing goes unseen.
  CHECK_ENDED(office.call({"run", "--quiet"}), 3);
}

TEST_CASE("A correction refuses what would be attention again and what has nothing to correct") {
  const Office office;
  furnish(office);
  const auto refused = [&](Words words, const std::string& why) {
    words.insert(words.begin(), "correct");
    const Ended ended = office.call(std::move(words));
    CHECK_ENDED(ended, 2);
    CAPTURE(ended.err);
    CHECK(contains(ended.err, why));
  };
  const Words by = {"bare", "--authority", "REC-7"};
  const auto with = [&](Words more) {
    more.insert(more.begin(), by.begin(), by.end());
    return more;
  };
  refused({"bare", "--department", "Customer Services"}, "authority is missing");
  refused({"bare", "--authority", "a person", "--department", "Customer Services"}, "may hold");
  refused(with({}), "--department, --recorded-at, --subject, --agent or --call");
  refused(with({"--department", "Housing"}), "names no department 'Housing'");
  refused(with({"--recorded-at", in_days(2) + "T00:00:00Z"}), "in the future");
  refused(with({"--recorded-at", "1999-12-31T23:59:59Z"}), "before retention.earliest");
  refused(with({"--recorded-at", "noon"}), "is no time");
  refused(with({"--department", "Customer Services"}), "that is what the index says");
  refused({"nobody", "--authority", "REC-7", "--department", "Customer Services"}, "knows no");
  test::sql_run(index_of(office), "UPDATE recording SET state = 'returned' WHERE id = 'bare'");
  refused(with({"--recorded-at", "2026-01-01"}), "was destroyed or removed");
  test::sql_run(index_of(office),
                "UPDATE recording SET state = 'destroyed', recorded_at = '2020-01-01' "
                "WHERE id = 'bare'");
  refused(with({"--recorded-at", "2026-01-01"}), "was destroyed or removed");
  CHECK_FALSE(contains(log_of(office), "\"correct\""));
}

TEST_CASE("A correction waits while a run has begun on the recording") {
  const Office office;
  furnish(office);
  test::sql_run(
      index_of(office),
      "INSERT INTO journal_batch VALUES (1, 'r', zeroblob(32), 0, zeroblob(32));"
      "INSERT INTO journal_file SELECT 1, 0, key, 'bare.wav', 'audio', 1, 1, 0, 5, 5, NULL,"
      " zeroblob(32), 'overwrite' FROM recording WHERE id = 'bare'");
  const Ended ended =
      office.call({"correct", "bare", "--authority", "REC-7", "--recorded-at", "2026-01-01"});
  CHECK_ENDED(ended, 2);
  CHECK(contains(ended.err, "a run has begun on it"));
}

TEST_CASE("A local time that occurs twice is corrected to the later one as an import reads it") {
  const Office office;
  furnish(office);
  CHECK_ENDED(office.call({"correct", "bare", "--authority", "REC-7", "--recorded-at",
                           "2025-10-26 01:30:00"}),
              0);
  const auto at = [&] {
    return test::sql_value(index_of(office), "SELECT recorded_at FROM recording WHERE id = 'bare'");
  };
  CHECK(at() == "2025-10-26T01:30:00Z");
  CHECK_ENDED(
      office.call({"correct", "bare", "--authority", "REC-7", "--recorded-at", "2025-10-25 01:45"}),
      0);
  CHECK(at() == "2025-10-25T00:45:00Z");
  CHECK_ENDED(office.call({"correct", "bare", "--authority", "REC-7", "--recorded-at",
                           "2025-10-25T01:46+02:00"}),
              0);
  CHECK(at() == "2025-10-24T23:46:00Z");
  CHECK_ENDED(
      office.call({"correct", "bare", "--authority", "REC-7", "--recorded-at", "2025-07-01"}), 0);
  CHECK(at() == "2025-07-01T22:59:59Z");
}

TEST_CASE("An import that repeats what was corrected says nothing and a third value is attention") {
  const Office office;
  furnish(office);
  CHECK_ENDED(
      office.call({"correct", "odd-1", "--authority", "R-1", "--department", "Customer Services"}),
      0);
  const auto import_as = [&](const std::string& department, int status) {
    const std::string at =
        test::sql_value(index_of(office), "SELECT recorded_at FROM recording WHERE id = 'odd-1'");
    CHECK_ENDED(office.call({"import", "-"}, "id,department,recorded_at,path\nodd-1," + department +
                                                 "," + at + ",odd-1.wav\n"),
                status);
    return planned(office, "odd-1")["cause"].get<std::string>();
  };
  CHECK(import_as("ZZHOUSING", 0) == "not-yet");
  CHECK(import_as("Third", 1) == "contradicted");
}

TEST_CASE("Of a contradicted subject a person says that the index is right and that is logged") {
  const Office office;
  const std::string head = "id,department,recorded_at,path,subject,bytes\n";
  const std::string common = "c1,Customer Services," + Office::days_ago(3) + ",calls/ZZC.wav,";
  CHECK_ENDED(office.call({"import", "-"}, head + common + "01632960001,5000\n"), 0);
  const Words settle = {"correct", "c1", "--as-indexed", "--authority", "REC-7"};
  const Ended nothing = office.call(settle);
  CHECK_ENDED(nothing, 2);
  CHECK(contains(nothing.err, "no import says anything against the index"));
  const std::string other = head + common + "01632960999,6000\n";
  CHECK_ENDED(office.call({"import", "-"}, other), 1);
  CHECK_ENDED(office.call({"import", "-"}, head + common + "01632960001,5000\n"), 0);
  CHECK(planned(office, "c1")["cause"] == "contradicted");
  CHECK_ENDED(office.call({"correct", "c1", "--as-indexed", "--department", "Customer Services",
                           "--authority", "REC-7"}),
              2);
  CHECK_ENDED(office.call(settle), 0);
  CHECK(planned(office, "c1")["cause"] == "not-yet");
  const std::string log = log_of(office);
  CHECK(contains(log, "\"fact\":\"subject\""));
  CHECK(contains(log, "\"fact\":\"bytes\""));
  CHECK_FALSE(contains(log, "ZZC.wav"));
  CHECK_FALSE(contains(log, "1632960"));
  CHECK_ENDED(office.call({"log", "verify"}), 0);
  CHECK_ENDED(office.call({"import", "-"}, other), 0);  // said before: no news
  CHECK_ENDED(office.call({"import", "-"}, head + common + "01632960777,5000\n"), 1);
  CHECK(planned(office, "c1")["cause"] == "contradicted");
}

TEST_CASE("A crash between log and index leaves what was said logged and to be said again") {
  const Office office;
  furnish(office);
  const Words known = acknowledging({"bare", "odd-1", "odd-2"});
  call_and_lose_index(office, known);
  CHECK_ENDED(office.call({"plan"}), 1);
  CHECK_ENDED(office.call(known), 0);
  CHECK_ENDED(office.call({"plan"}), 0);
  call_and_lose_index(office, {"acknowledge", "--withdraw", "bare"});
  CHECK_ENDED(office.call({"plan"}), 0);
  CHECK_ENDED(office.call({"acknowledge", "--withdraw", "bare"}), 0);
  CHECK_ENDED(office.call({"plan"}), 1);
  const Words right = {"correct", "bare", "--authority", "REC-7", "--recorded-at", in_days(-5)};
  call_and_lose_index(office, right);
  CHECK(planned(office, "bare")["cause"] == "no-date");
  CHECK_ENDED(office.call(right), 0);
  CHECK(planned(office, "bare")["cause"] == "not-yet");
  CHECK(count(log_of(office), "\"type\":\"correct\"") == 2);
  CHECK_ENDED(office.call({"log", "verify"}), 0);
}

TEST_CASE("An alias lets recordings be decided about and is a change of the policy") {
  const Office office;
  furnish(office);
  configure(office, "retention", "alias = ZZHOUSING: Customer Services");
  const auto odd = planned(office, "odd-1");
  CHECK(odd["verdict"] == "kept");
  CHECK(odd["department"] == "Customer Services");
  const auto plan = plan_of(office);
  REQUIRE(plan["brakes"].size() == 1);
  CHECK(plan["brakes"][0]["name"] == "policy");
  CHECK(contains(office.call({"explain", "odd-1"}).out,
                 "Customer Services (in the index: ZZHOUSING)"));
  for (const char* name : {"ZZHOUSING", "Customer Services"}) {
    const Ended listed = office.call({"plan", "--format", "csv", "--all", "--department", name});
    CHECK(count(listed.out, "\n") == 5);
    CHECK_FALSE(contains(listed.out, "ZZHOUSING"));
  }
  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "meant"}), 0);
  CHECK_ENDED(office.call({"run", "--quiet"}), 1);  // bare
  CHECK(contains(log_of(office),
                 "\"aliases\":[{\"name\":\"ZZHOUSING\",\"department\":\"Customer Services\"}]"));
  CHECK(plan_of(office)["brakes"].empty());
  CHECK_ENDED(office.call({"log", "verify"}), 0);
}

TEST_CASE("An alias that is a department or of none or given twice is refused") {
  const std::string lines =
      GENERATE(as<std::string>{}, "alias = Customer Services: Revenues and Benefits",
               "alias = Housing: Nobody", "alias = Housing",
               "alias = Housing: Customer Services\n"
               "alias = Housing: Revenues and Benefits");
  const Office office;
  configure(office, "retention", lines);
  const Ended ended = office.call({"plan"});
  CHECK_ENDED(ended, 2);
  CHECK(contains(ended.err, "retention.alias"));
}
