#include <fmt/format.h>

#include "cli/config.h"

namespace expunge::cli {
namespace {

std::string optional_line(const char* key, const std::string& value) {
  return value.empty() ? "" : fmt::format("{} = {}\n", key, value);
}

}  // namespace

std::string config_text(const NewConfig& config) {
  std::string text = fmt::format(
      "# expunge: what is kept for how long, and where it is. See expunge.conf(5).\n"
      "[archive]\n"
      "root  = {}\n"
      "index = {}\n"
      "\n"
      "[retention]\n"
      "# Days are counted in this time zone. A department that is not named here is never "
      "touched.\n"
      "timezone   = {}\n",
      config.archive_root, config.index_path, config.time_zone);
  for (const policy::Department& department : config.departments) {
    text +=
        fmt::format("department = {}: {}\n", department.name, policy::to_text(department.period));
  }
  text += fmt::format(
      "\n[safety]\n"
      "# More than this at once, and a person must say yes to the plan first.\n"
      "max-share      = 5%\n"
      "max-clock-step = 7 days\n"
      "\n"
      "[destruction]\n"
      "passes  = 1\n"
      "workers = 8\n"
      "\n"
      "[log]\n"
      "directory = {}\n"
      "origin    = {}\n"
      "key       = {}\n"
      "{}{}{}"
      "\n"
      "[run]\n"
      "# When the nightly run starts, so that expunge plan shows what tonight will do.\n"
      "at = 02:00\n"
      "\n"
      "[notice]\n"
      "controller = {}\n"
      "contact    = {}\n",
      config.log_directory, config.origin, config.keys.entries,
      optional_line("checkpoint-key", config.keys.checkpoints),
      optional_line("key-passphrase-file", config.keys.passphrase_file),
      optional_line("rotate", config.rotate == run::Rotate::never ? "" : "every-run"),
      config.controller, config.contact);
  return text;
}

}  // namespace expunge::cli
