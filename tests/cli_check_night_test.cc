// `expunge check` where something that it would look into cannot be opened, through the program.

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "archive/index.h"
#include "support/archive_fixture.h"
#include "support/catch.h"
#include "support/loop_image.h"
#include "support/office.h"
#include "support/ready_office.h"

using namespace expunge;
using namespace expunge::test;
namespace fs = std::filesystem;

namespace {

nlohmann::json json_of(const Office& office) {
  return nlohmann::json::parse(office.call({"check", "--json"}).out);
}

}  // namespace

TEST_CASE("An archive root that is gone is one finding among the others and status 1") {
  const Office office;
  fs::remove_all(office.root);
  const Ended check = office.call({"check"});
  INFO(check.out);
  CHECK(check.status == 1);
  CHECK(check.err.empty());
  CHECK(contains(check.out,
                 "\nproblem  root: " + office.root + ": No such file or directory: no run"));
  CHECK(contains(check.out, "\nok       log: verifies"));
  CHECK(contains(check.out, "\nThe archive cannot be opened: "));
  CHECK(json_of(office).at("archive").is_null());
  const Ended compared = office.call({"check", "--index"});
  CHECK(compared.status == 2);
  CHECK(contains(compared.err, office.root + ": No such file or directory"));
}

TEST_CASE("An index that is gone or another log's is one finding among the others and status 1") {
  const Office office;
  const std::string index = office.scratch / "office/index.db";
  std::string words = ": No such file or directory";
  SECTION("gone") {
    fs::rename(index, index + ".gone");
  }
  SECTION("another log's") {
    archive::Index::create(index + ".other", "other.example.org/log");
    fs::rename(index + ".other", index);
    words = "belongs to the log other.example.org/log";
  }
  SECTION("no index at all") {
    spill(index, "this is no index");
    words = "not an expunge index";
  }
  const Ended check = office.call({"check"});
  INFO(check.out << check.err);
  CHECK(check.status == 1);
  CHECK(contains(check.out, "\nproblem  index: " + index));
  CHECK(contains(check.out, words));
  CHECK(contains(check.out, "\nok       log: verifies"));
  CHECK_FALSE(contains(check.out, " tonight: "));
}

TEST_CASE("An index of an older version is a warning because the next run migrates it") {
  const Office office;
  const std::string index = office.scratch / "office/index.db";
  sql_run(index, "PRAGMA user_version = 2");
  const Ended check = office.call({"check"});
  INFO(check.out << check.err);
  CHECK(check.status == 1);
  CHECK(contains(check.out, "\nwarning  index: " + index + ": made by an older expunge"));
  CHECK(contains(check.out, "; the next run does it by itself; "));
}

TEST_CASE("A configuration that is wrong ends a check with status 2 and one line") {
  const Office office;
  office.configure("\n[run]\nat = 25:00\n");
  const Ended check = office.call({"check"});
  CHECK(check.status == 2);
  CHECK(check.out.empty());
  CHECK(contains(check.err, "run.at"));
}

TEST_CASE("Somebody who makes no runs is told what could not be looked at and whom to be") {
  if (::geteuid() != 0) SKIP_TEST("needs root to become another user");
  const Office office;
  shell("chmod a+rx " + quoted(office.scratch.path()) + " && chmod -R a+rX " +
        quoted(office.scratch / "office") + " && chmod 0600 " + quoted(office.scratch / "office") +
        "/*.key");
  const Ended check = office.call({"check"}, "", 12345);
  INFO(check.out << check.err);
  CHECK(check.status == 1);
  CHECK(contains(check.out, "\nnote     user: called as 12345, who makes no runs here"));
  CHECK(contains(check.out, "; sudo expunge check\n"));
  CHECK(contains(check.out, "\nwarning  key: could not be looked at: "));
  CHECK(contains(check.out, "\nok       log: verifies"));
  CHECK_FALSE(contains(check.out, "may not write to"));
}

TEST_CASE("The user who makes the runs is told what may not be written to and how to mend it") {
  if (::geteuid() != 0) SKIP_TEST("needs root to become another user");
  const Office office;
  const std::string place = office.scratch / "office";
  shell("chown -R 12345:12345 " + quoted(office.scratch.path()));
  CHECK(
      contains(office.call({"check"}, "", 12345).out, "\nok       user: 12345 may write to what"));
  shell("chown 0:0 " + quoted(place + "/log/log.jsonl") + " " + quoted(place + "/log/checkpoints"));
  const Ended check = office.call({"check"}, "", 12345);
  INFO(check.out);
  for (const char* name : {"/log/log.jsonl", "/log/checkpoints"}) {
    CHECK(contains(check.out, "\nproblem  log: 12345 may not write to " + place + name));
    CHECK(contains(check.out, "; as root: chown 12345 " + place + name + "\n"));
  }
}

TEST_CASE("Of an older index check looks for no file of what the log says is destroyed") {
  if (!Office().can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const ReadyOffice ready;
  ready.back_up();
  ready.destroy_now("a");
  ready.restore();
  const std::string left_out =
      "note     files: recordings not looked at, because the log says that they are destroyed or "
      "removed, and the index does not know: 1; the next run that goes ahead learns that";
  const Ended check = ready.call({"check"});
  CHECK_ENDED(check, 1);
  CHECK(contains(check.out, left_out));
  CHECK(contains(check.out, "ok       files: looked at, of the oldest: 2; each can be opened"));
  CHECK_FALSE(contains(check.out, "would be refused"));
  // What the log does not account for is missed as ever.
  fs::remove(ready.office.root + "/b.wav");
  CHECK(contains(ready.call({"check"}).out, "would be refused as missing: 1, the first of "));
  static_cast<void>(ready.accept());
  CHECK_FALSE(contains(ready.call({"check"}).out, "because the log says"));
}
