#include "support/bad_disk.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <new>
#include <stdexcept>
#include <thread>

#include "base/fd.h"
#include "shred/extents.h"
#include "support/fuse_file.h"
#include "support/loop_image.h"

namespace expunge::test {

/// What the test's process and the disk's have in common.
struct BadDisk::Shared {
  struct Rule {
    Fault fault;
    std::uint64_t begin_bytes, end_bytes;
  };
  std::array<Rule, 1000> rules{};
  std::atomic<std::size_t> count{0};  ///< of the rules in force
  std::atomic<std::uint64_t> met{0};

  void add(const Rule& rule) {
    const std::size_t at = count.load();
    if (at == rules.size()) throw std::runtime_error("too many faults");
    rules[at] = rule;
    count.store(at + 1);
  }
  /// The first rule of one of these faults that touches the range.
  const Rule* match(std::initializer_list<Fault> faults, std::uint64_t begin_bytes,
                    std::uint64_t end_bytes) {
    for (std::size_t i = 0, n = count.load(); i < n; ++i) {
      const Rule& rule = rules[i];
      const bool is_one = std::find(faults.begin(), faults.end(), rule.fault) != faults.end();
      if (is_one && rule.begin_bytes < end_bytes && begin_bytes < rule.end_bytes) {
        ++met;
        return &rule;
      }
    }
    return nullptr;
  }
};

namespace {

/// The disk: what it holds lies in an ordinary file.
class Platter : public FuseFile {
 public:
  Platter(int fd, std::uint64_t bytes, BadDisk::Shared& shared)
      : fd_(fd), bytes_(bytes), shared_(shared) {}

  [[nodiscard]] std::uint64_t bytes() const override { return bytes_; }
  long read(char* buffer, std::size_t bytes, std::uint64_t offset_bytes) override {
    if (shared_.match({Fault::reads_fail, Fault::everything}, offset_bytes, offset_bytes + bytes) !=
        nullptr) {
      return -EIO;
    }
    const ssize_t got = ::pread(fd_, buffer, bytes, static_cast<off_t>(offset_bytes));
    return got < 0 ? -errno : got;
  }
  long write(const char* buffer, std::size_t bytes, std::uint64_t offset_bytes) override {
    if (const auto* rule =
            shared_.match({Fault::writes_fail, Fault::writes_lost, Fault::everything}, offset_bytes,
                          offset_bytes + bytes)) {
      return rule->fault == Fault::writes_lost ? static_cast<long>(bytes) : -EIO;
    }
    const ssize_t put = ::pwrite(fd_, buffer, bytes, static_cast<off_t>(offset_bytes));
    return put < 0 ? -errno : put;
  }
  long flush() override {
    const bool fails =
        shared_.match({Fault::flushes_fail, Fault::everything}, 0, UINT64_MAX) != nullptr;
    return fails ? -EIO : 0;
  }

 private:
  int fd_;
  std::uint64_t bytes_;
  BadDisk::Shared& shared_;
};

base::Fd opened(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  if (fd < 0) throw std::runtime_error("open " + path);
  return base::Fd(fd);
}

}  // namespace

std::string BadDisk::unavailable() {
  if (auto cause = LoopImage::unavailable(); !cause.empty()) return cause;
  return ::access("/dev/fuse", R_OK | W_OK) == 0 ? "" : "needs /dev/fuse";
}

BadDisk::BadDisk(const std::string& make, std::uint64_t bytes) {
  enter_mount_namespace();
  const std::string platter = scratch_ / "platter";
  const std::string disk = scratch_ / "disk";
  for (const std::string& file : {platter, disk}) std::ofstream(file).close();
  std::filesystem::resize_file(platter, bytes);
  std::filesystem::create_directory(root());
  shell(make + " " + quoted(platter) + " > /dev/null");
  void* const memory =
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  shared_ = new (memory) Shared;
  const base::Fd content = opened(platter, O_RDWR);
  const base::Fd device = opened("/dev/fuse", O_RDWR);
  const std::string options =
      "fd=" + std::to_string(device.get()) + ",rootmode=100000,user_id=0,group_id=0";
  if (::mount("bad-disk", disk.c_str(), "fuse", MS_NOSUID | MS_NODEV, options.c_str()) != 0) {
    throw std::runtime_error("cannot mount a file in user space");
  }
  // A process of its own, which outlives a test that is killed while it waits for this disk, and
  // goes when that is gone.
  const pid_t parent = ::getpid();
  server_ = ::fork();
  if (server_ < 0) throw std::runtime_error("fork");
  if (server_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    Platter file(content.get(), bytes, *shared_);
    serve_fuse(device.get(), file);
    ::_exit(0);
  }
  mount();
  std::filesystem::remove(root() + "/lost+found");
}

BadDisk::~BadDisk() {
  heal();
  try {
    if (mounted_) unmount();
  } catch (const std::exception&) {
    ::umount2(root().c_str(), MNT_DETACH);
  }
  ::umount2((scratch_ / "disk").c_str(), MNT_DETACH);
  // The loop device lets go of the file a moment after its last use.
  int status = 0;
  for (int tenths = 0; ::waitpid(server_, &status, WNOHANG) == 0; ++tenths) {
    if (tenths == 100) ::kill(server_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  ::munmap(shared_, sizeof(Shared));
}

void BadDisk::mount() {
  shell("mount -o loop " + quoted(scratch_ / "disk") + " " + quoted(root()));
  mounted_ = true;
}

void BadDisk::unmount() {
  shell("umount " + quoted(root()));
  mounted_ = false;
}

void BadDisk::remount() {
  unmount();
  mount();
}

std::vector<shred::Extent> BadDisk::blocks_of(const std::string& path) const {
  const base::Fd file = opened(path, O_RDONLY);
  auto mapped = shred::map_extents(base::real_sys(), file.get());
  return std::get<shred::Mapping>(std::move(mapped)).extents;
}

void BadDisk::spoil(Fault fault) {
  shared_->add({fault, 0, UINT64_MAX});
}

void BadDisk::spoil(Fault fault, const std::vector<shred::Extent>& blocks) {
  for (const shred::Extent& extent : blocks) {
    shared_->add({fault, extent.physical_bytes, extent.physical_bytes + extent.length_bytes});
  }
}

void BadDisk::heal() {
  shared_->count.store(0);
}

std::uint64_t BadDisk::faults_met() const {
  return shared_->met.load();
}

}  // namespace expunge::test
