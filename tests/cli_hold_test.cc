// Holds through the program: what the officer types and reads, and what a hold covers.

#include "support/council.h"
#include "support/council_program.h"
#include "support/hold_office.h"

using namespace expunge;
using namespace expunge::test::hold_office;
using test::contains;
using test::Ended;
using test::Office;

TEST_CASE("A hold by agent covers what that member of staff recorded and says so") {
  const Office office;
  furnish(office);
  const Ended placed = place(office, "HR-1", {"--agent", "ANN-B"}, "other");
  CHECK_ENDED(placed, 0);
  CHECK(contains(placed.out, "covered now: 2; past their period today: 2"));
  const Ended show = hold(office, {"show", "HR-1", "--recordings"});
  CHECK(contains(show.out, "covers    agent annb\n"));
  CHECK(contains(show.out, "Customer Services         held 2\n"));
  CHECK(contains(show.out, "\na-1  held\na-2  held\n"));
  CHECK_FALSE(contains(show.out, "b-1"));
  CHECK_ENDED(place(office, "HR-2", {"--agent", "Ann B", "--subject", "tel:+44-1632-960001"}), 0);
  CHECK(contains(hold(office, {"show", "HR-2", "--recordings"}).out, "\na-1  held\n"));
  CHECK_ENDED(place(office, "HR-3", {"--agent", " - "}), 2);
}

TEST_CASE(
    "A hold says what it covers through a call alone and what it may mean and does not cover") {
  const Office office;
  const auto import = [&](const std::string& rows) {
    return office.call({"import", "-"}, "id,department,recorded_at,path,subject,call_id\n" + rows);
  };
  const auto row = [](const std::string& id, const std::string& rest) {
    return id + ",Customer Services," + Office::days_ago(5) + "," + id + ".wav," + rest + "\n";
  };
  REQUIRE(import(row("first", "01632 960001,call-7") + row("other", ",call-7") +
                 row("nobody", ",") + row("whose", "01632 960002,") + row("bob", "01632 960003,"))
              .status == 0);
  REQUIRE(import(row("whose", "01632 960001,")).status == 1);
  const Ended placed = place(office, "SAR-1", {"--subject", "01632 960001"});
  CHECK_ENDED(placed, 0);
  CHECK(contains(placed.out, "covered now: 2; only as other segments of a call that matches: 1."));
  CHECK(contains(placed.out, "Not covered, having no subject to match, though the rest fits: 1."));
  CHECK(
      contains(placed.out, "because whose call it is, its date or its department is in doubt: 1."));
  CHECK(contains(placed.out, "expunge hold show SAR-1 --unmatched lists them"));
  const Ended covered = hold(office, {"show", "SAR-1", "--recordings"});
  CHECK(contains(covered.out, "\nfirst  kept\nother  kept, through its call\n"));
  CHECK_FALSE(contains(covered.out, "nobody  "));
  const Ended unmatched = hold(office, {"show", "SAR-1", "--unmatched"});
  CHECK(contains(unmatched.out, "\nnobody  not covered: no subject to match\n"));
  CHECK(contains(unmatched.out,
                 "whose  not covered: whose call it is, its date or its department is in doubt\n"));
  CHECK_FALSE(contains(unmatched.out, "bob  "));
  CHECK_FALSE(contains(unmatched.out, "first  "));
}

TEST_CASE("A hold says of what may be meant by its call when that needs attention") {
  const Office office;
  const auto import = [&](const std::string& rows) {
    return office.call({"import", "-"}, "id,department,recorded_at,path,call_id\n" + rows);
  };
  const auto row = [](const std::string& id, const std::string& call) {
    return id + ",Customer Services," + Office::days_ago(5) + "," + id + ".wav," + call + "\n";
  };
  REQUIRE(import(row("first", "call-7") + row("late", "call-8")).status == 0);
  REQUIRE(import(row("first", "call-8")).status == 1);
  const Ended placed = place(office, "SAR-1", {"--recording", "first"});
  CHECK_ENDED(placed, 0);
  const std::string said =
      "is in doubt: 1. Until a person settles that it is kept: it needs attention in the plan, or "
      "will from its due day on; expunge hold show SAR-1 --unmatched lists them.";
  CHECK(contains(placed.out, said));
  const Ended unmatched = hold(office, {"show", "SAR-1", "--unmatched"});
  CHECK(contains(unmatched.out, said));
  CHECK(contains(unmatched.out, "\nlate  not covered: "));
  // It is not attention yet.
  const Ended known = office.call({"acknowledge", "late", "--reason", "seen", "--until", day(5)});
  CHECK_ENDED(known, 2);
  CHECK(contains(known.err, "it needs no attention (verdict: kept)"));
}

TEST_CASE("A hold on a department that nothing is of is refused with those that there are") {
  const Office office;
  CHECK(hold(office, {"list"}).out == "No holds.\n");
  furnish(office);
  CHECK_ENDED(office.call({"import", "-"}, "id,department,recorded_at,path\nc-1,Housing," +
                                               Office::days_ago(900) + ",c-1.wav\n"),
              0);
  const Ended slip = place(office, "COMP-2", {"--department", "Custmer Services"});
  CHECK_ENDED(slip, 2);
  CHECK(contains(slip.err, "has a department 'Custmer Services', and no hold was placed"));
  CHECK(contains(slip.err, "there are: Customer Services, "));
  CHECK(contains(slip.err, ", Housing; "));
  CHECK(slip.out.empty());
  CHECK(list(office).at("holds").empty());
  CHECK(logged(office, "hold.place") == 0);
  const Ended odd = place(office, "COMP-3", {"--department", "Housing"});
  CHECK_ENDED(odd, 0);
  CHECK(contains(odd.err, "note: the retention schedule names no department 'Housing'"));
  CHECK_ENDED(place(office, "COMP-4", {"--department", "Customer Services"}), 0);
}

TEST_CASE(
    "A hold on a department covers what it covered whatever becomes of the department's names") {
  const Office office;
  const auto set = [&](const std::string& was, const std::string& is) {
    std::string text = test::slurp(office.config);
    text.replace(text.find(was), was.size(), is);
    test::spill(office.config, text);
  };
  set("[retention]\n", "[retention]\nalias = Cust Svcs: Customer Services\n");
  REQUIRE(office
              .call({"import", "-"}, "id,department,recorded_at,path\nr-1,Customer Services," +
                                         Office::days_ago(500) + ",r-1.wav\nr-2,Cust Svcs," +
                                         Office::days_ago(500) + ",r-2.wav\n")
              .status == 0);
  const Ended placed = place(office, "COMP-1", {"--department", "Cust Svcs"}, "complaint");
  CHECK_ENDED(placed, 0);
  CHECK(contains(placed.out, "  covers    department Customer Services\n"));
  CHECK(contains(placed.out, "  covers    department Cust Svcs\n"));
  CHECK(contains(placed.out, "Recordings covered now: 2; past their period today: 2."));
  set("alias = Cust Svcs: Customer Services", "department = Cust Svcs: 12 months");
  const Ended plan = office.call({"plan", "--format", "csv"});
  CHECK(contains(plan.out, "r-2,Cust Svcs,"));
  CHECK(contains(plan.out, "held by COMP-1 (complaint)"));
  CHECK_FALSE(contains(plan.out, ",due,kept for"));
}

TEST_CASE("A number is held also where its first zero is missing") {
  const Office office;
  REQUIRE(office
              .call({"import", "-"},
                    "id,department,recorded_at,path,subject\nn-1,Customer Services," +
                        Office::days_ago(500) + ",n-1.wav,1632960003\n" + "n-2,Customer Services," +
                        Office::days_ago(500) + ",n-2.wav,+44 1632 960003\n")
              .status == 0);
  CHECK(contains(place(office, "SAR-1", {"--subject", "01632 960003"}).out, "covered now: 2;"));
  CHECK(contains(place(office, "SAR-2", {"--subject", "1632 960003"}).out, "covered now: 2;"));
  for (const auto& each : list(office).at("holds")) CHECK(each.at("covers") == 2);
  const Ended found = office.call({"explain", "--subject", "01632 960003"});
  CHECK(contains(found.out, "n-1  "));
  CHECK(contains(found.out, "n-2  "));
  CHECK_FALSE(contains(office.call({"plan", "--format", "csv"}).out, ",due,kept for"));
}

TEST_CASE("Of what was destroyed a hold on a number claims nothing about whose it was") {
  test::Council council;
  if (!council.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  council.add("gone", Office::days_ago(450), "gone.wav", std::string(9000, 'A'));
  REQUIRE(council.approve_and_run().tally.destroyed == 1);
  const test::CouncilProgram program(council);
  const Ended placed = program.call({"hold", "place", "SAR-1", "--kind", "sar", "--reason", "asked",
                                     "--subject", "01632 960001"});
  CHECK(contains(placed.out, "or of all where it names none: 1; whether any of these was meant"));
  CHECK_FALSE(contains(placed.out, "at most"));
  // What goes from then on it did not cover: that is looked at before.
  test::sql_run(council.index_path,
                "UPDATE recording SET destroyed_at = '2999-01-01T02:00:00.000Z' WHERE id = 'gone'");
  const Ended shown = program.call({"hold", "show", "SAR-1"});
  CHECK_ENDED(shown, 0);
  CHECK(contains(placed.out, "Destroyed before the hold was placed"));
  CHECK_FALSE(contains(shown.out, "Destroyed before the hold was placed"));
}

TEST_CASE("A hold that a recording in doubt may be meant by is called perhaps by every command") {
  const Office office;
  const auto import = [&](const std::string& rows) {
    return office.call({"import", "-"}, "id,department,recorded_at,path,bytes\n" + rows);
  };
  const auto row = [](const std::string& id, const std::string& date, int bytes) {
    return id + ",Customer Services," + date + "," + id + ".wav," + std::to_string(bytes) + "\n";
  };
  REQUIRE(import(row("soon", Office::days_ago(-20), 5) + row("size", Office::days_ago(30), 5) +
                 row("never", "", 5))
              .status == 0);
  REQUIRE(import(row("size", Office::days_ago(30), 6)).status == 1);
  const Ended placed = place(office, "SAR-1", {"--from", day(-410), "--to", day(-390)});
  CHECK(contains(placed.out,
                 "covered now: 1; without a date, so that they may be of the days it names: 1."));
  CHECK(contains(placed.out, "its date or its department is in doubt: 1."));
  CHECK(contains(hold(office, {"show", "SAR-1", "--unmatched"}).out, "\nsoon  not covered: "));
  const std::string perhaps = "SAR-1 names days, and the day of this recording is in doubt";
  CHECK(contains(office.call({"explain", "soon"}).out, "  perhaps     " + perhaps));
  CHECK_FALSE(contains(office.call({"explain", "size"}).out, "perhaps"));
  const auto destroy = [&](const std::string& id) {
    return office.call(
        {"destroy", id, "--ground", "erasure", "--authority", "E-1", "--tonight", "--yes"});
  };
  const Ended refused = destroy("soon");
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err, "a hold may mean it, and wins until that is settled: " + perhaps));
  CHECK(
      contains(refused.err, "expunge correct soon --authority REFERENCE, with --recorded-at TIME"));
  // Its size alone is in doubt, on which no hold depends.
  CHECK_ENDED(destroy("size"), 0);
  const Ended corrected =
      office.call({"correct", "soon", "--recorded-at", day(-20), "--authority", "CS-1"});
  CHECK_ENDED(corrected, 0);
  CHECK(contains(corrected.err,
                 "note: while recording soon was in doubt, hold SAR-1 may have meant it; "
                 "as it is now (department Customer Services, recorded " +
                     day(-20) + "), it is not covered."));
  CHECK_FALSE(contains(office.call({"explain", "soon"}).out, "perhaps"));
}

TEST_CASE("What needs attention and is past its period is not overdue under a hold") {
  const Office office;
  for (const char* bytes : {"5", "6"}) {
    static_cast<void>(office.call({"import", "-"},
                                  "id,department,recorded_at,path,bytes\nodd-1,"
                                  "Customer Services," +
                                      Office::days_ago(500) + ",odd-1.wav," + bytes + "\n"));
  }
  const auto overdue = [&] {
    return Json::parse(office.call({"status", "--json"}).out).at("overdue").at("recordings");
  };
  CHECK(overdue() == 1);
  REQUIRE(place(office, "LIT-1", {"--everything"}, "litigation").status == 0);
  CHECK(overdue() == 0);
  const Json plan = Json::parse(office.call({"plan", "--format", "json"}).out);
  CHECK(plan.at("recordings").at(0).at("verdict") == "attention");
  CHECK(plan.at("recordings").at(0).at("holds").at(0) == "LIT-1");
}

TEST_CASE("A hold on everything must be said alone and keeps what is imported later") {
  const Office office;
  furnish(office);
  CHECK_ENDED(place(office, "ALL-1", {"--everything", "--department", "Customer Services"}), 2);
  CHECK_ENDED(place(office, "ALL-1", {}), 2);
  const Ended placed = place(office, "ALL-1", {"--everything"}, "litigation");
  CHECK_ENDED(placed, 0);
  CHECK(contains(placed.out, "covered now: 3"));
  CHECK(contains(hold(office, {"show", "ALL-1"}).out, "covers    everything\n"));
  CHECK(office
            .call({"import", "-"}, "id,department,recorded_at,path\nc-1,Nobody's," +
                                       Office::days_ago(900) + ",c-1.wav\n")
            .status == 0);
  CHECK(list(office).at("holds").at(0).at("covers") == 4);
}
