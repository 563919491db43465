// Certificates of single recordings: of what there is none, and where none is written.

#include <filesystem>

#include "support/catch.h"
#include "support/certified_log.h"
#include "support/office.h"
#include "support/succession.h"

using namespace expunge;
using namespace expunge::test;

namespace {

namespace fs = std::filesystem;

void check_refused(const CertifiedLog& of, const std::string& id, const std::string& why) {
  const Ended ended = of.certificate({"good", id});
  CHECK_ENDED(ended, 2);
  CHECK(ended.out.empty());
  CHECK(contains(ended.err, "expunge: " + id + ": " + why));
  CHECK(contains(ended.err, "recordings that nothing can be certified of: 1; nothing was written"));
  CHECK(of.written().empty());
}

}  // namespace

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
