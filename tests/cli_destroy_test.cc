// Destruction ahead of the schedule, through the program.

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/fd.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/council_program.h"
#include "support/logins.h"
#include "support/page_text.h"

using namespace expunge;
using namespace expunge::test;

namespace {

const std::string kAudio(9000, 'A');

/// An office in which something was destroyed once, with young-1 to young-3, of one subject each.
struct Ready {
  Ready() {
    if (!office.can_destroy()) return;
    can = true;
    office.write("old.wav", kAudio);
    std::string csv = "id,department,recorded_at,path,subject\nold,Customer Services," +
                      Office::days_ago(800) + ",old.wav,\n";
    for (const char* n : {"1", "2", "3"}) {
      office.write(std::string("young-") + n + ".wav", kAudio);
      csv += std::string("young-") + n + ",Customer Services," + Office::days_ago(3) + ",young-" +
             n + ".wav,0163296000" + n + "\n";
    }
    CHECK_ENDED(office.call({"import", "--quiet", "-"}, csv), 0);
    CHECK_ENDED(office.call({"approve", office.digest(), "--reason", "first"}), 0);
    CHECK_ENDED(office.call({"run", "--quiet"}), 0);
  }
  [[nodiscard]] Ended destroy(std::vector<std::string> words, const std::string& input = "") const {
    words.insert(words.begin(), "destroy");
    return office.call(std::move(words), input);
  }
  [[nodiscard]] std::string log() const { return slurp(office.scratch / "office/log/log.jsonl"); }
  void configure(const std::string& section, const std::string& lines) const {
    std::string text = slurp(office.config);
    const std::string head = "[" + section + "]\n";
    text.insert(text.find(head) + head.size(), lines);
    spill(office.config, text);
  }

  Office office;
  bool can = false;
};

#define NEEDS_A_DISK(ready) \
  if (!(ready).can) SKIP_TEST("no file system here that overwrites in place")

const std::vector<std::string> kErasure = {"--ground", "erasure", "--authority", "ERA/7"};

std::vector<std::string> erase(std::vector<std::string> words,
                               const std::vector<std::string>& more = {"--yes"}) {
  words.insert(words.end(), kErasure.begin(), kErasure.end());
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

}  // namespace

TEST_CASE("destroy destroys what it is given at once and says on what ground in the certificate") {
  const Ready ready;
  NEEDS_A_DISK(ready);
  CHECK_ENDED(ready.destroy(erase({"young-1", "young-2"})), 0);
  CHECK_FALSE(ready.office.exists("young-1.wav"));
  CHECK_FALSE(ready.office.exists("young-2.wav"));
  CHECK(ready.office.exists("young-3.wav"));
  CHECK_THAT(ready.log(), contains_text(R"("authority":"ERA/7")"));
  CHECK_THAT(ready.log(), contains_text(R"("ground":"erasure")"));
  const std::string out = ready.office.scratch / "certificates";
  std::filesystem::create_directory(out);
  CHECK_ENDED(ready.office.call({"log", "certificate", "young-1", "--output", out}), 0);
  const std::string page = slurp(out + "/young-1.txt");
  std::string words;  // whatever the line breaks
  for (const char c : page) {
    if (c != '\n' && (c != ' ' || !words.ends_with(' '))) words += c;
    if (c == '\n' && !words.ends_with(' ')) words += ' ';
  }
  CHECK_THAT(words, contains_text("by order, authority ERA/7"));
  CHECK_THAT(words, contains_text("request for erasure"));
  CHECK_THAT(words, contains_text("ahead of the retention schedule"));
  CHECK_THAT(slurp(out + "/young-1.html"), contains_text("ahead of the retention schedule"));
  CHECK_ENDED(ready.office.call({"log", "verify"}), 0);
  CHECK_THAT(ready.office.call({"explain", "young-1"}).out, contains_text("destroyed"));
  const Ended again = ready.destroy(erase({"young-1"}));
  CHECK_ENDED(again, 2);
  CHECK_THAT(again.err, contains_text("destroyed already (log entry"));
}

namespace {

/// A recording of a department that the schedule does not name.
void import_stray(const Ready& ready) {
  ready.office.write("stray.wav", kAudio);
  CHECK_ENDED(ready.office.call({"import", "--quiet", "-"},
                                "id,department,recorded_at,path\nstray,Housing," +
                                    Office::days_ago(3) + ",stray.wav\n"),
              0);
}

}  // namespace

TEST_CASE("destroy answers for its own recordings and leaves the others' attention to run") {
  const Ready ready;
  NEEDS_A_DISK(ready);
  import_stray(ready);
  CHECK_ENDED(ready.destroy(erase({"young-1"})), 0);
  CHECK_ENDED(ready.office.call({"run", "--quiet"}), 1);
}

TEST_CASE("What had no department of the schedule is told as such once an order destroyed it") {
  const Ready ready;
  NEEDS_A_DISK(ready);
  import_stray(ready);
  CHECK_ENDED(ready.destroy(erase({"stray"})), 0);
  const std::string told = ready.office.call({"explain", "stray"}).out;
  INFO(told);
  CHECK(contains(told, "\n  department  none of the retention schedule's\n"));
  CHECK(contains(told, " department none of the retention schedule's recorded "));
  CHECK(contains(told, " period none "));
}

TEST_CASE("destroy takes the ground returned for nothing that is due and never went") {
  const Ready ready;
  NEEDS_A_DISK(ready);
  ready.office.write("due.wav", kAudio);
  CHECK_ENDED(ready.office.call({"import", "--quiet", "-"},
                                "id,department,recorded_at,path\ndue,Customer Services," +
                                    Office::days_ago(700) + ",due.wav\n"),
              0);
  const Ended wrong =
      ready.destroy({"due", "--ground", "returned", "--authority", "DPO/1", "--yes"});
  CHECK_ENDED(wrong, 2);
  CHECK_THAT(wrong.err, contains_text("it is none that was destroyed once and came back"));
  CHECK(ready.office.exists("due.wav"));
  CHECK_ENDED(ready.destroy(erase({"due"})), 0);
  CHECK_FALSE(ready.office.exists("due.wav"));
  // Ordered, and late by the schedule all the same.
  const std::string letter = unwrapped(ready.office.call({"explain", "due"}).out);
  CHECK_THAT(letter, contains_text("by the retention schedule it was due as well"));
  CHECK_THAT(letter, contains_text(" It was kept longer than to "));
}

TEST_CASE("destroy refuses all of them when one cannot go and changes nothing") {
  const Ready ready;
  NEEDS_A_DISK(ready);
  CHECK_ENDED(ready.office.call({"hold", "place", "SAR/1", "--kind", "sar", "--reason", "x",
                                 "--subject", "+44 1632 960002"}),
              0);
  const std::string before = picture_of(ready.office.scratch / "office", {"run.lock"});
  const auto refused = [&](const std::vector<std::string>& words, const std::string& why) {
    const Ended ended = ready.destroy(words);
    CHECK_ENDED(ended, 2);
    CHECK_THAT(ended.err, contains_text(why));
    CHECK(picture_of(ready.office.scratch / "office", {"run.lock"}) == before);
  };
  refused(erase({"young-1", "young-2"}),
          "young-2: a hold wins: it is held by SAR/1 (sar), and no order is placed on it");
  refused(erase({"young-2"}), "nothing was ordered");
  refused(erase({"young-1", "nobody"}), "nobody: the index knows no such recording");
  refused(erase({"old"}), "old: it is destroyed already");
  refused({"young-1", "--ground", "returned", "--authority", "X", "--yes"}, "came back");
  refused({"young-1", "--ground", "because", "--authority", "X", "--yes"}, "is none of erasure");
  refused({"young-1", "--ground", "order", "--authority", "by J. Doe", "--yes"}, "64 letters");
  refused({"young-1", "--ground", "order", "--yes"}, "authority is missing");
  refused(erase({"young-1"}, {}), "no terminal");
  refused({"--ground", "order", "--authority", "X", "--yes"}, "ID is missing");
  refused({"young-1", "--withdraw"}, "there is no order");
}

TEST_CASE("destroy says why a hold on a department wins where the true one is not known") {
  const Ready ready;
  NEEDS_A_DISK(ready);
  CHECK_ENDED(ready.office.call({"import", "--quiet", "-"},
                                "id,department,recorded_at,path\nodd,Nobody's," +
                                    Office::days_ago(3) + ",odd.wav\n"),
              0);
  CHECK_ENDED(ready.office.call({"hold", "place", "COMP-2", "--kind", "complaint", "--reason", "x",
                                 "--department", "Customer Services"}),
              0);
  const Ended ended = ready.destroy(erase({"odd", "young-1"}));
  CHECK_ENDED(ended, 2);
  CHECK_THAT(ended.err,
             contains_text("odd: a hold may mean it, and wins until that is settled: COMP-2 names "
                           "a department, and the one of this recording is in doubt, and no order "
                           "is placed on it. Settle what is in doubt first: expunge correct odd "
                           "--authority REFERENCE, with --department NAME; or release the hold"));
  CHECK_THAT(ended.err,
             contains_text("young-1: a hold wins: it is held by COMP-2 (complaint), and"));
}

TEST_CASE("An order for tonight is shown by the plan and can be withdrawn until a run takes it") {
  const Ready ready;
  NEEDS_A_DISK(ready);
  CHECK_ENDED(ready.destroy(erase({"young-1", "young-3"}, {"--yes", "--tonight"})), 0);
  CHECK_THAT(ready.log(),
             contains_text(R"("type":"order","recording":"young-3","ground":"erasure",)"
                           R"("authority":"ERA/7","user":")"));
  CHECK(ready.office.exists("young-1.wav"));
  const Ended plan = ready.office.call({"plan"});
  CHECK_ENDED(plan, 0);
  CHECK_THAT(plan.out, contains_text("ordered to be destroyed (erasure, authority ERA/7)"));
  CHECK_THAT(plan.out, contains_text("whatever the schedule says: 2"));
  CHECK_THAT(ready.office.call({"explain", "young-1"}).out,
             contains_text("order       to destroy it: erasure, authority ERA/7"));
  const Ended other = ready.destroy({"young-1", "--ground", "order", "--authority", "X", "--yes"});
  CHECK_ENDED(other, 2);
  CHECK_THAT(other.err, contains_text("ordered already (erasure, authority ERA/7)"));
  CHECK_ENDED(ready.destroy({"young-3", "--withdraw", "--yes"}), 2);
  CHECK_ENDED(ready.destroy({"young-3", "--withdraw"}), 0);
  CHECK_ENDED(ready.office.call({"run"}), 0);
  CHECK_FALSE(ready.office.exists("young-1.wav"));
  CHECK(ready.office.exists("young-3.wav"));
}

TEST_CASE("A brake stops destroy and the order stands until it is withdrawn") {
  const Ready ready;
  NEEDS_A_DISK(ready);
  ready.configure("safety", "max-count = 0\n");
  const Ended braked = ready.destroy(erase({"young-1"}));
  CHECK_ENDED(braked, 3);
  CHECK_THAT(braked.err, contains_text("brake share"));
  CHECK_THAT(braked.err,
             contains_text("young-1 is not destroyed: the run did not begin, because a brake is "
                           "on: share\n"));
  CHECK_THAT(braked.err, contains_text("the order stands"));
  CHECK_THAT(braked.err, contains_text("destroy --withdraw"));
  CHECK(ready.office.exists("young-1.wav"));
  CHECK_THAT(ready.log(), contains_text("run.braked"));
  CHECK_ENDED(ready.destroy({"young-1", "--withdraw"}), 0);
  CHECK_ENDED(ready.office.call({"run"}), 0);
  CHECK(ready.office.exists("young-1.wav"));
}

TEST_CASE("destroy says of what it could not destroy what stopped it and not the order") {
  const Ready ready;
  NEEDS_A_DISK(ready);
  {
    const base::Fd holder(
        ::open((ready.office.root + "/young-1.wav").c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(holder);
    const Ended open = ready.destroy(erase({"young-1", "young-2"}));
    CHECK_ENDED(open, 1);
    CHECK_THAT(open.err, contains_text("young-1 is not destroyed: the run could not: another "
                                       "process has the file open"));
    CHECK_FALSE(contains(open.err, "young-1 is not destroyed: ordered"));
    CHECK_FALSE(contains(open.err, "young-2"));
  }
  std::filesystem::remove(ready.office.root + "/young-1.wav");
  const Ended missed = ready.destroy(erase({"young-1"}));
  CHECK_ENDED(missed, 1);
  CHECK_THAT(missed.err, contains_text("young-1 is not destroyed: the run could not: no such "
                                       "file; "));
  const Ended again = ready.destroy(erase({"young-1"}));
  CHECK_ENDED(again, 1);
  CHECK_THAT(again.err, contains_text("young-1 is not destroyed: the run could not: one of its "
                                      "files is missing still (log entry "));
}

TEST_CASE("destroy while a run is on leaves the order and the same command then goes on") {
  const Ready ready;
  NEEDS_A_DISK(ready);
  {
    const base::Fd lock(::open((ready.office.scratch / "office/log/run.lock").c_str(), O_RDWR));
    REQUIRE(lock);
    REQUIRE(::flock(lock.get(), LOCK_EX | LOCK_NB) == 0);
    const Ended locked = ready.destroy(erase({"young-1"}));
    if (locked.status == 0) SKIP_TEST("run.lock is not locked by flock()");
    CHECK_ENDED(locked, 5);
    CHECK_THAT(locked.err, contains_text("the order stands"));
    CHECK(ready.office.exists("young-1.wav"));
  }
  CHECK_ENDED(ready.destroy(erase({"young-1"})), 0);
  CHECK_FALSE(ready.office.exists("young-1.wav"));
}

TEST_CASE("A copy that came back is destroyed again when somebody says so") {
  const Ready ready;
  NEEDS_A_DISK(ready);
  ready.office.write("old.wav", kAudio);
  CHECK_ENDED(ready.office.call({"import", "--quiet", "-"},
                                "id,department,recorded_at,path\nold,Customer Services," +
                                    Office::days_ago(800) + ",old.wav\n"),
              1);
  const Ended other = ready.destroy(erase({"old"}));
  CHECK_ENDED(other, 2);
  CHECK_THAT(other.err, contains_text("--ground returned is for that"));
  CHECK_ENDED(ready.destroy({"old", "--ground", "returned", "--authority", "DPO-2026/3", "--yes"}),
              0);
  CHECK_FALSE(ready.office.exists("old.wav"));
  CHECK_ENDED(ready.office.call({"plan"}), 0);
  const std::string letter = ready.office.call({"explain", "old"}).out;
  CHECK_THAT(letter, contains_text("it was destroyed a first time") ||
                         contains_text("a file of it that had come back was destroyed"));
  CHECK_FALSE(contains(letter, "destroyed or removed a"));
}

TEST_CASE("The plan says beforehand what a required approval has wait and approve lets it go") {
  const Ready ready;
  NEEDS_A_DISK(ready);
  ready.configure("run", "approval = required\n");
  ready.office.write("due.wav", kAudio);
  CHECK_ENDED(ready.office.call({"import", "--quiet", "-"},
                                "id,department,recorded_at,path,bytes\ndue,Customer Services," +
                                    Office::days_ago(500) + ",due.wav,9000\n"),
              0);
  const Ended plan = ready.office.call({"plan"});
  CHECK_ENDED(plan, 1);
  CHECK_THAT(plan.out, contains_text("Will be destroyed, as approved: 0 of 4 recordings; due: 1."));
  CHECK_THAT(plan.out, contains_text("wait for an approval: 1 (9.0 kB)"));
  const auto json = nlohmann::json::parse(ready.office.call({"plan", "--format", "json"}).out);
  CHECK(json["waiting"] == 1);
  CHECK(json["waiting_bytes"] == 9000);
  CHECK(json["waiting_since"].is_string());
  const Ended waits = ready.office.call({"run", "--quiet"});
  CHECK_ENDED(waits, 1);
  CHECK_THAT(waits.err, contains_text("wait for an approval: 1 (9.0 kB), the oldest due since"));
  CHECK(ready.office.exists("due.wav"));
  CHECK_ENDED(ready.office.call({"approve", ready.office.digest(), "--reason", "read"}), 0);
  CHECK_ENDED(ready.office.call({"plan"}), 0);
  CHECK_ENDED(ready.office.call({"run", "--quiet"}), 0);
  CHECK_FALSE(ready.office.exists("due.wav"));
}

TEST_CASE("Under two persons only a login that neither imports nor owns can approve") {
  const Ready ready;
  NEEDS_A_DISK(ready);
  if (!can_set_login()) SKIP_TEST("no login can be set here (root, and a kernel with audit)");
  ready.configure("run", "approval = two-person\n");
  const auto approve_as = [&](uid_t login) {
    return call_as(ready.office, login, {"approve", ready.office.digest(), "--reason", "x"});
  };
  ready.office.write("due.wav", kAudio);
  spill(ready.office.scratch / "due.csv", "id,department,recorded_at,path\ndue,Customer Services," +
                                              Office::days_ago(500) + ",due.wav\n");
  CHECK_ENDED(call_as(ready.office, 1, {"import", ready.office.scratch / "due.csv"}), 0);
  CHECK_THAT(ready.log(), contains_text("\"user\":\"daemon\""));
  // No login at all, as under cron; root's own; the importer's.
  const Ended nobody = call_as(ready.office, static_cast<uid_t>(-1),
                               {"approve", ready.office.digest(), "--reason", "x"});
  CHECK_ENDED(nobody, 2);
  CHECK_THAT(nobody.err, contains_text("nobody can tell who this is"));
  CHECK_ENDED(approve_as(0), 2);
  const Ended importer = approve_as(1);
  CHECK_ENDED(importer, 2);
  CHECK_THAT(importer.err, contains_text("daemon has imported or corrected recordings"));
  CHECK_ENDED(ready.office.call({"run", "--quiet"}), 1);
  CHECK(ready.office.exists("due.wav"));
  CHECK_ENDED(approve_as(2), 0);
  CHECK_THAT(ready.log(), contains_text(R"("user":"bin","two_person":true)"));
  CHECK_ENDED(ready.office.call({"run", "--quiet"}), 0);
  CHECK_FALSE(ready.office.exists("due.wav"));
  // An order needs another login's approval too.
  const Ended ordered = call_as(ready.office, 2, [] {
    std::vector<std::string> words = erase({"young-1"});
    words.insert(words.begin(), "destroy");
    return words;
  }());
  CHECK_ENDED(ordered, 1);
  CHECK_THAT(ordered.err, contains_text("the order stands"));
  const Ended own = approve_as(2);
  CHECK_ENDED(own, 1);
  CHECK_THAT(own.err, contains_text("somebody else's approval: 1"));
  CHECK_ENDED(ready.office.call({"run", "--quiet"}), 1);
  CHECK(ready.office.exists("young-1.wav"));
  CHECK_ENDED(approve_as(3), 0);
  CHECK_ENDED(ready.office.call({"run", "--quiet"}), 0);
  CHECK_FALSE(ready.office.exists("young-1.wav"));
  CHECK_ENDED(ready.office.call({"log", "verify"}), 0);
}
