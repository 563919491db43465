#pragma once

#include <string>
#include <vector>

#include "base/sys.h"
#include "support/scratch.h"

namespace expunge::test {

/// A kernel whose block devices are made up: /sys and /proc/cpuinfo come from a tree of the test's
/// own, laid out as sysfs is, with links and all. The rest is the real one.
class MadeUpKernel : public base::Sys {
 public:
  MadeUpKernel();

  /// A file of the tree, by its absolute path in /sys or /proc.
  void put(const std::string& path, const std::string& content);

  /// A device `name` with this number, below /sys/devices; its directory there, for put().
  std::string device(const std::string& name, const std::string& number,
                     const std::vector<std::string>& slaves = {});
  /// One that has a queue and says whether it rotates.
  std::string disk(const std::string& name, const std::string& number, bool rotational);
  /// A partition of a disk; slaves are named by name all the same.
  std::string partition(const std::string& disk, const std::string& name,
                        const std::string& number);
  /// A device-mapper device.
  std::string mapped(const std::string& name, const std::string& number, const std::string& uuid,
                     const std::vector<std::string>& slaves);

  int openat(int dirfd, const char* path, int flags, mode_t mode) override;

 private:
  std::string add(const std::string& directory, const std::string& name, const std::string& number);

  Scratch tree_;
};

}  // namespace expunge::test
