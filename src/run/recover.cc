#include "run/recover.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "plan/plan.h"
#include "run/entries.h"
#include "run/remember.h"

namespace expunge::run {
namespace {

using shred::Reason;
using shred::Refusal;
using shred::Target;

/// What the log says of a recording since its batch began.
struct Logged {
  std::uint64_t seq;
  base::Time time;
  bool partial;
};
using LoggedById = std::map<std::string, Logged, std::less<>>;

LoggedById logged_since(const Tools& tools, std::uint64_t from_seq) {
  LoggedById found;
  audit::for_each_entry(tools.root.sys(), tools.log_place, from_seq,
                        [&](const audit::EntryView& entry) {
                          const bool partial = entry.type == "destroy.partial";
                          if (!partial && entry.type != "destroy") return true;
                          const auto time = base::parse_log_time(entry.time);
                          EXPUNGE_ASSERT(time.has_value());  // verified when the log was opened
                          found.insert_or_assign(std::string(audit::recording_of(entry)),
                                                 Logged{entry.seq, *time, partial});
                          return true;
                        });
  return found;
}

/// Opens the very file that was begun on, under its own name or one that it was passing through.
/// Another file under its name is `replaced`; no file at all is `missing`.
std::variant<Target, Refusal> reopen(const Tools& tools, const archive::JournalFile& row,
                                     const shred::StreamKey& key) {
  const shred::Identity begun_on{row.device, row.inode, row.birth_ns};
  std::vector<std::string> names = {row.path};
  for (unsigned step = 0; step < shred::kPassingSteps; ++step) {
    names.push_back(shred::passing_path(key, row.number, step, row.path));
  }
  Refusal refusal{Reason::missing, ""};
  for (const std::string& name : names) {
    auto opened =
        shred::open_target(tools.root, {name, std::nullopt, std::nullopt}, shred::Fingerprint::no);
    if (auto* target = std::get_if<Target>(&opened)) {
      if (target->identity == begun_on && shred::layout(target->extents) != row.layout) {
        return Refusal{Reason::extents_moved, "since an interrupted run"};
      }
      if (target->identity == begun_on) return std::move(*target);
      refusal = {Reason::replaced, ""};
    } else if (auto& other = std::get<Refusal>(opened); other.reason != Reason::missing) {
      return std::move(other);
    }
  }
  return refusal;
}

Item reopen_all(const Tools& tools, archive::Recording recording,
                const std::vector<const archive::JournalFile*>& rows, const shred::StreamKey& key) {
  Item item;
  item.recording = std::move(recording);
  for (const archive::JournalFile* row : rows) {
    OpenFile file{{row->path, row->role, row->bytes, row->sha256},
                  row->number,
                  row->bytes,
                  row->sha256,
                  std::nullopt};
    auto opened = reopen(tools, *row, key);
    if (auto* target = std::get_if<Target>(&opened)) {
      file.target = std::move(*target);
    } else if (auto& refusal = std::get<Refusal>(opened); refusal.reason != Reason::missing) {
      item.refusal = std::move(refusal);
    }
    item.files.push_back(std::move(file));
  }
  if (!item.refusal && item.all_missing()) item.refusal = Refusal{Reason::missing, ""};
  return item;
}

/// One interrupted batch, sorted by what each of its recordings now needs.
class Recovery {
 public:
  Recovery(Tools& tools, const archive::JournalBatch& rows)
      : tools_(tools), rows_(rows), logged_(logged_since(tools, rows.log_size)) {
    again_.journal_number = rows.number;
    again_.key = rows.stream_key;
  }

  void finish() {
    std::map<std::int64_t, std::vector<const archive::JournalFile*>> by_recording;
    for (const archive::JournalFile& row : rows_.files) {
      by_recording[row.recording_key].push_back(&row);
    }
    const plan::HoldMatcher holds = plan::current_holds(tools_.index, tools_.schedule.time_zone);
    for (const auto& [key, files] : by_recording) sort(holds, key, files);
    settle();
    // Holds the descriptors of what is due; the names and rows of the others are settled by now.
    if (!again_.items.empty()) carry_out(tools_, again_);
  }

 private:
  void sort(const plan::HoldMatcher& holds, std::int64_t key,
            const std::vector<const archive::JournalFile*>& files) {
    Fresh fresh = decide_again(tools_, holds, key);
    if (!fresh.recording) {
      settled_keys_.push_back(key);
      return;
    }
    Item item = reopen_all(tools_, std::move(*fresh.recording), files, rows_.stream_key);
    item.decision = std::move(fresh.decision);
    if (const auto found = logged_.find(item.recording.id);
        found != logged_.end() && !found->second.partial) {
      remove_claimed(std::move(item), found->second);
    } else if (item.refusal && never_again(item.refusal->reason)) {
      again_.items.push_back(std::move(item));
    } else if (item.decision.verdict == plan::Verdict::due && tools_.allowed.contains(key)) {
      // What stops it (open elsewhere, unreadable, …) leaves it in the journal for the next run.
      item.touched = item.refusal && item.refusal->reason != Reason::missing;
      again_.items.push_back(std::move(item));
    } else {
      stop(std::move(item));
    }
  }

  /// The entry stands, so its claim was true: the file is noise. What is left are its names.
  void remove_claimed(Item item, const Logged& logged) {
    std::vector<Target*> targets;
    std::vector<std::uint32_t> numbers;
    for (OpenFile& file : item.files) {
      if (!file.target) continue;
      targets.push_back(&*file.target);
      numbers.push_back(file.number);
    }
    // A file that took the name since is not ours to touch; any other refusal may pass.
    std::optional<Refusal> refusal;
    if (item.refusal && item.refusal->reason != Reason::missing &&
        item.refusal->reason != Reason::replaced) {
      refusal = item.refusal;
    }
    for (auto& each : shred::remove_names(tools_.root, targets, numbers, rows_.stream_key)) {
      if (each) refusal = std::move(each);
    }
    if (refusal) return leave(item, refusal_text(*refusal));
    archive::Outcome outcome;
    outcome.recording_key = item.recording.key;
    outcome.state = archive::State::destroyed;
    outcome.recorded_on = tools_.schedule.time_zone.civil_date(*item.recording.recorded_at);
    outcome.destroyed_at = logged.time;
    outcome.log_seq = logged.seq;
    outcomes_.push_back(outcome);
    settled_keys_.push_back(item.recording.key);
    ++tools_.tally.finished;
  }

  /// Held or not due any more: untouched if no byte of it was reached, else stopped where it is.
  void stop(Item item) {
    if (item.decision.department == nullptr || !item.decision.due_day) {
      return leave(item, std::string(plan::remedy(item.decision.cause)));
    }
    if (item.decision.verdict == plan::Verdict::due) {
      return leave(item, "the approved plan does not cover it");
    }
    std::uint64_t noise_bytes = 0;
    std::uint64_t original_bytes = 0;
    for (OpenFile& file : item.files) {
      if (!file.target) continue;
      shred::KeyStream stream(rows_.stream_key, file.number);
      auto survey = shred::survey(tools_.root, *file.target, stream);
      if (auto* refusal = std::get_if<Refusal>(&survey)) return leave(item, refusal_text(*refusal));
      noise_bytes += std::get<shred::Survey>(survey).noise_bytes;
      original_bytes += std::get<shred::Survey>(survey).original_bytes;
    }
    if (item.refusal && item.refusal->reason != Reason::missing) {
      return leave(item, refusal_text(*item.refusal));
    }
    settled_keys_.push_back(item.recording.key);
    ++tools_.tally.overtaken;
    if (noise_bytes == 0) return;
    archive::Outcome outcome;
    outcome.recording_key = item.recording.key;
    outcome.state = archive::State::partial;
    if (const auto said = logged_.find(item.recording.id); said != logged_.end()) {
      outcome.log_seq = said->second.seq;  // by the run that was interrupted after its entry
      outcomes_.push_back(outcome);
      return;
    }
    partial_.emplace_back(partial_entry(tools_, item, noise_bytes, original_bytes), outcome);
    note(tools_.tally, item.recording.id,
         "a hold came when part of it was overwritten; the rest is kept");
  }

  void leave(const Item& item, const std::string& why) {
    ++tools_.tally.unfinished;
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
    writing.record(outcomes_);
    writing.drop_from_batch(rows_.number, settled_keys_);
    remember(writing, tools_.log);
    writing.commit();
  }

  Tools& tools_;
  const archive::JournalBatch& rows_;
  LoggedById logged_;
  Batch again_;  ///< what is due still: overwritten again, whole
  std::vector<archive::Outcome> outcomes_;
  std::vector<std::pair<audit::Draft, archive::Outcome>> partial_;
  std::vector<std::int64_t> settled_keys_;
};

}  // namespace

void recover(Tools& tools) {
  for (const archive::JournalBatch& rows : tools.index.journal()) Recovery(tools, rows).finish();
}

}  // namespace expunge::run
