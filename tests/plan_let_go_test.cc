// From when on something is overdue that a hold kept: nobody could have destroyed it before.

#include "plan/plan.h"
#include "support/archive_fixture.h"
#include "support/catch.h"

using namespace expunge;
using archive::HoldScope;

namespace {

/// An index of recordings that are due since 11 January 2026, and holds on some of them.
class Desk {
 public:
  Desk() {
    archive::ImportRow kept = test::row("kept", "2025-01-10T10:00:00Z", "01632 960001");
    kept.call_id = "c-1";
    archive::ImportRow segment = test::row("segment", "2025-01-10T10:05:00Z");
    segment.call_id = "c-1";
    test::make_index(dir_ / "index.db");
    import({kept, segment, test::row("other", "2025-01-10T11:00:00Z", "01632 960002")},
           "2025-01-11");
  }

  void import(const std::vector<archive::ImportRow>& rows, const char* today) {
    archive::Index index = test::open_index(dir_ / "index.db");
    test::import_rows(index, rows, archive::OpaqueIds::no, today);
  }

  /// A hold that no longer counts from `effective` on.
  void hold(const char* reference, HoldScope scope, const char* effective) {
    archive::Index index = test::open_index(dir_ / "index.db");
    archive::Hold hold;
    hold.reference = reference;
    hold.kind = "sar";
    hold.placed_at = test::log_time("2026-01-05T10:00:00.000Z");
    hold.scopes.push_back(std::move(scope));
    archive::Index::Writing writing(index);
    writing.place_hold(hold);
    writing.release_hold(
        reference,
        {"answered", "officer", test::log_time("2026-02-01T10:00:00.000Z"), test::date(effective)});
    writing.commit();
  }

  void erase_ended(const char* today) {
    archive::Index index = test::open_index(dir_ / "index.db");
    archive::Index::Writing writing(index);
    writing.erase_ended_holds(test::date(today));
    writing.commit();
  }

  /// How many are overdue on that day.
  [[nodiscard]] std::uint64_t overdue(const char* today) const {
    const archive::Index index = test::open_index(dir_ / "index.db", archive::Index::Access::read);
    const plan::HoldMatcher holds = plan::holds_of_day(index, rules_, test::date(today));
    const plan::Decider decider(rules_, holds, test::date(today));
    const plan::Summary summary = plan::make_plan(index, decider, nullptr);
    if (summary.oldest_overdue) CHECK(*summary.oldest_overdue == test::date("2026-01-11"));
    return summary.overdue.recordings;
  }

 private:
  test::Scratch dir_;
  policy::RetentionSchedule rules_{*policy::TimeZone::find("Europe/London"),
                                   {{"Customer Services", *policy::parse_period("12 months")}},
                                   "",
                                   test::date("2000-01-01")};
};

HoldScope of_subject(const char* number) {
  HoldScope scope;
  scope.subject_key = archive::subject_key(number);
  return scope;
}

HoldScope of_recording(const char* id) {
  HoldScope scope;
  scope.recording_id = id;
  return scope;
}

}  // namespace

TEST_CASE("What a hold kept is overdue when three days have passed since its end too") {
  Desk desk;
  desk.hold("SAR-1", of_subject("01632 960001"), "2026-03-01");
  CHECK(desk.overdue("2026-01-14") == 0);
  CHECK(desk.overdue("2026-01-15") == 1);  // `other`, which nothing keeps
  CHECK(desk.overdue("2026-02-28") == 1);
  CHECK(desk.overdue("2026-03-01") == 1);
  CHECK(desk.overdue("2026-03-04") == 1);
  CHECK(desk.overdue("2026-03-05") == 3);
}

TEST_CASE("The end of a hold on another recording quiets nothing") {
  Desk desk;
  desk.hold("SAR-1", of_recording("other"), "2026-03-01");
  CHECK(desk.overdue("2026-03-01") == 2);
  CHECK(desk.overdue("2026-03-05") == 3);
}

TEST_CASE("Of several holds the one that ended last counts") {
  Desk desk;
  desk.hold("SAR-1", of_subject("01632 960001"), "2026-02-20");
  desk.hold("SAR-2", of_recording("segment"), "2026-03-01");
  CHECK(desk.overdue("2026-03-04") == 1);
  CHECK(desk.overdue("2026-03-05") == 3);
}

TEST_CASE("A hold that ended before a recording came into the index never kept it") {
  Desk desk;
  desk.hold("SAR-1", of_subject("01632 960001"), "2026-03-01");
  desk.import({test::row("late", "2025-01-10T12:00:00Z", "01632 960001")}, "2026-03-01");
  CHECK(desk.overdue("2026-03-02") == 2);
}

TEST_CASE("What nobody knows any more to have been held is overdue by its period alone") {
  Desk desk;
  desk.hold("SAR-1", of_subject("01632 960001"), "2026-03-01");
  desk.erase_ended("2026-03-01");
  CHECK(desk.overdue("2026-03-01") == 3);
}

TEST_CASE("What needs attention and a hold kept is not overdue on the day after its end either") {
  Desk desk;
  desk.hold("SAR-1", of_recording("other"), "2026-03-01");
  desk.import({test::row("other", "2025-01-10T13:00:00Z")}, "2026-02-01");  // contradicts its date
  CHECK(desk.overdue("2026-03-01") == 2);
  CHECK(desk.overdue("2026-03-05") == 3);
}
