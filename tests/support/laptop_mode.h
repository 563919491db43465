#pragma once

#include <fcntl.h>
#include <sys/file.h>

#include <fstream>
#include <string>

#include "base/fd.h"

namespace expunge::test {

/// Sets vm.laptop_mode to 0, as machines have it, and back at the end: a run on XFS that is killed
/// at the wrong moment leaves it at 1. Until then no other test does the same: one that kills runs
/// would turn on the mode that another is proving to be of no use. Without the right to set it,
/// does nothing.
class LaptopModeOff {
 public:
  LaptopModeOff() : turn_(::open("/proc/sys/vm", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    // Not of the file itself: that lock is what runs take.
    ::flock(turn_.get(), LOCK_EX);
    std::ifstream(kPath) >> before_;
    std::ofstream(kPath) << "0\n";
  }
  LaptopModeOff(const LaptopModeOff&) = delete;
  LaptopModeOff& operator=(const LaptopModeOff&) = delete;
  ~LaptopModeOff() { std::ofstream(kPath) << before_ << "\n"; }

 private:
  static constexpr const char* kPath = "/proc/sys/vm/laptop_mode";
  base::Fd turn_;
  std::string before_ = "0";
};

}  // namespace expunge::test
