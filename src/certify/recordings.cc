#include "certify/recordings.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "audit/prove.h"
#include "base/error.h"
#include "policy/period.h"
#include "policy/time_zone.h"

namespace expunge::certify {
namespace {

/// What was found about one recording so far.
struct Found {
  std::optional<Logged<audit::Destroyed>> entry;
  std::shared_ptr<const RunFacts> run;
  std::optional<base::CivilDate> done_on;
  std::optional<Delay> delay, past_schedule;
  std::vector<Mention> mentions;  // that entry included
  std::vector<Logged<audit::Correct>> corrections;
  std::vector<Mention> told;  // what persons did: corrections, acknowledgements
};

using ById = std::map<std::string, Found, std::less<>>;

bool is_about_recording(std::string_view type) {
  return type == "remove" || type == "correct" || type.starts_with("destroy") ||
         type.starts_with("acknowledge") || type.starts_with("order");
}

std::vector<Delay::Attempt> attempts_of(const Found& found) {
  std::vector<Delay::Attempt> attempts;
  for (const Mention& mention : found.mentions) {
    if (mention.type != "destroy.failed" || !tells_of_no_hold(mention.reason)) continue;
    attempts.push_back({mention.seq, mention.time});
  }
  return attempts;
}

/// Whether it is what a person did.
bool take_told(Found& found, const audit::EntryView& entry, const std::string& path) {
  Mention mention{entry.seq, {}, std::string(entry.type)};
  if (entry.type == "correct") {
    Logged<audit::Correct> correct = read_correct(entry, path);
    mention.time = correct.time;
    mention.reason = correct.says.fact;
    found.corrections.push_back(std::move(correct));
  } else if (entry.type == "acknowledge") {
    const Logged<audit::Acknowledge> known = read_acknowledge(entry, path);
    mention.time = known.time;
    mention.reason = known.says.cause;
  } else if (entry.type == "acknowledge.withdraw") {
    const Logged<audit::Withdraw> withdrawn = read_withdraw(entry, path);
    mention.time = withdrawn.time;
    mention.reason = withdrawn.says.cause;
  } else if (entry.type.starts_with("order")) {
    const Logged<audit::OrderChange> order = read_order_change(entry, path);
    mention.time = order.time;
    mention.reason = order.says.ground;
  } else {
    return false;
  }
  found.told.push_back(std::move(mention));
  return true;
}

void take(Found& found, const audit::EntryView& entry, const RunTrail& runs,
          const DelayTrail& delays, const std::string& path) {
  if (take_told(found, entry, path)) return;
  Mention mention{entry.seq, {}, std::string(entry.type)};
  if (entry.type == "destroy" || entry.type == "remove") {
    found.entry = read_destroyed(entry, path);
    found.run = runs.run(found.entry->says.run);
    found.done_on.reset();
    if (found.run->start) {
      found.done_on = civil_date(found.entry->time, found.run->start->says.timezone);
    }
    const base::CivilDate by_utc{std::chrono::floor<std::chrono::days>(found.entry->time)};
    const auto delay_of = [&](const audit::Destroyed& says) {
      return delays.delay_of(says, *found.run, found.done_on.value_or(by_utc), found.corrections,
                             attempts_of(found));
    };
    found.delay = delay_of(found.entry->says);
    found.past_schedule.reset();
    const auto day = schedule_day(found.entry->says);
    // What came back had gone before: only as a copy was it there for longer.
    const bool is_first = found.entry->says.ground != "returned";
    if (is_first && day && *day > found.entry->says.due) {
      audit::Destroyed by_schedule = found.entry->says;
      by_schedule.due = *day;
      found.past_schedule = delay_of(by_schedule);
    }
    mention.time = found.entry->time;
    mention.run = found.entry->says.run;
  } else if (entry.type == "destroy.failed") {
    Logged<audit::DestroyFailed> failed = read_failed(entry, path);
    mention.time = failed.time;
    mention.run = std::move(failed.says.run);
    mention.reason = std::move(failed.says.reason);
  } else {
    const Logged<audit::DestroyPartial> partial = read_partial(entry, path);
    mention.time = partial.time;
    mention.run = partial.says.destroyed.run;
    mention.left = left_by(partial.says);
  }
  found.mentions.push_back(std::move(mention));
}

/// Why nothing can be certified of it; empty when something can.
std::string why_not(const Found& found) {
  if (found.mentions.empty()) {
    return found.told.empty() ? "no entry of the log names it"
                              : "no entry of the log says that it was destroyed, or that this was "
                                "tried";
  }
  const Mention& last = found.mentions.back();
  const std::string at = "entry " + std::to_string(last.seq);
  if (!found.entry) {
    if (last.type == "destroy.partial") {
      return at + (last.left == Left::nothing
                       ? " says that its destruction was stopped when all of it was overwritten, "
                         "and nothing of that was verified"
                       : " says that its destruction was stopped when part of it was destroyed: "
                         "the rest was kept");
    }
    return at + " says that it could not be destroyed (" + last.reason + ")";
  }
  if (!is_removal(found.entry->says) && !claims_destruction(found.entry->says)) {
    return "entry " + std::to_string(found.entry->seq) +
           " does not say that every file was overwritten and read back";
  }
  return "";
}

/// The last entry that is spoken of: the checkpoint must cover it.
std::uint64_t last_seq(const Found& found) {
  const std::uint64_t last =
      std::max(found.mentions.back().seq, found.told.empty() ? 0 : found.told.back().seq);
  return found.run->end ? std::max(last, found.run->end->seq) : last;
}

RecordingFacts to_facts(base::Sys& sys, const audit::LogPlace& place, const Walked& walked,
                        const Found& found) {
  RecordingFacts facts{*found.entry,
                       found.run,
                       {},
                       walked.opening,
                       choose_checkpoint(sys, place, walked, last_seq(found)),
                       found.done_on,
                       found.delay,
                       found.past_schedule};
  std::copy_if(found.mentions.begin(), found.mentions.end(), std::back_inserter(facts.others),
               [&](const Mention& mention) { return mention.seq != facts.entry.seq; });
  facts.others.insert(facts.others.end(), found.told.begin(), found.told.end());
  std::sort(facts.others.begin(), facts.others.end(),
            [](const Mention& x, const Mention& y) { return x.seq < y.seq; });
  return facts;
}

/// Every entry that the page speaks of.
void add_seqs(std::set<std::uint64_t>& seqs, const RecordingFacts& facts) {
  seqs.insert({0, facts.entry.seq});
  const auto add = [&](const auto& logged) {
    if (logged) seqs.insert(logged->seq);
  };
  add(facts.run->start);
  add(facts.run->end);
  add(facts.run->approval);
  for (const auto& approval : facts.run->further_approvals) seqs.insert(approval.seq);
  add(facts.run->policy);
  for (const Mention& other : facts.others) seqs.insert(other.seq);
  for (const auto* const delay : {&facts.delay, &facts.past_schedule}) {
    if (!*delay) continue;
    for (const auto& hold : (*delay)->holds) seqs.insert({hold.placed, hold.released});
    seqs.insert((*delay)->policies.begin(), (*delay)->policies.end());
    for (const auto& correction : (*delay)->corrections) seqs.insert(correction.entry);
    seqs.insert((*delay)->names_added.begin(), (*delay)->names_added.end());
  }
}

}  // namespace

Left left_by(const audit::DestroyPartial& entry) {
  // Where a file was to be removed only, it may be on the disk still; and of files that the entry
  // does not name, since they were missing then, nobody knows.
  if (entry.kept_bytes == 0 && entry.overwritten_bytes > 0 &&
      entry.destroyed.claim == "overwritten") {
    return Left::nothing;
  }
  // Keys go first.
  const bool had_key = std::any_of(entry.destroyed.files.begin(), entry.destroyed.files.end(),
                                   [](const audit::FileDestroyed& file) {
                                     return file.role == "key" && file.method == "overwrite";
                                   });
  return had_key && entry.overwritten_bytes > 0 ? Left::without_key : Left::rest;
}

namespace {

/// What a note has behind these words, up to a semicolon.
std::vector<std::string> listed_in(const std::string& note, std::string_view words) {
  std::vector<std::string> listed;
  const auto at = note.find(words);
  // No role has any of these in it.
  if (at == std::string::npos || (at > 0 && !note.substr(0, at).ends_with("; "))) return listed;
  std::string_view rest = std::string_view(note).substr(at + words.size());
  rest = rest.substr(0, rest.find(';'));
  while (!rest.empty()) {
    const auto end = std::min(rest.find(", "), rest.size());
    listed.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 2));
  }
  return listed;
}

}  // namespace

std::vector<std::string> missing_roles(const std::string& note) {
  return note.starts_with("missing: ") ? listed_in(note, "missing: ") : std::vector<std::string>{};
}

plan::Doubt doubt_of(const audit::Destroyed& entry) {
  const auto facts = listed_in(entry.note, "in doubt: ");
  const auto has = [&](const char* fact) {
    return std::find(facts.begin(), facts.end(), fact) != facts.end();
  };
  return {has("date"), has("department")};
}

std::optional<base::CivilDate> schedule_day(const audit::Destroyed& entry) {
  if (entry.ground.empty()) return entry.due;
  if (const plan::Doubt doubt = doubt_of(entry); doubt.date || doubt.department) return {};
  const auto period = policy::parse_period(entry.period);
  if (!period || entry.recorded == base::kUnknownDate) return std::nullopt;
  return policy::due_day(entry.recorded, *period);
}

bool claims_destruction(const audit::Destroyed& entry) {
  return entry.claim == "overwritten" && !entry.files.empty() &&
         std::all_of(entry.files.begin(), entry.files.end(), [](const audit::FileDestroyed& file) {
           return file.method == "overwrite" && file.verified;
         });
}

std::optional<base::CivilDate> civil_date(base::Time instant, const std::string& zone) {
  const auto found = policy::TimeZone::find(zone);
  if (!found) return std::nullopt;
  return found->civil_date(std::chrono::floor<std::chrono::seconds>(instant));
}

Gathered gather(base::Sys& sys, const audit::LogPlace& place, std::span<const std::string> ids) {
  const std::string path = audit::log_path(place.directory);
  ById by_id;
  for (const std::string& id : ids) by_id.emplace(id, Found{});
  EXPUNGE_ASSERT(by_id.size() == ids.size());
  RunTrail runs(path);
  DelayTrail delays(path);
  const Walked walked = walk(sys, place, [&](const audit::EntryView& entry) {
    runs.take(entry);
    delays.take(entry);
    if (!is_about_recording(entry.type)) return;
    const auto found = by_id.find(audit::recording_of(entry));
    if (found != by_id.end()) take(found->second, entry, runs, delays, path);
  });
  Gathered gathered;
  for (const std::string& id : ids) {
    const Found& found = by_id.find(id)->second;
    if (std::string why = why_not(found); !why.empty()) {
      gathered.refused.push_back({id, std::move(why), !found.mentions.empty()});
    } else {
      gathered.found.push_back(to_facts(sys, place, walked, found));
    }
  }
  return gathered;
}

void certify_all(
    base::Sys& sys, const audit::LogPlace& place, std::span<const RecordingFacts> recordings,
    unsigned workers,
    const std::function<void(const RecordingFacts&, const audit::Certificate&)>& each) {
  std::map<std::uint64_t, std::vector<const RecordingFacts*>> by_checkpoint;
  for (const RecordingFacts& facts : recordings) {
    by_checkpoint[facts.by.file.note.checkpoint.size].push_back(&facts);
  }
  for (const auto& [size, group] : by_checkpoint) {
    std::set<std::uint64_t> seqs;
    std::map<std::uint64_t, const RecordingFacts*> wanted;
    for (const RecordingFacts* facts : group) {
      add_seqs(seqs, *facts);
      wanted.emplace(facts->entry.seq, facts);
    }
    const std::vector<std::uint64_t> ascending(seqs.begin(), seqs.end());
    audit::certify(sys, place, group.front()->by.file, ascending, workers,
                   [&](const audit::Certificate& certificate) {
                     const auto found = wanted.find(certificate.index);
                     if (found != wanted.end()) each(*found->second, certificate);
                   });
  }
}

}  // namespace expunge::certify
