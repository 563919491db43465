#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <utility>

#include "audit/course.h"
#include "audit/frozen.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "base/time.h"
#include "cli/config.h"
#include "cli/log_commands.h"
#include "cli/options.h"
#include "cli/timestamps.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;

/// The frozen checkpoint that was asked for, or the newest.
std::uint64_t find_size(const Options& options, const std::string& directory) {
  const std::vector<std::uint64_t> sizes = audit::list_frozen(directory).checkpoints;
  if (sizes.empty()) {
    throw Failure(ExitStatus::usage,
                  directory + ": has no frozen checkpoint yet; each run leaves one at its end");
  }
  if (!options.has("size")) return sizes.back();
  const auto size = base::parse_number(options.required("size"));
  if (!size) options.refuse("--size must be a number of entries");
  if (std::find(sizes.begin(), sizes.end(), *size) == sizes.end()) {
    throw Failure(ExitStatus::usage,
                  fmt::format("{}: does not exist; the newest frozen checkpoint is that of {} "
                              "entries",
                              audit::frozen_path(directory, *size), sizes.back()));
  }
  return *size;
}

/// That it is over the frozen checkpoint of `size`, and good. Another one may have been frozen
/// since it was asked for. Nothing was stored yet, and nothing of the log's own is in doubt.
audit::CheckedStamp check_answer(base::Sys& sys, const std::string& directory, std::uint64_t size,
                                 const audit::Evidence::Named& answer,
                                 const audit::TimestampTrust* trust) {
  std::vector<std::uint64_t> sizes = audit::list_frozen(directory).checkpoints;
  std::swap(*std::find(sizes.begin(), sizes.end(), size), sizes.front());
  std::vector<std::string> checkpoints;
  checkpoints.reserve(sizes.size());
  for (const std::uint64_t each : sizes) {
    checkpoints.push_back(base::read_file(sys, audit::frozen_path(directory, each)));
  }
  audit::CheckedStamp stamp;
  try {
    stamp = audit::check_timestamp(answer.name, answer.text, checkpoints, trust);
  } catch (const Failure& failure) {
    throw Failure(ExitStatus::usage, std::string(failure.what()) + "; nothing was stored");
  }
  if (stamp.over == 0) return stamp;
  throw Failure(
      ExitStatus::usage,
      fmt::format("{}: is over the checkpoint of {} entries, not over that of {}; nothing "
                  "was stored; give --size {}",
                  base::printable(answer.name), sizes[stamp.over], size, sizes[stamp.over]));
}

bool is_there(const std::string& directory, std::uint64_t size) {
  const auto sizes = audit::list_frozen(directory).timestamps;
  return std::find(sizes.begin(), sizes.end(), size) != sizes.end();
}

/// False when the very same stands there already.
bool store(base::Sys& sys, const std::string& directory, std::uint64_t size,
           const audit::Evidence::Named& answer, bool replaces) {
  const std::string path = audit::timestamp_path(directory, size);
  if (!replaces && is_there(directory, size)) {
    if (base::read_file(sys, path) == answer.text) return false;
    throw Failure(ExitStatus::usage,
                  path +
                      ": another time stamp stands there; keep it, or take this one in its "
                      "place with --replace");
  }
  try {
    base::replace_file(sys, path, answer.text, 0644);
  } catch (const Failure& failure) {
    throw Failure(failure.status(),
                  fmt::format("{}; {} is as it was: store it again as the user to whom the log "
                              "belongs, or as root",
                              failure.what(), base::printable(answer.name)));
  }
  return true;
}

void say(const audit::CheckedStamp& stamp, const std::string& path, bool stored) {
  std::cout << fmt::format(
      "{}{}\n  checkpoint  existed at {}\n  authority   {}\n", path, stored ? "" : " (as it was)",
      base::to_text(stamp.time),
      stamp.authority.empty() ? "NOT CHECKED (--tsa-ca)" : base::printable(stamp.authority));
}

}  // namespace

ExitStatus log_timestamp_command(Invocation call) {
  Options options(
      "log timestamp --request FILE | --response FILE [OPTION…]",
      "Makes a time stamp request (RFC 3161) over a frozen checkpoint, for an authority\n"
      "outside, or stores its answer beside that checkpoint, after a check. Sends nothing,\n"
      "and leaves the log itself alone.");
  options.value("request", "write a request to this file, which must not exist; -: standard output")
      .value("response", "store the authority's answer in this file")
      .value("size", "for the checkpoint of so many entries, instead of the newest frozen one")
      .flag("replace", "store it in the place of another one");
  add_timestamp_trust(options);
  if (!options.parse(call)) return ExitStatus::done;
  if (options.has("request") == options.has("response")) {
    options.refuse("give either --request or --response");
  }
  for (const char* const name : {"tsa-ca", "tsa-untrusted", "replace"}) {
    if (options.has(name) && !options.has("response")) {
      options.refuse("--" + std::string(name) + " is for --response");
    }
  }
  base::Sys& sys = base::real_sys();
  const Config config = configure(sys, call.global);
  const std::string& directory = config.log.directory;
  const auto trust = timestamp_trust(sys, options);
  const std::uint64_t size = find_size(options, directory);
  const std::string checkpoint =
      audit::read_checkpoint(sys, audit::frozen_path(directory, size), config.log.origin).text;
  if (options.has("request")) {
    const std::string path = options.required("request");
    const std::string request = audit::timestamp_request(checkpoint);
    if (path == "-") {
      std::cout << request;
    } else {
      base::create_file(sys, path, request, 0600);
    }
    return ExitStatus::done;
  }
  const std::string path = options.required("response");
  const audit::Evidence::Named answer{path,
                                      base::read_file(sys, path, audit::kTimestampLimitBytes)};
  const audit::CheckedStamp stamp =
      check_answer(sys, directory, size, answer, trust ? &*trust : nullptr);
  const bool stored = store(sys, directory, size, answer, options.has("replace"));
  if (!call.global.quiet) say(stamp, audit::timestamp_path(directory, size), stored);
  return ExitStatus::done;
}

}  // namespace expunge::cli
