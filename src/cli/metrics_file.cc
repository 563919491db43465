#include "cli/metrics_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <thread>
#include <utility>

#include "base/error.h"
#include "base/io.h"
#include "base/path.h"
#include "base/text.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;

constexpr unsigned kMode = 0644;
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 20;
constexpr std::chrono::milliseconds kLook{20};
constexpr int kLooks = 250;  // five seconds: whoever of ours holds it writes some kilobytes

/// So that nobody writes figures of an older run over a newer one's, or renames a file that
/// another has half written. Ends with the descriptor.
base::Fd lock(base::Sys& sys, const std::string& directory) {
  base::Fd fd = base::open_or_fail(sys, directory, O_RDONLY | O_DIRECTORY);
  for (int looks = 0;; ++looks) {
    const int error = sys.flock(fd.get(), LOCK_EX | LOCK_NB);
    if (error == 0) return fd;
    if (error != -EWOULDBLOCK && error != -EINTR) {
      base::fail_errno(ExitStatus::needs_person, directory, -error);
    }
    if (looks == kLooks) {
      throw Failure(ExitStatus::needs_person,
                    directory + ": another program holds a lock on it (flock)");
    }
    std::this_thread::sleep_for(kLook);
  }
}

/// Empty when there is none, or none of ours: the directory may be another user's.
std::string read_earlier(base::Sys& sys, const std::string& path) {
  const int raw =
      sys.openat(AT_FDCWD, path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
  if (raw < 0) return "";
  const base::Fd fd(raw);
  struct statx status {};
  if (sys.statx(fd.get(), "", AT_EMPTY_PATH, STATX_TYPE | STATX_SIZE, status) != 0) return "";
  if (!S_ISREG(status.stx_mode) || status.stx_size > kMostBytes) return "";
  std::string text(status.stx_size, '\0');
  const auto bytes = std::as_writable_bytes(std::span(text.data(), text.size()));
  return base::pread_exactly(sys, fd.get(), bytes, 0) == 0 ? text : "";
}

struct Found {
  base::Time at;
  report::Figures figures;
};

/// Whether somebody found out later, and wrote first. What a clock wrote that ran ahead is not to
/// stand until that time has come.
bool is_overtaken(base::Time at, std::string_view earlier, base::Time now) {
  const auto other = report::standing_time(earlier);
  return other && *other > at && *other <= now;
}

/// A run's own figures are written in any case.
bool write_file(base::Sys& sys, const base::Clock& clock, const std::string& path, Found found,
                const std::optional<report::LastRun>& last) {
  try {
    const base::Fd held = lock(sys, base::parent_of(path));
    const std::string earlier = read_earlier(sys, path);
    if (!last && is_overtaken(found.at, earlier, clock())) return true;
    found.figures.merge(last ? report::run_figures(*last) : report::kept_run_figures(earlier));
    base::replace_file(sys, path, report::metrics_text(found.figures), kMode);
    return true;
  } catch (const Failure& failure) {
    message(
        fmt::format("metrics: {}; nothing else is amiss by that; see that the directory of "
                    "metrics.textfile is there and may be written",
                    failure.what()));
    return false;
  }
}

std::uint64_t log_bytes(const Desk& desk) {
  struct statx status {};
  const std::string path = desk.config().log.directory + "/log.jsonl";
  return desk.sys().statx(AT_FDCWD, path.c_str(), 0, STATX_SIZE, status) == 0 ? status.stx_size : 0;
}

Found figures_of(const Desk& desk, const Standing& standing) {
  return {standing.at,
          report::standing_figures({standing.at, desk.config().schedule.time_zone, true,
                                    &standing.status, &standing.log, log_bytes(desk)})};
}

/// What cannot be found out is left out: monitoring is not to believe old figures.
Found figures_of(const Desk& desk) {
  report::Standing unknown{desk.now(), desk.config().schedule.time_zone, {}, nullptr, nullptr};
  try {
    return figures_of(desk, take_standing(desk));
  } catch (const Failure& failure) {
    if (failure.status() == ExitStatus::log_untrusted) unknown.log_verifies = false;
  }
  return {unknown.now, report::standing_figures(unknown)};
}

}  // namespace

std::vector<std::string> metrics_directories(const Config& config) {
  if (config.metrics_textfile.empty()) return {};
  return {base::parent_of(config.metrics_textfile)};
}

bool write_metrics(const Desk& desk, const Standing& standing) {
  const std::string& path = desk.config().metrics_textfile;
  return path.empty() || write_file(desk.sys(), desk.clock(), path, figures_of(desk, standing), {});
}

bool write_metrics(const Desk& desk, const std::optional<report::LastRun>& last) {
  const std::string& path = desk.config().metrics_textfile;
  return path.empty() || write_file(desk.sys(), desk.clock(), path, figures_of(desk), last);
}

bool write_metrics(base::Sys& sys, const Config& config, const report::LastRun& last) {
  const std::string& path = config.metrics_textfile;
  if (path.empty()) return true;
  const report::Standing unknown{last.ended, config.schedule.time_zone, {}, nullptr, nullptr};
  return write_file(
      sys, [&] { return last.ended; }, path, {last.ended, report::standing_figures(unknown)}, last);
}

}  // namespace expunge::cli
