#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "audit/course.h"
#include "audit/entry.h"
#include "audit/keys.h"
#include "audit/log.h"
#include "audit/verify.h"
#include "base/sys.h"
#include "base/time.h"
#include "support/scratch.h"

namespace expunge::test {

inline const std::string kVectorOrigin = "expunge.example.org/destruction-log";

/// The text of tests/data/vectors/NAME.
[[nodiscard]] std::string vector_file(const std::string& name);

/// The vectors' keys, from their seeds: 1 or 2.
[[nodiscard]] audit::SigningKey vector_key(int number);

/// The vectors' entries 0 to 7 but the rotation (5), as drafts, with their times.
struct TimedDraft {
  audit::Draft draft;
  base::Time time;
};
[[nodiscard]] TimedDraft vector_draft(std::uint64_t seq);

[[nodiscard]] base::Time at(const std::string& log_time);
[[nodiscard]] std::vector<std::string> lines_of(const std::string& text);
[[nodiscard]] std::string joined(const std::vector<std::string>& lines);

/// A `destroy` entry for recording `number`.
[[nodiscard]] audit::Draft destroy_draft(std::uint64_t number);

/// A log on disk, with its key file, opened by one `log.open` entry.
class LogOnDisk {
 public:
  /// Opened at that time; empty: that of the vectors.
  explicit LogOnDisk(const std::string& opened_at = "");
  /// With these bytes instead, the vectors' checkpoint of `size` and both public keys; the key file
  /// holds key `number`.
  LogOnDisk(const std::string& log, const std::string& checkpoint, int number);

  [[nodiscard]] audit::LogPlace place() const { return {directory(), kVectorOrigin}; }
  [[nodiscard]] std::string directory() const { return scratch_ / "log"; }
  [[nodiscard]] std::string file(const std::string& name) const { return directory() + "/" + name; }
  [[nodiscard]] std::string key_file() const { return scratch_ / "log.key"; }
  [[nodiscard]] std::string text() const { return slurp(file("log.jsonl")); }
  [[nodiscard]] std::string scratch(const std::string& name) const { return scratch_ / name; }
  void put_key(const audit::SigningKey& key) const;
  /// Names in the directory that begin so.
  [[nodiscard]] std::vector<std::string> names(const std::string& prefix) const;

  [[nodiscard]] audit::LogWriter writer(
      base::Sys& sys, const std::optional<audit::Position>& remembered = std::nullopt,
      unsigned workers = 2) const;
  [[nodiscard]] audit::LogState read(
      const std::optional<audit::Position>& remembered = std::nullopt) const;
  /// The newest checkpoint, as it stands there.
  [[nodiscard]] audit::CheckpointFile checkpoint() const;
  [[nodiscard]] audit::Verdict verify(bool with_checkpoint = true) const;

 private:
  Scratch scratch_;
};

/// A checkpoint among the vectors.
[[nodiscard]] audit::SignedCheckpoint note_of(const std::string& name);

/// The certificates of these entries below a log's newest checkpoint, or below `checkpoint`.
[[nodiscard]] std::vector<std::string> certificates_of(const LogOnDisk& log,
                                                       const std::vector<std::uint64_t>& seqs);
[[nodiscard]] std::vector<std::string> certificates_of(const LogOnDisk& log,
                                                       const std::vector<std::uint64_t>& seqs,
                                                       const audit::CheckpointFile& checkpoint);

/// The exit status of the Failure that `act` throws; -1 when it throws none.
template <typename Act>
int failure_of(const Act& act);

}  // namespace expunge::test

#include "base/error.h"

template <typename Act>
int expunge::test::failure_of(const Act& act) {
  try {
    act();
  } catch (const base::Failure& failure) {
    return static_cast<int>(failure.status());
  }
  return -1;
}
