// The certificate of a run: what it destroyed, what it did not, and the files beside the page.

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "audit/proof.h"
#include "support/catch.h"
#include "support/certified_log.h"
#include "support/office.h"
#include "support/page_text.h"

using namespace expunge;
using namespace expunge::test;

namespace {

namespace fs = std::filesystem;

std::string page(const CertifiedLog& of, const std::string& extension = ".txt") {
  return slurp(of.out(of.kRun + extension));
}

bool is_valid(const CertifiedLog& of, const std::string& proof) {
  return test::expunge({"log", "verify-certificate", of.out(proof), "--quiet", "--public-key",
                        of.log.file("keys/900eecdc.pub.pem")})
             .status == 0;
}

/// A night on which everything happens.
void furnish(CertifiedLog& of) {
  audit::Destroyed formula = of.destroyed("=1+1");
  formula.note = "missing: sidecar";
  of.append({of.start(), to_draft(of.destroyed("rec-1")), of.failed("fail-1", "hard-link"),
             to_draft(formula), to_draft(of.removed("gone-1")), of.failed("fail-2", "missing"),
             to_draft(audit::DestroyPartial{of.destroyed("part-1"), 4096, 8192}),
             of.failed("fail-3", "hard-link"),
             to_draft(audit::RunEnd{of.kRun, "stopped", 2, 3, 7, 1, 3687088, {}, 1})},
            of.kNight);
}

}  // namespace

TEST_CASE("A run's page says what was destroyed and what was not and why") {
  CertifiedLog of;
  furnish(of);
  const Ended ended = of.certificate({"--run", of.kRun});
  CHECK_ENDED(ended, 0);
  CHECK(contains(ended.out, of.out(of.kRun) + "/\n"));
  const std::string text = unwrapped(page(of));
  CHECK(text.starts_with("Certificate of destruction: one run ==="));
  check_all_in(
      text,
      {"WARNING: In the run 20260102T020000Z-5f0c for 2 January 2026, 2 recordings were destroyed: "
       "every byte of their files was overwritten where it lay",
       "But of 1 of these a file was not in its place: what became of it is not known.",
       "Besides, 1 recording was removed WITHOUT being overwritten, which is NO confidential "
       "destruction.",
       "Controller Example & District Council Contact dpo@example.gov.uk Destroyed 2 (3,687,088 "
       "bytes) Removed only 1 (1,843,244 bytes), without overwriting A file missing destroyed, "
       "although one of its files was missing: 1 Destroyed in part 1 Not "
       "destroyed 3 Held, and kept 7 Need attention 1",
       "By department: Department Destroyed Bytes Removed only Stopped Customer Services 2 "
       "3,687,088 1 1",
       "By reason: Reason Recordings the file has more than one name (hard-link) 2 no such file "
       "(missing) 1",
       "Could not be destroyed: Recording Reason Entry fail-1 hard-link 5 fail-2 missing 8 fail-3 "
       "hard-link 10",
       "Destroyed in part: Recording Department Recorded Overwritten Kept Entry part-1 "
       "Customer Services 2024-12-31 4,096 8,192 9",
       "jane's approval of the plan for 2 January 2026", "Retention schedule RS-7/2024",
       "Run 20260102T020000Z-5f0c Machine rec1 User expunge", "(entry 11): stopped before its end",
       "Checkpoint of 12 entries (checkpoint)",
       "Removed, and not destroyed: Recording Department Recorded Due Bytes Entry gone-1 Customer",
       "Destroyed: Recording Department Recorded Due Bytes Entry rec-1 Customer Services "
       "2024-12-31 2026-01-01 1,843,544 4 =1+1 Customer Services"});
  CHECK_FALSE(contains(text, "The run's own last entry counts"));
  CHECK(is_well_formed(of.out(std::string(of.kRun) + ".html")));
  check_all_in(page(of, ".html"),
               {"<h1>Certificate of destruction: one run</h1>", "<caption>By department</caption>",
                "<dt>Held, and kept</dt><dd>7</dd>"});
}

TEST_CASE("A run's CSV has a row for each recording and no cell is a formula") {
  CertifiedLog of;
  furnish(of);
  CHECK_ENDED(of.certificate({"--run", of.kRun, "--quiet"}), 0);
  const auto rows = lines_of(page(of, ".csv"));
  REQUIRE(rows.size() == 8);
  CHECK(rows[0] ==
        "recording,department,recorded,due,seq,time,result,bytes,claim,method,filesystem,medium,"
        "reason,note,authority,ground");
  CHECK(rows[1] ==
        "rec-1,Customer Services,2024-12-31,2026-01-01,4,2026-01-02T02:00:01.250Z,destroyed,"
        "1843544,overwritten,overwrite,ext4,\"dm-crypt, ssd\",,,,");
  CHECK(rows[4] == "fail-1,,,,5,2026-01-02T02:00:01.250Z,not-destroyed,,,,,,hard-link,,,");
  CHECK(rows[2] ==
        "'=1+1,Customer Services,2024-12-31,2026-01-01,6,2026-01-02T02:00:01.250Z,destroyed,"
        "1843544,overwritten,overwrite,ext4,\"dm-crypt, ssd\",,missing: sidecar,,");
  CHECK(contains(rows[3], ",removed,1843244,unlinked,unlink,btrfs,"));
  CHECK(contains(rows[6], ",partly,4096,overwritten,"));
}

TEST_CASE("A recording with several entries of a run is in one class of its account") {
  CertifiedLog of;
  audit::Destroyed half = of.destroyed("half");
  half.note = "missing: transcript";
  audit::Destroyed removed = of.removed("part");
  of.append({of.start(), of.failed("half", "missing"), to_draft(half),
             to_draft(audit::DestroyPartial{removed, 4096, 0}), of.failed("part", "missing"),
             of.failed("gone", "missing"),
             to_draft(audit::DestroyPartial{of.destroyed("noise"), 4096, 0}), of.end(1, 3)},
            of.kNight);
  const auto json = nlohmann::json::parse(of.certificate({"--run", of.kRun, "--json"}).out);
  CHECK(json.at("destroyed") == 1);
  CHECK(json.at("without_file") == 1);
  CHECK(json.at("removed") == 0);
  CHECK(json.at("partly") == 2);
  CHECK(json.at("nothing_left") == 1);  // of what was removed only nobody knows
  CHECK(json.at("not-destroyed") == 1);
  CHECK(json.at("failures") == nlohmann::json::parse(R"({"missing":1})"));
  const auto rows = lines_of(page(of, ".csv"));
  REQUIRE(rows.size() == 5);
  CHECK(rows[1].starts_with("half,"));
  CHECK(contains(rows[2], ",partly,"));
  CHECK(contains(rows[2], ",missing,"));
  CHECK(rows[3].starts_with("gone,"));
  CHECK(rows[4].starts_with("noise,"));
}

TEST_CASE("Beside a run's page lie proofs of the run and of what it destroyed") {
  CertifiedLog of;
  furnish(of);
  CHECK_ENDED(of.certificate({"--run", of.kRun}), 0);
  const std::string run = of.kRun;
  CHECK(of.written() == std::vector<std::string>{run, run + ".csv", run + ".html",
                                                 run + ".start.tlog-proof", run + ".tlog-proof",
                                                 run + ".txt"});
  for (const char* const proof : {"/rec-1.tlog-proof", "/%3d1%2b1.tlog-proof", "/gone-1.tlog-proof",
                                  ".tlog-proof", ".start.tlog-proof"}) {
    INFO(proof);
    CHECK(is_valid(of, run + proof));
  }
  CHECK(std::distance(fs::directory_iterator(of.out(run)), fs::directory_iterator()) == 3);
  CHECK(audit::parse_certificate(page(of, ".tlog-proof"))->index == 11);
  CHECK(audit::parse_certificate(page(of, ".start.tlog-proof"))->index == 3);
}

TEST_CASE("A run's files are replaced only when told to and never with what is somebody else's") {
  CertifiedLog of;
  furnish(of);
  const std::string run = of.kRun;
  fs::create_directory(of.out(run));
  spill(of.out(run + "/notes"), "mine");
  const Ended refused = of.certificate({"--run", run});
  CHECK_ENDED(refused, 2);
  CHECK(contains(refused.err, "exists already; nothing was written"));
  CHECK(of.written().size() == 1);
  const Ended others = of.certificate({"--run", run, "--replace"});
  CHECK_ENDED(others, 2);
  CHECK(contains(others.err, "notes: is no file of this command's"));
  CHECK(slurp(of.out(run + "/notes")) == "mine");
  fs::remove(of.out(run + "/notes"));
  CHECK_ENDED(of.certificate({"--run", run, "--replace"}), 0);
  CHECK(of.written().size() == 6);
  fs::create_directory(of.out(run + ".new"));
  const Ended interrupted = of.certificate({"--run", run, "--replace"});
  CHECK_ENDED(interrupted, 2);
  CHECK(contains(interrupted.err, ".new exists already, perhaps from a call that was interrupted"));
  fs::remove(of.out(run + ".new"));
  CHECK_ENDED(of.certificate({"--run", run, "--replace"}), 0);
  CHECK(of.written().size() == 6);
}

TEST_CASE("That a run did not end is said on its page") {
  CertifiedLog of;
  of.append({of.start(), to_draft(of.destroyed("rec-1"))}, of.kNight);
  CHECK_ENDED(of.certificate({"--run", of.kRun}), 0);
  check_all_in(unwrapped(page(of)),
               {"1 recording was destroyed: every byte of its files",
                "WARNING: No entry of the log under this checkpoint says that the run ended",
                "Held, and kept not known", "Ended no entry of the log says so"});
  CHECK(audit::parse_certificate(page(of, ".tlog-proof"))->index == 3);
  CHECK_FALSE(fs::exists(of.out(std::string(of.kRun) + ".start.tlog-proof")));
}

TEST_CASE("A run that destroyed nothing or was braked has a record that says so") {
  CertifiedLog of;
  of.append({of.start(), of.end(0)}, of.kNight);
  CHECK_ENDED(of.certificate({"--run", of.kRun}), 0);
  CHECK(unwrapped(page(of)).starts_with("Record of a run that destroyed nothing ==="));
  CHECK_FALSE(fs::exists(of.out(of.kRun)));
  const std::string braked = "20260103T020000Z-0001";
  of.append(to_draft(audit::RunBraked{braked, "rec1", "expunge", *base::parse_date("2026-01-03"),
                                      "share", "150 of 1000", "5.0%"}),
            "2026-01-03T02:00:00.000Z");
  CHECK_ENDED(of.certificate({"--run", braked}), 0);
  check_all_in(
      unwrapped(slurp(of.out(braked + ".txt"))),
      {"The run 20260103T020000Z-0001 for 3 January 2026 destroyed nothing: it was stopped "
       "by a brake",
       "Brake share Meaning A larger share of the recordings was due at once than",
       "Found 150 of 1000 recordings were due Allowed at most 5.0%", "Machine rec1"});
  CHECK(is_valid(of, braked + ".tlog-proof"));
}

TEST_CASE(
    "The record of a braked run says what each brake means and which way round its limit is") {
  struct Case {
    const char *brake, *found, *allowed, *meaning, *limit;
  };
  const auto each = GENERATE_COPY(
      Case{"first-run", "0", "1", "nothing had ever been destroyed under this log",
           "Found 0 recordings destroyed before Allowed at least 1"},
      Case{"share", "301", "300", "More recordings were due at once than the configuration allows",
           "Found 301 recordings were due Allowed at most 300"},
      Case{"policy", "5f2c0a6e", "none", "The retention schedule was not the one that the log",
           "Allowed none, because the log had none yet"},
      Case{"clock", "2026-12-15T02:00:00.029Z", "2026-12-15T02:00:00.841Z",
           "The clock of the machine was earlier than the start of a run that the log has",
           "Found 2026-12-15T02:00:00.029Z, by that clock Allowed not before "
           "2026-12-15T02:00:00.841Z"},
      Case{"clock", "2027-12-15T02:00:00.029Z", "2026-12-15T02:00:00.841Z",
           "The clock of the machine was later than the newest run and the newest recording",
           "Found 2027-12-15T02:00:00.029Z, by that clock Allowed not after "
           "2026-12-15T02:00:00.841Z"},
      Case{"holds", "SAR-1, SAR-2", "none", "(holds) in force that the index had lost",
           "Found lost: SAR-1, SAR-2 Allowed none that is lost"},
      Case{"index", "imports 1, entries 2", "imports 3, entries 4",
           "The index was older than the log",
           "Found imports 1, entries 2, which the index had Allowed at least imports 3, entries 4"},
      Case{"host", "rec2", "rec1", "The run was on another machine than the last one",
           "Found rec2 Allowed rec1, on which the last run was"},
      Case{"root", "another directory", "the one of the last run",
           "another volume may have been in its place",
           "Found another directory Allowed the one of the last run"});
  CAPTURE(each.brake, each.found);
  CertifiedLog of;
  of.append({of.start(), of.end(0)}, of.kNight);
  const std::string braked = "20260103T020000Z-0001";
  of.append(to_draft(audit::RunBraked{braked, "rec1", "expunge", *base::parse_date("2026-01-03"),
                                      each.brake, each.found, each.allowed}),
            "2026-01-03T02:00:00.000Z");
  CHECK_ENDED(of.certificate({"--run", braked}), 0);
  const std::string text = slurp(of.out(braked + ".txt"));
  check_all_in(unwrapped(text), {each.meaning, each.limit});
  const std::string html = slurp(of.out(braked + ".html"));
  check_all_in(unwrapped(html), {each.meaning});
  CHECK(contains(html, "<dt>Meaning</dt>"));
}

TEST_CASE("A run that the log does not name or a log that was changed writes nothing") {
  CertifiedLog of;
  furnish(of);
  const Ended unknown = of.certificate({"--run", "20260101T020000Z-0000"});
  CHECK_ENDED(unknown, 2);
  CHECK(contains(unknown.err, "names no run '20260101T020000Z-0000'"));
  CHECK(of.written().empty());
  CHECK_ENDED(of.certificate({"--run", of.kRun, "rec-1"}), 2);
  std::string text = of.log.text();
  text.replace(text.find("fail-2"), 6, "fail-9");
  spill(of.log.file("log.jsonl"), text);
  CHECK_ENDED(of.certificate({"--run", of.kRun}), 4);
  CHECK(of.written().empty());
}

TEST_CASE("A run's JSON has the figures of its page") {
  CertifiedLog of;
  furnish(of);
  const auto json = nlohmann::json::parse(of.certificate({"--run", of.kRun, "--json"}).out);
  CHECK(json.at("format") == "expunge-run-certificate/1");
  CHECK(json.at("destroyed") == 2);
  CHECK(json.at("removed") == 1);
  CHECK(json.at("partly") == 1);
  CHECK(json.at("without_file") == 1);
  CHECK(json.at("nothing_left") == 0);
  CHECK(json.at("not-destroyed") == 3);
  CHECK(json.at("failures").at("hard-link") == 2);
  CHECK(json.at("end").at("held") == 7);
}

TEST_CASE("A run of many recordings is certified in flat memory and its page lists the first") {
  CertifiedLog of;
  constexpr int kMany = 1200;
  std::vector<audit::Draft> drafts{of.start()};
  for (int i = 0; i < kMany; ++i) drafts.push_back(to_draft(of.destroyed("r" + std::to_string(i))));
  drafts.push_back(of.end(kMany));
  of.append(drafts, of.kNight);
  const Ended ended = of.certificate({"--run", of.kRun, "--quiet"});
  CHECK_ENDED(ended, 0);
  CHECK(ended.most_resident_kib < 128 << 10);
  CHECK(lines_of(page(of, ".csv")).size() == kMany + 1);
  CHECK(contains(unwrapped(page(of)),
                 "Destroyed: the first 500 of 1,200; " + std::string(of.kRun) + ".csv has all"));
  CHECK(page(of, ".html").size() < 400'000);
  CHECK(is_valid(of, std::string(of.kRun) + "/r1199.tlog-proof"));
}

TEST_CASE("A run's page says what went by order and which of its dates cannot be true") {
  CertifiedLog of;
  audit::Destroyed ahead = of.destroyed("ahead");
  ahead.ground = "erasure";
  ahead.authority = "ERA/1";
  ahead.recorded = *base::parse_date("2025-06-20");
  ahead.due = *base::parse_date("2026-01-02");
  audit::Destroyed late = ahead;
  late.recording = "late";
  late.recorded = *base::parse_date("2031-06-20");
  audit::Destroyed due = ahead;
  due.recording = "due";
  due.recorded = *base::parse_date("2024-12-31");
  due.due = *base::parse_date("2026-01-01");
  of.append({of.start(), to_draft(of.destroyed("plain")), to_draft(ahead), to_draft(late),
             to_draft(due), of.end(4)},
            of.kNight);
  CHECK_ENDED(of.certificate({"--run", of.kRun}), 0);
  const std::string text = unwrapped(page(of));
  CHECK(contains(text,
                 "Authority the retention schedule, and of 3 of those destroyed or removed "
                 "orders to destroy, each named by its recording's entry"));
  const std::string html = test::unwrapped(page(of, ".html"));
  check_all_in(html, {"2026-01-02 (by order)", "2031-06-20 (cannot be true)"});
  CHECK_FALSE(contains(html, "2026-01-01 (by order)"));
  // As an outsider has it from the proof.
  const auto told = [&](const std::string& id) {
    CHECK_ENDED(of.certificate({id, "--replace"}), 0);
    return test::expunge({"log", "verify-certificate", of.out(id + ".tlog-proof"), "--public-key",
                          of.log.file("keys/900eecdc.pub.pem")})
        .out;
  };
  CHECK(contains(told("ahead"), "  due          2026-01-02, by order\n"));
  CHECK(contains(told("due"), "  due          2026-01-01, after 12 months\n"));
}
