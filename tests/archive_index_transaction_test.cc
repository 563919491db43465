// Transactions of the index, and what other connections see of them or do to them.

#include "archive/index.h"

#include "archive/store.h"
#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/index_hold.h"

using namespace expunge;
using namespace expunge::archive;
using namespace expunge::test;
using expunge::test::contains_text;

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
