// Ids in an import: their own or opaque, and of recordings that were destroyed or removed once.

#include "archive/importer.h"

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/import_fixture.h"

using namespace expunge;
using namespace expunge::archive;
using namespace expunge::test;

TEST_CASE("An id that goes into the log is checked for its number whatever the option says") {
  Fixture f;
  import_rows(f.index, {row("20250101_01614960123", kDate)});  // no subject: nothing to see
  archive::Importer importer(
      f.index, archive::OpaqueIds::yes, [](const std::string&) { return false; },
      date("2026-11-23"));
  const auto said = importer.add(row("20250101_01614960123", kDate, "0161 496 0123"));
  REQUIRE(said);
  CHECK_THAT(*said, contains_text("number"));
}

TEST_CASE("A recorder's key finds the recording by an index, also once it is destroyed") {
  Fixture f;
  import_rows(f.index, {row("plain", kDate)});
  import_rows(f.index, {row("rec/1", kDate)}, OpaqueIds::yes);
  CHECK(f.index.ids_of_source("plain") == std::vector<std::string>{"plain"});
  const auto ids = f.index.ids_of_source("rec/1");
  REQUIRE(ids.size() == 1);
  CHECK(ids[0].substr(0, 2) == "r-");
  CHECK(f.index.ids_of_source(ids[0]).empty());
  record(f.index, {destroyed(f.index.find(ids[0])->key, "2025-01-01", 7)});
  CHECK(f.index.ids_of_source("rec/1") == ids);
  CHECK(f.index.ids_of_source("rec/2").empty());
}

TEST_CASE("An id that holds its subject's number is refused unless ids are opaque") {
  Fixture f;
  const ImportRow telling = row("2025-01614960123", kDate, "+44 161 496 0123");
  const auto said = try_rows(f.index, {telling});
  REQUIRE(said);
  CHECK_THAT(*said, contains_text("--opaque-ids") && !contains_text("4960123"));
  CHECK(f.index.newest_key() == 0);
  CHECK_FALSE(try_rows(f.index, {telling}, OpaqueIds::yes));
  const std::vector<Recording> found = all(f.index);
  REQUIRE(found.size() == 1);
  CHECK(found[0].id.size() == 28);
  CHECK(found[0].id.starts_with("r-"));
  CHECK(found[0].id.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567", 2) == std::string::npos);
  CHECK(f.index.source_id(found[0].id) == telling.id);
}

TEST_CASE("An id once destroyed never comes back and a file that does is attention") {
  Fixture f;
  ImportRow again = row("a", kDate, "0161 496 0123");
  import_rows(f.index, {again, row("b", kDate)});
  record(f.index, {destroyed(1, "2025-01-01", 4)});
  const std::string before = dump(f.path);
  ImportCounts counts;
  CHECK_FALSE(try_rows(f.index, {again, again}, OpaqueIds::no, false, &counts));
  CHECK(counts.rows == 2);
  CHECK(counts.destroyed == 2);
  CHECK(counts.added + counts.changed + counts.returned == 0);
  CHECK(dump(f.path) == before);

  ImportRow second = again;
  second.file.path = "second.wav";
  CHECK_FALSE(try_rows(f.index, {again, second, again}, OpaqueIds::no, true, &counts));
  CHECK(counts.rows == 3);
  CHECK(counts.returned == 1);
  CHECK(counts.destroyed + counts.added + counts.changed == 0);
  auto found = f.index.find("a");
  REQUIRE(found);
  CHECK(found->state == State::returned);
  CHECK(found->recorded_at == instant(kDate));
  CHECK(found->subject_key == "01614960123");
  CHECK(found->files.size() == 2);
  CHECK(f.index.history("a")->log_seq == 4);
  CHECK(all(f.index).size() == 2);
  // It stays so; of its files, one that is not there is not listed.
  second.file.path = "third.wav";
  CHECK_FALSE(try_rows(f.index, {again, second}, OpaqueIds::no, false, &counts));
  CHECK(counts.destroyed == 1);
  CHECK(counts.returned == 0);
  found = f.index.find("a");
  CHECK(found->state == State::returned);
  CHECK(found->files.size() == 2);
  // Destroyed again, it is gone again.
  record(f.index, {destroyed(1, "2025-01-01", 9)});
  CHECK_FALSE(f.index.find("a"));
  CHECK(f.index.history("a")->log_seq == 9);
}

TEST_CASE("Removed recordings stay away like destroyed ones and partial ones stay partial") {
  Fixture f;
  import_rows(f.index, {row("a", kDate), row("b", kDate)});
  Outcome removed = destroyed(1, "2025-01-01", 4);
  removed.state = State::removed;
  Outcome partial;
  partial.recording_key = 2;
  partial.state = State::partial;
  record(f.index, {removed, partial});
  ImportRow more = row("b", kDate);
  more.file.path = "more.wav";
  const ImportCounts counts = import_rows(f.index, {row("a", kDate), row("b", kDate), more});
  CHECK(counts.destroyed == 1);
  CHECK(counts.changed == 1);
  CHECK(counts.added == 0);
  CHECK_FALSE(f.index.find("a"));
  CHECK(f.index.find("b")->state == State::partial);
  CHECK(f.index.find("b")->files.size() == 2);
}

TEST_CASE("A recording that returns with another date is contradicted") {
  Fixture f;
  import_rows(f.index, {row("a", "2025-06-30T23:30:00Z")});
  record(f.index, {destroyed(1, "2025-07-01", 4)});  // its civil date in London
  CHECK_FALSE(try_rows(f.index, {row("a", "")}, OpaqueIds::no, true));
  CHECK_FALSE(f.index.find("a")->recorded_at);
  CHECK_FALSE(try_rows(f.index, {row("a", "2023-06-30T23:30:00Z")}, OpaqueIds::no, true));
  CHECK_FALSE(f.index.find("a")->recorded_at);
  CHECK_THAT(f.index.find("a")->contradiction, contains_text("recorded_at was 2025-07-01"));
  CHECK_FALSE(try_rows(f.index, {row("a", "2025-06-30T23:30:00Z")}, OpaqueIds::no, true));
  CHECK(f.index.find("a")->recorded_at == instant("2025-06-30T23:30:00Z"));
}

TEST_CASE("Opaque ids are looked up again and survive destruction") {
  Fixture f;
  const ImportRow source = row("key-of-the-recorder-01614960123", kDate, "0161 496 0123");
  CHECK_FALSE(try_rows(f.index, {source, source}, OpaqueIds::yes));
  REQUIRE(all(f.index).size() == 1);
  const std::string id = all(f.index)[0].id;
  ImportCounts counts;
  CHECK_FALSE(try_rows(f.index, {source}, OpaqueIds::yes, false, &counts));
  CHECK(counts.added + counts.changed == 0);
  record(f.index, {destroyed(1, "2025-01-01", 4)});
  CHECK(f.index.source_id(id).empty());
  CHECK(hits(f.path, {"key-of-the-recorder", "01614960123", "161 496", "2025/key"}) == 0);
  CHECK(sql_value(f.path, "SELECT length(source_digest) FROM recording") == "32");
  CHECK_FALSE(try_rows(f.index, {source}, OpaqueIds::yes, false, &counts));
  CHECK(counts.destroyed == 1);
  // Nor does it come back when the option is forgotten.
  ImportRow harmless = source;
  harmless.subject.clear();
  CHECK_FALSE(try_rows(f.index, {harmless}, OpaqueIds::no, false, &counts));
  CHECK(counts.destroyed == 1);
  CHECK(counts.added == 0);
  CHECK_FALSE(try_rows(f.index, {source}, OpaqueIds::yes, true, &counts));
  CHECK(counts.returned == 1);
  CHECK(f.index.find(id)->state == State::returned);
  CHECK(f.index.source_id(id) == source.id);
}

TEST_CASE("A recording imported under its own id stays that one when opaque ids are asked for") {
  Fixture f;
  import_rows(f.index, {row("plain", kDate)});
  ImportCounts counts;
  CHECK_FALSE(try_rows(f.index, {row("plain", kDate)}, OpaqueIds::yes, false, &counts));
  CHECK(counts.added == 0);
  CHECK(all(f.index).size() == 1);
}
