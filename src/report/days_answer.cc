#include "report/days_answer.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "base/text.h"

namespace expunge::report {
namespace {

using base::grouped;
using Json = nlohmann::ordered_json;
using ByDay = certify::DaysInLog::ByDay;

constexpr plan::Verdict kVerdicts[] = {plan::Verdict::kept, plan::Verdict::held, plan::Verdict::due,
                                       plan::Verdict::attention};

template <typename Map>
std::uint64_t sum(const Map& counts) {
  return std::accumulate(
      counts.begin(), counts.end(), std::uint64_t{0},
      [](std::uint64_t so_far, const auto& each) { return so_far + each.second; });
}

std::uint64_t at(const certify::DaysInIndex& index, plan::Verdict verdict) {
  const auto found = index.by_verdict.find(verdict);
  return found == index.by_verdict.end() ? 0 : found->second;
}

std::string days_text(const certify::RecordedDays& days) {
  return days.from == days.to
             ? "on " + day_text(days.from)
             : "from " + day_text(days.from) + " to " + day_text(days.to) + ", both included";
}

Table by_day(const std::string& caption, const ByDay& counts) {
  Table table{caption, {{"On"}, {"Recordings", true}}, {}};
  for (const auto& [day, count] : counts) table.rows.push_back({day_text(day), grouped(count)});
  return table;
}

std::string partly_text(const certify::DaysInLog& log) {
  return grouped(log.partly) + ", what was left of them kept" +
         (log.nothing_left > 0
              ? "; of " + grouped(log.nothing_left) +
                    " of them nothing, every byte overwritten, though nobody verified that"
              : "");
}

/// `2 more without a usable date were destroyed by order`.
std::string by_order_text(const certify::DaysInLog::ByOrder& count, const char* which) {
  std::string text = fmt::format("{} more {} {} {} by order", grouped(count.recordings), which,
                                 count.recordings == 1 ? "was" : "were",
                                 count.removed == 0                  ? "destroyed"
                                 : count.removed == count.recordings ? "removed without overwriting"
                                                                     : "destroyed or removed");
  if (count.removed > 0 && count.removed < count.recordings) {
    text += fmt::format(" ({} of them removed without overwriting)", grouped(count.removed));
  }
  return text;
}

void add_by_order(Section& section, const certify::DaysInLog& log) {
  if (log.undated.recordings > 0) {
    section.blocks.emplace_back(Paragraph{
        by_order_text(log.undated, "without a date that is known for sure") +
        ", of the department or of one that is not known for sure, and may have been of these "
        "days."});
  }
  if (log.department_unsure.recordings > 0) {
    section.blocks.emplace_back(
        Paragraph{by_order_text(log.department_unsure, "made on these days") +
                  ", of a department that is not known for sure, and may have been of this one."});
  }
}

/// The log has by another name what was destroyed while the one asked about was an alias.
void add_other_names(Section& section, const DaysAnswer& answer) {
  for (const std::string& other : answer.log.other_name_of) {
    section.blocks.emplace_back(Paragraph{
        fmt::format("By an earlier retention schedule {} was another name of {}: what was "
                    "destroyed then the log has by that name, and is counted where {} is asked "
                    "about, and not here.",
                    answer.days.department, other, other),
        true});
  }
}

Section log_answer(const DaysAnswer& answer) {
  const certify::DaysInLog& log = answer.log;
  Section section{"What the log says",
                  {Terms{{"Destroyed", grouped(sum(log.destroyed))},
                         {"Removed only", grouped(sum(log.removed)) + ", without overwriting"},
                         {"Destroyed in part", partly_text(log)}}}};
  if (!log.destroyed.empty()) {
    section.blocks.emplace_back(
        by_day("Destroyed: every byte overwritten and read back", log.destroyed));
  }
  if (!log.removed.empty()) {
    section.blocks.emplace_back(by_day(
        "Removed without being overwritten, which is no confidential destruction", log.removed));
  }
  if (log.without_file > 0) {
    section.blocks.emplace_back(Paragraph{
        fmt::format("Of {} of those destroyed or removed a file was not in its place: what became "
                    "of it is not known. Nothing is claimed of it.",
                    grouped(log.without_file)),
        true});
  }
  if (log.destroyed_again + log.removed_again > 0) {
    section.blocks.emplace_back(
        Paragraph{fmt::format("Of some of these a copy came back later, such as from a backup. "
                              "Copies destroyed then: {}; "
                              "removed without overwriting: {}.",
                              grouped(log.destroyed_again), grouped(log.removed_again))});
  }
  add_by_order(section, log);
  add_other_names(section, answer);
  return section;
}

/// Of a department that nobody has heard of, a page of zeros would mislead.
void add_unknown(Page& page, const DaysAnswer& answer) {
  if (!answer.log.other_name_of.empty()) return;  // it is said what it was
  const bool any = sum(answer.log.destroyed) + sum(answer.log.removed) + answer.log.partly > 0;
  if (answer.in_schedule || any) return;
  page.sections.front().blocks.emplace_back(
      Paragraph{"The retention schedule in force names no department " + answer.days.department +
                    ", and the log none of its recordings of these days. See whether it is spelt "
                    "as it is there.",
                true});
}

/// What may belong to the answer, and nobody can say.
void add_besides(Section& section, const certify::DaysInIndex& index) {
  if (index.undated > 0) {
    section.blocks.emplace_back(Paragraph{fmt::format(
        "Besides, recordings that have no date, or one that cannot be true or is contradicted, and "
        "may be of these days (of the department, or of one that is not known for sure): {}.",
        grouped(index.undated))});
  }
  if (index.department_unsure > 0) {
    section.blocks.emplace_back(Paragraph{
        fmt::format("Besides, recordings made on these days whose department is not known for "
                    "sure, and may be this one: {}.",
                    grouped(index.department_unsure))});
  }
}

Section index_answer(const DaysAnswer& answer) {
  Section section{"What the index says now", {}};
  if (!answer.index) {
    section.blocks.emplace_back(
        Paragraph{"How many recordings of these days are kept or held, and on how many an attempt "
                  "failed, is not known: the index could not be read (" +
                      answer.index_fault + ").",
                  true});
    return section;
  }
  const certify::DaysInIndex& index = *answer.index;
  section.blocks.emplace_back(
      Terms{{"Kept", grouped(at(index, plan::Verdict::kept)) + ", until their period ends"},
            {"Held", grouped(at(index, plan::Verdict::held)) +
                         ", though due: for a request, a complaint or a claim"},
            {"Due", grouped(at(index, plan::Verdict::due)) + ", and not destroyed yet"},
            {"Not understood", grouped(at(index, plan::Verdict::attention)) +
                                   ", and are kept until a person has looked at them"}});
  if (!index.failed.empty()) {
    Table table{"Among these, could not be destroyed when it was last tried",
                {{"Reason"}, {"Recordings", true}},
                {}};
    for (const auto& [reason, count] : index.failed) {
      table.rows.push_back({reason_text(reason), grouped(count)});
    }
    section.blocks.emplace_back(std::move(table));
  }
  add_besides(section, index);
  const std::uint64_t by_log = sum(answer.log.destroyed) + sum(answer.log.removed);
  if (index.returned > 0) {
    section.blocks.emplace_back(
        Paragraph{fmt::format("Of those that were destroyed or removed, a file is back on disk, "
                              "such as from a backup, of {}. They are counted among these too.",
                              grouped(index.returned))});
  }
  const std::uint64_t known = index.gone + index.returned + index.returned_unsure;
  if (known != by_log) {
    std::string text = fmt::format(
        "The index counts {} recordings of these days as destroyed or removed, and this log {}. ",
        grouped(known), grouped(by_log));
    text += answer.log.opening.predecessor
                ? "The log in whose place this one was opened may speak of the others: " +
                      answer.log.opening.predecessor->origin + "."
                : "See which of the two was restored from a backup (expunge check).";
    section.blocks.emplace_back(Paragraph{text, true});
  }
  return section;
}

}  // namespace

Page days_page(const DaysAnswer& answer, const Issue& issue) {
  Page page{"What became of recorded calls",
            answer.days.department + ", " + days_text(answer.days),
            {fmt::format("This says what became of the recordings of the department {} that were "
                         "made {}. It names none of them: of a recording that was destroyed nobody "
                         "keeps whose call it was.",
                         answer.days.department, days_text(answer.days))},
            {},
            "Made on " + moment_text(issue.at) + " by " + issue.tool +
                ", from its log and its index as they were then. Times are those of the machine's "
                "clock."};
  page.sections.push_back({"Who answers", {controller_terms(issue)}});
  add_unknown(page, answer);
  page.sections.push_back(log_answer(answer));
  page.sections.push_back(index_answer(answer));
  page.sections.push_back({"What is claimed, and what is not", {limits("")}});
  Section log = log_section(answer.log.opening, answer.log.by, {});
  log.heading = "Which log";
  page.sections.push_back(std::move(log));
  page.sections.push_back(
      {"What it rests on",
       {Paragraph{"The log was verified up to this checkpoint when the page was made. The page "
                  "itself proves nothing. Of a recording whose number is known there can be a "
                  "certificate that an outsider checks (expunge log certificate)."}}});
  return page;
}

std::string days_json(const DaysAnswer& answer, const Issue& issue) {
  const auto days = [](const ByDay& counts) {
    Json array = Json::array();
    for (const auto& [day, count] : counts) {
      array.push_back({{"on", base::to_text(day)}, {"recordings", count}});
    }
    return array;
  };
  const audit::Checkpoint& checkpoint = answer.log.by.file.note.checkpoint;
  Json json = {
      {"format", "expunge-recorded-days/1"},
      {"made", base::to_text(issue.at)},
      {"department", answer.days.department},
      {"from", base::to_text(answer.days.from)},
      {"to", base::to_text(answer.days.to)},
      {"destroyed", days(answer.log.destroyed)},
      {"removed", days(answer.log.removed)},
      {"destroyed_again", answer.log.destroyed_again},
      {"removed_again", answer.log.removed_again},
      {"without_file", answer.log.without_file},
      {"undated_by_order", answer.log.undated.recordings},
      {"department_unsure_by_order", answer.log.department_unsure.recordings},
      {"partly", answer.log.partly},
      {"nothing_left", answer.log.nothing_left},
      {"index", nullptr},
      {"log", checkpoint.origin},
      {"checkpoint", {{"size", checkpoint.size}, {"root", base::to_hex(checkpoint.root)}}}};
  if (answer.index) {
    Json index;
    for (const plan::Verdict verdict : kVerdicts) {
      index[std::string(plan::to_text(verdict))] = at(*answer.index, verdict);
    }
    index["undated"] = answer.index->undated;
    index["department_unsure"] = answer.index->department_unsure;
    index["failed"] = answer.index->failed;
    index["gone"] = answer.index->gone;
    index["returned"] = answer.index->returned;
    json["index"] = std::move(index);
  }
  return base::printable_json(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace expunge::report
