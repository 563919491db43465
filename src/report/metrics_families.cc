#include "report/metrics_families.h"

#include <fmt/format.h>

#include "plan/brakes.h"
#include "run/phases.h"

namespace expunge::report {
namespace {

std::vector<std::string_view> brake_names() {
  return {plan::kBrakeNames.begin(), plan::kBrakeNames.end()};
}

std::vector<std::string_view> phase_names() {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < run::kPhases; ++i) {
    names.push_back(run::words(static_cast<run::Phase>(i)));
  }
  return names;
}

std::vector<MetricFamily> of_the_last_run() {
  return {
      {"expunge_last_run_timestamp_seconds",
       "When the last call of expunge run ended, however it did."},
      {"expunge_last_run_exit_status", "Its exit status: 0 done, 1 needs a person, 2 to 5 no run."},
      {"expunge_last_run_outcome",
       "1 for how it ended.",
       "outcome",
       {"complete", "stopped", "failed", "braked", "not-begun"}},
      {"expunge_last_run_brake", "1 for each brake that stopped it.", "brake", brake_names()},
      {"expunge_last_run_duration_seconds", "How long it took."},
      {"expunge_last_run_phase_seconds",
       "Where its time went; fingerprint is within open, and phases that overlap count whole.",
       "phase", phase_names()},
      {"expunge_last_run_destroyed_recordings", "Recordings that it destroyed."},
      {"expunge_last_run_destroyed_bytes", "Bytes of these."},
      {"expunge_last_run_removed_recordings", "Recordings that it removed without overwriting."},
      {"expunge_last_run_removed_bytes", "Bytes of these."},
      {"expunge_last_run_failed_recordings", "Recordings that it could not destroy."},
      {"expunge_last_run_without_file_recordings",
       "Recordings destroyed or removed of which a file was missing."},
      {"expunge_last_run_held_recordings", "Due recordings that a hold kept from it."},
      {"expunge_last_run_attention_recordings",
       "Recordings that needed attention and were not acknowledged."},
      {"expunge_last_run_acknowledged_recordings",
       "Recordings that needed attention and were acknowledged."},
      {"expunge_last_run_waiting_recordings", "Due recordings that waited for an approval."},
  };
}

std::vector<MetricFamily> of_the_standing() {
  return {
      {"expunge_last_success_timestamp_seconds",
       "When the last run of all that was due ended complete, by the log; 0 for never."},
      {"expunge_run_unfinished",
       "1 when the last run in the log has no end: it is on, or was interrupted."},
      {"expunge_recordings", "Recordings in the index, destroyed ones left out."},
      {"expunge_backlog_recordings", "Recordings that are due now."},
      {"expunge_backlog_bytes", "Bytes of these."},
      {"expunge_oldest_backlog_seconds", "For how long the oldest of these is due; 0 for none."},
      {"expunge_overdue_recordings", "Recordings past their period by more than three days."},
      {"expunge_overdue_bytes", "Bytes of these."},
      {"expunge_oldest_overdue_seconds",
       "For how long the oldest of these is past its period; 0 for none."},
      {"expunge_held_recordings", "Recordings past their period that a hold keeps."},
      {"expunge_held_bytes", "Bytes of these."},
      {"expunge_attention_recordings", "Recordings that need attention and are not acknowledged."},
      {"expunge_acknowledged_recordings", "Recordings that need attention and are acknowledged."},
      {"expunge_missing_recordings", "Due recordings of which a file was missing."},
      {"expunge_interrupted_recordings", "Recordings that an interrupted run left part way."},
      {"expunge_holds", "Holds in force."},
      {"expunge_hold_reviews_overdue", "Holds in force whose review is overdue."},
      {"expunge_log_verified", "1 when the log verified when it was last read, else 0."},
      {"expunge_log_entries", "Entries of the log."},
      {"expunge_log_size_bytes", "Size of log.jsonl."},
      {"expunge_metrics_timestamp_seconds", "When this file was written."},
      {"expunge_build_info", "The version of expunge.", "version", {EXPUNGE_VERSION}},
  };
}

std::vector<MetricFamily> all() {
  std::vector<MetricFamily> families = of_the_last_run();
  for (MetricFamily& family : of_the_standing()) families.push_back(std::move(family));
  return families;
}

}  // namespace

std::span<const MetricFamily> metric_families() {
  static const std::vector<MetricFamily> kFamilies = all();
  return kFamilies;
}

std::string sample_name(std::string_view name, std::string_view label, std::string_view value) {
  return fmt::format("{}{{{}=\"{}\"}}", name, label, value);
}

}  // namespace expunge::report
