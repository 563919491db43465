#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "audit/entry.h"
#include "base/time.h"

namespace expunge::audit {

struct RunStarted {
  std::string run, host;
  base::CivilDate today;
  base::Time time;
  std::uint64_t seq = 0;    ///< of the entry
  bool restricted = false;  ///< to what was ordered
  bool operator==(const RunStarted&) const = default;
};

struct RunEnded {
  std::string run, outcome;
  base::Time time;
  std::uint64_t destroyed = 0, failed = 0, held = 0, attention = 0, bytes = 0;
  std::uint64_t removed = 0, acknowledged = 0, without_file = 0;
  /// Of its `run.start` and of this entry; both 0 where that one is not known.
  std::uint64_t first_seq = 0, last_seq = 0;

  /// Whether an entry with this number is of the run, or came while it was on.
  [[nodiscard]] bool spans(std::uint64_t seq) const { return first_seq < seq && seq < last_seq; }
  bool operator==(const RunEnded&) const = default;
};

/// A call of `run` that was stopped before it began.
struct RunStopped {
  std::string run;
  base::Time time;
  std::vector<std::string> brakes;  ///< names, in the order of the entries
  bool operator==(const RunStopped&) const = default;
};

/// What runs tried to destroy, and did not.
struct Tried {
  std::string reason;      ///< of the newest `destroy.failed`: its code
  base::Time since, last;  ///< of the first such entry since there was none, and of the newest
  bool operator==(const Tried&) const = default;
};
/// By recording.
using TriedRecordings = std::map<std::string, Tried, std::less<>>;

/// The bookmark names no more of these: it is written with every append.
inline constexpr std::size_t kMaxTried = 500;

/// What the log as a whole says, as far as deciding needs it.
struct LogFacts {
  std::uint64_t destroyed = 0;  ///< `destroy` entries
  std::uint64_t removed = 0;    ///< `remove` entries
  std::uint64_t imports = 0;    ///< `import`, `correct`, `order`, `order.withdraw` entries
  /// Up to the `run.start` of the last run that ended complete or stopped: so many entries an index
  /// that took part in it has been compared with. 0: there was none.
  std::uint64_t settled_size = 0;
  std::uint64_t last_partial = 0;  ///< `destroy.partial` entries since the last `run.start`
  std::optional<Policy> policy;
  std::string policy_digest;  ///< of the newest `policy` entry; empty: none
  /// By time, not by place. A person who accepts a clock says that it is right: of the runs before
  /// that one, started perhaps by a clock that was ahead, nothing counts any more.
  std::optional<RunStarted> newest_run_start;
  std::optional<RunStarted> last_run_start;  ///< by place
  std::optional<RunEnded> last_run_end;      ///< by place
  std::optional<RunEnded>
      last_complete_end;                  ///< of the last unrestricted one that ended `complete`
  std::optional<RunStopped> last_braked;  ///< since the last `run.start`
  /// Reference to kind: placed, and not released by a release that took effect before the last run.
  std::map<std::string, std::string> open_holds;
  /// Those of them whose release is under way: the first day on which they keep nothing any more;
  /// unset: it is to be confirmed.
  std::map<std::string, std::optional<base::CivilDate>> ending_holds;
  std::optional<base::Time> last_entry;  ///< time of the last entry
  std::set<std::string> importers;       ///< whoever imported, as far as entries say
  /// Tried, and neither destroyed since nor its files put right; but for what was missing, which
  /// the index knows. kMaxTried at most: all_tried() has all of them.
  TriedRecordings tried;
  /// Whether there are more: the number of an entry before which none of them has its newest
  /// `destroy.failed`; and the first such entry of the last run.
  std::optional<std::uint64_t> more_tried_from, more_tried_in_run;

  /// The open holds that still keep on that day.
  [[nodiscard]] bool is_in_force(const std::string& reference, base::CivilDate day) const;

  bool operator==(const LogFacts&) const = default;
};

/// On one line, for the bookmark.
[[nodiscard]] std::string to_json(const LogFacts& facts);
/// nullopt when `json` is not what to_json() writes. Requires a text without deep nesting.
[[nodiscard]] std::optional<LogFacts> parse_facts(std::string_view json);

}  // namespace expunge::audit
