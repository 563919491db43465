#include "report/run_certificate.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "report/brake_words.h"

namespace expunge::report {
namespace {

using base::grouped;
using certify::Became;
using certify::RunAccount;
using certify::RunItem;

std::uint64_t recordings(const RunAccount& account, Became became) {
  return account.of(became).recordings;
}

std::string run_words(const RunAccount& account) {
  std::string words = "In the run " + account.run;
  if (account.facts->start) {
    words += " for " + day_text(account.facts->start->says.today);
  }
  return words;
}

/// Of those destroyed or removed.
std::uint64_t without_file(const RunAccount& account) {
  return account.without_file[static_cast<std::size_t>(Became::destroyed)] +
         account.without_file[static_cast<std::size_t>(Became::removed)];
}

/// `1 recording was`, `2 recordings were`.
std::string counted(std::uint64_t number) {
  return number == 1 ? "1 recording was" : grouped(number) + " recordings were";
}

Paragraph lead(const RunAccount& account) {
  if (!account.brakes.empty()) {
    return {
        fmt::format("The run {} for {} destroyed nothing: it was stopped by a brake before it "
                    "began.",
                    account.run, day_text(account.brakes.front().says.today))};
  }
  const std::uint64_t destroyed = recordings(account, Became::destroyed);
  const std::uint64_t removed = recordings(account, Became::removed);
  std::string text = run_words(account) + ", ";
  if (account.facts->start && account.facts->start->says.restricted) {
    text += "which was of what had been ordered alone and not of all that was due, ";
  }
  if (destroyed == 0) {
    text += "no recording was destroyed.";
  } else {
    text += fmt::format(
        "{} destroyed: every byte of {} files was overwritten where it lay, flushed to the device, "
        "and read back from it; after that the files were removed.",
        counted(destroyed), destroyed == 1 ? "its" : "their");
  }
  if (const auto without = account.without_file[static_cast<std::size_t>(Became::destroyed)]) {
    text += fmt::format(
        " But of {} of these a file was not in its place: what became of it is not known.",
        grouped(without));
  }
  if (removed > 0) {
    text += fmt::format(
        " Besides, {} removed WITHOUT being overwritten, which is NO confidential destruction.",
        counted(removed));
  }
  return {text, removed > 0 || without_file(account) > 0};
}

std::string title(const RunAccount& account) {
  if (recordings(account, Became::destroyed) > 0) return "Certificate of destruction: one run";
  return recordings(account, Became::removed) > 0
             ? "Record of a run that removed without overwriting, which is no confidential "
               "destruction"
             : "Record of a run that destroyed nothing";
}

std::string count_text(const certify::RunCount& count) {
  if (count.recordings == 0) return "0";
  return fmt::format("{} ({} bytes)", grouped(count.recordings), grouped(count.bytes));
}

Section figures_section(const RunAccount& account, const Issue& issue) {
  Terms terms = controller_terms(issue);
  terms.push_back({"Destroyed", count_text(account.of(Became::destroyed))});
  terms.push_back(
      {"Removed only", recordings(account, Became::removed) == 0
                           ? "0"
                           : count_text(account.of(Became::removed)) + ", without overwriting"});
  for (const auto& [became, label] :
       {std::pair{Became::destroyed, "destroyed"}, std::pair{Became::removed, "removed only"}}) {
    const std::uint64_t count = account.without_file[static_cast<std::size_t>(became)];
    if (count == 0) continue;
    terms.push_back({"A file missing", fmt::format("{}, although one of its files was missing: {}",
                                                   label, grouped(count))});
  }
  terms.push_back({"Destroyed in part", grouped(recordings(account, Became::partly))});
  terms.push_back({"Not destroyed", grouped(recordings(account, Became::not_destroyed))});
  if (account.facts->end) {
    terms.push_back({"Held, and kept", grouped(account.facts->end->says.held)});
    const audit::RunEnd& end = account.facts->end->says;
    std::string attention = grouped(end.attention);
    if (end.acknowledged > 0) {
      attention += ", of which acknowledged (a person knew of them): " + grouped(end.acknowledged);
    }
    terms.push_back({"Need attention", std::move(attention)});
  } else if (account.brakes.empty()) {
    terms.push_back({"Held, and kept", "not known: no entry says that the run ended"});
  }
  Section section{"What the run did, in recordings", {std::move(terms)}};
  if (!account.facts->end && account.brakes.empty()) {
    section.blocks.emplace_back(
        Paragraph{"No entry of the log under this checkpoint says that the run ended: it was "
                  "interrupted, or it is still on. What it did until then is all here.",
                  true});
  } else if (account.facts->end &&
             (account.facts->end->says.destroyed != recordings(account, Became::destroyed) ||
              account.facts->end->says.removed != recordings(account, Became::removed))) {
    section.blocks.emplace_back(
        Paragraph{fmt::format("The run's own last entry counts {} destroyed and {} removed without "
                              "overwriting. The figures above are those of the entries themselves.",
                              grouped(account.facts->end->says.destroyed),
                              grouped(account.facts->end->says.removed)),
                  true});
  }
  return section;
}

Terms why_terms(const RunAccount& account) {
  const certify::RunFacts& run = *account.facts;
  if (!run.start || !run.start->says.restricted) {
    return account.ordered == 0
               ? authority_terms(run)
               : authority_terms(
                     run, fmt::format("the retention schedule, and of {} of those destroyed or "
                                      "removed orders to destroy, each named by its recording's "
                                      "entry",
                                      grouped(account.ordered)));
  }
  return authority_terms(
      run,
      "orders to destroy, each named by its recording's entry; and the retention "
      "schedule, for what an interrupted run had left");
}

Table departments_table(const RunAccount& account) {
  Table table{"By department",
              {{"Department"},
               {"Destroyed", true},
               {"Bytes", true},
               {"Removed only", true},
               {"Stopped", true}},
              {}};
  for (const auto& [name, counts] : account.by_department) {
    const auto at = [&, &by = counts](Became became) {
      const auto found = by.find(became);
      return found == by.end() ? certify::RunCount{} : found->second;
    };
    table.rows.push_back(
        {name.empty() ? "none of the schedule's" : name, grouped(at(Became::destroyed).recordings),
         grouped(at(Became::destroyed).bytes), grouped(at(Became::removed).recordings),
         grouped(at(Became::partly).recordings)});
  }
  return table;
}

/// What is said where not all are listed.
std::string first_of(const RunAccount& account, Became became, const RunFiles& files) {
  const std::uint64_t all = recordings(account, became);
  const std::size_t listed = account.first(became).size();
  if (listed == all) return "";
  return fmt::format(": the first {} of {}; {} has all", grouped(listed), grouped(all), files.csv);
}

std::string department_cell(const audit::Destroyed& entry) {
  if (entry.department.empty()) return "none";
  return entry.department + (certify::doubt_of(entry).department ? " (in doubt)" : "");
}

std::string recorded_cell(const RunItem& item, const Issue& issue) {
  const audit::Destroyed& entry = item.entry;
  if (entry.recorded == base::kUnknownDate) return "not known";
  const base::CivilDate done{std::chrono::floor<std::chrono::days>(item.time)};
  return base::to_text(entry.recorded) + (has_impossible_date(entry, issue, done)
                                              ? " (cannot be true)"
                                          : certify::doubt_of(entry).date ? " (in doubt)"
                                                                          : "");
}

std::string due_cell(const audit::Destroyed& entry) {
  return base::to_text(entry.due) + (schedule_day(entry) == entry.due ? "" : " (by order)");
}

Table recordings_table(const RunAccount& account, Became became, const std::string& caption,
                       const RunFiles& files, const Issue& issue) {
  Table table{caption + first_of(account, became, files),
              {{"Recording", false, true},
               {"Department"},
               {"Recorded"},
               {"Due"},
               {"Bytes", true},
               {"Entry", true}},
              {}};
  for (const RunItem& item : account.first(became)) {
    const audit::Destroyed& entry = item.entry;
    table.rows.push_back({item.recording, department_cell(entry), recorded_cell(item, issue),
                          due_cell(entry), grouped(item.bytes), grouped(item.seq)});
  }
  return table;
}

/// What a reader would not think of, where only part is said to have gone.
std::string left_text(const RunAccount& account) {
  std::string text;
  const auto add = [&](certify::Left left, const char* words) {
    const auto found = account.left.find(left);
    if (found != account.left.end()) text += " Of " + grouped(found->second) + words;
  };
  add(certify::Left::nothing,
      " of them nothing is left: every byte was overwritten, though nobody verified that.");
  add(certify::Left::without_key,
      " of them the key is overwritten, without which what is kept cannot be read.");
  return text;
}

Table partly_table(const RunAccount& account, const RunFiles& files, const Issue& issue) {
  Table table{"Destroyed in part" + first_of(account, Became::partly, files),
              {{"Recording", false, true},
               {"Department"},
               {"Recorded"},
               {"Overwritten", true},
               {"Kept", true},
               {"Entry", true}},
              {}};
  for (const RunItem& item : account.first(Became::partly)) {
    const audit::Destroyed& entry = item.entry;
    table.rows.push_back({item.recording, department_cell(entry), recorded_cell(item, issue),
                          grouped(item.bytes), grouped(item.kept_bytes), grouped(item.seq)});
  }
  return table;
}

Section failures_section(const RunAccount& account, const RunFiles& files, const Issue& issue) {
  Section section{"What was not destroyed, and why", {}};
  for (const auto& brake : account.brakes) {
    Terms terms = brake_terms(brake.says);
    terms.push_back({"Logged", moment_text(brake.time) + " (" + entry_text(brake.seq) + ")"});
    section.blocks.emplace_back(std::move(terms));
  }
  if (!account.failures.empty()) {
    Table reasons{"By reason", {{"Reason"}, {"Recordings", true}}, {}};
    for (const auto& [reason, count] : account.failures) {
      reasons.rows.push_back({reason_text(reason), grouped(count)});
    }
    section.blocks.emplace_back(std::move(reasons));
    Table list{"Could not be destroyed" + first_of(account, Became::not_destroyed, files),
               {{"Recording", false, true}, {"Reason"}, {"Entry", true}},
               {}};
    for (const RunItem& item : account.first(Became::not_destroyed)) {
      list.rows.push_back({item.recording, item.reason, grouped(item.seq)});
    }
    section.blocks.emplace_back(std::move(list));
  }
  if (recordings(account, Became::partly) > 0) {
    section.blocks.emplace_back(Paragraph{
        "Part of these was overwritten or removed before a hold came, or before something "
        "else kept the rest from following; what was left of them is kept." +
        left_text(account)});
    section.blocks.emplace_back(partly_table(account, files, issue));
  }
  if (section.blocks.empty()) {
    section.blocks.emplace_back(Paragraph{"The log names no recording that the run failed on."});
  }
  if (account.facts->end) {
    section.blocks.emplace_back(Paragraph{
        "Recordings that are held (a request, a complaint, a claim) or that need attention (no "
        "date, an unknown department, a file that is missing, or left part way) are counted above "
        "as the run's last entry counts them, of the whole archive; the log does not name those "
        "that the run did not try. A file that is missing is named once, by the run that first "
        "missed it: a recording of which one is missing still is not among those not destroyed "
        "here, and among those that need attention. One whose other files were destroyed is "
        "counted "
        "as destroyed, and is not among those not destroyed."});
  }
  return section;
}

Section claim_section(const RunAccount& account) {
  std::string media;
  std::string terms;
  for (const auto& [medium, count] : account.media) {
    media += (media.empty() ? "" : "; ") + medium_text(medium);
    terms += (terms.empty() ? "" : "; ") + (medium.empty() ? "unknown" : medium);
  }
  Section section{
      "What is claimed, and what is not",
      {Paragraph{
           "Claimed is, of each recording destroyed, what was done to the files in its entry, "
           "in the places where they lay: each was overwritten, flushed to the device and read "
           "back, and only then did the entry say so. Of recordings removed only, nothing is "
           "claimed of what they held. Beyond that nothing is claimed:"},
       limits(terms)}};
  section.blocks.emplace_back(Terms{{"Medium", media}});
  return section;
}

Section proof_section(const RunAccount& account, const RunFiles& files) {
  const std::string entry_key = account.facts->end        ? account.facts->end->key_id
                                : account.facts->start    ? account.facts->start->key_id
                                : !account.brakes.empty() ? account.brakes.back().key_id
                                                          : account.by.key_id;
  Section section = check_section(account.by, entry_key, files.proof);
  std::string beside = "Beside this page lie " + files.proof + ", for the run's last entry";
  if (!files.start.empty()) beside += "; " + files.start + ", for its first";
  if (account.by.stamp) {
    beside +=
        "; " + stamp_file_of(files.proof) + ", the time stamp on the checkpoint in all of them";
  }
  if (!account.proved.empty()) {
    beside += "; the directory " + files.directory +
              ", with such a file for each recording that was destroyed or removed";
  }
  beside += "; and " + files.csv +
            ", for a spreadsheet, with a row for each recording that the run's entries name. Rows "
            "prove nothing; each of the other files is checked as is said here of one.";
  section.blocks.insert(section.blocks.begin(), Paragraph{beside});
  return section;
}

}  // namespace

Page run_page(const RunAccount& account, const Issue& issue, const RunFiles& files) {
  Page page{title(account), "run " + account.run, lead(account), {}, foot_text(issue)};
  Section figures = figures_section(account, issue);
  if (!account.by_department.empty()) figures.blocks.emplace_back(departments_table(account));
  page.sections.push_back(std::move(figures));
  page.sections.push_back(failures_section(account, files, issue));
  if (!account.proved.empty()) page.sections.push_back(claim_section(account));
  Terms why = account.brakes.empty() ? why_terms(account) : Terms{};
  const Terms policy = policy_terms(*account.facts);
  why.insert(why.end(), policy.begin(), policy.end());
  page.sections.push_back({"By what authority", {std::move(why)}});
  if (account.brakes.empty()) {
    page.sections.push_back({"Who did it, and where", {run_terms(account.run, *account.facts)}});
  } else {
    const audit::RunBraked& brake = account.brakes.front().says;
    page.sections.push_back(
        {"Who did it, and where",
         {Terms{{"Run", account.run, true}, {"Machine", brake.host}, {"User", brake.user}}}});
  }
  page.sections.push_back(log_section(account.opening, account.by, {}));
  page.sections.push_back(proof_section(account, files));
  page.sections.push_back(signature_section());
  if (recordings(account, Became::removed) > 0) {
    page.sections.push_back(
        {"Recordings removed without being overwritten",
         {recordings_table(account, Became::removed, "Removed, and not destroyed", files, issue)}});
  }
  if (recordings(account, Became::destroyed) > 0) {
    page.sections.push_back(
        {"Recordings destroyed",
         {recordings_table(account, Became::destroyed, "Destroyed", files, issue)}});
  }
  return page;
}

}  // namespace expunge::report
