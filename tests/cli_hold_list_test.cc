// The list of holds, their reviews, and one that the index has lost.

#include "support/hold_office.h"

using namespace expunge;
using namespace expunge::test::hold_office;
using test::contains;
using test::Ended;
using test::Office;

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
  CHECK(contains(later.out, ": due: kept for "));
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

TEST_CASE(
    "A lost hold is named by the list and placed again of its own kind alone and with a word") {
  const Office office;
  furnish(office);
  REQUIRE(place(office, "HY", {"--everything"}, "police").status == 0);
  test::sql_run(index_of(office), "DELETE FROM hold_scope; DELETE FROM hold");
  const Ended listed = hold(office, {"list"});
  CHECK_ENDED(listed, 1);
  CHECK(contains(listed.err,
                 "the log knows holds in force that the index has lost, or takes for ended: HY; "));
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
  CHECK(contains(listed.out, "covers 0 so far  review " + day(9) + "  in force\n"));
  CHECK(contains(listed.err, "holds whose review is overdue: 1"));
  const Json json = list(office);
  CHECK(json.at("format") == "expunge-holds/1");
  CHECK(json.at("overdue") == 1);
  CHECK(json.at("stale") == 0);
  CHECK(json.at("holds").at(0).at("overdue") == true);
  CHECK_ENDED(hold(office, {"review", "SAR-1", "--until", "2020-01-01", "--reason", "x"}), 2);
  CHECK_ENDED(hold(office, {"review", "SAR-1", "--until", day(60)}), 2);
  CHECK_ENDED(hold(office, {"review", "SAR-9", "--until", day(60), "--reason", "x"}), 2);
  CHECK_ENDED(hold(office, {"review", "SAR-1", "--until", day(60), "--reason", "not answered"}), 0);
  CHECK_ENDED(hold(office, {"list"}), 0);
  CHECK(contains(hold(office, {"show", "SAR-1"}).out, "until " + day(60) + ": not answered\n"));
}

TEST_CASE("A hold that covers nothing is stale only once it was placed more than seven days ago") {
  const Office office;
  furnish(office);
  REQUIRE(place(office, "SAR-1", {"--recording", "nobody"}).status == 1);
  const auto placed_ago = [&](int days, const char* more) {
    const std::string at = Office::days_ago(days).substr(0, 10) + more;
    test::sql_run(index_of(office),
                  ("UPDATE hold SET placed_at = '" + at + "' WHERE reference = 'SAR-1'").c_str());
  };
  const Json young = list(office);
  CHECK(young.at("stale") == 0);
  CHECK(young.at("holds").at(0).at("stale") == false);
  CHECK(contains(hold(office, {"list"}).out, "  covers 0 so far  review "));
  placed_ago(6, "T00:00:00.000Z");
  CHECK(list(office).at("stale") == 0);
  placed_ago(8, "T00:00:00.000Z");
  CHECK(list(office).at("stale") == 1);
  CHECK(list(office).at("holds").at(0).at("stale") == true);
  CHECK(contains(hold(office, {"list"}).out, "  covers 0 (stale)  review "));
  // What matches and is imported later is covered, and nothing is stale then.
  REQUIRE(office
              .call({"import", "-"}, "id,department,recorded_at,path\nnobody,Customer Services," +
                                         Office::days_ago(3) + ",nobody.wav\n")
              .status == 0);
  CHECK(list(office).at("stale") == 0);
  CHECK(contains(hold(office, {"list"}).out, "  covers 1  review "));
}
