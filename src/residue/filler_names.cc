#include "residue/filler_names.h"

#include <algorithm>
#include <random>
#include <string_view>

#include "base/error.h"
#include "residue/ext4_directory.h"

namespace expunge::residue {
namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
/// As many of a name's last letters are counted through.
constexpr std::size_t kCounted = 7;

// As many tries as there are leaves find a name for one, on average; where hashes are so uneven
// that a thousand times as many do not, somebody made them collide. Together, the leaves of a
// directory of millions want some 100,000 tries.
constexpr std::uint64_t kTriesPerLeaf = 1024;
constexpr std::uint64_t kFewTries = 1U << 16;
constexpr std::uint64_t kMaxTriesForOne = 1U << 20;
constexpr std::uint64_t kMaxTries = 1U << 24;
constexpr std::size_t kMaxMissed = 1U << 19;  // about 32 MiB

}  // namespace

FillerNames::FillerNames(const Ext4Format& format, std::optional<unsigned> hash_version,
                         std::size_t leaves)
    : format_(format),
      hash_version_(hash_version),
      max_tries_for_one_(std::min(kMaxTriesForOne, kFewTries + leaves * kTriesPerLeaf)),
      max_tries_(std::min(kMaxTries, 4 * (kFewTries + leaves * kTriesPerLeaf))) {}

FillerNames::Length FillerNames::begin(std::size_t bytes) {
  std::random_device random;
  std::uniform_int_distribution<std::size_t> letter(0, kLetters.size() - 1);
  Length length;
  length.beginning.assign(bytes, '.');
  for (std::size_t i = 1; i < bytes; ++i) length.beginning[i] = kLetters[letter(random)];
  for (std::size_t i = 0; i < std::min(kCounted, bytes - 1); ++i) length.end *= kLetters.size();
  return length;
}

std::string FillerNames::name(const Length& length, std::uint64_t number) {
  std::string name = length.beginning;
  for (auto letter = name.rbegin(); number > 0; ++letter, number /= kLetters.size()) {
    // Steps from the letter at random, so that the names of two runs differ.
    *letter = kLetters[(kLetters.find(*letter) + number) % kLetters.size()];
  }
  return name;
}

std::optional<std::string> FillerNames::find(std::size_t bytes, std::uint32_t low,
                                             std::uint32_t high) {
  EXPUNGE_ASSERT(bytes >= 2);
  if (hash_version_ && low >= high) return std::nullopt;
  auto known = lengths_.find(bytes);
  if (known == lengths_.end()) known = lengths_.emplace(bytes, begin(bytes)).first;
  Length& length = known->second;
  auto& missed = length.missed;
  if (const auto found = missed.lower_bound(low); found != missed.end() && found->first < high) {
    const std::uint64_t number = found->second;
    missed.erase(found);
    --missed_names_;
    return name(length, number);
  }
  for (std::uint64_t i = 0; i < max_tries_for_one_ && tries_ < max_tries_; ++i, ++tries_) {
    if (length.next == length.end) return std::nullopt;
    const std::uint64_t number = length.next++;
    std::string tried = name(length, number);
    if (!hash_version_) return tried;
    const auto hash = name_hash(format_, *hash_version_, tried);
    if (!hash) return std::nullopt;
    if (*hash >= low && *hash < high) return tried;
    if (missed_names_ < kMaxMissed && missed.emplace(*hash, number).second) ++missed_names_;
  }
  return std::nullopt;
}

}  // namespace expunge::residue
