// What the scripts for whoever trusts no program of ours say, and what they are called with.
#include <sys/stat.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "audit/note.h"
#include "audit/proof.h"
#include "audit/prove.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/office.h"
#include "support/places.h"
#include "support/scripts.h"

using namespace expunge;
using namespace expunge::test;

namespace {

constexpr auto kRun = R"("run":"20260102T020000Z-5f0c","recording":"rec-1",)";
constexpr auto kOf =
    R"("department":"Customer Services","recorded":"2024-12-31","due":"2026-01-01","period":"1 year",)";

std::string file_member(const std::string& method, const std::string& verified) {
  return R"("files":[{"role":"audio","bytes":9,"method":")" + method +
         R"(","passes":1,"verified":)" + verified + R"(,"filesystem":"ext4"}],)";
}

/// A certificate of an entry with these members, checked by the program and in this shell: both
/// must end with `status`.
Ended said(const Shell& shell, const std::string& type, const std::string& members,
           int status = 0) {
  const auto key = vector_key(1);
  const Scratch scratch;
  const std::string file = scratch / "cert.tlog-proof";
  const std::string pem = vector_path("base/k1.pub.pem");
  spill(file, certificate_of_second({type, members}, key));
  INFO(shell.front() << ": " << type << " " << members);
  const Ended told = test::expunge({"log", "verify-certificate", file, "--public-key", pem});
  CHECK_ENDED(told, status);
  const Ended ended = run_script(shell, "verify-certificate", {file, pem});
  CHECK_ENDED(ended, status);
  for (const char* const words : {"was destroyed.", "was destroyed, except",
                                  "NOT destroyed: a hold", "nothing of it is left"}) {
    INFO(words);
    CHECK(contains(ended.out, words) == contains(told.out, words));
  }
  CHECK(contains(ended.out, "was destroyed.") ==
        contains(ended.out, "every byte of its files was overwritten"));
  return ended;
}

}  // namespace

TEST_CASE("The script calls nothing a destruction that is none") {
  const std::string start = std::string(kRun) + kOf;
  const std::string overwritten = file_member("overwrite", "true");
  const std::string unlinked = file_member("unlink", "false");
  const std::string claim = R"("claim":"overwritten")";
  for (const Shell& shell : shells()) {
    const auto says = [&](const std::string& type, const std::string& members,
                          const std::string& words) {
      const Ended ended = said(shell, type, members);
      INFO(ended.out);
      CHECK(contains(ended.out, words));
      CHECK(contains(ended.out, "was destroyed.") == (words == "was destroyed."));
    };
    says("destroy", start + overwritten + claim, "was destroyed.");
    says("destroy",
         start + overwritten + claim + R"(,"note":"missing: transcript","new":[{"a":1}])",
         "was destroyed, except");
    says("destroy", start + unlinked + claim, "Do not take it");
    says("destroy", start + file_member("overwrite", "false") + claim, "Do not take it");
    says("destroy", start + R"("files":[],)" + claim, "Do not take it");
    says("destroy", start + overwritten + R"("claim":"unlinked")", "Do not take it");
    says("remove", start + unlinked + R"("claim":"unlinked")", "WITHOUT being overwritten");
    says("remove", start + overwritten + claim, "WITHOUT being overwritten");
    says("remove", start + unlinked + R"("claim":"unlinked","new":{"claim":"overwritten"})",
         "WITHOUT being overwritten");
    says("destroy.partial", start + overwritten + claim + R"(,"overwritten":3,"kept":6)",
         "NOT destroyed: that was stopped");
    says("destroy.partial", start + overwritten + claim + R"(,"overwritten":9,"kept":0)",
         "nothing of it is left");
    says("destroy.partial", start + overwritten + claim + R"(,"overwritten":0,"kept":0)",
         "NOT destroyed: that was stopped");
    says("destroy.partial",
         start + unlinked + R"("claim":"unlinked","overwritten":9,"kept":0,"note":"x")",
         "NOT destroyed: that was stopped");
    says("destroy.failed", std::string(kRun) + R"("reason":"in-use")",
         "NOT destroyed: a run tried");
    says("hold.place", R"("reference":"SAR-1","kind":"sar","user":"\"type\":\"destroy\",")",
         "no recording's destruction");
  }
}

TEST_CASE("Text within an entry is shown and never taken for a member") {
  const std::string trick = R"(x\",\"claim\":\"overwritten\\)";
  std::string department = "Zo\u00eb \u0101\u5f55\u202e \\u001b[31m%s\\\\n$(id)`id`";
  for (int c = 0x81; c < 0xbf; ++c) department += {'\xc4', static_cast<char>(c)};
  for (const Shell& shell : shells()) {
    const Ended ended =
        said(shell, "remove",
             R"("run":"r","recording":")" + trick + R"(","department":")" + department +
                 R"(","recorded":"2024-12-31","due":"2026-01-01","period":"1 year",)" +
                 file_member("unlink", "false") + R"("claim":"unlinked")");
    INFO(ended.out);
    CHECK(contains(ended.out, R"(recording    x","claim":"overwritten\)"));
    CHECK(contains(ended.out, R"(\u001b[31m%s\n$(id)`id`??)"));
    CHECK(contains(ended.out, "claim        unlinked\n"));
    CHECK(contains(ended.out, "WITHOUT being overwritten"));
    for (const char c : ended.out) CHECK((c == '\n' || (c >= ' ' && c <= '~')));
  }
}

TEST_CASE("The script refuses an entry whose members the program refuses though it is signed") {
  const std::string start = std::string(kRun) + kOf;
  const std::string good = start + file_member("overwrite", "true") + R"("claim":"overwritten")";
  for (const Shell& shell : shells()) {
    for (const std::string& members : std::vector<std::string>{
             good + R"(,"claim":"overwritten")",
             good + R"(,"seq":1)",
             good + R"(,"new":null)",
             good + R"(, "new":1)",
             good + R"(,"new":01)",
             good + R"(,"new":1.5)",
             good + R"(,"new":-1)",
             good + R"(,"new":"\u0022")",
             good + R"(,"new":"\u001B")",
             good + R"(,"new":"\/")",
             good + "\n",
             good + R"(,"new")",
             good + R"(})",
             std::string(kRun) + R"("claim":"overwritten")",
             start + R"("claim":"overwritten",)" + file_member("overwrite", "true") + R"("new":1)",
             start + R"("files":[{}],"claim":"overwritten")",
             std::string(kRun) +
                 R"("department":"D","recorded":"2025-02-30","due":"2026-01-01","period":"x",)" +
                 file_member("overwrite", "true") + R"("claim":"overwritten")",
         }) {
      const Ended ended = said(shell, "destroy", members, 4);
      CHECK(lines_of(ended.err).size() == 1);
    }
    said(shell, "destroyed", good, 4);
    said(shell, "log.open", R"("vkey":"x","tool":"y")", 4);
    // As long as a line may be, and a byte more.
    const std::size_t rest =
        16384 - 189 - good.size() -
        std::string(
            R"({"v":1,"log":"","seq":1,"time":"2026-01-02T02:00:00.000Z","type":"destroy",,"new":"")")
            .size() -
        kVectorOrigin.size();
    said(shell, "destroy", good + R"(,"new":")" + std::string(rest, 'x') + '"');
    said(shell, "destroy", good + R"(,"new":")" + std::string(rest + 1, 'x') + '"', 4);
  }
}

TEST_CASE("The key of checkpoints signs no entry and the entries' key no checkpoint") {
  const Office office;
  const std::string log = office.scratch / "office/log";
  const std::string text = slurp(log + "/log.jsonl");
  const auto open = nlohmann::json::parse(text.substr(0, text.find('\n')));
  const auto pem = [&](const char* member) {
    const std::string vkey = open.at(member);
    return log + "/keys/" + vkey.substr(vkey.find('+') + 1, 8) + ".pub.pem";
  };
  const std::string entries = pem("vkey");
  const std::string checkpoints = pem("checkpoint_vkey");
  const auto note = audit::parse_checkpoint(slurp(log + "/checkpoint")).value();
  const std::uint64_t seq = 0;
  const std::string file = office.scratch / "cert";
  audit::certify(base::real_sys(), {log, note.checkpoint.origin},
                 {slurp(log + "/checkpoint"), note}, {&seq, 1}, 1,
                 [&](const auto& each) { spill(file, audit::format_certificate(each)); });
  for (const Shell& shell : shells()) {
    const auto call = [&](const std::string& name, const std::vector<std::string>& words) {
      return run_script(shell, name, words);
    };
    const std::string lines = log + "/log.jsonl";
    CHECK_ENDED(call("verify-checkpoint", {log + "/checkpoint", checkpoints, lines}), 0);
    CHECK_ENDED(call("verify-checkpoint", {log + "/checkpoint", entries, lines}), 4);
    CHECK_ENDED(call("verify-entry", {"1", lines, entries}), 0);
    CHECK_ENDED(call("verify-entry", {"1", lines, checkpoints}), 4);
    const Ended alone = call("verify-certificate", {file, checkpoints});
    CHECK_ENDED(alone, 0);
    CHECK(contains(alone.out, "NOT CHECKED  the entry's own signature"));
    const Ended both = call("verify-certificate", {file, checkpoints, entries});
    CHECK_ENDED(both, 0);
    CHECK(contains(both.out, "checked      the entry itself is signed by key"));
    CHECK_ENDED(call("verify-certificate", {file, entries, checkpoints}), 4);
    CHECK_ENDED(call("verify-certificate", {file, checkpoints, checkpoints}), 4);
  }
}

TEST_CASE("Scripts read standard input, work from any directory and leave nothing behind") {
  const Scratch scratch;
  std::filesystem::create_directory(scratch / "tmp");
  const std::string line = lines_of(vector_file("base/log.jsonl"))[3];
  const std::string key = vector_path("base/k1.pub.pem");
  for (Shell shell : shells()) {
    shell.insert(shell.begin(), {"env", "-C", "/", "TMPDIR=" + scratch / "tmp"});
    CHECK_ENDED(run_script(shell, "verify-entry", {"-", key}, line + "\n"), 0);
    CHECK_ENDED(run_script(shell, "verify-entry", {"-", key}, line), 0);
    CHECK_ENDED(run_script(shell, "verify-entry", {"-", key}, line + "\n\n"), 4);
    CHECK_ENDED(run_script(shell, "verify-entry", {"-", key}, line + "\n" + line + "\n"), 4);
    CHECK_ENDED(run_script(shell, "verify-entry", {"4", "-", key}, vector_file("base/log.jsonl")),
                0);
    const std::string checkpoint = vector_path("base/checkpoint.5");
    CHECK_ENDED(run_script(shell, "verify-checkpoint", {"-", key}, slurp(checkpoint)), 0);
    CHECK_ENDED(run_script(shell, "verify-checkpoint", {checkpoint, key, "-"},
                           vector_file("base/log.jsonl")),
                0);
    CHECK_ENDED(
        run_script(shell, "verify-certificate", {"-", key}, vector_file("base/cert-4.tlog-proof")),
        0);
    CHECK_ENDED(run_script(shell, "verify-certificate", {"-", key}, line), 4);
    CHECK_ENDED(run_script(shell, "verify-checkpoint", {"-", key}, std::string(10'000'000, 'x')),
                4);
  }
  CHECK(std::filesystem::is_empty(scratch / "tmp"));
}

TEST_CASE("Scripts end with 2 when they are called wrongly or a file is no public key") {
  const Scratch scratch;
  const auto make = [&](const std::string& name, const std::vector<std::string>& words) {
    std::vector<std::string> all = {"openssl", "genpkey", "-out", scratch / name + ".key"};
    all.insert(all.end(), words.begin(), words.end());
    REQUIRE(run_program(all).status == 0);
    REQUIRE(run_program({"openssl", "pkey", "-in", scratch / name + ".key", "-pubout", "-out",
                         scratch / name})
                .status == 0);
  };
  make("x25519", {"-algorithm", "X25519"});
  make("ed448", {"-algorithm", "ED448"});
  make("ec", {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"});
  make("other", {"-algorithm", "ED25519"});
  const std::string key = vector_file("base/k1.pub.pem");
  spill(scratch / "two", key + key);
  spill(scratch / "cut", key.substr(0, key.size() / 2));
  std::string changed = key;
  changed.insert(40, "!");
  spill(scratch / "changed", changed);
  std::filesystem::create_directory(scratch / "directory");
  const std::string checkpoint = vector_path("base/checkpoint.5");
  const std::string certificate = vector_path("base/cert-2.tlog-proof");
  const std::string log = vector_path("base/log.jsonl");
  const std::string good = vector_path("base/k1.pub.pem");
  for (const Shell& shell : shells()) {
    const auto refuses = [&](const std::string& name, const std::vector<std::string>& words) {
      INFO(shell.front() << " " << name << " " << (words.empty() ? "" : words.back()));
      const Ended ended = run_script(shell, name, words);
      CHECK_ENDED(ended, 2);
      CHECK(ended.out.empty());
      if (!words.empty()) CHECK(lines_of(ended.err).size() == 1);
    };
    for (const char* const name :
         {"x25519", "ed448", "ec", "other.key", "two", "cut", "changed", "directory", "none"}) {
      refuses("verify-checkpoint", {checkpoint, scratch / name});
    }
    CHECK_ENDED(run_script(shell, "verify-checkpoint", {checkpoint, scratch / "other"}), 4);
    refuses("verify-entry", {"1", log, checkpoint});
    refuses("verify-entry", {"0", log, good});
    refuses("verify-entry", {"-1", log, good});
    refuses("verify-entry", {"1\n2", log, good});
    refuses("verify-entry", {"1", scratch / "none", good});
    refuses("verify-entry", {"1", log, "-"});
    refuses("verify-certificate", {certificate, good, scratch / "x25519"});
    refuses("verify-certificate", {scratch / "none", good});
    refuses("verify-checkpoint", {"-", good, "-"});
    for (const char* const name : {"verify-entry", "verify-checkpoint", "verify-certificate"}) {
      refuses(name, {});
      const Ended help = run_script(shell, name, {"--help"});
      CHECK_ENDED(help, 0);
      CHECK(contains(help.out, "usage: " + std::string(name) + ".sh "));
    }
  }
}

TEST_CASE("Scripts do not say of an openssl that cannot verify that a signature is bad") {
  const Scratch scratch;
  const std::string openssl = scratch / "openssl";
  for (const std::string& version :
       {std::string("OpenSSL 1.1.1w  11 Sep 2023"), std::string("LibreSSL 3.8.2")}) {
    spill(openssl, "#!/bin/sh\necho '" + version + "'\n");
    REQUIRE(::chmod(openssl.c_str(), 0755) == 0);
    const Ended ended =
        run_program({"env", "PATH=" + scratch.path().string() + ":/usr/bin:/bin", "dash",
                     kSourceDir + "/scripts/verify-entry.sh", "1", vector_path("base/log.jsonl"),
                     vector_path("base/k1.pub.pem")});
    CHECK_ENDED(ended, 2);
    CHECK(contains(ended.err, "openssl 3.0 or later is needed"));
  }
}

TEST_CASE("The scripts need of busybox and openssl nothing else") {
  if (!has_program("busybox")) SKIP_TEST("no busybox");
  const Scratch scratch;
  const std::string links = scratch / "bin";
  std::filesystem::create_directory(links);
  REQUIRE(run_program({"busybox", "--install", "-s", links}).status == 0);
  REQUIRE(run_program({"sh", "-c", "ln -s \"$(command -v openssl)\" \"$0\"", links + "/openssl"})
              .status == 0);
  const Shell shell = {"env", "PATH=" + links, "sh"};
  const std::string key = vector_path("base/k1.pub.pem");
  CHECK_ENDED(run_script(shell, "verify-entry", {"4", vector_path("base/log.jsonl"), key}), 0);
  CHECK_ENDED(run_script(shell, "verify-entry", {"5", vector_path("base/log.3.jsonl"), key}), 4);
  CHECK_ENDED(run_script(shell, "verify-checkpoint",
                         {vector_path("base/checkpoint.5"), key, vector_path("base/log.jsonl")}),
              0);
  const Ended ended =
      run_script(shell, "verify-certificate", {vector_path("base/cert-2.tlog-proof"), key});
  CHECK_ENDED(ended, 0);
  CHECK(contains(ended.out, "says that a recording was destroyed."));
}
