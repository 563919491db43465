// What the index keeps of a hold: reviews, a release and its end, and nothing of anybody after it.

#include <SQLiteCpp/Database.h>

#include "archive/schema.h"
#include "archive/store.h"
#include "support/archive_fixture.h"
#include "support/catch.h"

using namespace expunge;
using namespace expunge::archive;
using namespace expunge::test;

namespace {

const base::Time kPlaced = log_time("2026-11-20T10:00:00.123Z");
const base::Time kAsked = log_time("2026-11-21T10:00:00.000Z");

/// Whatever of it says who somebody is, or why, has this word in it.
Hold hold(const std::string& reference) {
  Hold made;
  made.reference = reference;
  made.kind = "sar";
  made.reason = "zebra asked by letter";
  made.user = "officer";
  made.placed_at = kPlaced;
  made.review_on = date("2027-02-20");
  HoldScope scope;
  scope.subject_key = "zebra1614960123";
  scope.agent_key = "zebraagent";
  made.scopes = {scope};
  scope = {};
  scope.recording_id = "zebra-1";
  made.scopes.push_back(scope);
  scope = {};
  scope.everything = true;
  made.scopes.push_back(scope);
  return made;
}

void write(Index& index, const std::function<void(Index::Writing&)>& body) {
  Index::Writing writing(index);
  body(writing);
  writing.commit();
}

std::size_t zebras(const std::string& path) {
  return hits(path, {"zebra"}) + hits(path + "-journal", {"zebra"});
}

}  // namespace

TEST_CASE("A hold's scopes and reviews and release come back as they were written") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path);
  Index index = open_index(path);
  write(index, [](auto& writing) { writing.place_hold(hold("A")); });
  const HoldReview first{date("2027-03-01"), kAsked, "chief", "zebra still open"};
  const HoldReview second{date("2027-02-28"), kAsked, "ann", ""};
  write(index, [&](auto& writing) {
    writing.review_hold("A", first);
    writing.review_hold("A", second);
    writing.release_hold("A", {"zebra answered", "chief", kAsked, std::nullopt});
  });
  Hold found = index.holds(false).at(0);
  CHECK(found.scopes == hold("A").scopes);
  CHECK(found.review_on == date("2027-02-20"));
  CHECK(found.reviews == std::vector<HoldReview>{first, second});
  CHECK(found.released_at == kAsked);
  CHECK(found.awaits_confirmation());
  CHECK(found.in_force_on(date("9999-12-31")));
  write(index, [](auto& writing) {
    writing.confirm_release("A", "bob", kAsked, date("2026-11-29"));
    writing.erase_ended_holds(date("2026-11-28"));
  });
  found = index.holds(false).at(0);
  CHECK(found.confirm_user == "bob");
  CHECK(found.effective_on == date("2026-11-29"));
  CHECK_FALSE(found.awaits_confirmation());
  CHECK(found.in_force_on(date("2026-11-28")));
  CHECK_FALSE(found.in_force_on(date("2026-11-29")));
  write(index, [](auto& writing) { writing.keep_hold("A"); });
  found = index.holds(false).at(0);
  CHECK_FALSE(found.released_at);
  CHECK_FALSE(found.effective_on);
  CHECK_FALSE(found.confirmed_at);
  CHECK(found.release_user + found.release_reason + found.confirm_user == "");
  CHECK(found.scopes == hold("A").scopes);
  write(index, [](auto& writing) { writing.erase_ended_holds(date("9999-12-31")); });
  CHECK(index.holds(false).size() == 1);
}

TEST_CASE("A hold goes no step of its way twice and none out of turn") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path);
  Index index = open_index(path);
  write(index, [](auto& writing) { writing.place_hold(hold("A")); });
  const auto refused = [&](const std::function<void(Index::Writing&)>& body) {
    Index::Writing writing(index);
    return failure_of([&] { body(writing); });
  };
  const auto confirm = [](auto& writing) {
    writing.confirm_release("A", "bob", kAsked, date("2026-11-29"));
  };
  const auto keep = [](auto& writing) { writing.keep_hold("A"); };
  const auto release = [](auto& writing) {
    writing.release_hold("A", {"zebra", "chief", kAsked, date("2026-11-29")});
  };
  const auto review = [](auto& writing) {
    writing.review_hold("A", {date("2027-03-01"), kAsked, "ann", ""});
  };
  CHECK_THAT(refused(confirm), contains_text("usage: hold A: no release of it awaits"));
  CHECK_THAT(refused(keep), contains_text("usage: hold A: it is not released"));
  CHECK_THAT(refused([](auto& writing) { writing.keep_hold("B"); }),
             contains_text("usage: hold B: there is no such hold"));
  write(index, release);
  CHECK_THAT(refused(confirm), contains_text("no release of it awaits"));
  CHECK_THAT(refused(release), contains_text("released already"));
  write(index, [](auto& writing) { writing.erase_ended_holds(date("2026-11-29")); });
  CHECK_THAT(refused(keep), contains_text("has taken effect"));
  CHECK_THAT(refused(review), contains_text("has taken effect"));
  CHECK_THAT(refused(release), contains_text("released already"));
  CHECK(refused([](auto& writing) { writing.place_hold(hold("A")); }) != "");
}

TEST_CASE("An ended hold leaves its reference and kind and dates and logins and nothing else") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path);
  {
    Index index = open_index(path);
    write(index, [](auto& writing) {
      for (int i = 0; i < 50; ++i) writing.place_hold(hold("A-" + std::to_string(i)));
    });
    CHECK(zebras(path) >= 200);
    write(index, [](auto& writing) {
      for (int i = 0; i < 50; ++i) {
        const std::string reference = "A-" + std::to_string(i);
        writing.review_hold(reference, {date("2027-03-01"), kAsked, "ann", "zebra not answered"});
        writing.release_hold(reference, {"zebra has it", "chief", kAsked, date("2026-11-29")});
      }
    });
    write(index, [](auto& writing) { writing.erase_ended_holds(date("2026-11-29"), "A-7"); });
    CHECK(index.holds(false).size() == 49);
    write(index, [](auto& writing) { writing.erase_ended_holds(date("2026-11-29")); });
  }
  CHECK(zebras(path) == 0);
  CHECK(sql_value(path, "PRAGMA integrity_check") == "ok");
  CHECK(sql_value(path, "SELECT count(*) FROM hold_scope") == "0");
  const Index index = open_index(path, Index::Access::read);
  CHECK(index.holds(false).empty());
  const Hold found = index.holds(true).at(7);
  CHECK(found.erased);
  CHECK_FALSE(found.in_force_on(date("2000-01-01")));  // whatever the clock says later
  CHECK(found.kind == "sar");
  CHECK(found.user == "officer");
  CHECK(found.placed_at == kPlaced);
  CHECK(found.released_at == kAsked);
  CHECK(found.release_user == "chief");
  CHECK(found.effective_on == date("2026-11-29"));
  CHECK(found.reason + found.release_reason == "");
  CHECK(found.scopes.empty());
  CHECK(found.reviews == std::vector<HoldReview>{{date("2027-03-01"), kAsked, "ann", ""}});
}

TEST_CASE("A hold row that ends without a release is damage and not an end") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_index(path);
  {
    Index index = open_index(path);
    write(index, [](auto& writing) { writing.place_hold(hold("A")); });
  }
  sql_run(path, "UPDATE hold SET effective_on = '2026-01-01'");
  CHECK_THAT(failure_of([&] { (void)open_index(path, Index::Access::read).holds(false); }),
             contains_text("damaged"));
  sql_run(path, "UPDATE hold SET effective_on = NULL, erased = 1");
  CHECK_THAT(failure_of([&] { (void)open_index(path, Index::Access::read).holds(true); }),
             contains_text("damaged"));
}

TEST_CASE("Destroying a recording erases its agent and an import brings both keys") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  ImportRow one = row("r-1", "2025-01-01T00:00:00Z", "tel:+44 161 496 0123");
  one.agent = "Zebra Smith";
  make_index(path, {one, row("r-2", "2025-01-02T00:00:00Z")});
  {
    Index index = open_index(path);
    CHECK(index.find("r-1")->agent_key == "zebrasmith");
    CHECK(index.find("r-1")->subject_key == "01614960123");
    CHECK(index.find("r-2")->agent_key == "");
    std::vector<std::string> found;
    index.scan_agent("zebrasmith", [&](const Recording& recording) {
      found.push_back(recording.id);
      return true;
    });
    CHECK(found == std::vector<std::string>{"r-1"});
    one = row("r-2", "2025-01-02T00:00:00Z");
    one.agent = "ZEBRA-SMITH";
    import_rows(index, {one});
    CHECK(index.find("r-2")->agent_key == "zebrasmith");  // filled in
    one.agent = "zebra smith";
    import_rows(index, {one});
    CHECK(index.find("r-2")->contradiction == "");
    one.agent = "Somebody Else";
    import_rows(index, {one});
    CHECK_THAT(index.find("r-2")->contradiction,
               contains_text("agent is another than the import of"));
    record(index, {destroyed(index.find("r-1")->key, "2025-01-01", 3),
                   destroyed(index.find("r-2")->key, "2025-01-02", 4)});
  }
  CHECK(hits(path, {"zebra", "Zebra", "ZEBRA"}) == 0);
  CHECK(sql_value(path, "SELECT count(*) FROM recording WHERE agent_key <> ''") == "0");
}

namespace {

/// An index as version 3 made it: keys of subjects as that version wrote them, none of agents.
void make_version_3(const std::string& path) {
  SQLite::Database database(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  database.exec("PRAGMA page_size = 4096; BEGIN");
  database.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
  migrate(database, std::span(kSchemaSteps).first(3));
  database.exec(std::string("INSERT INTO meta(name, value) VALUES ('origin', '") + kOrigin +
                "'), ('salt', 'abcd')");
  database.exec("INSERT INTO log_position(one, size, last_hash) VALUES (1, 0, zeroblob(32))");
  database.exec(
      "INSERT INTO recording(id, call_id, department, recorded_at, subject, subject_key, agent,"
      " state) VALUES"
      " ('plain', '', 'D', '2026-01-02T00:00:00Z', '0161 496 0123', '01614960123', 'Ann B', "
      "'kept'),"
      " ('uri', '', 'D', '2026-01-03T00:00:00Z', 'sip:01614960123@pbx', 'sip01614960123pbx', '',"
      "  'kept'),"
      " ('clid', '', 'D', '2026-01-04T00:00:00Z', '\"Bob\" <01614960123>', 'bob01614960123',"
      "  'Bob', 'returned'),"
      " ('gone', '', 'D', '2025-01-04', '', '', '', 'destroyed')");
  database.exec(
      "INSERT INTO hold(reference, kind, reason, user, placed_at, released_at, release_reason)"
      " VALUES ('S', 'sar', 'why', 'u', '2026-11-20T10:00:00.123Z', NULL, ''),"
      " ('B', 'sar', 'why', 'u', '2026-11-20T10:00:00.123Z', NULL, ''),"
      " ('R', 'foi', 'zebra', 'u', '2026-11-20T10:00:00.123Z', '2026-11-21T23:30:00.000Z',"
      "  'zebra done')");
  database.exec(
      "INSERT INTO hold_scope(reference, recording_id, subject_key, department, first_day) VALUES"
      " ('S', '', 'sip01614960123pbx', 'D', NULL), ('B', '', 'bob01614960123', 'D', '2026-01-01'),"
      " ('R', 'zebra-1', '', '', NULL)");
  database.exec("COMMIT");
}

}  // namespace

TEST_CASE("A migrated index finds people by the keys of today and its holds keep what they kept") {
  const Scratch dir;
  const std::string path = dir / "index.db";
  make_version_3(path);
  const Index index = open_index(path);
  for (const char* id : {"plain", "uri", "clid"}) {
    CHECK(index.find(id)->subject_key == "01614960123");
  }
  CHECK(index.find("plain")->agent_key == "annb");
  CHECK(index.find("uri")->agent_key == "");
  CHECK(index.find("clid")->agent_key == "bob");
  CHECK(sql_value(path, "SELECT agent_key || subject_key FROM recording WHERE id = 'gone'") == "");
  const std::vector<Hold> holds = index.holds(true);
  REQUIRE(holds.size() == 3);
  const auto subjects = [](const Hold& hold) {
    std::vector<std::string> keys;
    for (const HoldScope& scope : hold.scopes) {
      CHECK(scope.department == "D");
      keys.push_back(scope.subject_key);
    }
    return keys;
  };
  // What a key alone does not tell, the recordings that it found do.
  CHECK(subjects(holds[0]) == std::vector<std::string>{"bob01614960123", "01614960123"});
  CHECK(holds[0].scopes.back().from == date("2026-01-01"));
  CHECK(subjects(holds[2]) == std::vector<std::string>{"01614960123"});
  CHECK(holds[0].in_force_on(date("9999-12-31")));
  CHECK_FALSE(holds[0].review_on);
  CHECK(holds[1].reference == "R");
  CHECK(holds[1].erased);
  CHECK(holds[1].effective_on == date("2026-11-21"));
  CHECK(zebras(path) == 0);
  CHECK(sql_value(path, "PRAGMA integrity_check") == "ok");
}
