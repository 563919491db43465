#include "audit/sparse_tree.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "support/catch.h"

using namespace expunge;
using namespace expunge::audit;

namespace {

std::vector<base::Digest> leaves_of(std::size_t count) {
  base::Sha256 sha;
  std::vector<base::Digest> leaves;
  for (std::size_t i = 0; i < count; ++i) leaves.push_back(leaf_hash(sha, std::to_string(i)));
  return leaves;
}

SparseTree tree_over(std::span<const base::Digest> leaves,
                     const std::vector<std::uint64_t>& asked_for) {
  base::Sha256 sha;
  SparseTree tree(asked_for);
  for (const base::Digest& leaf : leaves) tree.append(sha, leaf);
  return tree;
}

}  // namespace

TEST_CASE("A sparse tree proves every leaf of every small tree as the whole tree does") {
  const auto all = leaves_of(300);
  std::vector<std::uint64_t> every(all.size());
  std::iota(every.begin(), every.end(), 0);
  for (std::size_t size = 0; size <= all.size(); ++size) {
    INFO("size " << size);
    const auto leaves = std::span(all).first(size);
    const SparseTree tree = tree_over(leaves, every);
    REQUIRE(tree.size() == size);
    REQUIRE(tree.root() == merkle_root(leaves));
    for (std::size_t i = 0; i < size; ++i) {
      INFO("leaf " << i);
      REQUIRE(tree.leaf(i) == leaves[i]);
      REQUIRE(tree.inclusion_path(i) == inclusion_path(leaves, i));
    }
    for (std::size_t old_size = 0; old_size <= size; ++old_size) {
      INFO("old size " << old_size);
      REQUIRE(tree.consistency_path(old_size) == consistency_path(leaves, old_size));
    }
  }
}

TEST_CASE("A sparse tree that was asked for one leaf proves it") {
  const auto all = leaves_of(300);
  for (const std::size_t size : {1U, 127U, 128U, 129U, 255U, 256U, 257U, 300U}) {
    const auto leaves = std::span(all).first(size);
    for (std::size_t i = 0; i < size; ++i) {
      INFO("leaf " << i << " of " << size);
      const SparseTree tree = tree_over(leaves, {i});
      REQUIRE(tree.inclusion_path(i) == inclusion_path(leaves, i));
      REQUIRE(tree.consistency_path(i + 1) == consistency_path(leaves, i + 1));
    }
  }
}

TEST_CASE("A sparse tree proves some leaves of large trees as the whole tree does") {
  std::mt19937_64 random(20261129);
  const auto all = leaves_of(70'000);
  for (int round = 0; round < 12; ++round) {
    const std::size_t size = round == 0 ? 65'536 : 300 + random() % (all.size() - 300);
    const auto leaves = std::span(all).first(size);
    std::vector<std::uint64_t> some;
    for (int i = 0; i < 12; ++i) some.push_back(random() % size);
    some.push_back(size - 1);
    std::sort(some.begin(), some.end());
    const SparseTree tree = tree_over(leaves, some);
    INFO("size " << size);
    REQUIRE(tree.root() == merkle_root(leaves));
    for (const std::uint64_t index : some) {
      INFO("leaf " << index);
      CHECK(tree.inclusion_path(index) == inclusion_path(leaves, index));
      CHECK(tree.consistency_path(index + 1) == consistency_path(leaves, index + 1));
    }
  }
}
