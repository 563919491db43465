// What a log says of recordings that runs tried and did not destroy: the facts have it, whether
// they come from the bookmark or from the whole log, and so from every way that the log is cut.
#include "audit/tried.h"
#include "support/audit_bookmark.h"
#include "support/audit_vectors.h"
#include "support/catch.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;

namespace {

const std::string kRun = "20260102T020000Z-0001";

Draft failed(const std::string& id, const std::string& reason) {
  return to_draft(DestroyFailed{kRun, id, reason});
}

Draft gone(const std::string& id, Destroyed::Type type = Destroyed::Type::destroy) {
  Destroyed entry;
  const bool removed = type == Destroyed::Type::remove;
  entry.type = type;
  entry.run = kRun;
  entry.recording = id;
  entry.department = "Revenues";
  entry.recorded = entry.due = *base::parse_date("2024-12-31");
  entry.period = "12 months";
  entry.files = {removed ? FileDestroyed{"audio", 5, {}, "unlink", 0, false, "btrfs"}
                         : FileDestroyed{"audio", 5000, {}, "overwrite", 1, true, "ext4"}};
  entry.claim = removed ? "unlinked" : "overwritten";
  return to_draft(entry);
}

Draft corrected(const std::string& id, const std::string& fact) {
  return to_draft(Correct{id, fact, "R-1", "ann"});
}

Draft start(bool restricted = false) {
  RunStart entry;
  entry.run = kRun;
  entry.host = "rec1";
  entry.user = "expunge";
  entry.today = *base::parse_date("2026-01-02");
  entry.timezone = "Europe/London";
  entry.policy = entry.plan = policy_digest({});
  entry.restricted = restricted;
  return to_draft(entry);
}

Draft end(const std::string& outcome = "complete") {
  return to_draft(RunEnd{kRun, outcome, 0, 1, 0, 0, 0, {}, 0});
}

void append(const LogOnDisk& log, const std::vector<Draft>& drafts, const char* time) {
  log.writer(base::real_sys()).append(drafts, at(time));
  CHECK(compare_readings(log) == Compared::same_from_bookmark);
}

/// `id: reason since last`, a line each, of the days alone.
std::string told(const TriedRecordings& tried) {
  std::string text;
  for (const auto& [id, of] : tried) {
    text += id + ": " + of.reason + " " + base::to_text(of.since).substr(8, 2) + " " +
            base::to_text(of.last).substr(8, 2) + "\n";
  }
  return text;
}

TriedRecordings all(const LogOnDisk& log) {
  return all_tried(base::real_sys(), log.place(), log.read().facts);
}

}  // namespace

TEST_CASE("The log says what was tried and not destroyed since when and for the newest reason") {
  const LogOnDisk log;
  append(log, {start(), failed("a", "open-elsewhere"), failed("b", "size-differs"), end()},
         "2026-01-02T02:00:00.000Z");
  append(log, {start(), failed("a", "hard-link"), failed("b", "size-differs"), end()},
         "2026-01-03T02:00:00.000Z");
  CHECK(told(log.read().facts.tried) == "a: hard-link 02 03\nb: size-differs 02 03\n");
  SECTION("until it is destroyed or removed") {
    append(log, {start(), gone("a"), gone("b", Destroyed::Type::remove), end()},
           "2026-01-04T02:00:00.000Z");
    CHECK(log.read().facts.tried.empty());
    append(log, {failed("a", "immutable")}, "2026-01-05T02:00:00.000Z");
    CHECK(told(log.read().facts.tried) == "a: immutable 05 05\n");
  }
  SECTION("or its files are put right and nothing else of it") {
    append(log, {corrected("a", "subject"), corrected("b", "file")}, "2026-01-04T12:00:00.000Z");
    CHECK(told(log.read().facts.tried) == "a: hard-link 02 03\n");
  }
  SECTION("or is missing which the index knows") {
    append(log, {failed("a", "missing")}, "2026-01-04T02:00:00.000Z");
    CHECK(told(log.read().facts.tried) == "b: size-differs 02 03\n");
  }
  SECTION("all in the order of the log however it is cut") {
    std::vector<Draft> drafts;
    for (int i = 0; i < 300; ++i) {
      const std::string id = "x" + std::to_string(i % 7);
      drafts.push_back(i % 3 == 0 ? gone(id) : failed(id, "open-elsewhere"));
    }
    append(log, drafts, "2026-01-06T02:00:00.000Z");
    // The last of each: 294 to 299 and 293, of which 294 and 297 are destructions.
    CHECK(told(log.read().facts.tried) ==
          "a: hard-link 02 03\nb: size-differs 02 03\nx1: open-elsewhere 06 06\n"
          "x2: open-elsewhere 06 06\nx4: open-elsewhere 06 06\nx5: open-elsewhere 06 06\n"
          "x6: open-elsewhere 06 06\n");
  }
  const LogFacts facts = log.read().facts;
  CHECK(parse_facts(to_json(facts)) == facts);
  CHECK(all(log) == facts.tried);
}

TEST_CASE("However many were tried in vain all are told and no bookmark grows with them") {
  const LogOnDisk log;
  std::vector<Draft> night = {start()};
  const std::size_t count = kMaxTried + 40;
  for (std::size_t i = 0; i < count; ++i) {
    night.push_back(failed("r" + std::to_string(1000 + i), "cannot-overwrite-in-place"));
  }
  night.push_back(end());
  append(log, night, "2026-01-02T02:00:00.000Z");
  append(log, night, "2026-01-03T02:00:00.000Z");
  LogFacts facts = log.read().facts;
  CHECK(facts.tried.size() == kMaxTried);
  // From the last night on, and no further back.
  CHECK(facts.more_tried_from == log.read().position.size - 1 - 40);
  TriedRecordings tried = all(log);
  CHECK(tried.size() == count);
  CHECK(told({{"r1000", tried.at("r1000")}}) == "r1000: cannot-overwrite-in-place 02 03\n");
  CHECK(told({{"r1539", tried.at("r1539")}}) == "r1539: cannot-overwrite-in-place 03 03\n");
  SECTION("one that is destroyed is not") {
    append(log, {gone("r1000"), gone("r1539")}, "2026-01-03T12:00:00.000Z");
    tried = all(log);
    CHECK(tried.size() == count - 2);
    CHECK_FALSE(tried.contains("r1539"));
  }
  SECTION("a run of what was ordered alone or that stopped takes none of them back") {
    append(log, {start(true), end()}, "2026-01-04T02:00:00.000Z");
    append(log, {start(), end("stopped")}, "2026-01-05T02:00:00.000Z");
    CHECK(all(log).size() == count);
  }
  SECTION("a run over all that is due and meets them no more does") {
    std::vector<Draft> last = {start()};
    for (std::size_t i = 0; i < count; ++i) last.push_back(gone("r" + std::to_string(1000 + i)));
    last.push_back(end());
    append(log, last, "2026-01-04T02:00:00.000Z");
    facts = log.read().facts;
    CHECK(facts.tried.empty());
    CHECK_FALSE(facts.more_tried_from);
  }
}

TEST_CASE("Where nothing was tried in vain nothing more of the log is read to know it") {
  const LogOnDisk log;
  auto writer = log.writer(base::real_sys());
  append_destroys(writer, 0, 3000);
  CountingSys sys;
  const LogState state = read_log(sys, log.place(), std::nullopt);
  const std::uint64_t bytes = sys.log_bytes();
  CHECK(all_tried(sys, log.place(), state.facts).empty());
  CHECK(sys.log_bytes() == bytes);
  const Draft draft = failed("a", "open-elsewhere");
  writer.append({&draft, 1}, at("2026-02-03T02:00:00.000Z"));
  CountingSys again;
  const LogState after = read_log(again, log.place(), std::nullopt);
  CHECK(all_tried(again, log.place(), after.facts).size() == 1);
  CHECK(again.log_bytes() < 200'000);
}
