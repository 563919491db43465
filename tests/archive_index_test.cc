// What an index keeps and gives back: directories, holds, approvals, journal, outcomes, imports.

#include "archive/index.h"

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/index_hold.h"

using namespace expunge;
using namespace expunge::archive;
using namespace expunge::test;
using expunge::test::contains_text;

namespace {

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
