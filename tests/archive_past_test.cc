// The logs that an index belonged to: how it is handed over, and what it then still knows.

#include <SQLiteCpp/Database.h>

#include <array>

#include "archive/schema.h"
#include "archive/store.h"
#include "support/archive_fixture.h"
#include "support/catch.h"

using namespace expunge;
using namespace expunge::archive;
using namespace expunge::test;

namespace {

constexpr const char* kNext = "recordings.example.gov.uk/log-2";
constexpr const char* kThird = "recordings.example.gov.uk/log-3";

PastLog past(const std::string& origin, std::uint64_t size) {
  PastLog log{origin, size, {}};
  log.root.fill(7);
  return log;
}

void succeed(Index& index, const char* origin, std::uint64_t old_size) {
  Index::Writing writing(index);
  writing.succeed(past(index.origin(), old_size), origin, {3, {}});
  writing.commit();
}

JournalBatch batch_of(std::int64_t key) {
  JournalBatch batch;
  batch.run = "r";
  batch.log_size = 40;
  batch.log_last_hash.fill(9);
  JournalFile file;
  file.recording_key = key;
  file.path = "a.wav";
  file.role = "audio";
  file.method = "overwrite";
  batch.files.push_back(file);
  return batch;
}

/// An index as the version before last made it, with a recording destroyed and one kept.
void make_version_2(const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  database.exec("PRAGMA page_size = 4096; BEGIN");
  database.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
  migrate(database, std::span(kSchemaSteps).first(2));
  database.exec(std::string("INSERT INTO meta(name, value) VALUES ('origin', '") + kOrigin +
                "'), ('salt', 'abcd'), ('imports', '4'), ('reconciled', '30')");
  database.exec("INSERT INTO log_position(one, size, last_hash) VALUES (1, 40, zeroblob(32))");
  database.exec(
      "INSERT INTO recording(id, call_id, department, recorded_at, subject, subject_key, agent,"
      " state, destroyed_at, log_seq) VALUES"
      " ('gone', '', 'D', '2025-01-02', '', '', '', 'destroyed', '2026-01-03T02:00:00.000Z', 12),"
      " ('kept', '', 'D', '2026-01-02T00:00:00Z', '', '', '', 'kept', NULL, NULL)");
  database.exec("COMMIT");
}

}  // namespace

TEST_CASE("An index of the version before is migrated and what it knew is of the log in use") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_version_2(path);
  REQUIRE(sql_value(path, "PRAGMA user_version") == "2");
  CHECK_THAT(failure_of([&] { (void)open_index(path, Index::Access::read); }),
             contains_text("made by an older expunge"));
  Index index = open_index(path);
  CHECK(sql_value(path, "PRAGMA user_version") == "5");
  CHECK(index.past_logs().empty());
  CHECK(index.past_claims().empty());
  CHECK(index.history("gone")->log_seq == 12);
  CHECK(index.history("gone")->past_log.empty());
  CHECK(index.log_position().size == 40);
  succeed(index, kNext, 41);
  CHECK(index.history("gone")->past_log == kOrigin);
  CHECK(index.history("kept")->past_log.empty());  // no log names it
}

TEST_CASE("An index of any log is opened for handing over and says whose it is") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_version_2(path);
  Index index = Index::open_of_any_log(path);
  CHECK(index.origin() == kOrigin);
  CHECK(sql_value(path, "PRAGMA user_version") == "5");
}

TEST_CASE(
    "A handed over index belongs to the new log and remembers nothing of how far the old went") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, {row("a", "2025-01-01T00:00:00Z"), row("b", "2025-01-02T00:00:00Z")});
  Index index = open_index(path);
  const std::int64_t key = index.find("a")->key;
  {
    Index::Writing writing(index);
    writing.remember_log({40, {}});
    writing.remember_reconciled(30);
    writing.remember_root("the root");
    Approval approval;
    approval.today = date("2026-11-23");
    writing.add_approved(writing.approve(approval), key);
    Hold hold;
    hold.reference = "SAR-1";
    hold.kind = "sar";
    hold.scopes = {{"b", "", "", {}, {}}};
    writing.place_hold(hold);
    static_cast<void>(writing.begin_batch(batch_of(key)));
    writing.touch_directories(std::vector<std::string>{"d"});
    Outcome missing;
    missing.recording_key = index.find("b")->key;
    missing.missing_seq = 35;
    writing.record(std::vector<Outcome>{missing});
    writing.commit();
  }
  REQUIRE(index.imports() == 1);
  REQUIRE(index.find("b")->missing_seq == 35);
  succeed(index, kNext, 41);
  CHECK(index.origin() == kNext);
  CHECK(index.past_logs() == std::vector<PastLog>{past(kOrigin, 41)});
  CHECK(index.log_position() == LogPosition{3, {}});
  CHECK(index.reconciled_size() == 0);
  CHECK(index.imports() == 0);
  CHECK(index.approvals().empty());
  CHECK(index.root_identity() == "the root");
  CHECK(index.holds(false).size() == 1);
  CHECK_FALSE(index.find("b")->missing_seq);
  CHECK(index.touched_directories().size() == 1);
  REQUIRE(index.journal().size() == 1);
  CHECK(index.journal()[0].log_size == 0);
  CHECK(index.journal()[0].log_last_hash == base::Digest{});
  CHECK(index.journal()[0].files.size() == 1);
  CHECK_THAT(failure_of([&] { (void)open_index(path); }), contains_text(kNext));
  // Its own connection goes on, and so does whoever opens it for the new log.
  { const Index::Writing writing(index); }
  static_cast<void>(Index::open(path, Index::Access::read, kNext));
}

TEST_CASE("A handing over that is not committed leaves the index as it was") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, {row("a", "2025-01-01T00:00:00Z")});
  Index index = open_index(path);
  {
    Index::Writing writing(index);
    writing.keep_claim(
        {1, State::destroyed, date("2025-01-01"), log_time("2026-01-03T02:00:00.000Z"), 12, 0});
    writing.succeed(past(kOrigin, 41), kNext, {3, {}});
  }
  CHECK(index.origin() == kOrigin);
  CHECK(index.past_logs().empty());
  CHECK(index.past_claims().empty());
  CHECK(index.imports() == 1);
  { const Index::Writing writing(index); }
}

TEST_CASE("Each recording remembers which of several logs says that it is gone") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, {row("a", "2025-01-01T00:00:00Z"), row("b", "2025-01-02T00:00:00Z"),
                    row("c", "2025-01-03T00:00:00Z")});
  Index index = open_index(path);
  const auto destroy = [&](const char* id, std::uint64_t seq) {
    record(index, {destroyed(index.find(id)->key, "2025-01-01", seq)});
  };
  destroy("a", 10);
  succeed(index, kNext, 41);
  destroy("b", 5);
  succeed(index, kThird, 20);
  destroy("c", 4);
  CHECK(index.history("a")->past_log == kOrigin);
  CHECK(index.history("b")->past_log == kNext);
  CHECK(index.history("c")->past_log.empty());
  CHECK(index.past_logs() == std::vector<PastLog>{past(kOrigin, 41), past(kNext, 20)});
}

TEST_CASE("What a past log says of a recording stands until the recording is settled") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path, {row("a", "2025-01-01T00:00:00Z"), row("b", "2025-01-02T00:00:00Z")});
  Index index = open_index(path);
  std::int64_t batch = 0;
  const base::Time then = log_time("2026-01-03T02:00:00.000Z");
  {
    Index::Writing writing(index);
    batch = writing.begin_batch(batch_of(2));
    for (const std::int64_t key : {1, 2}) {
      writing.keep_claim({key, State::destroyed, date("2025-01-01"), then, 12, 0});
    }
    writing.succeed(past(kOrigin, 41), kNext, {3, {}});
    writing.commit();
  }
  succeed(index, kThird, 20);
  const std::vector<PastClaim> claims = index.past_claims();
  REQUIRE(claims.size() == 2);
  CHECK(claims[0] == PastClaim{1, State::destroyed, date("2025-01-01"), then, 12, 0});
  Outcome outcome = destroyed(1, "2025-01-01", 12);
  outcome.log_number = claims[0].log_number;
  record(index, {outcome});
  CHECK(index.past_claims().size() == 1);
  CHECK(index.history("a")->past_log == kOrigin);
  Index::Writing writing(index);
  writing.drop_from_batch(batch, std::array<std::int64_t, 1>{2});
  writing.commit();
  CHECK(index.past_claims().empty());
}

TEST_CASE("An importer begun under the old log takes nothing in after the handing over") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path);
  Index stale = open_index(path);
  Index index = open_index(path);
  succeed(index, kNext, 41);
  CHECK_THAT(failure_of([&] { import_rows(stale, {row("a", "2025-01-01T00:00:00Z")}); }),
             contains_text("was handed over to the log"));
  CHECK(index.newest_key() == 0);
}
