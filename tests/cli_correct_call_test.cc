// What `expunge correct` of one recording means for the others of its call. Through the program.

#include <nlohmann/json.hpp>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/office.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::Office;

namespace {

using Words = std::vector<std::string>;

/// Due.
std::string row(const std::string& id, const std::string& subject, const std::string& call) {
  return id + ",Customer Services," + Office::days_ago(400) + "," + id + ".wav," + subject + "," +
         call + "\n";
}

Ended import(const Office& office, const std::string& rows) {
  return office.call({"import", "-"}, "id,department,recorded_at,path,subject,call_id\n" + rows);
}

Ended hold(const Office& office, const std::string& reference, Words scope) {
  scope.insert(scope.begin(), {"hold", "place", reference, "--kind", "sar", "--reason", "asked"});
  return office.call(std::move(scope));
}

Ended correct(const Office& office, const std::string& id, Words more) {
  more.insert(more.begin(), {"correct", id, "--authority", "REC-7"});
  return office.call(std::move(more));
}

std::string verdict(const Office& office, const std::string& id) {
  const auto plan = nlohmann::json::parse(office.call({"plan", "--format", "json"}).out);
  for (const auto& each : plan["recordings"]) {
    if (each["recording"] == id) return each["verdict"].get<std::string>();
  }
  return "";
}

constexpr const char* kSubject = "01462 888000";

}  // namespace

TEST_CASE("A correction that takes the others of a call out of a hold is refused") {
  const Office office;
  CHECK_ENDED(import(office, row("asked", kSubject, "C") + row("one", "", "C") +
                                 row("two", "", "C") + row("far", "", "E")),
              0);
  CHECK(hold(office, "SAR-1", {"--subject", kSubject}).status == 0);
  REQUIRE(verdict(office, "one") == "held");
  const Ended refused = correct(office, "asked", {"--call", "E"});
  CHECK_ENDED(refused, 2);
  CHECK(
      contains(refused.err,
               "recording asked: then the hold SAR-1 would no longer cover the others of its call "
               "(2; first: one); nothing was changed; place a hold on both first, which keeps all "
               "of them (expunge hold place REFERENCE --recording asked one), or release the hold "
               "if it has ended (expunge hold release SAR-1)"));
  CHECK(verdict(office, "one") == "held");
  CHECK(verdict(office, "far") == "due");
  SECTION("Also where another hold names the recording itself") {
    CHECK(hold(office, "SAR-2", {"--recording", "asked"}).status == 0);
    CHECK_ENDED(correct(office, "asked", {"--call", "E"}), 2);
  }
  SECTION("A hold that names it and one of them keeps them all") {
    CHECK(hold(office, "SAR-2", {"--recording", "asked", "one"}).status == 0);
    const Ended moved = correct(office, "asked", {"--call", "E"});
    CHECK_ENDED(moved, 0);
    CHECK(
        contains(moved.err,
                 "note: hold SAR-1 covered the others of the call that recording asked leaves (2; "
                 "first: one), and does not cover them as it is now; a hold that names one of "
                 "them keeps them. Before you release that one, see whether hold SAR-1 is for "
                 "these too"));
    CHECK(verdict(office, "one") == "held");
    CHECK(verdict(office, "two") == "held");
    CHECK(verdict(office, "far") == "held");
  }
  SECTION("One that is released keeps them for days and is none") {
    CHECK(hold(office, "SAR-2", {"--recording", "asked", "one"}).status == 0);
    CHECK_ENDED(office.call({"hold", "release", "SAR-2", "--reason", "done"}), 0);
    CHECK_ENDED(correct(office, "asked", {"--call", "E"}), 2);
  }
  SECTION("A whole call that is put right at once stays held") {
    const Ended all =
        office.call({"correct", "asked", "one", "two", "--call", "F", "--authority", "REC-7"});
    CHECK_ENDED(all, 0);
    CHECK(verdict(office, "two") == "held");
  }
  SECTION("What no hold needs of a call is put right as before") {
    CHECK_ENDED(correct(office, "far", {"--call", "G"}), 0);
    CHECK(verdict(office, "far") == "due");
  }
}

TEST_CASE("Where what was perhaps of a held call is let go a correction says so") {
  const Office office;
  CHECK_ENDED(
      import(office, row("asked", kSubject, "A") + row("one", "", "C") + row("two", "", "C")), 0);
  CHECK_ENDED(import(office, row("asked", kSubject, "C")), 1);
  CHECK(hold(office, "SAR-1", {"--subject", kSubject}).status == 0);
  REQUIRE(verdict(office, "one") == "attention");
  SECTION("When the index is right") {
    const Ended settled = correct(office, "asked", {"--as-indexed"});
    CHECK_ENDED(settled, 0);
    CHECK(contains(settled.err,
                   "note: others that may have been segments of a held call, and that no hold "
                   "covers as it is now: 2; of these due at once: 2; the first is recording one, "
                   "and may have been held by SAR-1 (sar). If one should be covered, place a hold "
                   "on it"));
    CHECK(verdict(office, "one") == "due");
  }
  SECTION("And says nothing when they are held then") {
    const Ended settled = correct(office, "asked", {"--call", "C"});
    CHECK_ENDED(settled, 0);
    CHECK(settled.err.empty());
    CHECK(verdict(office, "one") == "held");
  }
  SECTION("Nor while it stays in doubt") {
    const Ended other = correct(office, "asked", {"--subject", "+44 1462 888000"});
    CAPTURE(other.err);
    CHECK_FALSE(contains(other.err, "segments of a held call"));
    CHECK(verdict(office, "one") == "attention");
  }
}
