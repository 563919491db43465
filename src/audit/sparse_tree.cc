#include "audit/sparse_tree.h"

#include <algorithm>
#include <bit>

#include "base/error.h"

namespace expunge::audit {
namespace {

using base::Digest;
using base::Sha256;

constexpr unsigned kChunkLevel = 7;
constexpr std::uint64_t kChunkLeaves = std::uint64_t{1} << kChunkLevel;

/// The left subtree's share of `size` leaves, at least two.
std::uint64_t left_share(std::uint64_t size) {
  return std::bit_floor(size - 1);
}

}  // namespace

SparseTree::SparseTree(std::span<const std::uint64_t> asked_for) {
  for (const std::uint64_t index : asked_for) {
    const std::uint64_t chunk = index / kChunkLeaves;
    EXPUNGE_ASSERT(asked_chunks_.empty() || asked_chunks_.back() <= chunk);
    if (asked_chunks_.empty() || asked_chunks_.back() != chunk) asked_chunks_.push_back(chunk);
  }
  tail_.reserve(kChunkLeaves);
}

void SparseTree::append(Sha256& sha, const Digest& leaf) {
  tail_.push_back(leaf);
  ++size_;
  if (tail_.size() == kChunkLeaves) finish_chunk(sha);
}

void SparseTree::finish_chunk(Sha256& sha) {
  const std::uint64_t chunk = size_ / kChunkLeaves - 1;
  Digest hash = merkle_root(tail_);
  for (std::size_t level = 0;; ++level) {
    if (level == levels_.size()) levels_.emplace_back();
    levels_[level].push_back(hash);
    const std::size_t count = levels_[level].size();
    if (count % 2 != 0) break;
    hash = node_hash(sha, levels_[level][count - 2], levels_[level][count - 1]);
  }
  if (next_asked_ < asked_chunks_.size() && asked_chunks_[next_asked_] == chunk) {
    kept_.push_back(tail_);
    ++next_asked_;
  }
  tail_.clear();
}

Digest SparseTree::root() const {
  Sha256 sha;
  return size_ == 0 ? base::sha256("") : over(sha, 0, size_);
}

const Digest& SparseTree::leaf(std::uint64_t index) const {
  EXPUNGE_ASSERT(index < size_);
  return at(index);
}

const Digest& SparseTree::at(std::uint64_t index) const {
  const std::uint64_t chunk = index / kChunkLeaves;
  if (chunk == size_ / kChunkLeaves) return tail_[index % kChunkLeaves];
  const auto found = std::lower_bound(asked_chunks_.begin(), asked_chunks_.end(), chunk);
  EXPUNGE_ASSERT(found != asked_chunks_.end() && *found == chunk);
  return kept_[static_cast<std::size_t>(found - asked_chunks_.begin())][index % kChunkLeaves];
}

/// The root over `size` leaves from `begin` on: a subtree of this tree, or of an earlier size of
/// it.
Digest SparseTree::over(Sha256& sha, std::uint64_t begin, std::uint64_t size) const {
  if (size == 1) return at(begin);
  if (size >= kChunkLeaves && std::has_single_bit(size)) {
    const auto level = static_cast<std::size_t>(std::countr_zero(size)) - kChunkLevel;
    return levels_[level][begin / size];
  }
  const std::uint64_t left = left_share(size);
  const Digest left_root = over(sha, begin, left);
  return node_hash(sha, left_root, over(sha, begin + left, size - left));
}

std::vector<Digest> SparseTree::inclusion_path(std::uint64_t index) const {
  EXPUNGE_ASSERT(index < size_);
  Sha256 sha;
  std::vector<Digest> down;
  std::uint64_t begin = 0;
  for (std::uint64_t size = size_; size > 1;) {
    const std::uint64_t left = left_share(size);
    if (index < begin + left) {
      down.push_back(over(sha, begin + left, size - left));
      size = left;
    } else {
      down.push_back(over(sha, begin, left));
      begin += left;
      size -= left;
    }
  }
  return {down.rbegin(), down.rend()};
}

std::vector<Digest> SparseTree::consistency_path(std::uint64_t old_size) const {
  EXPUNGE_ASSERT(old_size <= size_);
  if (old_size == 0 || old_size == size_) return {};
  Sha256 sha;
  std::vector<Digest> down;
  std::uint64_t begin = 0;
  std::uint64_t size = size_;
  while (old_size < begin + size) {
    const std::uint64_t left = left_share(size);
    if (old_size <= begin + left) {
      down.push_back(over(sha, begin + left, size - left));
      size = left;
    } else {
      down.push_back(over(sha, begin, left));
      begin += left;
      size -= left;
    }
  }
  // From the left edge it is the old tree's root, which the verifier has already.
  if (begin > 0) down.push_back(over(sha, begin, size));
  return {down.rbegin(), down.rend()};
}

}  // namespace expunge::audit
