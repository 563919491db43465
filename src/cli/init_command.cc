#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <boost/filesystem/operations.hpp>
#include <boost/filesystem/path.hpp>
#include <iostream>

#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "cli/config.h"
#include "cli/desk.h"
#include "cli/founding.h"
#include "cli/made.h"
#include "cli/options.h"
#include "cli/succession.h"
#include "run/run.h"

namespace expunge::cli {
namespace {

namespace fs = boost::filesystem;
using base::ExitStatus;

/// Whether a value comes back from a line of the configuration as it went in.
bool survives_a_line(const std::string& text) {
  return base::is_utf8(text) && base::printable(text) == text &&
         text.find('#') == std::string::npos && base::trim(text) == text;
}

std::string text_for_config(const Options& options, const char* name, const char* otherwise) {
  if (!options.has(name)) return otherwise;
  std::string text = options.required(name);
  if (!survives_a_line(text)) {
    options.refuse("--" + std::string(name) + " '" + base::printable(text) +
                   "' cannot stand in a configuration file: no control characters, '#' or "
                   "backslashes, and no space at either end");
  }
  return text;
}

/// Absolute, without `.` and `..`, and such that a line of the configuration can hold it.
std::string path_for_config(const Options& options, const std::string& given) {
  const std::string path = fs::absolute(given).lexically_normal().string();
  if (!survives_a_line(path)) {
    options.refuse("'" + base::printable(path) +
                   "' cannot stand in a configuration file: no control characters, '#' or "
                   "backslashes, and no space at its end");
  }
  return path.size() > 1 && path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

std::vector<policy::Department> departments(const Options& options) {
  std::vector<std::string> texts = options.list("department");
  if (texts.empty()) texts = {"Customer Services: 12 months", "Revenues and Benefits: 12 months"};
  std::vector<policy::Department> found;
  for (const std::string& text : texts) {
    const auto department = policy::parse_department(text);
    if (!department || !survives_a_line(text)) {
      options.refuse("--department '" + base::printable(text) +
                     "' is not 'NAME: PERIOD', as in 'Customer Services: 12 months'");
    }
    found.push_back(*department);
  }
  return found;
}

NewConfig settings(const Options& options, const std::string& directory) {
  NewConfig config;
  config.archive_root = path_for_config(options, options.required("root"));
  if (!fs::is_directory(config.archive_root)) {
    options.refuse("--root " + config.archive_root + " is not a directory");
  }
  config.index_path = directory + "/index.db";
  config.log_directory = directory + "/log";
  config.keys.entries = directory + "/log.key";
  config.keys.checkpoints = directory + "/checkpoint.key";
  if (options.has("passphrase-file")) {
    config.keys.passphrase_file = path_for_config(options, options.required("passphrase-file"));
  }
  const std::string rotate = options.has("rotate") ? options.required("rotate") : "never";
  if (rotate != "never" && rotate != "every-run") {
    options.refuse("--rotate '" + base::printable(rotate) + "': never or every-run is allowed");
  }
  if (rotate == "every-run") config.rotate = run::Rotate::every_run;
  config.origin =
      options.has("origin") ? options.required("origin") : host_name() + "/destruction-log";
  if (!is_origin(config.origin)) {
    options.refuse("--origin '" + base::printable(config.origin) +
                   "': 1 to 128 printable ASCII characters without spaces, '+', '#', '\"' and '\\' "
                   "are allowed");
  }
  config.time_zone = options.has("timezone") ? options.required("timezone") : "Europe/London";
  if (!policy::TimeZone::find(config.time_zone)) {
    options.refuse("--timezone '" + base::printable(config.time_zone) +
                   "' is not in the system's time zone database (package tzdata)");
  }
  config.controller = text_for_config(options, "controller", "(the council's name)");
  config.contact = text_for_config(options, "contact", "(its data protection officer)");
  config.departments = departments(options);
  return config;
}

/// Makes the four; the configuration last, because it is what the other commands look for.
void make_all(base::Sys& sys, const NewConfig& config, const std::string& config_file,
              const run::OldLog* old, Made& made, base::Time now) {
  const std::string beside = config_file + ".new";
  // First, exclusively: of two at once, one stops here and has made nothing.
  base::create_file(sys, beside, config_text(config), 0644);
  made.add(beside);
  make_books(sys, load_config(sys, beside), old, made, now);
  // A crash before this leaves no configuration: nothing takes what there is for an office.
  made.add(config_file);
  const int error =
      sys.renameat2(AT_FDCWD, beside.c_str(), AT_FDCWD, config_file.c_str(), RENAME_NOREPLACE);
  if (error != 0) base::fail_errno(ExitStatus::needs_person, config_file, -error);
  base::sync_directory(sys, fs::path(config_file).parent_path().string());
}

}  // namespace

ExitStatus init_command(Invocation call) {
  Options options(
      "init\n       expunge init DIR --root ROOT [OPTION…]\n       expunge init --successor-of "
      "CHECKPOINT --authority REFERENCE --reason REASON",
      "Makes the index, the keys and the log that the configuration names; all of them or none,\n"
      "and never over something that is there.\n"
      "With DIR: makes DIR/expunge.conf too, and all the others beside it.\n"
      "With --successor-of and without DIR: makes the new keys and log that the configuration\n"
      "names, and hands the index over to them.");
  options.argument("dir", 1)
      .value("root", "the directory that holds the recordings")
      .values("department",
              "NAME: PERIOD, several times (default: Customer Services and Revenues "
              "and Benefits, 12 months each)")
      .value("timezone", "in which days are counted (default: Europe/London)")
      .value("origin", "the log's name for ever, as recordings.example.gov.uk/destruction-log")
      .value("passphrase-file", "whose first line the keys are to be encrypted with")
      .value("rotate", "every-run: a new key for entries at the end of each run (default: never)")
      .value("controller", "the council's name, for certificates")
      .value("contact", "where people may turn, for certificates");
  add_succession(options);
  if (!options.parse(call)) return ExitStatus::done;
  if (!options.has("dir")) {
    return options.has("successor-of") ? succeed_here(call, options) : init_here(call, options);
  }
  const std::string directory = path_for_config(options, options.required("dir"));
  const NewConfig config = settings(options, directory);
  const std::string config_file = directory + "/expunge.conf";
  auto old = named_old_log(options, config.origin);
  require_nothing_there({config.index_path, config.log_directory, config.keys}, config_file);
  if (old) look_at(*old, std::nullopt, config.keys.passphrase_file);
  base::Sys& sys = base::real_sys();
  Made made;
  const int error = sys.mkdirat(AT_FDCWD, directory.c_str(), 0755);
  if (error != 0 && error != -EEXIST) {
    base::fail_errno(ExitStatus::usage, "init: " + directory, -error);
  }
  if (error == 0) {
    made.directory(directory);
    // Who may read the log must be able to reach it, whatever the umask.
    const base::Fd fd = base::open_or_fail(sys, directory, O_RDONLY | O_DIRECTORY);
    if (const int denied = sys.fchmod(fd.get(), 0755); denied != 0) {
      base::fail_errno(ExitStatus::usage, "init: " + directory, -denied);
    }
    base::sync_directory(sys, fs::path(directory).parent_path().string());
  }
  make_all(sys, config, config_file, old ? &*old : nullptr, made, call.clock());
  made.keep();
  if (!call.global.quiet) {
    std::cout << fmt::format(
        "Made {0}/expunge.conf, index.db, log.key, checkpoint.key and log.\n\n"
        "Next\n"
        "  1. Read {0}/expunge.conf.\n"
        "  2. Keep copies of {0}/log/keys/*.pem and {0}/log/checkpoint elsewhere: with them,\n"
        "     nobody can rewrite the log unnoticed.\n"
        "  3. expunge --config {1} import RECORDINGS.csv\n"
        "  4. expunge --config {1} plan\n"
        "  5. expunge --config {1} approve DIGEST --reason TEXT, before the first run\n"
        "  6. expunge --config {1} run, every night (see expunge.cron)\n",
        directory,
        directory.find(' ') == std::string::npos ? config_file : "'" + config_file + "'");
  }
  return ExitStatus::done;
}

}  // namespace expunge::cli
