#pragma once

#include <map>
#include <string>
#include <vector>

#include "archive/importer.h"
#include "archive/index.h"
#include "audit/keys.h"
#include "audit/log.h"
#include "run/run.h"
#include "support/scratch.h"

namespace expunge::test {

/// A council with an archive of real files, an index, a key and a log, and a clock that the test
/// sets. Two departments, 12 months each.
class Council {
 public:
  explicit Council(const char* now = "2026-11-23T14:00:00Z",
                   const std::filesystem::path& in = std::filesystem::temp_directory_path());

  /// Whether files here can be destroyed at all (the file system overwrites in place).
  [[nodiscard]] bool can_destroy() const;

  void set_clock(const char* instant) { now_ = *base::parse_instant(instant); }
  [[nodiscard]] base::Time now() const { return now_; }

  /// Writes a file of `content` at `path` below the root, and imports it.
  void add(const std::string& id, const std::string& recorded_at, const std::string& path,
           const std::string& content, const std::string& department = "Customer Services",
           const std::string& subject = "", const std::string& call_id = "",
           const std::string& role = "audio");
  struct Call {
    std::string id, recorded_at, path, content, subject;
  };
  /// Many at once, of Customer Services.
  void add_calls(const std::vector<Call>& calls);
  /// `count` recordings of that civil day, `<prefix>-<n>` in a directory of the day.
  void add_many(const std::string& prefix, const std::string& day, int count,
                std::size_t bytes = 5000);
  void import(const archive::ImportRow& row, bool with_hash = true);

  [[nodiscard]] std::string path(const std::string& below_root) const;
  [[nodiscard]] bool exists(const std::string& below_root) const;
  [[nodiscard]] std::string content(const std::string& below_root) const;
  [[nodiscard]] std::string state(const std::string& id);

  /// The plan for the day of the clock.
  plan::Summary plan(std::map<std::string, plan::Decision>* decisions = nullptr);
  /// Approves today's plan; returns its digest.
  std::string approve();
  /// An order to destroy it, of the clock's day, by `user`.
  void order(const std::string& id, const std::string& ground,
             const std::string& authority = "ERA/1", const std::string& user = "dpo");
  /// Logs an import by that login, without one.
  void log_import(const std::string& user);
  void place_hold(const std::string& reference, archive::HoldScope scope);
  /// On `effective`, a civil date; at once when it is empty.
  void release_hold(const std::string& reference, const std::string& effective = "");
  /// The civil date of the clock.
  [[nodiscard]] base::CivilDate today() const;
  run::Report run(run::Request request = {});
  /// approve(), then run(): the first night.
  run::Report approve_and_run();

  /// The lines of the log whose type is `type`.
  [[nodiscard]] std::vector<std::string> entries(const std::string& type) const;
  /// Verifies the whole log, every signature; empty when it verifies, else what is wrong.
  [[nodiscard]] std::string log_fault() const;
  /// Empty when index, disk and log agree about every recording and every file below the root
  /// that was ever added; else the first disagreement.
  [[nodiscard]] std::string disagreement();

  [[nodiscard]] archive::Index open_index() const;

  Scratch scratch;
  policy::RetentionSchedule schedule;
  plan::Safety safety;
  audit::LogPlace log_place;
  std::string key_path, index_path, root;
  std::string host = "rec1";
  run::Limits limits;
  run::Approval rule = run::Approval::at_a_brake;
  std::string approver = "officer";
  std::string config_owner = "administrator";
  archive::Tell tell = archive::Tell::no;
  base::Sys* sys = &base::real_sys();

 private:
  base::Time now_;
  std::map<std::string, std::map<std::string, std::string>> added_;  // id, path, content
};

/// A run by somebody who says that an older index, which may not even know the root, is all there
/// is.
[[nodiscard]] run::Request accepting_index();

/// Runs and dies at that call of those that change anything; whether it died.
bool run_and_die(Council& council, int calls_to_live);

}  // namespace expunge::test
