// Attention that people end by a correction, through the program, and what later imports say then.

#include "support/archive_fixture.h"
#include "support/attention_office.h"
#include "support/catch.h"
#include "support/office.h"

using namespace expunge;
using namespace expunge::test::attention_office;
using test::contains;
using test::Ended;
using test::Office;

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

TEST_CASE("A correction of what an approved plan has asks for no other approval") {
  const Office office;
  furnish(office);
  CHECK_ENDED(
      office.call({"correct", "bare", "--authority", "REC-7", "--recorded-at", in_days(-500)}), 0);
  office.configure("[run]\napproval = required\n");
  const auto correct = [&](const std::string& agent) {
    return office.call({"correct", "bare", "--authority", "REC-8", "--agent", agent}).out;
  };
  CHECK(
      contains(correct("ann"), "the next run destroys it, once a plan that has it is approved, "));
  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "read"}), 0);
  CHECK(contains(correct("bob"), "the next run destroys it, unless a hold covers it by then"));
}
