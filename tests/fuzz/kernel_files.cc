// What /proc and /sys say of mounts and devices: the input is text in sections, each begun by a
// line with a path (`%/sys/dev/block/8:1/dev`), the file system's magic number in `%magic`.

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "fuzz/support/input.h"
#include "fuzz/support/made_index.h"
#include "fuzz/support/memory_sys.h"
#include "shred/ground.h"
#include "shred/medium.h"
#include "shred/mounts.h"

using namespace expunge;
namespace fs = std::filesystem;

namespace {

class KernelSys final : public fuzz::MemorySys {
 public:
  explicit KernelSys(std::string_view text) {
    fuzz::Input input(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    std::string name;
    while (!input.empty()) {
      const std::string_view line = input.text_until("\n");
      if (line.starts_with('%')) {
        name = line.substr(1);
        paths_[name];
      } else {
        paths_[name] += std::string(line) + "\n";
      }
    }
    for (const auto& [path, content] : paths_) put(path, content);
    if (const auto magic = paths_.find("magic"); magic != paths_.end()) {
      const std::string_view number = magic->second;
      magic_ = base::parse_number(number.substr(0, number.find('\n'))).value_or(0);
    }
  }
  ~KernelSys() override {
    std::error_code ignored;
    for (const fs::path& directory : made_) fs::remove_all(directory, ignored);
  }
  KernelSys(const KernelSys&) = delete;
  KernelSys& operator=(const KernelSys&) = delete;

  [[nodiscard]] std::uint64_t magic() const { return magic_; }

  int openat(int dirfd, const char* path, int flags, mode_t mode) override {
    const std::string wanted = fs::path(path).lexically_normal();
    if ((flags & O_DIRECTORY) != 0) return list(wanted + "/");
    return MemorySys::openat(dirfd, wanted.c_str(), flags, mode);
  }

  int fstatfs(int, struct statfs& out) override {
    out = {};
    out.f_type = static_cast<decltype(out.f_type)>(magic_);
    out.f_bsize = 4096;
    return 0;
  }

  int statx(int, const char*, int, unsigned, struct statx& out) override {
    out = {};
    out.stx_mask = STATX_BASIC_STATS | STATX_MNT_ID;
    out.stx_mnt_id = 7;
    out.stx_dev_major = 8;
    out.stx_dev_minor = 1;
    return 0;
  }

 private:
  /// A real directory, since it is read by readdir().
  int list(const std::string& prefix) {
    std::set<std::string> names;
    for (auto at = paths_.lower_bound(prefix); at != paths_.end(); ++at) {
      if (!at->first.starts_with(prefix)) break;
      const std::string below = at->first.substr(prefix.size());
      const std::string name = below.substr(0, below.find('/'));
      const bool usable = !name.empty() && name != "." && name != ".." && name.size() < 200 &&
                          name.find('\0') == std::string::npos;
      if (usable && names.size() < 20) names.insert(name);
    }
    if (names.empty() || made_.size() > 40) return -ENOENT;
    const fs::path directory = fuzz::scratch_directory() + "/" + std::to_string(made_.size());
    made_.push_back(directory);
    fs::create_directory(directory);
    for (const std::string& name : names) std::ofstream(directory / name);
    return ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }

  std::map<std::string, std::string> paths_;
  std::vector<fs::path> made_;
  std::uint64_t magic_ = EXT4_SUPER_MAGIC;
};

void check_medium(const shred::Medium& medium) {
  for (std::size_t i = 0; i < medium.layers.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) EXPUNGE_ASSERT(!(medium.layers[i] == medium.layers[j]));
    EXPUNGE_ASSERT(medium.has(medium.layers[i].kind));
  }
  for (const bool discard : {false, true}) {
    const std::string text = shred::medium_text(medium, discard);
    EXPUNGE_ASSERT(!text.empty() && text.size() <= 64);
    // A fixed vocabulary: nothing that a device or its maker was called.
    EXPUNGE_ASSERT(std::all_of(text.begin(), text.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == ' ' || c == ',';
    }));
  }
}

void check_mounts(base::Sys& sys) {
  const auto mounts = shred::read_mounts(sys);
  if (!mounts) return;
  for (const shred::Mount& mount : *mounts) {
    EXPUNGE_ASSERT(!mount.number.empty() && !mount.point.empty() && !mount.filesystem.empty());
    EXPUNGE_ASSERT(mount.filesystem.find_first_of(" \n") == std::string::npos);
    const std::string_view options = mount.super_options;
    const std::string_view first = options.substr(0, options.find(','));
    EXPUNGE_ASSERT(shred::has_option(options, first));
    for (const shred::Mount& below : shred::mounts_below(*mounts, mount.point)) {
      EXPUNGE_ASSERT(below.point.size() > mount.point.size());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  KernelSys sys({reinterpret_cast<const char*>(data), size});
  check_mounts(sys);
  const shred::Ground ground = shred::find_ground(sys, 0);
  check_medium(ground.medium);
  // Nothing but the two families that are known is ever written to in the belief that it helps.
  const bool overwritten = ground.obstacle.empty();
  EXPUNGE_ASSERT(overwritten == (ground.cause == shred::Cause::none));
  if (overwritten) {
    EXPUNGE_ASSERT(ground.family != shred::Family::other);
    EXPUNGE_ASSERT(sys.magic() == EXT4_SUPER_MAGIC || sys.magic() == 0x58465342);
    for (const auto kind : {shred::Medium::Kind::snapshot, shred::Medium::Kind::snapshot_origin,
                            shred::Medium::Kind::volume}) {
      EXPUNGE_ASSERT(!ground.medium.has(kind));
    }
  }
  check_medium(shred::find_medium(sys, 8, 1));
  EXPUNGE_ASSERT(!shred::known_filesystem(ground.filesystem).empty());
  return 0;
}
