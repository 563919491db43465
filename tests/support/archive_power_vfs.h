#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace expunge::test {

/// A VFS under `expunge` that loses the power. While armed it counts writes, cuts and flushes; from
/// the given one on every such call fails without effect, and power_cut() then puts into each file
/// what a disk could hold: all that was flushed, and of the rest nothing, everything, or some.
class PowerVfs {
 public:
  enum class Unflushed { lost, kept, random };
  enum class Fault {
    power,     ///< this call and all after it fail
    once,      ///< this call fails, without effect
    effected,  ///< this call has its effect and reports failure
  };

  PowerVfs();
  PowerVfs(const PowerVfs&) = delete;
  PowerVfs& operator=(const PowerVfs&) = delete;
  /// SQLite's own VFS again.
  ~PowerVfs();

  /// Fails call number `at` (from 0) from now on.
  void arm(std::uint64_t at, Fault fault = Fault::power);
  /// Whether the call that was to fail came.
  [[nodiscard]] bool tripped() const;
  /// Requires that no connection is open. Disarms. Of up to three unflushed calls on a file the
  /// seeds 0 to 7 are all the choices there are.
  void power_cut(Unflushed unflushed, std::uint32_t seed = 0);
  /// What power_cut() found unflushed beyond the flushed end of a file: it may be on the disk, in
  /// blocks that belong to no file.
  [[nodiscard]] std::string orphaned() const;
  void disarm();
};

}  // namespace expunge::test
