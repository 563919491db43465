#include <algorithm>

#include "archive/importer.h"

#include <set>

#include "support/archive_fixture.h"
#include "support/catch.h"

using namespace expunge;
using namespace expunge::archive;
using namespace expunge::test;

namespace {

constexpr const char* kDate = "2025-01-01T10:00:00Z";

/// Imports one after the other and returns what was said of the last.
std::optional<std::string> try_rows(Index& index, const std::vector<ImportRow>& rows,
                                    OpaqueIds ids = OpaqueIds::no, bool on_disk = false,
                                    ImportCounts* counts = nullptr) {
  std::optional<std::string> said;
  Importer importer(
      index, ids, [&](const std::string&) { return on_disk; }, date("2026-11-23"));
  for (const ImportRow& each : rows) said = importer.add(each);
  importer.commit();
  if (counts != nullptr) *counts = importer.counts();
  return said;
}

/// The whole content, whatever the file's pages look like.
std::string dump(const std::string& path) {
  std::string text;
  for (const char* table : {"recording", "file", "contradiction"}) {
    const std::string columns = sql_value(
        path, std::string("SELECT group_concat('quote(' || name || ')', '||''|''||') FROM "
                          "pragma_table_info('") +
                  table + "')");
    text += sql_value(path, "SELECT group_concat(line, char(10)) FROM (SELECT " + columns +
                                " AS line FROM " + table + " ORDER BY 1)");
    text += "\n";
  }
  return text;
}

struct Fixture {
  Scratch dir;
  std::string path = dir / "index.db";
  Index index = [this] {
    make_index(path);
    return open_index(path);
  }();
};

}  // namespace

TEST_CASE("Importing the same rows twice changes nothing") {
  Fixture f;
  std::vector<ImportRow> rows;
  for (int i = 0; i < 100; ++i) {
    rows.push_back(row("r" + std::to_string(i), i == 0 ? "" : kDate, "0161 496 0123"));
    rows.back().agent = "agent";
    rows.back().call_id = "call";
    rows.back().file.bytes = 5;
    rows.push_back(rows.back());
    rows.back().file.path += ".json";
    rows.back().file.role = "sidecar";
  }
  const ImportCounts first = import_rows(f.index, rows);
  CHECK(first.rows == 200);
  CHECK(first.added == 100);
  CHECK(first.changed == 0);
  const std::string before = dump(f.path);
  std::reverse(rows.begin(), rows.end());
  const ImportCounts second = import_rows(f.index, rows, OpaqueIds::no, "2026-12-01");
  CHECK(second.rows == 200);
  CHECK(second.added == 0);
  CHECK(second.changed == 0);
  CHECK(dump(f.path) == before);
}

TEST_CASE("A later import fills gaps and changes nothing that is there") {
  Fixture f;
  ImportRow bare = row("a", "");
  import_rows(f.index, {bare});
  ImportRow full = row("a", kDate, "+44 161 496 0123");
  full.agent = "agent";
  full.call_id = "call";
  full.file.bytes = 5;
  full.file.sha256 = base::sha256("x");
  CHECK(import_rows(f.index, {full, full}).changed == 1);
  auto found = f.index.find("a");
  REQUIRE(found);
  CHECK(found->recorded_at == instant(kDate));
  CHECK(found->subject_key == "01614960123");
  CHECK(found->call_id == "call");
  CHECK(found->files[0].bytes == 5);
  CHECK(found->files[0].sha256 == base::sha256("x"));
  CHECK(found->contradiction.empty());
  const std::string before = dump(f.path);
  CHECK(import_rows(f.index, {full, bare}).changed == 0);
  CHECK(dump(f.path) == before);
}

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

TEST_CASE("A path makes way for the same one beneath the root and for none that only ends alike") {
  Fixture f;
  const bool is_same = GENERATE(true, false);
  const std::string wrong =
      is_same ? GENERATE("/srv/rec/x/a.wav", "//srv/./rec//x/a.wav", "./x/a.wav", "x//a.wav")
              : GENERATE("/mnt/evidence/x/a.wav", "/srv/rec/y/x/a.wav", "/srv/recordings/x/a.wav",
                         "/x/a.wav", "../rec/x/a.wav", "y/../x/a.wav", "/srv/rec/../rec/x/a.wav",
                         "./y/x/a.wav");
  CAPTURE(wrong);
  const auto import_at = [&](const std::string& path, const std::string& role) {
    archive::ImportKind kind;
    kind.archive_root = "/srv/rec";
    archive::Importer importer(
        f.index, kind, [](const std::string&) { return false; }, date("2026-11-23"));
    ImportRow one = row("a", kDate);
    one.file = {path, role, 10, std::nullopt};
    CHECK_FALSE(importer.add(one));
    importer.commit();
    return importer.counts().paths_put_right;
  };
  const auto keeps = [&] {
    const auto files = f.index.find("a")->files;
    return std::any_of(files.begin(), files.end(),
                       [&](const File& file) { return file.path == wrong; });
  };
  import_at(wrong, "audio");
  CHECK(import_at("x/b.wav", "audio") == 0);
  CHECK(import_at("t/a.wav", "transcript") == 0);
  CHECK(keeps());
  CHECK(import_at("x/a.wav", "audio") == (is_same ? 1 : 0));
  CHECK(keeps() != is_same);
  CHECK(f.index.find("a")->files.size() == (is_same ? 3 : 4));
}

TEST_CASE("A path that stays in the root makes way for none") {
  Fixture f;
  ImportRow first = row("a", kDate);
  first.file.path = "x/a.wav";
  import_rows(f.index, {first});
  first.file.path = "a.wav";
  import_rows(f.index, {first});
  CHECK(f.index.find("a")->files.size() == 2);
}

TEST_CASE("What another recording has is taken from it by no path that ends so") {
  Fixture f;
  ImportRow owner = row("b", kDate);
  owner.file.path = "x/a.wav";
  ImportRow old = row("a", kDate);
  old.file.path = "/srv/x/a.wav";
  import_rows(f.index, {owner, old});
  old.file.path = "x/a.wav";
  CHECK_THAT(try_rows(f.index, {old}).value_or(""), contains_text("belongs to another recording"));
  CHECK(f.index.find("a")->files[0].path == "/srv/x/a.wav");
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

TEST_CASE("A path belongs to one recording") {
  Fixture f;
  import_rows(f.index, {row("a", kDate)});
  const std::string before = dump(f.path);
  ImportRow thief = row("b", kDate);
  thief.file.path = "2025/a.wav";
  ImportCounts counts;
  const auto said = try_rows(f.index, {thief}, OpaqueIds::no, false, &counts);
  REQUIRE(said);
  CHECK_THAT(*said, contains_text("another recording"));
  CHECK(counts.rows == 0);
  CHECK(dump(f.path) == before);
  import_rows(f.index, {row("b", kDate)});
  CHECK(try_rows(f.index, {thief}));
}

TEST_CASE("A recording has at most 64 files") {
  Fixture f;
  std::vector<ImportRow> rows;
  for (int i = 0; i < 65; ++i) {
    rows.push_back(row("a", kDate));
    rows.back().file.path = std::to_string(i);
  }
  const auto said = try_rows(f.index, rows);
  REQUIRE(said);
  CHECK_THAT(*said, contains_text("64 files"));
  CHECK(f.index.find("a")->files.size() == 64);
  CHECK_FALSE(try_rows(f.index, {rows[3]}));  // one of the 64 again
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

TEST_CASE("A path of any bytes survives the round trip") {
  Fixture f;
  ImportRow odd = row("a", kDate);
  odd.file.path = "caf\xe9/\xff\xfe \x01\n'\"%00/\xc3";
  import_rows(f.index, {odd});
  CHECK(f.index.find("a")->files[0].path == odd.file.path);
  CHECK(all(f.index)[0].files[0].path == odd.file.path);
  CHECK(import_rows(f.index, {odd}).changed == 0);
  ImportRow thief = row("b", kDate);
  thief.file.path = odd.file.path;
  CHECK(try_rows(f.index, {thief}));
}

TEST_CASE("An import that is not committed leaves the index as it was") {
  Fixture f;
  import_rows(f.index, {row("a", kDate)});
  const std::string before = slurp(f.path);
  {
    Importer importer(
        f.index, OpaqueIds::no, [](const std::string&) { return false; }, date("2026-11-23"));
    CHECK_FALSE(importer.add(row("b", kDate)));
    CHECK(importer.counts().added == 1);
  }
  CHECK(slurp(f.path) == before);
  CHECK(f.index.newest_key() == 1);
  import_rows(f.index, {row("c", kDate)});
  CHECK(f.index.newest_key() == 2);
}

TEST_CASE("An import too large for the cache is one transaction and cleans up when abandoned") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, {row("kept", kDate, "0161 496 0999")});
  Index index = open_index(path);
  const auto size = std::filesystem::file_size(path);
  const auto add = [&](Importer& importer) {
    for (int i = 0; i < 150000; ++i) {
      ImportRow big = row("big" + std::to_string(i), kDate, "0161 496 0123");
      big.file.path = std::string(400, 'p') + std::to_string(i);
      REQUIRE_FALSE(importer.add(big));
    }
  };
  {
    Importer importer(
        index, OpaqueIds::no, [](const std::string&) { return false; }, date("2026-11-23"));
    add(importer);
    CHECK(std::filesystem::file_size(path) > size);  // it spilled
  }
  CHECK(std::filesystem::file_size(path) == size);
  CHECK(all_zero(slurp(path + "-journal")));
  CHECK(all(index).size() == 1);
  CHECK(sql_value(path, "PRAGMA integrity_check") == "ok");
}
