#include "report/certificate_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace expunge::report {
namespace {

using audit::Destroyed;

/// Below this a file's digest is not logged: what was in it could be found by trying.
constexpr std::uint64_t kSmallestHashed = 4096;

std::string done_on_text(const certify::RecordingFacts& facts) {
  return facts.done_on ? day_text(*facts.done_on) : moment_text(facts.entry.time);
}

Paragraph lead(const certify::RecordingFacts& facts, const Issue& issue) {
  const Destroyed& says = facts.entry.says;
  const std::string day = done_on_text(facts);
  const std::string order =
      says.ground.empty()
          ? ""
          : " " + order_sentence(says, has_impossible_date(says, issue, facts.done_on),
                                 day_done(facts));
  const std::vector<std::string> missing = certify::missing_roles(says.note);
  if (!certify::is_removal(says)) {
    const std::string department =
        says.department.empty()
            ? "of no department of the retention schedule"
            : "of the department " + says.department +
                  (certify::doubt_of(says).department ? " (as the index had it, which was in doubt)"
                                                      : "");
    return {fmt::format("On {}, recording {} {} was destroyed: every byte of the "
                        "files below was overwritten where it lay, flushed to the device, and read "
                        "back from it; after that the files were removed{}.{}",
                        day, says.recording, department,
                        missing.empty() ? "" : "; all except " + not_in_place_text(missing), order),
            false};
  }
  std::string text = fmt::format(
      "This recording was removed WITHOUT being overwritten, on {}. That was NOT a confidential "
      "destruction: what its files held may still be on the disk.",
      day);
  if (says.claim == "key-overwritten") {
    text +=
        " Its files of the role key were overwritten and read back before; whether the others can "
        "be read without them depends on how they were encrypted, which expunge does not know.";
  }
  if (!missing.empty()) text += " Not among them was " + not_in_place_text(missing) + ".";
  return {text + order, true};
}

/// When the schedule had it due, as far as its records can be right.
std::optional<base::CivilDate> sure_schedule_day(const Destroyed& says, bool impossible_date) {
  return impossible_date ? std::nullopt : schedule_day(says);
}

/// How long it was to be kept, and when it was due.
void add_period(const certify::RecordingFacts& facts, bool impossible_date, Terms& terms) {
  const Destroyed& says = facts.entry.says;
  const auto by_schedule = sure_schedule_day(says, impossible_date);
  if (says.period.empty()) {
    terms.push_back({"Kept for", "no period of the retention schedule applies to it"});
  } else if (const plan::Doubt doubt = certify::doubt_of(says); doubt.date || doubt.department) {
    terms.push_back({"Period", fmt::format("{}, from its date; but {} in doubt", says.period,
                                           in_doubt_text(doubt))});
  } else if (!by_schedule) {
    terms.push_back({"Kept for", says.period + ", from a day that is not known"});
  } else {
    const base::CivilDate last_kept{std::chrono::sys_days{*by_schedule} - std::chrono::days{1}};
    // It went later, or before that by order.
    // How long what came back was kept before, its first entry tells.
    const bool otherwise =
        facts.delay || says.ground == "returned" || *by_schedule > day_done(facts);
    terms.push_back({otherwise ? "To be kept for" : "Kept for",
                     says.period + ", through " + day_text(last_kept)});
  }
  if (says.ground.empty()) {
    terms.push_back({"Due on", day_text(says.due)});
    return;
  }
  if (by_schedule) terms.push_back({"Due by the schedule on", day_text(*by_schedule)});
  // An order that came after the schedule's day leaves that one: it says no other.
  if (by_schedule != says.due) terms.push_back({"Due by order on", day_text(says.due)});
}

constexpr const char* kInDoubt =
    ", as the index had it; this was in doubt: an import had said otherwise";

std::string days_text(std::uint64_t days) {
  return fmt::format("by {} day{}", base::grouped(days), days == 1 ? "" : "s");
}

Section recording_section(const certify::RecordingFacts& facts, const Issue& issue) {
  const Destroyed& says = facts.entry.says;
  Terms terms = controller_terms(issue);
  const plan::Doubt doubt = certify::doubt_of(says);
  terms.push_back({"Department", says.department.empty() ? "none of the retention schedule's"
                                 : doubt.department      ? says.department + kInDoubt
                                                         : says.department});
  terms.push_back({"Recording", says.recording, true});
  const bool impossible = has_impossible_date(says, issue, facts.done_on);
  terms.push_back({"Recorded on", says.recorded == base::kUnknownDate ? "not known"
                                  : impossible
                                      ? "not known: the index had " + day_text(says.recorded) +
                                            ", which cannot be true"
                                      : day_text(says.recorded) + (doubt.date ? kInDoubt : "")});
  add_period(facts, impossible, terms);
  const std::string logged =
      moment_text(facts.entry.time) + " (" + entry_text(facts.entry.seq) + ")";
  const char* const label = certify::is_removal(says) ? "Removed on" : "Destroyed on";
  if (facts.done_on) {
    terms.push_back({label, day_text(*facts.done_on) + ", in " + facts.run->start->says.timezone});
    terms.push_back({"Logged", logged});
  } else {
    terms.push_back({label, logged});
  }
  if (!facts.delay) return {"The recording", {std::move(terms)}};
  // What went later than an order had it may have gone ahead of the schedule's day.
  const bool by_order =
      !says.ground.empty() &&
      (says.ground == "returned" || sure_schedule_day(says, impossible) != std::optional(says.due));
  terms.push_back(
      {by_order ? "Later than ordered" : "Later than due", days_text(facts.delay->days)});
  if (by_order && !impossible && facts.past_schedule) {
    terms.push_back({"Later than due by the schedule", days_text(facts.past_schedule->days)});
  }
  std::string why = why_late_text(facts, *facts.delay, Entries::named);
  const char* const late =
      by_order
          ? "The order was carried out later than on the day on which the recording was due by "
            "it."
          : "It was kept longer than to the day on which it was due.";
  if (!why.empty()) why.insert(0, late);
  // The rest of that time is said with the order's.
  const bool past_schedule = by_order && !impossible && facts.past_schedule;
  if (const std::string schedule =
          past_schedule ? schedule_text(*facts.past_schedule, Entries::named) : "";
      !schedule.empty()) {
    why +=
        (why.empty() ? "" : " ") +
        ("It was also kept longer than to the day on which it was due by the schedule." + schedule);
  }
  if (why.empty()) return {"The recording", {std::move(terms)}};
  return {"The recording", {std::move(terms), Paragraph{why}}};
}

std::string digest_text(const audit::FileDestroyed& file) {
  if (file.sha256) return base::to_hex(*file.sha256);
  return file.bytes < kSmallestHashed ? "not kept: the file was short" : "not recorded";
}

Table files_table(const Destroyed& says) {
  Table table{"Files, and what was done to each",
              {{"File"},
               {"Bytes", true},
               {"SHA-256 before", false, true},
               {"Method"},
               {"Passes", true},
               {"Verified"},
               {"File system"}},
              {}};
  for (const audit::FileDestroyed& file : says.files) {
    table.rows.push_back({file.role, base::grouped(file.bytes), digest_text(file),
                          method_text(file), std::to_string(file.passes),
                          file.verified ? "yes, every byte read back" : "no", file.filesystem});
  }
  return table;
}

Section files_section(const Destroyed& says) {
  Section section{certify::is_removal(says) ? "What was removed" : "What was destroyed",
                  {files_table(says)}};
  if (!says.note.empty()) {
    const bool of_files = says.note.find("missing: ") != std::string::npos ||
                          says.note.find("found gone: ") != std::string::npos;
    section.blocks.emplace_back(Paragraph{
        "The log's note: " + says.note + "." +
            (of_files ? " Of a file that was missing or found gone, nothing is claimed." : ""),
        true});
  }
  section.blocks.emplace_back(Terms{{"Claim", says.claim}, {"Medium", medium_text(says.medium)}});
  return section;
}

Section claim_section(const Destroyed& says) {
  Section section{"What is claimed, and what is not", {}};
  if (certify::is_removal(says)) {
    section.blocks.emplace_back(Paragraph{
        "Claimed is that the files' names were removed. Of what the files held nothing is claimed, "
        "but of files that the table calls overwritten and read back. What was not overwritten "
        "stays on the disk until something else is written there."});
  } else {
    section.blocks.emplace_back(
        Paragraph{"Claimed is what was done to the files listed above, in the places where they "
                  "lay: each was "
                  "overwritten, flushed to the device and read back, and only then did the log's "
                  "entry say so. "
                  "Beyond that nothing is claimed:"});
  }
  section.blocks.emplace_back(limits(says.medium));
  return section;
}

std::string what_person_did(const certify::Mention& other) {
  if (other.type == "correct") {
    return fmt::format("a person put {} right, or confirmed it", fact_text(other.reason));
  }
  if (other.type == "order") return "ordered to be destroyed: " + ground_text(other.reason);
  if (other.type == "order.withdraw") return "an order to destroy it was withdrawn";
  const bool known = other.type == "acknowledge";
  return fmt::format("a person {} known: {}",
                     known ? "said that what had to be looked at was" : "took back that this was",
                     other.reason);
}

Section others_section(const certify::RecordingFacts& facts) {
  Table table{"Other entries of the log that name this recording",
              {{"Entry", true}, {"When"}, {"What it says"}},
              {}};
  bool later = false;
  for (const certify::Mention& other : facts.others) {
    later = later || (other.seq > facts.entry.seq && !certify::is_by_person(other));
    std::string words;
    if (certify::is_by_person(other)) {
      words = what_person_did(other);
    } else if (other.type == "destroy.failed" && other.run == facts.entry.says.run &&
               !certify::missing_roles(facts.entry.says.note).empty()) {
      words = "a file of it was missing: " + reason_text(other.reason);
    } else if (other.type == "destroy.failed") {
      words = "could not be destroyed: " + reason_text(other.reason);
    } else if (other.type == "destroy.partial") {
      words = other.left == certify::Left::nothing
                  ? "its destruction was stopped when all of it was overwritten, and before that "
                    "was verified"
                  : "its destruction was stopped when part of it was overwritten or removed";
    } else {
      words = other.type == "remove" ? "removed without overwriting" : "destroyed";
    }
    table.rows.push_back({base::grouped(other.seq), moment_text(other.time), words});
  }
  Section section{"What else the log says of it", {std::move(table)}};
  if (later) {
    section.blocks.emplace_back(
        Paragraph{"After what this page is about, a file of the recording was met again, such as a "
                  "copy that came back from a backup. Read the later entries above.",
                  true});
  }
  return section;
}

}  // namespace

/// It goes first: what a reader takes the page for is no longer the whole of it.
Paragraph with_return(Paragraph lead, const certify::RecordingFacts& facts) {
  if (!facts.is_back) return lead;
  return {lead.text +
              " SINCE THEN A FILE OF IT HAS COME BACK and is on disk again, as the index has it on "
              "the day of this page: until that is looked into, do not take the recording for "
              "gone.",
          true};
}

Page certificate_page(const certify::RecordingFacts& facts, const Issue& issue,
                      const std::string& proof) {
  const Destroyed& says = facts.entry.says;
  const bool removal = certify::is_removal(says);
  Page page{removal
                ? "Record of a removal without overwriting, which is no confidential destruction"
                : "Certificate of destruction",
            "recording " + says.recording,
            with_return(lead(facts, issue), facts),
            {},
            foot_text(issue)};
  page.sections.push_back(recording_section(facts, issue));
  page.sections.push_back(files_section(says));
  page.sections.push_back(claim_section(says));
  Terms why = says.ground.empty() ? authority_terms(*facts.run) : order_terms(says, *facts.run);
  if (says.ground.empty() && !says.authority.empty()) {
    why.push_back({"Named in the entry", says.authority});
  }
  const Terms policy = policy_terms(*facts.run);
  why.insert(why.end(), policy.begin(), policy.end());
  page.sections.push_back({"By what authority", {std::move(why)}});
  page.sections.push_back({"Who did it, and where", {run_terms(says.run, *facts.run)}});
  if (!facts.others.empty()) page.sections.push_back(others_section(facts));
  page.sections.push_back(
      log_section(facts.opening, facts.by,
                  {{"Entry", base::grouped(facts.entry.seq) + " (the first one is 0)"},
                   {"Entry signed by", "key " + facts.entry.key_id}}));
  page.sections.push_back(check_section(facts.by, facts.entry.key_id, proof));
  page.sections.push_back(signature_section());
  return page;
}

}  // namespace expunge::report
