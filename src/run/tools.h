#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "archive/index.h"
#include "audit/log.h"
#include "base/sys.h"
#include "base/time.h"
#include "plan/brakes.h"
#include "plan/key_set.h"
#include "policy/schedule.h"
#include "residue/names.h"
#include "run/phases.h"
#include "shred/target.h"

namespace expunge::run {

/// Something about one recording that a person should read.
struct Notice {
  std::string recording;
  std::string text;
};

/// What a run did so far.
struct Tally {
  std::uint64_t destroyed = 0;
  std::uint64_t removed = 0;  ///< without overwriting, as accepted; none of the destroyed
  /// Tried, and none of it destroyed or removed; in none of the others, nor in `partial`.
  std::uint64_t failed = 0;
  std::uint64_t overtaken = 0;      ///< to be destroyed, but held or not due any more at the moment
  std::uint64_t held_gone = 0;      ///< held by the plan, and destroyed by an interrupted run
  std::uint64_t missing = 0;        ///< a file of theirs was not there, and no run said so before
  std::uint64_t without_file = 0;   ///< of those destroyed and removed: a file was not there
  std::uint64_t still_missing = 0;  ///< said in an earlier run, still so, and nothing else is left
  std::uint64_t missing_known = 0;  ///< of the still missing, those that a person acknowledged
  std::uint64_t unfinished = 0;     ///< begun on, and left to the next run
  std::uint64_t partial = 0;        ///< destroyed in part, and the rest kept
  std::uint64_t returned = 0;       ///< destroyed before, and a file is under their name again
  std::uint64_t reconciled = 0;     ///< the log said destroyed, and the index did not know
  /// Corrections, orders and withdrawals that the log said, and the index did not know; each has a
  /// notice, as far as there is room.
  std::uint64_t lost_words = 0;
  std::uint64_t finished = 0;         ///< destroyed by an earlier run, which left their names
  std::uint64_t attributes_left = 0;  ///< files whose attributes' values may stay in freed blocks
  std::uint64_t unleased_files = 0;   ///< nobody could say whether somebody else had them open
  std::uint64_t bytes = 0;            ///< of those destroyed
  std::uint64_t removed_bytes = 0;    ///< of those removed
  std::uint64_t opened_files = 0;     ///< and their bytes: how large files are here
  std::uint64_t opened_bytes = 0;
  /// What the run changes in the number of recordings that need attention and of those that are
  /// acknowledged, as the plan counted them before it.
  std::int64_t attention = 0, acknowledged = 0;
  plan::KeySet missed;          ///< of the failed, those counted for a file that was not there
  std::vector<Notice> notices;  ///< at most kMaxNotices
  Phases phases;                ///< where its time went
};
inline constexpr std::size_t kMaxNotices = 200;

void note(Tally& tally, const std::string& recording, std::string text);

/// How much at once, and with what.
struct Limits {
  unsigned workers = 8;  ///< more than processors: they wait for the disk
  std::size_t batch_files = 1000;
  /// Large enough that its flushes cost little, small enough that neighbours overlap.
  std::uint64_t batch_bytes = 128ULL << 20;
  shred::Fingerprint fingerprint = shred::Fingerprint::yes;
  shred::Accept accept = shred::Accept::overwritten;
};

using Approval = plan::ApprovalRule;

/// When a new key takes over the signing of entries.
enum class Rotate {
  never,      ///< when a person says so (`key rotate`)
  every_run,  ///< at the end of each run too, and the old one is destroyed
};

/// What the parts of a run work with; everything outlives the run.
struct Tools {
  base::Clock clock;
  archive::Index& index;
  audit::LogWriter& log;
  audit::LogPlace log_place;
  const shred::ArchiveRoot& root;
  residue::Names& names;
  const policy::RetentionSchedule& schedule;
  base::CivilDate today;
  std::string run_id;
  const plan::KeySet& allowed;  ///< what may be destroyed: planned, and approved where it must be
  Limits limits;
  Tally& tally;
  archive::Tell tell = archive::Tell::no;
};

}  // namespace expunge::run
