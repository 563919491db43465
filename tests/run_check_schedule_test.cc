// Whether anything calls a run at night, by what stands in the files of cron and systemd.

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "run/check.h"
#include "run/schedule_files.h"
#include "support/catch.h"
#include "support/check_findings.h"
#include "support/loop_image.h"
#include "support/places.h"

using namespace expunge;
using namespace expunge::test;
using run::CheckReport;
using Level = run::Finding::Level;
using std::chrono::minutes;
namespace fs = std::filesystem;

namespace {

constexpr const char* kCronLine = "0 2 * * *  root  expunge run --quiet\n";

/// A machine's own files of cron and systemd.
class Machine {
 public:
  Machine() {
    for (const char* name : {"cron.d", "units/timers.target.wants", "lib", "booted"}) {
      fs::create_directories(scratch_ / name);
    }
    places_ = {scratch_ / "crontab", scratch_ / "cron.d", scratch_ / "units", scratch_ / "booted"};
  }
  void cron(const std::string& name, const std::string& text) const {
    spill(scratch_ / ("cron.d/" + name), text);
  }
  /// The units that are installed, enabled as `systemctl enable` does.
  void enable_timer() const {
    for (const char* name : {"expunge.timer", "expunge.service"}) {
      fs::copy_file(kSourceDir + "/scripts/" + name + ".in",
                    scratch_ / (std::string("lib/") + name));
    }
    fs::create_symlink(scratch_ / "lib/expunge.timer",
                       scratch_ / "units/timers.target.wants/expunge.timer");
  }
  void drop_in(const std::string& unit, const std::string& text) const {
    fs::create_directories(scratch_ / ("units/" + unit + ".d"));
    spill(scratch_ / ("units/" + unit + ".d/override.conf"), text);
  }
  void forget_boot() const { fs::remove(scratch_ / "booted"); }
  [[nodiscard]] std::string operator/(const std::string& name) const { return scratch_ / name; }
  [[nodiscard]] const run::SchedulePlaces& places() const { return places_; }

 private:
  Scratch scratch_;
  run::SchedulePlaces places_;
};

CheckReport check(const Council& council, const Machine& machine) {
  const auto index = open_to_read(council);
  run::CheckSetting setting = check_setting(council, &index);
  setting.schedule_places = machine.places();
  return run::check(setting);
}

}  // namespace

TEST_CASE("Lines for cron that call a run are told from others, with their time") {
  const auto parse = [](std::string_view line) {
    std::optional<minutes> at;
    const bool calls = run::parse_cron_line(line, at);
    return calls ? at.value_or(minutes{-1}) : minutes{-2};
  };
  CHECK(parse("0 2 * * *  root  expunge run --quiet") == minutes{120});
  CHECK(parse("30 01 * * * svc EXPUNGE_CONFIG=/x /usr/bin/expunge --config /x run") == minutes{90});
  CHECK(parse("@daily root expunge run") == minutes{0});
  CHECK(parse("@reboot root expunge run") == minutes{-1});
  CHECK(parse("*/5 2 * * * root expunge run") == minutes{-1});
  CHECK(parse("0 25 * * * root expunge run") == minutes{-1});
  for (const char* other :
       {"", "# 0 2 * * * root expunge run", "0 2 * * * root expunge status", "MAILTO=expunge run",
        "0 2 * * * root run-parts /x", "0 2 * * * root expunge run --dry-run", "0 2 * * * root",
        "0 2 * * * root expunged run"}) {
    INFO(other);
    CHECK(parse(other) == minutes{-2});
  }
}

TEST_CASE("A time of day is read from OnCalendar where it is as simple as that") {
  CHECK(run::parse_on_calendar("*-*-* 02:00:00") == minutes{120});
  CHECK(run::parse_on_calendar(" *-*-* 3:30 ") == minutes{210});
  CHECK(run::parse_on_calendar("02:15") == minutes{135});
  CHECK(run::parse_on_calendar("daily") == minutes{0});
  for (const char* other : {"", "weekly", "Mon *-*-* 02:00", "*-*-* 02:00:30", "*-*-* 24:00:00",
                            "*-*-* 02:00:00 Europe/London", "*-*-* *:00:00"}) {
    INFO(other);
    CHECK_FALSE(run::parse_on_calendar(other));
  }
}

TEST_CASE("That nothing runs it at night is a warning with the command that does") {
  Council council;
  const Machine machine;
  const CheckReport report = check(council, machine);
  CHECK_THAT(said(report, Level::warning, "schedule"), contains_text("nothing runs it at night"));
  CHECK_THAT(advised(report, Level::warning, "schedule"),
             contains_text("systemctl enable --now expunge.timer, or put the cron file in place as "
                           "/etc/cron.d/expunge"));
}

TEST_CASE("A run of the last 26 hours without a schedule is a note, and a warning after that") {
  Council council;
  if (!council.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  council.add("rec-1", "2024-01-01T10:00:00Z", "a.wav", std::string(9000, 'a'));
  council.approve_and_run();
  const Machine machine;
  council.set_clock("2026-11-24T15:30:00Z");
  CHECK_THAT(said(check(council, machine), Level::note, "schedule"),
             contains_text("but a run began"));
  CHECK(said(check(council, machine), Level::warning, "schedule").empty());
  council.set_clock("2026-11-24T16:30:00Z");
  CHECK_THAT(said(check(council, machine), Level::warning, "schedule"),
             contains_text("no run has begun since 2026-11-23T14:00:00.000Z"));
  machine.cron("expunge", kCronLine);
  CHECK_THAT(said(check(council, machine), Level::warning, "schedule"),
             contains_text("although " + machine / "cron.d/expunge" + " is there"));
  CHECK_THAT(advised(check(council, machine), Level::warning, "schedule"),
             contains_text("systemctl status cron"));
}

TEST_CASE("The cron file and the timer that are shipped are each found as one schedule") {
  Council council;
  const Machine machine;
  const bool cron = GENERATE(false, true);
  if (cron) {
    machine.cron("expunge", slurp(kSourceDir + "/scripts/expunge.cron"));
  } else {
    machine.enable_timer();
    machine.drop_in("expunge.service",
                    "[Service]\nReadWritePaths=/srv \"" + council.scratch.path().string() + "\"\n");
  }
  if (cron && ::geteuid() != 0) SKIP_TEST("cron reads files of root alone");
  const CheckReport report = check(council, machine);
  CHECK(said(report, Level::ok, "schedule") ==
        (cron ? machine / "cron.d/expunge" : std::string("expunge.timer")) +
            " at 02:00 calls it\n");
  CHECK(said(report, Level::warning, "schedule").empty());
  CHECK(said(report, Level::problem, "schedule").empty());
}

TEST_CASE("Two schedules are a warning that names both") {
  if (::geteuid() != 0) SKIP_TEST("cron reads files of root alone");
  Council council;
  const Machine machine;
  machine.cron("expunge", kCronLine);
  machine.enable_timer();
  const CheckReport report = check(council, machine);
  CHECK_THAT(said(report, Level::warning, "schedule"),
             contains_text("two schedules call it: " + machine / "cron.d/expunge" +
                           " at 02:00 and expunge.timer at 02:00"));
  CHECK_THAT(advised(report, Level::warning, "schedule"),
             contains_text("systemctl disable --now expunge.timer"));
}

TEST_CASE("A schedule at another time than the configuration says is a warning") {
  Council council;
  const Machine machine;
  machine.enable_timer();
  machine.drop_in("expunge.timer", "[Timer]\nOnCalendar=\nOnCalendar=*-*-* 03:30:00\n");
  const CheckReport report = check(council, machine);
  CHECK_THAT(said(report, Level::warning, "schedule"),
             contains_text("expunge.timer at 03:30 differs from 02:00 under [run]"));
  CHECK_THAT(advised(report, Level::warning, "schedule"), contains_text("write at = 03:30 there"));
  machine.drop_in("expunge.timer", "[Timer]\nOnCalendar=\nOnCalendar=Mon..Fri 03:30\n");
  CHECK(said(check(council, machine), Level::warning, "schedule").empty());
}

TEST_CASE("A schedule that cron passes over or systemd never reads is a warning") {
  if (::geteuid() != 0) SKIP_TEST("cron reads files of root alone");
  Council council;
  const Machine machine;
  const auto warned = [&] { return said(check(council, machine), Level::warning, "schedule"); };
  const auto cure = [&] { return advised(check(council, machine), Level::warning, "schedule"); };
  SECTION("a name with a dot") {
    machine.cron("expunge.cron", kCronLine);
    CHECK_THAT(warned(),
               contains_text("calls a run, but in vain: its name is none that cron reads"));
    CHECK_THAT(cure(), contains_text("mv " + machine / "cron.d/expunge.cron" + " " +
                                     machine / "cron.d/expunge\n"));
    CHECK_THAT(warned(), contains_text("nothing runs it at night"));
  }
  SECTION("a file that others may write to") {
    machine.cron("expunge", kCronLine);
    REQUIRE(::chmod((machine / "cron.d/expunge").c_str(), 0664) == 0);
    CHECK_THAT(cure(), contains_text("chmod go-w " + machine / "cron.d/expunge"));
  }
  SECTION("a file of another user") {
    machine.cron("expunge", kCronLine);
    REQUIRE(::chown((machine / "cron.d/expunge").c_str(), 12345, 0) == 0);
    CHECK_THAT(cure(), contains_text("chown root " + machine / "cron.d/expunge"));
  }
  SECTION("a last line without its end") {
    machine.cron("expunge", "0 2 * * * root expunge run");
    CHECK_THAT(warned(), contains_text("does not end in a line feed"));
  }
  SECTION("a timer where systemd was not booted") {
    machine.enable_timer();
    machine.forget_boot();
    CHECK_THAT(warned(), contains_text("systemd is not what this machine was booted with"));
  }
  SECTION("a timer that is masked") {
    machine.enable_timer();
    fs::create_symlink("/dev/null", machine / "units/expunge.timer");
    CHECK_THAT(warned(), contains_text("nothing runs it at night"));
  }
}

TEST_CASE("A service that may not write where the run writes is a problem") {
  Council council;
  const Machine machine;
  machine.enable_timer();
  const CheckReport report = check(council, machine);
  CHECK_THAT(said(report, Level::problem, "schedule"),
             contains_text("expunge.service may not write to " + council.root));
  CHECK_THAT(
      advised(report, Level::problem, "schedule"),
      contains_text("systemctl edit expunge.service, and there: [Service] ReadWritePaths=\"" +
                    council.root + "\"\n"));
  machine.drop_in("expunge.service",
                  "[Service]\nReadWritePaths=\"-" + council.scratch.path().string() + "/\"\n");
  CHECK(said(check(council, machine), Level::problem, "schedule").empty());
}

TEST_CASE("What a service may write to is read as systemd reads it") {
  Council council;
  const Machine machine;
  machine.enable_timer();
  const auto problem = [&](const std::string& path) {
    machine.drop_in("expunge.service", "[Service]\nReadWritePaths=\"" + path + "\"\n");
    return said(check(council, machine), Level::problem, "schedule");
  };
  const std::string place = council.scratch.path().string();
  fs::create_directory_symlink(place, machine / "link");
  CHECK(problem(machine / "link").empty());
  CHECK(problem("/").empty());
  CHECK(problem("-+" + place + "//").empty());
  CHECK_FALSE(problem("+-" + place).empty());  // ignored: no absolute path
  CHECK_FALSE(problem(place.substr(1)).empty());
  CHECK_FALSE(problem(place.substr(0, place.size() - 1)).empty());
}

TEST_CASE("A service that may not write its figures is a warning") {
  Council council;
  const Machine machine;
  machine.enable_timer();
  const auto index = open_to_read(council);
  run::CheckSetting setting = check_setting(council, &index);
  setting.schedule_places = machine.places();
  setting.metrics_directories = {machine / "figures"};
  fs::create_directory(machine / "figures");
  CHECK_THAT(said(run::check(setting), Level::warning, "schedule"),
             contains_text("expunge.service may not write to " + machine / "figures"));
  CHECK_THAT(advised(run::check(setting), Level::warning, "schedule"),
             contains_text("ReadWritePaths=\"" + machine / "figures"));
  machine.drop_in("expunge.service", "[Service]\nReadWritePaths=\"" + machine / "figures" + "\"\n");
  CHECK(said(run::check(setting), Level::warning, "schedule").empty());
}
