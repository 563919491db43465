// The letter on a recording that was destroyed or removed.

#include <fmt/format.h>

#include "report/recording_story.h"
#include "report/story_parts.h"

namespace expunge::report {

Page page_about(const std::string& id, const Issue& issue) {
  Page page;
  page.title = "Recording " + id;
  const bool has_contact = !issue.contact.empty() && issue.contact.front() != '(';
  page.foot =
      (has_contact ? "Questions about this recording: " + issue.contact + ". " : std::string()) +
      "Anybody who is not content with the answer may complain to the Information Commissioner.";
  return page;
}

std::string made_text(const std::optional<base::CivilDate>& recorded_on,
                      const std::string& department) {
  return fmt::format("This is the recording of a call to {}, made {}.",
                     department.empty() ? "a department that is not stated" : department,
                     recorded_on && *recorded_on != base::kUnknownDate
                         ? "on " + day_text(*recorded_on)
                         : "on a day that is not known");
}

namespace {

/// What cannot be true is no day on which it was made.
std::string impossible_text(const audit::Destroyed& says, const Issue& issue,
                            const std::optional<base::CivilDate>& done_on) {
  return has_impossible_date(says, issue, done_on)
             ? fmt::format(" The day that its records had, {}, cannot be true.",
                           day_text(says.recorded))
             : "";
}

/// Of what an order had destroyed before it was settled.
std::string doubt_text(const audit::Destroyed& says, bool impossible_date) {
  plan::Doubt doubt = certify::doubt_of(says);
  doubt.date = doubt.date && !impossible_date;
  if (!doubt.date && !doubt.department) return "";
  return fmt::format(
      " But {} in doubt when it was destroyed: of what we were told about this recording, not "
      "everything agreed.",
      doubt.date && doubt.department ? "that day and that department were"
      : doubt.date                   ? "that day was"
                                     : "that department was");
}

/// `why` is empty, or begins with a comma.
std::string gone_text(bool removed, const std::string& when, const char* why,
                      const std::vector<std::string>& missing) {
  if (removed) {
    return fmt::format(
        "On {} it was removed{}. Its files were not overwritten, so that what they held may still "
        "be on the disk.{}",
        when, why,
        missing.empty() ? "" : " Not among them was " + not_in_place_text(missing) + ".");
  }
  return fmt::format(
      "On {} it was destroyed{}: every byte of its files was overwritten where it lay, flushed to "
      "the disk and read back from it, and then the files were removed{}.",
      when, why, missing.empty() ? "" : "; all except " + not_in_place_text(missing));
}

/// `why` of gone_text(), of one that the schedule had destroyed.
const char* why_text(const certify::RecordingFacts& facts) {
  if (!facts.entry.says.ground.empty()) return "";
  return facts.delay ? ", as its period was over and no order to keep it was in force"
                     : ", as its period was over";
}

/// How long it was kept, by the schedule and in fact.
std::string kept_for_text(const certify::RecordingFacts& facts) {
  const audit::Destroyed& says = facts.entry.says;
  const std::string last_day =
      day_text(base::CivilDate{std::chrono::sys_days{says.due} - std::chrono::days{1}});
  if (!facts.delay) return fmt::format(" It was kept for {}, through {}.", says.period, last_day);
  return fmt::format(" It was to be kept for {}, through {}. It was kept longer, until {}.{}",
                     says.period, last_day, day_text(day_done(facts)),
                     why_late_text(facts, *facts.delay, Entries::left_out));
}

/// Of what an order destroyed later than the schedule had it.
std::string late_by_order_text(const certify::RecordingFacts& facts, bool impossible_date) {
  const auto by_schedule = schedule_day(facts.entry.says);
  // What came back had gone before: only as a copy was it there for longer.
  if (impossible_date || !by_schedule || facts.entry.says.ground == "returned") return "";
  const auto& delay = *by_schedule == facts.entry.says.due ? facts.delay : facts.past_schedule;
  if (!delay) return "";
  return fmt::format(
      " It was kept longer than to {}, on which it was due by the schedule, until "
      "{}.{}",
      day_text(*by_schedule), day_text(day_done(facts)),
      why_late_text(facts, *delay, Entries::left_out));
}

void add_attempts(Page& page, const certify::RecordingFacts& facts) {
  Bullets bullets;
  for (const certify::Mention& other : facts.others) {
    if (certify::is_by_person(other)) continue;
    const std::string when = moment_text(other.time);
    if (other.type == "destroy.failed" && other.run == facts.entry.says.run &&
        !certify::missing_roles(facts.entry.says.note).empty()) {
      bullets.push_back(when + ": a file of it was not in its place; the others were there");
    } else if (other.type == "destroy.failed") {
      bullets.push_back(when + ": it could not be destroyed: " + reason_text(other.reason));
    } else if (other.type == "destroy.partial") {
      bullets.push_back(when + ": its destruction was stopped when " +
                        (other.left == certify::Left::nothing ? "all of it was overwritten"
                                                              : "part of it was overwritten or "
                                                                "removed"));
    } else {
      const char* const end =
          other.type == "remove" ? "removed without being overwritten" : "destroyed";
      bullets.push_back(when + (other.seq > facts.entry.seq
                                    ? fmt::format(": a file of it that had come back was {}", end)
                                    : fmt::format(": it was {} a first time", end)));
    }
  }
  if (!bullets.empty()) page.sections.push_back({"What else happened to it", {bullets}});
}

}  // namespace

std::string was_gone_text(const certify::RecordingFacts& facts) {
  return fmt::format(
      "{} on {}",
      certify::is_removal(facts.entry.says) ? "removed without being overwritten" : "destroyed",
      facts.done_on ? day_text(*facts.done_on) : moment_text(facts.entry.time));
}

std::string was_gone_text(const archive::RecordingHistory& history) {
  // Which of the two the index no longer knows.
  return "destroyed or removed" +
         (history.destroyed_at ? " on " + moment_text(*history.destroyed_at) : std::string());
}

Page story_of_gone(const certify::RecordingFacts& facts, const Issue& issue) {
  const audit::Destroyed& says = facts.entry.says;
  Page page = page_about(says.recording, issue);
  const bool by_order = !says.ground.empty();
  const bool impossible = has_impossible_date(says, issue, facts.done_on);
  page.lead.text =
      made_text(impossible ? std::nullopt : std::optional(says.recorded), says.department) +
      impossible_text(says, issue, facts.done_on) + doubt_text(says, impossible);
  if (!by_order) {
    page.lead.text += kept_for_text(facts);
  }
  page.lead.text +=
      " " + gone_text(certify::is_removal(says),
                      facts.done_on ? day_text(*facts.done_on) : moment_text(facts.entry.time),
                      why_text(facts), certify::missing_roles(says.note));
  if (by_order) {
    page.lead.text += " " + order_sentence(says, impossible, day_done(facts)) +
                      late_by_order_text(facts, impossible);
  }
  page.lead.text += fmt::format(
      " That stands in {} of the log of destructions, which is signed and can be checked; a "
      "certificate of it that anybody can check can be had from us. Backups "
      "and copies kept elsewhere are not spoken of here.",
      entry_text(facts.entry.seq));
  add_attempts(page, facts);
  return page;
}

Page story_of_gone(const archive::RecordingHistory& history, const Issue& issue) {
  Page page = page_about(history.id, issue);
  page.lead.text = made_text(history.recorded_on, history.department) + " " +
                   gone_text(history.state == archive::State::removed,
                             history.destroyed_at ? moment_text(*history.destroyed_at)
                                                  : std::string("a day that is not known"),
                             "", {});
  if (!history.past_log.empty()) {
    page.lead.text += fmt::format(
        " So the register of recordings has it; the entry that says so was written to the log {}, "
        "in "
        "whose place the present one was opened.",
        history.past_log);
  }
  return page;
}

}  // namespace expunge::report
