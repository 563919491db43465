#include "run/claims.h"

#include "base/error.h"

namespace expunge::run {
namespace {

std::optional<archive::State> state_by(std::string_view entry_type) {
  if (entry_type == "destroy") return archive::State::destroyed;
  if (entry_type == "remove") return archive::State::removed;
  if (entry_type == "destroy.partial") return archive::State::partial;
  return std::nullopt;
}

}  // namespace

void for_each_logged(base::Sys& sys, const audit::LogPlace& place, std::uint64_t from_seq,
                     const std::function<void(const std::string& id, const Logged&)>& each) {
  audit::for_each_entry(sys, place, from_seq, [&](const audit::EntryView& entry) {
    const auto state = state_by(entry.type);
    if (!state) return true;
    const auto time = base::parse_log_time(entry.time);
    const auto day = base::parse_date(audit::text_of(entry, "recorded"));
    EXPUNGE_ASSERT(time && day);  // verified when the log was opened
    each(std::string(audit::recording_of(entry)),
         {entry.seq, *time, *state, audit::text_of(entry, "department"), *day});
    return true;
  });
}

LoggedById logged_since(base::Sys& sys, const audit::LogPlace& place, std::uint64_t from_seq) {
  LoggedById found;
  for_each_logged(sys, place, from_seq, [&](const std::string& id, const Logged& logged) {
    found.insert_or_assign(id, logged);
  });
  return found;
}

std::map<std::int64_t, Logged> said_by_past_logs(const archive::Index& index) {
  std::map<std::int64_t, Logged> said;
  for (const archive::PastClaim& claim : index.past_claims()) {
    said.emplace(claim.recording_key, Logged{claim.log_seq, claim.destroyed_at, claim.state, "",
                                             claim.recorded_on, claim.log_number});
  }
  return said;
}

archive::Outcome outcome_by_log(const shred::ArchiveRoot& root, const archive::Recording& recording,
                                const Logged& logged) {
  archive::Outcome outcome;
  outcome.recording_key = recording.key;
  outcome.state = logged.state;
  outcome.recorded_on = logged.recorded_on;
  outcome.forget_department = !logged.log_number && logged.department.empty();
  outcome.destroyed_at = logged.time;
  outcome.log_seq = logged.seq;
  outcome.log_number = logged.log_number;
  outcome.paths.emplace();
  for (const archive::File& file : recording.files) {
    if (!root.has_file(file.path)) outcome.paths->push_back(file.path);
  }
  return outcome;
}

}  // namespace expunge::run
