#include "support/archive_power_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <vector>

#include "archive/vfs.h"
#include "support/catch.h"
#include "support/scratch.h"

namespace expunge::test {
namespace {

struct Change {
  sqlite3_int64 at = 0;
  std::string data;
  bool cut = false;  // to `at`
};

struct Disk {
  std::string flushed;
  std::vector<Change> pending;
};

struct World {
  bool armed = false;
  bool tripped = false;
  std::uint64_t left = 0;
  PowerVfs::Fault fault = PowerVfs::Fault::power;
  std::map<std::string, Disk> disks;
  std::string orphaned;
};

World world;

void make_change(std::string& image, const Change& change) {
  const auto at = static_cast<std::size_t>(change.at);
  if (change.cut) {
    if (at < image.size()) image.resize(at);
    return;
  }
  if (image.size() < at + change.data.size()) image.resize(at + change.data.size());
  std::copy(change.data.begin(), change.data.end(),
            image.begin() + static_cast<std::ptrdiff_t>(at));
}

struct File {
  sqlite3_file base;
  sqlite3_file* real;
  Disk* disk;
};
constexpr std::size_t kRealOffset = (sizeof(File) + 15) / 16 * 16;

File* ours(sqlite3_file* file) {
  return reinterpret_cast<File*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
  return ours(file)->real;
}

/// Does `call` unless it is to fail.
int counted(const std::function<int()>& call) {
  if (!world.armed) return call();
  if (world.tripped) {
    return world.fault == PowerVfs::Fault::power ? SQLITE_IOERR : call();
  }
  if (world.left-- != 0) return call();
  world.tripped = true;
  if (world.fault == PowerVfs::Fault::effected) (void)call();
  return SQLITE_IOERR;
}

int p_close(sqlite3_file* f) {
  return real(f)->pMethods->xClose(real(f));
}
int p_read(sqlite3_file* f, void* out, int bytes, sqlite3_int64 at) {
  return real(f)->pMethods->xRead(real(f), out, bytes, at);
}
int p_write(sqlite3_file* f, const void* data, int bytes, sqlite3_int64 at) {
  return counted([&] {
    ours(f)->disk->pending.push_back(
        {at, std::string(static_cast<const char*>(data), static_cast<std::size_t>(bytes)), false});
    return real(f)->pMethods->xWrite(real(f), data, bytes, at);
  });
}
int p_truncate(sqlite3_file* f, sqlite3_int64 size) {
  return counted([&] {
    ours(f)->disk->pending.push_back({size, {}, true});
    return real(f)->pMethods->xTruncate(real(f), size);
  });
}
int p_sync(sqlite3_file* f, int) {
  return counted([&] {
    Disk& disk = *ours(f)->disk;
    for (const Change& change : disk.pending) make_change(disk.flushed, change);
    disk.pending.clear();
    return SQLITE_OK;
  });
}
int p_size(sqlite3_file* f, sqlite3_int64* out) {
  return real(f)->pMethods->xFileSize(real(f), out);
}
int p_lock(sqlite3_file* f, int level) {
  return real(f)->pMethods->xLock(real(f), level);
}
int p_unlock(sqlite3_file* f, int level) {
  return real(f)->pMethods->xUnlock(real(f), level);
}
int p_reserved(sqlite3_file* f, int* out) {
  return real(f)->pMethods->xCheckReservedLock(real(f), out);
}
int p_control(sqlite3_file* f, int operation, void* argument) {
  return real(f)->pMethods->xFileControl(real(f), operation, argument);
}
int p_sector(sqlite3_file* f) {
  return real(f)->pMethods->xSectorSize(real(f));
}
int p_device(sqlite3_file* f) {
  return real(f)->pMethods->xDeviceCharacteristics(real(f));
}

const sqlite3_io_methods kMethods = {1,         p_close,  p_read,   p_write,  p_truncate,
                                     p_sync,    p_size,   p_lock,   p_unlock, p_reserved,
                                     p_control, p_sector, p_device, nullptr,  nullptr,
                                     nullptr,   nullptr,  nullptr,  nullptr};

sqlite3_vfs* system_vfs() {
  return sqlite3_vfs_find("unix");
}

int p_open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  File* self = ours(file);
  std::memset(file, 0, kRealOffset);
  self->real = reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + kRealOffset);
  const int rc = system_vfs()->xOpen(system_vfs(), name, self->real, flags, out_flags);
  if (rc != SQLITE_OK) return rc;
  self->base.pMethods = &kMethods;
  const auto [found, fresh] = world.disks.try_emplace(name);
  if (fresh) found->second.flushed = slurp(name);
  self->disk = &found->second;
  return SQLITE_OK;
}

sqlite3_vfs& power_vfs() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs made = *system_vfs();
    made.zName = "expunge-test-power";
    made.szOsFile += static_cast<int>(kRealOffset);
    made.xOpen = p_open;
    made.pNext = nullptr;
    return made;
  }();
  return vfs;
}

}  // namespace

PowerVfs::PowerVfs() {
  world = World{};
  archive::register_vfs(&power_vfs());
}

PowerVfs::~PowerVfs() {
  archive::register_vfs(system_vfs());
}

void PowerVfs::arm(std::uint64_t at, Fault fault) {
  // What the test has put into the files itself is on the disk.
  for (auto& [name, disk] : world.disks) disk = Disk{slurp(name), {}};
  world.armed = true;
  world.tripped = false;
  world.left = at;
  world.fault = fault;
}

bool PowerVfs::tripped() const {
  return world.tripped;
}

std::string PowerVfs::orphaned() const {
  return world.orphaned;
}

void PowerVfs::disarm() {
  world.armed = false;
}

void PowerVfs::power_cut(Unflushed unflushed, std::uint32_t seed) {
  world.armed = false;
  world.orphaned.clear();
  std::mt19937 random(seed);
  for (auto& [name, disk] : world.disks) {
    const auto end = static_cast<sqlite3_int64>(disk.flushed.size());
    for (const Change& change : disk.pending) {
      const auto inside = static_cast<std::size_t>(std::max<sqlite3_int64>(end - change.at, 0));
      if (inside < change.data.size()) world.orphaned += change.data.substr(inside);
    }
    std::string image = disk.flushed;
    for (std::size_t i = 0; i < disk.pending.size(); ++i) {
      const bool chosen =
          disk.pending.size() <= 3 ? ((seed % 8) >> i & 1U) != 0 : random() % 2 == 0;
      if (unflushed == Unflushed::kept || (unflushed == Unflushed::random && chosen)) {
        make_change(image, disk.pending[i]);
      }
    }
    spill(name, image);
  }
  world.disks.clear();
}

}  // namespace expunge::test
