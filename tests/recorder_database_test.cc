// The presets of `import` on exports that real servers make, by the commands of expunge-import(5).

#include <algorithm>
#include <sstream>

#include "support/catch.h"
#include "support/database.h"
#include "support/office.h"
#include "support/places.h"
#include "support/recorder_tables.h"

using namespace expunge::test;

namespace {

/// The command that the manual has for a recorder, as a reader of the page types it.
std::string manual_command(const std::string& recorder) {
  const std::string page = slurp(kSourceDir + "/man/expunge-import.5");
  const auto marker = page.find(".\\\" export " + recorder + "\n");
  const auto begin = page.find(".Bd -literal\n", marker) + 13;
  const auto end = page.find(".Ed\n", begin);
  if (marker == std::string::npos || end == std::string::npos) return "false";
  return page.substr(begin, end - begin);
}

/// Lines of `plan --all --format csv`, without the header, by what follows the id.
std::vector<std::string> planned(const Office& office) {
  std::istringstream lines(
      office.call({"plan", "--all", "--format", "csv", "--as-of", "2026-11-24"}).out);
  std::vector<std::string> found;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) found.push_back(line);
  return found;
}

bool any_of(const std::vector<std::string>& lines, const std::string& part) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return contains(line, part); });
}

/// A server gives rows in the order that suits it.
std::vector<std::string> sorted_lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::sort(lines.begin(), lines.end());
  return lines;
}

struct Export {
  std::string recorder, database, tables, file, prefix, map;
};

const Export kFreepbx = {"freepbx",
                         "asteriskcdrdb",
                         kFreepbxTables,
                         "cdr.tsv",
                         "/var/spool/asterisk/monitor",
                         "+441462474000 = Customer Services\n"
                         "+441462474001 = Revenues and Benefits\n"};
const Export kVicidial = {
    "vicidial",          "asterisk", kVicidialTables,
    "recording_log.tsv", "",         "CUSTSVC = Customer Services\nREV* = Revenues and Benefits\n"};
const Export kFusionpbx = {"fusionpbx",
                           "fusionpbx",
                           kFusionpbxTables,
                           "v_xml_cdr.csv",
                           "/var/lib/freeswitch/recordings",
                           "600@* = Customer Services\n601@* = Revenues and Benefits\n"};
const Export kWazo = {"wazo",          "wazo-call-logd",       kWazoTables,
                      "recording.csv", "/var/lib/wazo/sounds", "6?? = Customer Services\n"};

/// An office that imports what a server has exported, by the manual's command.
struct Adopted {
  Adopted(const Database& server, const Export& of) {
    server.run(of.database, of.tables);
    const Ended exported = server.shell(manual_command(of.recorder), office.scratch.path());
    INFO(exported.err);
    CHECK(exported.status == 0);
    CHECK(exported.err.empty());
    // Kept in tests/data/exports, for tests without a server.
    CHECK(sorted_lines(slurp(office.scratch / of.file)) ==
          sorted_lines(slurp(kTestData + "/exports/" + of.file)));
    use(of);
  }
  /// The export that was kept.
  explicit Adopted(const Export& of) {
    spill(office.scratch / of.file, slurp(kTestData + "/exports/" + of.file));
    use(of);
  }
  void use(const Export& of) {
    spill(office.scratch / "map.txt", of.map);
    words = {"import",    office.scratch / of.file, "--preset",
             of.recorder, "--map-department",       office.scratch / "map.txt"};
    if (!of.prefix.empty()) words.insert(words.end(), {"--strip-prefix", of.prefix});
  }
  [[nodiscard]] Ended import() const { return office.call(words); }

  Office office;
  std::vector<std::string> words;
};

/// Imports, and checks what the program says of it, and that it says so once.
void import_and_check(const Adopted& adopted, const std::string& rows,
                      const std::string& recordings, const std::string& without_file) {
  const Ended imported = adopted.import();
  INFO(imported.err);
  CHECK(imported.status == 0);
  const std::string all = std::to_string(std::stoi(rows) + std::stoi(without_file));
  CHECK(imported.out.substr(0, imported.out.find('\n') + 1) ==
        "Rows: " + all + " (taken " + rows + ", without a file in the recorder " + without_file +
            "); recordings added: " + recordings + ", changed: 0\n");
  CHECK_THAT(adopted.import().out, contains_text("recordings added: 0, changed: 0\n"));
}

/// Each of these numbers, by itself, holds a recording of Customer Services that is due.
void check_holds(const Office& office, const std::vector<std::string>& numbers) {
  CHECK_FALSE(any_of(planned(office), ",held,"));
  int holds = 0;
  for (const std::string& number : numbers) {
    const std::string reference = "SAR-" + std::to_string(++holds);
    CHECK_ENDED(office.call({"hold", "place", reference, "--kind", "sar", "--reason", "asked",
                             "--subject", number}),
                0);
    const auto plan = planned(office);
    CHECK(std::any_of(plan.begin(), plan.end(), [&](const std::string& line) {
      return contains(line, ",Customer Services,2025-03-15,2026-03-16,held,") &&
             contains(line, reference);
    }));
  }
}

void check_freepbx(const Adopted& adopted) {
  import_and_check(adopted, "6", "5", "3");
  const auto plan = planned(adopted.office);
  CHECK(plan.size() == 5);
  // Two rows of one file, the later of which ends on the next day.
  CHECK(any_of(plan, ",Customer Services,2025-03-15,2026-03-16,due,"));
  CHECK(any_of(plan, ",Revenues and Benefits,2025-10-26,2026-10-27,due,"));
  CHECK(any_of(plan, ",Revenues and Benefits,,,attention,"));
  CHECK(any_of(plan, "+449999,"));
  check_holds(adopted.office, {"01632 960001", "+44 1632 960002"});
}

void check_vicidial(const Adopted& adopted) {
  import_and_check(adopted, "4", "3", "4");
  const auto plan = planned(adopted.office);
  CHECK(plan.size() == 3);
  CHECK(any_of(plan, ",Customer Services,2025-03-15,2026-03-16,due,"));
  CHECK(any_of(plan, "8,Revenues and Benefits,2025-03-15,2026-03-16,due,"));
  CHECK(any_of(plan, "7,,,,attention,"));
  check_holds(adopted.office, {"01632 960001", "+44 1632 960002"});
}

void check_fusionpbx(const Adopted& adopted) {
  import_and_check(adopted, "4", "3", "1");
  const auto plan = planned(adopted.office);
  CHECK(plan.size() == 3);
  CHECK(any_of(plan, "aaaaaaaa-0000-4000-8000-000000000001,Customer Services,2025-03-15,"));
  CHECK(any_of(plan, "000000000003,Revenues and Benefits,2025-10-26,2026-10-27,due,"));
  CHECK(any_of(plan, "000000000004,Revenues and Benefits,,,attention,"));
  check_holds(adopted.office, {"01632 960001", "01632 960002"});
}

void check_wazo(const Adopted& adopted) {
  import_and_check(adopted, "3", "3", "1");
  const auto plan = planned(adopted.office);
  CHECK(plan.size() == 3);
  CHECK(any_of(plan, "000000000001,Customer Services,2025-03-15,2026-03-16,due,"));
  CHECK(any_of(plan, "000000000003,,2025-10-26,"));
  check_holds(adopted.office, {"01632 960001"});
}

}  // namespace

TEST_CASE("What MariaDB exports of FreePBX and VICIdial is imported and planned") {
  if (const auto why = Database::missing(Database::Kind::mariadb); !why.empty()) SKIP_TEST(why);
  const Database server(Database::Kind::mariadb);
  check_freepbx(Adopted(server, kFreepbx));
  check_vicidial(Adopted(server, kVicidial));
}

TEST_CASE("What PostgreSQL exports of FusionPBX and Wazo is imported and planned") {
  if (const auto why = Database::missing(Database::Kind::postgresql); !why.empty()) SKIP_TEST(why);
  const Database server(Database::Kind::postgresql);
  check_fusionpbx(Adopted(server, kFusionpbx));
  check_wazo(Adopted(server, kWazo));
}

TEST_CASE("The exports of four recorders that were kept are imported and planned") {
  check_freepbx(Adopted(kFreepbx));
  check_vicidial(Adopted(kVicidial));
  check_fusionpbx(Adopted(kFusionpbx));
  check_wazo(Adopted(kWazo));
}

TEST_CASE("No number that a recorder's export has goes into the log") {
  for (const Export& of : {kFreepbx, kVicidial, kFusionpbx, kWazo}) {
    const Adopted adopted(of);
    CHECK_ENDED(adopted.import(), 0);
    const std::string log = slurp(adopted.office.scratch / "office/log/log.jsonl");
    CHECK_THAT(log, contains_text(R"("type":"import","source":)"));
    CHECK_FALSE(contains(log, "1632960"));
    const std::string plan = adopted.office.call({"plan", "--all", "--format", "csv"}).out;
    CHECK_FALSE(contains(plan, "1632960"));
  }
}

TEST_CASE("A map that learns a value puts its department right") {
  const Adopted adopted(kFreepbx);
  CHECK_ENDED(adopted.import(), 0);
  CHECK(any_of(planned(adopted.office), "+449999,2025-07-01,"));
  spill(adopted.office.scratch / "map.txt", kFreepbx.map + "+44999* = Customer Services\n");
  CHECK_THAT(adopted.import().out, contains_text("recordings added: 0, changed: 1\n"));
  CHECK(any_of(planned(adopted.office), ",Customer Services,2025-07-01,2026-07-02,due,"));
}

TEST_CASE("Options that do not go together, or name what is not there, touch nothing") {
  const Adopted adopted(kFreepbx);
  const auto refused = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = adopted.words;
    words.insert(words.end(), more.begin(), more.end());
    const Ended ended = adopted.office.call(words);
    CHECK(ended.status == 2);
    return ended.err;
  };
  CHECK_THAT(refused({"--column", "id=uniqueid"}), contains_text("does not go with --preset"));
  CHECK_THAT(refused({"--department-column", "queue"}), contains_text("there is no column queue"));
  CHECK_THAT(refused({"--format", "xml"}), contains_text("none of csv, tsv, jsonl"));
  CHECK_THAT(refused({"--format", "csv"}), contains_text("there is no column calldate"));
  const auto file = adopted.words[1];
  const Ended unknown = adopted.office.call({"import", file, "--preset", "oreka"});
  CHECK(unknown.status == 2);
  CHECK_THAT(unknown.err, contains_text("none of freepbx, vicidial, fusionpbx, wazo"));
  CHECK_ENDED(
      adopted.office.call({"import", file, "--preset", "freepbx", "--map-department", "/x"}), 2);
  // Without the prefix one row has a path elsewhere: bad, by its line, and nothing is imported.
  const Ended bad = adopted.office.call({"import", file, "--preset", "freepbx"});
  CHECK(bad.status == 2);
  CHECK_THAT(bad.err, contains_text("cdr.tsv: line 7: its file is not beneath the archive's root"));
  CHECK(planned(adopted.office).empty());
}
