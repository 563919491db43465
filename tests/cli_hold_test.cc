// Holds through the program: what the officer types and reads.

#include <nlohmann/json.hpp>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/council.h"
#include "support/council_program.h"
#include "support/logins.h"
#include "support/office.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::Office;
using Words = std::vector<std::string>;
using Json = nlohmann::json;

namespace {

/// Three recordings: Ann's, who spoke with 01632 960001, past their period; and Bob's of yesterday.
void furnish(const Office& office) {
  const std::string audio(9000, 'A');
  std::string csv = "id,department,recorded_at,path,subject,agent\n";
  const auto add = [&](const std::string& id, int days, const std::string& rest) {
    office.write(id + ".wav", audio + id);
    csv += id + ",Customer Services," + Office::days_ago(days) + "," + id + ".wav," + rest + "\n";
  };
  add("a-1", 420, "01632 960001,Ann B");
  add("a-2", 400, "01632 960002,Ann B");
  add("b-1", 1, "01632 960001,Bob");
  REQUIRE(office.call({"import", "-"}, csv).status == 0);
}

Ended place(const Office& office, const std::string& reference, Words scope,
            const std::string& kind = "sar") {
  Words words = {"hold", "place", reference, "--kind", kind, "--reason", "zebra asked"};
  words.insert(words.end(), scope.begin(), scope.end());
  return office.call(words);
}

Ended hold(const Office& office, Words words) {
  words.insert(words.begin(), "hold");
  return office.call(words);
}

std::string index_of(const Office& office) {
  return office.scratch / "office/index.db";
}

Json list(const Office& office, Words more = {}) {
  more.insert(more.begin(), {"list", "--json"});
  return Json::parse(hold(office, more).out);
}

/// The civil day so many days from now. The tests need no more: London's is UTC's or one later.
std::string day(int from_now) {
  return Office::days_ago(-from_now).substr(0, 10);
}

std::size_t zebras(const Office& office) {
  const Words needles = {"zebra", "01632960001", "annb"};
  return test::hits(index_of(office), needles) + test::hits(index_of(office) + "-journal", needles);
}

std::string log_of(const Office& office) {
  return test::slurp(office.scratch / "office/log/log.jsonl");
}

std::size_t logged(const Office& office, const std::string& type) {
  return test::hits(office.scratch / "office/log/log.jsonl", {"\"type\":\"" + type + "\""});
}

}  // namespace

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

TEST_CASE("A released hold is not reviewed and status says when it ends") {
  const Office office;
  furnish(office);
  REQUIRE(place(office, "SAR-1", {"--recording", "a-1"}).status == 0);
  const Ended released = hold(office, {"release", "SAR-1", "--reason", "answered"});
  CHECK_ENDED(released, 0);
  CHECK(contains(released.out, "Of what it covers, past their period today: 1; ordered to be"));
  const Ended review =
      hold(office, {"review", "SAR-1", "--until", day(60), "--reason", "police asked"});
  CHECK_ENDED(review, 2);
  CHECK(contains(review.err, "no review keeps it longer; expunge hold keep SAR-1 does"));
  const std::string status = office.call({"status"}).out;
  CHECK(contains(status, "; released, and in force through: SAR-1 (sar) " + day(7)));
  // On a day after its end the verdict is another, and the hold is in force until then.
  const Ended later = office.call({"explain", "a-1", "--as-of", day(20)});
  CHECK(contains(later.out, "  verdict     due on "));
  CHECK(contains(later.out, "  hold        SAR-1 (sar), since "));
  CHECK(contains(later.out, ": released, in force through " + day(7)));
  CHECK_FALSE(contains(status, "next reviews"));
  const Json json = Json::parse(office.call({"status", "--json"}).out);
  CHECK(json.at("ending") == 1);
  CHECK(json.at("next_ends").at(0).at("reference") == "SAR-1");
  CHECK_FALSE(contains(hold(office, {"list"}).out, "  review "));
  REQUIRE(hold(office, {"keep", "SAR-1"}).status == 0);
  CHECK_ENDED(hold(office, {"review", "SAR-1", "--until", day(60), "--reason", "police asked"}), 0);
}

TEST_CASE("What an order waits for is said when the hold is placed and when it is released") {
  const Office office;
  furnish(office);
  REQUIRE(office
              .call({"destroy", "b-1", "--ground", "erasure", "--authority", "E-1", "--tonight",
                     "--yes"})
              .status == 0);
  const Ended placed = place(office, "LIT-1", {"--recording", "b-1"}, "litigation");
  CHECK(
      contains(placed.out,
               "covered now: 1; ordered to be destroyed, and kept as long as it is in force: 1."));
  CHECK(contains(hold(office, {"release", "LIT-1", "--reason", "settled"}).out,
                 "past their period today: 0; ordered to be destroyed: 1."));
}

TEST_CASE("What is past its period and was ordered too counts as past its period") {
  const Office office;
  furnish(office);
  REQUIRE(office
              .call({"destroy", "a-1", "--ground", "erasure", "--authority", "E-1", "--tonight",
                     "--yes"})
              .status == 0);
  CHECK(contains(place(office, "LIT-1", {"--recording", "a-1", "a-2"}, "litigation").out,
                 "covered now: 2; past their period today: 2."));
  CHECK(contains(hold(office, {"release", "LIT-1", "--reason", "settled"}).out,
                 "past their period today: 2; ordered to be destroyed: 0."));
}

TEST_CASE(
    "A lost hold is named by the list and placed again of its own kind alone and with a word") {
  const Office office;
  furnish(office);
  REQUIRE(place(office, "HY", {"--everything"}, "police").status == 0);
  test::sql_run(index_of(office), "DELETE FROM hold_scope; DELETE FROM hold");
  const Ended listed = hold(office, {"list"});
  CHECK_ENDED(listed, 1);
  CHECK(contains(listed.err, "the log knows holds that the index has lost: HY; "));
  CHECK(contains(listed.err, "expunge hold place HY --kind police"));
  CHECK(contains(office.call({"status"}).out, "holds (lost by the index: HY)"));
  const Ended other = place(office, "HY", {"--recording", "b-1"}, "other");
  CHECK_ENDED(other, 2);
  CHECK(contains(other.err, "of the kind police, and not other"));
  CHECK(list(office).at("holds").empty());
  const Ended again = place(office, "HY", {"--recording", "b-1"}, "police");
  CHECK_ENDED(again, 1);
  CHECK(contains(again.err, "the log knows hold HY from " + day(0)));
  CHECK(contains(again.err, "nobody can tell from the log what it covered"));
  CHECK_ENDED(hold(office, {"list"}), 0);
  // Another reference has nothing to do with it.
  CHECK_ENDED(place(office, "NEW", {"--recording", "b-1"}), 0);
}

TEST_CASE("Of what was destroyed a hold on a number claims nothing about whose it was") {
  test::Council council;
  if (!council.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  council.add("gone", Office::days_ago(450), "gone.wav", std::string(9000, 'A'));
  REQUIRE(council.approve_and_run().tally.destroyed == 1);
  const Ended placed =
      test::CouncilProgram(council).call({"hold", "place", "SAR-1", "--kind", "sar", "--reason",
                                          "asked", "--subject", "01632 960001"});
  CHECK(contains(placed.out, "or of all where it names none: 1; whether any of these was meant"));
  CHECK_FALSE(contains(placed.out, "at most"));
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
  CHECK(contains(refused.err, "a hold wins: it is held by SAR-1 (sar): " + perhaps));
  // Its size alone is in doubt, on which no hold depends.
  CHECK_ENDED(destroy("size"), 0);
  const Ended corrected =
      office.call({"correct", "soon", "--recorded-at", day(-20), "--authority", "CS-1"});
  CHECK_ENDED(corrected, 0);
  CHECK(contains(corrected.err, "note: before recording soon was put right, " + perhaps));
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

TEST_CASE("A hold's review is the usual one of its kind or the one that was asked for") {
  const Office office;
  furnish(office);
  const auto review = [&](const std::string& reference, const std::string& kind, Words more) {
    more.insert(more.begin(), {"--recording", "a-1"});
    const Ended placed = place(office, reference, more, kind);
    CHECK_ENDED(placed, 0);
    const Json listed = list(office);
    for (const Json& each : listed.at("holds")) {
      if (each.at("reference") == reference) return each.at("review").get<std::string>();
    }
    return std::string("none");
  };
  CHECK(review("R-1", "sar", {"--review", day(40)}) == day(40));
  CHECK(review("R-2", "foi", {"--responded", "2020-05-31"}) == "2020-11-30");
  CHECK(review("R-3", "police", {}) > day(170));
  CHECK(contains(hold(office, {"show", "R-2"}).out, "Freedom of Information Act"));
  CHECK_ENDED(place(office, "R-4", {"--recording", "a-1", "--responded", "2020-05-31"}), 2);
  CHECK_ENDED(place(office, "R-4", {"--recording", "a-1", "--review", "2020-05-31"}), 2);
  CHECK_ENDED(place(office, "R-4", {"--recording", "a-1", "--responded", day(9)}, "eir"), 2);
  CHECK_ENDED(place(office, "R-4",
                    {"--recording", "a-1", "--responded", day(-9), "--review", day(9)}, "eir"),
              2);
  CHECK_ENDED(place(office, "R-4", {"--recording", "a-1"}, "whim"), 2);
}

TEST_CASE("A hold that is overdue for review is shown and told until it is reviewed") {
  const Office office;
  furnish(office);
  REQUIRE(place(office, "SAR-1", {"--recording", "a-1"}).status == 0);
  REQUIRE(place(office, "SAR-2", {"--recording", "nobody", "--review", day(9)}).status == 1);
  CHECK_ENDED(hold(office, {"list"}), 0);
  test::sql_run(index_of(office),
                "UPDATE hold SET review_on = '2020-01-01' WHERE reference = 'SAR-1'");
  const Ended listed = hold(office, {"list"});
  CHECK_ENDED(listed, 1);
  CHECK(contains(listed.out, "covers 1  review 2020-01-01 (OVERDUE)  in force\n"));
  CHECK(contains(listed.out, "covers 0 (stale)  review " + day(9) + "  in force\n"));
  CHECK(contains(listed.err, "holds whose review is overdue: 1"));
  const Json json = list(office);
  CHECK(json.at("format") == "expunge-holds/1");
  CHECK(json.at("overdue") == 1);
  CHECK(json.at("stale") == 1);
  CHECK(json.at("holds").at(0).at("overdue") == true);
  CHECK(json.at("holds").at(1).at("stale") == true);
  CHECK_ENDED(hold(office, {"review", "SAR-1", "--until", "2020-01-01", "--reason", "x"}), 2);
  CHECK_ENDED(hold(office, {"review", "SAR-1", "--until", day(60)}), 2);
  CHECK_ENDED(hold(office, {"review", "SAR-9", "--until", day(60), "--reason", "x"}), 2);
  CHECK_ENDED(hold(office, {"review", "SAR-1", "--until", day(60), "--reason", "not answered"}), 0);
  CHECK_ENDED(hold(office, {"list"}), 0);
  CHECK(contains(hold(office, {"show", "SAR-1"}).out, "until " + day(60) + ": not answered\n"));
}

TEST_CASE("A release takes effect after its delay and can be taken back until then") {
  const Office office;
  furnish(office);
  REQUIRE(place(office, "SAR-1", {"--subject", "01632 960001"}).status == 0);
  CHECK_ENDED(hold(office, {"keep", "SAR-1"}), 2);
  const Ended early = hold(office, {"release", "SAR-1", "--confirm"});
  CHECK_ENDED(early, 2);
  CHECK(contains(early.err, "one person is enough here"));
  CHECK(contains(early.err, "expunge hold release SAR-1 --reason TEXT"));
  const Ended released = hold(office, {"release", "SAR-1", "--reason", "zebra answered"});
  CHECK_ENDED(released, 0);
  const std::string until = list(office).at("holds").at(0).at("effective");
  CHECK((until == day(8) || until == day(9)));
  // The texts name its last day, and the JSON the first one without it.
  CHECK((contains(released.out, "in force through " + day(7)) ||
         contains(released.out, "in force through " + day(8))));
  CHECK_FALSE(contains(released.out, until));
  CHECK(list(office).at("holds").at(0).at("state") == "ending");
  const std::string through = until == day(8) ? day(7) : day(8);
  CHECK(contains(hold(office, {"list"}).out, "released, in force through " + through));
  CHECK(contains(hold(office, {"show", "SAR-1"}).out, "released, in force through " + through));
  CHECK(contains(office.call({"plan", "--format", "html"}).out,
                 "released, in force through " + through));
  CHECK(contains(office.call({"plan", "--format", "csv", "--as-of", through}).out, "SAR-1"));
  CHECK(contains(log_of(office), "\"effective\":\"" + until + "\""));
  CHECK(contains(office.call({"plan", "--format", "csv"}).out, "held by SAR-1"));
  CHECK_FALSE(contains(office.call({"plan", "--format", "csv", "--as-of", until}).out, "SAR-1"));
  CHECK_ENDED(hold(office, {"release", "SAR-1", "--reason", "again"}), 2);
  const Ended needless = hold(office, {"release", "SAR-1", "--confirm"});
  CHECK_ENDED(needless, 2);
  CHECK(contains(needless.err, "it is released already, and nothing is left to confirm"));
  CHECK_FALSE(contains(needless.err, "two persons"));
  CHECK(zebras(office) > 0);
  CHECK_ENDED(hold(office, {"keep", "SAR-1"}), 0);
  CHECK(list(office).at("holds").at(0).at("state") == "in-force");
  CHECK(contains(office.call({"plan", "--format", "csv", "--as-of", until}).out, "held by SAR-1"));
  CHECK_ENDED(hold(office, {"keep", "SAR-1"}), 2);
  CHECK(logged(office, "hold.keep") == 1);
  CHECK_ENDED(office.call({"log", "verify"}), 0);
}

TEST_CASE("Without a delay a release counts at once and leaves nothing of the person") {
  const Office office;
  office.configure("[holds]\nrelease-delay = none\n");
  furnish(office);
  for (const char* id : {"a-1", "b-1"}) REQUIRE(place(office, id, {"--recording", id}).status == 0);
  REQUIRE(place(office, "SAR-1", {"--agent", "zebra"}).status == 1);
  REQUIRE(hold(office, {"review", "SAR-1", "--until", day(60), "--reason", "zebra"}).status == 0);
  for (const char* reference : {"a-1", "b-1", "SAR-1"}) {
    CHECK_ENDED(hold(office, {"release", reference, "--reason", "zebra answered"}), 0);
  }
  CHECK(test::hits(index_of(office), {"zebra"}) == 0);
  CHECK(test::hits(index_of(office) + "-journal", {"zebra"}) == 0);
  const Ended show = hold(office, {"show", "SAR-1"});
  CHECK_ENDED(show, 0);
  CHECK(contains(show.out, "(erased when it ended"));
  CHECK(list(office).at("holds").empty());
  CHECK(list(office, {"--all"}).at("holds").at(2).at("state") == "ended");
  CHECK_FALSE(contains(log_of(office), "zebra"));
  CHECK_ENDED(hold(office, {"keep", "SAR-1"}), 2);
}

TEST_CASE("Without a delay a release counts by the log's clock where that is ahead") {
  if (!test::Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  using std::chrono::hours;
  // A run was by a clock that was three days ahead, and is put right since.
  test::Council council(test::machine_time(hours{72}).c_str());
  council.add("old", test::machine_time(-hours{24 * 500}), "old.wav", "audio");
  council.add("asked", test::machine_time(-hours{24 * 499}), "asked.wav", "audio");
  archive::HoldScope scope;
  scope.recording_id = "asked";
  council.place_hold("SAR-1", scope);
  REQUIRE(council.approve_and_run().tally.destroyed == 1);
  test::CouncilProgram program(council);
  program.set("holds.release-delay", "none");
  const std::string effective = base::to_text(council.today());
  const Ended released = program.call({"hold", "release", "SAR-1", "--reason", "zebra answered"});
  CHECK_ENDED(released, 0);
  const std::string last =
      base::to_text(base::CivilDate{std::chrono::sys_days{council.today()} - std::chrono::days{1}});
  CHECK(contains(released.out, "in force through " + last));
  const Json listed = Json::parse(program.call({"hold", "list", "--json"}).out).at("holds").at(0);
  CHECK(listed.at("state") == "ending");
  CHECK(listed.at("effective") == effective);
  CHECK(contains(program.call({"hold", "show", "SAR-1"}).out, "zebra answered"));  // not erased
  // On the day that it is in truth, the hold keeps what it covers.
  council.set_clock(test::machine_time().c_str());
  run::Request request;
  request.accepted.clock = true;
  CHECK(council.run(request).tally.destroyed == 0);
  CHECK(council.exists("asked.wav"));
  CHECK_ENDED(program.call({"hold", "keep", "SAR-1"}), 0);
}

TEST_CASE("Where two persons are needed the login that asked for a release cannot confirm it") {
  if (!test::can_set_login()) SKIP_TEST("this process may not set a login");
  const test::LoginScope login(61001);
  const Office office;
  office.configure("[holds]\nrelease = two-person\nrelease-delay = none\n");
  furnish(office);
  REQUIRE(place(office, "SAR-1", {"--recording", "a-1"}).status == 0);
  CHECK_ENDED(hold(office, {"release", "SAR-1", "--confirm"}), 2);
  CHECK_ENDED(hold(office, {"release", "SAR-1", "--confirm", "--reason", "x"}), 2);
  const Ended asked = hold(office, {"release", "SAR-1", "--reason", "zebra answered"});
  CHECK_ENDED(asked, 0);
  CHECK(contains(asked.out, "hold release SAR-1 --confirm"));
  CHECK(contains(log_of(office), "\"unconfirmed\":true"));
  CHECK(list(office).at("holds").at(0).at("state") == "unconfirmed");
  CHECK(contains(office.call({"plan", "--format", "csv", "--as-of", "2040-01-01"}).out, "SAR-1"));
  const Ended again = hold(office, {"release", "SAR-1", "--reason", "x"});
  CHECK_ENDED(again, 2);
  CHECK(contains(again.err, "another login confirms it"));
  const Ended same = hold(office, {"release", "SAR-1", "--confirm"});
  CHECK_ENDED(same, 2);
  CHECK(contains(same.err, "another login must confirm it"));
  CHECK(logged(office, "hold.confirm") == 0);
  CHECK(list(office).at("holds").at(0).at("state") == "unconfirmed");
  CHECK_ENDED(test::call_as(office, 61002, {"hold", "release", "SAR-1", "--confirm"}), 0);
  CHECK(logged(office, "hold.confirm") == 1);
  CHECK(list(office).at("holds").empty());
  const Json all = list(office, {"--all"}).at("holds").at(0);
  CHECK(all.at("state") == "ended");
  CHECK(all.at("release_user") == "61001");
  CHECK(all.at("confirm_user") == "61002");
  CHECK(zebras(office) > 0);  // the recordings have their agent and subject still
  CHECK(test::hits(index_of(office), {"zebra"}) == 0);
  CHECK_ENDED(office.call({"log", "verify"}), 0);
}

TEST_CASE("Two logins release a hold together whatever user sudo makes of them") {
  if (!test::can_set_login()) SKIP_TEST("this process may not set a login");
  const Office office;
  office.configure("[holds]\nrelease = two-person\n");
  furnish(office);
  REQUIRE(place(office, "SAR-1", {"--recording", "a-1"}).status == 0);
  const Words ask = {"hold", "release", "SAR-1", "--reason", "answered"};
  const Words confirm = {"hold", "release", "SAR-1", "--confirm"};
  CHECK_ENDED(test::call_as(office, 61001, ask), 0);
  const Ended same = test::call_as(office, 61001, confirm);
  CHECK_ENDED(same, 2);
  CHECK(contains(same.err, "61001 asked for its release"));
  CHECK_ENDED(test::call_as(office, 61002, confirm), 0);
  const Json held = list(office).at("holds").at(0);
  CHECK(held.at("state") == "ending");
  CHECK(held.at("release_user") == "61001");
  CHECK(held.at("confirm_user") == "61002");
  CHECK_ENDED(test::call_as(office, 61003, {"hold", "keep", "SAR-1"}), 0);
  CHECK(list(office).at("holds").at(0).at("state") == "in-force");
}

TEST_CASE("Nobody asks for or confirms a release of two persons whose login is not known") {
  if (!test::can_set_login()) SKIP_TEST("this process may not set a login");
  const Office office;
  office.configure("[holds]\nrelease = two-person\n");
  furnish(office);
  REQUIRE(place(office, "SAR-1", {"--recording", "a-1"}).status == 0);
  const Words ask = {"hold", "release", "SAR-1", "--reason", "answered"};
  const Words confirm = {"hold", "release", "SAR-1", "--confirm"};
  const auto refused = [&](uid_t login, const Words& words) {
    const Ended ended = test::call_as(office, login, words);
    CHECK_ENDED(ended, 2);
    CHECK(contains(ended.err, "hold SAR-1: its release takes two persons"));
    CHECK(contains(ended.err, "nobody can tell who this is"));
    CHECK(contains(ended.err, "log in as yourself, and use sudo"));
  };
  const auto nobody = static_cast<uid_t>(-1);  // as under cron
  for (const uid_t login : {nobody, uid_t{0}}) refused(login, ask);
  CHECK(logged(office, "hold.release") == 0);
  CHECK_ENDED(test::call_as(office, 61001, ask), 0);
  for (const uid_t login : {nobody, uid_t{0}}) refused(login, confirm);
  CHECK(logged(office, "hold.confirm") == 0);
  CHECK(list(office).at("holds").at(0).at("state") == "unconfirmed");
  CHECK_ENDED(test::call_as(office, 61002, confirm), 0);
  // One person is enough elsewhere, whoever it is.
  const Office alone;
  furnish(alone);
  REQUIRE(place(alone, "SAR-1", {"--recording", "a-1"}).status == 0);
  CHECK_ENDED(test::call_as(alone, nobody, ask), 0);
}

TEST_CASE("A release that awaits confirmation can be taken back by either") {
  if (!test::can_set_login()) SKIP_TEST("this process may not set a login");
  const test::LoginScope login(61001);
  const Office office;
  office.configure("[holds]\nrelease = two-person\n");
  furnish(office);
  REQUIRE(place(office, "SAR-1", {"--recording", "a-1"}).status == 0);
  REQUIRE(hold(office, {"release", "SAR-1", "--reason", "x"}).status == 0);
  CHECK(contains(office.call({"status"}).out,
                 "holds whose release a second person must confirm: 1 (expunge hold list)"));
  CHECK(Json::parse(office.call({"status", "--json"}).out).at("unconfirmed") == 1);
  CHECK_ENDED(hold(office, {"keep", "SAR-1"}), 0);
  CHECK_FALSE(contains(office.call({"status"}).out, "second person"));
  CHECK(list(office).at("holds").at(0).at("state") == "in-force");
  CHECK_ENDED(hold(office, {"release", "SAR-1", "--confirm"}), 2);
}

TEST_CASE("The delay runs from the confirmation") {
  if (!test::can_set_login()) SKIP_TEST("this process may not set a login");
  const test::LoginScope login(61001);
  const Office office;
  office.configure("[holds]\nrelease = two-person\nrelease-delay = 3 days\n");
  furnish(office);
  REQUIRE(place(office, "SAR-1", {"--recording", "a-1"}).status == 0);
  REQUIRE(hold(office, {"release", "SAR-1", "--reason", "x"}).status == 0);
  test::sql_run(index_of(office),
                "UPDATE hold SET release_user = 'x', released_at = '2020-01-01T00:00:00.000Z'");
  CHECK_ENDED(hold(office, {"release", "SAR-1", "--confirm"}), 0);
  const std::string until = list(office).at("holds").at(0).at("effective");
  CHECK((until == day(4) || until == day(5)));
}

TEST_CASE("A writing command forgets the person of an ended hold and a reading one does not") {
  if (!test::Council().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  test::Council council(test::machine_time(std::chrono::hours{-1}).c_str());
  council.add("old", test::machine_time(-std::chrono::hours{24 * 400}), "old.wav", "audio");
  council.add("new", test::machine_time(-std::chrono::hours{24}), "new.wav", "audio");
  archive::HoldScope zebra;
  zebra.agent_key = "zebra";
  council.place_hold("SAR-1", zebra);
  archive::HoldScope recording;
  recording.recording_id = "new";
  council.place_hold("SAR-2", recording);
  REQUIRE(council.approve_and_run().outcome == run::Outcome::complete);
  council.release_hold("SAR-1");
  const test::CouncilProgram program(council);
  const auto erased = [&](const char* reference) {
    return test::sql_value(council.index_path, std::string("SELECT erased FROM hold WHERE "
                                                           "reference = '") +
                                                   reference + "'") == "1";
  };
  for (const Words& words : std::vector<Words>{
           {"plan"}, {"run", "--dry-run"}, {"hold", "list"}, {"hold", "show", "SAR-1"}}) {
    static_cast<void>(program.call(words));
    CHECK_FALSE(erased("SAR-1"));
  }
  CHECK(contains(program.call({"hold", "show", "SAR-1"}).out, "ended; not in force since "));
  // As an index that was put back may have it, of a release that was taken back since.
  test::sql_run(council.index_path,
                "UPDATE hold SET effective_on = '2020-01-01', released_at = placed_at,"
                " release_user = 'officer' WHERE reference = 'SAR-2'");
  CHECK_ENDED(program.call({"hold", "place", "SAR-3", "--kind", "sar", "--reason", "x",
                            "--recording", "new"}),
              0);
  CHECK(erased("SAR-1"));
  CHECK(test::sql_value(council.index_path,
                        "SELECT count(*) FROM hold_scope WHERE reference = 'SAR-1'") == "0");
  CHECK_FALSE(erased("SAR-2"));
}
