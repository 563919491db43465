#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "certify/entries.h"

namespace expunge::certify {

/// A run as the log has it: what it was entitled to, who made it, and how it ended.
struct RunFacts {
  std::optional<Logged<audit::RunStart>> start;
  std::optional<Logged<audit::RunEnd>> end;  ///< unset: interrupted, or still on
  /// The officer's yes to the plan that the run names, the newest that was good then; by the rule
  /// of two persons where the run was made under it. Unset: it needed none.
  std::optional<Logged<audit::PlanApprove>> approval;
  /// Those of other logins to the same plan that were good then, oldest first.
  std::vector<Logged<audit::PlanApprove>> further_approvals;
  std::optional<Logged<audit::Policy>> policy;  ///< the retention schedule in force
};

/// Follows a log's entries, and knows of each where it stands among runs, approvals and policies.
class RunTrail {
 public:
  explicit RunTrail(std::string log_path) : path_(std::move(log_path)) {}

  /// Takes in the next entry, of whatever type.
  void take(const audit::EntryView& entry);

  /// The run `run`, which an entry where the trail stands names; its `end` is filled in once it
  /// comes.
  [[nodiscard]] std::shared_ptr<const RunFacts> run(const std::string& run) const;

 private:
  std::string path_;
  std::optional<Logged<audit::Policy>> policy_;
  std::map<std::string, std::vector<Logged<audit::PlanApprove>>> approvals_;  // by digest
  std::string run_;                  // the last one that started
  std::shared_ptr<RunFacts> facts_;  // of that run
};

}  // namespace expunge::certify
