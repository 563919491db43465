#include "run/entries.h"

#include <algorithm>

#include "audit/files_of.h"
#include "audit/log.h"
#include "base/error.h"
#include "base/text.h"
#include "shred/ground.h"

namespace expunge::run {
namespace {

/// The hash of a short file could be found by trying: it would say what was in it.
constexpr std::uint64_t kSmallestHashed = 4096;

audit::FileDestroyed file_entry(const Tools& tools, const OpenFile& file, bool verified) {
  const bool overwritten = file.method == shred::Method::overwrite;
  audit::FileDestroyed entry;
  entry.role = file.row.role;
  entry.bytes = file.original_bytes;
  if (file.original_bytes >= kSmallestHashed) entry.sha256 = file.fingerprint;
  entry.method = code(file.method);
  entry.passes = overwritten ? 1 : 0;
  entry.verified = overwritten && verified;
  entry.filesystem = tools.root.ground().filesystem;
  return entry;
}

/// The weakest that is true of all its files; of keys, what it is worth is said beside it.
std::string claim_of(const Item& item) {
  if (!item.is_removal()) return "overwritten";
  std::size_t keys = 0;
  std::size_t overwritten_keys = 0;
  for (const OpenFile& file : item.files) {
    if (!is_key(file)) continue;
    ++keys;
    if (file.target && file.method == shred::Method::overwrite) ++overwritten_keys;
  }
  return keys > 0 && overwritten_keys == keys ? "key-overwritten" : "unlinked";
}

/// In the order in which they went: keys first.
std::vector<const OpenFile*> files_of(const Item& item) {
  std::vector<const OpenFile*> files;
  for (const OpenFile& file : item.files) {
    if (file.target || file.gone) files.push_back(&file);
  }
  std::stable_partition(files.begin(), files.end(),
                        [](const OpenFile* file) { return is_key(*file); });
  return files;
}

void add_note(std::string& note, const std::string& words, const std::vector<std::string>& roles) {
  if (roles.empty()) return;
  note += (note.empty() ? "" : "; ") + words;
  const char* separator = ": ";
  for (const std::string& role : roles) {
    note += separator + role;
    separator = ", ";
  }
}

template <typename Test>
std::vector<std::string> roles_of(const Item& item, Test test) {
  std::vector<std::string> roles;
  for (const OpenFile& file : item.files) {
    if (test(file)) roles.push_back(file.row.role);
  }
  return roles;
}

/// What imports contradicted of what an order had destroyed: the entry has the index's word of it.
std::vector<std::string> facts_in_doubt(const Item& item) {
  std::vector<std::string> facts;
  if (!item.decision.by_order) return facts;
  if (item.recording.order->is_date_contradicted) facts.emplace_back("date");
  if (item.recording.order->is_department_contradicted) facts.emplace_back("department");
  return facts;
}

audit::Destroyed common(const Tools& tools, const Item& item, bool verified) {
  EXPUNGE_ASSERT(can_be_described(item));
  audit::Destroyed entry;
  entry.run = tools.run_id;
  entry.recording = item.recording.id;
  entry.recorded = item.decision.recorded_on.value_or(base::kUnknownDate);
  entry.due = *item.decision.due_day;
  // A name that is not the schedule's may be anything, also somebody's.
  if (item.decision.department != nullptr) {
    entry.department = item.decision.department->name;  // whatever alias the index has
    entry.period = policy::to_text(item.decision.department->period);
  }
  if (item.decision.by_order) {
    entry.ground = item.recording.order->ground;
    entry.authority = item.recording.order->authority;
  }
  for (const OpenFile* const file : files_of(item)) {
    entry.files.push_back(file_entry(tools, *file, verified));
  }
  const shred::Ground& ground = tools.root.ground();
  entry.medium = shred::medium_text(ground.medium, ground.discard_mounted);
  return entry;
}

}  // namespace

void recall_originals(const Tools& tools, Item& item) {
  if (item.recording.state != archive::State::partial) return;
  std::vector<audit::FileDestroyed> then;
  const auto history = tools.index.history(item.recording.id);
  if (history && history->log_seq && history->past_log.empty()) {
    audit::for_each_entry(
        tools.root.sys(), tools.log_place, *history->log_seq, [&](const audit::EntryView& entry) {
          if (entry.type == "destroy.partial" && audit::recording_of(entry) == item.recording.id) {
            then = audit::files_of(entry);
            item.stopped_before = audit::text_of(entry, "run") == tools.run_id;
          }
          return false;
        });
  }
  for (OpenFile& file : item.files) {
    // No entry names a path: of two files of one role nobody knows which is which.
    const auto is_it = [&](const audit::FileDestroyed& each) { return each.role == file.row.role; };
    const auto found = std::find_if(then.begin(), then.end(), is_it);
    const bool is_only =
        found != then.end() && std::none_of(found + 1, then.end(), is_it) &&
        std::count_if(item.files.begin(), item.files.end(),
                      [&](const OpenFile& each) { return each.row.role == file.row.role; }) == 1;
    file.fingerprint = is_only ? found->sha256 : std::nullopt;
    if (is_only) file.original_bytes = found->bytes;
  }
}

bool can_be_described(const Item& item) {
  if (!item.decision.due_day) return false;
  return item.decision.by_order ? item.recording.order.has_value()
                                : item.decision.department != nullptr;
}

audit::Draft destroyed_entry(const Tools& tools, const Item& item) {
  audit::Destroyed entry = common(tools, item, true);
  entry.claim = claim_of(item);
  if (item.is_removal()) entry.type = audit::Destroyed::Type::remove;
  add_note(entry.note, "missing", item.missing_roles());
  add_note(entry.note, "finished after an interruption; found gone",
           roles_of(item, [](const OpenFile& file) { return file.found_gone; }));
  if (item.recording.state == archive::State::partial) {
    entry.note += std::string(entry.note.empty() ? "" : "; ") + "begun on by an earlier run";
  }
  add_note(entry.note, "in doubt", facts_in_doubt(item));
  return audit::to_draft(entry);
}

audit::Draft failed_entry(const Tools& tools, const Item& item, shred::Reason reason) {
  return audit::to_draft(
      audit::DestroyFailed{tools.run_id, item.recording.id, std::string(code(reason))});
}

audit::Draft partial_entry(const Tools& tools, const Item& item, std::uint64_t overwritten_bytes,
                           std::uint64_t kept_bytes) {
  audit::Destroyed entry = common(tools, item, false);
  entry.claim = item.is_removal() ? "unlinked" : "overwritten";
  if (item.recording.state == archive::State::partial) {
    // Under another key, which is gone: what that run wrote cannot be told from what was there.
    entry.note = "of what is kept, an earlier run overwrote a part";
  }
  add_note(entry.note, "removed without overwriting",
           roles_of(item, [](const OpenFile& file) { return file.gone; }));
  add_note(entry.note, "in doubt", facts_in_doubt(item));
  return audit::to_draft(audit::DestroyPartial{entry, overwritten_bytes, kept_bytes});
}

std::string refusal_text(const shred::Refusal& refusal) {
  std::string text(words(refusal.reason));
  if (!refusal.detail.empty()) text += " (" + base::printable(refusal.detail) + ")";
  return text;
}

}  // namespace expunge::run
