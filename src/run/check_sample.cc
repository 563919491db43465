#include <fcntl.h>
#include <fmt/format.h>
#include <linux/stat.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <sstream>

#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "run/check_parts.h"

namespace expunge::run {
namespace {

constexpr std::size_t kMaxFiles = 20;

/// What a run would find.
struct Sample {
  std::size_t files = 0;
  std::size_t unleased = 0;
  std::size_t unlinked = 0;  ///< would be removed without overwriting
  struct Refused {
    std::size_t files = 0;
    std::string recording;  ///< the first
    std::string detail;
  };
  std::map<shred::Reason, Refused> refused;
};

void open_one(const shred::ArchiveRoot& root, shred::Accept accept,
              const archive::Recording& recording, const archive::File& file, Sample& sample) {
  // No hash: nothing is read, and each is let go before the next.
  const auto opened = shred::open_target(root, {file.path, file.bytes, std::nullopt},
                                         shred::Fingerprint::no, accept);
  ++sample.files;
  if (const auto* const target = std::get_if<shred::Target>(&opened)) {
    if (!target->leased) ++sample.unleased;
    if (target->method == shred::Method::unlink) ++sample.unlinked;
    return;
  }
  const auto& refusal = std::get<shred::Refusal>(opened);
  Sample::Refused& refused = sample.refused[refusal.reason];
  if (refused.files++ == 0) {
    refused.recording = recording.id;
    refused.detail = refusal.detail;
  }
}

/// But for what a new file system has of its own.
bool is_empty(const std::string& root) {
  std::error_code error;
  std::filesystem::directory_iterator each(root, error);
  while (!error && each != std::filesystem::directory_iterator()) {
    if (each->path().filename() != "lost+found") return false;
    each.increment(error);
  }
  return !error;
}

Sample take_sample(const CheckSetting& setting, const shred::ArchiveRoot& root) {
  // All are read before one is opened: the index is not kept waiting.
  std::vector<archive::Recording> oldest;
  std::size_t files = 0;
  setting.index->scan([&](const archive::Recording& recording) {
    if (!recording.recorded_at) return true;  // never destroyed as it is
    oldest.push_back(recording);
    if (recording.state == archive::State::partial) {
      for (archive::File& file : oldest.back().files) file.bytes.reset();
    }
    files += recording.files.size();
    return files < kMaxFiles;
  });
  Sample sample;
  for (const archive::Recording& recording : oldest) {
    for (const archive::File& file : recording.files) {
      if (sample.files < kMaxFiles) open_one(root, setting.limits.accept, recording, file, sample);
    }
  }
  return sample;
}

}  // namespace

/// By proc_locks(5): taking it, for a moment even, could stop a run that begins. By the inode
/// alone: a wrong yes costs a sample, and btrfs has devices that /proc/locks does not show.
std::optional<long> process_of_run(base::Sys& sys, const std::string& log_directory) {
  struct statx status {};
  const std::string path = log_directory + "/run.lock";
  if (sys.statx(AT_FDCWD, path.c_str(), 0, STATX_INO, status) != 0) return std::nullopt;
  std::string locks;
  try {
    locks = base::read_file(sys, "/proc/locks", 64 << 20);
  } catch (const base::Failure&) {
    return std::nullopt;
  }
  const std::string suffix = ":" + std::to_string(status.stx_ino);
  std::istringstream lines(locks);
  for (std::string line; std::getline(lines, line);) {
    // `1: FLOCK  ADVISORY  WRITE 724 fe:00:524294 0 EOF`; the process is 0 where its name space is
    // another than ours.
    std::istringstream fields(line);
    std::string number, kind, advice, access, process, inode;
    fields >> number >> kind >> advice >> access >> process >> inode;
    if (kind != "FLOCK" || !inode.ends_with(suffix)) continue;
    const auto seen = base::parse_number(process);
    return seen && *seen > 0 ? static_cast<long>(*seen) : -1;
  }
  return std::nullopt;
}

bool run_is_on(base::Sys& sys, const std::string& log_directory) {
  return process_of_run(sys, log_directory).has_value();
}

void check_sample(const CheckSetting& setting, const shred::ArchiveRoot& root, Findings& findings) {
  if (run_is_on(setting.sys, setting.log_place.directory)) {
    return findings.note("files", "a run is on: no recording was looked at");
  }
  const Sample sample = take_sample(setting, root);
  if (sample.files == 0) return findings.note("files", "the index lists none to look at");
  if (is_empty(setting.archive_root)) {
    findings.problem("root",
                     "an empty directory, and the index expects files in it: its volume is not "
                     "mounted, or the recordings are gone",
                     "mount the volume (findmnt, /etc/fstab), or restore the recordings");
  }
  const std::string looked_at = fmt::format("looked at, of the oldest: {}", sample.files);
  for (const auto& [reason, each] : sample.refused) {
    const std::string detail = each.detail.empty() ? "" : " (" + base::printable(each.detail) + ")";
    findings.warning(
        "files",
        fmt::format("{}; would be refused as {}{}: {}, the first of recording {}", looked_at,
                    code(reason), detail, each.files, base::printable(each.recording)),
        std::string(words(reason)));
  }
  if (sample.unleased > 0) {
    findings.warning("files",
                     fmt::format("{}; could not be leased, so that nobody notices when they are "
                                 "open elsewhere: {}",
                                 looked_at, sample.unleased),
                     "let the run have CAP_LEASE, as root has, or own the files");
  }
  if (sample.unlinked > 0) {
    findings.warning("files",
                     fmt::format("{}; would be removed without overwriting, as accepted (claim: "
                                 "unlinked): {}",
                                 looked_at, sample.unlinked),
                     "for destruction, move them to where an overwrite reaches the bytes");
  }
  if (sample.refused.empty() && sample.unlinked == 0) {
    findings.ok("files", looked_at + "; each can be opened for overwriting");
  }
}

}  // namespace expunge::run
