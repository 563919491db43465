#include "residue/xfs_log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

#include "base/text.h"
#include "shred/kernel_files.h"

namespace expunge::residue {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

/// Where sysfs shows this file system's log; empty when its device is not known there.
std::string log_directory(base::Sys& sys, int fd) {
  struct statx status {};
  if (sys.statx(fd, "", AT_EMPTY_PATH, 0, status) != 0) return "";
  const auto event = shred::read_kernel_file(
      sys, fmt::format("/sys/dev/block/{}:{}/uevent", status.stx_dev_major, status.stx_dev_minor));
  std::string device = event ? shred::value_in(*event, "DEVNAME") : "";
  std::replace(device.begin(), device.end(), '/', '!');
  return device.empty() ? "" : "/sys/fs/xfs/" + device + "/log/";
}

base::Fd nameless_file(const shred::ArchiveRoot& root, int& error) {
  const int fd = root.sys().openat(root.fd(), ".", O_TMPFILE | O_RDWR, 0600);
  error = fd < 0 ? -fd : 0;
  return base::Fd(fd);
}

/// vm.laptop_mode set to 1 for as long as this lives. A kill in that moment leaves it set, which
/// costs a disk some rest and is seen in /proc/sys/vm/laptop_mode.
class LaptopMode {
 public:
  LaptopMode(base::Sys& sys, int fd) : fd_(fd) {
    // Two of us at once would take each other's 1 for what is to be restored.
    locked_ = fd_ >= 0 && sys.flock(fd_, LOCK_EX | LOCK_NB) == 0;
    if (!locked_) return;
    char text[32] = {};
    const ssize_t bytes = sys.pread(fd_, text, sizeof text, 0);
    if (bytes <= 0) return;
    const std::string before(text, static_cast<std::size_t>(bytes));
    on_ = base::trim(std::string_view(before).substr(0, before.find('\n'))) != "0";
    if (on_) return;
    before_ = before;
    on_ = sys.pwrite(fd_, "1\n", 2, 0) == 2;
  }
  LaptopMode(const LaptopMode&) = delete;
  LaptopMode& operator=(const LaptopMode&) = delete;
  /// Past Sys: whatever was made to fail, the machine's setting is put back.
  ~LaptopMode() {
    if (!before_.empty()) {
      [[maybe_unused]] const auto put_back = ::pwrite(fd_, before_.data(), before_.size(), 0);
    }
    if (locked_) static_cast<void>(::flock(fd_, LOCK_UN));
  }

  [[nodiscard]] bool on() const { return on_; }

 private:
  int fd_;
  std::string before_;
  bool locked_ = false;
  bool on_ = false;
};

/// Nameless files with attributes in blocks of their own, which are logged as often as they change.
class Pump {
 public:
  Pump(const shred::ArchiveRoot& root, const XfsGeometry& geometry)
      : sys_(root.sys()),
        value_(std::min<std::size_t>(1900, geometry.block_bytes * 45 / 100 - 40)) {
    // As much in a round as the log takes at a time; few files, as a batch has many open.
    const auto values = std::clamp<std::uint64_t>(geometry.log_bytes / 16 / 4400, 256, 4096);
    while (files_.size() < values / kValuesPerFile) {
      base::Fd file = nameless_file(root, error_);
      if (!file) break;
      files_.push_back(std::move(file));
    }
  }

  /// Changes every value and commits that. Returns the bytes that went into the log at least; 0
  /// when nothing could be changed.
  [[nodiscard]] std::uint64_t round() {
    if (files_.empty()) return 0;
    ++round_;
    std::memcpy(value_.data(), &round_, sizeof round_);
    std::uint64_t bytes = 0;
    for (const base::Fd& file : files_) {
      for (unsigned i = 0; i < kValuesPerFile; ++i) {
        const char name[] = {'u', 's', 'e', 'r', '.', static_cast<char>('a' + i), '\0'};
        const int error = -sys_.fsetxattr(file.get(), name, value_.data(), value_.size(), 0);
        if (error == 0) {
          bytes += value_.size();
        } else {
          error_ = error;  // a full file system: with those that went
        }
      }
    }
    if (const int error = -sys_.fsync(files_.front().get())) {
      error_ = error;
      return 0;
    }
    return bytes;
  }

  [[nodiscard]] int error() const { return error_ != 0 ? error_ : EIO; }

 private:
  static constexpr unsigned kValuesPerFile = 16;

  base::Sys& sys_;
  std::vector<char> value_;
  std::vector<base::Fd> files_;
  std::uint64_t round_ = 0;
  int error_ = 0;
};

}  // namespace

XfsLog::XfsLog(const shred::ArchiveRoot& root)
    : root_(root),
      geometry_(xfs_geometry(root.sys(), root.fd())),
      directory_(log_directory(root.sys(), root.fd())),
      laptop_mode_(root.sys().openat(AT_FDCWD, "/proc/sys/vm/laptop_mode", O_RDWR, 0)) {}

/// A place in the log, `cycle:sector`, as bytes that only ever grow.
std::optional<std::uint64_t> XfsLog::position_bytes(const char* what) const {
  if (directory_.empty() || !geometry_) return std::nullopt;
  const auto word = shred::read_kernel_word(root_.sys(), directory_ + what);
  if (!word) return std::nullopt;
  const std::string_view text = *word;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto cycle = base::parse_number(text.substr(0, colon));
  const auto sector = base::parse_number(text.substr(colon + 1));
  if (!cycle || !sector) return std::nullopt;
  return *cycle * geometry_->log_bytes + *sector * 512;
}

/// Whether the tail reaches a place; gives up once it has not moved for a while.
bool XfsLog::wait_for_tail(std::uint64_t target_bytes) const {
  constexpr auto kPatience = 1s;
  constexpr auto kLimit = 2min;
  const auto begin = steady_clock::now();
  auto moved = begin;
  std::uint64_t last = 0;
  for (;;) {
    const auto tail = position_bytes("log_tail_lsn");
    if (!tail) return false;
    if (*tail >= target_bytes) return true;
    const auto now = steady_clock::now();
    if (*tail != last) moved = now;
    last = *tail;
    if (now - moved > kPatience || now - begin > kLimit) return false;
    std::this_thread::sleep_for(2ms);
  }
}

/// So that the log goes on behind what was committed before: its tail can then pass that.
int XfsLog::commit_something() const {
  int error = 0;
  const base::Fd file = nameless_file(root_, error);
  return file ? -root_.sys().fsync(file.get()) : error;
}

bool XfsLog::push_by_laptop_mode() {
  if (!laptop_mode_works_ || root_.sys().syncfs(root_.fd()) != 0) return false;
  const auto target = position_bytes("log_head_lsn");
  if (!target || commit_something() != 0) return false;
  constexpr int kTries = 2;
  for (int i = 0; i < kTries; ++i) {
    {
      const LaptopMode laptop_mode(root_.sys(), laptop_mode_.get());
      if (!laptop_mode.on()) return false;
      // xfs_fs_sync_fs() then waits for xfs_log_worker(), which starts xfs_ail_push_all().
      if (root_.sys().syncfs(root_.fd()) != 0) return false;
    }
    if (wait_for_tail(*target)) return true;
  }
  laptop_mode_works_ = false;  // Linux of 2026 and later has it no more
  return false;
}

int XfsLog::wrap_alone() {
  if (!geometry_) return ENOTTY;
  if (const int error = -root_.sys().syncfs(root_.fd())) return error;
  constexpr std::uint64_t kMarginBytes = 1 << 20;
  const auto begin = position_bytes("log_head_lsn");
  const std::uint64_t bytes = geometry_->log_bytes;
  Pump pump(root_, *geometry_);
  std::uint64_t pumped = 0;
  const auto went_round = [&] {
    // Without sysfs two logs full are counted: part of a log may be skipped over.
    if (!begin) return pumped >= 2 * bytes + kMarginBytes;
    const auto head = position_bytes("log_head_lsn");
    return head && *head >= *begin + bytes + kMarginBytes;
  };
  // The head that sysfs shows runs ahead of what is written: one round more.
  for (bool last = false; !last;) {
    last = went_round();
    const std::uint64_t round = pump.round();
    if (round == 0) return pump.error();
    pumped += round;
    if (pumped > 8 * bytes + 8 * kMarginBytes) return EIO;
  }
  ++wraps_;
  return 0;
}

int XfsLog::push() {
  const std::lock_guard lock(mutex_);
  return push_by_laptop_mode() ? 0 : wrap_alone();
}

int XfsLog::wrap() {
  const std::lock_guard lock(mutex_);
  return wrap_alone();
}

}  // namespace expunge::residue
