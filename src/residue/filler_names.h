#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "residue/ext4_device.h"

namespace expunge::residue {

/// Finds names that a directory's hash sends to a wanted leaf, by trying. What a try misses serves
/// another leaf later.
class FillerNames {
 public:
  /// `hash_version` nullopt: the directory has no htree, and any name will do. `leaves` that it
  /// has: tries are in proportion.
  FillerNames(const Ext4Format& format, std::optional<unsigned> hash_version, std::size_t leaves);

  /// A name of `bytes` bytes, which begins with a dot and holds no digit, whose hash is at least
  /// `low` and below `high`. Never the same twice. nullopt if there is none, or the directory has
  /// cost too many tries.
  [[nodiscard]] std::optional<std::string> find(std::size_t bytes, std::uint32_t low,
                                                std::uint32_t high);

 private:
  /// The names of one length: counted through, from a beginning at random.
  struct Length {
    std::string beginning;
    std::uint64_t next = 0;
    std::uint64_t end = 1;                          ///< how many names there are
    std::map<std::uint32_t, std::uint64_t> missed;  ///< by hash: the number of the name
  };

  Length begin(std::size_t bytes);
  [[nodiscard]] static std::string name(const Length& length, std::uint64_t number);

  Ext4Format format_;
  std::optional<unsigned> hash_version_;
  std::uint64_t max_tries_for_one_;
  std::uint64_t max_tries_;
  std::map<std::size_t, Length> lengths_;
  std::size_t missed_names_ = 0;
  std::uint64_t tries_ = 0;
};

}  // namespace expunge::residue
