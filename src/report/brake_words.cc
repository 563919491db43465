#include "report/brake_words.h"

#include <string>
#include <utility>

#include "base/time.h"

namespace expunge::report {
namespace {

/// The three of one brake.
struct Words {
  std::string meaning, found, allowed;
};

Words clock_words(const audit::RunBraked& brake) {
  const auto found = base::parse_log_time(brake.found);
  const auto allowed = base::parse_log_time(brake.allowed);
  if (!found || !allowed || found == allowed) {
    return {"The clock of the machine could not be right, so that nobody could say what was due.",
            brake.found, brake.allowed};
  }
  if (*found < *allowed) {
    return {
        "The clock of the machine was earlier than the start of a run that the log has, so that it "
        "was wrong now or had been then, and nobody could say what was due.",
        brake.found + ", by that clock", "not before " + brake.allowed};
  }
  return {
      "The clock of the machine was later than the newest run and the newest recording by more "
      "than the configuration allows, so that it may have been wrong, and what seemed due may not "
      "have been.",
      brake.found + ", by that clock", "not after " + brake.allowed};
}

Words share_words(const audit::RunBraked& brake) {
  // By its share, or by the number alone.
  const bool is_share = brake.allowed.ends_with('%');
  return {is_share ? "A larger share of the recordings was due at once than the configuration "
                     "allows without a person who looks at it. Recordings that need attention do "
                     "not count."
                   : "More recordings were due at once than the configuration allows without a "
                     "person who looks at it.",
          brake.found + " recordings were due", "at most " + brake.allowed};
}

Words words_of(const audit::RunBraked& brake) {
  if (brake.brake == "first-run") {
    return {
        "Recordings were due, and nothing had ever been destroyed under this log: before the first "
        "time a person has to read the plan and approve it.",
        brake.found + " recordings destroyed before", "at least " + brake.allowed};
  }
  if (brake.brake == "share") return share_words(brake);
  if (brake.brake == "policy") {
    return {
        "The retention schedule was not the one that the log has last, or the log had none, and no "
        "person had approved what it makes due.",
        "the schedule of the digest " + brake.found,
        brake.allowed == "none" ? "none, because the log had none yet"
                                : "the schedule of the digest " + brake.allowed};
  }
  if (brake.brake == "clock") return clock_words(brake);
  if (brake.brake == "holds") {
    return {
        "The log had orders to keep recordings (holds) in force that the index had lost, so that "
        "what they keep would have been destroyed.",
        "lost: " + brake.found, "none that is lost"};
  }
  if (brake.brake == "index") {
    return {
        "The index was older than the log, or that of another archive: it lacked imports, "
        "corrections, orders or a run that the log has, or corrections that it had lost were not "
        "settled, so that what it called due may not have been.",
        brake.found + ", which the index had", "at least " + brake.allowed + ", which the log had"};
  }
  if (brake.brake == "host") {
    return {
        "The run was on another machine than the last one, or on one without a name, so that two "
        "may have been at work on one archive.",
        brake.found, brake.allowed + ", on which the last run was"};
  }
  if (brake.brake == "root") {
    return {
        "The directory of the archive was not known to be that of the last run: another volume may "
        "have been in its place.",
        brake.found, brake.allowed};
  }
  return {"", brake.found, brake.allowed};
}

}  // namespace

Terms brake_terms(const audit::RunBraked& brake) {
  Words words = words_of(brake);
  Terms terms{{"Brake", brake.brake}};
  if (!words.meaning.empty()) terms.push_back({"Meaning", std::move(words.meaning)});
  terms.push_back({"Found", std::move(words.found)});
  terms.push_back({"Allowed", std::move(words.allowed)});
  return terms;
}

}  // namespace expunge::report
