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

}  // namespace

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

struct Checker::Account {
  std::set<std::string> runs;  ///< with a run.start
  std::map<std::string, Logged> by_recording;
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
    logged.partial += entry.type == "destroy.partial" ? 1 : 0;
    return true;
  });
  return account;
}

void Checker::check_log(Moment moment, std::vector<std::string>& faults) {
  const std::string newest = slurp(log_.directory + "/checkpoint");
  if (checkpoints_.empty() || checkpoints_.back() != newest) checkpoints_.push_back(newest);
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
    if (logged.destroyed + logged.removed > 1) faults.push_back(id + ": is logged more than once");
    if (const auto where = readable.find(id); logged.destroyed > 0 && where != readable.end()) {
      faults.push_back(id + ": is logged as destroyed and can be read in " + where->second);
    }
    if (known.fate == Fate::stays && logged.destroyed + logged.removed + logged.partial > 0) {
      faults.push_back(id + ": must stay and the log speaks of its destruction");
    }
    for (const auto& [path, original] : known.files) {
      const auto content = content_at(root_ + "/" + path);
      if (content == original) continue;
      const char* what = content ? "was changed" : "is gone";
      if (known.fate == Fate::stays) faults.push_back(id + ": must stay and " + path + " " + what);
      if (account.runs.empty()) faults.push_back(path + " " + what + " and no run.start stands");
      // Noise may stand under its name as long as the journal knows; a name may not go before.
      if (!content && logged.destroyed + logged.removed + logged.partial == 0) {
        faults.push_back(path + " is gone and the log says nothing of it");
      }
    }
  }
}

void Checker::check_index(const Account& account, Moment moment,
                          std::vector<std::string>& faults) const {
  const IndexCopy index(index_path_);
  if (const std::string check = index.value("PRAGMA integrity_check"); check != "ok") {
    faults.push_back("the index: " + check);
    return;
  }
  for (const auto& [id, known] : known_) {
    const auto quoted = "'" + id + "'";
    const std::string state = index.value("SELECT state FROM recording WHERE id = " + quoted);
    const auto found = account.by_recording.find(id);
    const Logged logged = found == account.by_recording.end() ? Logged() : found->second;
    const bool is_gone = state == "destroyed" || state == "removed";
    if (is_gone && (state == "destroyed" ? logged.destroyed : logged.removed) == 0) {
      faults.push_back(id + ": is " + state + " in the index, and the log does not say so");
    }
    if (known.fate == Fate::stays && state != "kept" && state != "returned") {
      faults.push_back(id + ": must stay and is " + state + " in the index");
    }
    if (is_gone && index.value("SELECT count(*) FROM file f JOIN recording r ON r.key = "
                               "f.recording_key WHERE r.id = " +
                               quoted) != "0") {
      faults.push_back(id + ": is " + state + " and the index still has its paths");
    }
    const bool begun = index.value(
                           "SELECT count(*) FROM journal_file j JOIN recording r ON r.key "
                           "= j.recording_key WHERE r.id = " +
                           quoted) != "0";
    for (const auto& [path, original] : known.files) {
      const auto content = content_at(root_ + "/" + path);
      if (is_gone && content) faults.push_back(id + ": is " + state + " and " + path + " is there");
      if (content != original && !begun && !is_gone && state != "partial") {
        faults.push_back(path + ": was touched, and the index has it neither begun nor " +
                         "destroyed: " + state);
      }
    }
    if (moment == Moment::finished && known.fate == Fate::goes && state != "destroyed") {
      faults.push_back(id + ": should have been destroyed and is " + state);
    }
    if (moment == Moment::finished && !is_gone && logged.destroyed + logged.removed > 0) {
      faults.push_back(id + ": is logged as destroyed and " + state + " in the index");
    }
  }
  if (moment == Moment::finished && index.value("SELECT count(*) FROM journal_file") != "0") {
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
