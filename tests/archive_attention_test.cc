// What the index keeps of what people said about attention, and how it leaves it.

#include "archive/store.h"
#include "support/archive_fixture.h"
#include "support/catch.h"

using namespace expunge;
using namespace expunge::archive;
using namespace expunge::test;

namespace {

constexpr const char* kDate = "2025-01-01T10:00:00Z";

struct Fixture {
  Scratch dir;
  std::string path = dir / "index.db";
  Index index = [this] {
    make_index(path, {row("a", kDate), row("b", "")});
    return open_index(path);
  }();

  void acknowledge(std::int64_t key, const std::string& until,
                   const std::string& reason = "known") {
    Index::Writing writing(index);
    writing.acknowledge(
        {key, "", "no-date", date(until), reason, "ann", log_time("2026-11-23T10:00:00.000Z")});
    writing.commit();
  }
  void correct(std::int64_t key, const std::string& department) {
    Index::Writing writing(index);
    writing.correct_department(key, department);
    writing.commit();
  }
  void correct_date(std::int64_t key, const std::string& recorded_at) {
    Index::Writing writing(index);
    writing.correct_recorded_at(key, instant(recorded_at));
    writing.commit();
  }
  /// Imports `a` once more, of this department and date; what then stands against it.
  std::string import_again(const std::string& department, const std::string& recorded_at = kDate) {
    ImportRow again = row("a", recorded_at);
    again.department = department;
    import_rows(index, {again});
    return index.find("a")->contradiction;
  }
};

}  // namespace

TEST_CASE("An import notes the day on which the index first had a recording") {
  Fixture f;
  CHECK(f.index.find("a")->indexed_on == "2026-11-23");
  import_rows(f.index, {row("a", kDate), row("c", kDate)}, OpaqueIds::no, "2026-12-01");
  CHECK(f.index.find("a")->indexed_on == "2026-11-23");
  CHECK(f.index.find("c")->indexed_on == "2026-12-01");
}

TEST_CASE("An acknowledgement is kept and replaced and withdrawn and ends after its day") {
  Fixture f;
  CHECK_FALSE(f.index.acknowledgement(1).has_value());
  f.acknowledge(2, "2026-12-01");
  f.acknowledge(2, "2026-12-31", "better known");
  const auto known = f.index.acknowledgement(2);
  REQUIRE(known.has_value());
  CHECK(known->recording == "b");
  CHECK(known->cause == "no-date");
  CHECK(known->until == date("2026-12-31"));
  CHECK(known->reason == "better known");
  int found = 0;
  f.index.for_each_acknowledgement([&](const Acknowledgement&) { ++found; });
  CHECK(found == 1);
  {
    Index::Writing writing(f.index);
    writing.end_acknowledgements(date("2026-12-31"));
    writing.commit();
  }
  CHECK(f.index.acknowledgement(2).has_value());
  {
    Index::Writing writing(f.index);
    writing.end_acknowledgements(date("2027-01-01"));
    writing.commit();
  }
  CHECK_FALSE(f.index.acknowledgement(2).has_value());
  f.acknowledge(2, "2026-12-31");
  Index::Writing writing(f.index);
  CHECK(writing.withdraw_acknowledgement(2));
  CHECK_FALSE(writing.withdraw_acknowledgement(2));
  writing.commit();
  CHECK_FALSE(f.index.acknowledgement(2).has_value());
}

TEST_CASE("Many acknowledgements are all read") {
  Scratch dir;
  const std::string path = dir / "index.db";
  std::vector<ImportRow> rows;
  for (int i = 0; i < 4001; ++i) rows.push_back(row("r" + std::to_string(i), ""));
  make_index(path, rows);
  Index index = open_index(path);
  {
    Index::Writing writing(index);
    for (int key = 1; key <= 4001; ++key) {
      writing.acknowledge({key, "", "no-date", date("2026-12-31"), "", "ann", {}});
    }
    writing.commit();
  }
  std::int64_t found = 0;
  index.for_each_acknowledgement(
      [&](const Acknowledgement& each) { found += each.recording_key > 0 ? 1 : 0; });
  CHECK(found == 4001);
}

TEST_CASE("A new contradiction ends what was acknowledged before it and an old one does not") {
  Fixture f;
  f.acknowledge(1, "2026-12-31");
  CHECK(f.import_again("Housing") != "");
  CHECK_FALSE(f.index.acknowledgement(1).has_value());
  f.acknowledge(1, "2026-12-31");
  CHECK(f.import_again("Housing") != "");
  CHECK(f.index.acknowledgement(1).has_value());
  CHECK_THAT(f.import_again("Housing", "2025-02-02T10:00:00Z"), contains_text("recorded_at was"));
  CHECK_FALSE(f.index.acknowledgement(1).has_value());
}

TEST_CASE("A correction stands although the source repeats itself and a third value contradicts") {
  Fixture f;
  f.correct(1, "Revenues and Benefits");
  CHECK(f.index.find("a")->department == "Revenues and Benefits");
  CHECK(f.import_again("Customer Services") == "");
  CHECK(f.index.find("a")->department == "Revenues and Benefits");
  CHECK(f.import_again("Revenues and Benefits") == "");
  CHECK_THAT(f.import_again("Housing"), contains_text("says Housing"));
  // What was known of the source settles nothing, nor does the index's own value.
  CHECK(f.import_again("Customer Services") != "");
  CHECK(f.import_again("Revenues and Benefits") != "");
}

TEST_CASE("A correction settles a contradiction either way") {
  Fixture f;
  const bool the_import_is_right = GENERATE(true, false);
  CHECK(f.import_again("Revenues and Benefits") != "");
  CHECK(f.index.is_contradicted(1, "department"));
  const std::string right = the_import_is_right ? "Revenues and Benefits" : "Customer Services";
  f.correct(1, right);
  CHECK(f.index.find("a")->contradiction == "");
  CHECK(f.index.find("a")->department == right);
  CHECK_FALSE(f.index.is_contradicted(1, "department"));
  CHECK(f.import_again("Revenues and Benefits") == "");
  CHECK(f.import_again("Customer Services") == "");
  CHECK(f.import_again("Housing") != "");
}

TEST_CASE("A correction of one fact leaves what stands against another") {
  Fixture f;
  CHECK(f.import_again("Housing", "2025-02-02T10:00:00Z") != "");
  f.correct_date(1, "2025-02-02T10:00:00Z");
  const auto now = f.index.find("a");
  CHECK(now->recorded_at == instant("2025-02-02T10:00:00Z"));
  CHECK_THAT(now->contradiction, contains_text("department was"));
  CHECK_THAT(now->contradiction, !contains_text("recorded_at"));
  f.correct(1, "Customer Services");
  CHECK(f.index.find("a")->contradiction == "");
  CHECK(f.import_again("Housing", kDate) == "");
  CHECK_THAT(f.import_again("Housing", "2025-03-03T10:00:00Z"), contains_text("2025-03-03"));
}

TEST_CASE("A date given to what had none is contradicted by another and moves it in the plan") {
  Fixture f;
  f.correct_date(2, "2024-01-01T10:00:00Z");
  CHECK(all(f.index).front().id == "b");
  import_rows(f.index, {row("b", "")});
  CHECK(f.index.find("b")->contradiction == "");
  import_rows(f.index, {row("b", "2024-01-02T10:00:00Z")});
  CHECK(f.index.find("b")->contradiction != "");
}

TEST_CASE("A correction that is corrected back is as if there had been none") {
  Fixture f;
  f.correct(1, "Revenues and Benefits");
  f.correct(1, "Customer Services");
  CHECK(f.import_again("Customer Services") == "");
  // A person said that once; the source never did.
  CHECK(f.import_again("Revenues and Benefits") != "");
}

TEST_CASE("Destroying a recording erases what was acknowledged and corrected of it") {
  Fixture f;
  ImportRow named = row("n", kDate);
  named.department = "ZZNAMEOFSOMEBODY";
  import_rows(f.index, {named});
  f.acknowledge(3, "2026-12-31", "ZZWHYSHEASKED");
  f.correct(3, "Customer Services");
  CHECK_FALSE(f.index.acknowledgement(3).has_value());  // it was given before
  f.acknowledge(3, "2026-12-31", "ZZWHYSHEASKED");
  CHECK(hits(f.path, {"ZZNAMEOFSOMEBODY", "ZZWHYSHEASKED"}) >= 2);
  record(f.index, {destroyed(3, "2025-01-01", 5)});
  CHECK_FALSE(f.index.acknowledgement(3).has_value());
  CHECK(hits(f.path, {"ZZNAMEOFSOMEBODY", "ZZWHYSHEASKED"}) == 0);
  CHECK(hits(f.path + "-journal", {"ZZNAMEOFSOMEBODY", "ZZWHYSHEASKED"}) == 0);
  CHECK(sql_value(f.path, "SELECT indexed_on FROM recording WHERE key = 3") == "");
}

TEST_CASE("A withdrawn or ended acknowledgement leaves no word of its reason") {
  Fixture f;
  const bool withdrawn = GENERATE(true, false);
  f.acknowledge(2, "2026-12-31", "ZZWHYSHEASKED");
  CHECK(hits(f.path, {"ZZWHYSHEASKED"}) == 1);
  Index::Writing writing(f.index);
  if (withdrawn) {
    CHECK(writing.withdraw_acknowledgement(2));
  } else {
    writing.end_acknowledgements(date("2027-01-01"));
  }
  writing.commit();
  CHECK(hits(f.path, {"ZZWHYSHEASKED"}) == 0);
  CHECK(hits(f.path + "-journal", {"ZZWHYSHEASKED"}) == 0);
}

TEST_CASE("An older import come again leaves what a newer one said and what is acknowledged") {
  Fixture f;
  const std::string words = f.import_again("Housing");
  REQUIRE(words != "");
  f.acknowledge(1, "2026-12-31");
  CHECK(f.import_again("Customer Services") == words);
  CHECK(f.index.acknowledgement(1).has_value());
}

TEST_CASE("A person who says that the index is right settles what imports said and nothing else") {
  Fixture f;
  CHECK(f.import_again("Housing", "2025-02-02T10:00:00Z") != "");
  f.acknowledge(1, "2026-12-31");
  CHECK(f.index.contradicted_facts(1) == std::vector<std::string>{"department", "recorded_at"});
  {
    Index::Writing writing(f.index);
    writing.settle_contradictions(1);
    writing.commit();
  }
  const auto now = f.index.find("a");
  CHECK(now->contradiction == "");
  CHECK(now->department == "Customer Services");
  CHECK(now->recorded_at == instant(kDate));
  CHECK_FALSE(f.index.acknowledgement(1).has_value());
  CHECK(f.import_again("Housing", "2025-02-02T10:00:00Z") == "");
  CHECK_THAT(f.import_again("Housing", "2025-03-03T10:00:00Z"), contains_text("2025-03-03"));
}
