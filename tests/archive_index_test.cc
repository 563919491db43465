#include "archive/index.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/schema.h"
#include "archive/store.h"
#include "support/archive_fixture.h"
#include "support/catch.h"

using namespace expunge;
using namespace expunge::archive;
using namespace expunge::test;
using expunge::test::contains_text;

namespace {

Hold hold(const std::string& reference) {
  Hold made;
  made.reference = reference;
  made.kind = "sar";
  made.reason = "asked by letter";
  made.user = "officer";
  made.placed_at = log_time("2026-11-20T10:00:00.123Z");
  HoldScope subject;
  subject.subject_key = "01614960123";
  HoldScope days;
  days.department = "Customer Services";
  days.from = date("2025-01-01");
  days.to = date("2025-01-31");
  HoldScope one;
  one.recording_id = "r-1";
  made.scopes = {subject, days, one};
  return made;
}

void place(Index& index, const Hold& made) {
  Index::Writing writing(index);
  writing.place_hold(made);
  writing.commit();
}

JournalBatch batch_of(const std::vector<Recording>& recordings) {
  JournalBatch batch;
  batch.run = "run-1";
  batch.stream_key.fill(0x5a);
  batch.log_size = 7;
  batch.log_last_hash.fill(9);
  for (const Recording& recording : recordings) {
    JournalFile file;
    file.recording_key = recording.key;
    file.path = recording.files.at(0).path;
    file.role = "audio";
    file.number = static_cast<std::uint32_t>(batch.files.size());
    file.device = UINT64_MAX;
    file.inode = UINT64_MAX - 1;
    file.birth_ns = -5;
    file.bytes = 1000;
    file.overwrite_bytes = 4096;
    file.sha256 = base::sha256(file.path);
    file.method = "overwrite";
    batch.files.push_back(file);
  }
  return batch;
}

}  // namespace

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
  CHECK(sql_value(path, "PRAGMA user_version") == "4");
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
  sql_run(path, "PRAGMA user_version = 5");
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

TEST_CASE("A directory where names were removed is remembered until it is forgotten") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path);
  Index index = open_index(path);
  CHECK(index.touched_directories().empty());
  for (const std::vector<std::string>& paths :
       {std::vector<std::string>{"2025/10/02", ""}, {"2025/10/01", "2025/10/02"}}) {
    Index::Writing writing(index);
    writing.touch_directories(paths);
    writing.commit();
  }
  CHECK(index.touched_directories() == std::vector<std::string>{"", "2025/10/01", "2025/10/02"});
  Index::Writing writing(index);
  writing.forget_directories(std::vector<std::string>{"", "2025/10/02", "never"});
  writing.commit();
  CHECK(index.touched_directories() == std::vector<std::string>{"2025/10/01"});
}

TEST_CASE("A hold comes back as it was placed and its reference is used once for ever") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path);
  Index index = open_index(path);
  place(index, hold("SAR-2026/14"));
  place(index, hold("A.1"));
  std::vector<Hold> holds = index.holds(false);
  REQUIRE(holds.size() == 2);
  CHECK(holds[0].reference == "A.1");
  const Hold& found = holds[1];
  CHECK(found.reference == "SAR-2026/14");
  CHECK(found.kind == "sar");
  CHECK(found.reason == "asked by letter");
  CHECK(found.user == "officer");
  CHECK(found.placed_at == log_time("2026-11-20T10:00:00.123Z"));
  CHECK(found.scopes == hold("x").scopes);
  CHECK_FALSE(found.released_at);
  CHECK_FALSE(found.review_on);
  CHECK_THAT(failure_of([&] { place(index, hold("A.1")); }), contains_text("usage: hold A.1"));
  {
    Index::Writing writing(index);
    writing.release_hold(
        "A.1", {"answered", "chief", log_time("2026-11-21T10:00:00.000Z"), date("2026-11-29")});
    writing.commit();
  }
  CHECK(index.holds(false).size() == 2);
  holds = index.holds(true);
  REQUIRE(holds.size() == 2);
  CHECK(holds[0].released_at == log_time("2026-11-21T10:00:00.000Z"));
  CHECK(holds[0].release_user == "chief");
  CHECK(holds[0].release_reason == "answered");
  CHECK_THAT(failure_of([&] { place(index, hold("A.1")); }), contains_text("usage: hold A.1"));
  Index::Writing writing(index);
  const base::Time now = log_time("2026-11-22T10:00:00.000Z");
  CHECK_THAT(failure_of([&] {
               writing.release_hold("A.1", {"", "", now, {}});
             }),
             contains_text("usage: ") && contains_text("released already"));
  CHECK_THAT(failure_of([&] {
               writing.release_hold("B.1", {"", "", now, {}});
             }),
             contains_text("usage: ") && contains_text("no such hold"));
}

TEST_CASE("Approvals come newest first with their recordings") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, {row("a", "2025-01-01T10:00:00Z"), row("b", "2025-01-02T10:00:00Z")});
  Index index = open_index(path);
  Approval approval;
  approval.plan = std::string(64, 'a');
  approval.policy = std::string(64, 'c');
  approval.today = date("2026-11-24");
  approval.approved_at = log_time("2026-11-23T15:00:00.001Z");
  approval.user = "officer";
  approval.reason = "read it";
  approval.due = 2;
  approval.bytes = UINT64_MAX;
  Index::Writing writing(index);
  const std::int64_t older = writing.approve(approval);
  approval.plan = std::string(64, 'b');
  const std::int64_t newer = writing.approve(approval);
  writing.add_approved(newer, 2);
  writing.add_approved(newer, 1);
  writing.commit();
  const std::vector<Approval> found = index.approvals();
  REQUIRE(found.size() == 2);
  CHECK(found[0].number == newer);
  CHECK(found[1].number == older);
  CHECK(found[0].plan == approval.plan);
  CHECK(found[0].policy == approval.policy);
  CHECK(found[0].today == approval.today);
  CHECK(found[0].approved_at == approval.approved_at);
  CHECK(found[0].due == 2);
  CHECK(found[0].bytes == UINT64_MAX);
  std::vector<std::int64_t> keys;
  index.for_each_approved(newer, [&](std::int64_t key) { keys.push_back(key); });
  CHECK(keys == std::vector<std::int64_t>{1, 2});
  record(index, {destroyed(1, "2025-01-01", 5)});
  keys.clear();
  index.for_each_approved(newer, [&](std::int64_t key) { keys.push_back(key); });
  CHECK(keys == std::vector<std::int64_t>{2});
}

TEST_CASE("No approval from before a recording was destroyed covers it once it is back") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, {row("a", "2025-01-01T10:00:00Z")});
  Index index = open_index(path);
  Approval approval;
  approval.plan = approval.policy = std::string(64, 'a');
  approval.today = date("2026-11-24");
  approval.approved_at = log_time("2026-11-23T15:00:00.001Z");
  approval.user = "officer";
  {
    Index::Writing writing(index);
    writing.add_approved(writing.approve(approval), 1);
    writing.commit();
  }
  // The log says that it is destroyed, and its file is there: so it came back.
  Outcome outcome = destroyed(1, "2025-01-01", 5);
  outcome.paths.emplace();
  record(index, {outcome});
  REQUIRE(index.find("a")->state == State::returned);
  std::vector<std::int64_t> keys;
  index.for_each_approved(1, [&](std::int64_t key) { keys.push_back(key); });
  CHECK(keys.empty());
}

TEST_CASE("A journalled batch comes back whole and goes with its outcomes") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, {row("a", "2025-01-01T10:00:00Z"), row("b", "2025-01-02T10:00:00Z"),
                    row("c", "2025-01-03T10:00:00Z"), row("d", "2025-01-04T10:00:00Z")});
  Index index = open_index(path);
  const JournalBatch batch = batch_of(all(index));
  std::int64_t number = 0;
  {
    Index::Writing writing(index);
    number = writing.begin_batch(batch);
    writing.commit();
  }
  std::vector<JournalBatch> found = index.journal();
  REQUIRE(found.size() == 1);
  CHECK(found[0].number == number);
  CHECK(found[0].run == batch.run);
  CHECK(found[0].stream_key == batch.stream_key);
  CHECK(found[0].log_size == 7);
  CHECK(found[0].log_last_hash == batch.log_last_hash);
  REQUIRE(found[0].files.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    const JournalFile& file = found[0].files[i];
    CHECK(file.recording_key == batch.files[i].recording_key);
    CHECK(file.path == batch.files[i].path);
    CHECK(file.number == i);
    CHECK(file.device == UINT64_MAX);
    CHECK(file.inode == UINT64_MAX - 1);
    CHECK(file.birth_ns == -5);
    CHECK(file.overwrite_bytes == 4096);
    CHECK(file.sha256 == batch.files[i].sha256);
    CHECK(file.method == "overwrite");
  }
  {
    Index::Writing writing(index);
    const std::vector<std::int64_t> dropped = {4};
    writing.drop_from_batch(number, dropped);
    writing.commit();
  }
  CHECK(index.journal().at(0).files.size() == 3);
  Outcome partial;
  partial.recording_key = 2;
  partial.state = State::partial;
  partial.log_seq = 9;
  Outcome missing;
  missing.recording_key = 3;
  missing.missing_seq = 10;
  const LogPosition position{11, base::sha256("entry")};
  {
    Index::Writing writing(index);
    const std::vector<Outcome> outcomes = {destroyed(1, "2025-01-01", 8), partial, missing};
    const std::vector<std::int64_t> finished = {1, 2, 3};
    writing.record(outcomes);
    writing.drop_from_batch(number, finished);
    writing.remember_log(position);
    writing.commit();
  }
  CHECK(index.journal().empty());
  CHECK(index.log_position() == position);
  CHECK_FALSE(index.find("a"));
  const auto gone = index.history("a");
  REQUIRE(gone);
  CHECK(gone->state == State::destroyed);
  CHECK(gone->recorded_on == date("2025-01-01"));
  CHECK(gone->destroyed_at == log_time("2026-11-24T02:00:00.000Z"));
  CHECK(gone->log_seq == 8);
  CHECK(index.find("b")->state == State::partial);
  CHECK(index.history("b")->log_seq == 9);
  CHECK(index.find("c")->state == State::kept);
  CHECK(index.find("c")->missing_seq == 10);
  CHECK_FALSE(index.history("c")->recorded_on);
  CHECK_FALSE(index.history("nobody"));
  CHECK(all(index).size() == 3);
}

TEST_CASE("Destroyed recordings are counted by department and civil date") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, {row("a", "2025-01-01T10:00:00Z"), row("b", "2025-01-02T10:00:00Z"),
                    row("c", "2025-01-03T10:00:00Z"), row("d", "2025-01-04T10:00:00Z")});
  Index index = open_index(path);
  Outcome removed = destroyed(3, "2025-01-03", 3);
  removed.state = State::removed;
  record(index, {destroyed(1, "2025-01-01", 1), destroyed(2, "2025-01-02", 2), removed});
  CHECK(index.count_destroyed("", {}, {}) == 3);
  CHECK(index.count_destroyed("Customer Services", date("2025-01-02"), {}) == 2);
  CHECK(index.count_destroyed("", date("2025-01-02"), date("2025-01-02")) == 1);
  CHECK(index.count_destroyed("Revenues", {}, {}) == 0);
}

TEST_CASE("What was not committed has not happened") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, {row("a", "2025-01-01T10:00:00Z")});
  Index index = open_index(path);
  {
    Index::Writing writing(index);
    writing.place_hold(hold("A"));
    const std::vector<Outcome> outcomes = {destroyed(1, "2025-01-01", 1)};
    writing.record(outcomes);
  }
  CHECK(index.holds(true).empty());
  CHECK(index.find("a")->files.size() == 1);
  CHECK(all_zero(slurp(path + "-journal")));
}

TEST_CASE("The data version changes with other connections' commits and not with one's own") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path);
  Index index = open_index(path);
  const std::uint64_t before = index.data_version();
  place(index, hold("A"));
  CHECK(index.data_version() == before);
  {
    Index other = open_index(path);
    place(other, hold("B"));
  }
  CHECK(index.data_version() != before);
}

TEST_CASE("An index that stays locked is a matter for a person") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path);
  busy_timeout_ms = 50;
  Index index = open_index(path);
  Index other = open_index(path);
  busy_timeout_ms = 60000;
  const Index::Writing writing(index);
  CHECK_THAT(failure_of([&] { const Index::Writing second(other); }),
             contains_text("needs person: ") && contains_text("locked"));
}

TEST_CASE("A commit that a reader holds up fails whole and can be tried again") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path);
  busy_timeout_ms = 50;
  Index index = open_index(path);
  const Index reader = open_index(path, Index::Access::read);
  busy_timeout_ms = 60000;
  {
    const Index::Snapshot snapshot(reader);
    CHECK_THAT(failure_of([&] { place(index, hold("A")); }), contains_text("needs person: "));
    CHECK(reader.holds(true).empty());
  }
  CHECK(index.holds(true).empty());
  place(index, hold("A"));
  CHECK(reader.holds(true).size() == 1);
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

TEST_CASE("A snapshot sees one state while another connection commits after it") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, {row("a", "2025-01-01T10:00:00Z")});
  const Index reader = open_index(path, Index::Access::read);
  {
    const Index::Snapshot snapshot(reader);
    CHECK(all(reader).size() == 1);
    CHECK(reader.holds(true).empty());
    CHECK(reader.find("a"));
    CHECK(reader.journal().empty());
  }
  Index writer = open_index(path);
  place(writer, hold("A"));
  CHECK(reader.holds(true).size() == 1);
}

TEST_CASE("An index counts the imports it took in and those that a person says to count") {
  const Scratch scratch;
  const std::string path = scratch / "index.db";
  make_index(path);
  Index index = open_index(path);
  const std::uint64_t before = index.imports();
  import_rows(index, {row("r-1", "2025-01-01T10:00:00Z")});
  import_rows(index, {row("r-1", "2025-01-01T10:00:00Z")});  // changes nothing
  CHECK(index.imports() == before + 2);
  {
    Index::Writing writing(index);
    writing.count_imports(5);
  }
  CHECK(index.imports() == before + 2);
  Index::Writing writing(index);
  writing.count_imports(5);
  writing.commit();
  CHECK(open_index(path).imports() == before + 7);
}

TEST_CASE("A count of imports that is no number counts for none") {
  const Scratch scratch;
  const std::string path = scratch / "index.db";
  make_index(path);
  sql_run(path, "INSERT OR REPLACE INTO meta(name, value) VALUES ('imports', 'many')");
  CHECK(open_index(path).imports() == 0);
}

TEST_CASE("A recording taken in as gone is known and no import brings it to life") {
  const Scratch scratch;
  const std::string path = scratch / "index.db";
  make_index(path);
  Index index = open_index(path);
  RecordingHistory gone;
  gone.id = "r-9";
  gone.department = "Customer Services";
  gone.state = State::removed;
  gone.recorded_on = date("2024-05-06");
  gone.destroyed_at = log_time("2025-05-07T02:00:00.000Z");
  gone.log_seq = 77;
  {
    Index::Writing writing(index);
    writing.add_gone(gone);
    writing.commit();
  }
  import_rows(index, {row("r-9", "2024-05-06T10:00:00Z")});
  CHECK(all(index).empty());
  const auto history = index.history("r-9");
  REQUIRE(history);
  CHECK(history->state == State::removed);
  CHECK(history->recorded_on == gone.recorded_on);
  CHECK(history->destroyed_at == gone.destroyed_at);
  CHECK(history->log_seq == 77);
  CHECK(index.count_destroyed("Customer Services", {}, {}) == 1);
}
