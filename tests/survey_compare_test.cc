// The comparison of index and disk, apart from the program.

#include "survey/compare.h"

#include <algorithm>
#include <filesystem>
#include <random>
#include <set>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/council.h"
#include "survey/name_date.h"

using namespace expunge;
using namespace expunge::test;
using survey::Difference;
using Kind = Difference::Kind;

namespace {

std::string dated(std::string_view path) {
  const auto date = survey::date_in_name(path);
  return date ? base::to_text(*date) : "none";
}

}  // namespace

TEST_CASE("A name's date is found where there is one and not in a telephone number") {
  CHECK(dated("2025/11/23/x.wav") == "2025-11-23");
  CHECK(dated("20251123-101500_01632960001.wav") == "2025-11-23");
  CHECK(dated("x-20251123101500.wav") == "2025-11-23");
  CHECK(dated("2024/01/02/20251123.wav") == "2025-11-23");
  CHECK(dated("2025-11-23T10.wav") == "2025-11-23");
  CHECK(dated("2025_11_23") == "2025-11-23");
  CHECK(dated("2025-11_23") == "none");
  CHECK(dated("20250230.wav") == "none");
  CHECK(dated("4420251123.wav") == "none");
  CHECK(dated("201511230.wav") == "none");
  CHECK(dated("18991231.wav") == "none");
  CHECK(dated("1700000000.wav") == "none");
  CHECK(dated("2025") == "none");
  CHECK(dated("") == "none");
}

TEST_CASE("The comparison finds what a set of each side's paths finds") {
  std::mt19937 random(7);
  Council council;
  std::set<std::string> rows;
  std::set<std::string> files;
  for (int i = 0; i < 400; ++i) {
    std::string path = "d" + std::to_string(random() % 5);
    for (int k = 0; k < 3; ++k)
      path += (random() % 3 == 0 ? "/" : "") + std::string(1, "ab-0_"[random() % 5]);
    if (random() % 4 != 0) files.insert(path);
    if (random() % 4 != 0) rows.insert(path);
  }
  // A name cannot be a file and a directory.
  const auto blocked = [&](const std::string& path) {
    const auto below = files.lower_bound(path + "/");
    return below != files.end() && below->starts_with(path + "/");
  };
  std::erase_if(files, blocked);
  std::erase_if(rows, blocked);
  std::erase_if(rows, [&](const std::string& path) {
    for (auto slash = path.find('/'); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
      if (files.count(path.substr(0, slash)) != 0) return true;
    }
    return false;
  });
  for (const std::string& path : files) {
    std::filesystem::create_directories(std::filesystem::path(council.path(path)).parent_path());
    spill(council.path(path), path);
  }
  std::vector<archive::ImportRow> imported;
  for (const std::string& path : rows) {
    imported.push_back(row("r" + std::to_string(imported.size()), "2026-01-01T00:00:00Z"));
    imported.back().file.path = path;
  }
  {
    archive::Index index = archive::Index::open(council.index_path, archive::Index::Access::write,
                                                council.log_place.origin);
    import_rows(index, imported);
  }
  std::set<std::string> without_row;
  std::set<std::string> without_file;
  const shred::ArchiveRoot root(base::real_sys(), council.root);
  const archive::Index index = council.open_index();
  const survey::Comparison comparison = survey::compare(
      {root, index, council.schedule, test::date("2026-11-23"), 2, false, council.log_place},
      [&](const Difference& difference) {
        if (difference.kind == Kind::no_row) without_row.insert(difference.path);
        if (difference.kind == Kind::no_file) without_file.insert(difference.path);
      },
      nullptr);
  std::set<std::string> expected_rows;
  std::set<std::string> expected_files;
  std::set_difference(files.begin(), files.end(), rows.begin(), rows.end(),
                      std::inserter(expected_rows, expected_rows.end()));
  std::set_difference(rows.begin(), rows.end(), files.begin(), files.end(),
                      std::inserter(expected_files, expected_files.end()));
  CHECK(without_row == expected_rows);
  CHECK(without_file == expected_files);
  CHECK(comparison.files == files.size());
  CHECK(comparison.rows == rows.size());
}

TEST_CASE("What an import or a removal did meanwhile is no difference") {
  Council council;
  council.add("a", "2026-01-01T00:00:00Z", "a.wav", "a");
  council.add("b", "2026-01-01T00:00:00Z", "b.wav", "b");
  spill(council.path("c.wav"), "c");
  spill(council.path("d.wav"), "d");
  const shred::ArchiveRoot root(base::real_sys(), council.root);
  const archive::Index index = council.open_index();
  std::vector<std::string> found;
  const auto meanwhile = [&](std::uint64_t files) {
    if (files != 1) return;
    std::filesystem::remove(council.path("d.wav"));  // listed, and gone before it is looked at
    archive::ImportRow late = row("c", "2026-01-01T00:00:00Z");
    late.file.path = "c.wav";
    council.import(late, false);
  };
  const survey::Comparison comparison = survey::compare(
      {root, index, council.schedule, test::date("2026-11-23"), 1, false, council.log_place},
      [&](const Difference& difference) { found.push_back(difference.path); }, meanwhile);
  CHECK(found.empty());
  CHECK(comparison.differences() == 0);
}
