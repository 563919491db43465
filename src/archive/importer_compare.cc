// What a row says against what the index knows of its recording.

#include <fmt/format.h>

#include <algorithm>

#include "archive/adopt.h"
#include "archive/importer_state.h"
#include "base/text.h"

namespace expunge::archive {
namespace {

constexpr std::size_t kDateCharacters = 10;

const std::string& name_of(const ImportKind& kind, const std::string& department) {
  const auto found = kind.scheduled.find(department);
  return found == kind.scheduled.end() ? department : found->second;
}

/// Whether a hold ends between two instants, give or take the time zone: then a later date, which
/// otherwise keeps a recording longer, takes it out of the hold.
bool passes_end_of_hold(Store& store, std::string_view from, std::string_view to) {
  return Query(store,
               "SELECT 1 FROM hold_scope WHERE last_day >= date(?1, '-1 day')"
               " AND last_day <= date(?2, '+1 day')",
               from, to)
      .next();
}

/// Its steps, each after a `/`, without empty ones and `.`; nullopt: one is `..`.
std::optional<std::string> steps_of(std::string_view path) {
  std::string steps;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view step = path.substr(begin, end - begin);
    begin = end + 1;
    if (step == "..") return std::nullopt;
    if (!step.empty() && step != ".") steps.append("/").append(step);
  }
  return steps;
}

/// Whether `wrong` is another way to write `right`, which is beneath `root`; or what its own row
/// has for that file. A path that only ends alike may be another copy, which nobody would look for
/// any more.
bool makes_way_for(const std::string& root, std::string_view wrong, std::string_view written,
                   std::string_view right) {
  const auto steps = steps_of(wrong);
  if (!steps || wrong == right || "/" + std::string(right) != steps_of(right)) return false;
  if (!wrong.starts_with('/')) return steps == steps_of(right);
  const auto above = steps_of(root);
  const bool is_beneath =
      root.starts_with('/') && above && *steps == *above + "/" + std::string(right);
  return is_beneath || (written.starts_with('/') && steps == steps_of(written));
}

}  // namespace

void Importer::State::differs(const Known& known, std::string_view fact, std::string_view was,
                              std::string_view says) {
  if (!contradictions.differs(known.key, fact, was, says, says)) return;
  ++counts.contradictions;
  mark_changed(known.key);
}

/// A person may have settled this one, but not the next: a digest tells them apart.
void Importer::State::differs_secretly(const Known& known, std::string_view fact,
                                       const std::string& says) {
  const std::string kept = secret(store, fact, says);
  if (!contradictions.differs(known.key, fact, "", "", kept)) return;
  ++counts.contradictions;
  mark_changed(known.key);
}

void Importer::State::compare_date(const Known& known, const ImportRow& row) {
  if (known.recorded_at.empty() || !row.recorded_at) return;
  const std::chrono::sys_seconds recorded_at = *row.recorded_at;
  const std::string says = base::to_text(recorded_at);
  const bool civil = known.recorded_at.size() == kDateCharacters;
  if (civil ? same_day(known.recorded_at, recorded_at) : known.recorded_at == says) return;
  if (civil || (kind.shared_files == SharedFiles::refuse && !row.is_same_call) ||
      is_corrected(store, known.key, "recorded_at") ||
      passes_end_of_hold(store, known.recorded_at, says)) {
    differs(known, "recorded_at", known.recorded_at, says);
  } else if (known.recorded_at < says) {
    Query(store, "UPDATE recording SET recorded_at = ?2 WHERE key = ?1", known.key, says).run();
    mark_changed(known.key);
  }
}

void Importer::State::compare_department(const Known& known, const ImportRow& row) {
  if (known.department.empty() || row.department.empty()) return;  // fill_in() fills it in
  if (name_of(kind, known.department) == name_of(kind, row.department)) return;
  if (known.department == row.unmapped_department && !kind.scheduled.contains(known.department) &&
      !is_corrected(store, known.key, "department")) {
    Query(store, "UPDATE recording SET department = ?2 WHERE key = ?1", known.key, row.department)
        .run();
    mark_changed(known.key);
  } else {
    differs(known, "department", known.department, row.department);
  }
}

/// Adds the row's subjects and agents to the recording's.
void Importer::State::join_people(const Known& known, const ImportRow& row) {
  People subjects, agents;
  {
    Query query(store,
                "SELECT subject, subject_key, agent, agent_key FROM recording WHERE key = ?1",
                known.key);
    if (!query.next()) return;
    subjects = {query.string(0), query.string(1)};
    agents = {query.string(2), query.string(3)};
  }
  bool changed = subjects.add(row.subject);
  for (const std::string& one : row.further_subjects) changed = subjects.add(one) || changed;
  changed = agents.add(row.agent) || changed;
  for (const std::string& one : row.further_agents) changed = agents.add(one) || changed;
  if (!changed) return;
  if (subjects.keys.size() > kMaxPeopleBytes || agents.keys.size() > kMaxPeopleBytes) {
    differs(known, "subject", "so many", "yet another");
    return;
  }
  Query(store,
        "UPDATE recording SET subject = ?2, subject_key = ?3, agent = ?4, agent_key = ?5"
        " WHERE key = ?1",
        known.key, subjects.written, subjects.keys, agents.written, agents.keys)
      .run();
  note_several(subjects, agents);
  mark_changed(known.key);
}

/// A hold on either of two subjects or agents must not miss it.
void Importer::State::compare_people(const Known& known, const ImportRow& row) {
  if (kind.shared_files == SharedFiles::merge) {
    join_people(known, row);
    return;
  }
  const auto compare_one = [&](std::string_view fact, const std::string& keys,
                               const std::string& says) {
    if (keys.empty() || says.empty() || is_among(keys, says)) return;
    differs_secretly(known, fact, says);
  };
  compare_one("subject", known.subject_key, subject_key(row.subject));
  compare_one("agent", known.agent_key, subject_key(row.agent));
}

void Importer::State::compare_call(const Known& known, const std::string& call_id) {
  if (known.call_id.empty() || call_id.empty() || known.call_id == call_id) return;
  differs_secretly(known, "call_id", call_id);
}

void Importer::State::compare(const Known& known, const ImportRow& row) {
  compare_date(known, row);
  compare_department(known, row);
  compare_people(known, row);
  compare_call(known, row.call_id);
}

void Importer::State::fill_in(const Known& known, const ImportRow& row) {
  const bool dateless = known.recorded_at.empty() ||
                        (known.recorded_at.size() == kDateCharacters && row.recorded_at &&
                         same_day(known.recorded_at, *row.recorded_at));
  if (dateless && row.recorded_at) {
    Query(store, "UPDATE recording SET recorded_at = ?2 WHERE key = ?1", known.key,
          base::to_text(*row.recorded_at))
        .run();
    mark_changed(known.key);
  }
  if (known.department.empty() && !row.department.empty()) {
    fill_department(store, known.key, row.department);
    mark_changed(known.key);
  }
  if (!known.gap || (row.subject.empty() && row.agent.empty() && row.call_id.empty())) return;
  Query(store,
        "UPDATE recording SET"
        " subject_key = CASE subject WHEN '' THEN ?3 ELSE subject_key END,"
        " subject = CASE subject WHEN '' THEN ?2 ELSE subject END,"
        " agent_key = CASE agent WHEN '' THEN ?6 ELSE agent_key END,"
        " agent = CASE agent WHEN '' THEN ?4 ELSE agent END,"
        " call_id = CASE call_id WHEN '' THEN ?5 ELSE call_id END"
        " WHERE key = ?1 AND ((subject = '' AND ?2 <> '') OR (agent = '' AND ?4 <> '')"
        " OR (call_id = '' AND ?5 <> ''))",
        known.key, row.subject, subject_key(row.subject), row.agent, row.call_id,
        subject_key(row.agent))
      .run();
  if (store.database.getChanges() != 0) mark_changed(known.key);
}

/// Of a path that could leave the root nothing is ever destroyed; whether one did.
bool Importer::State::put_path_right(const Known& known, const ImportRow& row) {
  const File& file = row.file;
  std::string wrong;
  {
    Query query(store, "SELECT path FROM file WHERE recording_key = ?1 AND role = ?2", known.key,
                file.role);
    while (wrong.empty() && query.next()) {
      const std::string path = query.string(0);
      if (makes_way_for(kind.archive_root, path, row.stripped_path, file.path)) wrong = path;
    }
  }
  if (wrong.empty()) return false;
  Query(store, "UPDATE file SET path = ?2 WHERE path = ?1", wrong, file.path).run();
  mark_changed(known.key);
  ++counts.paths_put_right;
  return true;
}

void Importer::State::compare_file(const Known& known, const File& file) {
  std::optional<std::uint64_t> bytes;
  std::optional<base::Digest> sha256_before;
  {
    Query query(store, "SELECT bytes, sha256 FROM file WHERE path = ?1", file.path);
    if (!query.next()) fail_damaged("a file that is gone");
    bytes = query.optional_count(0);
    sha256_before = query.optional_digest(1);
  }
  if (bytes && file.bytes && bytes != file.bytes) {
    differs(known, "bytes of " + file.path, std::to_string(*bytes), std::to_string(*file.bytes));
  }
  if (sha256_before && file.sha256 && sha256_before != file.sha256) {
    differs(known, "sha256 of " + file.path, base::to_hex(*sha256_before),
            base::to_hex(*file.sha256));
  }
  if ((bytes || !file.bytes) && (sha256_before || !file.sha256)) return;
  Query(store,
        "UPDATE file SET bytes = coalesce(bytes, ?2), sha256 = coalesce(sha256, ?3)"
        " WHERE path = ?1",
        file.path, file.bytes, file.sha256)
      .run();
  mark_changed(known.key);
}

}  // namespace expunge::archive
