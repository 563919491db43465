// The other segments of a call of which a hold may mean one, because that one is in doubt. Through
// the program.

#include <nlohmann/json.hpp>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/office.h"
#include "support/page_text.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::Office;
using test::unwrapped;

namespace {

using Words = std::vector<std::string>;

struct Row {
  std::string id, department = "Customer Services", date = Office::days_ago(400), subject = "",
                  agent = "", call = "C";
};

Ended import(const Office& office, const std::vector<Row>& rows) {
  std::string text = "id,department,recorded_at,path,subject,agent,call_id\n";
  for (const Row& row : rows) {
    text += row.id + "," + row.department + "," + row.date + "," + row.id + ".wav," + row.subject +
            "," + row.agent + "," + row.call + "\n";
  }
  return office.call({"import", "-"}, text);
}

void place(const Office& office, const std::string& reference, Words scope) {
  scope.insert(scope.begin(), {"hold", "place", reference, "--kind", "sar", "--reason", "asked"});
  REQUIRE(office.call(std::move(scope)).status != 2);
}

Ended correct(const Office& office, const std::string& id, Words more) {
  more.insert(more.begin(), {"correct", id, "--authority", "REC-7"});
  return office.call(std::move(more));
}

nlohmann::json planned(const Office& office, const std::string& id) {
  const auto plan = nlohmann::json::parse(office.call({"plan", "--format", "json"}).out);
  for (const auto& each : plan["recordings"]) {
    if (each["recording"] == id) return each;
  }
  return {{"cause", ""}};
}

std::string cause(const Office& office, const std::string& id) {
  return planned(office, id)["cause"];
}

std::string day(int days_ago) {
  return Office::days_ago(days_ago).substr(0, 10);
}

}  // namespace

TEST_CASE("The others of a call are kept while a hold may mean one that is in doubt") {
  const Office office;
  struct Case {
    const char* what;
    Row first, second;
    Words scope, settles;
  };
  const Case each = GENERATE(Case{"subject",
                                  {.id = "a", .subject = "01632 960001"},
                                  {.id = "a", .subject = "01632 960501"},
                                  {"--subject", "01632 960501"},
                                  {"--subject", "01632 960501"}},
                             Case{"agent",
                                  {.id = "a", .agent = "ann"},
                                  {.id = "a", .agent = "dora"},
                                  {"--agent", "dora"},
                                  {"--agent", "dora"}},
                             Case{"date",
                                  {.id = "a"},
                                  {.id = "a", .date = Office::days_ago(500)},
                                  {"--from", day(505), "--to", day(495)},
                                  {"--as-imported"}},
                             Case{"department",
                                  {.id = "a"},
                                  {.id = "a", .department = "Revenues and Benefits"},
                                  {"--department", "Revenues and Benefits", "--to", day(390)},
                                  {"--as-imported"}},
                             Case{"department that the schedule does not name",
                                  {.id = "a", .department = "Parking"},
                                  {.id = "a", .department = "Parking"},
                                  {"--department", "Revenues and Benefits"},
                                  {"--department", "Revenues and Benefits"}},
                             Case{"date that cannot be true",
                                  {.id = "a", .date = "1970-01-01T00:00:00Z"},
                                  {.id = "a", .date = "1970-01-01T00:00:00Z"},
                                  {"--from", day(505), "--to", day(495)},
                                  {"--recorded-at", Office::days_ago(500)}});
  CAPTURE(each.what);
  import(office, {each.first, {.id = "b"}, {.id = "far", .call = "D"}, {
                    .id = "rb",
                    .department = "Revenues and Benefits",
                    .date = Office::days_ago(9),
                    .call = "E"
                  }});
  import(office, {each.second});
  CHECK(cause(office, "b") == "period-over");
  place(office, "H-1", each.scope);
  CHECK(cause(office, "b") == "perhaps-held");
  CHECK(cause(office, "far") == "period-over");
  CHECK(cause(office, "a") != "perhaps-held");
  CHECK(planned(office, "b")["reason"] ==
        "due since " + planned(office, "b")["due"].get<std::string>() +
            ", and may be a segment of a held call: recording a, of its call, is in doubt in what "
            "H-1 (sar) asks for");
  CHECK(contains(planned(office, "b")["remedy"].get<std::string>(),
                 "settle what is in doubt of recording a: expunge explain a says what"));
  const Ended corrected = correct(office, "a", each.settles);
  CHECK_ENDED(corrected, 0);
  CHECK_FALSE(contains(corrected.err, "note: others"));
  CHECK(cause(office, "a") == "under-hold");
  CHECK(cause(office, "b") == "under-hold");
}

TEST_CASE("What is perhaps held for another of its call is shown ordered and let go as such") {
  const Office office;
  import(office, {{.id = "a"},
                  {.id = "b"},
                  {.id = "z",
                   .date = Office::days_ago(30),
                   .call = "" }});
  import(office, {{.id = "a", .date = Office::days_ago(500) }});
  place(office, "H-1", {"--from", day(505), "--to", day(495)});
  const Ended shown = office.call({"hold", "show", "H-1", "--unmatched"});
  CHECK(contains(shown.out, "date or its department is in doubt: 2."));
  CHECK(contains(shown.out,
                 "Of these, for another of its call alone: 1. What that is so of is kept only as "
                 "long as the hold is in force.\n"));
  CHECK(contains(shown.out,
                 "\nb  not covered: perhaps a segment of a call that it means; expunge explain "
                 "says why\n"));
  const std::string told = unwrapped(office.call({"explain", "b"}).out);
  CHECK(contains(told,
                 "It is still kept. Whether an order to keep recordings is for this one too "
                 "is being looked at: it is kept until that is known."));
  CHECK(contains(told, "perhaps H-1 means its call, if it means a, which is in doubt"));
  CHECK_FALSE(contains(office.call({"explain", "a"}).out, "if it means a"));
  const Ended ordered =
      office.call({"destroy", "b", "--ground", "erasure", "--authority", "E-1", "--yes"});
  CHECK_ENDED(ordered, 2);
  CHECK(contains(ordered.err, "settle what is in doubt of recording a"));
  const Ended wrong = correct(office, "b", {"--as-indexed"});
  CHECK_ENDED(wrong, 2);
  CHECK(contains(wrong.err,
                 "no import says anything against the index; nothing was changed; it waits for "
                 "another: settle what is in doubt of recording a"));
  SECTION("by a correction of the other") {
    const Ended settled = correct(office, "a", {"--as-indexed"});
    CHECK_ENDED(settled, 0);
    CHECK(contains(settled.err,
                   "note: others that may have been segments of a held call, and that no hold "
                   "covers as it is now: 1; of these due at once: 1; the first is recording b, and "
                   "may have been held by H-1 (sar)."));
    CHECK(cause(office, "b") == "period-over");
  }
  SECTION("by a correction of its own call") {
    const Ended moved = correct(office, "b", {"--call", "F"});
    CHECK_ENDED(moved, 0);
    CHECK(contains(moved.err, "note: while recording b was in doubt, hold H-1 may have meant it"));
    CHECK(cause(office, "b") == "period-over");
  }
  SECTION("by the end of the hold") {
    const Ended released = office.call({"hold", "release", "H-1", "--reason", "answered"});
    CHECK_ENDED(released, 0);
    CHECK(contains(
        released.out,
        "Past their period too, or ordered, and kept because they may be segments of a "
        "call that it means: 1; its end lets these go, settled or not, unless another hold "
        "covers them or may mean them.\n"));
    CHECK(contains(unwrapped(office.call({"explain", "b"}).out),
                   "it is kept until that is known, or that order has ended. That order has been "
                   "withdrawn with effect from"));
  }
}

TEST_CASE("A hold that names a recording and more keeps no correction from being refused") {
  const Office office;
  import(office, {{.id = "a", .subject = "01632 960001"},
                  {.id = "b"},
                  {.id = "far",
                   .call = "D" }});
  struct Case {
    Words bound, put_right;
  };
  const Case each = GENERATE(
      Case{{"--subject", "01632 960001"}, {"--subject", "01632 960002"}},
      Case{{"--department", "Customer Services"}, {"--department", "Revenues and Benefits"}},
      Case{{"--from", day(410), "--to", day(390)}, {"--recorded-at", Office::days_ago(500)}});
  Words scope = {"--recording", "a"};
  scope.insert(scope.end(), each.bound.begin(), each.bound.end());
  place(office, "H-1", scope);
  CHECK(cause(office, "b") == "under-hold");
  const Ended refused = correct(office, "a", each.put_right);
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err, "recording a: then the hold H-1 would cover it no more"));
  CHECK(cause(office, "a") == "under-hold");
  // Nor does such a one keep the others of a call that it leaves.
  const Ended moved = correct(office, "a", {"--call", "E"});
  CHECK_ENDED(moved, 2);
  CHECK(contains(moved.err,
                 "the hold H-1 would no longer cover the others of its call (1; first: "
                 "b)"));
  place(office, "H-2", {"--recording", "a", "b"});
  CHECK_ENDED(correct(office, "a", each.put_right), 0);
  CHECK(cause(office, "b") == "under-hold");
}

TEST_CASE(
    "What is said to be of the call of a recording in doubt is kept for all that is in doubt") {
  const Office office;
  const std::string impossible = "1970-01-01T00:00:00Z";
  import(office, {{.id = "a", .date = impossible}, {.id = "b", .call = "D"}, {.id = "c"}, {
                    .id = "far",
                    .call = "E"
                  }});
  import(office, {{.id = "a", .date = impossible, .call = "D" }});
  place(office, "H-1", {"--from", day(505), "--to", day(495)});
  CHECK(cause(office, "b") == "perhaps-held");
  CHECK(cause(office, "c") == "perhaps-held");
  CHECK(cause(office, "far") == "period-over");
  CHECK(
      contains(planned(office, "b")["reason"].get<std::string>(),
               "an import said that recording a, which is in doubt in what H-1 (sar) asks for, is "
               "of its call"));
  CHECK(contains(office.call({"explain", "b"}).out,
                 "perhaps     H-1 may mean its call, if a is of it, as an import said"));
}

TEST_CASE("Of two in doubt each keeps the other and all holds that may mean either count") {
  const Office office;
  import(office, {{.id = "a", .subject = "01632 960001"},
                  {.id = "b", .agent = "ann"},
                  {.id = "d" }});
  import(office, {{.id = "a", .subject = "01632 960501"}, {.id = "b", .agent = "dora" }});
  place(office, "H-1", {"--subject", "01632 960501"});
  place(office, "H-2", {"--agent", "dora"});
  const Ended released = office.call({"hold", "release", "H-1", "--reason", "answered"});
  CHECK(contains(released.out, "unless another hold covers them or may mean them."));
  const std::string told = unwrapped(office.call({"explain", "d"}).out);
  CHECK(contains(told, "it is kept until that is known."));
  CHECK_FALSE(contains(told, "has been withdrawn"));
  // Each by the one that it may mean.
  CHECK(
      contains(told, "perhaps H-1 means its call, if it means a, which is in doubt (released, in"));
  CHECK(contains(told, "perhaps H-2 means its call, if it means b, which is in doubt"));
  CHECK(contains(told, "recording a, of its call, is in doubt in what H-1 (sar) asks for"));
  const std::string of_a = unwrapped(office.call({"explain", "a"}).out);
  CHECK(contains(of_a, "perhaps H-2 means its call, if it means b, which is in doubt"));
  CHECK_FALSE(contains(of_a, "H-1 means its call"));
  const Ended shown = office.call({"hold", "show", "H-2", "--unmatched"});
  CHECK(contains(shown.out, "\nb  not covered: whose call it is, its date or its department"));
  CHECK(contains(shown.out, "\nd  not covered: perhaps a segment of a call that it means"));
  CHECK(contains(shown.out, "Of these, for another of its call alone: 2."));
  // What is in doubt itself is not let go by what is settled of another.
  const Ended settled = correct(office, "b", {"--agent", "eve"});
  CHECK_ENDED(settled, 2);  // H-2 means dora, and an import said so
  place(office, "H-3", {"--recording", "b"});
  CHECK_FALSE(contains(correct(office, "b", {"--agent", "eve"}).err, "note: others"));
  CHECK(cause(office, "a") == "contradicted");
  CHECK(cause(office, "d") == "under-hold");
}

TEST_CASE("An id that no import writes reaches no terminal as it is") {
  const Office office;
  import(office, {{.id = "a", .department = "Parking"}, {.id = "b" }});
  test::sql_run(office.scratch / "office/index.db",
                "UPDATE recording SET id = 'a' || char(27) || '[31m' WHERE id = 'a'");
  place(office, "H-1", {"--department", "Revenues and Benefits"});
  const Ended told = office.call({"explain", "b"});
  CHECK(contains(told.out, "  perhaps     H-1 means its call, if it means a"));
  CHECK_FALSE(contains(told.out, "\x1b"));
}

TEST_CASE("That a date later than its import is right is taken of one that waits for another too") {
  const Office office;
  const std::string date = Office::days_ago(30);
  import(office, {{.id = "a", .date = date}, {.id = "b", .date = date }});
  place(office, "H-1", {"--from", day(505), "--to", day(495)});
  test::sql_run(office.scratch / "office/index.db",
                "UPDATE recording SET indexed_on = '" + day(45) + "'");
  CHECK(cause(office, "b") == "date-in-the-future");
  CHECK(contains(office.call({"explain", "b"}).out, "perhaps     H-1 means its call"));
  CHECK_ENDED(correct(office, "b", {"--as-indexed"}), 0);
  CHECK(cause(office, "b").empty());
}

TEST_CASE("What an older version kept no value of is no more passed over than what it kept") {
  const Office office;
  import(office, {{.id = "a", .subject = "01632 960001" }});
  import(office, {{.id = "a", .subject = "01632 960501" }});
  test::sql_run(office.scratch / "office/index.db", "UPDATE contradiction SET says = ''");
  place(office, "H-1", {"--subject", "01632 960501"});
  const Ended passed = correct(office, "a", {"--as-indexed"});
  CHECK_ENDED(passed, 2);
  CHECK(contains(passed.err,
                 "the hold H-1 may mean it, since whose call it is was put right, or an "
                 "import said otherwise, and nothing tells as what"));
  CHECK(contains(passed.err, "or release the hold if it has ended (expunge hold release H-1)"));
  CHECK_ENDED(office.call({"hold", "release", "H-1", "--reason", "answered"}), 0);
  const Ended released = correct(office, "a", {"--as-indexed"});
  CHECK_ENDED(released, 2);
  CHECK(contains(released.err,
                 "or wait until the hold has ended: it is released, and in force "
                 "through "));
  CHECK_ENDED(correct(office, "a", {"--subject", "01632 960501"}), 0);
}

TEST_CASE("The letter says when an order to keep that may be for what was ordered is withdrawn") {
  const Office office;
  import(office, {{.id = "a", .department = "Parking" }});
  CHECK_ENDED(office.call({"destroy", "a", "--ground", "erasure", "--authority", "E-1", "--tonight",
                           "--yes"}),
              0);
  place(office, "H-1", {"--department", "Revenues and Benefits"});
  const auto told = [&] { return unwrapped(office.call({"explain", "a"}).out); };
  CHECK(contains(told(),
                 "But it is still kept. Whether an order to keep recordings is for this one "
                 "too is being looked at: it is kept until that is known."));
  CHECK_ENDED(office.call({"hold", "release", "H-1", "--reason", "answered"}), 0);
  CHECK(contains(told(),
                 "it is kept until that is known, or that order has ended. That order has "
                 "been withdrawn with effect from "));
  CHECK(contains(told(),
                 "H-1 names a department, and the one of this recording is in doubt "
                 "(released, in force through "));
}

TEST_CASE("Of several holds in the way of a correction that is named which stays longest") {
  const Office office;
  import(office, {{.id = "a", .subject = "01632 960001" }});
  place(office, "H-1", {"--subject", "01632 960001"});
  CHECK_ENDED(office.call({"hold", "release", "H-1", "--reason", "answered"}), 0);
  place(office, "H-2", {"--subject", "01632 960001"});
  const Ended refused = correct(office, "a", {"--subject", "01632 960002"});
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err, "then the hold H-2 would cover it no more"));
  CHECK(contains(refused.err,
                 "release the hold if it has ended (expunge hold release H-2); in the "
                 "way as well: H-1"));
}

TEST_CASE("Of what is let go a correction names every hold that may have been meant and no other") {
  const Office office;
  const std::string rb = "Revenues and Benefits";
  import(office, {{.id = "a"}, {.id = "b"}, {.id = "c"}, {.id = "d" }});
  SECTION("each by whom it is told of") {
    import(office, {{.id = "a", .department = rb}, {.id = "b", .date = Office::days_ago(500) }});
    place(office, "A", {"--department", rb, "--to", day(390)});
    place(office, "B", {"--from", day(505), "--to", day(495)});
    const Ended settled = office.call({"correct", "a", "b", "--as-indexed", "--authority", "R-1"});
    CHECK_ENDED(settled, 0);
    CHECK(contains(settled.err,
                   "the first is recording c, and may have been held by A (sar), B "
                   "(sar)."));
  }
  SECTION("not while another of the call may be meant by the same") {
    import(office, {{.id = "a", .department = rb}, {.id = "c", .department = rb }});
    place(office, "A", {"--department", rb, "--to", day(390)});
    CHECK(contains(office.call({"explain", "a"}).out, "A means its call, if it means c, which is"));
    const Ended settled = correct(office, "a", {"--as-indexed"});
    CHECK_ENDED(settled, 0);
    CHECK_FALSE(contains(settled.err, "note:"));
    CHECK(cause(office, "a") == "perhaps-held");
  }
  SECTION("and what needs attention for something else too") {
    import(office, {{.id = "a", .date = Office::days_ago(500)}, {.id = "b", .department = rb }});
    place(office, "A", {"--from", day(505), "--to", day(495)});
    const Ended settled = correct(office, "a", {"--as-indexed"});
    CHECK_ENDED(settled, 0);
    CHECK(contains(settled.err,
                   "no hold covers as it is now: 3; of these due at once: 2; the first "
                   "is recording b,"));
  }
}

TEST_CASE("The letter on what was ordered counts the orders for its call before it names an end") {
  const Office office;
  import(office, {{.id = "a", .department = "Parking"}, {.id = "b", .subject = "01632 960001" }});
  import(office, {{.id = "b", .subject = "01632 960501" }});
  CHECK_ENDED(office.call({"destroy", "a", "--ground", "erasure", "--authority", "E-1", "--tonight",
                           "--yes"}),
              0);
  place(office, "H-1", {"--department", "Revenues and Benefits"});
  place(office, "H-2", {"--subject", "01632 960501"});
  CHECK_ENDED(office.call({"hold", "release", "H-1", "--reason", "answered"}), 0);
  const std::string told = unwrapped(office.call({"explain", "a"}).out);
  CHECK(contains(told, "is being looked at: it is kept until that is known."));
  CHECK_FALSE(contains(told, "has been withdrawn"));
}
