#pragma once

#include <fstream>
#include <string>

namespace expunge::test {

/// Sets vm.laptop_mode to 0, as machines have it, and back at the end: a run on XFS that is killed
/// at the wrong moment leaves it at 1. Without the right to, does nothing.
class LaptopModeOff {
 public:
  LaptopModeOff() {
    std::ifstream(kPath) >> before_;
    std::ofstream(kPath) << "0\n";
  }
  LaptopModeOff(const LaptopModeOff&) = delete;
  LaptopModeOff& operator=(const LaptopModeOff&) = delete;
  ~LaptopModeOff() { std::ofstream(kPath) << before_ << "\n"; }

 private:
  static constexpr const char* kPath = "/proc/sys/vm/laptop_mode";
  std::string before_ = "0";
};

}  // namespace expunge::test
