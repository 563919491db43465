// Imports that say another thing of a recording than earlier ones did.

#include "archive/importer.h"

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/import_fixture.h"

using namespace expunge;
using namespace expunge::archive;
using namespace expunge::test;

TEST_CASE("Another subject, agent or call of a recording is a contradiction that names neither") {
  Fixture f;
  ImportRow first = row("a", kDate, "+44 161 496 0123");
  first.agent = "mark-1";
  first.call_id = "mark-2";
  import_rows(f.index, {first});
  for (const std::string fact : {"subject", "agent", "call_id"}) {
    ImportRow other = first;
    (fact == "subject" ? other.subject : fact == "agent" ? other.agent : other.call_id) = "0999";
    CHECK(import_rows(f.index, {other}).changed == 1);
    const std::string said = f.index.find("a")->contradiction;
    CHECK_THAT(said, contains_text((fact == "call_id" ? "call" : fact) +
                                   " is another than the import of"));
    CHECK_THAT(said, !contains_text("0999") && !contains_text("0123") && !contains_text("mark"));
    import_rows(f.index, {first});  // an older import come again settles nothing
    CHECK(f.index.find("a")->contradiction == said);
    Index::Writing writing(f.index);
    writing.settle_contradictions(1);
    writing.commit();
    CHECK(f.index.find("a")->contradiction.empty());
    CHECK(import_rows(f.index, {other}).contradictions == 0);  // a person has settled this
    (fact == "subject" ? other.subject : fact == "agent" ? other.agent : other.call_id) = "0998";
    CHECK(import_rows(f.index, {other}).contradictions == 1);  // and not that
    Index::Writing again(f.index);
    again.settle_contradictions(1);
    again.commit();
  }
}

TEST_CASE(
    "A date or department that a later row changes is a contradiction until a person settles it") {
  Fixture f;
  import_rows(f.index, {row("a", kDate)});
  ImportRow other = row("a", "2024-01-01T10:00:00Z");
  other.department = "Revenues";
  CHECK(import_rows(f.index, {other}).changed == 1);
  const std::string words = f.index.find("a")->contradiction;
  CHECK(words ==
        "department was Customer Services, the import of 2026-11-23 says Revenues; "
        "recorded_at was 2025-01-01T10:00:00Z, the import of 2026-11-23 says "
        "2024-01-01T10:00:00Z");
  CHECK(f.index.find("a")->recorded_at == instant(kDate));
  CHECK(f.index.find("a")->department == "Customer Services");
  // Again, later: no news. Agreeing rows of the same import do not help, in either order.
  CHECK(import_rows(f.index, {other}, OpaqueIds::no, "2026-12-01").changed == 0);
  CHECK(import_rows(f.index, {other, row("a", kDate)}, OpaqueIds::no, "2026-12-01").changed == 0);
  CHECK(import_rows(f.index, {row("a", kDate), other}, OpaqueIds::no, "2026-12-01").changed == 0);
  CHECK(f.index.find("a")->contradiction == words);
  // Nor does an import that agrees: it may be an older one come again.
  CHECK(import_rows(f.index, {row("a", kDate)}, OpaqueIds::no, "2026-12-02").changed == 0);
  CHECK(f.index.find("a")->contradiction == words);
  Index::Writing writing(f.index);
  writing.settle_contradictions(1);
  writing.commit();
  CHECK(f.index.find("a")->contradiction.empty());
  CHECK(f.index.find("a")->recorded_at == instant(kDate));
  CHECK(import_rows(f.index, {other}).contradictions == 0);
}

TEST_CASE("An import counts the contradictions that are new and no others") {
  Fixture f;
  import_rows(f.index, {row("a", kDate), row("b", kDate)});
  ImportRow other = row("a", "2024-01-01T10:00:00Z");
  CHECK(import_rows(f.index, {other, other, row("b", kDate)}).contradictions == 1);
  CHECK(import_rows(f.index, {other}).contradictions == 0);
  other.department = "Revenues";
  CHECK(import_rows(f.index, {other}).contradictions == 1);
  CHECK(import_rows(f.index, {row("a", kDate)}).contradictions == 0);
  CHECK(import_rows(f.index, {other}).contradictions == 0);
}

TEST_CASE("Two rows of one import that disagree are a contradiction") {
  Fixture f;
  const ImportCounts counts =
      import_rows(f.index, {row("a", kDate), row("a", "2024-01-01T10:00:00Z"), row("a", kDate)});
  CHECK(counts.added == 1);
  CHECK(counts.changed == 0);
  CHECK_THAT(f.index.find("a")->contradiction,
             contains_text("recorded_at was " + std::string(kDate)));
}

TEST_CASE("Another size or fingerprint of the same path is a contradiction") {
  Fixture f;
  ImportRow first = row("a", kDate);
  first.file.bytes = 10;
  first.file.sha256 = base::sha256("x");
  ImportRow second = row("a", kDate);
  second.file.path = "b.wav";
  import_rows(f.index, {first, second});
  ImportRow changed = first;
  changed.file.bytes = 11;
  changed.file.sha256 = base::sha256("y");
  CHECK(import_rows(f.index, {changed}).changed == 1);
  CHECK_THAT(f.index.find("a")->contradiction,
             contains_text("bytes of 2025/a.wav was 10, the import of 2026-11-23 says 11") &&
                 contains_text("sha256 of 2025/a.wav was "));
  CHECK(f.index.find("a")->files[0].bytes == 10);
  import_rows(f.index, {second});  // another file says nothing of this one
  CHECK_FALSE(f.index.find("a")->contradiction.empty());
  import_rows(f.index, {first});
  CHECK_FALSE(f.index.find("a")->contradiction.empty());
  Index::Writing writing(f.index);
  writing.settle_contradictions(1);
  writing.commit();
  CHECK(f.index.find("a")->contradiction.empty());
  CHECK(import_rows(f.index, {changed}).contradictions == 0);
}
