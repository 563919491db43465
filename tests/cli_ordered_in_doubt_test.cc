// What an order destroys, or is stopped from destroying, while something about it is in doubt.

#include <nlohmann/json.hpp>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/office.h"
#include "support/page_text.h"
#include "support/places.h"
#include "support/scratch.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::Office;
using test::unwrapped;
using Json = nlohmann::json;

namespace {

const std::string kHeader = "id,department,recorded_at,path,subject,call_id\n";

std::string row(const std::string& id, const std::string& department, int days,
                const std::string& subject = "", const std::string& call = "") {
  return id + "," + department + "," + Office::days_ago(days) + "," + id + ".wav," + subject + "," +
         call + "\n";
}

std::string day(int days) {
  return Office::days_ago(days).substr(0, 10);
}

void import(const Office& office, const std::string& rows, int status = 0) {
  CHECK_ENDED(office.call({"import", "-"}, kHeader + rows), status);
}

Ended destroy(const Office& office, const std::string& id, const std::string& how = "") {
  std::vector<std::string> words{"destroy",     id,    "--ground", "erasure",
                                 "--authority", "E-1", "--yes"};
  if (!how.empty()) words.push_back(how);
  return office.call(words);
}

/// With the files of these on disk.
void write_files(const Office& office, const std::vector<std::string>& ids) {
  for (const std::string& id : ids) office.write(id + ".wav", std::string(8000, 'a'));
}

std::string letter(const Office& office, const std::string& id) {
  const std::string told = office.call({"explain", id}).out;
  return unwrapped(told.substr(0, told.find("For the office")));
}

std::string page(const Office& office, const std::string& id, const std::string& format = "txt") {
  const test::Scratch out;
  CHECK_ENDED(office.call({"log", "certificate", id, "--output", out / ""}), 0);
  return unwrapped(test::slurp(out / (id + "." + format)));
}

Json days_answer(const Office& office, const std::string& department, const std::string& on) {
  return Json::parse(
      office.call({"log", "certificate", "--department", department, "--recorded", on, "--json"})
          .out);
}

}  // namespace

TEST_CASE("What an order destroyed while its date or department was in doubt stays in doubt") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  write_files(office, {"dated", "moved"});
  import(office, row("dated", "Customer Services", 30) + row("moved", "Customer Services", 30));
  import(office, row("dated", "Customer Services", 50) + row("moved", "Revenues and Benefits", 30),
         1);
  for (const char* const id : {"dated", "moved"}) CHECK_ENDED(destroy(office, id, "--tonight"), 0);
  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "the first run"}), 0);
  CHECK_ENDED(office.call({"run"}), 0);
  REQUIRE_FALSE(office.exists("dated.wav"));
  const std::string dated = letter(office, "dated");
  CHECK(contains(dated, " But that day was in doubt when it was destroyed: "));
  CHECK(contains(dated,
                 "; whether it was ahead of the retention schedule cannot be said for sure, "
                 "as its date was in doubt."));
  const std::string moved = letter(office, "moved");
  CHECK(contains(moved, " But that department was in doubt when it was destroyed: "));
  CHECK(contains(moved, "as its department was in doubt."));
  for (const std::string& told : {dated, moved}) CHECK_FALSE(contains(told, "was due"));

  const std::string of_date = page(office, "dated");
  const std::string in_doubt = ", as the index had it; this was in doubt: an import had said";
  CHECK(contains(of_date, in_doubt));
  CHECK(contains(of_date, "Period 12 months, from its date; but its date was in doubt"));
  CHECK(contains(of_date, "The log's note: in doubt: date."));
  for (const char* const never : {"through", "Due by the schedule", "nothing is claimed."}) {
    CHECK_FALSE(contains(of_date.substr(0, of_date.find("Claimed is")), never));
  }
  const std::string of_department = page(office, "moved");
  CHECK(contains(of_department,
                 "of the department Customer Services (as the index had it, which "
                 "was in doubt) was destroyed"));
  CHECK(contains(of_department, "Department Customer Services" + in_doubt));
  CHECK(contains(page(office, "moved", "html"), "which was in doubt"));

  const Json answer = days_answer(office, "Customer Services", day(30));
  CHECK(answer.at("destroyed").empty());
  CHECK(answer.at("undated_by_order") == 1);
  CHECK(answer.at("department_unsure_by_order") == 1);
  CHECK(answer.at("index").at("gone") == 0);
  CHECK(days_answer(office, "Customer Services", day(50)).at("undated_by_order") == 1);
  CHECK(days_answer(office, "Revenues and Benefits", day(30)).at("department_unsure_by_order") ==
        1);
  CHECK_FALSE(contains(
      office
          .call({"log", "certificate", "--department", "Customer Services", "--recorded", day(30)})
          .out,
      "The index counts"));
}

TEST_CASE("Who is asked whether to destroy is told what is in doubt") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  write_files(office, {"dated", "strange"});
  import(office, row("dated", "Customer Services", 30) + row("strange", "Housing", 30));
  import(office, row("dated", "Customer Services", 50), 1);
  if (!test::has_program("script")) SKIP_TEST("script, which makes a terminal, is not installed");
  const Ended asked =
      test::run_program({"script", "-qec",
                         "'" + std::string(test::kBinary) + "' --config '" + office.config +
                             "' destroy dated strange --ground erasure --authority E-1",
                         "/dev/null"},
                        "no\n");
  CHECK_ENDED(asked, 2);
  CHECK(office.exists("dated.wav"));
  CHECK(contains(asked.out, "  dated  Customer Services  " + day(30) + " (in doubt)  files: 1"));
  CHECK(contains(asked.out,
                 "  strange  Housing (not in the retention schedule)  " + day(30) + "  files: 1"));
}

TEST_CASE("An order that something stops is told of by plan and letter and the remedy") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  write_files(office, {"m"});
  import(office, row("m", "Customer Services", 30, "01462 888000"));
  CHECK_ENDED(destroy(office, "m", "--tonight"), 0);
  import(office, row("m", "Customer Services", 30, "01462 888001"), 1);
  const std::string ordered =
      "; ordered to be destroyed (erasure, authority E-1): due by that as soon as this is settled";
  CHECK(contains(unwrapped(office.call({"plan"}).out), ordered));
  const Ended told = office.call({"explain", "m"});
  CHECK(contains(told.out, ordered));
  CHECK(contains(told.out,
                 ". Then its order makes it due, whatever its date: expunge destroy ID "
                 "--withdraw takes that back"));
  CHECK(contains(letter(office, "m"),
                 "Its destruction was ordered, on the ground: a request for erasure under Article "
                 "17 of the UK GDPR (in the log: erasure). But it is still kept: something about "
                 "it has to be looked at by a person before anything is done."));
  CHECK_ENDED(office.call({"correct", "m", "--as-indexed", "--authority", "C-1"}), 0);
  CHECK(contains(office.call({"explain", "m"}).out,
                 "due: ordered to be destroyed (erasure, authority E-1), due since"));
}

TEST_CASE("destroy names the hold also where something else stops it") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  write_files(office, {"m"});
  import(office, row("m", "Customer Services", 30, "01462 888000"));
  import(office, row("m", "Customer Services", 30, "01462 888001"), 1);
  CHECK_ENDED(
      office.call({"hold", "place", "SAR-1", "--kind", "sar", "--reason", "x", "--recording", "m"}),
      0);
  const Ended refused = destroy(office, "m");
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err,
                 "; besides it is held by SAR-1 (sar), and a hold wins; an order "
                 "cannot decide that, because a hold may depend on whose call it is"));
  CHECK_FALSE(contains(refused.err, "--as-found"));
  CHECK_FALSE(contains(refused.err, "ordered to be destroyed"));
}

TEST_CASE("A hold that no word is of means nothing that is in doubt for any command") {
  const Office office;
  import(office, row("m", "Customer Services", 30, "01462 888000"));
  import(office, row("m", "Customer Services", 30, "01462 888001"), 1);
  CHECK_ENDED(office.call({"hold", "place", "SAR-1", "--kind", "sar", "--reason", "x", "--subject",
                           "01462 888002"}),
              1);
  CHECK_FALSE(contains(office.call({"hold", "show", "SAR-1"}).out, "is in doubt"));
  CHECK_FALSE(contains(office.call({"hold", "show", "SAR-1", "--unmatched"}).out, "\nm  "));
  CHECK_FALSE(contains(office.call({"explain", "m"}).out, "perhaps"));
  // What an older version did not keep may be of anybody.
  test::sql_run(office.scratch / "office/index.db", "UPDATE contradiction SET says = ''");
  CHECK(contains(office.call({"hold", "show", "SAR-1", "--unmatched"}).out, "\nm  not covered: "));
}

TEST_CASE("A hold that keeps an ordered recording in doubt counts it and its release tells of it") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  write_files(office, {"m"});
  import(office, row("m", "Revenues and Benefits", 30));
  CHECK_ENDED(destroy(office, "m", "--tonight"), 0);
  import(office, row("m", "Customer Services", 30), 1);
  const Ended placed =
      office.call({"hold", "place", "P-1", "--kind", "litigation", "--reason", "x", "--department",
                   "Customer Services", "--from", day(30), "--to", day(30)});
  CHECK_ENDED(placed, 0);
  CHECK(contains(placed.out,
                 "Recordings covered now: 1; ordered to be destroyed, and kept as long "
                 "as it is in force: 1."));
  CHECK(contains(office.call({"hold", "list"}).out, "  covers 1  "));
  CHECK(contains(office.call({"hold", "show", "P-1", "--recordings"}).out,
                 "\nm  held, as it is ordered to be destroyed and its date or its department is in "
                 "doubt\n"));
  CHECK(contains(unwrapped(office.call({"plan"}).out),
                 "and may be held by P-1 (litigation): its date or its department is in doubt"));
  const Ended told = office.call({"explain", "m"});
  CHECK(contains(unwrapped(told.out),
                 "But it is still kept. Whether an order to keep recordings is for this one too "
                 "is being looked at: it is kept until that is known."));
  CHECK(contains(told.out, "  what to do  settle its date or its department"));
  CHECK(contains(office.call({"hold", "release", "P-1", "--reason", "x"}).out,
                 "ordered to be destroyed: 1."));
}

TEST_CASE("An order is held by a hold on any days once an import said another time") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  write_files(office, {"m"});
  const auto at = [&](int days, const char* hour) {
    return kHeader + "m,Customer Services," + day(days) + "T" + hour + ":00:00Z,m.wav,,\n";
  };
  CHECK_ENDED(office.call({"import", "-"}, at(30, "10")), 0);
  CHECK_ENDED(office.call({"import", "-"}, at(30, "14")), 1);
  // Of which nothing is kept: the first contradiction stands.
  CHECK_ENDED(office.call({"import", "-"}, at(55, "10")), 0);
  CHECK_ENDED(office.call({"hold", "place", "P-1", "--kind", "sar", "--reason", "x", "--from",
                           day(60), "--to", day(50)}),
              1);
  CHECK_ENDED(destroy(office, "m", "--tonight"), 2);
}

TEST_CASE("What may be of days and departments is what the index or an import says") {
  const Office office;
  import(office, row("m", "Customer Services", 30));
  import(office, row("m", "Customer Services", 50), 1);
  const auto undated = [&](int days) {
    return days_answer(office, "Customer Services", day(days)).at("index").at("undated");
  };
  CHECK(undated(50) == 1);
  CHECK(undated(40) == 0);
}

TEST_CASE("What needs an approval is not promised to the next run by whoever makes it due") {
  const Office office;
  office.configure("[run]\napproval = two-person\n");
  write_files(office, {"m", "n"});
  import(office, row("m", "Customer Services", 30) + row("n", "Customer Services", 30));
  CHECK(contains(destroy(office, "n", "--tonight").out,
                 "The next run destroys what is not held by then, once somebody else has approved "
                 "a plan that has it; "));
  const Ended corrected =
      office.call({"correct", "m", "--recorded-at", day(400), "--authority", "C-1"});
  CHECK_ENDED(corrected, 0);
  CHECK(contains(corrected.out,
                 "the next run destroys it, once a plan that has it is approved, "
                 "unless a hold covers it by then, a brake is on, or it goes by an approved plan "
                 "that does not have it."));
  CHECK_ENDED(
      office.call({"hold", "place", "P-1", "--kind", "sar", "--reason", "x", "--recording", "m"}),
      0);
  CHECK(contains(office.call({"hold", "release", "P-1", "--reason", "x"}).out,
                 "destroys what it can of these that stands in an approved plan, unless another"));
}

TEST_CASE("Under approval the plan says what goes because it was ordered") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  write_files(office, {"first", "m"});
  import(office, row("first", "Customer Services", 400) + row("m", "Customer Services", 3));
  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "the first run"}), 0);
  CHECK_ENDED(office.call({"run"}), 0);
  office.configure("[run]\napproval = required\n");
  CHECK_ENDED(destroy(office, "m", "--tonight"), 0);
  CHECK(contains(office.call({"plan"}).out, "Will be destroyed, as ordered: 1 of 1 recordings"));
}

TEST_CASE("destroy says of each that cannot go what settles it") {
  const Office office;
  import(office, row("none", "Customer Services", 400, "", "K1") +
                     row("held", "Customer Services", 400, "", "K2"));
  import(office, row("held", "Customer Services", 400, "", "K1"), 1);
  CHECK_ENDED(office.call({"hold", "place", "V-1", "--kind", "police", "--reason", "x",
                           "--recording", "held"}),
              0);
  const Ended refused = destroy(office, "none");
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err,
                 "held by V-1 (police), is of its call; find out of which call recording held is, "
                 "and put that right, of that one: expunge correct held --call ID"));
}
