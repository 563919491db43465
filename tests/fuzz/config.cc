// A configuration file, as text: refused with a message, or every value within its bounds.

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "cli/config.h"
#include "fuzz/support/input.h"
#include "fuzz/support/memory_sys.h"

using namespace expunge;

namespace {

constexpr const char* kPath = "/etc/expunge/expunge.conf";

void check_path(const std::string& path) {
  EXPUNGE_ASSERT(path.starts_with('/'));
  EXPUNGE_ASSERT(path.find('\0') == std::string::npos);
  EXPUNGE_ASSERT(path.find('\n') == std::string::npos);
}

void check(const cli::Config& config) {
  for (const std::string& path :
       {config.archive_root, config.index_path, config.log.directory, config.log_keys.entries}) {
    check_path(path);
  }
  if (!config.metrics_textfile.empty()) {
    check_path(config.metrics_textfile);
    EXPUNGE_ASSERT(config.metrics_textfile.ends_with(".prom"));
  }
  const auto& departments = config.schedule.departments;
  for (std::size_t i = 0; i < departments.size(); ++i) {
    EXPUNGE_ASSERT(policy::is_department_name(departments[i].name));
    EXPUNGE_ASSERT(departments[i].period.count >= 1 && departments[i].period.count <= 999);
    EXPUNGE_ASSERT(i == 0 || departments[i - 1].name < departments[i].name);
    EXPUNGE_ASSERT(config.schedule.find(departments[i].name) == &departments[i]);
  }
  EXPUNGE_ASSERT(config.schedule.earliest.ok());
  EXPUNGE_ASSERT(base::is_utf8(config.schedule.reference));
  EXPUNGE_ASSERT(config.safety.max_share_permille <= 1000);
  EXPUNGE_ASSERT(config.safety.max_clock_step >= std::chrono::days{1});
  EXPUNGE_ASSERT(config.limits.workers >= 1 && config.limits.workers <= 64);
  EXPUNGE_ASSERT(cli::is_origin(config.log.origin));
  EXPUNGE_ASSERT(config.run_at.count() >= 0 && config.run_at < std::chrono::days{1});
}

/// What `init` would write for the same reads back the same, where a line can hold it.
void check_round_trip(const cli::Config& config) {
  const std::string text = cli::config_text(
      {config.archive_root, config.index_path, config.log.directory, config.log_keys,
       config.log.origin, config.schedule.time_zone.name(), config.controller, config.contact,
       config.schedule.departments, config.rotate});
  fuzz::MemorySys sys;
  sys.put(kPath, text);
  const cli::Config again = cli::load_config(sys, kPath);
  EXPUNGE_ASSERT(again.archive_root == config.archive_root);
  EXPUNGE_ASSERT(again.index_path == config.index_path);
  EXPUNGE_ASSERT(again.log.directory == config.log.directory);
  EXPUNGE_ASSERT(again.log.origin == config.log.origin);
  EXPUNGE_ASSERT(again.log_keys.entries == config.log_keys.entries);
  EXPUNGE_ASSERT(again.log_keys.checkpoints == config.log_keys.checkpoints);
  EXPUNGE_ASSERT(again.log_keys.passphrase_file == config.log_keys.passphrase_file);
  EXPUNGE_ASSERT(again.rotate == config.rotate);
  EXPUNGE_ASSERT(again.controller == config.controller && again.contact == config.contact);
  EXPUNGE_ASSERT(again.schedule.departments.size() == config.schedule.departments.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::MemorySys sys;
  sys.put(kPath, {reinterpret_cast<const char*>(data), size});
  try {
    const cli::Config config = cli::load_config(sys, kPath);
    check(config);
    check_round_trip(config);
  } catch (const base::Failure& failure) {
    EXPUNGE_ASSERT(failure.status() == base::ExitStatus::usage);
    const std::string_view message = failure.what();
    EXPUNGE_ASSERT(message.starts_with(kPath));
    EXPUNGE_ASSERT(base::is_utf8(message));
    EXPUNGE_ASSERT(std::all_of(message.begin(), message.end(), [](char c) {
      return static_cast<unsigned char>(c) >= 0x20 && c != '\x7f';
    }));
  }
  return 0;
}
