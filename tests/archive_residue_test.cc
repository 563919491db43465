#include <sqlite3.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <set>

#include "support/archive_fixture.h"
#include "support/catch.h"

using namespace expunge;
using namespace expunge::archive;
using namespace expunge::test;

namespace {

constexpr int kRows = 20000;

/// 11 digits that spread over the b-tree.
std::string number_of(int i) {
  char text[16];
  std::snprintf(text, sizeof text, "07%09u", static_cast<unsigned>(i) * 2654435761U % 1000000000U);
  return text;
}

std::vector<ImportRow> many_rows() {
  std::vector<ImportRow> rows;
  for (int i = 0; i < kRows; ++i) {
    const auto at = instant("2025-01-01T00:00:00Z") + std::chrono::minutes(i * 37 % kRows);
    ImportRow made = row("r" + std::to_string(i), base::to_text(at), number_of(i));
    // With a letter behind it: the index has a date there, whose digits would go on with a
    // number's.
    made.agent = "agent" + number_of(i) + "x";
    made.call_id = "call" + number_of(i);
    made.file.path = "in/" + number_of(i) + ".wav";
    rows.push_back(made);
    if (i % 5 != 0) continue;
    made.file.path = "out/" + number_of(i) + ".json";
    rows.push_back(made);
  }
  return rows;
}

/// Every other recording, in batches that are journalled first, as a run does it.
void destroy_half(Index& index) {
  constexpr int kBatch = 1000;
  for (int first = 1; first <= kRows; first += 2 * kBatch) {
    JournalBatch batch;
    std::vector<Outcome> outcomes;
    std::vector<std::int64_t> keys;
    for (int key = first; key < first + 2 * kBatch; key += 2) {
      const auto found = index.find(std::int64_t{key});
      REQUIRE(found);
      for (const File& file : found->files) {
        JournalFile journal;
        journal.recording_key = key;
        journal.path = file.path;
        journal.number = static_cast<std::uint32_t>(batch.files.size());
        batch.files.push_back(journal);
      }
      keys.push_back(key);
      outcomes.push_back(destroyed(key, "2025-01-01", static_cast<std::uint64_t>(key)));
    }
    std::int64_t number = 0;
    {
      Index::Writing writing(index);
      number = writing.begin_batch(batch);
      writing.commit();
    }
    Index::Writing writing(index);
    writing.record(outcomes);
    writing.drop_from_batch(number, keys);
    writing.commit();
  }
}

/// Numbers in `data` that belong to destroyed recordings: their digits without the 07, which
/// another recording cannot have.
std::size_t erased_hits(const std::string& data) {
  std::set<std::string> erased;
  for (int i = 0; i < kRows; i += 2) erased.insert(number_of(i));
  std::size_t found = 0;
  for (std::size_t at = data.find("07"); at != std::string::npos; at = data.find("07", at + 1)) {
    if (erased.contains(data.substr(at, 11))) ++found;
  }
  return found;
}

bool run(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

}  // namespace

TEST_CASE("After a run nothing of the destroyed recordings is in the index or its journal") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, many_rows());
  const std::size_t before = erased_hits(slurp(path));
  CHECK(before > 50000);
  {
    Index index = open_index(path);
    destroy_half(index);
    CHECK(erased_hits(slurp(path)) == 0);
    CHECK(all_zero(slurp(path + "-journal")));
  }
  CHECK(sql_value(path, "PRAGMA integrity_check") == "ok");
  CHECK(sql_value(path, "SELECT count(*) FROM recording WHERE state = 'destroyed'") == "10000");
  CHECK(all(open_index(path, Index::Access::read)).size() == 10000);
  CHECK(sql_value(path,
                  "SELECT group_concat(DISTINCT call_id || subject || subject_key || agent ||"
                  " contradiction || source_id) FROM recording WHERE state = 'destroyed'")
            .empty());
  CHECK(sql_value(path, "SELECT count(*) FROM journal_file") == "0");
}

TEST_CASE("The search for residue finds what SQLite alone leaves behind") {
  // The test above would say nothing if it could not fail.
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, many_rows());
  sql_run(path,
          "PRAGMA journal_mode = PERSIST; PRAGMA secure_delete = ON;"
          "DELETE FROM file WHERE recording_key % 2 = 1;"
          "UPDATE recording SET call_id = '', subject = '', subject_key = '', agent = '',"
          " state = 'destroyed' WHERE key % 2 = 1");
  CHECK(erased_hits(slurp(path + "-journal")) > 0);
}

namespace {

/// An ext4 image, mounted until its content is asked for.
class Image {
 public:
  Image() {
    std::filesystem::create_directory(mount());
    mounted_ = ::geteuid() == 0 &&
               run("truncate -s 256M '" + image() + "' && mkfs.ext4 -q -F '" + image() + "'") &&
               run("mount -o loop '" + image() + "' '" + mount() + "'");
  }
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;
  ~Image() { unmount(); }

  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] std::string mount() const { return dir_ / "mount"; }
  [[nodiscard]] std::string bytes_after_unmounting() {
    REQUIRE(unmount());
    return slurp(image());
  }

 private:
  [[nodiscard]] std::string image() const { return dir_ / "image"; }
  bool unmount() {
    if (mounted_) mounted_ = !run("umount '" + mount() + "'");
    return !mounted_;
  }

  Scratch dir_;
  bool mounted_ = false;
};

}  // namespace

TEST_CASE("After a run nothing of the destroyed recordings is on the disk") {
  Image image;
  if (!image.mounted()) SKIP_TEST("needs root and loop devices, to mount an ext4 image");
  {
    make_index(image.mount() + "/index.db", many_rows());
    Index index = open_index(image.mount() + "/index.db");
    destroy_half(index);
  }
  CHECK(erased_hits(image.bytes_after_unmounting()) == 0);
}

TEST_CASE("Nothing is left on the disk when a journal is removed or cut or a database shrinks") {
  for (const char* mode : {"DELETE", "TRUNCATE", "PERSIST"}) {
    INFO(mode);
    Image image;
    if (!image.mounted()) SKIP_TEST("needs root and loop devices, to mount an ext4 image");
    make_index(image.mount() + "/index.db", many_rows());
    sqlite3* connection = nullptr;
    REQUIRE(sqlite3_open_v2((image.mount() + "/index.db").c_str(), &connection,
                            SQLITE_OPEN_READWRITE, "expunge") == SQLITE_OK);
    const std::string sql = std::string("PRAGMA journal_mode = ") + mode +
                            "; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY;"
                            "DELETE FROM file; DELETE FROM recording; VACUUM;"
                            // More than the cache holds, so that it is in the file already.
                            "PRAGMA cache_size = 10; BEGIN; CREATE TABLE t AS WITH RECURSIVE"
                            " n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)"
                            " SELECT '" +
                            number_of(0) + "' FROM n";
    CHECK(sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
    CHECK(std::filesystem::file_size(image.mount() + "/index.db") > 500000);
    ::sync();
    CHECK(sqlite3_exec(connection, "ROLLBACK", nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(connection);
    CHECK(std::filesystem::file_size(image.mount() + "/index.db") < 200000);
    CHECK(erased_hits(image.bytes_after_unmounting()) == 0);
  }
}
