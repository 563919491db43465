#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "audit/log.h"
#include "base/sys.h"
#include "support/audit_vectors.h"

namespace expunge::test {

/// `count` of them, at a time after all others; the first one's seq.
std::uint64_t append_destroys(audit::LogWriter& writer, std::uint64_t from, std::uint64_t count);

/// An entry for everything that the facts of a log are made of, more than once where the last or
/// the newest counts; of the holds the second stays in force.
[[nodiscard]] std::vector<audit::Draft> every_kind_of_fact();

/// A log with all of these, and some destructions.
class FurnishedLog : public LogOnDisk {
 public:
  FurnishedLog();
};

/// The bookmark `text` with its last line replaced by a signature of `key`.
[[nodiscard]] std::string resigned(const std::string& text, const audit::SigningKey& key);

/// What a start makes of a log, and what reading the whole of it says.
enum class Compared { same_from_bookmark, same_read_whole, both_refused, different };
[[nodiscard]] Compared compare_readings(
    const LogOnDisk& log, const std::optional<audit::Position>& remembered = std::nullopt);

/// The bookmark beside the log, as it stands there.
[[nodiscard]] std::string bookmark_of(const LogOnDisk& log);

/// Whether a reader goes on from the bookmark. What it says is compared with the whole log in any
/// case, also in the following two.
[[nodiscard]] bool goes_on(const LogOnDisk& log,
                           const std::optional<audit::Position>& remembered = std::nullopt);
/// Whether it reads the whole log instead.
[[nodiscard]] bool reads_whole(const LogOnDisk& log,
                               const std::optional<audit::Position>& remembered = std::nullopt);
/// Whether it takes the log for none.
[[nodiscard]] bool refused(const LogOnDisk& log,
                           const std::optional<audit::Position>& remembered = std::nullopt);

/// Counts what is read from log.jsonl.
class CountingSys : public base::Sys {
 public:
  [[nodiscard]] std::uint64_t log_bytes() const { return log_bytes_; }
  int openat(int dirfd, const char* path, int flags, mode_t mode) override;
  ssize_t pread(int fd, void* buffer, std::size_t bytes, off_t offset_bytes) override;

 private:
  std::set<int> logs_;
  std::uint64_t log_bytes_ = 0;
};

}  // namespace expunge::test
