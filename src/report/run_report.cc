#include "report/run_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/size_text.h"

namespace expunge::report {

using base::grouped;

std::string run_line(const run::Report& report) {
  const run::Tally& tally = report.tally;
  std::string line = fmt::format("run {}: ", report.run_id);
  switch (report.outcome) {
    case run::Outcome::complete:
      line += "complete";
      break;
    case run::Outcome::stopped:
      line += "stopped before its end";
      break;
    case run::Outcome::failed:
      line += "failed";
      break;
    case run::Outcome::braked:
      return line + "a brake is on; nothing was destroyed";
  }
  line +=
      fmt::format("; destroyed {} ({}), failed {}, held {}, need attention {}",
                  grouped(tally.destroyed), base::human_bytes(tally.bytes), grouped(tally.failed),
                  grouped(run::held_in(report)), grouped(run::attention_in(report)));
  if (const auto known = run::acknowledged_in(report); known > 0) {
    line += fmt::format(" (acknowledged {})", grouped(known));
  }
  if (tally.removed > 0) {
    line += fmt::format("; removed without overwriting {} ({})", grouped(tally.removed),
                        base::human_bytes(tally.removed_bytes));
  }
  if (tally.partial > 0) {
    line += fmt::format("; destroyed in part {}", grouped(tally.partial));
  }
  if (tally.without_file > 0) {
    line += fmt::format("; destroyed although a file was missing: {}", grouped(tally.without_file));
  }
  if (tally.still_missing > 0) {
    line += fmt::format("; a file still missing: {}", grouped(tally.still_missing));
  }
  if (tally.finished > 0) {
    line += fmt::format("; left by an interrupted run and finished: {}", grouped(tally.finished));
  }
  if (tally.unleased_files > 0) {
    line += fmt::format("; files of which nobody could say whether they were open elsewhere: {}",
                        grouped(tally.unleased_files));
  }
  return line;
}

std::string brake_line(const plan::Brake& brake) {
  return fmt::format("brake {}: {}; to go on: {}", brake.name, base::one_line(brake.message),
                     brake.way_on_text);
}

namespace {

/// What a run counted that a person should know of.
template <typename Add>
void add_tally(const run::Tally& tally, const Add& add) {
  if (tally.missing > 0) {
    add(fmt::format(
        "recordings of which a file is missing: {}; find out who moved or deleted them. If log and "
        "index were restored from a backup, they may have been destroyed since it was made: "
        "expunge "
        "log verify --checkpoint with one kept elsewhere tells",
        grouped(tally.missing)));
  }
  if (const auto missing = tally.still_missing - tally.missing_known; missing > 0) {
    add(fmt::format("recordings with a file still missing, as said before: {}", grouped(missing)));
  }
  if (tally.overtaken > 0) {
    add(fmt::format("recordings of the plan held or changed meanwhile, and kept: {}",
                    grouped(tally.overtaken)));
  }
  if (tally.reconciled > 0) {
    add(fmt::format("recordings destroyed or removed by the log, which the index did not know: {}",
                    grouped(tally.reconciled)));
  }
  if (tally.lost_words > 0) {
    add(
        fmt::format("corrections, orders and withdrawals that the log has, and the index had lost: "
                    "{}",
                    grouped(tally.lost_words)));
  }
}

}  // namespace

std::string run_needs(const run::Report& report) {
  std::string text;
  const auto add = [&text](const std::string& line) {
    text += (text.empty() ? "" : "\n") + base::one_line(line);
  };
  for (const plan::Brake& brake : report.brakes) {
    add(brake_line(brake));
  }
  if (!report.past_brakes.empty()) add("to pass the " + report.past_brakes);
  if (!report.failure.empty()) add(report.failure);
  for (const std::string& doubt : report.key_doubts) add(doubt);
  const run::Tally& tally = report.tally;
  for (const run::Notice& notice : tally.notices) {
    add(fmt::format("{}: {}", base::printable(notice.recording), notice.text));
  }
  if (tally.notices.size() == run::kMaxNotices) {
    add("… and more; expunge log show lists every failure");
  }
  add_tally(tally, add);
  if (report.waits_for_corrections) {
    add("this run began to destroy nothing: the index had lost corrections, and a hold may mean "
        "recordings by what was put right; settle these first (expunge plan)");
  }
  if (report.waiting > 0) {
    add(fmt::format(
        "due recordings that are not in {} approved plan{}, and wait for an approval: {} "
        "({}), the oldest due since {}; {}",
        report.approval.empty() ? "an" : "the",
        report.rule == plan::ApprovalRule::two_person
            ? ", or were ordered by the login that approved it"
            : "",
        grouped(report.waiting),
        size_text({report.waiting, report.waiting_bytes, report.waiting_without_size}),
        base::to_text(*report.waiting_since), plan::way_to_approve(report.rule)));
  }
  const std::uint64_t attention = report.summary.unacknowledged();
  if (report.outcome != run::Outcome::braked && !report.restricted && attention > 0) {
    add(
        fmt::format("of those that need attention, not understood, and not acknowledged: {}; "
                    "expunge plan says which, and why",
                    grouped(attention)));
  }
  const std::uint64_t not_due = report.summary.not_due_missing();
  if (report.outcome != run::Outcome::braked && !report.restricted && not_due > 0) {
    add(
        fmt::format("recordings held or not yet due, with a file missing when a run last looked "
                    "for it: {}; expunge "
                    "plan says which, and what to do",
                    grouped(not_due)));
  }
  const std::uint64_t overdue = report.summary.undated_overdue.recordings;
  if (report.outcome != run::Outcome::braked && !report.restricted && attention > 0 &&
      overdue > 0) {
    add(
        fmt::format("of these without a usable date, and in the index for longer than the longest "
                    "period: {}",
                    grouped(overdue)));
  }
  return text;
}

std::string run_timings(const run::Report& report) {
  const run::Phases& phases = report.tally.phases;
  const auto seconds = [](std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
  };
  const auto line = [&](std::string_view name, std::chrono::nanoseconds time) {
    return fmt::format("time: {:<11} {:9.3f} s", name, seconds(time));
  };
  std::string text;
  for (std::size_t i = 0; i < run::kPhases; ++i) {
    const auto phase = static_cast<run::Phase>(i);
    text += line(run::words(phase), phases.of(phase));
    text += phase == run::Phase::fingerprint ? ", summed over the workers, within open\n" : "\n";
  }
  // Phases that went on at the same time both count whole.
  const auto other = std::max(report.elapsed - phases.sum(), std::chrono::nanoseconds{0});
  return text + line("other", other) + "\n" + line("total", report.elapsed);
}

std::string run_confinement(const run::Report& report) {
  const guard::Confinement& by = report.confinement;
  return fmt::format(
      "confinement: writing elsewhere than to archive, index and log: {}; sockets and programs: {}",
      by.landlock == 0 ? "not refused (the kernel has no Landlock of use)"
                       : fmt::format("refused (Landlock {})", by.landlock),
      by.filter ? "refused" : "not refused (no seccomp)");
}

}  // namespace expunge::report
