// A start goes on from the bookmark beside the log, and learns what reading the whole log says.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>

#include "support/audit_bookmark.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/dying_sys.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;

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
