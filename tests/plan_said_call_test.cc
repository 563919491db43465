// Segments of a call of which an import says that a held recording is of it: in doubt they are
// kept.

#include "plan/coverage.h"
#include "plan/plan.h"
#include "support/archive_fixture.h"
#include "support/catch.h"

using namespace expunge;
using archive::HoldScope;
using plan::Cause;
using plan::Verdict;
using test::contains_text;

namespace {

constexpr const char* kToday = "2026-03-01";

archive::ImportRow of_call(const char* id, const char* call, const char* subject = "") {
  archive::ImportRow row = test::row(id, "2025-01-10T10:00:00Z", subject);
  row.call_id = call;
  return row;
}

/// `asked` is of call D by the index; `one` and `two` are of call C, `far` of call E; all are due.
class Desk {
 public:
  Desk() {
    test::make_index(dir_ / "index.db", {of_call("asked", "D", "01632 960001"), of_call("one", "C"),
                                         of_call("two", "C"), of_call("far", "E")});
  }

  [[nodiscard]] archive::Index open() const { return test::open_index(dir_ / "index.db"); }

  void say(const archive::ImportRow& row) {
    archive::Index index = open();
    REQUIRE(test::import_rows(index, {row}).contradictions > 0);
  }

  void hold(HoldScope scope) {
    archive::Index index = open();
    archive::Hold hold;
    hold.reference = "SAR-1";
    hold.kind = "sar";
    hold.placed_at = test::log_time("2026-01-05T10:00:00.000Z");
    hold.scopes.push_back(std::move(scope));
    archive::Index::Writing writing(index);
    writing.place_hold(hold);
    writing.commit();
  }

  /// The verdict on it, and when that is attention its cause.
  [[nodiscard]] std::string verdict(const char* id, std::string* why = nullptr) const {
    const archive::Index index = open();
    const plan::HoldMatcher holds = plan::holds_of_day(index, rules, test::date(kToday));
    const plan::Decider decider(rules, holds, test::date(kToday));
    const auto recording = index.find(id);
    REQUIRE(recording);
    const plan::Decision decision = decider.decide(*recording);
    if (why != nullptr) *why = reason(decision, *recording);
    return std::string(to_text(decision.verdict)) +
           (decision.verdict == Verdict::attention ? " " + std::string(to_text(decision.cause))
                                                   : "");
  }

  policy::RetentionSchedule rules{*policy::TimeZone::find("Europe/London"),
                                  {{"Customer Services", *policy::parse_period("12 months")}},
                                  "",
                                  test::date("2000-01-01")};

 private:
  test::Scratch dir_;
};

HoldScope of_recording(const char* id) {
  HoldScope scope;
  scope.recording_id = id;
  return scope;
}

HoldScope of_subject(const char* number) {
  HoldScope scope;
  scope.subject_key = archive::subject_key(number);
  return scope;
}

}  // namespace

TEST_CASE(
    "Segments of a call that an import says a held recording is of are kept until it is settled") {
  for (const bool by_subject : {false, true}) {
    CAPTURE(by_subject);
    Desk desk;
    desk.say(of_call("asked", "C"));
    CHECK(desk.verdict("one") == "due");  // nothing is held
    desk.hold(by_subject ? of_subject("01632 960001") : of_recording("asked"));
    std::string why;
    CHECK(desk.verdict("one", &why) == "attention perhaps-held");
    CHECK(
        why ==
        "due since 2026-01-11, and may be a segment of a held call: an import said that recording "
        "asked, held by SAR-1 (sar), is of its call");
    CHECK(desk.verdict("two") == "attention perhaps-held");
    CHECK(desk.verdict("far") == "due");
    CHECK(desk.verdict("asked") == "attention contradicted");
    archive::Index index = desk.open();
    archive::Index::Writing writing(index);
    SECTION("That the index is right lets them go") {
      writing.settle_contradictions(index.find("asked")->key);
      writing.commit();
      CHECK(desk.verdict("one") == "due");
      CHECK(desk.verdict("asked") == "held");
    }
    SECTION("That the import is right makes them held") {
      writing.correct_call(index.find("asked")->key, "C");
      writing.commit();
      CHECK(desk.verdict("one") == "held");
    }
  }
}

TEST_CASE("What an import said of a recording that no hold means keeps no other") {
  Desk desk;
  desk.say(of_call("far", "C"));
  desk.hold(of_recording("asked"));
  CHECK(desk.verdict("one") == "due");
  // Held through its call alone: of the other call, it is not meant at all.
  Desk through;
  through.hold(of_recording("one"));
  through.say(of_call("two", "E"));
  CHECK(through.verdict("two") == "attention contradicted");
  CHECK(through.verdict("far") == "due");
}

TEST_CASE(
    "A hold that may mean a recording by what else imports said of it keeps its said call too") {
  Desk desk;
  archive::ImportRow row = of_call("far", "C", "01632 960001");
  row.subject = "01632 960001";
  archive::ImportRow first = of_call("far", "E", "01632 960009");
  archive::Index index = desk.open();
  test::import_rows(index, {first});  // fills in a subject that is not known
  desk.say(row);
  desk.hold(of_subject("01632 960001"));
  CHECK(desk.verdict("one") == "attention perhaps-held");
}

TEST_CASE("No order destroys what may be a segment of a held call") {
  Desk desk;
  desk.say(of_call("asked", "C"));
  desk.hold(of_recording("asked"));
  archive::Index index = desk.open();
  archive::Index::Writing writing(index);
  writing.order(index.find("one")->key, {"erasure", "ERA/1", test::date("2026-02-01"), "dpo"});
  writing.commit();
  CHECK(desk.verdict("one") == "attention perhaps-held");
}

TEST_CASE("What may be a segment of a held call can be acknowledged and is told of with the hold") {
  Desk desk;
  desk.say(of_call("asked", "C"));
  desk.hold(of_recording("asked"));
  CHECK(plan::can_be_acknowledged("perhaps-held"));
  CHECK_THAT(std::string(remedy(Cause::perhaps_held)),
             contains_text("expunge correct, with the id of that one"));
  const archive::Index index = desk.open();
  for (const bool by_id : {true, false}) {
    CAPTURE(by_id);
    archive::Hold hold;
    hold.reference = "SAR-1";
    hold.kind = "sar";
    hold.scopes.push_back(by_id ? of_recording("asked") : of_subject("01632 960001"));
    std::vector<std::string> in_doubt;
    const plan::Coverage coverage =
        plan::coverage(index, desk.rules, hold, test::date(kToday),
                       [&](const archive::Recording& one, plan::Verdict, plan::Match match) {
                         if (match == plan::Match::call_in_doubt) in_doubt.push_back(one.id);
                       });
    CHECK(coverage.covered == 1);
    CHECK(coverage.in_doubt == 2);
    CHECK(in_doubt == std::vector<std::string>{"one", "two"});
  }
}
