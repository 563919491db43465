#include "support/recorded_disk.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <new>
#include <stdexcept>
#include <thread>

#include "base/fd.h"
#include "support/bad_disk.h"
#include "support/fuse_file.h"
#include "support/loop_image.h"
#include "support/program.h"

namespace expunge::test {

/// In memory that the test's process and the disks' have in common.
struct EventOrder::Shared {
  std::atomic<std::uint64_t> next{0};
};

struct RecordedDisk::Shared {
  std::atomic<bool> recording{true};
  std::atomic<std::uint64_t> honest_flushes{UINT64_MAX};
  std::atomic<bool> lied{false};
};

namespace {

template <typename T>
T* make_shared_with_children() {
  void* const memory =
      ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return new (memory) T;
}

base::Fd opened(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (fd < 0) throw std::runtime_error("open " + path);
  return base::Fd(fd);
}

/// The disk: what it holds lies in an ordinary file, what is asked of it is written into another.
class Platter : public FuseFile {
 public:
  Platter(base::Fd content, base::Fd record, std::uint64_t bytes, RecordedDisk::Shared& shared,
          std::atomic<std::uint64_t>& next)
      : content_(std::move(content)),
        record_(std::move(record)),
        bytes_(bytes),
        shared_(shared),
        next_(next) {}

  [[nodiscard]] std::uint64_t bytes() const override { return bytes_; }
  long read(char* buffer, std::size_t bytes, std::uint64_t offset_bytes) override {
    const ssize_t got = ::pread(content_.get(), buffer, bytes, static_cast<off_t>(offset_bytes));
    return got < 0 ? -errno : got;
  }
  long write(const char* buffer, std::size_t bytes, std::uint64_t offset_bytes) override {
    return change(DiskEvent::Kind::write, {buffer, bytes}, offset_bytes);
  }
  long zero(std::uint64_t offset_bytes, std::uint64_t bytes) override {
    const long done = change(DiskEvent::Kind::zero, std::string(bytes, '\0'), offset_bytes);
    return std::min(done, 0L);
  }
  long flush() override {
    if (shared_.honest_flushes.load() != UINT64_MAX && shared_.honest_flushes.fetch_sub(1) == 1) {
      shared_.honest_flushes = UINT64_MAX;
      shared_.lied = true;
      for (auto lost = lost_.rbegin(); lost != lost_.rend(); ++lost) {
        if (!put(lost->data, lost->at)) ::_exit(1);
      }
      lost_.clear();
      return -EIO;
    }
    lost_.clear();
    note({DiskEvent::Kind::flush, 0, 0, 0, 0}, {});
    return 0;
  }

 private:
  struct Before {
    std::uint64_t at;
    std::string data;
  };

  long change(DiskEvent::Kind kind, std::string_view data, std::uint64_t offset_bytes) {
    Before before{offset_bytes, std::string(data.size(), '\0')};
    if (read(before.data.data(), data.size(), offset_bytes) < 0) return -EIO;
    if (!put(data, offset_bytes)) return -EIO;
    lost_.push_back(std::move(before));
    note({kind, 0, offset_bytes, data.size(), 0},
         kind == DiskEvent::Kind::write ? data : std::string_view());
    return static_cast<long>(data.size());
  }

  [[nodiscard]] bool put(std::string_view data, std::uint64_t at) const {
    return ::pwrite(content_.get(), data.data(), data.size(), static_cast<off_t>(at)) ==
           static_cast<ssize_t>(data.size());
  }

  void note(DiskEvent event, std::string_view data) {
    if (!shared_.recording) return;
    event.order = next_.fetch_add(1);
    std::string text(sizeof event, '\0');
    std::memcpy(text.data(), &event, sizeof event);
    text += data;
    if (::write(record_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      ::_exit(1);
    }
  }

  base::Fd content_, record_;
  std::uint64_t bytes_;
  RecordedDisk::Shared& shared_;
  std::atomic<std::uint64_t>& next_;
  std::vector<Before> lost_;  ///< by a flush that fails
};

}  // namespace

std::filesystem::path image_place() {
  std::error_code none;
  const auto space = std::filesystem::space("/dev/shm", none);
  if (!none && space.available > (1ULL << 30)) return "/dev/shm";
  return std::filesystem::temp_directory_path();
}

void mount_image(const std::string& image, const std::string& mount_point,
                 const std::string& options) {
  constexpr int kTries = 5;
  Ended ended;
  for (int i = 0; i < kTries; ++i) {
    ended = run_program(
        {"mount", "-o", "loop" + (options.empty() ? "" : "," + options), image, mount_point});
    if (ended.status == 0) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  throw std::runtime_error("cannot mount: " + ended.err);
}

EventOrder::EventOrder() : shared_(make_shared_with_children<Shared>()) {}

EventOrder::~EventOrder() {
  ::munmap(shared_, sizeof(Shared));
}

std::uint64_t EventOrder::now() const {
  return shared_->next.load();
}

std::string RecordedDisk::unavailable() {
  return BadDisk::unavailable();
}

RecordedDisk::RecordedDisk(const std::string& base_image, std::string mount_point,
                           const std::string& options, EventOrder& order, std::size_t unit_bytes)
    : scratch_(image_place()),
      base_image_(base_image),
      mount_point_(std::move(mount_point)),
      unit_bytes_(unit_bytes) {
  enter_mount_namespace();
  const std::string platter = scratch_ / "platter";
  const std::string disk = scratch_ / "disk";
  std::filesystem::copy_file(base_image, platter);
  std::ofstream(disk).close();
  shared_ = make_shared_with_children<Shared>();
  const base::Fd device = opened("/dev/fuse", O_RDWR);
  const std::string fuse_options =
      "fd=" + std::to_string(device.get()) + ",rootmode=100000,user_id=0,group_id=0";
  if (::mount("recorded-disk", disk.c_str(), "fuse", MS_NOSUID | MS_NODEV, fuse_options.c_str()) !=
      0) {
    throw std::runtime_error("cannot mount a file in user space");
  }
  const pid_t parent = ::getpid();
  server_ = ::fork();
  if (server_ < 0) throw std::runtime_error("fork");
  if (server_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    serve(platter, std::filesystem::file_size(platter), device.get(), order);
    ::_exit(0);
  }
  std::filesystem::create_directories(mount_point_);
  mount_image(disk, mount_point_, options);
  mounted_ = true;
}

void RecordedDisk::serve(const std::string& platter, std::uint64_t bytes, int device,
                         EventOrder& order) {
  Platter file(opened(platter, O_RDWR), opened(scratch_ / "record", O_WRONLY | O_CREAT | O_APPEND),
               bytes, *shared_, order.shared_->next);
  serve_fuse(device, file);
}

RecordedDisk::~RecordedDisk() {
  shared_->recording = false;
  if (mounted_ && ::umount2(mount_point_.c_str(), 0) != 0) {
    ::umount2(mount_point_.c_str(), MNT_DETACH);
  }
  ::umount2((scratch_ / "disk").c_str(), MNT_DETACH);
  // The loop device lets go of the file a moment after its last use.
  int status = 0;
  for (int rounds = 0; ::waitpid(server_, &status, WNOHANG) == 0; ++rounds) {
    if (rounds == 1000) ::kill(server_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ::munmap(shared_, sizeof(Shared));
}

DiskRecord RecordedDisk::finish() {
  shared_->recording = false;
  static_cast<void>(unplug());
  return DiskRecord(base_image_, scratch_ / "record", unit_bytes_);
}

void RecordedDisk::lie_at_flush(std::uint64_t number) {
  shared_->honest_flushes = number;
}

bool RecordedDisk::lied() const {
  return shared_->lied;
}

std::string RecordedDisk::unplug() {
  if (mounted_) shell("umount " + test::quoted(mount_point_));
  mounted_ = false;
  return scratch_ / "platter";
}

}  // namespace expunge::test
