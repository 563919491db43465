#include "run/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/text.h"
#include "run/confine.h"
#include "run/gather.h"
#include "run/key_rotation.h"
#include "run/pipeline.h"
#include "run/recover.h"
#include "run/remember.h"
#include "run/run_lock.h"

namespace expunge::run {
namespace {

using base::Failure;

/// `20260102T020000Z-5f0c`: UTC, and four random digits.
std::string new_run_id(base::Time now) {
  std::array<std::byte, 2> random{};
  base::fill_random(random);
  std::string id = base::to_text(std::chrono::floor<std::chrono::seconds>(now));
  std::erase_if(id, [](char c) { return c == '-' || c == ':'; });
  return fmt::format("{}-{:02x}{:02x}", id, static_cast<unsigned>(random[0]),
                     static_cast<unsigned>(random[1]));
}

/// One run from its lock to its last entry.
class Run {
 public:
  Run(const Setting& setting, const Request& request)
      : setting_(setting),
        request_(request),
        began_(setting.ticks()),
        lock_(take_run_lock(setting.sys, setting.log_place.directory)),
        started_at_(setting.clock()),
        log_(setting.sys, setting.log_place, setting.log_keys, remembered(setting.index),
             setting.limits.workers, started_at_),
        root_(setting.sys, setting.archive_root),
        names_(residue::names_of(root_)),
        policy_(logged_form(setting.schedule)),
        root_identity_(root_.identity()) {
    report_.tally.phases = Phases(setting.ticks);
    settle_key();
    raise_descriptor_limit(setting.limits.batch_files);
    static_cast<void>(files_at_once(setting.limits.batch_files, kBatchesOpen));  // or fail here
    report_.run_id = new_run_id(started_at_);
    today_ = setting.schedule.time_zone.civil_date(
        std::chrono::floor<std::chrono::seconds>(started_at_));
  }

  Report execute() {
    // All is open, no thread of ours is left, and the log has no word of this run yet.
    if (request_.confine == Confine::yes) report_.confinement = confine_run(setting_, root_);
    const bool goes_on = make_plan();
    report_.tally.phases.add(Phase::plan, setting_.ticks() - began_);
    if (goes_on) destroy_and_end();
    report_.elapsed = setting_.ticks() - began_;
    return std::move(report_);
  }

 private:
  /// Finishes a rotation that was interrupted. What is needed to rotate at the end is opened now:
  /// a confined process can no longer find out what its file system promises.
  void settle_key() {
    if (setting_.rotate != Rotate::every_run &&
        !is_next_key_there(setting_.sys, setting_.log_keys)) {
      return;
    }
    try {
      rotation_.emplace(setting_.sys, setting_.log_keys, setting_.log_place.origin);
      if (auto doubt = rotation_->settle(log_)) report_.key_doubts.push_back(std::move(*doubt));
    } catch (const Failure& failure) {
      // No reason to keep recordings for longer.
      report_.key_doubts.push_back(std::string("the log's key is not rotated: ") + failure.what());
    }
  }

  /// After `run.end`, whose loss it must not cause: what fails here is for a person, and the next
  /// run goes on from what it left.
  void rotate_key() {
    if (setting_.rotate != Rotate::every_run || !rotation_) return;
    if (report_.outcome == Outcome::failed) return;
    try {
      Rotated rotated = rotation_->rotate(log_, "end-of-run", setting_.clock());
      report_.new_key_id = std::move(rotated.new_id);
      if (rotated.doubt) report_.key_doubts.push_back(std::move(*rotated.doubt));
    } catch (const Failure& failure) {
      report_.key_doubts.push_back(std::string("the log's key was not rotated: ") + failure.what());
    }
  }

  void destroy_and_end() {
    Tools tools{
        setting_.clock,  setting_.index,    log_,         setting_.log_place, root_,
        *names_,         setting_.schedule, today_,       report_.run_id,     permission_.allowed,
        setting_.limits, report_.tally,     setting_.tell};
    try {
      const Reconciled reconciled = reconcile(tools, behind_);
      if (reconciled.changed) count_again();
      report_.waits_for_corrections = reconciled.must_wait;
      if (reconciled.must_wait) permission_.allowed = {};
      // Also then: what was put right must leave the journal, where nobody can put it right again.
      const plan::KeySet counted = recover(tools, [this] { return must_stop(); });
      report_.outcome = reconciled.must_wait ? Outcome::stopped : destroy_planned(tools, counted);
    } catch (const Failure& failure) {
      report_.outcome = Outcome::failed;
      report_.failure = failure.what();
    }
    end();
  }

  /// Plans, and writes `run.start`; or `run.braked`, and returns false.
  bool make_plan() {
    std::vector<archive::Approval> approvals;
    plan::Judgement judgement;
    {
      // One view of the index for the figures, the digest and the brakes.
      const archive::Index::Snapshot snapshot(setting_.index);
      const plan::HoldMatcher holds = plan::holds_of_day(setting_.index, setting_.schedule, today_);
      const plan::Decider decider(setting_.schedule, holds, today_,
                                  plan::acknowledgements(setting_.index));
      report_.summary = plan::make_plan(setting_.index, decider, nullptr);
      approvals = setting_.index.approvals();
      const std::vector<archive::Hold> all_holds = setting_.index.holds(true);
      const plan::IndexMemory memory = plan::memory_of(setting_.index);
      behind_ = plan::behind(log_.facts(), memory);
      judgement =
          plan::judge({report_.summary, log_.facts(), all_holds, policy_, setting_.safety,
                       setting_.host, started_at_, root_identity_, memory, setting_.approval,
                       setting_.config_owner, setting_.release_needs_two},
                      approvals, request_.accepted, [this](const archive::Approval& approval) {
                        return plan::count_covered(setting_.index, approval, report_.summary.due);
                      });
      if (judgement.still_on.empty()) {
        const plan::KeySet only = restriction();
        permission_ = plan::permit(setting_.index, decider, report_.summary, judgement,
                                   request_.only == nullptr ? nullptr : &only);
      }
    }
    report_.brakes = judgement.still_on;
    report_.past_brakes = plan::way_past_together(judgement);
    if (!report_.brakes.empty()) {
      brake();
      return false;
    }
    start(judgement);
    return true;
  }

  /// Of an index that was behind the log the plan counted what is long gone, and took for due what
  /// is not. Nothing is added to what may be destroyed.
  void count_again() {
    const Timed timed(report_.tally.phases, Phase::plan);
    const std::int64_t newest_planned = report_.summary.newest_key;
    const archive::Index::Snapshot snapshot(setting_.index);
    const plan::HoldMatcher holds = plan::holds_of_day(setting_.index, setting_.schedule, today_);
    const plan::Decider decider(setting_.schedule, holds, today_,
                                plan::acknowledgements(setting_.index));
    report_.summary = plan::make_plan(setting_.index, decider, nullptr);
    report_.summary.newest_key = newest_planned;
    plan::KeySet still_allowed;
    permission_.allowed.for_each([&](std::int64_t key) {
      if (report_.summary.due.contains(key)) still_allowed.insert(key);
    });
    permission_.allowed = std::move(still_allowed);
  }

  /// What an interrupted run left half done is no fresh decision, and comes first.
  [[nodiscard]] plan::KeySet restriction() const {
    if (request_.only == nullptr) return {};
    plan::KeySet only = plan::in_journal(setting_.index);
    request_.only->for_each([&](std::int64_t key) { only.insert(key); });
    return only;
  }

  void brake() {
    report_.outcome = Outcome::braked;
    std::vector<audit::Draft> drafts;
    for (const plan::Brake& brake : report_.brakes) {
      drafts.push_back(
          audit::to_draft(audit::RunBraked{report_.run_id, setting_.host, setting_.user, today_,
                                           brake.name, brake.found, brake.allowed}));
    }
    log_.append(drafts, setting_.clock());
    remember_log();
  }

  void start(const plan::Judgement& judgement) {
    audit::RunStart entry;
    entry.run = report_.run_id;
    entry.host = setting_.host;
    entry.user = setting_.user;
    entry.today = today_;
    entry.timezone = setting_.schedule.time_zone.name();
    entry.policy = audit::policy_digest(policy_);
    entry.due = permission_.allowed.size();
    entry.held = report_.summary.count(plan::Verdict::held).recordings;
    entry.bytes = permission_.bytes;
    entry.plan = permission_.digest;
    for (const plan::Brake& brake : judgement.tripped) {
      if (brake.way_on == plan::Brake::WayOn::flag) entry.accepted.push_back(brake.name);
    }
    if (judgement.approval != nullptr) entry.approval = judgement.approval->plan;
    if (setting_.limits.accept == shred::Accept::unlinked) entry.accept = "unlinked";
    entry.tool = "expunge " EXPUNGE_VERSION;
    entry.restricted = request_.only != nullptr;
    entry.two_person = setting_.approval == plan::ApprovalRule::two_person;
    report_.approval = entry.approval;
    report_.planned = entry.due;
    report_.rule = setting_.approval;
    report_.waiting = permission_.waiting.recordings;
    report_.waiting_bytes = permission_.waiting.bytes;
    report_.waiting_without_size = permission_.waiting.without_size;
    report_.waiting_since = permission_.waiting_since;
    report_.restricted = request_.only != nullptr;
    std::vector<audit::Draft> drafts;
    // Only its reference differs from the last one logged, or an approval was given under it. While
    // there is more due than that approval covers, the brake must stay on; and a run of a part says
    // nothing about the rest.
    if (log_.facts().policy_digest != entry.policy && report_.waiting == 0 && !report_.restricted) {
      drafts.push_back(audit::to_draft(policy_));
    }
    drafts.push_back(audit::to_draft(entry));
    log_.append(drafts, started_at_);
    // A crash here leaves brakes accepted and not forgotten: they will have to be accepted again.
    archive::Index::Writing writing(setting_.index);
    writing.remember_root(root_identity_);
    // Past the brakes only: by a clock that is wrong it would be too early.
    writing.end_acknowledgements(today_);
    writing.erase_ended_holds(std::chrono::sys_days{today_} - plan::kMostOverdue);
    // An import counts in the index before the log has it: what the brakes saw stays true.
    const plan::Behind now = plan::behind(log_.facts(), plan::memory_of(setting_.index));
    behind_.imports = std::max(behind_.imports, now.imports);
    behind_.lacks_run = behind_.lacks_run || now.lacks_run;
    behind_.past_log = behind_.past_log || now.past_log;
    remember(writing, log_);
    writing.commit();
  }

  [[nodiscard]] bool must_stop() const {
    if (request_.stop != nullptr && request_.stop->load()) return true;
    // Not by the wall clock, which may be put right, and leaps, while a run is on.
    return request_.stop_after && setting_.ticks() - began_ >= *request_.stop_after;
  }

  Outcome destroy_planned(Tools& tools, const plan::KeySet& counted) {
    if (must_stop()) return Outcome::stopped;
    Pipeline pipeline(tools, [this](std::uint64_t done) {
      if (request_.progress) request_.progress(done, report_.planned);
    });
    gather(tools, report_.summary.newest_key, counted,
           [&](std::vector<archive::Recording> recordings) {
             pipeline.add(std::move(recordings));
             return !must_stop();
           });
    if (must_stop() && pipeline.has_waiting()) {
      pipeline.stop();
      return Outcome::stopped;
    }
    pipeline.finish();
    return Outcome::complete;
  }

  /// The account of what happened, also of a run that failed; when even that cannot be written, the
  /// journal and the missing `run.end` say so.
  void end() {
    const Timed timed(report_.tally.phases, Phase::close);
    const Tally& tally = report_.tally;
    const residue::Account account = erase_names();
    report_.cleaned = account.said;
    audit::RunEnd entry;
    entry.run = report_.run_id;
    entry.outcome = words(report_.outcome);
    entry.destroyed = tally.destroyed;
    entry.failed = tally.failed;
    entry.held = held_in(report_);
    entry.attention = attention_in(report_);
    entry.bytes = tally.bytes;
    entry.cleaned = report_.cleaned;
    entry.removed = tally.removed;
    entry.acknowledged = acknowledged_in(report_);
    entry.without_file = tally.without_file;
    try {
      const std::array<audit::Draft, 1> draft = {audit::to_draft(entry)};
      log_.append(draft, setting_.clock());
      rotate_key();
      report_.frozen_size = log_.freeze_checkpoint();
      archive::Index::Writing writing(setting_.index);
      writing.forget_directories(account.finished);
      // What these kept is gone now. Else status needs them, to know what could not go until now.
      const bool all_went = report_.outcome == Outcome::complete && !report_.restricted &&
                            report_.waiting == 0 && tally.failed == 0;
      if (all_went) writing.erase_ended_holds(today_);
      remember(writing, log_);
      writing.commit();
    } catch (const Failure& failure) {
      report_.outcome = Outcome::failed;
      if (report_.failure.empty()) report_.failure = failure.what();
    }
  }

  /// What the names left in the file system, of this run and of an interrupted one. After a failure
  /// the disk is left alone: the index keeps the list for the next run.
  residue::Account erase_names() {
    if (report_.outcome == Outcome::failed) return {};
    try {
      residue::Account account = names_->finish(setting_.index.touched_directories());
      if (const auto files = report_.tally.attributes_left; files > 0) {
        account.said.push_back(fmt::format("attributes: those of {} files may be left", files));
      }
      return account;
    } catch (const Failure& failure) {
      report_.outcome = Outcome::failed;
      report_.failure = failure.what();
      return {};
    }
  }

  void remember_log() {
    archive::Index::Writing writing(setting_.index);
    remember(writing, log_);
    writing.commit();
  }

  const Setting& setting_;
  const Request& request_;
  std::chrono::nanoseconds began_;
  base::Fd lock_;
  base::Time started_at_;
  audit::LogWriter log_;
  std::optional<KeyRotation> rotation_;
  shred::ArchiveRoot root_;
  std::unique_ptr<residue::Names> names_;
  audit::Policy policy_;
  std::string root_identity_;
  plan::Behind behind_;  ///< the index, when this began
  base::CivilDate today_{};
  plan::Permission permission_;
  Report report_;
};

}  // namespace

Report carry_out_plan(const Setting& setting, const Request& request) {
  return Run(setting, request).execute();
}

audit::Policy logged_form(const policy::RetentionSchedule& schedule) {
  audit::Policy policy;
  policy.timezone = schedule.time_zone.name();
  for (const policy::Department& department : schedule.departments) {
    policy.departments.push_back({department.name, policy::to_text(department.period)});
  }
  policy.schedule = schedule.reference;
  for (const policy::Alias& alias : schedule.aliases) {
    policy.aliases.push_back({alias.name, alias.department});
  }
  return policy;
}

}  // namespace expunge::run
