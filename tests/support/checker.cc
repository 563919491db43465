#include "support/checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <thread>

#include "audit/verify.h"
#include "base/error.h"
#include "support/archive_fixture.h"

namespace expunge::test {
namespace {

constexpr std::string_view kMark = "|mark:";
constexpr std::size_t kCell = 32;

/// What lies at `path`: nullopt for nothing.
std::optional<std::string> content_at(const std::string& path) {
  const auto status = std::filesystem::symlink_status(path);
  if (!std::filesystem::exists(status)) return std::nullopt;
  return std::filesystem::is_regular_file(status) ? slurp(path) : "no regular file";
}

/// Of every regular file below `root`, the recordings whose audio it holds.
std::map<std::string, std::string> readable_below(const std::string& root) {
  std::map<std::string, std::string> where;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file() || entry.is_symlink()) continue;
    for (const std::string& id : marks_in(slurp(entry.path()))) where[id] = entry.path();
  }
  return where;
}

/// Of `original`, how many bytes still stand where they stood, counted in pieces of marked_audio.
std::uint64_t original_bytes_in(const std::string& content, const std::string& original) {
  std::uint64_t bytes = 0;
  for (std::size_t at = 0; at < std::min(content.size(), original.size()); at += kCell) {
    const std::string_view piece = std::string_view(original).substr(at, kCell);
    if (std::string_view(content).substr(at, kCell) == piece) bytes += piece.size();
  }
  return bytes;
}

}  // namespace

/// As the next program that opens it would read it, journal included.
struct Checker::Indexed {
  explicit Indexed(const std::string& path) {
    const IndexCopy copy(path);
    check = copy.value("PRAGMA integrity_check");
    if (check != "ok") return;
    for (const auto& row : copy.rows(
             "SELECT id, state, log_seq, (SELECT count(*) FROM file f WHERE f.recording_key = "
             "r.key), (SELECT count(*) FROM journal_file j WHERE j.recording_key = r.key) "
             "FROM recording r")) {
      rows[row[0]] = {row[1], row[2], row[3] != "0", row[4] != "0"};
    }
    for (const auto& row : copy.rows("SELECT DISTINCT run FROM journal_batch")) {
      runs.push_back(row[0]);
    }
    log_size = std::stoull(copy.value("SELECT size FROM log_position"));
  }
  struct Row {
    std::string state, log_seq;
    bool has_paths = false, begun = false;
  };
  std::string check;
  std::map<std::string, Row> rows;
  std::vector<std::string> runs;  ///< that have something in the journal
  std::uint64_t log_size = 0;
};

std::string marked_audio(std::string_view id, std::size_t bytes) {
  EXPUNGE_ASSERT(id.size() <= 14);
  std::string audio;
  audio.reserve(bytes + kCell);
  while (audio.size() < bytes) {
    audio += fmt::format("{:.<{}}", fmt::format("{}{}#{:x}", kMark, id, audio.size()), kCell);
  }
  audio.resize(bytes);
  return audio;
}

std::vector<std::string> marks_in(std::string_view data) {
  std::set<std::string> found;
  for (auto at = data.find(kMark); at != std::string_view::npos; at = data.find(kMark, at + 1)) {
    const std::string_view rest = data.substr(at + kMark.size(), 15);
    if (const auto end = rest.find('#'); end != std::string_view::npos) {
      found.emplace(rest.substr(0, end));
    }
  }
  return {found.begin(), found.end()};
}

IndexCopy::IndexCopy(const std::string& path) : path_(scratch_ / "index.db") {
  std::filesystem::copy_file(path, path_);
  if (std::filesystem::exists(path + "-journal")) {
    std::filesystem::copy_file(path + "-journal", path_ + "-journal");
  }
  sql_run(path_, "PRAGMA user_version");  // rolls a hot journal back
}

std::string IndexCopy::value(const std::string& sql) const {
  return sql_value(path_, sql);
}

std::vector<std::vector<std::string>> IndexCopy::rows(const std::string& sql) const {
  return sql_rows(path_, sql);
}

struct Checker::Account {
  std::set<std::string> runs;  ///< with a run.start
  std::map<std::string, Logged> by_recording;
  std::uint64_t size = 0;
  std::vector<std::string> faults;
};

Checker::Checker(std::string root, std::string index_path, audit::LogPlace log)
    : root_(std::move(root)), index_path_(std::move(index_path)), log_(std::move(log)) {}

void Checker::expect(const std::string& id, Fate fate, std::map<std::string, std::string> files) {
  known_[id] = {fate, std::move(files)};
}

Checker::Account Checker::read_account() const {
  Account account;
  audit::for_each_entry(base::real_sys(), log_, 0, [&](const audit::EntryView& entry) {
    account.size = entry.seq + 1;
    const auto json = nlohmann::json::parse(entry.line);
    if (!json.contains("run")) return true;
    const std::string run = json["run"];
    if (entry.type == "run.start") {
      account.runs.insert(run);
    } else if (entry.type != "run.braked" && account.runs.count(run) == 0) {
      account.faults.push_back(fmt::format("{} stands before run.start of {}", entry.type, run));
    }
    if (!json.contains("recording")) return true;
    Logged& logged = account.by_recording[json["recording"]];
    logged.destroyed += entry.type == "destroy" ? 1 : 0;
    logged.removed += entry.type == "remove" ? 1 : 0;
    if (entry.type == "destroy.partial") {
      ++logged.partial;
      logged.kept_bytes = json["kept"];
    }
    logged.entries.insert(entry.seq);
    return true;
  });
  return account;
}

void Checker::see_checkpoint() {
  const std::string newest = slurp(log_.directory + "/checkpoint");
  if (checkpoints_.empty() || checkpoints_.back() != newest) checkpoints_.push_back(newest);
}

void Checker::check_log(Moment moment, std::vector<std::string>& faults) {
  see_checkpoint();
  audit::Evidence evidence;
  evidence.log_path = log_.directory + "/log.jsonl";
  for (const std::string& text : checkpoints_) {
    evidence.checkpoints.push_back({fmt::format("checkpoint seen before, {}", text), text});
  }
  evidence.workers = std::max(1U, std::thread::hardware_concurrency());
  const auto verdict = audit::verify_log(base::real_sys(), evidence);
  if (verdict.outcome == audit::Verdict::Outcome::does_not_verify) {
    faults.push_back(
        fmt::format("the log, line {}: {}", verdict.fault->line, verdict.fault->message));
  } else if (verdict.outcome == audit::Verdict::Outcome::torn_tail && moment == Moment::finished) {
    faults.push_back("the log's tail is torn after a finished run");
  }
}

void Checker::check_disk(const Account& account, std::vector<std::string>& faults) const {
  const auto readable = readable_below(root_);
  for (const auto& [id, known] : known_) {
    const auto found = account.by_recording.find(id);
    const Logged logged = found == account.by_recording.end() ? Logged() : found->second;
    if (logged.gone() > 1) faults.push_back(id + ": is logged more than once");
    if (const auto where = readable.find(id); logged.gone() > 0 && where != readable.end()) {
      faults.push_back(id + ": is logged as " + (logged.destroyed > 0 ? "destroyed" : "removed") +
                       " and can be read in " + where->second);
    }
    if (known.fate == Fate::stays && logged.any()) {
      faults.push_back(id + ": must stay and the log speaks of its destruction");
    }
    std::uint64_t original_bytes = 0;
    for (const auto& [path, original] : known.files) {
      const auto content = content_at(root_ + "/" + path);
      if (content) original_bytes += original_bytes_in(*content, original);
      if (content == original) continue;
      const char* what = content ? "was changed" : "is gone";
      if (known.fate == Fate::stays) {
        faults.push_back(fmt::format("{}: must stay and {} {}", id, path, what));
      }
      if (account.runs.empty()) faults.push_back(path + " " + what + " and no run.start stands");
      // Noise may stand under its name as long as the journal knows; a name may not go before.
      if (!content && !logged.any() && known.fate != Fate::leaves) {
        faults.push_back(path + " is gone and the log says nothing of it");
      }
    }
    if (logged.partial > 0 && logged.gone() == 0 && original_bytes > logged.kept_bytes) {
      faults.push_back(fmt::format("{}: the log says that {} bytes were kept, and {} can be read",
                                   id, logged.kept_bytes, original_bytes));
    }
  }
}

void Checker::check_row(const std::string& id, const Known& known, const Indexed& index,
                        const Logged& logged, Moment moment,
                        std::vector<std::string>& faults) const {
  const auto found = index.rows.find(id);
  if (found == index.rows.end()) return faults.push_back(id + ": is not in the index");
  const auto& [state, log_seq, has_paths, begun] = found->second;
  const bool is_gone = state == "destroyed" || state == "removed";
  if (is_gone && (state == "destroyed" ? logged.destroyed : logged.removed) == 0) {
    faults.push_back(id + ": is " + state + " in the index, and the log does not say so");
  }
  if (state == "partial" && logged.partial == 0 && logged.entries.empty()) {
    faults.push_back(id + ": is partial in the index, and the log does not say so");
  }
  if (state != "kept" && !log_seq.empty() && logged.entries.count(std::stoull(log_seq)) == 0) {
    faults.push_back(id + ": the index names entry " + log_seq + ", which is not of it");
  }
  if (known.fate == Fate::stays && state != "kept" && state != "returned") {
    faults.push_back(id + ": must stay and is " + state + " in the index");
  }
  if (is_gone && has_paths) {
    faults.push_back(id + ": is " + state + " and the index still has its paths");
  }
  for (const auto& [path, original] : known.files) {
    const auto content = content_at(root_ + "/" + path);
    if (is_gone && content) {
      faults.push_back(fmt::format("{}: is {} and {} is there", id, state, path));
    }
    if (content != original && !begun && !is_gone && state != "partial") {
      faults.push_back(fmt::format(
          "{}: was touched, and the index has it neither begun nor destroyed: {}", path, state));
    }
  }
  if (moment != Moment::finished) return;
  const bool has_gone = (known.fate == Fate::goes && state == "destroyed") ||
                        (known.fate == Fate::leaves && state == "removed");
  if ((known.fate == Fate::goes || known.fate == Fate::leaves) && !has_gone) {
    faults.push_back(id + ": should have been destroyed and is " + state);
  }
  if (!is_gone && logged.gone() > 0) {
    faults.push_back(id + ": is logged as destroyed and " + state + " in the index");
  }
}

void Checker::check_index(const Account& account, Moment moment,
                          std::vector<std::string>& faults) const {
  const Indexed index(index_path_);
  if (index.check != "ok") return faults.push_back("the index: " + index.check);
  for (const auto& [id, known] : known_) {
    const auto found = account.by_recording.find(id);
    check_row(id, known, index, found == account.by_recording.end() ? Logged() : found->second,
              moment, faults);
  }
  for (const std::string& run : index.runs) {
    if (account.runs.count(run) == 0) {
      faults.push_back("the journal has files of " + run + ", of which no run.start stands");
    }
  }
  if (index.log_size > account.size) {
    faults.push_back(fmt::format("the index knows of {} entries, and the log has {}",
                                 index.log_size, account.size));
  }
  if (moment == Moment::finished && !index.runs.empty()) {
    faults.push_back("something is left in the journal");
  }
}

std::vector<std::string> Checker::find_faults(Moment moment) {
  std::vector<std::string> faults;
  check_log(moment, faults);
  const Account account = read_account();
  faults.insert(faults.end(), account.faults.begin(), account.faults.end());
  check_disk(account, faults);
  check_index(account, moment, faults);
  return faults;
}

std::vector<std::string> Checker::find_claims_against(std::string_view raw) const {
  return find_claims_against(marks_in(raw));
}

std::vector<std::string> Checker::find_claims_against(
    const std::vector<std::string>& marked) const {
  const Account account = read_account();
  std::vector<std::string> faults;
  for (const std::string& id : marked) {
    const auto logged = account.by_recording.find(id);
    if (logged != account.by_recording.end() && logged->second.destroyed > 0) {
      faults.push_back(id + ": is logged as destroyed and stands on the disk");
    }
  }
  return faults;
}

}  // namespace expunge::test
