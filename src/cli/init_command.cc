#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <boost/filesystem/path.hpp>
#include <iostream>

#include "archive/index.h"
#include "audit/keys.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "cli/config.h"
#include "cli/desk.h"
#include "cli/options.h"
#include "run/run.h"

namespace expunge::cli {
namespace {

namespace fs = boost::filesystem;
using base::ExitStatus;
using base::Failure;

/// Removes what was made, newest first, unless everything was: all or nothing.
class Made {
 public:
  Made() = default;
  Made(const Made&) = delete;
  Made& operator=(const Made&) = delete;
  ~Made() {
    boost::system::error_code ignored;
    for (auto path = paths_.rbegin(); path != paths_.rend(); ++path) {
      fs::remove_all(*path, ignored);
    }
    if (!directory_.empty()) fs::remove(directory_, ignored);  // if nobody put anything into it
  }
  void directory(const fs::path& path) { directory_ = path; }
  /// What is nobody else's: made, or about to be made by the one who has made the key.
  void add(const fs::path& path) { paths_.push_back(path); }
  void keep() {
    paths_.clear();
    directory_.clear();
  }

 private:
  std::vector<fs::path> paths_;
  fs::path directory_;
};

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
  config.key_path = directory + "/log.key";
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

/// The log is made last, and then the configuration put in its place: where the rest stands without
/// a log, an init was interrupted.
void require_nothing_there(const NewConfig& config, const std::string& config_file) {
  const auto is_there = [](const std::string& path) {
    return fs::exists(fs::symlink_status(path));
  };
  std::vector<std::string> found;
  for (const std::string& path :
       {config.log_directory, config_file, config.index_path, config.key_path,
        config.log_directory + ".new", config.index_path + ".new", config_file + ".new"}) {
    if (is_there(path)) found.push_back(path);
  }
  if (found.empty()) return;
  const std::string said =
      "init: " + found.front() + " exists already; nothing was made or changed";
  if (found.front() == config.log_directory) {
    const bool all_made = found.back() == config_file + ".new" && !is_there(config_file);
    throw Failure(ExitStatus::usage,
                  all_made ? fmt::format("{}; an interrupted init left only the last step to do: "
                                         "mv {} {}",
                                         said, found.back(), config_file)
                           : said);
  }
  throw Failure(ExitStatus::usage,
                fmt::format("{}; if it was left by an interrupted init, which makes {} last, "
                            "remove {} and try again",
                            said, config.log_directory, fmt::join(found, ", ")));
}

/// Makes the four; the configuration last, because it is what the other commands look for.
void make_all(base::Sys& sys, const NewConfig& config, const std::string& config_file, Made& made,
              base::Time now) {
  const std::string text = config_text(config);
  const audit::SigningKey key = audit::SigningKey::generate(config.origin);
  // The key first, exclusively: of two at once, one stops here and has made nothing.
  base::create_file(sys, config.key_path, key.to_pem(), 0600);
  made.add(config.key_path);
  made.add(config.index_path + ".new");
  made.add(config.index_path);
  made.add(config.index_path + "-journal");
  archive::Index::create(config.index_path, config.origin);
  const std::string beside = config_file + ".new";
  made.add(beside);
  base::create_file(sys, beside, text, 0644);
  const Config checked = load_config(sys, beside);
  made.add(config.log_directory);
  made.add(config.log_directory + ".new");
  const std::vector<audit::Draft> drafts = {
      audit::to_draft(audit::LogOpen{key.verifier().vkey(), "expunge " EXPUNGE_VERSION}),
      audit::to_draft(run::logged_form(checked.schedule))};
  audit::create_log(sys, checked.log, key, drafts, now);
  // A crash before this leaves no configuration: nothing takes what there is for an office.
  made.add(config_file);
  const int error =
      sys.renameat2(AT_FDCWD, beside.c_str(), AT_FDCWD, config_file.c_str(), RENAME_NOREPLACE);
  if (error != 0) base::fail_errno(ExitStatus::needs_person, config_file, -error);
  base::sync_directory(sys, fs::path(config_file).parent_path().string());
}

}  // namespace

ExitStatus init_command(Invocation call) {
  Options options("init DIR --root ROOT [OPTION…]",
                  "Makes DIR/expunge.conf, DIR/index.db, DIR/log.key and DIR/log; all of them or "
                  "none,\nand never over something that is there.");
  options.argument("dir", 1)
      .value("root", "the directory that holds the recordings")
      .values("department",
              "NAME: PERIOD, several times (default: Customer Services and Revenues "
              "and Benefits, 12 months each)")
      .value("timezone", "in which days are counted (default: Europe/London)")
      .value("origin", "the log's name for ever, as recordings.example.gov.uk/destruction-log")
      .value("controller", "the council's name, for certificates")
      .value("contact", "where people may turn, for certificates");
  if (!options.parse(call)) return ExitStatus::done;
  const std::string directory = path_for_config(options, options.required("dir"));
  const NewConfig config = settings(options, directory);
  const std::string config_file = directory + "/expunge.conf";
  require_nothing_there(config, config_file);
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
  make_all(sys, config, config_file, made, call.clock());
  made.keep();
  if (!call.global.quiet) {
    std::cout << fmt::format(
        "Made {0}/expunge.conf, index.db, log.key and log.\n\n"
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
