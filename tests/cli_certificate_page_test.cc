// Certificates of single recordings: what their pages say, and of what there is none.

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "audit/proof.h"
#include "base/sha256.h"
#include "base/text.h"
#include "support/catch.h"
#include "support/certified_log.h"
#include "support/office.h"
#include "support/page_text.h"
#include "support/succession.h"

using namespace expunge;
using namespace expunge::test;

namespace {

namespace fs = std::filesystem;

/// `<dt>…</dt><dd>…</dd>`; both as HTML.
std::string term(const std::string& label, const std::string& value) {
  return "<dt>" + label + "</dt><dd>" + value + "</dd>";
}

std::string root_of(const CertifiedLog& of) {
  return base::to_hex(of.log.checkpoint().note.checkpoint.root);
}

void check_refused(const CertifiedLog& of, const std::string& id, const std::string& why) {
  const Ended ended = of.certificate({"good", id});
  CHECK_ENDED(ended, 2);
  CHECK(ended.out.empty());
  CHECK(contains(ended.err, "expunge: " + id + ": " + why));
  CHECK(contains(ended.err, "recordings that nothing can be certified of: 1; nothing was written"));
  CHECK(of.written().empty());
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

TEST_CASE("Nothing is certified and nothing written when one recording was not destroyed") {
  CertifiedLog of;
  of.append({of.start(), to_draft(of.destroyed("good")), of.failed("failed", "open-elsewhere"),
             to_draft(audit::DestroyPartial{of.destroyed("partly"), 4096, 8192}), of.end(1)},
            of.kNight);
  check_refused(of, "unknown", "no entry of the log names it");
  check_refused(of, "goo", "no entry of the log names it");
  check_refused(of, "failed", "entry 5 says that it could not be destroyed (open-elsewhere)");
  check_refused(
      of, "partly",
      "entry 6 says that its destruction was stopped when part of it was destroyed: the rest was "
      "kept");
  const Ended all = of.certificate({"failed", "unknown", "partly", "unknown"});
  CHECK_ENDED(all, 2);
  CHECK(lines_of(all.err).size() == 4);
  CHECK(contains(all.err, "certified of: 3;"));
  audit::Destroyed weak = of.destroyed("weak");
  weak.files.front().verified = false;
  of.append(to_draft(weak), of.kNight);
  check_refused(of, "weak", "entry 8 does not say that every file was overwritten and read back");
  CHECK_ENDED(of.certificate({"good"}), 0);
  CHECK_ENDED(of.certificate({}), 2);
}

TEST_CASE("A log that was tampered with certifies nothing and ends with 4") {
  CertifiedLog of;
  of.night("rec-1");
  const std::string good = of.log.text();
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"rec-1", "rec-2"}, {"RS-7", "RS-8"}, {"\"user\":\"jane\"", "\"user\":\"jack\""}}) {
    std::string bad = good;
    bad.replace(bad.find(from), from.size(), to);
    spill(of.log.file("log.jsonl"), bad);
    for (const char* const id : {"rec-1", "rec-2"}) {
      const Ended ended = of.certificate({id});
      CHECK_ENDED(ended, 4);
      CHECK(lines_of(ended.err).size() == 1);
      CHECK(of.written().empty());
    }
  }
  spill(of.log.file("log.jsonl"), good.substr(0, good.rfind("{\"v\":1")));
  CHECK_ENDED(of.certificate({"rec-1"}), 4);
  spill(of.log.file("log.jsonl"), good);
  CHECK_ENDED(of.certificate({"rec-1"}), 0);
}

TEST_CASE("Nothing is claimed from lines beyond the checkpoint") {
  CertifiedLog of;
  const std::string before = slurp(of.log.file("checkpoint"));
  of.night("rec-1");
  spill(of.log.file("checkpoint"), before);
  const Ended ended = of.certificate({"rec-1"});
  CHECK_ENDED(ended, 2);
  CHECK(contains(ended.err, "rec-1: no entry of the log names it"));
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

TEST_CASE("No certificate goes by what stands in a time stamp's place and is none") {
  CertifiedLog of;
  of.night("rec-1");
  of.freeze(true);
  const std::string stamp = of.log.file("checkpoints/6.tsr");
  for (const std::string& text : {std::string("stamp"), slurp(stamp) + "more"}) {
    spill(stamp, text);
    const Ended ended = of.certificate({"rec-1"});
    CHECK_ENDED(ended, 2);
    CHECK(contains(ended.err, "6.tsr"));
    CHECK(contains(ended.err, "take it away"));
    CHECK_FALSE(std::filesystem::exists(of.out("rec-1.txt")));
  }
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

TEST_CASE("No id writes outside the directory and no two share a name") {
  CertifiedLog of;
  const std::vector<std::string> ids{"../up",
                                     "/tmp/absolute",
                                     ".hidden",
                                     "--replace=1",
                                     "a/b",
                                     "a%2fb",
                                     std::string(128, '/'),
                                     std::string(127, '/') + "x"};
  std::vector<audit::Draft> drafts{of.start()};
  for (const std::string& id : ids) drafts.push_back(to_draft(of.destroyed(id)));
  of.append(drafts, of.kNight);
  std::vector<std::string> words{"--"};
  words.insert(words.end(), ids.begin(), ids.end());
  CHECK_ENDED(of.certificate(words), 0);
  CHECK(of.written().size() == 3 * ids.size());
  for (const std::string& name : of.written()) CHECK(name.size() <= 220);
  for (const char* const name : {"%2e.%2fup.txt", "%2ftmp%2fabsolute.txt", "%2ehidden.txt",
                                 "%2d-replace%3d1.txt", "a%2fb.txt", "a%252fb.txt"}) {
    INFO(name);
    CHECK(fs::exists(of.out(name)));
  }
  CHECK_FALSE(fs::exists(of.log.scratch("up.txt")));
}

TEST_CASE("Files that are there are left alone without --replace and nothing is written beside") {
  CertifiedLog of;
  of.append({of.start(), to_draft(of.destroyed("rec-1")), to_draft(of.destroyed("rec-2"))},
            of.kNight);
  spill(of.out("rec-2.html"), "mine");
  const Ended ended = of.certificate({"rec-1", "rec-2"});
  CHECK_ENDED(ended, 2);
  CHECK(contains(ended.err, "rec-2.html exists already; nothing was written"));
  CHECK(of.written() == std::vector<std::string>{"rec-2.html"});
  CHECK(slurp(of.out("rec-2.html")) == "mine");
  CHECK_ENDED(of.certificate({"rec-1", "rec-2", "--replace"}), 0);
  CHECK(of.written().size() == 6);
  CHECK(contains(slurp(of.out("rec-2.html")), "<h1>"));
}

TEST_CASE("A directory that is none or may not be written is exit 2 and names it") {
  CertifiedLog of;
  of.night("rec-1");
  const std::string none = of.out("none");
  const Ended missing = of.call({"log", "certificate", "rec-1", "--output", none});
  CHECK_ENDED(missing, 2);
  CHECK(contains(missing.err, none));
  const Ended file = of.call({"log", "certificate", "rec-1", "--output", of.config});
  CHECK_ENDED(file, 2);
  // Root may write anywhere, but not on a file system of the kernel's.
  CHECK_ENDED(of.call({"log", "certificate", "rec-1", "--output", "/proc"}), 2);
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

TEST_CASE("What a run destroyed is certified and what it kept is not") {
  const OldOffice old;
  if (!old.office.can_destroy()) SKIP_TEST("files here cannot be destroyed");
  const std::string out = old.office.scratch / "out";
  fs::create_directory(out);
  const Ended kept = old.office.call({"log", "certificate", "gone-1", "held-1", "--output", out});
  CHECK_ENDED(kept, 2);
  CHECK(
      contains(kept.err, "held-1: no entry of the log names it; by the index it is not destroyed"));
  CHECK(fs::is_empty(out));
  CHECK_ENDED(old.office.call({"log", "certificate", "gone-1", "--output", out}), 0);
  // The keys as the page names them, in its order.
  std::vector<std::string> words{"log", "verify-certificate", out + "/gone-1.tlog-proof"};
  const std::string text = slurp(out + "/gone-1.txt");
  // What init left to be filled in is no controller.
  CHECK(contains(text, "Controller            not stated in the configuration"));
  const std::string option = " --public-key ";
  for (auto at = text.find(option); at != std::string::npos; at = text.find(option, at + 1)) {
    words.insert(words.end(),
                 {"--public-key", old.old_log() + "/keys/" + text.substr(at + option.size(), 16)});
  }
  CHECK(words.size() == 7);
  const Ended verified = test::expunge(words);
  CHECK_ENDED(verified, 0);
  CHECK(contains(verified.out, "checked      the entry itself is signed by key"));
  // Under a later log the index still knows where to ask.
  old.name_new_log();
  CHECK_ENDED(old.succeed(), 0);
  const Ended later = old.office.call({"log", "certificate", "gone-1", "--output", out});
  CHECK_ENDED(later, 2);
  CHECK(contains(later.err, "it was destroyed under the log " + old.old_origin()));
}

namespace {

/// A hold from its placing to its release, which takes effect on that day.
void hold(CertifiedLog& of, const std::string& reference, const char* effective) {
  using audit::HoldChange;
  of.append(to_draft(HoldChange{HoldChange::Kind::place, reference, "sar", "jane"}),
            "2026-01-01T16:00:00.000Z");
  if (effective == nullptr) return;
  of.append(to_draft(HoldChange{HoldChange::Kind::release, reference, "sar", "jane",
                                base::parse_date(effective)}),
            "2026-01-01T16:00:01.000Z");
}

/// The certificate of rec-1, due on 1 January 2026 and destroyed on the 2nd.
std::string night(CertifiedLog& of) {
  of.night("rec-1");
  CHECK_ENDED(of.certificate({"rec-1"}), 0);
  return unwrapped(slurp(of.out("rec-1.txt")));
}

}  // namespace

TEST_CASE("A certificate says that it was later than due and what the log has of that time") {
  CertifiedLog of;
  SECTION("a hold that ended then, without its reference, and not that it covered this one") {
    hold(of, "SAR-1", "2026-01-02");
    const std::string text = night(of);
    check_all_in(text, {"Later than due by 1 day",
                        "In that time an order to keep recordings for another purpose came to an "
                        "end (entries 3 and 4). A recording that such an order is for is kept "
                        "until then; whether this was one, the log does not say, since nothing is "
                        "kept of what an ended order was for."});
    CHECK_FALSE(contains(text, "SAR-1"));
    CHECK(contains(slurp(of.out("rec-1.html")), "entries 3 and 4"));
    const auto json = nlohmann::json::parse(of.certificate({"rec-1", "--json", "--replace"}).out);
    CHECK(json.at("recordings").at(0).at("late") ==
          nlohmann::json::parse(R"({"days":1,"holds_ended":[{"placed":3,"released":4}],
                                    "other_policies":[],"approved":2})"));
    // What the page speaks of is verified.
    std::string lines = of.log.text();
    const auto at = lines.find("\"reference\":\"SAR-1\"");
    lines.replace(at, 21, "\"reference\":\"SAR-2\"");
    spill(of.log.file("log.jsonl"), lines);
    CHECK_ENDED(of.certificate({"rec-1", "--replace"}), 4);
  }
  SECTION("several holds, and none that ended before its day or is in force still") {
    hold(of, "SAR-1", "2026-01-02");
    hold(of, "SAR-2", "2025-12-31");
    hold(of, "SAR-3", nullptr);
    hold(of, "SAR-4", "2026-01-03");
    hold(of, "SAR-5", "2026-01-02");
    CHECK(contains(night(of),
                   "In that time 2 orders to keep recordings for another purpose came to an end "
                   "(entries 3 and 4; entries 10 and 11). A recording that such an order is for is "
                   "kept until then; whether this was one of those, the log does not say"));
  }
  SECTION("no hold whose release was taken back") {
    hold(of, "SAR-1", "2026-01-02");
    of.append(to_draft(audit::HoldChange{audit::HoldChange::Kind::keep, "SAR-1", "sar", "jane"}),
              "2026-01-01T17:00:00.000Z");
    CHECK(contains(night(of),
                   "than to the day on which it was due. A person had to approve the plan first; "
                   "that was on 1 January 2026 (entry 2)."));
  }
  SECTION("a hold that was released at once on its day, after that day's run") {
    hold(of, "SAR-1", "2026-01-01");
    CHECK(contains(night(of),
                   "In that time an order to keep recordings for another purpose came to an end "
                   "(entries 3 and 4)."));
  }
  SECTION("what a person put right from its day on, of this recording alone") {
    const auto correct = [&](const char* id, const char* fact, const char* time) {
      of.append(to_draft(audit::Correct{id, fact, "HR/1", "jane"}), time);
    };
    correct("rec-2", "department", "2026-01-01T17:00:00.000Z");
    correct("rec-1", "department", "2026-01-01T17:00:01.000Z");
    correct("rec-1", "recorded_at", "2026-01-01T17:00:02.000Z");
    const std::string text = night(of);
    CHECK(contains(text,
                   "On 1 January 2026 its department was put right, or confirmed (entry 4). On 1 "
                   "January 2026 its date was put right, or confirmed (entry 5). A person had"));
    const auto json = nlohmann::json::parse(of.certificate({"rec-1", "--json", "--replace"}).out);
    CHECK(
        json.at("recordings").at(0).at("late").at("corrected") ==
        nlohmann::json::parse(R"([{"seq":4,"fact":"department"},{"seq":5,"fact":"recorded_at"}])"));
  }
  SECTION("a schedule with another period for it") {
    of.append(to_draft(audit::Policy{"Europe/London", {{of.department, "18 months"}}, "RS-8"}),
              "2026-01-01T17:00:00.000Z");
    of.append(to_draft(audit::Policy{"Europe/London", {{of.department, "12 months"}}, "RS-9"}),
              "2026-01-02T01:00:00.000Z");
    CHECK(contains(night(of),
                   "For some of that time the retention schedule had another period for it, or "
                   "none (entry 3)."));
  }
  SECTION("an attempt that failed") {
    const std::string before = "20260101T020000Z-5f0c";
    of.append({of.start(before), to_draft(audit::DestroyFailed{before, "rec-1", "open-elsewhere"}),
               of.end(0, 1, before)},
              "2026-01-01T18:00:00.000Z");
    const std::string text = night(of);
    CHECK(contains(text,
                   "It had been tried before, on 1 January 2026: it could not be destroyed, as is "
                   "said below."));
    // That run went by a plan that can have had it: it did not wait for one.
    CHECK_FALSE(contains(text, "had to approve"));
  }
  SECTION("a file that was missing first, and no hold that was in force when it was tried") {
    const auto tried = [&](const char* reason, const char* time) {
      const std::string before = "20260101T020000Z-5f0c";
      of.append({of.start(before), to_draft(audit::DestroyFailed{before, "rec-1", reason}),
                 of.end(0, 1, before)},
                time);
    };
    const std::string order = "In that time an order to keep recordings for another purpose";
    SECTION("in force then") {
      hold(of, "SAR-1", "2026-01-02");
      tried("missing", "2026-01-01T18:00:00.000Z");
      const std::string text = night(of);
      CHECK(contains(text,
                     "It had been tried before, on 1 January 2026: a file of it was not in its "
                     "place, as is said below."));
      CHECK_FALSE(contains(text, "an order to keep"));
    }
    SECTION("over before the run that tried it on its day") {
      hold(of, "SAR-1", "2026-01-01");
      tried("missing", "2026-01-01T18:00:00.000Z");
      CHECK_FALSE(contains(night(of), "an order to keep"));
    }
    SECTION("but one that was placed after that, and after what is put first") {
      tried("missing", "2026-01-01T15:50:00.000Z");
      hold(of, "SAR-1", "2026-01-02");
      CHECK(contains(night(of), "as is said below. " + order));
    }
    SECTION("and what is said of a file that was replaced speaks of no hold") {
      hold(of, "SAR-1", "2026-01-02");
      tried("replaced", "2026-01-01T18:00:00.000Z");
      CHECK(contains(night(of), "as is said below. " + order));
    }
  }
  SECTION("no hold that was placed on the day of the run") {
    using audit::HoldChange;
    of.append(to_draft(HoldChange{HoldChange::Kind::place, "SAR-1", "sar", "jane"}),
              "2026-01-02T01:00:00.000Z");
    of.append(to_draft(HoldChange{HoldChange::Kind::release, "SAR-1", "sar", "jane",
                                  base::parse_date("2026-01-02")}),
              "2026-01-02T01:30:00.000Z");
    CHECK_FALSE(contains(night(of), "an order to keep"));
  }
  SECTION("that the log knows nothing of the days before its first") {
    audit::Destroyed entry = of.destroyed("rec-1");
    const auto late = [&](const char* due) {
      entry.due = *base::parse_date(due);
      of.append({of.start(), to_draft(entry), of.end(1)}, CertifiedLog::kNight);
      CHECK_ENDED(of.certificate({"rec-1"}), 0);
      return unwrapped(slurp(of.out("rec-1.txt")));
    };
    SECTION("where it was past its day before") {
      CHECK(contains(late("2025-11-30"),
                     "It was past its day before the present log of destructions was begun, on 1 "
                     "December 2025 (entry 0): of the time before that day this log knows nothing. "
                     "A person had to approve the plan first; that was on 1 January 2026"));
      const auto json = nlohmann::json::parse(of.certificate({"rec-1", "--json", "--replace"}).out);
      CHECK(json.at("recordings").at(0).at("late").at("log_began") == "2025-12-01");
    }
    SECTION("and not where its day was the log's first") {
      CHECK_FALSE(contains(late("2025-12-01"), "knows nothing"));
    }
  }
  SECTION("an approval that it waited for while runs went by an older plan, which had not got it") {
    const std::string plan(64, 'c'), before = "20260101T020000Z-5f0c";
    const base::CivilDate day = *base::parse_date("2026-01-01");
    of.append({to_draft(audit::PlanApprove{plan, *base::parse_date("2025-12-31"), 3, 9, "jane"}),
               to_draft(audit::RunStart{before,
                                        "rec1",
                                        "expunge",
                                        day,
                                        "Europe/London",
                                        std::string(64, 'b'),
                                        3,
                                        1,
                                        9,
                                        plan,
                                        {},
                                        plan}),
               of.end(3, 0, before)},
              "2026-01-01T18:00:00.000Z");
    CHECK(
        contains(night(of),
                 "A person had to approve the plan first; that was on 1 January 2026 (entry 2)."));
  }
  SECTION("nothing where nothing is known, and not that there was no reason") {
    using audit::RunStart;
    of.append({to_draft(RunStart{CertifiedLog::kRun,
                                 "rec1",
                                 "expunge",
                                 *base::parse_date("2026-01-02"),
                                 "Europe/London",
                                 std::string(64, 'b'),
                                 3,
                                 1,
                                 12000,
                                 std::string(64, 'a'),
                                 {},
                                 ""}),
               to_draft(of.destroyed("rec-1")), of.end(1)},
              CertifiedLog::kNight);
    CHECK_ENDED(of.certificate({"rec-1"}), 0);
    const std::string text = unwrapped(slurp(of.out("rec-1.txt")));
    CHECK(contains(text, "Later than due by 1 day"));
    for (const char* const never : {"had to approve", "does not say why", "It was kept longer"}) {
      CHECK_FALSE(contains(text, never));
    }
  }
}

TEST_CASE("What went in a run of the day on which it was due was not late, also past midnight") {
  CertifiedLog of;
  audit::Destroyed entry = of.destroyed("rec-1");
  entry.due = *base::parse_date("2026-01-02");
  entry.recorded = *base::parse_date("2025-01-01");
  hold(of, "SAR-1", "2026-01-02");
  of.append({of.start(), to_draft(entry), of.end(1)}, "2026-01-03T00:30:00.000Z");
  const Ended ended = of.certificate({"rec-1", "--json"});
  CHECK_ENDED(ended, 0);
  CHECK_FALSE(nlohmann::json::parse(ended.out).at("recordings").at(0).contains("late"));
  const std::string text = unwrapped(slurp(of.out("rec-1.txt")));
  CHECK(contains(text, "Kept for 12 months, through 1 January 2026"));
  CHECK_FALSE(contains(text, "Later than due"));
}

TEST_CASE("Of what an order destroyed no certificate says that it was kept for its whole period") {
  CertifiedLog of;
  audit::Destroyed entry = of.destroyed("rec-1");
  entry.ground = "erasure";
  entry.authority = "ERA/1";
  entry.recorded = *base::parse_date("2025-06-20");
  SECTION("nor, when the order alone was carried out late, that it was later than due") {
    entry.due = *base::parse_date("2026-01-01");
    hold(of, "SAR-1", "2026-01-02");
    of.append({of.start(), to_draft(entry), of.end(1)}, CertifiedLog::kNight);
    CHECK_ENDED(of.certificate({"rec-1"}), 0);
    const std::string text = unwrapped(slurp(of.out("rec-1.txt")));
    check_all_in(text, {"To be kept for 12 months, through 20 June 2026",
                        "it was ahead of the retention schedule", "Later than ordered by 1 day",
                        "The order was carried out later than on the day on which the recording "
                        "was due by it. In that time an order to keep "});
    for (const char* const never : {"Later than due", "It was kept longer", " Kept for "}) {
      CHECK_FALSE(contains(text, never));
    }
    CHECK(contains(slurp(of.out("rec-1.html")), "Later than ordered"));
  }
  SECTION("also where it went on the day of the order") {
    entry.due = *base::parse_date("2026-01-02");
    of.append({of.start(), to_draft(entry), of.end(1)}, CertifiedLog::kNight);
    CHECK_ENDED(of.certificate({"rec-1"}), 0);
    const std::string text = unwrapped(slurp(of.out("rec-1.txt")));
    CHECK(contains(text, "To be kept for 12 months, through 20 June 2026"));
    CHECK(contains(slurp(of.out("rec-1.html")), "To be kept for"));
    CHECK_FALSE(contains(text, "Later than"));
  }
  SECTION("but late by the schedule is what an order came after") {
    entry.recorded = *base::parse_date("2024-12-31");
    entry.due = *base::parse_date("2026-01-01");
    of.append({of.start(), to_draft(entry), of.end(1)}, CertifiedLog::kNight);
    CHECK_ENDED(of.certificate({"rec-1"}), 0);
    CHECK(contains(unwrapped(slurp(of.out("rec-1.txt"))), "Later than due by 1 day"));
  }
}
