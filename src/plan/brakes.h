#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "archive/index.h"
#include "audit/facts.h"
#include "plan/plan.h"

namespace expunge::plan {

/// The limits of the configuration's [safety] section.
struct Safety {
  unsigned max_share_permille = 50;  ///< of the recordings in the archive
  std::optional<std::uint64_t> max_count;
  std::chrono::days max_clock_step{7};
};

/// Fewer due recordings than this never trip the `share` brake by their share.
inline constexpr std::uint64_t kShareFloor = 100;

/// How long an approval is good.
inline constexpr std::chrono::days kApprovalLife{7};

/// When a run needs an officer's yes to its plan.
enum class ApprovalRule {
  at_a_brake,  ///< where only that lifts the brake
  required,    ///< every night
  two_person,  ///< every night, and of somebody who neither imports nor owns the configuration
};

/// Who may not approve under ApprovalRule::two_person: whoever imported or corrected, whoever owns
/// the configuration, and root.
struct Barred {
  const std::set<std::string>& importers;
  std::string config_owner;

  [[nodiscard]] bool bars(const std::string& user) const;
};

/// What a person does where an approval is asked for, in words; names the command as `(expunge
/// approve DIGEST --reason TEXT)`.
[[nodiscard]] std::string way_to_approve(ApprovalRule rule);

/// The names of all brakes, in the order in which they are judged.
inline constexpr std::array<std::string_view, 8> kBrakeNames = {
    "first-run", "share", "policy", "clock", "holds", "index", "host", "root"};

/// What a person said on the command line.
struct Accepted {
  bool clock = false;
  bool host = false;
  bool root = false;
  bool index = false;
};

/// A brake that is on: nothing is destroyed.
struct Brake {
  enum class WayOn { approval, flag, person };

  std::string name;   ///< one of kBrakeNames
  std::string found;  ///< the figure; goes into the log
  std::string allowed;
  std::string message;  ///< for people: what is wrong
  std::string way_on_text;
  WayOn way_on;
};

/// How far the index has come, as it says itself: what an older copy of it gives away.
struct IndexMemory {
  std::string root;  ///< the archive root's identity when a run last accepted it; empty: never
  std::uint64_t reconciled_size = 0;  ///< of the log, as far as a run has compared it
  std::uint64_t imports = 0;          ///< taken in
  std::uint64_t unsettled = 0;        ///< recordings whose corrections it had lost
  bool behind_past_log = false;       ///< it was older than the log before this one
  std::string awaited{};              ///< of these, some that it has not got; empty: none
};
[[nodiscard]] IndexMemory memory_of(const archive::Index& index);

/// By how much an index is behind the log.
struct Behind {
  std::uint64_t imports = 0;  ///< and corrections and orders, which the log counts and it does not
  bool lacks_run = false;     ///< one that ended, and in which it had no part
  bool past_log = false;      ///< what the log before this one knew

  [[nodiscard]] bool any() const { return imports > 0 || lacks_run || past_log; }
};
[[nodiscard]] Behind behind(const audit::LogFacts& facts, const IndexMemory& memory);

/// What the brakes are judged by, all of it read before; the log before the index.
struct Situation {
  const Summary& summary;
  const audit::LogFacts& facts;
  const std::vector<archive::Hold>& holds;  ///< of the index, the released ones too
  const audit::Policy& policy;              ///< as configured now
  const Safety& safety;
  std::string host;
  base::Time now;
  std::string root;  ///< the archive root's identity now; empty: not looked at (the dry run)
  IndexMemory memory;
  ApprovalRule rule = ApprovalRule::at_a_brake;
  std::string config_owner{};      ///< a login
  bool release_needs_two = false;  ///< [holds] release = two-person
  /// When the run looks at approvals; unset: now.
  std::optional<base::Time> approvals_at{};
};

/// A hold that is in force by the log, and not by the index.
struct LostHold {
  std::string reference, kind;  ///< as the log has them
  enum class InIndex {
    nothing,   ///< the index has never had it, or is older
    released,  ///< it takes it for released
    erased,    ///< likewise, and has erased what it covered
  } in_index = InIndex::nothing;
  /// Where its release is under way by the log: the first day on which it keeps nothing any more.
  std::optional<base::CivilDate> ends_on{};
};

/// By reference. Requires that the log was read before the holds, the released ones too.
[[nodiscard]] std::vector<LostHold> lost_holds(const audit::LogFacts& facts,
                                               const std::vector<archive::Hold>& holds,
                                               base::CivilDate today);
/// `HY, SAR-1`.
[[nodiscard]] std::string references_of(const std::vector<LostHold>& lost);
/// With what lost_names() gives after it: what is wrong, in words.
inline constexpr std::string_view kLostHolds =
    "the log knows holds in force that the index has lost, or takes for ended: ";
/// `HY (released, in force through 2026-12-07), SAR-1`.
[[nodiscard]] std::string lost_names(const std::vector<LostHold>& lost);
/// What a person can do about each of them, in words: only what works.
[[nodiscard]] std::string way_to_mend(const std::vector<LostHold>& lost, bool release_needs_two);

/// Which brakes are on, approvals and flags left aside; first-run, share, policy, clock, holds,
/// index, host, root in this order. What cannot be evaluated counts as on.
[[nodiscard]] std::vector<Brake> brakes(const Situation& situation);

/// The `index` brake alone: on when the log knows imports, or a whole run, that the index does not,
/// or a correction that it had lost, and that no person has settled: a hold may mean others of the
/// same call by it.
[[nodiscard]] std::optional<Brake> index_brake(const audit::LogFacts& facts,
                                               const IndexMemory& memory);

/// Those of `approvals`, in their order, that are good at `now`: given under this policy, not in
/// the future, not older than seven days; under the rule of two persons, given by one who may.
[[nodiscard]] std::vector<const archive::Approval*> valid_approvals(
    const std::vector<archive::Approval>& approvals, const std::string& policy_digest,
    base::Time now, const Barred* two_person = nullptr);

/// By what an approval of a run that starts at `now` is judged.
struct ApprovalAsked {
  ApprovalRule rule;
  std::string policy_digest;  ///< as configured now
  base::Time now;
  Barred barred;  ///< for ApprovalRule::two_person alone
};

/// Whether the approval that such a run goes by has this recording: judge() and permit() for one
/// that is due and needs an approval, brakes left aside.
[[nodiscard]] bool is_approved(const archive::Index& index, const archive::Recording& recording,
                               const ApprovalAsked& asked);

/// How many of the `due` recordings an approval covers.
[[nodiscard]] std::uint64_t count_covered(const archive::Index& index,
                                          const archive::Approval& approval, const KeySet& due);

/// What stands between a plan and a run.
struct Judgement {
  std::vector<Brake> tripped;
  std::vector<Brake> still_on;  ///< those that neither an approval nor a flag lifts
  /// The valid approval, when a brake or the rule needs one, and it covers something.
  const archive::Approval* approval = nullptr;
  std::uint64_t approved_due = 0;     ///< due recordings that it covers, or that need none
  bool narrowed = false;              ///< by a brake or the rule: only those may be destroyed
  bool orders_need_approval = false;  ///< else what was ordered may go without one
  ApprovalRule rule = ApprovalRule::at_a_brake;
  /// Under the rule of two persons: of each other login, its newest valid approval, where it is of
  /// the same plan as that one. They stand for what its giver ordered, which that one cannot
  /// approve.
  std::vector<const archive::Approval*> of_others{};
};

/// The same for the dry run and the run. `covered` counts the due recordings that an approval
/// covers: the newest valid one lifts nothing when recordings are due and it covers none of them.
/// `approvals` must outlive the result.
[[nodiscard]] Judgement judge(
    const Situation& situation, const std::vector<archive::Approval>& approvals,
    const Accepted& accepted,
    const std::function<std::uint64_t(const archive::Approval&)>& covered);

/// Where two or more brakes each want a flag of `run`, and one of them is still on, the one call
/// that passes all of them: `brakes index and root in one call: expunge run --accept-index
/// --accept-root, once`. Else empty: the brake's own words are enough.
[[nodiscard]] std::string way_past_together(const Judgement& judgement);

/// What a run may destroy, and what of the due recordings waits for an approval.
struct Permission {
  KeySet allowed;
  std::string digest;  ///< of the allowed, hex
  std::uint64_t bytes = 0;
  std::uint64_t without_file = 0;  ///< of the allowed, those of which a file was missing before
  std::uint64_t tried = 0;         ///< of the allowed, others that runs tried and did not destroy
  Count waiting;
  std::optional<base::CivilDate> waiting_since;  ///< due day of the oldest
};

/// The due recordings of a plan; where it is narrowed, those of the approved plan and what was
/// ordered and needs no approval. Somebody's own order is not covered by their own approval under
/// the rule of two persons, but by a valid one that somebody else gave to the same plan. With
/// `only`, of these recordings alone, the waiting too. Reads the index again where it must, and
/// brings `judgement.approved_due` up to date.
[[nodiscard]] Permission permit(const archive::Index& index, const Decider& decider,
                                const Summary& summary, Judgement& judgement,
                                const KeySet* only = nullptr);

}  // namespace expunge::plan
