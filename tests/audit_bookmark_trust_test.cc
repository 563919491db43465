// Which bookmarks are not believed, so that a start reads the whole log, and what that notices.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "audit/bookmark.h"
#include "base/fd.h"
#include "support/audit_bookmark.h"
#include "support/audit_vectors.h"
#include "support/catch.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;

namespace {

/// Long enough that a change shows in the time of change, where that is kept in ticks.
void wait_a_tick() {
  std::this_thread::sleep_for(std::chrono::milliseconds(12));
}

/// Overwrites one byte where it stands, as an editor of bytes would.
void change_byte(const std::string& path, std::size_t offset, char byte) {
  const base::Fd fd(::open(path.c_str(), O_WRONLY));
  REQUIRE(::pwrite(fd.get(), &byte, 1, static_cast<off_t>(offset)) == 1);
}

}  // namespace

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
