#pragma once

#include <string>
#include <vector>

#include "audit/entry.h"
#include "support/audit_vectors.h"
#include "support/authority.h"
#include "support/program.h"

namespace expunge::test {

/// A log whose entries and times are the test's, and the program called on it. There is an archive
/// and a configuration, but no index.
class CertifiedLog {
 public:
  /// The log is opened, has a policy of `department`: 12 months, and an approval by `jane`.
  explicit CertifiedLog(const std::string& department = "Customer Services");

  /// Appends with a new checkpoint; the entry's number.
  std::uint64_t append(const audit::Draft& draft, const std::string& time);
  std::uint64_t append(const std::vector<audit::Draft>& drafts, const std::string& time);
  /// Keeps a copy of the newest checkpoint, with a time stamp beside it or without.
  void freeze(bool stamped);
  /// Whose stamps those are.
  [[nodiscard]] static const Authority& authority();

  // Entries of the run kRun, of the first night of 2026.
  [[nodiscard]] audit::Draft start(const std::string& run = kRun) const;
  [[nodiscard]] audit::Draft end(std::uint64_t destroyed, std::uint64_t failed = 0,
                                 const std::string& run = kRun) const;
  [[nodiscard]] audit::Destroyed destroyed(const std::string& id) const;
  /// Removed without overwriting.
  [[nodiscard]] audit::Destroyed removed(const std::string& id) const;
  [[nodiscard]] static audit::Draft failed(const std::string& id, const std::string& reason);

  /// start(), `id` destroyed, end(); the entry's number.
  std::uint64_t night(const std::string& id);

  [[nodiscard]] Ended call(std::vector<std::string> words) const;
  /// `log certificate`, these words, and --output of out().
  [[nodiscard]] Ended certificate(std::vector<std::string> words) const;
  /// A directory for certificates, with a space in its name.
  [[nodiscard]] std::string out(const std::string& name = "") const;
  /// The names in it, sorted.
  [[nodiscard]] std::vector<std::string> written() const;

  static constexpr const char* kRun = "20260102T020000Z-5f0c";
  static constexpr const char* kNight = "2026-01-02T02:00:01.250Z";

  LogOnDisk log;
  std::string config, department;
};

/// Whether it is well-formed XML, as far as `xmllint` says; true without it.
[[nodiscard]] bool is_well_formed(const std::string& path);

}  // namespace expunge::test
