// A million rows for one directory.

#include <fmt/format.h>

#include "base/text.h"
#include "support/catch.h"
#include "support/hostile_archive.h"
#include "support/office.h"

using namespace expunge;
using test::Ended;
using test::Office;

namespace {

constexpr const char* kDirectory = "every call there ever was";

/// Rows without files. The department of each is `department`, in which `%d` may stand for its
/// number; `call_id` likewise.
void add_rows(const Office& office, int rows, const std::string& department,
              const std::string& call_id = "") {
  test::RawIndex index(office.scratch / "office/index.db");
  index.run("BEGIN");
  index.run(fmt::format(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {})"
                " INSERT INTO recording(id, call_id, department, recorded_at, subject, subject_key,"
                " agent, state) SELECT printf('r-%07d', i), coalesce(printf(?3, i), ''), "
                "printf(?1, i), ?2, '',"
                " '', '', 'kept' FROM n",
                rows),
            {department, Office::days_ago(400), call_id});
  index.run(
      "INSERT INTO file(recording_key, path, role) SELECT key, printf('%s/%07d.wav', ?1, key),"
      " 'audio' FROM recording",
      {kDirectory});
  index.run("COMMIT");
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr long kMostKib = 10L << 20;
constexpr int kRows = 20'000;
#else
constexpr long kMostKib = 64L << 10;
constexpr int kRows = 1'000'000;
#endif

}  // namespace

TEST_CASE("A million rows for one directory are planned in little memory") {
  const Office office;
  add_rows(office, kRows, "Customer Services");
  const Ended plan = office.call({"plan"});
  CHECK_ENDED(plan, 1);
  CHECK(plan.most_resident_kib < kMostKib);
  CHECK(test::contains(plan.out, base::grouped(kRows)));
  const Ended run = office.call({"run"});
  CHECK_ENDED(run, 3);
  CHECK(run.most_resident_kib < kMostKib);
}

TEST_CASE("Very many departments that nobody knows are planned in little memory") {
  const Office office;
  add_rows(office, kRows / 3, "Department of the number %d");
  const Ended plan = office.call({"plan"});
  CHECK_ENDED(plan, 1);
  CHECK(plan.most_resident_kib < kMostKib);
  CHECK(test::contains(plan.out, "(others)"));
}

TEST_CASE("Very many recordings of one call are planned in time while a hold is in force") {
  const Office office;
  add_rows(office, kRows / 50, "Customer Services", "unknown");
  CHECK_ENDED(office.call({"hold", "place", "SAR-1", "--kind", "sar", "--reason", "x",
                           "--recording", "r-0000007"}),
              0);
  const Ended plan = office.call({"plan"});
  CHECK(plan.most_resident_kib < kMostKib);
  CHECK(test::contains(plan.out, "held by SAR-1 (sar)"));
}
