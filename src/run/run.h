#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "guard/confinement.h"
#include "plan/brakes.h"
#include "run/tools.h"

namespace expunge::run {

/// What a run is made with; everything outlives it.
struct Setting {
  base::Sys& sys;
  base::Clock clock;
  archive::Index& index;
  const policy::RetentionSchedule& schedule;
  plan::Safety safety;
  audit::LogPlace log_place;
  audit::KeyFiles log_keys;
  std::string archive_root;
  std::string host;
  std::string user;
  Limits limits;
  Rotate rotate = Rotate::never;
  Approval approval = Approval::at_a_brake;
  std::string config_owner{};              ///< who owns the configuration, a login
  archive::Tell tell = archive::Tell::no;  ///< whether anybody is told of what went
  Ticks ticks{};                           ///< must be given
  /// Directories that this process writes to when the run is over: left open to it by its
  /// confinement.
  std::vector<std::string> written_later{};
  bool release_needs_two = false;  ///< a hold's release takes two persons
};

/// Whether the process confines itself, for good, before anything is written: for a program that
/// does nothing but one run.
enum class Confine { no, yes };

struct Request {
  plan::Accepted accepted;
  Confine confine = Confine::no;
  std::optional<std::chrono::seconds> stop_after;  ///< of time that passes, whatever the clock says
  const std::atomic<bool>* stop = nullptr;         ///< set by a signal: finish the batch, then stop
  std::function<void(std::uint64_t done, std::uint64_t of)> progress;
  /// Set: of what is due, only these, and what an interrupted run has begun on, which is finished
  /// first. Brakes are judged by the whole plan nevertheless.
  const plan::KeySet* only = nullptr;
};

enum class Outcome { complete, stopped, failed, braked };
/// `complete`, as `run.end` has it.
[[nodiscard]] std::string_view words(Outcome outcome);

struct Report {
  Outcome outcome = Outcome::complete;
  std::string run_id;
  /// Of the plan, before approvals narrowed it; where the run then learnt from the log what is long
  /// gone, without that.
  plan::Summary summary;
  std::uint64_t planned = 0;        ///< recordings that this run might destroy
  std::vector<plan::Brake> brakes;  ///< those that stopped it
  std::string past_brakes;          ///< plan::way_past_together() of them
  std::string approval;             ///< the approved plan's digest, when one was used
  Approval rule = Approval::at_a_brake;
  std::uint64_t waiting = 0;  ///< due, but not in the approved plan
  std::uint64_t waiting_bytes = 0;
  std::uint64_t waiting_without_size = 0;        ///< of these, those with a file of unknown size
  std::optional<base::CivilDate> waiting_since;  ///< due day of the oldest
  bool restricted = false;                       ///< to some of what was due: Request::only
  bool waits_for_corrections = false;            ///< nothing was begun on until they are settled
  Tally tally;
  std::chrono::nanoseconds elapsed{0};  ///< from taking run.lock to the last entry
  std::vector<std::string> cleaned;     ///< residue: what was erased, what could not be
  std::string failure;                  ///< for failed: what stopped it
  std::string new_key_id;               ///< of the key that signs from now on; empty: as before
  std::vector<std::string> key_doubts;  ///< of a rotation: why the old key may still be somewhere
  std::uint64_t frozen_size = 0;        ///< of the checkpoint frozen at its end; 0: none was
  guard::Confinement confinement;       ///< what the run was held back by, when it was to be
};

/// As `run.end` has them, and of a braked run what it would have: held, in need of attention, and
/// of these the acknowledged. What needs attention is so by the plan's verdict, with a file
/// missing, refused for good, come back, or left part way; each once.
[[nodiscard]] std::uint64_t held_in(const Report& report);
[[nodiscard]] std::uint64_t attention_in(const Report& report);
[[nodiscard]] std::uint64_t acknowledged_in(const Report& report);

/// Whether a report holds something that a person must look at.
[[nodiscard]] bool needs_person(const Report& report);

/// Carries tonight's plan out.
///
/// Takes run.lock (Failure(locked) when another run has it), reads and trusts the log
/// (Failure(log_untrusted) otherwise; nothing is written), plans for today, and stops at a brake
/// with a `run.braked` entry for each. Otherwise `run.start` is durable before a byte is touched;
/// an interrupted run is finished first; then batch after batch; `run.end` and a frozen checkpoint
/// close it, also when a batch failed. Everything reported is durable on return.
[[nodiscard]] Report carry_out_plan(const Setting& setting, const Request& request);

/// The policy as the log has it.
[[nodiscard]] audit::Policy logged_form(const policy::RetentionSchedule& schedule);

}  // namespace expunge::run
