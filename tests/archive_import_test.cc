// What an import does to the index: what it adds and fills in, and which paths it takes.

#include <algorithm>

#include "archive/importer.h"

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/import_fixture.h"

using namespace expunge;
using namespace expunge::archive;
using namespace expunge::test;

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
