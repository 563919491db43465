// Certificates of single recordings: what their pages say.

#include <nlohmann/json.hpp>

#include "audit/proof.h"
#include "base/sha256.h"
#include "base/text.h"
#include "support/catch.h"
#include "support/certified_log.h"
#include "support/office.h"
#include "support/page_text.h"

using namespace expunge;
using namespace expunge::test;

namespace {

/// `<dt>…</dt><dd>…</dd>`; both as HTML.
std::string term(const std::string& label, const std::string& value) {
  return "<dt>" + label + "</dt><dd>" + value + "</dd>";
}

std::string root_of(const CertifiedLog& of) {
  return base::to_hex(of.log.checkpoint().note.checkpoint.root);
}

}  // namespace

TEST_CASE("The text of a certificate says every field") {
  CertifiedLog of;
  of.night("rec-1");
  const Ended ended = of.certificate({"rec-1"});
  CHECK_ENDED(ended, 0);
  CHECK(ended.out == of.out("rec-1.tlog-proof") + "\n" + of.out("rec-1.txt") + "\n" +
                         of.out("rec-1.html") + "\n");
  const std::string raw = slurp(of.out("rec-1.txt"));
  CHECK(raw.starts_with("Certificate of destruction\n==========================\n\n"));
  check_all_in(
      unwrapped(raw),
      {"On 2 January 2026, recording rec-1 of the department Customer Services was destroyed: "
       "every "
       "byte of the files below was overwritten where it lay, flushed to the device, and read back "
       "from it; after that the files were removed.",
       "Controller Example & District Council Contact dpo@example.gov.uk",
       "Department Customer Services Recording rec-1 Recorded on 31 December 2024 To be kept "
       "for 12 months, through 31 December 2025 Due on 1 January 2026 Destroyed on 2 January 2026, "
       "in Europe/London Logged 2 January 2026, 02:00:01 UTC (entry 4) Later than due by 1 day",
       "* audio Bytes 1,843,244 SHA-256 before " + base::to_hex(base::sha256("before")) +
           " Method overwritten, then removed Passes 1 Verified yes, every byte read back File "
           "system ext4 * transcript Bytes 300 SHA-256 before not kept: the file was short",
       "Claim overwritten Medium encryption; solid-state disk (in the log: dm-crypt, ssd)",
       "A solid-state disk, a disk array or a virtual disk may write new bytes elsewhere",
       "Snapshots of the disk or of the file system keep the old bytes",
       "Backups, exports, transcripts elsewhere, and copies that were sent",
       "Authority the retention schedule, and jane's approval of the plan for 2 January 2026 "
       "Approved 1 January 2026, 15:30:00 UTC (entry 2) Plan, SHA-256 aaaaaaaa",
       "Retention schedule RS-7/2024 In force since 1 December 2025, 09:00:00 UTC (entry 1) Days "
       "counted in Europe/London Policy, SHA-256 " +
           audit::policy_digest(
               {"Europe/London", {{"Customer Services", "12 months"}}, "RS-7/2024"}),
       "Run 20260102T020000Z-5f0c Machine rec1 User expunge Started 2 January 2026, 02:00:01 UTC "
       "(entry 3) Ended 2 January 2026, 02:00:01 UTC (entry 5): complete Program expunge 9.9",
       "Log expunge.example.org/destruction-log Entry 4 (the first one is 0) Entry signed by key "
       "900eecdc Checkpoint of 6 entries (checkpoint) Root of the tree " +
           root_of(of) + " Checkpoint signed by key 900eecdc Time stamp none was kept",
       "expunge log verify-certificate rec-1.tlog-proof --public-key 900eecdc.pub.pem "
       "verify-certificate.sh rec-1.tlog-proof 900eecdc.pub.pem",
       "Whoever has key 900eecdc could write another log, and sign it.", "Signature ____"});
  for (const char* const never : {"sanitis", "purge", "Clear"}) CHECK_FALSE(contains(raw, never));
  for (const std::string& line : lines_of(raw)) {
    INFO(line);
    CHECK((line.size() <= 78 || contains(line, "--public-key") || contains(line, "SHA-256") ||
           contains(line, "Root of the tree")));
  }
}

TEST_CASE("The HTML of a certificate says every field and stands alone and is well-formed") {
  CertifiedLog of;
  of.night("rec-1");
  CHECK_ENDED(of.certificate({"rec-1"}), 0);
  const std::string path = of.out("rec-1.html");
  const std::string html = slurp(path);
  CHECK(is_well_formed(path));
  check_all_in(html, {"<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en-GB\"",
                      "<title>Certificate of destruction: recording rec-1</title>",
                      "<h1>Certificate of destruction</h1>",
                      "<main>",
                      "<header>",
                      "<footer>",
                      "<th scope=\"col\"",
                      "<th scope=\"row\"",
                      "@page { size: A4;",
                      "prefers-color-scheme: dark",
                      "<p class=\"lead\">On 2 January 2026, recording rec-1",
                      term("Controller", "Example &amp; District Council"),
                      term("Recorded on", "31 December 2024"),
                      term("Due on", "1 January 2026"),
                      term("Destroyed on", "2 January 2026, in Europe/London"),
                      term("Authority",
                           "the retention schedule, and jane&#39;s approval of the plan "
                           "for 2 January 2026"),
                      term("Retention schedule", "RS-7/2024"),
                      term("Run", "<code>20260102T020000Z-5f0c</code>"),
                      term("Machine", "rec1"),
                      term("Root of the tree", "<code>" + root_of(of) + "</code>"),
                      term("Entry signed by", "key 900eecdc"),
                      "data-label=\"Bytes\">1,843,244</td>",
                      "<code>" + base::to_hex(base::sha256("before")) + "</code>",
                      "<pre><code>expunge log verify-certificate rec-1.tlog-proof"});
  for (const char* const never : {"<script", "<link", "<img", "src=", "url(", "href="}) {
    INFO(never);
    CHECK_FALSE(contains(html, never));
  }
}

TEST_CASE("A certificate's proof is checked by verify-certificate with the log's public key") {
  CertifiedLog of;
  const std::uint64_t seq = of.night("rec-1");
  CHECK_ENDED(of.certificate({"rec-1", "--quiet"}), 0);
  CHECK(audit::parse_certificate(slurp(of.out("rec-1.tlog-proof")))->index == seq);
  const Ended verified = test::expunge({"log", "verify-certificate", of.out("rec-1.tlog-proof"),
                                        "--public-key", of.log.file("keys/900eecdc.pub.pem")});
  CHECK_ENDED(verified, 0);
  CHECK(contains(verified.out, "says that a recording was destroyed."));
}

TEST_CASE("A removal's page says in title and first sentence that it was no destruction") {
  CertifiedLog of;
  audit::Destroyed keyed = of.removed("rec-2");
  keyed.claim = "key-overwritten";
  of.append({of.start(), to_draft(of.removed("rec-1")), to_draft(keyed), of.end(0)}, of.kNight);
  CHECK_ENDED(of.certificate({"rec-1", "rec-2"}), 0);
  const std::string text = unwrapped(slurp(of.out("rec-1.txt")));
  CHECK(
      text.starts_with("Record of a removal without overwriting, which is no confidential "
                       "destruction ==="));
  check_all_in(text,
               {"= WARNING: This recording was removed WITHOUT being overwritten, on 2 January "
                "2026. That was NOT a confidential destruction",
                "Removed on 2 January 2026", "What was removed ---",
                "Method removed without overwriting Passes 0 Verified no File system btrfs",
                "Claim unlinked"});
  CHECK_FALSE(contains(text, "Certificate of destruction"));
  CHECK_FALSE(contains(text, "was destroyed"));
  check_all_in(slurp(of.out("rec-1.html")),
               {"<h1>Record of a removal without overwriting, which is no confidential destruction"
                "</h1>",
                "<p class=\"warning lead\"><strong>Warning:</strong> This recording was removed "
                "WITHOUT"});
  CHECK(contains(unwrapped(slurp(of.out("rec-2.txt"))),
                 "Its files of the role key were overwritten and read back before"));
}

TEST_CASE("The oldest time-stamped checkpoint that covers all that is said is taken") {
  CertifiedLog of;
  of.freeze(true);  // 3 entries: before it
  of.append({of.start(), to_draft(of.destroyed("rec-1"))}, of.kNight);
  of.freeze(true);  // 5: without the run's end
  of.append(of.end(1), of.kNight);
  of.freeze(false);  // 6
  of.append(of.start("20260103T020000Z-0000"), of.kNight);
  of.freeze(true);  // 7
  of.append(of.end(0, 0, "20260103T020000Z-0000"), of.kNight);
  of.freeze(true);  // 8
  CHECK_ENDED(of.certificate({"rec-1"}), 0);
  const std::string text = unwrapped(slurp(of.out("rec-1.txt")));
  CHECK(contains(text, "of 7 entries (checkpoints/7.ckpt)"));
  CHECK(contains(text, "UTC (checkpoints/7.tsr); whose it is was not checked for this page"));
  CHECK(contains(text, "900eecdc.pub.pem --timestamp rec-1.tsr --tsa-ca AUTHORITY.pem"));
  const Ended verified =
      test::expunge({"log", "verify-certificate", of.out("rec-1.tlog-proof"), "--public-key",
                     of.log.file("keys/900eecdc.pub.pem"), "--timestamp", of.out("rec-1.tsr"),
                     "--tsa-ca", CertifiedLog::authority().certificate("root")});
  CHECK_ENDED(verified, 0);
  CHECK(contains(slurp(of.out("rec-1.tlog-proof")), slurp(of.log.file("checkpoints/7.ckpt"))));
  spill(of.log.file("checkpoints/7.ckpt"), slurp(of.log.file("checkpoints/8.ckpt")));
  CHECK_ENDED(of.certificate({"rec-1", "--replace"}), 4);
}

TEST_CASE("What else the log says of a recording is on its page") {
  CertifiedLog of;
  of.append({of.start(), of.failed("rec-1", "open-elsewhere"), of.end(0, 1)},
            "2026-01-01T02:00:00.000Z");
  of.night("rec-1");
  CHECK_ENDED(of.certificate({"rec-1"}), 0);
  const std::string text = unwrapped(slurp(of.out("rec-1.txt")));
  CHECK(contains(text,
                 "4 1 January 2026, 02:00:00 UTC could not be destroyed: another process has "
                 "the file open (open-elsewhere)") |
        contains(text,
                 "* 4 When 1 January 2026, 02:00:00 UTC What it says could not be destroyed: "
                 "another process has the file open (open-elsewhere)"));
  CHECK_FALSE(contains(text, "WARNING"));
  of.append(of.failed("rec-1", "content-differs"), of.kNight);
  CHECK_ENDED(of.certificate({"rec-1", "--replace"}), 0);
  CHECK(contains(unwrapped(slurp(of.out("rec-1.txt"))),
                 "WARNING: After what this page is about, a file of the recording was met again"));
}

TEST_CASE("What persons did about a recording is among the entries that its page lists") {
  CertifiedLog of;
  of.append(
      to_draft(audit::Acknowledge{1, "no-date", *base::parse_date("2026-02-01"), "jane", "rec-1"}),
      "2025-12-29T09:00:00.000Z");
  of.append(to_draft(audit::Withdraw{"rec-1", "no-date", "jane"}), "2025-12-30T09:00:00.000Z");
  of.append(to_draft(audit::Acknowledge{2, "no-date", *base::parse_date("2026-02-01"), "jane", ""}),
            "2025-12-30T09:30:00.000Z");
  of.append(to_draft(audit::Correct{"rec-1", "recorded_at", "HR/1", "jane", "",
                                    base::parse_date("2024-12-31")}),
            "2025-12-31T09:00:00.000Z");
  of.night("rec-1");
  of.append(to_draft(audit::Correct{"rec-1", "subject", "HR/2", "jane"}),
            "2026-01-03T09:00:00.000Z");
  CHECK_ENDED(of.certificate({"rec-1"}), 0);
  const std::string html = test::unwrapped(slurp(of.out("rec-1.html")));
  check_all_in(html, {"a person said that what had to be looked at was known: no-date",
                      "a person took back that this was known: no-date",
                      "a person put its date right, or confirmed it",
                      "a person put the record of whose call it is right, or confirmed it"});
  CHECK_FALSE(contains(html, "was met again"));
  const Ended json =
      of.call({"log", "certificate", "rec-1", "--json", "--replace", "--output", of.out()});
  CHECK_ENDED(json, 0);
  const auto others = nlohmann::json::parse(json.out).at("recordings").at(0).at("others");
  REQUIRE(others.size() == 4);
  CHECK(others.at(0).at("type") == "acknowledge");
  CHECK(others.at(2).at("reason") == "recorded_at");
}

TEST_CASE("A note and an authority of the entry and a run without an end are said") {
  CertifiedLog of;
  audit::Destroyed entry = of.destroyed("rec-1");
  entry.note = "missing: transcript";
  entry.authority = "DPO-2026/17";
  of.append({of.start(), to_draft(entry)}, of.kNight);
  CHECK_ENDED(of.certificate({"rec-1"}), 0);
  check_all_in(unwrapped(slurp(of.out("rec-1.txt"))),
               {"WARNING: The log's note: missing: transcript.", "Named in the entry DPO-2026/17",
                "Ended no entry of the log says so: it was interrupted, or is still on"});
}

TEST_CASE("What stands in the log is text on the page and no markup") {
  CertifiedLog of("<b>&\"x\"");
  const std::string id = "<script>alert('x')</script>&amp;";
  of.night(id);
  CHECK_ENDED(of.certificate({id}), 0);
  const std::vector<std::string> names = of.written();
  REQUIRE(names.size() == 3);
  CHECK(names[0] == "%3cscript%3ealert%28%27x%27%29%3c%2fscript%3e%26amp%3b.html");
  const std::string html = slurp(of.out(names[0]));
  CHECK(is_well_formed(of.out(names[0])));
  CHECK(contains(html, term("Department", "&lt;b&gt;&amp;&quot;x&quot;")));
  CHECK(contains(html, term("Recording",
                            "<code>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;"
                            "amp;</code>")));
  CHECK_FALSE(contains(html, "<script"));
  CHECK_FALSE(contains(html, "<b>"));
}

TEST_CASE("The JSON of a certificate says what its page says") {
  CertifiedLog of;
  of.night("rec-1");
  const Ended ended = of.certificate({"rec-1", "--json"});
  CHECK_ENDED(ended, 0);
  CHECK(of.written().size() == 3);
  const auto json = nlohmann::json::parse(ended.out);
  CHECK(json.at("format") == "expunge-certificates/1");
  CHECK(json.at("controller") == "Example & District Council");
  const auto& one = json.at("recordings").at(0);
  CHECK(one.at("recording") == "rec-1");
  CHECK(one.at("became") == "destroyed");
  CHECK(one.at("on") == "2026-01-02");
  CHECK(one.at("files").at(0).at("sha256") == base::to_hex(base::sha256("before")));
  CHECK(one.at("run").at("approval").at("user") == "jane");
  CHECK(one.at("run").at("policy").at("schedule") == "RS-7/2024");
  CHECK(one.at("checkpoint").at("root") == root_of(of));
  CHECK(one.at("entry").at("seq") == 4);
  CHECK(one.at("proof") == "rec-1.tlog-proof");
}
