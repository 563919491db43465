// Attention that people acknowledge, through the program.

#include <filesystem>

#include "support/archive_fixture.h"
#include "support/attention_office.h"
#include "support/catch.h"
#include "support/office.h"

using namespace expunge;
using namespace expunge::test::attention_office;
using test::contains;
using test::Ended;
using test::Office;

namespace {

/// What a crash leaves when the log has the entry and the index does not: the index of before.
void call_and_lose_index(const Office& office, const Words& words) {
  const std::string kept = office.scratch / "kept";
  std::filesystem::copy_file(index_of(office), kept);
  CHECK_ENDED(office.call(words), 0);
  std::filesystem::copy_file(kept, index_of(office),
                             std::filesystem::copy_options::overwrite_existing);
  std::filesystem::remove(kept);
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
