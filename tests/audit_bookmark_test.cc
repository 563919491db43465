// A start goes on from the bookmark beside the log, and learns what reading the whole log says.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <thread>

#include "audit/bookmark.h"
#include "base/fd.h"
#include "support/audit_bookmark.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/dying_sys.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;

namespace {

std::string bookmark_of(const LogOnDisk& log) {
  return slurp(log.file("bookmark"));
}

/// Long enough that a change shows in the time of change, where that is kept in ticks.
void wait_a_tick() {
  std::this_thread::sleep_for(std::chrono::milliseconds(12));
}

/// Overwrites one byte where it stands, as an editor of bytes would.
void change_byte(const std::string& path, std::size_t offset, char byte) {
  const base::Fd fd(::open(path.c_str(), O_WRONLY));
  REQUIRE(::pwrite(fd.get(), &byte, 1, static_cast<off_t>(offset)) == 1);
}

/// Whether a reader goes on from the bookmark. What it says is compared with the whole log in any
/// case.
bool goes_on(const LogOnDisk& log, const std::optional<Position>& remembered = std::nullopt) {
  return compare_readings(log, remembered) == Compared::same_from_bookmark;
}
bool reads_whole(const LogOnDisk& log, const std::optional<Position>& remembered = std::nullopt) {
  return compare_readings(log, remembered) == Compared::same_read_whole;
}
bool refused(const LogOnDisk& log, const std::optional<Position>& remembered = std::nullopt) {
  return compare_readings(log, remembered) == Compared::both_refused;
}

}  // namespace

TEST_CASE("A start reads as little of a long log as of a short one") {
  std::vector<std::uint64_t> reading, writing, listing;
  for (const std::uint64_t entries : {10U, 200U, 6000U}) {
    const LogOnDisk log;
    Position position;
    {
      auto writer = log.writer(base::real_sys());
      append_destroys(writer, 0, entries);
      position = writer.position();
    }
    CountingSys sys;
    const LogState state = read_log(sys, log.place(), position);
    CHECK(state.facts.destroyed == entries);
    CHECK(state.why_whole.empty());
    reading.push_back(sys.log_bytes());
    CountingSys for_writer;
    auto writer = log.writer(for_writer, position);
    writing.push_back(for_writer.log_bytes());
    append_destroys(writer, entries, 1);
    CountingSys for_list;
    std::uint64_t listed = 0;
    for_each_entry(for_list, log.place(), entries, [&](const EntryView& entry) {
      CHECK(entry.seq == entries + listed++);
      return true;
    });
    CHECK(listed == 2);
    listing.push_back(for_list.log_bytes());
  }
  // Its first line and its last one, each with at most what a line may hold.
  for (const auto& bytes : {reading, writing, listing}) {
    CAPTURE(bytes);
    CHECK(bytes[0] > 0);
    CHECK(bytes[2] < 200'000);
    CHECK(bytes[2] < bytes[1] + 100);  // numbers of more digits
  }
}

TEST_CASE("After every kind of entry a start learns the same from the bookmark") {
  const LogOnDisk log;
  auto writer = log.writer(base::real_sys());
  for (const Draft& draft : every_kind_of_fact()) {
    // Before the second run starts, the clock goes back.
    const bool second = draft.members.find("-0002") != std::string::npos;
    writer.append({&draft, 1},
                  at(second ? "2026-02-01T02:00:00.000Z" : "2026-02-02T02:00:00.000Z"));
    INFO(draft.type);
    CHECK(goes_on(log));
    CHECK(goes_on(log, writer.position()));
    CHECK(log.writer(base::real_sys(), writer.position()).facts() == writer.facts());
  }
  const LogFacts facts = log.read().facts;
  CHECK(facts.open_holds == std::map<std::string, std::string>{{"A-2", "claim \"\\\n\u00eb"}});
  CHECK(facts.removed == 1);
  CHECK(facts.last_run_end->removed == 7);
  CHECK(facts.newest_run_start->run != facts.last_run_start->run);
  REQUIRE(facts.last_braked);
  CHECK(facts.last_braked->run == "20260104T020000Z-0003");
  CHECK(facts.last_braked->brakes == std::vector<std::string>{"share", "clock"});
  CHECK(facts.tried.size() == 1);
  CHECK(facts.tried.at("rec-10").reason == "open-elsewhere");
  CHECK(parse_facts(to_json(facts)) == facts);
  CHECK(parse_facts(to_json(LogFacts{})) == LogFacts{});
}

TEST_CASE("Every changed byte of a bookmark and every cut makes the log be read whole") {
  const FurnishedLog log;
  const std::string good = bookmark_of(log);
  REQUIRE(goes_on(log));
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string text = good;
    text[i] = static_cast<char>(text[i] ^ (i % 2 == 0 ? 1 : 0x20));
    spill(log.file("bookmark"), text);
    INFO("byte " << i);
    REQUIRE(reads_whole(log));
    spill(log.file("bookmark"), good.substr(0, i));
    REQUIRE(reads_whole(log));
  }
  for (const std::string& text :
       {good + "x", good + "\n", good + good, "\n" + good, std::string(100000, '['),
        std::string(1000, '\0'), std::string("\n\n\n\n\n")}) {
    spill(log.file("bookmark"), text);
    REQUIRE(reads_whole(log));
  }
  spill(log.file("bookmark"), good);
  CHECK(goes_on(log));
}

TEST_CASE("A bookmark that hides a hold or a destruction is not believed") {
  const FurnishedLog log;
  const std::string good = bookmark_of(log);
  const auto edited = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
    return text;
  };
  const std::string no_hold = edited("{\"A-2\":", "{\"A-3\":");
  const std::string none_destroyed = edited("{\"destroyed\":", "{\"destroyed\":1");
  for (const std::string& text : {no_hold, none_destroyed}) {
    spill(log.file("bookmark"), text);
    CHECK(reads_whole(log));
    // Signed, but by a key that is not the log's.
    spill(log.file("bookmark"), resigned(text, vector_key(2)));
    CHECK(reads_whole(log));
    auto writer = log.writer(base::real_sys());
    CHECK(writer.facts().open_holds.contains("A-2"));
    CHECK(goes_on(log));  // and there it is again
  }
}

TEST_CASE("A writer goes on from a bookmark of its own key alone") {
  const FurnishedLog log;
  const base::Fd fd(::open(log.file("log.jsonl").c_str(), O_RDONLY));
  const auto resumed_by = [&](int number) {
    const VerifierKey key = vector_key(number).verifier();
    return resume(base::real_sys(), log.place(), fd.get(), std::nullopt, &key).bookmark.has_value();
  };
  CHECK(resumed_by(1));
  CHECK_FALSE(resumed_by(2));
}

TEST_CASE("What the old key signs after a rotation is not believed") {
  const FurnishedLog log;
  const std::string before = bookmark_of(log);
  {
    auto writer = log.writer(base::real_sys());
    writer.rotate_key(vector_key(2), "the old key was stolen", at("2026-02-03T02:00:00.000Z"));
    log.put_key(vector_key(2));
    CHECK(goes_on(log));  // right after the rotation, with both signatures on the checkpoint
    append_destroys(writer, 50, 1);
  }
  CHECK(goes_on(log));
  const std::string after = bookmark_of(log);
  spill(log.file("bookmark"), before);
  CHECK(reads_whole(log));
  // The thief's: facts of his own, all else as it is now; with the rotation and without it.
  std::string forged = after;
  forged.replace(forged.find("{\"A-2\":"), 7, "{\"A-3\":");
  spill(log.file("bookmark"), resigned(forged, vector_key(1)));
  CHECK(reads_whole(log));
  auto lines = lines_of(forged);
  lines.erase(lines.begin() + 3);
  spill(log.file("bookmark"), resigned(joined(lines), vector_key(1)));
  CHECK(reads_whole(log));
  spill(log.file("bookmark"), resigned(joined(lines), vector_key(2)));
  CHECK(reads_whole(log));
  spill(log.file("bookmark"), after);
  CHECK(goes_on(log));
  {
    auto writer = log.writer(base::real_sys());
    writer.rotate_key(vector_key(1), "and back", at("2026-02-04T02:00:00.000Z"));
    log.put_key(vector_key(1));
    append_destroys(writer, 51, 1);
  }
  CHECK(goes_on(log));
  CHECK(log.verify().outcome == Verdict::Outcome::verified);
}

TEST_CASE("A rotation whose checkpoint a crash prevented is read whole until the next append") {
  const FurnishedLog log;
  const std::string checkpoint = slurp(log.file("checkpoint"));
  const std::string bookmark = bookmark_of(log);
  log.writer(base::real_sys()).rotate_key(vector_key(2), "r", at("2026-02-03T02:00:00.000Z"));
  spill(log.file("checkpoint"), checkpoint);
  CHECK(reads_whole(log));  // a bookmark that is newer than the checkpoint
  spill(log.file("bookmark"), bookmark);
  CHECK(reads_whole(log));
  log.put_key(vector_key(2));
  auto writer = log.writer(base::real_sys());
  CHECK(reads_whole(log));
  append_destroys(writer, 60, 1);
  CHECK(goes_on(log));
}

TEST_CASE("An older bookmark under a newer log changes nothing but the time it takes") {
  const FurnishedLog log;
  const std::string older = bookmark_of(log);
  auto writer = log.writer(base::real_sys());
  const Draft release = to_draft(HoldChange{HoldChange::Kind::release, "A-2", "claim", "u"});
  writer.append({&release, 1}, at("2026-02-03T02:00:00.000Z"));
  CHECK(goes_on(log));
  spill(log.file("bookmark"), older);
  CHECK(reads_whole(log, writer.position()));
  CHECK(log.read().facts.open_holds.empty());
}

TEST_CASE("A newer bookmark beside an older log is no proof that the log is whole") {
  const FurnishedLog log;
  const std::string old_text = log.text();
  const std::string old_checkpoint = slurp(log.file("checkpoint"));
  Position remembered;
  {
    auto writer = log.writer(base::real_sys());
    append_destroys(writer, 70, 3);
    remembered = writer.position();
  }
  CHECK(goes_on(log, remembered));
  // The backup of another day, put back in its place, with and without its checkpoint.
  spill(log.file("log.jsonl"), old_text);
  CHECK(refused(log));
  spill(log.file("checkpoint"), old_checkpoint);
  CHECK(reads_whole(log));
  CHECK(refused(log, remembered));
  CHECK(failure_of([&] { static_cast<void>(log.writer(base::real_sys(), remembered)); }) == 4);
  CHECK(log.text() == old_text);
}

TEST_CASE("The bookmark of another log is not believed") {
  const FurnishedLog log;
  const FurnishedLog other;
  {
    auto writer = other.writer(base::real_sys());
    append_destroys(writer, 80, 1);
  }
  REQUIRE(goes_on(log));
  REQUIRE(goes_on(other));
  spill(log.file("bookmark"), bookmark_of(other));
  CHECK(reads_whole(log));
}

TEST_CASE("A byte changed in an old line is noticed at the next start") {
  const FurnishedLog log;
  const std::string good = log.text();
  const std::size_t middle = good.find("rec-1\"");
  REQUIRE(goes_on(log));
  wait_a_tick();
  change_byte(log.file("log.jsonl"), middle, 'R');
  struct timespec times[2] = {{1, 0}, {1, 0}};  // the file's other times can be set at will
  ::utimensat(AT_FDCWD, log.file("log.jsonl").c_str(), times, 0);
  CHECK(refused(log));
  CHECK(failure_of([&] { static_cast<void>(log.writer(base::real_sys())); }) == 4);
  change_byte(log.file("log.jsonl"), middle, 'r');
  CHECK(reads_whole(log));
  { auto writer = log.writer(base::real_sys()); }
  CHECK(goes_on(log));  // a writer has read it whole
  // Another file under the name, of the same size.
  std::string bad = good;
  bad[middle] = 'R';
  spill(log.file("copy"), bad);
  std::filesystem::rename(log.file("copy"), log.file("log.jsonl"));
  CHECK(refused(log));
}

TEST_CASE("A bookmark of another last line is not believed though the log's times agree") {
  const FurnishedLog log;
  const std::string text = log.text();
  wait_a_tick();
  change_byte(log.file("log.jsonl"), text.rfind("rec-29"), 'R');
  const base::Fd fd(::open(log.file("log.jsonl").c_str(), O_RDONLY));
  const auto is_resumed = [&] {
    return resume(base::real_sys(), log.place(), fd.get(), std::nullopt, nullptr)
        .bookmark.has_value();
  };
  // As after a clock that was set back, exactly.
  const auto restamp = [&] {
    const FileStamp stamp = stamp_of(base::real_sys(), fd.get(), "");
    auto lines = lines_of(bookmark_of(log));
    std::string& place = lines[1];
    const auto from = place.find("\"changed_s\"");
    place.replace(from, place.find(",\"last\"") - from,
                  "\"changed_s\":" + std::to_string(stamp.changed_s) +
                      ",\"changed_ns\":" + std::to_string(stamp.changed_ns));
    spill(log.file("bookmark"), resigned(joined(lines), vector_key(1)));
  };
  restamp();
  CHECK_FALSE(is_resumed());
  change_byte(log.file("log.jsonl"), text.rfind("rec-29"), 'r');
  CHECK_FALSE(is_resumed());
  restamp();
  CHECK(is_resumed());
}

TEST_CASE("What was changed under a writer at work is not vouched for by its bookmark") {
  const FurnishedLog log;
  auto writer = log.writer(base::real_sys());
  auto other = log.writer(base::real_sys());
  append_destroys(writer, 90, 1);
  CHECK(goes_on(log));
  wait_a_tick();
  change_byte(log.file("log.jsonl"), log.text().find("rec-1\""), 'R');
  append_destroys(writer, 91, 1);
  CHECK(refused(log));
  append_destroys(other, 92, 1);
  append_destroys(writer, 93, 1);
  CHECK(refused(log));
}

TEST_CASE("Writers that take turns vouch for each other's appends") {
  const LogOnDisk log;
  auto one = log.writer(base::real_sys());
  auto two = log.writer(base::real_sys());
  for (std::uint64_t i = 0; i < 6; ++i) {
    append_destroys(i % 2 == 0 ? one : two, i, 1);
    CHECK(goes_on(log));
  }
}

TEST_CASE("The index's memory is looked for from the end and must be right") {
  const LogOnDisk log;
  auto writer = log.writer(base::real_sys());
  std::vector<Position> positions = {{0, {}}, writer.position()};
  for (std::uint64_t i = 0; i < 150; ++i) {
    append_destroys(writer, i, 1);
    positions.push_back(writer.position());
  }
  for (Position position : positions) {
    INFO(position.size);
    REQUIRE(goes_on(log, position));
    position.last_hash[31] ^= 1;
    REQUIRE(refused(log, position));
  }
  CHECK(refused(log, Position{positions.size(), positions.back().last_hash}));
}

TEST_CASE("A bookmark that cannot be read or is no file is passed over and replaced") {
  const FurnishedLog log;
  const std::string path = log.file("bookmark");
  const std::string good = bookmark_of(log);
  const auto put = [&](const std::function<void()>& make) {
    std::filesystem::remove_all(path);
    make();
    CHECK(reads_whole(log));
    auto writer = log.writer(base::real_sys());
    return append_destroys(writer, 100, 1) > 0;
  };
  CHECK(put([] {}));
  CHECK(goes_on(log));
  CHECK(put([&] { REQUIRE(::mkfifo(path.c_str(), 0666) == 0); }));
  CHECK(goes_on(log));
  CHECK(put([&] { std::filesystem::create_symlink("/dev/zero", path); }));
  CHECK(goes_on(log));
  CHECK(put([&] {
    spill(path, good);
    REQUIRE(::truncate(path.c_str(), off_t{1} << 34) == 0);
  }));
  CHECK(goes_on(log));
  // Where it cannot be replaced, every start is slow, and right.
  CHECK(put([&] { std::filesystem::create_directory(path); }));
  CHECK(reads_whole(log));
}

TEST_CASE("A reader leaves no bookmark and a writer's is as public as its neighbours") {
  const FurnishedLog log;
  std::filesystem::remove(log.file("bookmark"));
  CHECK(reads_whole(log));
  CHECK(log.names("bookmark").empty());
  const mode_t before = ::umask(077);
  { auto writer = log.writer(base::real_sys()); }
  ::umask(before);
  CHECK(log.names("bookmark") == std::vector<std::string>{"bookmark"});
  struct stat status {};
  REQUIRE(::stat(log.file("bookmark").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0644);
}

TEST_CASE("No failure to keep a bookmark is an append's") {
  class NoBookmark : public base::Sys {
   public:
    int openat(int dirfd, const char* path, int flags, mode_t mode) override {
      const std::string name(path);
      return name.ends_with("bookmark.new") ? -ENOSPC : Sys::openat(dirfd, path, flags, mode);
    }
  };
  const LogOnDisk log;
  NoBookmark sys;
  auto writer = log.writer(sys);
  CHECK(append_destroys(writer, 0, 1) == 1);
  CHECK(append_destroys(writer, 1, 1) == 2);
  CHECK(reads_whole(log));
}

TEST_CASE("After a death at any call a start learns what the whole log says") {
  int deaths = 0;
  for (int calls = 0;; ++calls) {
    CAPTURE(calls);
    const FurnishedLog log;
    DyingSys sys(calls);
    try {
      auto writer = log.writer(sys);
      append_destroys(writer, 200, 2);
      writer.rotate_key(vector_key(2), "r", at("2026-02-03T02:00:00.000Z"));
      append_destroys(writer, 202, 2);
    } catch (const Death&) {
      ++deaths;
    }
    REQUIRE(compare_readings(log) != Compared::different);
    if (log.verify(false).last_key_id != "900eecdc") log.put_key(vector_key(2));
    { auto writer = log.writer(base::real_sys()); }
    REQUIRE(compare_readings(log) != Compared::different);
    auto writer = log.writer(base::real_sys());
    append_destroys(writer, 204, 1);
    REQUIRE(goes_on(log));
    if (!sys.died()) break;
  }
  CHECK(deaths > 20);
}

TEST_CASE("Entries are found from the log's end wherever one begins") {
  const LogOnDisk log;
  auto writer = log.writer(base::real_sys());
  std::uint64_t size = 1;
  for (std::uint64_t i = 0; i < 60; ++i)
    size += append_destroys(writer, i, i % 7 + 1) > 0 ? i % 7 + 1 : 0;
  const std::string whole = log.text();
  for (const std::string& torn :
       {std::string(), std::string("{\"v\":1"), std::string(40000, '\0')}) {
    spill(log.file("log.jsonl"), whole + torn);
    for (std::uint64_t from = 0; from <= size + 1; ++from) {
      std::uint64_t next = from;
      for_each_entry(base::real_sys(), log.place(), from, [&](const EntryView& entry) {
        REQUIRE(entry.seq == next++);
        return true;
      });
      REQUIRE(next == std::max(size, from));
    }
  }
}
