#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/text.h"
#include "report/certificate_parts.h"
#include "report/plan_page.h"
#include "report/size_text.h"

// The sections of figures alone.
namespace expunge::report {
namespace {

using plan::Verdict;
using std::chrono::year_month;

constexpr std::array<const char*, 7> kWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                  "Thursday", "Friday", "Saturday"};

/// Of more months than these an archive is shown by years, and of more years the older in one.
constexpr std::size_t kMaxMonths = 24;
constexpr std::size_t kMaxYears = 30;

std::string month_text(year_month month) {
  const std::string day = day_text(month / std::chrono::day{1});
  return day.substr(day.find(' ') + 1);
}

/// `Nov 2026`.
std::string short_month(year_month month) {
  const std::string text = month_text(month);
  return text.substr(0, 3) + text.substr(text.find(' '));
}

struct Bin {
  std::string name, label;
  plan::Count count;
};

/// A chart of `bins`, and the table of the same with the lines of `more` below.
Chart chart_of(const std::string& title, const std::string& of, const std::vector<Bin>& bins,
               const std::vector<Bin>& more) {
  Chart chart;
  chart.title = title;
  chart.table = {title, {{of}, {"Recordings", true}, {"Size", true}}, {}};
  const Bin* most = &bins.front();
  std::uint64_t all = 0;
  for (const Bin& bin : bins) {
    chart.bars.push_back({bin.label, bin.count.recordings});
    if (bin.count.recordings > most->count.recordings) most = &bin;
    all += bin.count.recordings;
  }
  chart.description = fmt::format(
      "A bar for each of {}, from {} to {}; together {}. None is longer than {}'s, of {}. The "
      "table below has the same figures.",
      bins.size(), bins.front().name, bins.back().name, recordings_text(all), most->name,
      recordings_text(most->count.recordings));
  for (const auto* const part : {&bins, &more}) {
    for (const Bin& bin : *part) {
      chart.table.rows.push_back(
          {bin.name, base::grouped(bin.count.recordings), size_text(bin.count)});
    }
  }
  return chart;
}

plan::Count count_in(const std::map<year_month, plan::Count>& counts, year_month month) {
  const auto found = counts.find(month);
  return found == counts.end() ? plan::Count{} : found->second;
}

std::vector<Bin> by_month(const std::map<year_month, plan::Count>& counts, year_month from,
                          year_month to) {
  std::vector<Bin> bins;
  for (year_month month = from; month <= to; month += std::chrono::months{1}) {
    bins.push_back({month_text(month), short_month(month), count_in(counts, month)});
  }
  return bins;
}

std::vector<Bin> by_year(const std::map<year_month, plan::Count>& counts) {
  const int newest = static_cast<int>(counts.rbegin()->first.year());
  const int oldest = static_cast<int>(counts.begin()->first.year());
  const int first = std::max(oldest, newest - static_cast<int>(kMaxYears) + 1);
  std::vector<Bin> bins;
  for (int year = first; year <= newest; ++year) {
    bins.push_back({std::to_string(year), std::to_string(year), {}});
  }
  if (first > oldest) {
    bins.front().name += " and before";
    bins.front().label = "to " + bins.front().label;
  }
  for (const auto& [month, count] : counts) {
    const int year = std::max(static_cast<int>(month.year()), first);
    plan::Count& sum = bins[static_cast<std::size_t>(year - first)].count;
    sum.add(count);
  }
  return bins;
}

std::string brake_names(const PlanHeading& heading) {
  std::string names;
  for (const plan::Brake& brake : heading.judgement.still_on) {
    names += (names.empty() ? "" : ", ") + brake.name;
  }
  return names;
}

std::string approve_line(const plan::Summary& summary, const PlanHeading& heading) {
  return fmt::format("{} approve {} --reason 'plan read and found right'{}", heading.making.call,
                     base::to_hex(summary.digest), heading.making.as_of);
}

/// What is due and waits, because approval is the rule or a brake asks for it.
void add_waiting(Section& section, const PlanHeading& heading) {
  const plan::Permission& permission = heading.permission;
  if (permission.waiting.recordings == 0) return;
  section.blocks.emplace_back(Heading{"Waiting for an approval"});
  section.blocks.emplace_back(Paragraph{
      fmt::format("{} ({}) are due and not in {}, so they wait; the oldest has been due since {}.",
                  recordings_text(permission.waiting.recordings), size_text(permission.waiting),
                  heading.judgement.approval == nullptr ? "an approved plan" : "the approved plan",
                  day_text(*permission.waiting_since)),
      true});
  section.blocks.emplace_back(
      Paragraph{"To go on: " + plan::way_to_approve(heading.judgement.rule) + ".", false});
}

/// What is due and cannot be promised: the plan does not look at the disk.
std::string missed_text(std::uint64_t without_file, std::uint64_t tried) {
  std::string text;
  if (without_file > 0) {
    text += fmt::format(", and what is found of {} more, of which a file was missing",
                        base::grouped(without_file));
  }
  if (tried > 0) {
    text += fmt::format(
        ", and {} more that runs tried and did not destroy, if what stopped them is "
        "gone",
        base::grouped(tried));
  }
  return text;
}

bool wants_approval(const plan::Summary& summary, const PlanHeading& heading) {
  const auto& on = heading.judgement.still_on;
  return heading.waiting(summary) > 0 || std::any_of(on.begin(), on.end(), [](const auto& brake) {
           return brake.way_on == plan::Brake::WayOn::approval;
         });
}

}  // namespace

std::string recordings_text(std::uint64_t count) {
  return base::grouped(count) + (count == 1 ? " recording" : " recordings");
}

std::string weekday_text(base::CivilDate day) {
  const std::chrono::weekday weekday{std::chrono::sys_days{day}};
  return std::string(kWeekdays.at(weekday.c_encoding())) + " " + day_text(day);
}

std::string what_will_happen(const plan::Summary& summary, const PlanHeading& heading) {
  const std::uint64_t due = summary.count(Verdict::due).recordings;
  const std::string of_all =
      fmt::format("{} of {}", base::grouped(due), recordings_text(summary.recordings));
  const plan::Judgement& judgement = heading.judgement;
  if (!judgement.still_on.empty()) {
    const char* const brake = judgement.still_on.size() == 1 ? "a brake is" : "brakes are";
    return fmt::format("Nothing will be destroyed, because {} on ({}); due: {}.", brake,
                       brake_names(heading), of_all);
  }
  if (due == 0) return "Nothing is due, so nothing will be destroyed.";
  if (judgement.narrowed) {
    const std::uint64_t waiting = heading.waiting(summary);
    return fmt::format(
        "{} will be destroyed, {}{}{}; due: {}.", recordings_text(heading.promised()),
        judgement.approval != nullptr
            ? "as " + judgement.approval->user + " approved" +
                  (goes_by_orders(summary, judgement) ? " or was ordered" : "")
            : "because no valid approval covers more",
        missed_text(heading.permission.without_file, heading.permission.tried),
        waiting == 0 ? ""
                     : fmt::format(", and {} more ({}, the oldest due since {}) must wait for an "
                                   "approval",
                                   base::grouped(waiting), size_text(heading.permission.waiting),
                                   day_text(*heading.permission.waiting_since)),
        of_all);
  }
  const plan::Count found = summary.count(Verdict::due).without(summary.unpromised);
  return fmt::format(
      "{} of {}{} will be destroyed{}.", base::grouped(found.recordings),
      recordings_text(summary.recordings),
      found.recordings == 0 ? "" : " (" + size_text(found) + ")",
      missed_text(summary.due_without_file.recordings, summary.tried_with_files.size()));
}

Section brakes_section(const plan::Summary& summary, const PlanHeading& heading) {
  Section section{"Brakes", {}};
  if (heading.judgement.still_on.empty()) {
    section.blocks.emplace_back(Paragraph{"No brake is on.", false});
  } else {
    section.blocks.emplace_back(
        Paragraph{"While a brake is on, nothing is destroyed, on that night or any other, until a "
                  "person has gone on in the way that it names.",
                  false});
  }
  for (const plan::Brake& brake : heading.judgement.still_on) {
    section.blocks.emplace_back(Heading{"The brake " + brake.name});
    section.blocks.emplace_back(Paragraph{base::one_line(brake.message) + ".", true});
    section.blocks.emplace_back(Paragraph{"To go on: " + brake.way_on_text + ".", false});
  }
  if (const std::string way = plan::way_past_together(heading.judgement); !way.empty()) {
    section.blocks.emplace_back(Paragraph{"To pass the " + way + ".", false});
  }
  add_waiting(section, heading);
  if (wants_approval(summary, heading)) {
    section.blocks.emplace_back(Paragraph{
        "The line that approves this plan stands under “Digest and approval”, after what there is "
        "to read before.",
        false});
  }
  Bullets notes;
  if (heading.accept == shred::Accept::unlinked) {
    notes.emplace_back(
        "Where an overwrite cannot reach the bytes, files are removed without overwriting (accept "
        "= unlinked); such recordings are logged as removed, not as destroyed.");
  }
  if (summary.in_journal > 0) {
    notes.push_back("Part way: " + plan::part_way_text(summary, heading.making.run_is_on) + ".");
  }
  if (summary.due_without_file.recordings > 0) {
    notes.push_back("Due, but with a file missing when a run last looked for it: " +
                    recordings_text(summary.due_without_file.recordings) + ". " + kLooksAgain);
  }
  if (summary.not_due_without_file.recordings > 0) {
    notes.push_back("Held or not yet due, with a file missing when a run last looked for it: " +
                    recordings_text(summary.not_due_without_file.recordings) + ". " +
                    kNotLookedFor);
  }
  if (summary.tried.recordings > 0) notes.push_back(tried_sentence(summary));
  if (summary.overdue.recordings > 0) {
    notes.push_back(fmt::format("Past their period by more than {} days: {}, the oldest since {}.",
                                plan::kMostOverdue.count(),
                                recordings_text(summary.overdue.recordings),
                                day_text(*summary.oldest_overdue)));
  }
  if (!notes.empty()) {
    section.blocks.emplace_back(Heading{"Also to know"});
    section.blocks.emplace_back(std::move(notes));
  }
  return section;
}

Section departments_section(const plan::Summary& summary, const PlanHeading& heading) {
  Table table{"Recordings by department, and what the plan says of them",
              {{"Department"},
               {"Kept for"},
               {"Attention", true},
               {"Kept", true},
               {"Held", true},
               {"Due", true},
               {"Size of the due", true}},
              {}};
  const auto add = [&](const std::string& name, const std::string& period,
                       const std::map<Verdict, plan::Count>& counts) {
    const auto count = [&](Verdict verdict) {
      const auto found = counts.find(verdict);
      return found == counts.end() ? plan::Count{} : found->second;
    };
    constexpr std::size_t kMaxNameBytes = 128;
    table.rows.push_back({name.size() > kMaxNameBytes ? base::printable(name, kMaxNameBytes) : name,
                          period, base::grouped(count(Verdict::attention).recordings),
                          base::grouped(count(Verdict::kept).recordings),
                          base::grouped(count(Verdict::held).recordings),
                          base::grouped(count(Verdict::due).recordings),
                          size_text(count(Verdict::due))});
  };
  for (const auto& [name, counts] : summary.by_department) {
    const policy::Department* const known =
        heading.making.schedule == nullptr ? nullptr : heading.making.schedule->find(name);
    add(department_text(name),
        known == nullptr ? "not in the schedule" : policy::to_text(known->period), counts);
  }
  add("All", "", summary.total);
  return {
      "By department",
      {Bullets{
           "Attention: something is not understood, and a person must look.",
           "Kept: the retention period is not over.",
           "Held: the period is over, or its destruction is ordered, and a hold says to keep it.",
           "Due: the period is over, or its destruction is ordered, and nothing says to keep it."},
       std::move(table)}};
}

Section falls_due_section(const plan::Summary& summary) {
  Section section{"What falls due over the next 12 months", {}};
  const base::CivilDate from{std::chrono::sys_days{summary.today} + std::chrono::days{1}};
  const base::CivilDate to = plan::falls_due_until(summary.today);
  std::uint64_t all = 0;
  for (const auto& [month, count] : summary.falls_due_in) all += count.recordings;
  section.blocks.emplace_back(Paragraph{
      fmt::format("From {} to {}, {} will fall due; holds are not looked at, nor what is yet to be "
                  "recorded. Later: {}.",
                  day_text(from), day_text(to), recordings_text(all),
                  base::grouped(summary.falls_due_later.recordings)),
      false});
  if (all == 0) return section;
  std::vector<Bin> bins =
      by_month(summary.falls_due_in, from.year() / from.month(), to.year() / to.month());
  if (from.day() != std::chrono::day{1}) bins.front().name += ", from " + day_text(from);
  bins.back().name += ", to " + day_text(to);
  section.blocks.emplace_back(chart_of("Recordings that fall due, by month", "Month", bins,
                                       {{"Later", "", summary.falls_due_later}}));
  return section;
}

Section age_section(const plan::Summary& summary) {
  Section section{"The archive by age", {}};
  if (summary.recorded_in.empty()) {
    section.blocks.emplace_back(Paragraph{"No recording in the index has a date.", false});
    return section;
  }
  const year_month first = summary.recorded_in.begin()->first;
  const year_month last = summary.recorded_in.rbegin()->first;
  const bool months = last - first < std::chrono::months{kMaxMonths};
  const std::vector<Bin> bins =
      months ? by_month(summary.recorded_in, first, last) : by_year(summary.recorded_in);
  section.blocks.emplace_back(Paragraph{
      fmt::format("The oldest recordings are of {}, the newest of {}; without a date that can be "
                  "true: {}.",
                  month_text(first), month_text(last),
                  base::grouped(summary.without_date.recordings)),
      false});
  section.blocks.emplace_back(
      chart_of(months ? "Recordings in the archive, by month of recording"
                      : "Recordings in the archive, by year of recording",
               months ? "Month" : "Year", bins,
               {{"Without a date that can be true", "", summary.without_date}}));
  return section;
}

Section approval_section(const plan::Summary& summary, const PlanHeading& heading) {
  Section section{"Digest and approval", {}};
  section.blocks.emplace_back(
      Terms{{"Digest of this plan", base::to_hex(summary.digest), true},
            {"Recordings in it", base::grouped(summary.count(Verdict::due).recordings)}});
  if (const archive::Approval* approval = heading.judgement.approval; approval != nullptr) {
    section.blocks.emplace_back(Terms{{"Approved by", approval->user},
                                      {"Approved on", moment_text(approval->approved_at)},
                                      {"Plan approved", approval->plan, true},
                                      {"Recordings in that", base::grouped(approval->due)}});
  }
  const bool wanted = wants_approval(summary, heading);
  section.blocks.emplace_back(Paragraph{
      wanted ? "Nothing in this plan is destroyed without a person’s approval. If you have read it "
               "and found it right, this line approves it, for seven days:"
             : "No approval is needed for this plan. If one is asked for before the run, this line "
               "gives it:",
      false});
  section.blocks.emplace_back(Commands{{approve_line(summary, heading)}});
  section.blocks.emplace_back(
      Paragraph{"The plan is then made again, and must have the same digest: what was read is what "
                "is approved.",
                false});
  return section;
}

Section making_section(const PlanHeading& heading) {
  const PlanMaking& making = heading.making;
  Terms terms;
  if (is_stated(making.controller)) terms.push_back({"Controller", making.controller});
  if (is_stated(making.contact)) terms.push_back({"Contact", making.contact});
  terms.push_back({"For", heading.for_what});
  terms.push_back({"Made", moment_text(making.at)});
  terms.push_back({"Program", making.program});
  terms.push_back({"Configuration", making.config, true});
  terms.push_back({"Index", making.index, true});
  if (making.schedule != nullptr) {
    if (!making.schedule->reference.empty()) {
      terms.push_back({"Retention schedule", making.schedule->reference});
    }
    terms.push_back({"Days counted in", making.schedule->time_zone.name()});
  }
  return {"How this page was made",
          {std::move(terms),
           Paragraph{"It was made from the index, the retention schedule and the log. The "
                     "recordings themselves were not looked at; sizes are as the index knows "
                     "them. Keep this page as you keep the index: it names recordings, and what "
                     "is said to be wrong with one may name its path.",
                     false}}};
}

}  // namespace expunge::report
