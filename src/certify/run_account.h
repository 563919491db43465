#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "audit/proof.h"
#include "certify/recordings.h"
#include "certify/runs.h"
#include "certify/walk.h"

// What the log says about one run.
namespace expunge::certify {

enum class Became {
  destroyed,      ///< every file overwritten and read back
  removed,        ///< without overwriting
  partly,         ///< part of it was overwritten or removed, and the rest did not follow
  not_destroyed,  ///< a failure; of its recording nothing but the id is known
};
inline constexpr std::size_t kBecame = 4;

/// What a run did about one recording.
struct RunItem {
  Became became = Became::not_destroyed;
  std::uint64_t seq = 0;
  base::Time time;
  std::string recording;
  std::string reason;            ///< of a failure; else empty
  audit::Destroyed entry;        ///< but of a failure
  std::uint64_t bytes = 0;       ///< of its files, before; of a partly destroyed one, overwritten
  std::uint64_t kept_bytes = 0;  ///< of a partly destroyed one
  Left left = Left::rest;        ///< likewise
};

struct RunCount {
  std::uint64_t recordings = 0, bytes = 0;
};

/// So many of each kind are kept by name.
inline constexpr std::size_t kListed = 500;

struct RunAccount {
  std::string run;
  std::shared_ptr<const RunFacts> facts;
  std::vector<Logged<audit::RunBraked>> brakes;  ///< then there is nothing else
  RunCount total[kBecame];
  std::map<std::string, std::map<Became, RunCount>> by_department;  ///< but of failures
  std::map<std::string, std::uint64_t> failures;                    ///< by reason
  std::map<std::string, std::uint64_t> media;  ///< recordings, by what their entries say
  std::vector<RunItem> listed[kBecame];        ///< the first kListed of each kind
  std::uint64_t without_file[kBecame] = {};    ///< recordings of which a file was not in its place
  std::uint64_t ordered = 0;                   ///< destroyed or removed because of an order
  std::map<Left, std::uint64_t> left;          ///< by what is left of those destroyed in part
  std::vector<std::uint64_t> proved;           ///< destroyed or removed: the entries, ascending
  Opening opening;
  Chosen by;

  [[nodiscard]] const RunCount& of(Became became) const {
    return total[static_cast<std::size_t>(became)];
  }
  [[nodiscard]] const std::vector<RunItem>& first(Became became) const {
    return listed[static_cast<std::size_t>(became)];
  }
};

/// Reads the log once, and calls `each` once for every recording that the run did anything about:
/// for those destroyed or removed in the log's order, and then for the others. Of a recording with
/// several entries the one that says most counts; memory grows with those not destroyed. What it
/// was called with holds only if this returns. Throws Failure(usage) when the log names no such
/// run, and Failure(log_untrusted) as walk() does.
[[nodiscard]] RunAccount account_for(base::Sys& sys, const audit::LogPlace& place,
                                     const std::string& run,
                                     const std::function<void(const RunItem&)>& each);

/// Calls `each` with the certificates of the run's own entries (start, end, brakes) and of what it
/// destroyed or removed, by number; with them, what else the account rests on is verified. Throws
/// Failure(log_untrusted).
void certify_run(base::Sys& sys, const audit::LogPlace& place, const RunAccount& account,
                 unsigned workers, const std::function<void(const audit::Certificate&)>& each);

}  // namespace expunge::certify
