#pragma once

#include <cstdint>

#include "archive/index.h"
#include "audit/log.h"
#include "base/sys.h"
#include "policy/schedule.h"
#include "run/tools.h"

namespace expunge::run {

/// A log, and the index that may be behind it.
struct Compared {
  base::Sys& sys;
  const audit::LogPlace& log;
  const archive::Index& index;
  const policy::RetentionSchedule& schedule;
  Tally& tally;
};

/// What was found.
struct LostWords {
  bool changed = false;  ///< anything that a plan counts
  std::uint64_t corrections = 0;
};

/// What people decided about recordings that did not go since, which the log has, since a run last
/// compared the two, and an index put back from a backup has not. An acknowledgement that was
/// withdrawn is so in the index, always. The rest where the index is known to be behind: an order
/// to destroy that was withdrawn is so too; an order that stands, and what was put right,
/// contradict the index from then on: the recording is kept until a person repeats it, or says that
/// the index is right; of one that the index has not got they wait for the import that brings it.
/// Whose call it is stands in no entry: every such correction is taken for lost. The tally counts
/// and tells of each.
[[nodiscard]] LostWords settle_lost_words(const Compared& compared,
                                          archive::Index::Writing& writing, bool is_behind);

}  // namespace expunge::run
