#include "audit/merkle.h"

#include <bit>

#include "base/error.h"

namespace expunge::audit {

using base::Digest;
using base::Sha256;

namespace {

constexpr std::string_view kLeafPrefix("\0", 1);
constexpr std::string_view kNodePrefix("\x01", 1);

/// The left subtree's share of `size` leaves, at least two.
std::size_t left_share(std::size_t size) {
  return std::bit_floor(size - 1);
}

}  // namespace

Digest leaf_hash(Sha256& sha, std::string_view line) {
  return sha.update(kLeafPrefix).update(line).finish();
}

Digest node_hash(Sha256& sha, const Digest& left, const Digest& right) {
  std::array<std::byte, 65> node;
  node[0] = static_cast<std::byte>(kNodePrefix[0]);
  for (std::size_t i = 0; i < left.size(); ++i) {
    node[1 + i] = static_cast<std::byte>(left[i]);
    node[33 + i] = static_cast<std::byte>(right[i]);
  }
  return sha.update(node).finish();
}

void Frontier::append_subtree(Sha256& sha, const Digest& subtree_root, unsigned level) {
  EXPUNGE_ASSERT(level < 63 && size_ % (std::uint64_t{1} << level) == 0);
  Digest hash = subtree_root;
  unsigned at = level;
  for (; (size_ >> at & 1) != 0; ++at) hash = node_hash(sha, peaks_[at], hash);
  peaks_[at] = hash;
  size_ += std::uint64_t{1} << level;
}

std::optional<Frontier> Frontier::of(std::uint64_t size, std::span<const Digest> peaks) {
  if (peaks.size() != static_cast<std::size_t>(std::popcount(size))) return std::nullopt;
  Frontier tree;
  tree.size_ = size;
  std::size_t next = 0;
  for (unsigned level = 0; level < 64; ++level) {
    if ((size >> level & 1) != 0) tree.peaks_[level] = peaks[next++];
  }
  return tree;
}

std::vector<Digest> Frontier::peaks() const {
  std::vector<Digest> peaks;
  for (unsigned level = 0; level < 64; ++level) {
    if ((size_ >> level & 1) != 0) peaks.push_back(peaks_[level]);
  }
  return peaks;
}

Digest Frontier::root() const {
  if (size_ == 0) return base::sha256("");
  Sha256 sha;
  auto at = static_cast<unsigned>(std::countr_zero(size_));
  Digest hash = peaks_[at];
  for (++at; at < 64; ++at) {
    if ((size_ >> at & 1) != 0) hash = node_hash(sha, peaks_[at], hash);
  }
  return hash;
}

Digest merkle_root(std::span<const Digest> leaves) {
  Sha256 sha;
  Frontier tree;
  for (const Digest& leaf : leaves) tree.append(sha, leaf);
  return tree.root();
}

std::vector<Digest> inclusion_path(std::span<const Digest> leaves, std::uint64_t index) {
  EXPUNGE_ASSERT(index < leaves.size());
  std::vector<Digest> down;
  while (leaves.size() > 1) {
    const std::size_t left = left_share(leaves.size());
    if (index < left) {
      down.push_back(merkle_root(leaves.subspan(left)));
      leaves = leaves.first(left);
    } else {
      down.push_back(merkle_root(leaves.first(left)));
      leaves = leaves.subspan(left);
      index -= left;
    }
  }
  return {down.rbegin(), down.rend()};
}

std::vector<Digest> consistency_path(std::span<const Digest> leaves, std::uint64_t old_size) {
  EXPUNGE_ASSERT(old_size <= leaves.size());
  if (old_size == 0 || old_size == leaves.size()) return {};
  std::vector<Digest> down;
  bool from_the_left_edge = true;  // then the verifier has the old tree's root already
  while (old_size < leaves.size()) {
    const std::size_t left = left_share(leaves.size());
    if (old_size <= left) {
      down.push_back(merkle_root(leaves.subspan(left)));
      leaves = leaves.first(left);
    } else {
      down.push_back(merkle_root(leaves.first(left)));
      leaves = leaves.subspan(left);
      old_size -= left;
      from_the_left_edge = false;
    }
  }
  if (!from_the_left_edge) down.push_back(merkle_root(leaves));
  return {down.rbegin(), down.rend()};
}

bool inclusion_holds(const Digest& leaf, std::uint64_t index, std::uint64_t size,
                     std::span<const Digest> path, const Digest& root) {
  if (index >= size) return false;
  Sha256 sha;
  std::uint64_t node = index;
  std::uint64_t last = size - 1;
  Digest hash = leaf;
  for (const Digest& step : path) {
    if (last == 0) return false;
    if ((node & 1) != 0 || node == last) {
      hash = node_hash(sha, step, hash);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = node_hash(sha, hash, step);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && hash == root;
}

bool consistency_holds(std::uint64_t old_size, const Digest& old_root, std::uint64_t size,
                       const Digest& root, std::span<const Digest> path) {
  if (old_size > size) return false;
  if (old_size == 0 && old_root != base::sha256("")) return false;
  if (old_size == size) return path.empty() && old_root == root;
  if (old_size == 0) return path.empty();
  if (path.empty()) return false;
  Sha256 sha;
  std::uint64_t node = old_size - 1;
  std::uint64_t last = size - 1;
  while ((node & 1) != 0) {
    node >>= 1;
    last >>= 1;
  }
  // When the old tree is one perfect subtree, its root begins the path unsaid.
  const bool perfect = std::has_single_bit(old_size);
  Digest old_hash = perfect ? old_root : path.front();
  Digest hash = old_hash;
  for (const Digest& step : perfect ? path : path.subspan(1)) {
    if (last == 0) return false;
    if ((node & 1) != 0 || node == last) {
      old_hash = node_hash(sha, step, old_hash);
      hash = node_hash(sha, step, hash);
      while ((node & 1) == 0 && node != 0) {
        node >>= 1;
        last >>= 1;
      }
    } else {
      hash = node_hash(sha, hash, step);
    }
    node >>= 1;
    last >>= 1;
  }
  return last == 0 && old_hash == old_root && hash == root;
}

}  // namespace expunge::audit
