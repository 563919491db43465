#include "report/plan_page.h"

#include <fmt/format.h>

#include <ostream>

#include "base/text.h"
#include "report/certificate_parts.h"

namespace expunge::report {
namespace {

using plan::Verdict;

constexpr std::size_t kMaxRows = 5000;
constexpr std::size_t kMaxRowsOfCause = 500;

/// No import brings a longer id or department; what did come in past it must not fill a page.
constexpr std::size_t kMaxIdBytes = 128;
constexpr std::size_t kMaxReasonBytes = 2000;

std::string clipped(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) >> 6U) == 2) --end;
  return std::string(text.substr(0, end)) + "…";
}

std::string date_text(const std::optional<base::CivilDate>& date) {
  return date ? base::to_text(*date) : "";
}

class PlanPage : public PlanReport {
 public:
  PlanPage(std::ostream& out, PlanFilter filter) : out_(out), filter_(std::move(filter)) {}

  void add(const archive::Recording& recording, const plan::Decision& decision) override {
    if (!filter_.lists(recording, decision)) return;
    const plan::Size size = plan::size_of(recording);
    const bool is_held = decision.verdict == Verdict::held;
    for (const archive::Hold* hold : decision.holds) {
      if (is_held) rows_.held_by[hold->reference].add(size);
    }
    put(list_of(decision), decision.verdict == Verdict::attention ? kMaxRowsOfCause : kMaxRows,
        recording, decision);
    if (acknowledgeable(decision, recording) == plan::kMissingFile) {
      Listed& missing = decision.verdict == Verdict::due ? rows_.missing : rows_.missing_not_due;
      put(decision.acknowledged_until ? rows_.acknowledged : missing, kMaxRowsOfCause, recording,
          decision);
    }
    if (decision.tried != nullptr && decision.verdict == Verdict::due) {
      put(rows_.tried[decision.tried->reason], kMaxRowsOfCause, recording, decision);
    }
  }

  void finish(const plan::Summary& summary, const PlanHeading& heading) override {
    Page page;
    page.title = "Plan for " + weekday_text(heading.day);
    page.about = is_stated(heading.making.controller) ? heading.making.controller : "";
    page.subtitle = (page.about.empty() ? "" : page.about + ". ") + "The dry run for " +
                    heading.for_what + ". Nothing was changed to make it.";
    page.contents = true;
    page.lead = {what_will_happen(summary, heading), false};
    page.sections = {brakes_section(summary, heading), departments_section(summary, heading),
                     attention_section(rows_, filter_, heading)};
    if (!rows_.tried.empty()) page.sections.push_back(tried_section(rows_, filter_, heading));
    page.sections.push_back(held_section(rows_, filter_, heading));
    page.sections.push_back(due_section(rows_, summary, filter_, heading));
    if (filter_.all) page.sections.push_back(kept_section(rows_, filter_, heading));
    page.sections.push_back(falls_due_section(summary));
    page.sections.push_back(age_section(summary));
    page.sections.push_back(approval_section(summary, heading));
    page.sections.push_back(making_section(heading));
    page.foot =
        fmt::format("Made by {} on {}.", heading.making.program, moment_text(heading.making.at));
    out_ << page_html(page);
  }

 private:
  static void put(Listed& list, std::size_t limit, const archive::Recording& recording,
                  const plan::Decision& decision) {
    list.count.add(plan::size_of(recording));
    if (list.rows.size() == limit) return;
    list.rows.push_back({clipped(recording.id, kMaxIdBytes),
                         clipped(department_text(department_of(decision, recording)), kMaxIdBytes),
                         date_text(decision.recorded_on),
                         clipped(reason(decision, recording), kMaxReasonBytes)});
  }

  Listed& list_of(const plan::Decision& decision) {
    switch (decision.verdict) {
      case Verdict::attention:
        return decision.acknowledged_until ? rows_.acknowledged : rows_.attention[decision.cause];
      case Verdict::held:
        return rows_.held;
      case Verdict::kept:
        return rows_.kept;
      case Verdict::due:
        break;
    }
    return rows_.due;
  }

  std::ostream& out_;
  PlanFilter filter_;
  PlanRows rows_;
};

}  // namespace

std::unique_ptr<PlanReport> plan_html(std::ostream& out, const PlanFilter& filter) {
  return std::make_unique<PlanPage>(out, filter);
}

}  // namespace expunge::report
