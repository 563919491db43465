// What letters and certificates say of a recording that went later than it was due.

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"
#include "report/certificate_parts.h"

namespace expunge::report {
namespace {

constexpr std::size_t kMostNamed = 10;

/// ` (entries 12 and 40)`, of each hold; the first ones.
std::string placed_text(const std::vector<certify::Delay::EndedHold>& holds) {
  std::string text;
  for (std::size_t i = 0; i < holds.size() && i < kMostNamed; ++i) {
    text += fmt::format("{}entries {} and {}", i == 0 ? " (" : "; ", base::grouped(holds[i].placed),
                        base::grouped(holds[i].released));
  }
  return text + (holds.size() > kMostNamed ? "; …)" : ")");
}

std::string policies_text(const std::vector<std::uint64_t>& policies) {
  std::string text;
  for (std::size_t i = 0; i < policies.size() && i < kMostNamed; ++i) {
    text += (i == 0 ? " (" : "; ") + entry_text(policies[i]);
  }
  return text + (policies.size() > kMostNamed ? "; …)" : ")");
}

/// One that was brought back ended twice, and is one.
std::size_t orders_in(const std::vector<certify::Delay::EndedHold>& holds) {
  std::set<std::uint64_t> orders;
  for (const auto& hold : holds) orders.insert(hold.order);
  return orders.size();
}

std::string holds_text(const certify::Delay& delay, const char* when, Entries entries) {
  if (delay.holds.empty()) return "";
  const std::size_t orders = orders_in(delay.holds);
  const bool one = orders == 1;
  return fmt::format(
      " {} {} to keep recordings for another purpose came to an end{}{}. A recording "
      "that such an order is for is kept until then; whether this was {}, the log does not say, "
      "since nothing is kept of what an ended order was for.",
      when, one ? "an order" : base::grouped(orders) + " orders",
      orders == delay.holds.size() ? ""
      : one                        ? ", was put back in force, and came to an end again"
                                   : ", some of them again after they were put back in force",
      entries == Entries::named ? placed_text(delay.holds) : "", one ? "one" : "one of those");
}

/// "That time" would be the one of which the log knows nothing.
const char* when_text(const certify::Delay& delay) {
  return delay.log_began ? "Since this log was begun," : "In that time";
}

/// The schedule's part: other periods, and names that it did not know.
std::string schedule_words(const certify::Delay& delay, const char* when, Entries entries) {
  std::string text;
  if (!delay.policies.empty()) {
    text +=
        fmt::format(" For some of {} the retention schedule had another period for it, or none{}.",
                    delay.log_began ? "the time since this log was begun" : "that time",
                    entries == Entries::named ? policies_text(delay.policies) : "");
  }
  if (!delay.names_added.empty()) {
    const bool one = delay.names_added.size() == 1;
    text += fmt::format(
        " {} the retention schedule was given {} for its department{}. About a recording whose "
        "records had {} name nobody could decide before; whether this was one, the log does not "
        "say.",
        when, one ? "another name" : "other names",
        entries == Entries::named ? policies_text(delay.names_added) : "", one ? "that" : "such a");
  }
  return text;
}

/// A sentence for each thing on each day, the first ones; with the entry that says so first.
std::string corrections_text(const std::vector<certify::Delay::Corrected>& corrections,
                             Entries entries) {
  std::vector<std::string> said;
  std::string text;
  for (const auto& each : corrections) {
    std::string what = fmt::format(" On {} {} was put right, or confirmed", day_text(each.on),
                                   fact_text(each.fact));
    if (std::find(said.begin(), said.end(), what) != said.end()) continue;
    if (said.size() == kMostNamed) break;
    text += what + (entries == Entries::named ? " (" + entry_text(each.entry) + ")." : ".");
    said.push_back(std::move(what));
  }
  return text;
}

std::optional<base::CivilDate> day_of(const certify::Mention& mention,
                                      const certify::RecordingFacts& facts) {
  if (!facts.run || !facts.run->start) return std::nullopt;
  return certify::civil_date(mention.time, facts.run->start->says.timezone);
}

/// The first by an earlier run, in the time by which it went later.
const certify::Mention* first_attempt(const certify::RecordingFacts& facts,
                                      const certify::Delay& delay) {
  const base::CivilDate due{std::chrono::sys_days{day_done(facts)} -
                            std::chrono::days{static_cast<int>(delay.days)}};
  for (const certify::Mention& other : facts.others) {
    const bool attempt = other.type == "destroy.failed" || other.type == "destroy.partial";
    if (day_of(other, facts).value_or(due) < due) continue;
    if (attempt && other.seq < facts.entry.seq && other.run != facts.entry.says.run) return &other;
  }
  return nullptr;
}

/// When, by the clocks on the wall, and what came of it; empty where there was none.
std::string attempt_text(const certify::RecordingFacts& facts, const certify::Delay& delay) {
  const certify::Mention* const first = first_attempt(facts, delay);
  if (first == nullptr) return "";
  const auto on = day_of(*first, facts);
  return fmt::format(" It had been tried before, {}: {}, as is said below.",
                     on ? "on " + day_text(*on) : "at " + moment_text(first->time),
                     first->type == "destroy.partial" ? "its destruction was stopped"
                     : first->reason == "missing"     ? "a file of it was not in its place"
                                                      : "it could not be destroyed");
}

std::string before_log_text(base::CivilDate log_began, Entries entries) {
  return fmt::format(
      " It was past its day before the present log of destructions was begun, on {}{}: of the time "
      "before that day this log knows nothing.",
      day_text(log_began), entries == Entries::named ? " (" + entry_text(0) + ")" : "");
}

}  // namespace

const char* fact_text(const std::string& fact) {
  if (fact == "department") return "its department";
  if (fact == "recorded_at") return "its date";
  const bool of_files = fact == "file" || fact == "bytes" || fact == "sha256";
  return of_files ? "the record of its files" : "the record of whose call it is";
}

std::string schedule_text(const certify::Delay& delay, Entries entries) {
  return schedule_words(delay, when_text(delay), entries);
}

std::string why_late_text(const certify::RecordingFacts& facts, const certify::Delay& delay,
                          Entries entries) {
  std::string text = delay.log_began ? before_log_text(*delay.log_began, entries) : "";
  text += attempt_text(facts, delay);
  const char* const when = when_text(delay);
  text += holds_text(delay, when, entries);
  text += schedule_words(delay, when, entries);
  text += corrections_text(delay.corrections, entries);
  if (delay.approved) {
    text += fmt::format(
        " A person had to approve the plan first; that was on {}{}.", day_text(delay.approved->on),
        entries == Entries::named ? " (" + entry_text(delay.approved->entry) + ")" : "");
  }
  return text;
}

}  // namespace expunge::report
