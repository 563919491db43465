#include "cli/config_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "cli/config.h"
#include "cli/option_error.h"

namespace expunge::cli {
namespace {

namespace po = boost::program_options;
using base::ExitStatus;
using base::Failure;

constexpr std::size_t kMostShownBytes = 128;

po::options_description keys() {
  po::options_description known;
  const auto one = [&known](const char* key) {
    known.add_options()(key, po::value<std::string>());
  };
  for (const char* key : {"archive.root",
                          "archive.index",
                          "retention.timezone",
                          "retention.schedule",
                          "retention.earliest",
                          "safety.max-share",
                          "safety.max-count",
                          "safety.max-clock-step",
                          "destruction.passes",
                          "destruction.workers",
                          "destruction.fingerprint",
                          "destruction.accept",
                          "log.directory",
                          "log.origin",
                          "log.key",
                          "log.checkpoint-key",
                          "log.key-passphrase-file",
                          "log.rotate",
                          "log.anchor",
                          "log.anchor-limit",
                          "run.at",
                          "run.approval",
                          "run.after",
                          "run.after-limit",
                          "holds.release-delay",
                          "holds.release",
                          "metrics.textfile",
                          "messages.to",
                          "notice.controller",
                          "notice.contact"}) {
    one(key);
  }
  for (const char* key : {"retention.department", "retention.alias"}) {
    known.add_options()(key, po::value<std::vector<std::string>>());
  }
  return known;
}

std::vector<std::string> known_keys() {
  std::vector<std::string> known;
  const po::options_description all = keys();
  for (const auto& each : all.options()) known.push_back(each->long_name());
  return known;
}

std::string place(const std::string& path, std::size_t line) {
  return line == 0 ? path : fmt::format("{}: line {}", path, line);
}

[[noreturn]] void refuse_unknown(const std::string& path, const ConfigLines& lines,
                                 const std::string& key) {
  const std::string meant = nearest_key(key, known_keys());
  throw Failure(ExitStatus::usage,
                fmt::format("{}: unknown key '{}'{}; see expunge.conf(5)",
                            place(path, lines.first_line_of(key)), base::printable(key),
                            meant.empty() ? "" : "; perhaps '" + meant + "' is meant"));
}

}  // namespace

ConfigValues::ConfigValues(std::string path, ConfigLines lines, po::variables_map values)
    : path_(std::move(path)), lines_(std::move(lines)), values_(std::move(values)) {}

ConfigValues ConfigValues::read(base::Sys& sys, const std::string& path) {
  const std::string text = base::read_file(sys, path);
  ConfigLines lines(text);
  std::istringstream in(text);
  po::variables_map values;
  const auto refuse = [&path](std::size_t line, const std::string& what) {
    throw Failure(ExitStatus::usage,
                  fmt::format("{}: {}; see expunge.conf(5)", place(path, line), what));
  };
  try {
    po::store(po::parse_config_file(in, keys(), false), values);
  } catch (const po::unknown_option& error) {
    refuse_unknown(path, lines, error.get_option_name());
  } catch (const po::multiple_occurrences& error) {
    const std::string key = error.get_option_name();
    refuse(lines.line_of(key), fmt::format("'{}' is given twice", base::printable(key)));
  } catch (const po::invalid_syntax& error) {
    refuse(
        lines.line_saying(error.tokens()),
        fmt::format("'{}' is neither [SECTION] nor KEY = VALUE", base::printable(error.tokens())));
  } catch (po::error_with_option_name& error) {
    refuse(0, describe(error));
  } catch (const po::error& error) {
    refuse(0, base::printable(error.what()));
  }
  return {path, std::move(lines), std::move(values)};
}

void ConfigValues::refuse(const std::string& key, const std::string& allowed) const {
  throw Failure(ExitStatus::usage,
                fmt::format("{}: {}: {}", place(path_, lines_.line_of(key)), key, allowed));
}

void ConfigValues::refuse(const std::string& key, const std::string& value,
                          const std::string& what) const {
  throw Failure(ExitStatus::usage,
                fmt::format("{}: {}: {}", place(path_, lines_.line_of(key, value)), key, what));
}

void ConfigValues::refuse_value(const std::string& key, const std::string& value,
                                const std::string& allowed) const {
  refuse(key, value,
         fmt::format("'{}' is refused: {}", base::printable(value, kMostShownBytes), allowed));
}

std::string ConfigValues::text(const std::string& key) const {
  if (values_.count(key) == 0) refuse(key, "is missing");
  return values_[key].as<std::string>();
}

std::string ConfigValues::text_or(const std::string& key, const std::string& otherwise) const {
  return values_.count(key) == 0 ? otherwise : values_[key].as<std::string>();
}

std::vector<std::string> ConfigValues::list(const std::string& key) const {
  if (values_.count(key) == 0) return {};
  return values_[key].as<std::vector<std::string>>();
}

std::string ConfigValues::absolute_path_or_none(const std::string& key) const {
  return values_.count(key) == 0 ? "" : absolute_path(key);
}

std::string ConfigValues::absolute_path(const std::string& key) const {
  std::string value = text(key);
  if (!value.starts_with('/')) {
    refuse(key, fmt::format("'{}' is not an absolute path", base::printable(value)));
  }
  // The kernel would stop there, at another path than the one that stands in the file.
  if (value.find('\0') != std::string::npos) {
    refuse(key, fmt::format("'{}' has a NUL byte", base::printable(value)));
  }
  return value;
}

std::size_t ConfigValues::choice(const std::string& key,
                                 std::initializer_list<std::string_view> words) const {
  const std::string value = text_or(key, std::string(*words.begin()));
  const auto* const found = std::find(words.begin(), words.end(), value);
  if (found == words.end()) {
    refuse_value(key, value, fmt::format("{} is allowed", fmt::join(words, " or ")));
  }
  return static_cast<std::size_t>(found - words.begin());
}

std::chrono::seconds ConfigValues::limit(const std::string& key,
                                         const std::string& otherwise) const {
  const auto limit = parse_duration(text_or(key, otherwise));
  if (!limit || *limit < std::chrono::seconds{1} || *limit > std::chrono::hours{1}) {
    refuse_value(key, text_or(key, otherwise), "a time from 1s to 1h, as 60s or 5m, is allowed");
  }
  return *limit;
}

}  // namespace expunge::cli
