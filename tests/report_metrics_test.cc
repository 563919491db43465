// What monitoring is told: names, format, and what is kept of an earlier file.
#include "report/metrics.h"

#include <algorithm>
#include <regex>
#include <set>

#include "report/metrics_families.h"
#include "report/run_event.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/office.h"
#include "support/places.h"
#include "support/program.h"
#include "support/scratch.h"

using namespace expunge;
using namespace std::chrono_literals;
using report::Figures;
using test::contains;

namespace {

base::Time at(const char* instant) {
  return *base::parse_instant(instant);
}

run::Report night() {
  run::Report report;
  report.run_id = "20261124T020000Z-5f0c";
  report.elapsed = 90500ms;
  report.tally.phases.add(run::Phase::read_back, 1250ms);
  report.tally.destroyed = 7;
  report.tally.bytes = 7000;
  report.tally.removed = 2;
  report.tally.removed_bytes = 50;
  report.tally.failed = 3;
  report.tally.overtaken = 1;
  report.tally.attention = 2;  // on top of what the plan counted
  report.tally.acknowledged = 1;
  report.summary.total[plan::Verdict::held] = {4, 400};
  report.summary.total[plan::Verdict::attention] = {5, 500};
  report.summary.acknowledged = {2, 200};
  report.waiting = 6;
  return report;
}

plan::Status standing() {
  plan::Status status;
  status.last_start = audit::RunStarted{};
  status.last_complete_end = audit::RunEnded{};
  status.last_complete_end->time = at("2026-11-23T02:00:01Z");
  status.summary.recordings = 100;
  status.summary.total[plan::Verdict::due] = {8, 800};
  status.summary.total[plan::Verdict::held] = {4, 400};
  status.summary.total[plan::Verdict::attention] = {5, 500};
  status.summary.acknowledged = {2, 200};
  status.summary.oldest_due_day = *base::parse_date("2026-11-20");
  status.summary.in_journal = 9;
  status.attention = 5;
  status.acknowledged = 2;
  status.summary.overdue = {1, 10};
  status.summary.oldest_overdue = *base::parse_date("2026-07-01");
  status.holds = 12;
  status.reviews_overdue = 3;
  return status;
}

Figures all_figures() {
  const run::Report report = night();
  const plan::Status status = standing();
  audit::LogState log;
  log.position.size = 1234;
  const auto zone = policy::TimeZone::find("Europe/London");
  Figures figures =
      report::standing_figures({at("2026-11-24T12:00:00Z"), *zone, true, &status, &log, 567890});
  figures.merge(
      report::run_figures({at("2026-11-24T02:01:31Z"), base::ExitStatus::needs_person, &report}));
  return figures;
}

}  // namespace

TEST_CASE("No more is acknowledged than needs attention, whatever was finished since the plan") {
  run::Report report = night();
  report.summary.total[plan::Verdict::attention] = {1, 100};
  report.summary.acknowledged = {1, 100};
  report.tally.attention = -1;  // that one is gone
  CHECK(run::attention_in(report) == 0);
  CHECK(run::acknowledged_in(report) == 0);
  Figures figures =
      report::run_figures({at("2026-11-24T02:01:31Z"), base::ExitStatus::done, &report});
  CHECK(figures["expunge_last_run_attention_recordings"] == "0");
  CHECK(figures["expunge_last_run_acknowledged_recordings"] == "0");
}

TEST_CASE("Every figure stands in the file as it is in run and status") {
  const Figures figures = all_figures();
  const std::pair<const char*, const char*> expected[] = {
      {"expunge_last_run_timestamp_seconds", "1795485691.000"},
      {"expunge_last_run_exit_status", "1"},
      {"expunge_last_run_outcome{outcome=\"complete\"}", "1"},
      {"expunge_last_run_outcome{outcome=\"failed\"}", "0"},
      {"expunge_last_run_brake{brake=\"share\"}", "0"},
      {"expunge_last_run_duration_seconds", "90.500000"},
      {"expunge_last_run_phase_seconds{phase=\"read-back\"}", "1.250000"},
      {"expunge_last_run_phase_seconds{phase=\"flush\"}", "0.000000"},
      {"expunge_last_run_destroyed_recordings", "7"},
      {"expunge_last_run_destroyed_bytes", "7000"},
      {"expunge_last_run_removed_recordings", "2"},
      {"expunge_last_run_removed_bytes", "50"},
      {"expunge_last_run_failed_recordings", "3"},
      {"expunge_last_run_without_file_recordings", "0"},
      {"expunge_last_run_held_recordings", "5"},
      {"expunge_last_run_attention_recordings", "4"},
      {"expunge_last_run_acknowledged_recordings", "3"},
      {"expunge_last_run_waiting_recordings", "6"},
      {"expunge_last_success_timestamp_seconds", "1795399201.000"},
      {"expunge_run_unfinished", "1"},
      {"expunge_recordings", "100"},
      {"expunge_backlog_recordings", "8"},
      {"expunge_backlog_bytes", "800"},
      {"expunge_oldest_backlog_seconds", "388800.000000"},  // four days and a half
      {"expunge_overdue_recordings", "1"},
      {"expunge_overdue_bytes", "10"},
      // The day begins at 23:00 UTC: 146 days and 13 hours.
      {"expunge_oldest_overdue_seconds", "12661200.000000"},
      {"expunge_held_recordings", "4"},
      {"expunge_attention_recordings", "3"},
      {"expunge_acknowledged_recordings", "2"},
      {"expunge_interrupted_recordings", "9"},
      {"expunge_holds", "12"},
      {"expunge_hold_reviews_overdue", "3"},
      {"expunge_log_verified", "1"},
      {"expunge_log_entries", "1234"},
      {"expunge_log_size_bytes", "567890"},
  };
  for (const auto& [name, value] : expected) {
    CAPTURE(name);
    REQUIRE(figures.contains(name));
    CHECK(figures.at(name) == value);
  }
  const std::string text = report::metrics_text(figures);
  for (const auto& [name, value] : figures) {
    CHECK_THAT(text, test::contains_text("\n" + name + " " + value + "\n"));
  }
}

TEST_CASE("What is not known is left out of the file rather than called zero") {
  const auto zone = policy::TimeZone::find("Europe/London");
  const std::string text = report::metrics_text(
      report::standing_figures({at("2026-11-24T12:00:00Z"), *zone, false, nullptr, nullptr, 0}));
  CHECK_THAT(text, test::contains_text("\nexpunge_log_verified 0\n"));
  CHECK_THAT(text, test::contains_text("\nexpunge_metrics_timestamp_seconds 1795521600.000\n"));
  for (const char* name : {"expunge_overdue", "expunge_backlog", "expunge_log_entries",
                           "expunge_last_success", "expunge_last_run", "expunge_holds"}) {
    CHECK_FALSE(contains(text, name));
  }
}

TEST_CASE("A brake that stopped a run is on and a run that never began says so") {
  run::Report report = night();
  report.outcome = run::Outcome::braked;
  report.brakes.push_back({"share", "900", "5%", "", "", plan::Brake::WayOn::approval});
  const Figures braked =
      report::run_figures({at("2026-11-24T02:00:01Z"), base::ExitStatus::braked, &report});
  CHECK(braked.at("expunge_last_run_brake{brake=\"share\"}") == "1");
  CHECK(braked.at("expunge_last_run_brake{brake=\"first-run\"}") == "0");
  CHECK(braked.at("expunge_last_run_outcome{outcome=\"braked\"}") == "1");
  const Figures none =
      report::run_figures({at("2026-11-24T02:00:01Z"), base::ExitStatus::locked, nullptr});
  CHECK(none.at("expunge_last_run_outcome{outcome=\"not-begun\"}") == "1");
  CHECK(none.at("expunge_last_run_outcome{outcome=\"complete\"}") == "0");
  CHECK(none.at("expunge_last_run_exit_status") == "5");
}

TEST_CASE("The figures of the last run are read back from a file and nothing else is") {
  const Figures figures = all_figures();
  Figures of_the_run = figures;
  std::erase_if(of_the_run,
                [](const auto& each) { return !each.first.starts_with("expunge_last_run_"); });
  const std::string text = report::metrics_text(figures);
  CHECK(report::kept_run_figures(text) == of_the_run);
  CHECK(report::metrics_text(of_the_run) ==
        text.substr(0, text.find("# HELP expunge_last_success")));
  const std::pair<const char*, std::size_t> odd[] = {
      {"expunge_last_run_exit_status 3\n", 1},
      {"expunge_last_run_exit_status 3", 0},  // cut off: perhaps 30
      {"expunge_last_run_exit_status 3 1795485691\n", 0},
      {"expunge_last_run_exit_status\n", 0},
      {"expunge_last_run_exit_status \n", 0},
      {"expunge_last_run_exit_status -1\n", 0},
      {"expunge_last_run_exit_status NaN\n", 0},
      {"expunge_last_run_exit_status 1.2.3\n", 0},
      {"expunge_last_run_brake{brake=\"01632960001\"} 1\n", 0},
      {"expunge_last_run_brake 1\n", 0},
      {"expunge_last_run_surprise 1\n", 0},
      {"expunge_overdue_recordings 1\n", 0},
      {"# HELP expunge_last_run_exit_status 3\n", 0},
  };
  for (const auto& [line, count] : odd) {
    CAPTURE(line);
    CHECK(report::kept_run_figures(line).size() == count);
  }
}

TEST_CASE("The time that figures are of is read back from a file as it was written") {
  CHECK(report::standing_time(report::metrics_text(all_figures())) == at("2026-11-24T12:00:00Z"));
  const std::string name = "\nexpunge_metrics_timestamp_seconds";
  CHECK(report::standing_time(name + " 1795521600.250\n") == at("2026-11-24T12:00:00Z") + 250ms);
  for (const char* odd :
       {"", " ", " \n", " 1\n", " 1795521600.250", " 1795521600.25\n", " .250\n", " -1.250\n",
        " 1.5.250\n", " NaN\n", " 1795521600.250 1\n", " 99999999999999999999.250\n"}) {
    CAPTURE(odd);
    CHECK_FALSE(report::standing_time(name + odd));
  }
  CHECK_FALSE(report::standing_time("\nexpunge_last_success_timestamp_seconds 1795521600.250\n"));
}

TEST_CASE("Names and units of the metrics follow the conventions and the manual has each") {
  std::set<std::string_view> names;
  const std::string page = test::slurp(test::kSourceDir + "/man/expunge.1");
  for (const report::MetricFamily& family : report::metric_families()) {
    CAPTURE(family.name);
    CHECK(names.insert(family.name).second);
    CHECK(std::regex_match(std::string(family.name), std::regex("expunge_[a-z_]*[a-z]")));
    CHECK_FALSE(family.name.ends_with("_total"));  // none only ever grows
    CHECK_FALSE(family.help.empty());
    CHECK(family.help.find_first_of("\\\n") == std::string_view::npos);
    CHECK(family.label.empty() == family.label_values.empty());
    CHECK_THAT(page, test::contains_text("\n.It Li " + std::string(family.name) + "\n"));
  }
  // And the manual has no other.
  const std::regex item("\n\\.It Li (expunge_[a-z_]+)\n");
  std::size_t items = 0;
  for (auto each = std::sregex_iterator(page.begin(), page.end(), item);
       each != std::sregex_iterator(); ++each) {
    const std::string name = (*each)[1];
    CAPTURE(name);
    CHECK(names.contains(name));
    ++items;
  }
  CHECK(items == names.size());
}

TEST_CASE("Prometheus's own checker has nothing to say of the metrics") {
  if (!test::has_program("promtool")) SKIP_TEST("no promtool (package prometheus)");
  const test::Ended ended =
      test::run_program({"promtool", "check", "metrics"}, report::metrics_text(all_figures()));
  CHECK_ENDED(ended, 0);
  CHECK(ended.out.empty());
  CHECK(ended.err.empty());
}

TEST_CASE("An event says in key=value how a run went and nothing that somebody wrote") {
  run::Report report = night();
  report.failure = "/srv/recordings/01632960001.wav: Input/output error";
  CHECK(report::run_event(&report, base::ExitStatus::needs_person) ==
        "run=20261124T020000Z-5f0c outcome=complete exit-status=1 destroyed=7 removed=2 failed=3 "
        "held=5 attention=7 acknowledged=3 waiting=6");
  CHECK(report::run_event(nullptr, base::ExitStatus::locked) ==
        "outcome=not-begun exit-status=5 reason=locked");
  CHECK(report::run_event(nullptr, base::ExitStatus::log_untrusted) ==
        "outcome=not-begun exit-status=4 reason=log-untrusted");
  const plan::Brake brake{"host", "elsewhere.example", "here", "x", "y", plan::Brake::WayOn::flag};
  CHECK(report::brake_event(report, brake) == "run=20261124T020000Z-5f0c brake=host");
}
