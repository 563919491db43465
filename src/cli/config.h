#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/log.h"
#include "base/sys.h"
#include "cli/command.h"
#include "cli/messages.h"
#include "plan/brakes.h"
#include "policy/schedule.h"
#include "run/tools.h"

namespace expunge::cli {

/// How holds are released.
struct HoldRules {
  std::chrono::days release_delay{7};  ///< until a release takes effect
  bool needs_two = false;              ///< one login asks for the release, another confirms it
};

/// Everything that expunge.conf(5) holds, checked.
struct Config {
  std::string path;  ///< of the file itself
  std::string archive_root;
  std::string index_path;
  policy::RetentionSchedule schedule;
  plan::Safety safety;
  run::Limits limits;
  audit::LogPlace log;
  audit::KeyFiles log_keys;
  run::Rotate rotate = run::Rotate::never;
  std::string anchor;                     ///< the program to call after a checkpoint; empty: none
  std::chrono::seconds anchor_limit{60};  ///< how long it may take
  std::chrono::minutes run_at{120};       ///< since midnight, by the clocks on the wall
  run::Approval approval = run::Approval::at_a_brake;
  std::string after;  ///< the program that is told what a run destroyed; or none
  std::chrono::seconds after_limit{300};  ///< how long it may take
  HoldRules holds;
  std::string controller;
  std::string contact;
  std::string metrics_textfile;  ///< or none
  MessagesTo messages_to = MessagesTo::automatic;
};

/// Whether every plan has to be approved before a run goes by it: of what was ordered to be
/// destroyed, only by the rule of two persons.
[[nodiscard]] inline bool needs_approval(const Config& config, bool by_order) {
  return by_order ? config.approval == run::Approval::two_person
                  : config.approval != run::Approval::at_a_brake;
}

/// Reads and checks a configuration. Throws Failure(usage) naming file, key and what is allowed for
/// an unknown key, a bad value or a missing section.
[[nodiscard]] Config load_config(base::Sys& sys, const std::string& path);

/// load_config() of config_path(), for a command: messages go from here on where it says.
[[nodiscard]] Config configure(base::Sys& sys, const Global& global);

/// `--config`, else $EXPUNGE_CONFIG, else /etc/expunge/expunge.conf.
[[nodiscard]] std::string config_path(const std::string& option);
/// The last of these.
[[nodiscard]] std::string config_path_by_default();

/// What `init` was asked for.
struct NewConfig {
  std::string archive_root, index_path, log_directory;
  audit::KeyFiles keys{{}};
  std::string origin, time_zone, controller, contact;
  std::vector<policy::Department> departments;
  run::Rotate rotate = run::Rotate::never;
};

/// The text of a commented configuration file, which load_config reads back as given.
[[nodiscard]] std::string config_text(const NewConfig& config);

/// Whether a log may be called so: 1 to 128 printable ASCII characters without space, `+`, `#`, `"`
/// and `\`.
[[nodiscard]] bool is_origin(std::string_view text);

/// Whether a hold, or whoever decided something, may be called so in the log: 1 to 64 letters,
/// digits, `-`, `/` and `.`.
[[nodiscard]] bool is_reference(std::string_view text);

/// A whole number of hours (`4h`), minutes (`30m`) or seconds (`90s`); nullopt otherwise.
[[nodiscard]] std::optional<std::chrono::seconds> parse_duration(std::string_view text);

}  // namespace expunge::cli
