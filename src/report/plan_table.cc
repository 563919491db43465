#include <fmt/format.h>
#include <fmt/ostream.h>

#include <array>
#include <deque>
#include <ostream>

#include "base/text.h"
#include "report/plan_report.h"
#include "report/size_text.h"

namespace expunge::report {

std::uint64_t PlanHeading::waiting(const plan::Summary& summary) const {
  if (!judgement.narrowed || !judgement.still_on.empty()) return 0;
  return summary.count(plan::Verdict::due).recordings - judgement.approved_due;
}

std::uint64_t PlanHeading::promised() const {
  return judgement.approved_due - permission.without_file - permission.tried;
}

bool PlanFilter::lists(const archive::Recording& recording, const plan::Decision& decision) const {
  if (!department.empty() && department_of(decision, recording) != department) return false;
  return all || decision.verdict != plan::Verdict::kept ||
         !acknowledgeable(decision, recording).empty();
}

std::string tried_sentence(const plan::Summary& summary) {
  return fmt::format("Due, tried by runs and not destroyed: {}, since {} at the earliest. {}",
                     base::grouped(summary.tried.recordings),
                     base::to_text(*summary.tried_since).substr(0, 10), kTriesAgain);
}

const std::string& department_text(const std::string& name) {
  static const std::string kNone = "(none)";
  return name.empty() ? kNone : name;
}

namespace {

using plan::Verdict;

constexpr std::size_t kMaxRows = 1000;

/// No import brings a longer id or department; one row must not make all others as wide.
constexpr std::size_t kMaxShownBytes = 128;

std::string shown(const std::string& text) {
  return base::printable(text, kMaxShownBytes);
}

struct Row {
  std::string id, department, recorded, due, reason;
  std::string cause, remedy;  ///< what can be done about all that have the cause
};

struct Section {
  Verdict verdict;
  const char* title;
  std::deque<Row> rows;
  std::uint64_t more = 0;
};

std::string date_or_dash(const std::optional<base::CivilDate>& date) {
  return date ? base::to_text(*date) : "-";
}

class PlanTable : public PlanReport {
 public:
  PlanTable(std::ostream& out, PlanFilter filter) : out_(out), filter_(std::move(filter)) {}

  void add(const archive::Recording& recording, const plan::Decision& decision) override {
    if (!filter_.lists(recording, decision)) return;
    const std::string cause(acknowledgeable(decision, recording));
    // Those that somebody knows of must not keep a new one from the page.
    Section& attention = decision.acknowledged_until
                             ? acknowledged_
                             : sections_[static_cast<std::size_t>(Verdict::attention)];
    if (!cause.empty()) {
      const std::string remedy(cause != plan::kMissingFile ? plan::remedy(decision.cause)
                               : decision.verdict == Verdict::due
                                   ? plan::remedy_of_missing_file()
                                   : plan::remedy_of_missing_file_not_due());
      put(attention, recording, decision, cause, remedy);
    }
    if (decision.verdict == Verdict::attention) return;
    if (decision.verdict == Verdict::kept && !filter_.all) return;  // listed for its file alone
    if (decision.tried != nullptr && decision.verdict == Verdict::due) {
      const std::string& why = decision.tried->reason;
      put(tried_, recording, decision, why, plan::remedy_of_refusal(why));
    }
    put(sections_[static_cast<std::size_t>(decision.verdict)], recording, decision, "", "");
  }

  void finish(const plan::Summary& summary, const PlanHeading& heading) override {
    fmt::print(out_, "Plan for {}\n\n", heading.for_what);
    print_sentence(summary, heading);
    print_attention(summary);
    print_overdue(out_, summary);
    print_brakes(heading);
    print_departments(summary);
    for (const Verdict verdict : {Verdict::attention, Verdict::held, Verdict::due, Verdict::kept}) {
      print_section(sections_[static_cast<std::size_t>(verdict)]);
      if (verdict != Verdict::attention) continue;
      print_section(acknowledged_);
      print_section(tried_);
    }
    print_falls_due(summary);
    fmt::print(out_, "\nDigest of this plan: {}\n", base::to_hex(summary.digest));
  }

 private:
  static void put(Section& section, const archive::Recording& recording,
                  const plan::Decision& decision, const std::string& cause,
                  const std::string& remedy) {
    if (section.rows.size() == kMaxRows) {
      ++section.more;
      return;
    }
    constexpr std::size_t kMaxReasonBytes = 2000;
    section.rows.push_back(
        {shown(recording.id), shown(department_text(department_of(decision, recording))),
         date_or_dash(decision.recorded_on), date_or_dash(decision.due_day),
         base::printable(reason(decision, recording), kMaxReasonBytes), cause, remedy});
  }

  void print_sentence(const plan::Summary& summary, const PlanHeading& heading) {
    const plan::Count& due = summary.count(Verdict::due);
    if (!heading.judgement.still_on.empty()) {
      fmt::print(out_, "Nothing will be destroyed: a brake is on. Due: {} of {} recordings.\n",
                 base::grouped(due.recordings), base::grouped(summary.recordings));
    } else if (heading.judgement.narrowed) {
      fmt::print(out_, "Will be destroyed, {}: {} of {} recordings; due: {}.\n",
                 by_whose_word(summary, heading.judgement), base::grouped(heading.promised()),
                 base::grouped(summary.recordings), base::grouped(due.recordings));
      print_waiting(heading);
    } else {
      const plan::Count found = due.without(summary.unpromised);
      fmt::print(out_, "Will be destroyed: {} of {} recordings{}.\n",
                 base::grouped(found.recordings), base::grouped(summary.recordings),
                 found.recordings == 0 ? "" : " (" + size_text(found) + ")");
    }
    if (heading.accept == shred::Accept::unlinked) {
      fmt::print(out_,
                 "Where an overwrite cannot reach the bytes, files are removed without overwriting "
                 "(accept = unlinked); such recordings are logged as removed, not as destroyed.\n");
    }
    if (summary.ordered.recordings > 0) {
      fmt::print(out_, "Of the due, ordered to be destroyed whatever the schedule says: {}.\n",
                 base::grouped(summary.ordered.recordings));
    }
    if (summary.in_journal > 0) {
      fmt::print(out_, "Part way: {}.\n", plan::part_way_text(summary, heading.making.run_is_on));
    }
    if (summary.due_without_file.recordings > 0) {
      fmt::print(out_, "Due, but with a file missing when a run last looked for it: {}. {}\n",
                 base::grouped(summary.due_without_file.recordings), kLooksAgain);
    }
    if (summary.not_due_without_file.recordings > 0) {
      fmt::print(out_,
                 "Held or not yet due, with a file missing when a run last looked for it: {}. {}\n",
                 base::grouped(summary.not_due_without_file.recordings), kNotLookedFor);
    }
    if (summary.tried.recordings > 0) fmt::print(out_, "{}\n", tried_sentence(summary));
  }

  void print_attention(const plan::Summary& summary) {
    if (const std::uint64_t attention = summary.attention(); attention > 0) {
      std::string text = "Need attention: " + base::grouped(attention);
      const std::uint64_t odd = summary.count(Verdict::attention).recordings;
      if (odd < attention) text += ": not understood " + base::grouped(odd);
      if (const auto missing = summary.due_without_file.recordings; missing > 0) {
        text += ", due with a file missing " + base::grouped(missing);
      }
      if (const auto missing = summary.not_due_without_file.recordings; missing > 0) {
        text += ", held or not yet due with a file missing " + base::grouped(missing);
      }
      if (const auto known = summary.attention_known(); known > 0) {
        text += "; of these acknowledged, and left aside until a day: " + base::grouped(known);
      }
      fmt::print(out_, "{}.\n", text);
    }
    if (summary.undated_overdue.recordings > 0) {
      fmt::print(out_,
                 "Without a usable date, and in the index for longer than the longest period, so "
                 "overdue: {}, since {} at the earliest.\n",
                 base::grouped(summary.undated_overdue.recordings),
                 base::to_text(*summary.undated_overdue_since));
    }
  }

  static void print_overdue(std::ostream& out, const plan::Summary& summary) {
    if (summary.overdue.recordings == 0) return;
    fmt::print(out, "Past their period by more than {} days: {}, the oldest since {}.\n",
               plan::kMostOverdue.count(), base::grouped(summary.overdue.recordings),
               base::to_text(*summary.oldest_overdue));
  }

  void print_waiting(const PlanHeading& heading) {
    const plan::Permission& permission = heading.permission;
    if (permission.waiting.recordings == 0) return;
    fmt::print(out_,
               "Due, but not in {}{}, so they wait for an approval: {} ({}), the oldest due since "
               "{}.\n  To go on: {}.\n",
               heading.judgement.approval == nullptr ? "an approved plan" : "the approved plan",
               heading.judgement.rule == plan::ApprovalRule::two_person
                   ? ", or ordered by the login that approved it"
                   : "",
               base::grouped(permission.waiting.recordings), size_text(permission.waiting),
               base::to_text(*permission.waiting_since),
               plan::way_to_approve(heading.judgement.rule));
  }

  void print_brakes(const PlanHeading& heading) {
    for (const plan::Brake& brake : heading.judgement.still_on) {
      fmt::print(out_, "\nBrake {}: {}.\n  To go on: {}.\n", brake.name,
                 base::one_line(brake.message), brake.way_on_text);
    }
    if (const std::string way = plan::way_past_together(heading.judgement); !way.empty()) {
      fmt::print(out_, "\nTo pass the {}.\n", way);
    }
    if (const archive::Approval* approval = heading.judgement.approval; approval != nullptr) {
      fmt::print(out_, "\nApproved by {} at {}: plan {}, recordings: {}.\n",
                 base::printable(approval->user), base::to_text(approval->approved_at),
                 base::printable(approval->plan, 16), base::grouped(approval->due));
    }
  }

  void print_departments(const plan::Summary& summary) {
    std::size_t width = std::string_view("Department").size();
    for (const auto& [name, counts] : summary.by_department) {
      width = std::max(width, shown(department_text(name)).size());
    }
    fmt::print(out_, "\n{:{}} {:>10} {:>10} {:>10} {:>10}\n", "Department", width, "attention",
               "kept", "held", "due");
    const auto line = [&](const std::string& name, const std::map<Verdict, plan::Count>& counts) {
      const auto count = [&](Verdict verdict) {
        const auto found = counts.find(verdict);
        return found == counts.end() ? 0 : found->second.recordings;
      };
      fmt::print(out_, "{:{}} {:>10} {:>10} {:>10} {:>10}\n", name, width,
                 base::grouped(count(Verdict::attention)), base::grouped(count(Verdict::kept)),
                 base::grouped(count(Verdict::held)), base::grouped(count(Verdict::due)));
    };
    for (const auto& [name, counts] : summary.by_department)
      line(shown(department_text(name)), counts);
    line("All", summary.total);
  }

  void print_section(const Section& section) {
    if (section.rows.empty()) return;
    fmt::print(out_, "\n{}\n", section.title);
    std::size_t id_width = 9;
    std::size_t department_width = 10;
    for (const Row& row : section.rows) {
      id_width = std::max(id_width, row.id.size());
      department_width = std::max(department_width, row.department.size());
    }
    fmt::print(out_, "  {:{}}  {:{}}  {:10}  {:10}  {}\n", "Recording", id_width, "Department",
               department_width, "Recorded", "Due", "Reason");
    for (const Row& row : section.rows) {
      fmt::print(out_, "  {:{}}  {:{}}  {:10}  {:10}  {}\n", row.id, id_width, row.department,
                 department_width, row.recorded, row.due, row.reason);
    }
    if (section.more > 0) {
      fmt::print(out_, "  … and {} more; expunge plan --format csv lists them all\n",
                 base::grouped(section.more));
    }
    if (&section == &tried_) print_remedies(section);
    if (&section == &sections_[static_cast<std::size_t>(Verdict::attention)]) {
      print_remedies(section);
      fmt::print(out_,
                 "What is known and must wait can be left aside for at most 90 days: expunge "
                 "acknowledge.\n");
    }
  }

  void print_remedies(const Section& section) {
    // A missing file alone has two remedies.
    std::map<std::pair<std::string_view, std::string_view>, std::uint64_t> causes;
    for (const Row& row : section.rows) ++causes[{row.cause, row.remedy}];
    fmt::print(out_, "\nWhat can be done\n");
    for (const auto& [cause, count] : causes) {
      fmt::print(out_, "  {:>6}  {}: {}\n", base::grouped(count), cause.first, cause.second);
    }
  }

  void print_falls_due(const plan::Summary& summary) {
    if (summary.falls_due.empty()) return;
    fmt::print(out_, "\nFalls due in the 30 days after\n");
    for (const auto& [day, count] : summary.falls_due) {
      fmt::print(out_, "  {}  {:>10}  {:>10}\n", base::to_text(day),
                 base::grouped(count.recordings), size_text(count));
    }
  }

  std::ostream& out_;
  PlanFilter filter_;
  std::array<Section, plan::kVerdicts> sections_{{{Verdict::attention, "Needs attention", {}, 0},
                                                  {Verdict::kept, "Kept", {}, 0},
                                                  {Verdict::held, "Held", {}, 0},
                                                  {Verdict::due, "Due", {}, 0}}};
  Section acknowledged_{Verdict::attention, "Needs attention, and acknowledged", {}, 0};
  Section tried_{Verdict::due, kTriedTitle, {}, 0};
};

}  // namespace

bool goes_by_orders(const plan::Summary& summary, const plan::Judgement& judgement) {
  return summary.ordered.recordings > 0 && !judgement.orders_need_approval;
}

const char* by_whose_word(const plan::Summary& summary, const plan::Judgement& judgement) {
  if (!goes_by_orders(summary, judgement)) return "as approved";
  return judgement.approval == nullptr ? "as ordered" : "as approved or ordered";
}

std::unique_ptr<PlanReport> plan_table(std::ostream& out, const PlanFilter& filter) {
  return std::make_unique<PlanTable>(out, filter);
}

}  // namespace expunge::report
