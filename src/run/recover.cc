#include "run/recover.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "base/error.h"
#include "plan/plan.h"
#include "run/claims.h"
#include "run/entries.h"
#include "run/gather.h"
#include "run/pipeline.h"
#include "run/remember.h"
#include "run/reopen.h"
#include "run/work.h"

namespace expunge::run {
namespace {

using shred::Reason;
using shred::Refusal;
using shred::Target;

/// Whether it is one of the files that an item was reopened with.
bool is_begun(const Item& item, const std::string& path) {
  return std::any_of(item.files.begin(), item.files.end(),
                     [&](const OpenFile& file) { return file.row.path == path; });
}

/// Whether the index still lists every file that was begun on.
bool lists_all_begun(const archive::Recording& now, const Item& item) {
  return std::all_of(item.files.begin(), item.files.end(), [&](const OpenFile& opened) {
    return std::any_of(now.files.begin(), now.files.end(),
                       [&](const archive::File& file) { return file.path == opened.row.path; });
  });
}

/// The size of what stands where the index has files that were not begun on: missing then, or of
/// an import since. nullopt: nothing does. A refusal: something does, and cannot be opened.
std::variant<std::optional<std::uint64_t>, Refusal> bytes_not_begun(const Tools& tools,
                                                                    const archive::Recording& now,
                                                                    const Item& item) {
  std::optional<std::uint64_t> bytes;
  for (const archive::File& file : now.files) {
    if (is_begun(item, file.path)) continue;
    auto opened = shred::open_target(tools.root, {file.path, std::nullopt, std::nullopt},
                                     shred::Fingerprint::no, tools.limits.accept);
    if (const auto* const target = std::get_if<Target>(&opened)) {
      bytes = bytes.value_or(0) + target->size_bytes;
    } else if (auto& refusal = std::get<Refusal>(opened); refusal.reason != Reason::missing) {
      return std::move(refusal);
    }
  }
  return bytes;
}

bool has_file_not_begun(const Tools& tools, const archive::Recording& now, const Item& item) {
  const auto found = bytes_not_begun(tools, now, item);
  const auto* const bytes = std::get_if<std::optional<std::uint64_t>>(&found);
  return bytes == nullptr || bytes->has_value();
}

/// Of what was not begun on, none is there: the item lacks it, as that of an undisturbed run would.
void add_missing(Item& item, const archive::Recording& now) {
  for (const archive::File& file : now.files) {
    if (is_begun(item, file.path)) continue;
    OpenFile missing;
    missing.row = file;
    item.files.push_back(std::move(missing));
  }
}

/// One interrupted batch, sorted by what each of its recordings now needs.
class Recovery {
 public:
  Recovery(Tools& tools, const archive::JournalBatch& rows, plan::KeySet& counted)
      : tools_(tools),
        rows_(rows),
        counted_(counted),
        logged_(logged_since(tools.root.sys(), tools.log_place, rows.log_size)),
        said_before_(said_by_past_logs(tools.index)) {
    again_.journal_number = rows.number;
    again_.key = rows.stream_key;
  }

  void finish() {
    std::map<std::int64_t, std::vector<const archive::JournalFile*>> by_recording;
    for (const archive::JournalFile& row : rows_.files) {
      by_recording[row.recording_key].push_back(&row);
    }
    const std::size_t room = files_at_once(tools_.limits.batch_files, 1);
    std::size_t open_files = 0;
    for (const auto& [key, files] : by_recording) {
      if (open_files + files.size() > room) {
        carry_out_again();
        open_files = 0;
      }
      open_files += files.size();
      sort(key, files);
    }
    carry_out_again();
  }

 private:
  void sort(std::int64_t key, const std::vector<const archive::JournalFile*>& files) {
    const plan::HoldMatcher holds = plan::holds_of_day(tools_.index, tools_.schedule, tools_.today);
    Fresh fresh = decide_again(tools_, holds, key);
    if (!fresh.recording) {
      settled_keys_.push_back(key);
      return;
    }
    Item item = reopen_all(tools_, std::move(*fresh.recording), files);
    item.decision = std::move(fresh.decision);
    item.begun_before = true;
    if (const Logged* claim = claim_on(item)) return remove_claimed(std::move(item), *claim);
    judge_gone(tools_, item, rows_.stream_key);
    if (is_nothing_left(item)) {
      if (item.decision.verdict != plan::Verdict::due) {
        note(tools_.tally, item.recording.id,
             "an interrupted run had removed it before this: " +
                 plan::reason(item.decision, item.recording));
      }
      if (!has_file_not_begun(tools_, item.recording, item)) add_missing(item, item.recording);
      again_.items.push_back(std::move(item));
    } else if (item.refusal && never_again(item.refusal->reason)) {
      again_.items.push_back(std::move(item));
    } else if (is_still_to_be_destroyed(item, item.recording, item.decision)) {
      // What stops it (open elsewhere, unreadable, …) leaves it in the journal for the next run.
      item.stays_if_refused = item.refusal && item.refusal->reason != Reason::missing;
      again_.items.push_back(std::move(item));
    } else {
      stop(std::move(item));
    }
  }

  /// By this log, or by one that it was opened in the place of; nullptr: neither says it is gone.
  [[nodiscard]] const Logged* claim_on(const Item& item) const {
    const auto now = logged_.find(item.recording.id);
    if (now != logged_.end() && now->second.state != archive::State::partial) return &now->second;
    const auto before = said_before_.find(item.recording.key);
    return before == said_before_.end() ? nullptr : &before->second;
  }

  /// Due, approved where it must be, and of the files that were begun on and none else that is
  /// there: one more, by an import since or found again, goes the way of a new batch with the
  /// others.
  [[nodiscard]] bool is_still_to_be_destroyed(const Item& item, const archive::Recording& now,
                                              const plan::Decision& decision) const {
    const bool is_accepted = tools_.limits.accept == shred::Accept::unlinked || !item.is_removal();
    return decision.verdict == plan::Verdict::due && tools_.allowed.contains(now.key) &&
           is_accepted && lists_all_begun(now, item) && !has_file_not_begun(tools_, now, item);
  }

  /// Overwrites what is due, after a last look under the write lock: from the moment a hold is
  /// placed nothing is begun on again that it covers.
  void carry_out_again() {
    std::vector<Item> overtaken;
    std::optional<plan::HoldMatcher> holds;  // outlives the decisions that point into it
    {
      const archive::Index::Writing lock(tools_.index);
      holds.emplace(plan::holds_of_day(tools_.index, tools_.schedule, tools_.today));
      const auto first_overtaken =
          std::stable_partition(again_.items.begin(), again_.items.end(), [&](Item& item) {
            if (item.refusal || is_nothing_left(item)) return true;
            Fresh fresh = decide_again(tools_, *holds, item.recording.key);
            if (fresh.recording &&
                is_still_to_be_destroyed(item, *fresh.recording, fresh.decision)) {
              add_missing(item, *fresh.recording);
              return true;
            }
            item.decision = std::move(fresh.decision);
            return false;
          });
      std::move(first_overtaken, again_.items.end(), std::back_inserter(overtaken));
      again_.items.erase(first_overtaken, again_.items.end());
    }
    for (Item& item : overtaken) stop(std::move(item));
    settle();
    if (!again_.items.empty()) carry_out(tools_, again_);
    for (const Item& item : again_.items) {
      // Of what is missing in part, the rest may yet go.
      const bool for_good =
          item.refusal && (never_again(item.refusal->reason) || item.all_missing());
      if (for_good) counted_.insert(item.recording.key);
    }
    again_.items.clear();
  }

  /// The entry stands, so its claim was true: what was overwritten is noise, of which the names are
  /// left, and what was unlinked was gone. What stands under such a name now came back later.
  void remove_claimed(Item item, const Logged& logged) {
    std::vector<Target*> targets;
    std::vector<std::string> removed_before;
    for (OpenFile& file : item.files) {
      if (!file.target) removed_before.push_back(file.row.path);
      if (!file.target || file.method == shred::Method::unlink) continue;
      targets.push_back(&*file.target);
    }
    // A file that took the name since is not ours to touch; any other refusal may pass.
    std::optional<Refusal> refusal;
    const bool any_unopened =
        std::any_of(item.files.begin(), item.files.end(), [](const OpenFile& file) {
          return file.method == shred::Method::overwrite && !file.target;
        });
    if (any_unopened && item.refusal && item.refusal->reason != Reason::missing &&
        item.refusal->reason != Reason::replaced) {
      refusal = item.refusal;
    }
    for (auto& each : shred::remove_names(tools_.root, targets, tools_.names)) {
      if (each) refusal = std::move(each);
    }
    // The run that removed a name may have gone before that was durable, or failed to make it so.
    for (auto& each : shred::settle_removed(tools_.root, removed_before)) {
      if (each) refusal = std::move(each);
    }
    if (refusal) return leave(item, refusal_text(*refusal));
    archive::Outcome outcome = outcome_by_log(tools_.root, item.recording, logged);
    if (outcome.paths->size() < item.recording.files.size()) {
      ++tools_.tally.returned;
      if (!needed_attention(item)) ++tools_.tally.attention;
      note(tools_.tally, item.recording.id,
           "it was destroyed, and a file that was put under its name since is left as it is");
    }
    uncount_held(tools_, item);
    outcomes_.push_back(std::move(outcome));
    settled_keys_.push_back(item.recording.key);
    ++tools_.tally.finished;
  }

  /// Not to be destroyed now: untouched if no byte of it was reached, else stopped where it is.
  void stop(Item item) {
    // With other files than then, it may yet be due for a batch of its own.
    if (item.decision.verdict != plan::Verdict::due) counted_.insert(item.recording.key);
    if (!can_be_described(item)) {
      return leave(item, std::string(plan::remedy(item.decision.cause)));
    }
    if (item.decision.verdict == plan::Verdict::due &&
        !tools_.allowed.contains(item.recording.key)) {
      return leave(item, "it is not among what this run may destroy");
    }
    if (item.refusal) return leave(item, refusal_text(*item.refusal));
    if (!item.missing_roles().empty()) return leave(item, "one of its files is missing");
    const auto found = survey(tools_, item, rows_.stream_key);
    if (const auto* refusal = std::get_if<Refusal>(&found)) {
      return leave(item, refusal_text(*refusal));
    }
    auto [noise_bytes, kept_bytes] = std::get<shred::Survey>(found);
    if (noise_bytes == 0 && !item.any_gone()) {
      settled_keys_.push_back(item.recording.key);
      count_overtaken(item);
      return;
    }
    const auto not_begun = bytes_not_begun(tools_, item.recording, item);
    if (const auto* refusal = std::get_if<Refusal>(&not_begun)) {
      return leave(item, refusal_text(*refusal));
    }
    kept_bytes += std::get<std::optional<std::uint64_t>>(not_begun).value_or(0);
    if (const auto refusal = make_durable(item)) {
      if (refusal->reason != Reason::flush_failed) return leave(item, refusal_text(*refusal));
      std::vector<Item> items;
      items.push_back(std::move(item));
      fail_flush(tools_, items, *refusal);
    }
    for (const OpenFile& file : item.files) {
      if (file.target && file.method == shred::Method::unlink) kept_bytes += file.original_bytes;
    }
    settled_keys_.push_back(item.recording.key);
    count_overtaken(item);
    ++tools_.tally.partial;
    log_partial(item, noise_bytes, kept_bytes);
  }

  /// What the plan already counted as held, because the hold came before this run, is not counted
  /// again; and what is still due, the run comes to yet.
  void count_overtaken(const Item& item) {
    if (item.decision.verdict == plan::Verdict::due) return;
    if (tools_.allowed.contains(item.recording.key)) ++tools_.tally.overtaken;
  }

  /// What is logged as overwritten or removed must be so on the device.
  std::optional<Refusal> make_durable(Item& item) {
    std::vector<Target*> targets;
    std::vector<std::string> gone;
    for (OpenFile& file : item.files) {
      if (file.gone) gone.push_back(file.row.path);
      if (!file.target || file.method != shred::Method::overwrite) continue;
      // The interrupted run may have met a flush that failed: no later one makes up for it.
      shred::KeyStream stream(rows_.stream_key, file.number);
      if (auto refusal = shred::renew_noise(tools_.root, *file.target, stream)) return refusal;
      targets.push_back(&*file.target);
    }
    if (auto refusal = shred::flush(tools_.root, targets)) return refusal;
    for (auto& refusal : shred::settle_removed(tools_.root, gone)) {
      if (refusal) return std::move(refusal);
    }
    return std::nullopt;
  }

  void log_partial(const Item& item, std::uint64_t noise_bytes, std::uint64_t kept_bytes) {
    note(tools_.tally, item.recording.id,
         what_is_left(item, noise_bytes, kept_bytes) + ": " +
             (item.decision.verdict == plan::Verdict::due
                  ? "it is begun anew, with its files as they are now"
                  : plan::reason(item.decision, item.recording)));
    archive::Outcome outcome;
    outcome.recording_key = item.recording.key;
    outcome.state = archive::State::partial;
    if (const auto said = logged_.find(item.recording.id); said != logged_.end()) {
      outcome.log_seq = said->second.seq;  // by the run that was interrupted after its entry
      outcomes_.push_back(outcome);
      return;
    }
    partial_.emplace_back(partial_entry(tools_, item, noise_bytes, kept_bytes), outcome);
  }

  /// As far as is known: keys are overwritten before all else, and of what had its name removed
  /// nobody knows what is left on the disk.
  static std::string what_is_left(const Item& item, std::uint64_t noise_bytes,
                                  std::uint64_t kept_bytes) {
    if (kept_bytes == 0 && !item.any_gone()) {
      return "all of it was overwritten before this, and nothing of it is left";
    }
    const bool key_is_noise =
        noise_bytes > 0 &&
        std::any_of(item.files.begin(), item.files.end(), [](const OpenFile& file) {
          return is_key(file) && file.method == shred::Method::overwrite;
        });
    return std::string("part of it was overwritten") + (item.any_gone() ? " or removed" : "") +
           " before this" + (key_is_noise ? ", its key first" : "") + "; the rest is kept" +
           (key_is_noise ? ", and cannot be read without that key" : "");
  }

  void leave(const Item& item, const std::string& why) {
    count_unfinished(tools_.tally, item);
    note(tools_.tally, item.recording.id, "an interrupted run left it part way: " + why);
  }

  /// A crash between entry and index: the next run finds the entry in the log.
  void settle() {
    if (!partial_.empty()) {
      std::vector<audit::Draft> drafts;
      for (const auto& each : partial_) drafts.push_back(each.first);
      std::uint64_t seq = tools_.log.append(drafts, tools_.clock());
      for (auto& [draft, outcome] : partial_) {
        outcome.log_seq = seq++;
        outcomes_.push_back(outcome);
      }
    }
    if (settled_keys_.empty()) return;
    archive::Index::Writing writing(tools_.index);
    writing.record(outcomes_, tools_.tell);
    writing.drop_from_batch(rows_.number, settled_keys_);
    remember(writing, tools_.log);
    writing.commit();
    partial_.clear();
    outcomes_.clear();
    settled_keys_.clear();
  }

  Tools& tools_;
  const archive::JournalBatch& rows_;
  plan::KeySet& counted_;
  LoggedById logged_;
  std::map<std::int64_t, Logged> said_before_;
  Batch again_;  ///< what is due still: overwritten again, whole
  std::vector<archive::Outcome> outcomes_;
  std::vector<std::pair<audit::Draft, archive::Outcome>> partial_;
  std::vector<std::int64_t> settled_keys_;
};

}  // namespace

plan::KeySet recover(Tools& tools, const std::function<bool()>& must_stop) {
  plan::KeySet counted;
  for (const archive::JournalBatch& rows : tools.index.journal()) {
    if (must_stop()) break;
    Recovery(tools, rows, counted).finish();
  }
  return counted;
}

}  // namespace expunge::run
