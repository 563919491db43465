#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "policy/hold_kind.h"
#include "report/certificate_parts.h"
#include "report/hold_report.h"
#include "report/plan_page.h"
#include "report/size_text.h"

// The sections that name recordings.
namespace expunge::report {
namespace {

constexpr std::size_t kGroupRows = 500;
constexpr std::size_t kMaxHolds = 1000;

/// A cause as a heading.
std::string_view words_of(plan::Cause cause) {
  switch (cause) {
    case plan::Cause::not_yet:
    case plan::Cause::period_over:
    case plan::Cause::under_hold:
    case plan::Cause::ordered:
      break;
    case plan::Cause::no_date:
      return "No date";
    case plan::Cause::date_too_early:
      return "A date too early to be true";
    case plan::Cause::date_in_the_future:
      return "A date in the future, or later than its import";
    case plan::Cause::unknown_department:
      return "A department that the retention schedule does not name";
    case plan::Cause::path_outside_root:
      return "A path that could lead out of the archive";
    case plan::Cause::no_file:
      return "No file listed";
    case plan::Cause::malformed:
      return "Written to the index past expunge";
    case plan::Cause::contradicted:
      return "A later import, or the log, says otherwise";
    case plan::Cause::came_back:
      return "Back after its destruction";
    case plan::Cause::undated_overdue:
      return "No usable date, and kept for longer than the longest period";
    case plan::Cause::perhaps_held:
      return "Perhaps a segment of a held call";
  }
  return plan::to_text(cause);
}

std::string span_of(const Rows& rows, std::size_t first, std::size_t end) {
  constexpr std::size_t kRecorded = 2;
  const std::string& from = rows[first][kRecorded];
  const std::string& to = rows[end - 1][kRecorded];
  if (from.empty() && to.empty()) return "";
  if (from == to) return ": recorded on " + to;
  return ": recorded from " + (from.empty() ? "an unknown day" : from) + " to " + to;
}

/// Its kind, and what is on its way: a release that has not taken effect holds nothing back less.
std::string kind_text(const archive::Hold& hold) {
  const policy::HoldKind* const kind = policy::find_hold_kind(hold.kind);
  std::string name = kind == nullptr ? hold.kind : fmt::format("{} ({})", kind->words, hold.kind);
  if (hold.awaits_confirmation()) return name + "; a second person must confirm its release";
  if (!hold.effective_on) return name;
  return fmt::format("{}; released, in force through {}", name,
                     base::to_text(last_day_of_hold(*hold.effective_on)));
}

std::string review_text(const archive::Hold& hold) {
  if (hold.effective_on) return "";
  const auto on = hold.reviews.empty() ? hold.review_on : hold.reviews.back().until;
  return on ? base::to_text(*on) : "";
}

/// What stands in the list, in groups; nothing where there is nothing.
void add_listing(Section& section, const Listed& listed, const std::string& id,
                 const std::string& name, const std::string& why, const PlanFilter& filter,
                 const PlanHeading& heading) {
  const Rows& rows = listed.rows;
  if (rows.empty()) return;
  if (rows.size() < listed.count.recordings) {
    section.blocks.emplace_back(Paragraph{
        fmt::format("Only the first {} of them are listed here, oldest first. This command lists "
                    "all of them, for a spreadsheet:",
                    base::grouped(rows.size())),
        false});
    section.blocks.emplace_back(
        Commands{{heading.making.call + " plan --format csv --spreadsheet --output plan.csv" +
                  heading.making.as_of + (filter.all ? " --all" : "")}});
  }
  Listing listing{
      id,
      name,
      {{"Recording", false, true}, {"Department"}, {"Recorded", false, false, true}, {why}},
      {}};
  for (std::size_t first = 0; first < rows.size(); first += kGroupRows) {
    const std::size_t end = std::min(first + kGroupRows, rows.size());
    const auto at = [&](std::size_t i) { return rows.begin() + static_cast<std::ptrdiff_t>(i); };
    const std::string caption =
        rows.size() <= kGroupRows
            ? "Which recordings"
            : fmt::format("Recordings {} to {}", base::grouped(first + 1), base::grouped(end));
    listing.groups.push_back({caption + span_of(rows, first, end), Rows(at(first), at(end))});
  }
  section.blocks.emplace_back(std::move(listing));
}

/// What of the plan is listed, where it is not all.
void add_filter(Section& section, const PlanFilter& filter) {
  if (filter.department.empty()) return;
  section.blocks.emplace_back(
      Paragraph{"Of the department " + base::one_line(filter.department) +
                    " alone, as asked; the sentence at the head, the figures by department and the "
                    "digest are of all departments.",
                false});
}

/// Of so many recordings something is not understood; so many are due, and lack a file; and so
/// many others lack one.
std::string needs_attention_text(std::uint64_t odd, std::uint64_t missing, std::uint64_t others) {
  std::string text;
  if (odd > 0) {
    text = fmt::format(
        "Something is not understood about {}. None of these is destroyed until a person "
        "has put it right. ",
        recordings_text(odd));
  }
  if (missing > 0) {
    text += fmt::format(
        "{} {} due, with a file that was missing when a run last looked for it. Each run looks "
        "again, and "
        "destroys what it finds. ",
        recordings_text(missing), missing == 1 ? "is" : "are");
  }
  if (others > 0) {
    text += fmt::format(
        "{} {} held or not yet due, with a file that was missing when a run last "
        "looked for it. {} ",
        recordings_text(others), others == 1 ? "is" : "are", kNotLookedFor);
  }
  text.pop_back();
  return text;
}

void add_missing(Section& section, const Listed& listed, bool are_due, const PlanFilter& filter,
                 const PlanHeading& heading) {
  if (listed.count.recordings == 0) return;
  const char* const title =
      are_due ? "Due, and a file is missing" : "Held or not yet due, and a file is missing";
  const std::string remedy =
      are_due ? plan::remedy_of_missing_file() : plan::remedy_of_missing_file_not_due();
  section.blocks.emplace_back(
      Heading{fmt::format("{}: {}", title, recordings_text(listed.count.recordings))});
  section.blocks.emplace_back(Paragraph{"What to do: " + std::string(remedy) + ".", false});
  const std::string id = "attention-" + std::string(plan::kMissingFile);
  add_listing(section, listed, are_due ? id : id + "-not-due", title, "What is wrong", filter,
              heading);
}

void add_acknowledged(Section& section, const Listed& listed, const PlanFilter& filter,
                      const PlanHeading& heading) {
  if (listed.count.recordings == 0) return;
  section.blocks.emplace_back(
      Heading{fmt::format("Acknowledged: {}", recordings_text(listed.count.recordings))});
  section.blocks.emplace_back(
      Paragraph{"Somebody knows why these need attention, and has said until when nobody need be "
                "told again. They are not destroyed either, but for what is found of those that "
                "are due and lack a file: each run looks again.",
                false});
  add_listing(section, listed, "attention-acknowledged", "Acknowledged", "What is wrong", filter,
              heading);
}

}  // namespace

Section attention_section(const PlanRows& rows, const PlanFilter& filter,
                          const PlanHeading& heading) {
  Section section{"Needs attention", {}};
  add_filter(section, filter);
  const std::uint64_t missing = rows.missing.count.recordings;
  const std::uint64_t others = rows.missing_not_due.count.recordings;
  if (rows.attention.empty() && missing == 0 && others == 0) {
    section.blocks.emplace_back(
        Paragraph{rows.acknowledged.count.recordings == 0
                      ? "No recording needs attention."
                      : "No recording needs attention that nobody has acknowledged.",
                  false});
    add_acknowledged(section, rows.acknowledged, filter, heading);
    return section;
  }
  std::uint64_t all = 0;
  for (const auto& [cause, listed] : rows.attention) all += listed.count.recordings;
  std::string text = needs_attention_text(all, missing, others);
  section.blocks.emplace_back(Paragraph{std::move(text), false});
  for (const auto& [cause, listed] : rows.attention) {
    section.blocks.emplace_back(
        Heading{fmt::format("{}: {}", words_of(cause), recordings_text(listed.count.recordings))});
    section.blocks.emplace_back(
        Paragraph{"What to do: " + std::string(plan::remedy(cause)) + ".", false});
    add_listing(section, listed, "attention-" + std::string(plan::to_text(cause)),
                std::string(words_of(cause)), "What is wrong", filter, heading);
  }
  add_missing(section, rows.missing, true, filter, heading);
  add_missing(section, rows.missing_not_due, false, filter, heading);
  add_acknowledged(section, rows.acknowledged, filter, heading);
  return section;
}

Section tried_section(const PlanRows& rows, const PlanFilter& filter, const PlanHeading& heading) {
  Section section{kTriedTitle, {}};
  add_filter(section, filter);
  std::uint64_t all = 0;
  for (const auto& [reason, listed] : rows.tried) all += listed.count.recordings;
  section.blocks.emplace_back(
      Paragraph{fmt::format("Of the due, runs tried to destroy {}, and did not. {}",
                            recordings_text(all), kTriesAgain),
                false});
  for (const auto& [reason, listed] : rows.tried) {
    std::string why = plan::why_refused(reason);
    if (why.front() >= 'a' && why.front() <= 'z')
      why.front() = static_cast<char>(why.front() - 'a' + 'A');
    section.blocks.emplace_back(
        Heading{fmt::format("{}: {}", why, recordings_text(listed.count.recordings))});
    section.blocks.emplace_back(
        Paragraph{"What to do: " + plan::remedy_of_refusal(reason) + ".", false});
    add_listing(section, listed, "tried-" + reason, why, "Why", filter, heading);
  }
  return section;
}

Section held_section(const PlanRows& rows, const PlanFilter& filter, const PlanHeading& heading) {
  Section section{"Held", {}};
  add_filter(section, filter);
  const std::vector<archive::Hold>& holds = heading.making.holds;
  if (holds.empty()) {
    section.blocks.emplace_back(Paragraph{"No hold is in force.", false});
    return section;
  }
  section.blocks.emplace_back(
      Paragraph{rows.held.count.recordings == 0
                    ? "The holds in force keep no recording that is due."
                    : fmt::format("Holds keep {} past the retention period, or ordered to be "
                                  "destroyed before it is over. Releasing a hold lets them fall "
                                  "due again.",
                                  recordings_text(rows.held.count.recordings)),
                false});
  Table table{"Holds in force, and the due recordings that each keeps",
              {{"Hold", false, true},
               {"Kind"},
               {"In force since", false, false, true},
               {"Look again on", false, false, true},
               {"Recordings", true},
               {"Size", true}},
              {}};
  for (const archive::Hold& hold : holds) {
    if (table.rows.size() == kMaxHolds) break;
    const auto found = rows.held_by.find(hold.reference);
    const plan::Count held = found == rows.held_by.end() ? plan::Count{} : found->second;
    table.rows.push_back({hold.reference, kind_text(hold),
                          base::to_text(hold.placed_at).substr(0, 10), review_text(hold),
                          base::grouped(held.recordings), size_text(held)});
  }
  section.blocks.emplace_back(std::move(table));
  if (holds.size() > kMaxHolds) {
    section.blocks.emplace_back(
        Paragraph{fmt::format("The first {} of {} holds; this command lists them all:",
                              base::grouped(kMaxHolds), base::grouped(holds.size())),
                  false});
    section.blocks.emplace_back(Commands{{heading.making.call + " hold list"}});
  }
  add_listing(section, rows.held, "held", "held recordings", "Held by", filter, heading);
  return section;
}

Section due_section(const PlanRows& rows, const plan::Summary& summary, const PlanFilter& filter,
                    const PlanHeading& heading) {
  Section section{"Due", {}};
  add_filter(section, filter);
  std::string text =
      rows.due.count.recordings == 0
          ? "No recording is due."
          : fmt::format(
                "{} ({}) are past their retention period{}, and no hold covers them.",
                recordings_text(rows.due.count.recordings), size_text(rows.due.count),
                summary.ordered.recordings > 0 ? ", or ordered to be destroyed before it" : "");
  section.blocks.emplace_back(Paragraph{std::move(text), false});
  add_listing(section, rows.due, "due", "due recordings", "Why", filter, heading);
  return section;
}

Section kept_section(const PlanRows& rows, const PlanFilter& filter, const PlanHeading& heading) {
  Section section{"Kept", {}};
  add_filter(section, filter);
  section.blocks.emplace_back(Paragraph{
      rows.kept.count.recordings == 0
          ? "No recording is within its retention period."
          : fmt::format("{} ({}) within the retention period.",
                        recordings_text(rows.kept.count.recordings), size_text(rows.kept.count)),
      false});
  add_listing(section, rows.kept, "kept", "kept recordings", "Why", filter, heading);
  return section;
}

}  // namespace expunge::report
