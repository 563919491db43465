#include "report/metrics.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/metrics_families.h"

namespace expunge::report {
namespace {

constexpr std::string_view kOfTheRun = "expunge_last_run_";
constexpr const char* kWhen = "expunge_metrics_timestamp_seconds";

std::string seconds(std::chrono::nanoseconds time) {
  return fmt::format("{:.6f}", std::chrono::duration<double>(time).count());
}

/// Since 1970, with milliseconds.
std::string timestamp(base::Time time) {
  const auto count = std::max<std::int64_t>(time.time_since_epoch().count(), 0);
  return fmt::format("{}.{:03}", count / 1000, count % 1000);
}

/// Since that day began; never negative.
std::string age(std::optional<base::CivilDate> since, const Standing& standing) {
  if (!since) return "0";
  const base::Time began = standing.zone.latest_instant({*since, std::chrono::seconds{0}});
  return seconds(std::max<base::Time::duration>(standing.now - began, base::Time::duration{0}));
}

void put(Figures& figures, const std::string& name, std::uint64_t number) {
  figures[name] = std::to_string(number);
}

void put(Figures& figures, const std::string& name, const plan::Count& count) {
  put(figures, name + "_recordings", count.recordings);
  put(figures, name + "_bytes", count.bytes);
}

/// 1 for one of the values that a label has, 0 for the others.
void put_flags(Figures& figures, std::string_view name,
               const std::function<bool(std::string_view)>& is_on) {
  for (const MetricFamily& family : metric_families()) {
    if (family.name != name) continue;
    for (const std::string_view value : family.label_values) {
      put(figures, sample_name(name, family.label, value), is_on(value) ? 1 : 0);
    }
  }
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 32 && text.front() != '.' && text.back() != '.' &&
         std::count(text.begin(), text.end(), '.') <= 1 &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

/// Calls `each` for every name that a sample of this family can have.
template <typename Each>
void for_each_sample(const MetricFamily& family, const Each& each) {
  if (family.label.empty()) return each(std::string(family.name));
  for (const std::string_view value : family.label_values) {
    each(sample_name(family.name, family.label, value));
  }
}

}  // namespace

Figures run_figures(const LastRun& last) {
  static const run::Report kNothing{};
  const run::Report& report = last.report == nullptr ? kNothing : *last.report;
  const run::Tally& tally = report.tally;
  const std::string_view outcome =
      last.report == nullptr ? "not-begun" : run::words(report.outcome);
  Figures figures;
  figures["expunge_last_run_timestamp_seconds"] = timestamp(last.ended);
  put(figures, "expunge_last_run_exit_status", static_cast<std::uint64_t>(last.status));
  put_flags(figures, "expunge_last_run_outcome",
            [&](std::string_view word) { return word == outcome; });
  put_flags(figures, "expunge_last_run_brake", [&](std::string_view name) {
    return std::any_of(report.brakes.begin(), report.brakes.end(),
                       [&](const plan::Brake& brake) { return brake.name == name; });
  });
  figures["expunge_last_run_duration_seconds"] = seconds(report.elapsed);
  for (std::size_t i = 0; i < run::kPhases; ++i) {
    const auto phase = static_cast<run::Phase>(i);
    figures[sample_name("expunge_last_run_phase_seconds", "phase", run::words(phase))] =
        seconds(tally.phases.of(phase));
  }
  put(figures, "expunge_last_run_destroyed", {tally.destroyed, tally.bytes});
  put(figures, "expunge_last_run_removed", {tally.removed, tally.removed_bytes});
  put(figures, "expunge_last_run_failed_recordings", tally.failed);
  put(figures, "expunge_last_run_without_file_recordings", tally.without_file);
  put(figures, "expunge_last_run_held_recordings", run::held_in(report));
  put(figures, "expunge_last_run_attention_recordings",
      run::attention_in(report) - run::acknowledged_in(report));
  put(figures, "expunge_last_run_acknowledged_recordings", run::acknowledged_in(report));
  put(figures, "expunge_last_run_waiting_recordings", report.waiting);
  return figures;
}

Figures standing_figures(const Standing& standing) {
  Figures figures;
  figures[kWhen] = timestamp(standing.now);
  put(figures, sample_name("expunge_build_info", "version", EXPUNGE_VERSION), 1);
  if (standing.log_verifies) {
    put(figures, "expunge_log_verified", *standing.log_verifies ? 1 : 0);
  }
  if (standing.log != nullptr) {
    put(figures, "expunge_log_entries", standing.log->position.size);
    put(figures, "expunge_log_size_bytes", standing.log_bytes);
  }
  if (standing.status == nullptr) return figures;
  const plan::Status& status = *standing.status;
  const plan::Summary& summary = status.summary;
  figures["expunge_last_success_timestamp_seconds"] =
      status.last_complete_end ? timestamp(status.last_complete_end->time) : "0";
  put(figures, "expunge_run_unfinished", status.last_start && !status.last_end ? 1 : 0);
  put(figures, "expunge_recordings", summary.recordings);
  put(figures, "expunge_backlog", summary.count(plan::Verdict::due));
  figures["expunge_oldest_backlog_seconds"] = age(summary.oldest_due_day, standing);
  put(figures, "expunge_overdue", status.summary.overdue);
  figures["expunge_oldest_overdue_seconds"] = age(status.summary.oldest_overdue, standing);
  put(figures, "expunge_held", summary.count(plan::Verdict::held));
  put(figures, "expunge_attention_recordings", status.attention - status.acknowledged);
  put(figures, "expunge_acknowledged_recordings", status.acknowledged);
  put(figures, "expunge_missing_recordings", summary.due_without_file.recordings);
  put(figures, "expunge_interrupted_recordings", summary.in_journal);
  put(figures, "expunge_holds", status.holds);
  put(figures, "expunge_hold_reviews_overdue", status.reviews_overdue);
  return figures;
}

Figures kept_run_figures(std::string_view file) {
  Figures found;
  while (!file.empty()) {
    const auto end = file.find('\n');
    if (end == std::string_view::npos) break;  // a line without its end may lack digits
    const std::string_view line = file.substr(0, end);
    file.remove_prefix(end + 1);
    const auto space = line.find(' ');
    if (space == std::string_view::npos || !line.starts_with(kOfTheRun)) continue;
    const std::string_view value = line.substr(space + 1);
    if (is_number(value)) found[std::string(line.substr(0, space))] = value;
  }
  Figures kept;
  for (const MetricFamily& family : metric_families()) {
    for_each_sample(family, [&](const std::string& name) {
      if (auto sample = found.extract(name)) kept.insert(std::move(sample));
    });
  }
  return kept;
}

std::optional<base::Time> standing_time(std::string_view file) {
  const std::string sample = fmt::format("\n{} ", kWhen);
  const auto found = file.find(sample);
  if (found == std::string_view::npos) return std::nullopt;
  const std::string_view rest = file.substr(found + sample.size());
  const auto end = rest.find('\n');
  const auto point = rest.find('.');
  if (end == std::string_view::npos || point == 0 || point + 4 != end) return std::nullopt;
  const auto count =
      base::parse_number(std::string(rest.substr(0, point)).append(rest.substr(point + 1, 3)));
  if (!count) return std::nullopt;
  return base::Time(std::chrono::milliseconds{static_cast<std::int64_t>(*count)});
}

std::string metrics_text(const Figures& figures) {
  std::string text;
  for (const MetricFamily& family : metric_families()) {
    std::string samples;
    for_each_sample(family, [&](const std::string& name) {
      const auto sample = figures.find(name);
      if (sample != figures.end()) samples += fmt::format("{} {}\n", name, sample->second);
    });
    if (samples.empty()) continue;
    text += fmt::format("# HELP {0} {1}\n# TYPE {0} gauge\n{2}", family.name, family.help, samples);
  }
  return text;
}

}  // namespace expunge::report
