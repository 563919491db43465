// What became of a department's recordings of some days, in figures.

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/certified_log.h"
#include "support/office.h"
#include "support/page_text.h"
#include "support/succession.h"

using namespace expunge;
using namespace expunge::test;
using Json = nlohmann::json;

namespace {

Json ask(const CertifiedLog& of, const std::string& recorded,
         const std::string& department = "Customer Services") {
  const Ended ended = of.call({"log", "certificate", "--department", department, "--recorded",
                               recorded, "--format", "json"});
  CHECK_ENDED(ended, 0);
  return Json::parse(ended.out);
}

audit::Destroyed recorded(audit::Destroyed entry, const char* day) {
  entry.recorded = *base::parse_date(day);
  return entry;
}

/// Recordings of four days and two departments, done with on two nights.
void furnish(CertifiedLog& of) {
  audit::Destroyed other = of.destroyed("other");
  other.department = "Revenues";
  of.append(
      {of.start(), to_draft(of.destroyed("a")), to_draft(other),
       to_draft(recorded(of.destroyed("early-1"), "2024-12-30")), to_draft(of.removed("removed")),
       to_draft(audit::DestroyPartial{of.destroyed("part-1"), 1, 2}),
       to_draft(audit::DestroyPartial{of.destroyed("b"), 1, 2}),
       CertifiedLog::failed("c", "hard-link"), of.end(3)},
      of.kNight);
  // By the clocks in London this is the first of July.
  of.append({of.start(), to_draft(of.destroyed("b")), to_draft(of.destroyed("c")),
             to_draft(of.destroyed("a")), to_draft(recorded(of.destroyed("late-1"), "2025-01-01")),
             of.end(4)},
            "2026-06-30T23:30:00.000Z");
}

}  // namespace

TEST_CASE("The answer for some days counts by the civil day of destruction and names nobody") {
  CertifiedLog of;
  furnish(of);
  const Json day = ask(of, "2024-12-31");
  CHECK(day.at("destroyed") == Json::parse(R"([{"on":"2026-01-02","recordings":1},
                                               {"on":"2026-07-01","recordings":2}])"));
  CHECK(day.at("removed") == Json::parse(R"([{"on":"2026-01-02","recordings":1}])"));
  CHECK(day.at("destroyed_again") == 1);
  CHECK(day.at("removed_again") == 0);
  CHECK(day.at("partly") == 1);
  CHECK(day.at("index").is_null());
  CHECK(ask(of, "2024-12-30..2025-01-01").at("destroyed").at(1).at("recordings") == 3);
  CHECK(ask(of, "2024-12-01..2024-12-30").at("destroyed").at(0).at("recordings") == 1);
  CHECK(ask(of, "2024-12-31", "Revenues").at("destroyed").at(0).at("recordings") == 1);
  CHECK(ask(of, "2023-01-01..2023-12-31").at("destroyed").empty());
}

TEST_CASE("Without an index the answer says so and the log's part stands") {
  CertifiedLog of;
  furnish(of);
  const std::string file = of.out("answer.html");
  const Ended text = of.call(
      {"log", "certificate", "--department", "Customer Services", "--recorded", "2024-12-31"});
  CHECK_ENDED(text, 0);
  CHECK(contains(text.out, "Destroyed             3\n"));
  CHECK(contains(text.out, "Removed only          1, without overwriting\n"));
  CHECK(contains(text.out, "WARNING: How many recordings of these days are kept or held"));
  CHECK(contains(text.out, "index.db"));
  for (const char* const id : {"early-1", "late-1", "part-1"}) CHECK_FALSE(contains(text.out, id));
  const std::vector<std::string> words{
      "log",        "certificate", "--department", "Customer Services", "--recorded",
      "2024-12-31", "--format",    "html",         "--output",          file};
  CHECK_ENDED(of.call(words), 0);
  CHECK(is_well_formed(file));
  CHECK(
      contains(slurp(file), "<td role=\"cell\" class=\"number\" data-label=\"Recordings\">2</td>"));
  CHECK_ENDED(of.call(words), 2);
}

TEST_CASE("Days are not asked about in a log that was changed or in words that are no dates") {
  CertifiedLog of;
  furnish(of);
  const auto refused = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words{"log", "certificate"};
    words.insert(words.end(), more.begin(), more.end());
    const Ended ended = of.call(words);
    CHECK(ended.out.empty());
    return ended.status;
  };
  CHECK(refused({"--department", "Customer Services"}) == 2);
  CHECK(refused({"--recorded", "2024-12-31"}) == 2);
  CHECK(refused({"--department", "x", "--recorded", "2024-12-31..2024-12-30"}) == 2);
  CHECK(refused({"--department", "x", "--recorded", "2024-12-31.."}) == 2);
  CHECK(refused({"--department", "x", "--recorded", "2024-12-31", "--format", "csv"}) == 2);
  CHECK(refused({"--department", "x", "--recorded", "2024-12-31", "rec-1"}) == 2);
  std::string text = of.log.text();
  text.replace(text.find("2024-12-31"), 10, "2024-12-29");
  spill(of.log.file("log.jsonl"), text);
  CHECK(refused({"--department", "Customer Services", "--recorded", "2024-12-31"}) == 4);
}

TEST_CASE("A department that nobody has heard of is refused and not answered with zeros") {
  CertifiedLog of;
  furnish(of);
  const std::string file = of.out("answer.txt");
  const Ended ended = of.call({"log", "certificate", "--department", "Custmer Services",
                               "--recorded", "2024-12-31", "--output", file});
  CHECK_ENDED(ended, 2);
  CHECK(ended.out.empty());
  CHECK(
      contains(ended.err, "without the index) any recording has a department 'Custmer Services'"));
  CHECK(contains(ended.err, "there are: Customer Services"));
  CHECK_FALSE(std::filesystem::exists(file));
  // The log knows it, though of other days.
  const Ended known =
      of.call({"log", "certificate", "--department", "Revenues", "--recorded", "2020-01-01"});
  CHECK_ENDED(known, 0);
  CHECK(contains(known.out, "WARNING: The retention schedule in force names no department Rev"));
}

TEST_CASE("A department that the index alone knows is answered for and a slip of the pen is not") {
  const Office office;
  CHECK_ENDED(office.call({"import", "-"}, "id,department,recorded_at,path\na,Housing," +
                                               Office::days_ago(5) + ",a.wav\n"),
              0);
  const auto ask_for = [&](const char* department) {
    return office.call(
        {"log", "certificate", "--department", department, "--recorded", "2000-01-01"});
  };
  CHECK_ENDED(ask_for("Housing"), 0);
  CHECK_ENDED(ask_for("Customer Services"), 0);
  const Ended slip = ask_for("customer services");
  CHECK_ENDED(slip, 2);
  CHECK(slip.out.empty());
  CHECK(contains(slip.err, "nor any recording in the index has a department 'customer services'"));
  CHECK(contains(slip.err, "Customer Services"));
  CHECK(contains(slip.err, ", Housing"));
}

TEST_CASE("A recording that came back is no difference between index and log") {
  const OldOffice old;
  if (!old.office.can_destroy()) SKIP_TEST("files here cannot be destroyed");
  const auto text = [&] {
    const Ended ended =
        old.office.call({"log", "certificate", "--department", "Customer Services", "--recorded",
                         "2000-01-01.." + Office::days_ago(0).substr(0, 10)});
    CHECK_ENDED(ended, 0);
    return ended.out;
  };
  CHECK_FALSE(contains(text(), "WARNING"));
  const std::string index = old.office.scratch / "office/index.db";
  const std::string gone =
      sql_value(index, "SELECT id FROM recording WHERE state = 'destroyed' ORDER BY key LIMIT 1");
  old.office.write("back.wav", "audio");
  CHECK(old.office
            .call({"import", "-"},
                  "id,department,recorded_at,path\n" + gone + ",Customer Services,,back.wav\n")
            .status == 1);
  const std::string after = text();
  INFO(after);
  CHECK_FALSE(contains(after, "WARNING: The index counts"));
  CHECK(contains(unwrapped(after), "a file is back on disk, such as from a backup, of 1."));
}

TEST_CASE("With an index the answer says what is kept and held and what failed") {
  const OldOffice old;
  if (!old.office.can_destroy()) SKIP_TEST("files here cannot be destroyed");
  const std::string csv = "id,department,recorded_at,path\nlost-1,Customer Services," +
                          Office::days_ago(399) + ",lost.wav\nnone-1,Customer Services,,none.wav\n";
  CHECK_ENDED(old.office.call({"import", "-"}, csv), 0);
  CHECK_ENDED(old.office.call({"run", "--quiet"}), 1);
  const auto answer = [&](const std::string& from) {
    const Ended ended =
        old.office.call({"log", "certificate", "--department", "Customer Services", "--recorded",
                         from + ".." + Office::days_ago(0).substr(0, 10), "--format", "json"});
    CHECK_ENDED(ended, 0);
    return Json::parse(ended.out);
  };
  const Json all = answer("2000-01-01");
  CHECK(all.at("destroyed").at(0).at("recordings") == 2);
  CHECK(all.at("index") == Json::parse(R"({"kept":1,"held":1,"due":1,"attention":0,"undated":1,
                                           "department_unsure":0,
                                           "failed":{"missing":1},"gone":2,
                                           "returned":0})"));
  const Json later = answer(Office::days_ago(399).substr(0, 10));
  CHECK(later.at("destroyed").empty());
  CHECK(later.at("index").at("held") == 0);
  CHECK(later.at("index").at("failed").at("missing") == 1);
  // Under a later log the figures of the index and of the log differ, and why is said.
  old.name_new_log();
  CHECK_ENDED(old.succeed(), 0);
  const Ended after = old.office.call({"log", "certificate", "--department", "Customer Services",
                                       "--recorded", "2000-01-01..2099-01-01"});
  CHECK_ENDED(after, 0);
  CHECK(contains(after.out, "WARNING: The index counts 2 recordings of these days as destroyed"));
  CHECK(contains(after.out, "Earlier log           this log was opened in the place of"));
}

TEST_CASE("What may be of the days asked about and is in doubt is counted besides") {
  const Office office;
  const std::string day = Office::days_ago(30);
  const auto row = [&](const std::string& id, const std::string& department,
                       const std::string& at) {
    office.write(id + ".wav", "audio");
    return id + "," + department + "," + at + "," + id + ".wav\n";
  };
  const std::string head = "id,department,recorded_at,path\n";
  CHECK_ENDED(
      office.call({"import", "-"}, head + row("sound", "Customer Services", day) +
                                       row("none", "Customer Services", "") +
                                       row("early", "Customer Services", "1999-03-01T10:00:00Z") +
                                       row("late", "Customer Services", Office::days_ago(-900)) +
                                       row("strange", "Housing", day) + row("both", "Housing", "") +
                                       row("moved", "Revenues and Benefits", day) +
                                       row("dated", "Customer Services", Office::days_ago(60)) +
                                       row("other", "Revenues and Benefits", day) +
                                       row("elsewhen", "Housing", Office::days_ago(60))),
      0);
  CHECK_ENDED(office.call({"import", "-"}, head + row("moved", "Customer Services", day) +
                                               row("dated", "Customer Services", day)),
              1);
  std::vector<std::string> words{
      "log", "certificate", "--department", "Customer Services", "--recorded", day.substr(0, 10)};
  const Ended page = office.call(words);
  CHECK_ENDED(page, 0);
  CHECK(contains(unwrapped(page.out),
                 "Besides, recordings that have no date, or one that cannot be true or is "
                 "contradicted, and may be of these days (of the department, or of one that is not "
                 "known for sure): 5."));
  CHECK(contains(unwrapped(page.out),
                 "Besides, recordings made on these days whose department is not known for sure, "
                 "and may be this one: 2."));
  words.insert(words.end(), {"--format", "json"});
  const Json index = Json::parse(office.call(words).out).at("index");
  CHECK(index.at("kept") == 1);
  CHECK(index.at("attention") == 0);
  CHECK(index.at("undated") == 5);
  CHECK(index.at("department_unsure") == 2);
}

TEST_CASE("An alias that was dropped from the schedule is no sign of a restored index") {
  const Office office;
  if (!office.can_destroy()) SKIP_TEST("files here cannot be destroyed");
  const std::string before = slurp(office.config);
  office.configure("[retention]\nalias = Cust Svcs: Customer Services\n");
  std::string csv = "id,department,recorded_at,path\n";
  for (const char* id : {"by-alias", "by-name", "kept"}) {
    office.write(std::string(id) + ".wav", std::string(5000, 'x'));
    csv += std::string(id) +
           (id == std::string("by-alias") ? ",Cust Svcs," : ",Customer Services,") +
           Office::days_ago(id == std::string("kept") ? 1 : 400) + "," + id + ".wav\n";
  }
  CHECK_ENDED(office.call({"import", "-"}, csv), 0);
  CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "read"}), 0);
  CHECK_ENDED(office.call({"run"}), 0);
  const auto ask_for = [&](const char* department, const char* format) {
    const Ended ended =
        office.call({"log", "certificate", "--department", department, "--recorded",
                     "2000-01-01.." + Office::days_ago(0).substr(0, 10), "--format", format});
    CHECK_ENDED(ended, 0);
    return unwrapped(ended.out);
  };
  CHECK(Json::parse(ask_for("Customer Services", "json")).at("index").at("gone") == 2);
  spill(office.config, before);
  CHECK(Json::parse(ask_for("Customer Services", "json")).at("index").at("gone") == 2);
  CHECK_FALSE(contains(ask_for("Customer Services", "text"), "WARNING"));
  // The name that it was, asked about by itself: what it was is said, and nothing else.
  const std::string other = ask_for("Cust Svcs", "text");
  CHECK(contains(other,
                 "By an earlier retention schedule Cust Svcs was another name of Customer "
                 "Services: what was destroyed then the log has by that name"));
  CHECK_FALSE(contains(other, "The index counts"));
  CHECK(Json::parse(ask_for("Cust Svcs", "json")).at("index").at("gone") == 0);
  // A sign there is none the less where the index lacks what the log has.
  sql_run(office.scratch / "office/index.db",
          "UPDATE recording SET id = 'another' WHERE id = 'by-alias'");
  CHECK(contains(ask_for("Customer Services", "text"),
                 "WARNING: The index counts 1 recordings of these days as destroyed or removed, "
                 "and this log 2."));
}

TEST_CASE("What an order destroyed and may be of the days asked about is said besides") {
  CertifiedLog of;
  const auto ordered = [&](const std::string& id, base::CivilDate day, bool has_department) {
    audit::Destroyed entry = of.destroyed(id);
    entry.recorded = day;
    entry.ground = "erasure";
    entry.authority = "ERA/1";
    if (!has_department) entry.department = entry.period = "";
    return entry;
  };
  const base::CivilDate day = *base::parse_date("2024-12-31");
  audit::Destroyed elsewhere = ordered("elsewhere", base::kUnknownDate, true);
  elsewhere.department = "Revenues";
  audit::Destroyed removed = ordered("removed", base::kUnknownDate, true);
  removed.type = audit::Destroyed::Type::remove;
  removed.claim = "unlinked";
  const auto doubted = [&](const std::string& id, base::CivilDate on, const char* department,
                           const char* note) {
    audit::Destroyed entry = ordered(id, on, true);
    entry.department = department;
    entry.note = note;
    return to_draft(entry);
  };
  const base::CivilDate other = *base::parse_date("2024-12-30");
  of.append({of.start(), to_draft(of.destroyed("sound")),
             doubted("this-day", day, "Customer Services", "missing: transcript; in doubt: date"),
             doubted("that-day", other, "Customer Services", "in doubt: date"),
             doubted("this-one", day, "Customer Services", "in doubt: department"),
             doubted("that-one", day, "Revenues", "in doubt: department"),
             doubted("neither", other, "Revenues", "in doubt: department"),
             to_draft(ordered("undated", base::kUnknownDate, true)),
             to_draft(ordered("early", *base::parse_date("1998-11-02"), true)),
             to_draft(ordered("late", *base::parse_date("2031-11-02"), true)),
             to_draft(ordered("nothing-known", base::kUnknownDate, false)), to_draft(removed),
             to_draft(ordered("nowhere", day, false)), to_draft(elsewhere),
             to_draft(ordered("dated", day, true)),
             to_draft(ordered("other-day", *base::parse_date("2024-12-30"), false)), of.end(10)},
            of.kNight);
  const Json json = ask(of, "2024-12-31");
  CHECK(json.at("destroyed").at(0).at("recordings") == 2);
  CHECK(json.at("undated_by_order") == 7);
  CHECK(json.at("department_unsure_by_order") == 3);
  const Ended text = of.call(
      {"log", "certificate", "--department", "Customer Services", "--recorded", "2024-12-31"});
  CHECK(contains(unwrapped(text.out),
                 "7 more without a date that is known for sure were destroyed or removed by order "
                 "(1 of them removed without overwriting), of the department or of one that is not "
                 "known for sure, and may have been of these days."));
  CHECK(contains(unwrapped(text.out),
                 "3 more made on these days were destroyed by order, of a department that is not "
                 "known for sure, and may have been of this one."));
  CHECK(ask(of, "2024-12-31", "Revenues").at("undated_by_order") == 2);
}
