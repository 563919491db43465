// What must not take a recording out of a hold, or have it destroyed earlier, without a word.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/council.h"
#include "support/office.h"
#include "support/page_text.h"
#include "support/scratch.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::Office;

namespace {

const std::string kHeader = "id,department,recorded_at,path\n";

std::string row(const std::string& id, const std::string& department, int days) {
  return id + "," + department + "," + Office::days_ago(days) + "," + id + ".wav\n";
}

void import(const Office& office, const std::string& rows, std::vector<std::string> more = {},
            int status = 0) {
  more.insert(more.begin(), {"import", "-"});
  CHECK_ENDED(office.call(std::move(more), kHeader + rows), status);
}

nlohmann::json plan_of(const Office& office) {
  return nlohmann::json::parse(office.call({"plan", "--format", "json", "--all"}).out);
}

nlohmann::json decision_on(const Office& office, const std::string& id) {
  const nlohmann::json plan = plan_of(office);
  for (const auto& each : plan.at("recordings")) {
    if (each.at("recording") == id) return each;
  }
  FAIL("the plan does not list " << id);
  return {};
}

std::vector<std::string> brakes_of(const Office& office) {
  std::vector<std::string> names;
  const nlohmann::json plan = plan_of(office);
  for (const auto& brake : plan.at("brakes")) names.push_back(brake.at("name"));
  return names;
}

std::string index_of(const Office& office) {
  return office.scratch / "office/index.db";
}

}  // namespace

TEST_CASE("An order destroys nothing that a hold may cover when what it asks for is in doubt") {
  const Office office;
  office.write("stray.wav", "audio");
  office.write("undated.wav", "audio");
  import(office, row("stray", "Housing", 30) + "undated,Customer Services,1970-01-01T00:00:00Z," +
                     "undated.wav\n" + row("new", "Customer Services", 1));
  CHECK_ENDED(office.call({"hold", "place", "LIT-1", "--kind", "litigation", "--reason", "claim",
                           "--department", "Revenues and Benefits"}),
              1);
  CHECK_ENDED(office.call({"hold", "place", "LIT-2", "--kind", "litigation", "--reason", "claim",
                           "--from", "2024-01-01", "--to", "2024-12-31"}),
              1);
  for (const auto& [id, hold] : {std::pair("stray", "LIT-1"), std::pair("undated", "LIT-2")}) {
    CAPTURE(id);
    const Ended refused = office.call(
        {"destroy", id, "--ground", "erasure", "--authority", "ERA/1", "--yes", "--tonight"});
    CHECK_ENDED(refused, 2);
    CHECK(contains(refused.err, hold));
  }
}

TEST_CASE("No run and no order destroys what an import may have shown to be of a held call") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  for (const char* name : {"asked.wav", "part.wav", "free.wav"}) office.write(name, "audio");
  const auto take = [&](const std::string& rows, int status) {
    CHECK_ENDED(office.call({"import", "-"}, "id,department,recorded_at,path,call_id\n" + rows),
                status);
  };
  const auto call = [](const std::string& id, const std::string& call_id) {
    return id + ",Customer Services," + Office::days_ago(400) + "," + id + ".wav," + call_id + "\n";
  };
  const std::string young = "young,Customer Services," + Office::days_ago(3) + ",young.wav,C\n";
  const std::string recent =
      young + "new,Customer Services," + Office::days_ago(1) + ",new.wav,N\n";
  take(call("asked", "D") + call("part", "C") + call("free", "E") + recent, 0);
  CHECK_ENDED(office.call({"hold", "place", "SAR-1", "--kind", "sar", "--reason", "asked",
                           "--recording", "asked"}),
              0);
  CHECK(decision_on(office, "part").at("verdict") == "due");
  take(call("asked", "C"), 1);
  const auto planned = decision_on(office, "part");
  INFO(planned.dump(2));
  CHECK(planned.at("verdict") == "attention");
  CHECK(planned.at("cause") == "perhaps-held");
  CHECK(contains(office.call({"explain", "part"}).out,
                 "  perhaps     SAR-1 means its call, if asked is of it, as an import said\n"));
  const auto letter = [&](const char* id) {
    const std::string told = office.call({"explain", id}).out;
    return test::unwrapped(told.substr(0, told.find("For the office")));
  };
  const std::string looked_at =
      " Whether an order to keep recordings is for this one too is being looked at: it is "
      "kept until that is known.";
  CHECK(contains(letter("part"), "It is still kept." + looked_at));
  CHECK(contains(letter("young"), ", unless an order to keep it is in force." + looked_at));
  for (const char* const id : {"new", "free"}) CHECK_FALSE(contains(letter(id), looked_at));
  const Ended unmatched = office.call({"hold", "show", "SAR-1", "--unmatched"});
  CHECK(contains(unmatched.out, "\npart  not covered: perhaps a segment of a call that it means"));
  CHECK_FALSE(contains(unmatched.out, "free"));
  const Ended ordered = office.call(
      {"destroy", "part", "--ground", "erasure", "--authority", "E-1", "--tonight", "--yes"});
  CHECK_ENDED(ordered, 2);
  CHECK(contains(ordered.err, "may be a segment of a held call"));
  // Nothing was ordered, and by the schedule its day has not come: none is named.
  const Ended early = office.call(
      {"destroy", "young", "--ground", "erasure", "--authority", "E-1", "--tonight", "--yes"});
  CHECK_ENDED(early, 2);
  CHECK(contains(early.err,
                 "young: it may be a segment of a held call: an import said that recording asked, "
                 "held by SAR-1 (sar), is of its call; find out of which call"));
  CHECK_FALSE(contains(early.err, "due since"));
  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "read"}), 0);
  CHECK_ENDED(office.call({"run"}), 1);
  CHECK_FALSE(office.exists("free.wav"));
  // It had to wait for that, as the log says too.
  CHECK(contains(letter("free"), " A person had to approve the plan first; that was on "));
  CHECK(office.exists("part.wav"));
  CHECK(office.exists("asked.wav"));
  CHECK_ENDED(office.call({"correct", "asked", "--as-indexed", "--authority", "IT-1"}), 0);
  CHECK(decision_on(office, "part").at("verdict") == "due");
  CHECK_ENDED(office.call({"run"}), 0);
  CHECK_FALSE(office.exists("part.wav"));
  CHECK(office.exists("asked.wav"));
}

TEST_CASE("A correction that takes a recording out of a hold is refused and changes nothing") {
  const Office office;
  office.write("asked.wav", "audio");
  import(office, row("asked", "Revenues and Benefits", 400) + row("new", "Customer Services", 1));
  CHECK_ENDED(office.call({"hold", "place", "LIT-1", "--kind", "litigation", "--reason", "claim",
                           "--department", "Revenues and Benefits"}),
              0);
  const std::vector<std::string> correct = {"correct",           "asked",       "--department",
                                            "Customer Services", "--authority", "X-1"};
  const Ended refused = office.call(correct);
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err, "the hold LIT-1 would cover it no more"));
  CHECK(decision_on(office, "asked").at("verdict") == "held");
  CHECK_FALSE(contains(office.call({"log", "show"}).out, "correct"));
  CHECK_ENDED(office.call({"hold", "place", "LIT-2", "--kind", "litigation", "--reason", "the same",
                           "--recording", "asked"}),
              0);
  // One that is released keeps it for days, and LIT-1 would be let go unseen.
  CHECK_ENDED(office.call({"hold", "release", "LIT-2", "--reason", "done"}), 0);
  const Ended released = office.call(correct);
  CHECK_ENDED(released, 2);
  CHECK(contains(released.err, "the hold LIT-1 would cover it no more"));
  CHECK_ENDED(office.call({"hold", "keep", "LIT-2"}), 0);
  CHECK_ENDED(office.call(correct), 0);
  CHECK(decision_on(office, "asked").at("verdict") == "held");
}

TEST_CASE("An index that lost a correction trips the index brake") {
  const Office office;
  import(office, row("wrong", "Customer Services", 200) + row("new", "Customer Services", 1));
  const std::string backup = office.scratch / "backup";
  std::filesystem::copy_file(index_of(office), backup);
  CHECK_ENDED(office.call({"correct", "wrong", "--recorded-at", Office::days_ago(100),
                           "--authority", "X-1"}),
              0);
  const auto has_brake = [&] {
    const auto brakes = brakes_of(office);
    return std::find(brakes.begin(), brakes.end(), "index") != brakes.end();
  };
  CHECK_FALSE(has_brake());
  std::filesystem::copy_file(backup, index_of(office),
                             std::filesystem::copy_options::overwrite_existing);
  CHECK(has_brake());
}

TEST_CASE("A map does not change a department that the schedule knows") {
  const Office office;
  office.configure("[retention]\ndepartment = Licensing: 6 weeks\n");
  import(office, row("call", "Customer Services", 60));
  test::spill(office.scratch / "map", "Customer Services = Licensing\n");
  import(office, row("call", "Customer Services", 60), {"--map-department", office.scratch / "map"},
         1);
  const nlohmann::json decision = decision_on(office, "call");
  CHECK(decision.at("verdict") == "attention");
  CHECK(decision.at("cause") == "contradicted");
  CHECK(decision.at("department") == "Customer Services");
}

TEST_CASE("Two names of one department do not contradict each other") {
  const Office office;
  office.configure("[retention]\nalias = Cust Svcs: Customer Services\n");
  import(office, row("call", "Cust Svcs", 60));
  import(office, row("call", "Customer Services", 60));
  CHECK(decision_on(office, "call").at("verdict") == "kept");
}

TEST_CASE("A hold placed by an alias still covers when the alias is gone") {
  const Office office;
  import(office, row("call", "Customer Services", 400));
  const std::string before = test::slurp(office.config);
  office.configure("[retention]\nalias = Cust Svcs: Customer Services\n");
  CHECK_ENDED(office.call({"hold", "place", "LIT-1", "--kind", "litigation", "--reason", "claim",
                           "--department", "Cust Svcs"}),
              0);
  test::spill(office.config, before);
  CHECK(decision_on(office, "call").at("verdict") == "held");
}

TEST_CASE("A hold says which of the recordings that it names the index does not know") {
  const Office office;
  import(office, row("one", "Customer Services", 60) + row("two", "Customer Services", 60));
  const Ended placed = office.call({"hold", "place", "SAR-1", "--kind", "sar", "--reason", "asked",
                                    "--recording", "one", "tow", "two"});
  CHECK_ENDED(placed, 1);
  CHECK(contains(placed.err, "the index knows no recording 'tow'"));
  CHECK(contains(placed.out, "covered now: 2"));
}

TEST_CASE("No id that may not go into the log is put there by withdrawing an acknowledgement") {
  const Office office;
  import(office, row("odd", "Customer Services", 60));
  test::sql_run(index_of(office), "UPDATE recording SET id = 'Mrs Smith 01462'");
  CHECK_ENDED(office.call({"acknowledge", "--cause", "malformed", "--expect", "1", "--until",
                           Office::days_ago(-30).substr(0, 10), "--reason", "known"}),
              0);
  CHECK_ENDED(office.call({"acknowledge", "--withdraw", "Mrs Smith 01462"}), 2);
  CHECK_FALSE(contains(test::slurp(office.scratch / "office/log/log.jsonl"), "Smith"));
}

TEST_CASE("A certificate bears the policy's digest as the log has it also with an alias") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  office.configure("[retention]\nalias = Cust Svcs: Customer Services\n");
  office.write("old.wav", "audio");
  office.write("new.wav", "audio");
  import(office, row("old", "Cust Svcs", 400) + row("new", "Customer Services", 1));
  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "read"}), 0);
  CHECK_ENDED(office.call({"run"}), 0);
  const std::string out = office.scratch / "certificates";
  std::filesystem::create_directory(out);
  CHECK_ENDED(office.call({"log", "certificate", "old", "--output", out}), 0);
  const std::string log = test::slurp(office.scratch / "office/log/log.jsonl");
  const auto at = log.rfind("\"policy\":\"", log.find("\"type\":\"run.start\"") + 400);
  REQUIRE(at != std::string::npos);
  CHECK(contains(test::slurp(out + "/old.txt"), log.substr(at + 10, 64)));
}

TEST_CASE("Whoever corrects decides what is due and does not approve it under two persons") {
  const Office office;
  import(office, row("young", "Customer Services", 9) + row("new", "Customer Services", 1));
  CHECK_ENDED(office.call({"correct", "young", "--recorded-at", Office::days_ago(400),
                           "--authority", "T-1"}),
              0);
  CHECK(contains(test::slurp(office.scratch / "office/log/log.jsonl"), "\"type\":\"correct\""));
  office.configure("[run]\napproval = two-person\n");
  const Ended approved = office.call({"approve", office.digest(), "--reason", "mine"});
  CHECK_ENDED(approved, 2);
  CHECK(contains(approved.err, "two-person"));
}

namespace {

/// Contradicted in both: Revenues and Benefits, 366 days ago, by the index, and Customer Services,
/// 400 days ago, by the import.
void import_contradicted(const Office& office, const std::vector<std::string>& ids) {
  std::string first, second;
  for (const std::string& id : ids) {
    office.write(id + ".wav", "audio");
    first += row(id, "Revenues and Benefits", 366);
    second += row(id, "Customer Services", 400);
  }
  import(office, first);
  import(office, second, {}, 1);
}

void hold_days(const Office& office, const std::string& reference, const std::string& department,
               int from, int to) {
  std::vector<std::string> words = {"hold",       "place",    reference, "--kind",
                                    "litigation", "--reason", "claim"};
  if (!department.empty()) words.insert(words.end(), {"--department", department});
  if (from != 0) {
    words.insert(words.end(), {"--from", Office::days_ago(from).substr(0, 10), "--to",
                               Office::days_ago(to).substr(0, 10)});
  }
  CHECK(office.call(words).status != 2);
}

/// Two that nobody said, and three that the import did.
void hold_what_was_said_and_what_was_not(const Office& office) {
  hold_days(office, "FAR", "Customer Services", 300, 290);
  hold_days(office, "OTHER", "Licensing", 0, 0);
  hold_days(office, "DAYS", "", 405, 395);
  hold_days(office, "DEPT", "Customer Services", 0, 0);
  hold_days(office, "BOTH", "Customer Services", 405, 395);
}

}  // namespace

TEST_CASE("Perhaps is a hold only on days and departments that the index or an import has said") {
  const Office office;
  office.configure("[retention]\ndepartment = Licensing: 6 weeks\n");
  import_contradicted(office, {"a", "b"});
  hold_what_was_said_and_what_was_not(office);
  const std::string told = office.call({"explain", "a"}).out;
  INFO(told);
  CHECK(contains(told, "  perhaps     DAYS names days, and the day of this recording is in doubt"));
  CHECK(contains(told, "  perhaps     DEPT names a department, and the one of this recording is"));
  CHECK(contains(told, "  perhaps     BOTH names days and a department, and both are in doubt"));
  CHECK_FALSE(contains(told, "FAR"));
  CHECK_FALSE(contains(told, "OTHER"));
  for (const std::string hold : {"DAYS", "DEPT", "BOTH", "FAR", "OTHER"}) {
    CAPTURE(hold);
    const bool is_said = hold.size() == 4;
    const Ended unmatched = office.call({"hold", "show", hold, "--unmatched"});
    CHECK(contains(unmatched.out, "\na  not covered: ") == is_said);
  }
  const Ended as_indexed = office.call({"correct", "a", "--as-indexed", "--authority", "X-1"});
  CHECK_ENDED(as_indexed, 0);
  for (const char* hold : {"DAYS", "DEPT", "BOTH"}) {
    CHECK(contains(as_indexed.err, "note: while recording a was in doubt, hold " +
                                       std::string(hold) + " may have meant it; as it is now ("));
  }
  CHECK_FALSE(contains(as_indexed.err, "FAR"));
  CHECK_FALSE(contains(as_indexed.err, "OTHER"));
  // What leaves it in doubt leaves the holds that may mean it.
  const std::string number = "01462 474000";
  const Ended other = office.call({"correct", "b", "--subject", number, "--authority", "X-1"});
  CHECK_ENDED(other, 0);
  CHECK_FALSE(contains(other.err, "note: while"));
  const Ended as_imported = office.call({"correct", "b", "--as-imported", "--authority", "X-1"});
  CHECK_ENDED(as_imported, 0);
  CHECK_FALSE(contains(as_imported.err, "note: while"));
  CHECK(decision_on(office, "b").at("verdict") == "held");
}

TEST_CASE("A date or department that nobody can read or that cannot be true may be any") {
  const Office office;
  office.configure("[retention]\ndepartment = Licensing: 6 weeks\n");
  import_contradicted(office, {"empty", "odd"});
  import(office, "early,Customer Services,1970-01-01T00:00:00Z,early.wav\n");
  import(office, row("early", "Customer Services", 400), {}, 1);
  hold_what_was_said_and_what_was_not(office);
  for (const auto& [id, says] : {std::pair("empty", ""), std::pair("odd", "Elsewhere")}) {
    CAPTURE(id);
    CHECK_FALSE(contains(office.call({"explain", id}).out, "FAR"));
    test::sql_run(index_of(office), "UPDATE contradiction SET says = '" + std::string(says) +
                                        "' WHERE recording_key = (SELECT key FROM recording"
                                        " WHERE id = '" +
                                        id + "')");
    const std::string told = office.call({"explain", id}).out;
    INFO(told);
    CHECK(contains(told, "  perhaps     FAR names days and a department, and both are in doubt"));
    CHECK(contains(told, "  perhaps     OTHER names a department"));
    CHECK(contains(office.call({"hold", "show", "FAR", "--unmatched"}).out,
                   "\n" + std::string(id) + "  not covered: "));
  }
  CHECK(contains(office.call({"explain", "early"}).out, "  perhaps     FAR names days, and"));
}

TEST_CASE("What an order is to destroy is kept by a hold on days that nobody said") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  office.configure("[retention]\ndepartment = Licensing: 6 weeks\n");
  import_contradicted(office, {"ordered", "later"});
  const auto destroy = [&](const std::string& id) {
    return office.call(
        {"destroy", id, "--ground", "erasure", "--authority", "E-1", "--tonight", "--yes"});
  };
  CHECK_ENDED(destroy("ordered"), 0);
  hold_days(office, "FAR", "Customer Services", 300, 290);
  CHECK(decision_on(office, "ordered").at("verdict") == "held");
  // Else nothing would tell by what.
  CHECK(contains(office.call({"explain", "ordered"}).out, "  perhaps     FAR names days"));
  const Ended refused = destroy("later");
  CHECK_ENDED(refused, 2);
  CHECK(
      contains(refused.err, "a hold may mean it, and wins until that is settled: FAR names days"));
  CHECK(contains(refused.err,
                 "with --as-indexed if the index is right, --as-imported if the import "
                 "is, --recorded-at TIME"));
  static_cast<void>(office.call({"run"}));
  CHECK(office.exists("ordered.wav"));
}
