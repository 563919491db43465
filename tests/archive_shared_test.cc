// Rows of a recorder that share a file.

#include <algorithm>

#include "archive/importer.h"
#include "plan/hold_matcher.h"
#include "support/archive_fixture.h"
#include "support/catch.h"

using namespace expunge;
using namespace expunge::archive;
using namespace expunge::test;
using expunge::test::contains_text;

namespace {

constexpr const char* kEarly = "2025-01-01T10:00:00Z";
constexpr const char* kLate = "2025-01-01T10:07:00Z";

struct Shared {
  Scratch dir;
  std::string path = dir / "index.db";
  Index index = [this] {
    make_index(path);
    return open_index(path);
  }();

  /// Imports rows whose files may be shared; what was said of the last.
  std::optional<std::string> add(const std::vector<ImportRow>& rows, bool on_disk = false,
                                 OpaqueIds ids = OpaqueIds::no) {
    std::optional<std::string> said;
    Importer importer(
        index, {ids, SharedFiles::merge}, [&](const std::string&) { return on_disk; },
        test::date("2026-11-23"));
    for (const ImportRow& each : rows) said = importer.add(each);
    importer.commit();
    counts = importer.counts();
    return said;
  }
  [[nodiscard]] Recording only() const {
    const auto found = all(index);
    REQUIRE(found.size() == 1);
    return found.front();
  }

  ImportCounts counts;
};

ImportRow leg(const std::string& id, const std::string& recorded_at, const std::string& subject,
              const std::string& department = "Customer Services") {
  ImportRow made = row(id, recorded_at, subject);
  made.file.path = "2025/01/01/shared.wav";
  made.department = department;
  return made;
}

bool covers(const Recording& recording, const std::string& subject) {
  HoldScope scope;
  scope.subject_key = subject_key(subject);
  return plan::scope_fits(scope, recording, std::nullopt);
}

}  // namespace

TEST_CASE("Rows that share a file are one recording with the latest date in whatever order") {
  const std::vector<ImportRow> legs = {leg("a", kEarly, "0161 496 0123"),
                                       leg("b", kLate, "0161 496 0999"),
                                       leg("c", "", "0161 496 0123")};
  std::vector<std::size_t> order = {0, 1, 2};
  do {
    Shared f;
    CHECK_FALSE(f.add({legs[order[0]], legs[order[1]], legs[order[2]]}));
    CHECK(f.counts.added == 1);
    CHECK(f.counts.changed == 0);
    CHECK(f.counts.rows == 3);
    const Recording found = f.only();
    CHECK(found.recorded_at == instant(kLate));
    CHECK(found.contradiction.empty());
    CHECK(found.files.size() == 1);
    CHECK(covers(found, "+44 161 496 0123"));
    CHECK(covers(found, "01614960999"));
    CHECK_FALSE(covers(found, "0161 496"));
    // Again, and each by itself: nothing changes.
    CHECK_FALSE(f.add({legs[order[2]], legs[order[1]], legs[order[0]]}));
    CHECK_FALSE(f.add({legs[0]}));
    CHECK(f.counts.added == 0);
    CHECK(f.counts.changed == 0);
    CHECK(f.only().recorded_at == instant(kLate));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("A later import that shares a file brings a later date and another subject") {
  Shared f;
  CHECK_FALSE(f.add({leg("a", kEarly, "0161 496 0123")}));
  ImportRow second = leg("b", kLate, "0161 496 0999");
  second.further_subjects = {"0161 496 0777", "+44 161 496 0999"};
  second.agent = "101";
  second.further_agents = {"102"};
  CHECK_FALSE(f.add({second}));
  CHECK(f.counts.changed == 1);
  CHECK(f.only().recorded_at == instant(kLate));
  CHECK(covers(f.only(), "0161 496 0777"));
  CHECK(f.only().subject_key == "01614960123 01614960999 01614960777");
  CHECK(sql_value(f.path, "SELECT subject FROM recording") ==
        "0161 496 0123, 0161 496 0999, 0161 496 0777");
  CHECK(sql_value(f.path, "SELECT agent || '|' || agent_key FROM recording") == "101, 102|101 102");
}

TEST_CASE("A later date that would take a recording out of a hold by dates is a contradiction") {
  const auto hold_through = [](Shared& f, const char* last_day) {
    Hold hold;
    hold.reference = "FOI-1";
    hold.kind = "foi";
    hold.user = "officer";
    hold.placed_at = log_time("2026-11-23T15:00:00.001Z");
    HoldScope scope;
    scope.from = test::date("2024-12-01");
    scope.to = test::date(last_day);
    hold.scopes = {scope};
    Index::Writing writing(f.index);
    writing.place_hold(hold);
    writing.commit();
  };
  constexpr const char* kNextDay = "2025-01-03T09:00:00Z";
  const auto is_held = [](const Recording& recording) {
    HoldScope scope;
    scope.from = test::date("2024-12-01");
    scope.to = test::date("2025-01-01");
    const base::CivilDate day{std::chrono::floor<std::chrono::days>(*recording.recorded_at)};
    return plan::scope_fits(scope, recording, day);
  };
  Shared f;
  CHECK_FALSE(f.add({leg("a", kEarly, "0161 496 0123")}));
  hold_through(f, "2025-01-01");
  CHECK_FALSE(f.add({leg("b", kNextDay, "0161 496 0123")}));
  CHECK(f.only().recorded_at == instant(kEarly));
  CHECK(is_held(f.only()));
  CHECK_THAT(f.only().contradiction, contains_text("recorded_at was "));
  // The same within one import, whose first row is in the index by then.
  Shared both;
  hold_through(both, "2025-01-01");
  CHECK_FALSE(both.add({leg("a", kEarly, ""), leg("b", kNextDay, "")}));
  CHECK(is_held(both.only()));
  CHECK_THAT(both.only().contradiction, contains_text("recorded_at was "));
  // Where no hold ends between the two dates, the later one counts.
  for (const char* elsewhere : {"2024-12-20", "2025-02-01"}) {
    Shared free;
    hold_through(free, elsewhere);
    CHECK_FALSE(free.add({leg("a", kEarly, ""), leg("b", kNextDay, "")}));
    CHECK(free.only().recorded_at == instant(kNextDay));
    CHECK(free.only().contradiction.empty());
  }
}

TEST_CASE("Two departments or two calls of one file are a contradiction") {
  Shared f;
  CHECK_FALSE(f.add({leg("a", kEarly, ""), leg("b", kEarly, "", "Revenues")}));
  CHECK_THAT(f.only().contradiction, contains_text("department was Customer Services"));
  Shared g;
  ImportRow first = leg("a", kEarly, ""), second = leg("b", kEarly, "");
  first.call_id = "c1";
  second.call_id = "c2";
  CHECK_FALSE(g.add({first, second}));
  CHECK_THAT(g.only().contradiction, contains_text("call is another than the import of"));
}

TEST_CASE("A row without a department says nothing of it") {
  Shared f;
  CHECK_FALSE(f.add({leg("a", kEarly, "", "")}));
  CHECK(f.only().department.empty());
  CHECK_FALSE(f.add({leg("b", kEarly, "", "Revenues"), leg("c", kEarly, "", "")}));
  CHECK(f.counts.changed == 1);
  CHECK(f.only().department == "Revenues");
  CHECK(f.only().contradiction.empty());
}

TEST_CASE("A map that has learnt a value replaces it, and no department that was another") {
  Shared f;
  CHECK_FALSE(f.add({leg("a", kEarly, "", "600")}));
  ImportRow mapped = leg("a", kEarly, "", "Revenues");
  mapped.unmapped_department = "600";
  CHECK_FALSE(f.add({mapped}));
  CHECK(f.only().department == "Revenues");
  CHECK(f.only().contradiction.empty());
  mapped.department = "Customer Services";
  CHECK_FALSE(f.add({mapped}));
  CHECK(f.only().department == "Revenues");
  CHECK_THAT(f.only().contradiction, contains_text("department was Revenues"));
}

TEST_CASE("No row of a shared file brings a destroyed recording back") {
  for (const OpaqueIds ids : {OpaqueIds::no, OpaqueIds::yes}) {
    Shared f;
    const std::vector<ImportRow> legs = {leg("a", kEarly, "0161 496 0123"),
                                         leg("b", kLate, "0161 496 0999")};
    CHECK_FALSE(f.add(legs, false, ids));
    record(f.index, {destroyed(1, "2025-01-01", 5)});
    CHECK(sql_value(f.path, "SELECT subject || subject_key || agent || agent_key FROM recording") ==
          "");
    for (const ImportRow& one : legs) {
      CHECK_FALSE(f.add({one}, false, ids));
      CHECK(f.counts.destroyed == 1);
      CHECK(f.counts.added == 0);
    }
    CHECK(all(f.index).empty());
    // Its file is there again: it is that recording that returned, with both.
    CHECK_FALSE(f.add({legs[1], legs[0]}, true, ids));
    CHECK(f.counts.returned == 1);
    CHECK(f.only().state == State::returned);
    CHECK(covers(f.only(), "0161 496 0999"));
    CHECK(covers(f.only(), "0161 496 0123"));
  }
}

TEST_CASE("A file that two recordings with files of their own would share is refused") {
  Shared f;
  CHECK_FALSE(f.add({row("a", kEarly), leg("b", kEarly, "")}));
  CHECK_THAT(f.add({leg("a", kEarly, "")}).value_or(""),
             contains_text("its path belongs to another recording, ") &&
                 contains_text("expunge explain "));
}

TEST_CASE("An id with the number of any of its subjects is not logged") {
  Shared f;
  ImportRow bad = leg("call-01614960777", kEarly, "0161 496 0123");
  bad.further_subjects = {"0161 496 0777"};
  REQUIRE(f.add({bad}));
  CHECK_THAT(*f.add({bad}), contains_text("--opaque-ids"));
  CHECK(all(f.index).empty());
  bad.further_subjects.clear();
  CHECK_FALSE(f.add({bad}));
  REQUIRE(f.add({leg("b", kEarly, "0161 496 0777")}));
  CHECK_THAT(*f.add({leg("b", kEarly, "0161 496 0777")}), contains_text("its id contains"));
}

TEST_CASE("Very many subjects of one file are a contradiction and not a loss") {
  Shared f;
  std::vector<ImportRow> legs;
  for (int i = 0; i < 600; ++i) {
    legs.push_back(leg("r" + std::to_string(i), kEarly, "0161496" + std::to_string(1000 + i)));
  }
  CHECK_FALSE(f.add(legs));
  CHECK(f.only().subject_key.size() <= 4096);
  CHECK_THAT(f.only().contradiction, contains_text("subject"));
}

TEST_CASE("A look for one subject or agent finds what has several") {
  Shared f;
  ImportRow both = leg("a", kEarly, "0161 496 0123");
  both.further_subjects = {"0161 496 0999"};
  both.agent = "101";
  both.further_agents = {"102"};
  for (const bool several : {false, true}) {
    CHECK_FALSE(f.add({row("b", kLate, "0161 496 0999")}));
    if (several) CHECK_FALSE(f.add({both}));
    std::string found;
    const auto collect = [&](const Recording& recording) {
      found += recording.id;
      return true;
    };
    f.index.scan_subject("01614960999", collect);
    f.index.scan_agent("102", collect);
    f.index.scan_subject("", collect);
    CHECK(found == (several ? "aba" : "b"));
  }
}

TEST_CASE("One of several keys is found whole and nowhere else") {
  CHECK(is_among("1 22 333", "1"));
  CHECK(is_among("1 22 333", "22"));
  CHECK(is_among("1 22 333", "333"));
  CHECK(is_among("22", "22"));
  CHECK(is_among("", ""));
  CHECK_FALSE(is_among("1 22 333", "2"));
  CHECK_FALSE(is_among("1 22 333", "33"));
  CHECK_FALSE(is_among("1 22 333", "1 22"));
  CHECK_FALSE(is_among("1 22", ""));
  CHECK_FALSE(is_among("", "1"));
}

TEST_CASE("A hand-written import agrees with any of a recording's subjects") {
  Shared f;
  CHECK_FALSE(f.add({leg("a", kEarly, "0161 496 0123"), leg("b", kEarly, "0161 496 0999")}));
  import_rows(f.index, {leg("a", kEarly, "0161 496 0999")});
  CHECK(f.only().contradiction.empty());
  import_rows(f.index, {leg("a", kEarly, "0161 496 0555")});
  CHECK_THAT(f.only().contradiction, contains_text("subject is another than the import of"));
}
