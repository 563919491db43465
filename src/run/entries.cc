#include "run/entries.h"

#include "base/error.h"
#include "base/text.h"
#include "shred/ground.h"

namespace expunge::run {
namespace {

/// The hash of a short file could be found by trying: it would say what was in it.
constexpr std::uint64_t kSmallestHashed = 4096;

audit::FileDestroyed file_entry(const OpenFile& file, bool verified) {
  audit::FileDestroyed entry;
  entry.role = file.row.role;
  entry.bytes = file.original_bytes;
  if (file.original_bytes >= kSmallestHashed) entry.sha256 = file.fingerprint;
  entry.method = "overwrite";
  entry.passes = 1;
  entry.verified = verified;
  entry.filesystem = file.target->filesystem;
  return entry;
}

audit::Destroyed common(const Tools& tools, const Item& item, bool verified) {
  EXPUNGE_ASSERT(item.decision.department != nullptr && item.decision.due_day.has_value());
  audit::Destroyed entry;
  entry.run = tools.run_id;
  entry.recording = item.recording.id;
  entry.department = item.recording.department;
  entry.recorded = *item.decision.recorded_on;
  entry.due = *item.decision.due_day;
  entry.period = policy::to_text(item.decision.department->period);
  for (const OpenFile& file : item.files) {
    if (file.target) entry.files.push_back(file_entry(file, verified));
  }
  entry.claim = "overwritten";
  for (const std::string& role : item.missing_roles()) {
    entry.note += (entry.note.empty() ? "missing: " : ", ") + role;
  }
  const shred::Ground& ground = tools.root.ground();
  entry.medium = shred::medium_text(ground.medium, ground.discard_mounted);
  return entry;
}

}  // namespace

audit::Draft destroyed_entry(const Tools& tools, const Item& item) {
  return audit::to_draft(common(tools, item, true));
}

audit::Draft failed_entry(const Tools& tools, const Item& item, shred::Reason reason) {
  return audit::to_draft(
      audit::DestroyFailed{tools.run_id, item.recording.id, std::string(code(reason))});
}

audit::Draft partial_entry(const Tools& tools, const Item& item, std::uint64_t overwritten_bytes,
                           std::uint64_t kept_bytes) {
  audit::Destroyed entry = common(tools, item, false);
  if (item.recording.state == archive::State::partial) {
    // Under another key, which is gone: what that run wrote cannot be told from what was there.
    entry.note = "of what is kept, an earlier run overwrote a part";
  }
  return audit::to_draft(audit::DestroyPartial{entry, overwritten_bytes, kept_bytes});
}

std::string refusal_text(const shred::Refusal& refusal) {
  std::string text(words(refusal.reason));
  if (!refusal.detail.empty()) text += " (" + base::printable(refusal.detail) + ")";
  return text;
}

}  // namespace expunge::run
