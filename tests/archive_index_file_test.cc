// The index as a file: how it is made and opened, and what is refused or called damaged.

#include "archive/index.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include "archive/schema.h"
#include "archive/store.h"
#include "support/archive_fixture.h"
#include "support/catch.h"

using namespace expunge;
using namespace expunge::archive;
using namespace expunge::test;
using expunge::test::contains_text;

TEST_CASE("A new index has the settings of the design and mode 0600 and nothing lies beside it") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path);
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 07777) == 0600);
  REQUIRE(::stat((path + "-journal").c_str(), &found) == 0);
  CHECK((found.st_mode & 07777) == 0600);
  CHECK(sql_value(path, "PRAGMA application_id") == std::to_string(0x45585047));
  CHECK(sql_value(path, "PRAGMA user_version") == "5");
  CHECK(sql_value(path, "PRAGMA page_size") == "4096");
  CHECK(sql_value(path, "PRAGMA auto_vacuum") == "0");
  CHECK(sql_value(path,
                  "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND"
                  " NOT strict AND name NOT LIKE 'sqlite%'") == "0");
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  CHECK(files == 2);
  CHECK_THAT(failure_of([&] { Index::create(path, kOrigin); }), contains_text("exists already"));
}

TEST_CASE("A connection for writing has the settings of the design") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path);
  Store store(path, Index::Access::write);
  const auto pragma = [&](const char* sql) { return store.database.execAndGet(sql).getString(); };
  CHECK(pragma("PRAGMA journal_mode") == "persist");
  CHECK(pragma("PRAGMA synchronous") == "3");
  CHECK(pragma("PRAGMA secure_delete") == "1");
  CHECK(pragma("PRAGMA cache_spill") == "0");
  CHECK(pragma("PRAGMA temp_store") == "2");
  CHECK(pragma("PRAGMA foreign_keys") == "1");
  CHECK(pragma("PRAGMA trusted_schema") == "0");
  CHECK(busy_timeout_ms == 60000);
}

TEST_CASE("A crash while an index is made leaves nothing that looks like one and hinders nobody") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  spill(path + ".new", "half an index");
  spill(path + "-journal", "of an earlier index, 01614960123");
  make_index(path);
  CHECK_FALSE(std::filesystem::exists(path + ".new"));
  CHECK(all_zero(slurp(path + "-journal")));
  CHECK(open_index(path).newest_key() == 0);
}

TEST_CASE("What is not an index of this program is refused in words that say what it is") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  const auto open = [&](Index::Access access) {
    return failure_of([&] { (void)open_index(path, access); });
  };
  for (const auto access : {Index::Access::read, Index::Access::write}) {
    std::filesystem::remove(path);
    CHECK_THAT(open(access), contains_text("usage: ") && contains_text("No such file"));
    spill(path, std::string(20000, 'x'));
    CHECK_THAT(open(access), contains_text("usage: ") && contains_text("not an expunge index"));
    spill(path, "");
    CHECK_THAT(open(access), contains_text("usage: ") && contains_text("not an expunge index"));
    std::filesystem::remove(path);
    sql_run(path, "CREATE TABLE other(x)");
    CHECK_THAT(open(access), contains_text("usage: ") && contains_text("not an expunge index"));
  }
  std::filesystem::remove(path);
  std::filesystem::remove(path + "-journal");
  make_index(path);
  CHECK_THAT(failure_of([&] { (void)Index::open(path, Index::Access::read, "other/log"); }),
             contains_text("usage: ") && contains_text("belongs to the log") &&
                 contains_text("other/log"));
  sql_run(path, "PRAGMA user_version = 6");
  CHECK_THAT(open(Index::Access::read), contains_text("usage: ") && contains_text("newer expunge"));
  CHECK_THAT(open(Index::Access::write),
             contains_text("usage: ") && contains_text("newer expunge"));
}

TEST_CASE("The interrupted write of another program is left to that program") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  sql_run(path, "CREATE TABLE other(x); INSERT INTO other VALUES (zeroblob(100000))");
  // A transaction that has reached the database when its process ends: the journal is hot.
  const int status = in_child([&] {
    sqlite3* connection = nullptr;
    return sqlite3_open_v2(path.c_str(), &connection, SQLITE_OPEN_READWRITE, "unix") == SQLITE_OK &&
           sqlite3_exec(connection,
                        "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN;"
                        "UPDATE other SET x = randomblob(100000)",
                        nullptr, nullptr, nullptr) == SQLITE_OK;
  });
  REQUIRE(status == 0);
  const std::string data = slurp(path);
  const std::string journal = slurp(path + "-journal");
  REQUIRE_FALSE(all_zero(journal.substr(0, 8)));
  for (const auto access : {Index::Access::read, Index::Access::write}) {
    CHECK_THAT(failure_of([&] { (void)open_index(path, access); }),
               contains_text("usage: ") && contains_text("not an expunge index"));
    CHECK(slurp(path) == data);
    CHECK(slurp(path + "-journal") == journal);
  }
}

TEST_CASE("Looking at what the file is drops no lock that this process has on it") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path);
  Index index = open_index(path);
  const Index::Writing writing(index);
  const Index reader = open_index(path, Index::Access::read);
  const int status = in_child([&] {
    busy_timeout_ms = 0;
    return failure_of([&] { (void)open_index(path); }).find("locked") != std::string::npos;
  });
  CHECK(status == 0);
}

TEST_CASE("A damaged tree that repeats recordings is called damaged and not read for ever") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  std::vector<ImportRow> rows;
  rows.reserve(2000);
  for (int i = 0; i < 2000; ++i) rows.push_back(row("r" + std::to_string(i), ""));
  make_index(path, rows);
  std::string data = slurp(path);
  const auto root = static_cast<std::size_t>(std::stoi(
      sql_value(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'recording_plan'")));
  const std::size_t page = (root - 1) * 4096;
  REQUIRE(data[page] == 2);  // an interior page of an index
  const auto cell = static_cast<std::size_t>(static_cast<unsigned char>(data[page + 12]) << 8 |
                                             static_cast<unsigned char>(data[page + 13]));
  // Its last child is its first one again.
  data.replace(page + 8, 4, data.substr(page + cell, 4));
  spill(path, data);
  CHECK_THAT(failure_of([&] { (void)all(open_index(path, Index::Access::read)); }),
             contains_text("usage: ") && contains_text("out of order"));
}

TEST_CASE("A damaged index is called damaged") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  std::vector<ImportRow> rows;
  rows.reserve(2000);
  for (int i = 0; i < 2000; ++i) rows.push_back(row("r" + std::to_string(i), ""));
  make_index(path, rows);
  const auto size = std::filesystem::file_size(path);
  std::string data = slurp(path);
  for (std::size_t at = 4096; at < size; ++at) data[at] = static_cast<char>(at * 7);
  spill(path, data);
  CHECK_THAT(failure_of([&] { (void)all(open_index(path, Index::Access::read)); }),
             contains_text("usage: ") && contains_text("damaged"));
}

TEST_CASE("A migration step brings an older index up to date and a reader only says so") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path);
  Store store(path, Index::Access::write);
  std::vector<const char*> steps(kSchemaSteps.begin(), kSchemaSteps.end());
  steps.push_back("ALTER TABLE recording ADD COLUMN extra TEXT");
  store.begin(Transaction::writing);
  migrate(store.database, steps);
  store.commit();
  CHECK(sql_value(path, "PRAGMA user_version") == std::to_string(steps.size()));
  CHECK(sql_value(path,
                  "SELECT count(*) FROM pragma_table_info('recording')"
                  " WHERE name = 'extra'") == "1");
}

TEST_CASE("An index named like a URI or like a database in memory is a file") {
  const Scratch dir;
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(dir.path());
  for (const char* name : {"file:index.db?mode=memory", ":memory:"}) {
    INFO(name);
    make_index(name, {row("a", "")});
    CHECK(std::filesystem::exists(dir / name));
    CHECK(open_index(name, Index::Access::read).newest_key() == 1);
  }
  std::filesystem::current_path(before);
}
