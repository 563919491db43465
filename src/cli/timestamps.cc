#include "cli/timestamps.h"

#include "audit/frozen.h"
#include "audit/note.h"
#include "base/error.h"
#include "base/io.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;

/// Of the log's own directory: one that cannot be read is a fault of the log.
audit::Evidence::Named read_own(base::Sys& sys, const std::string& path) {
  try {
    return {path, base::read_file(sys, path, audit::kTimestampLimitBytes)};
  } catch (const Failure& failure) {
    throw Failure(ExitStatus::log_untrusted, failure.what());
  }
}

}  // namespace

void add_timestamp_trust(Options& options) {
  options.value("tsa-ca", "root certificates (PEM) of the authorities whose time stamps count")
      .value("tsa-untrusted", "certificates between these and an authority's (PEM)");
}

std::optional<audit::TimestampTrust> timestamp_trust(base::Sys& sys, const Options& options) {
  if (!options.has("tsa-ca")) {
    if (options.has("tsa-untrusted")) options.refuse("--tsa-untrusted needs --tsa-ca");
    return std::nullopt;
  }
  const std::string roots = options.required("tsa-ca");
  audit::TimestampTrust trust(roots, base::read_file(sys, roots));
  if (options.has("tsa-untrusted")) {
    const std::string more = options.required("tsa-untrusted");
    trust.add_untrusted(more, base::read_file(sys, more));
  }
  return trust;
}

std::vector<StampedCheckpoints> read_stamps(base::Sys& sys, const std::string& directory) {
  std::vector<StampedCheckpoints> stamps;
  for (const std::uint64_t size : audit::list_frozen(directory).timestamps) {
    stamps.push_back({read_own(sys, audit::timestamp_path(directory, size)),
                      {read_own(sys, audit::frozen_path(directory, size))}});
  }
  return stamps;
}

std::vector<report::TimeStamps::Checked> check_stamps(const std::vector<StampedCheckpoints>& stamps,
                                                      const audit::TimestampTrust& trust) {
  std::vector<report::TimeStamps::Checked> checked;
  for (const auto& [response, checkpoints] : stamps) {
    std::vector<std::string> texts;
    texts.reserve(checkpoints.size());
    for (const auto& each : checkpoints) texts.push_back(each.text);
    audit::CheckedStamp stamp = audit::check_timestamp(response.name, response.text, texts, &trust);
    const audit::Evidence::Named& over = checkpoints.at(stamp.over);
    const auto note = audit::parse_checkpoint(over.text);
    checked.push_back({over.name, note ? note->checkpoint.size : 0, std::move(stamp)});
  }
  return checked;
}

}  // namespace expunge::cli
