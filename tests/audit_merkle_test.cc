#include "audit/merkle.h"

#include "support/catch.h"

using namespace expunge;
using namespace expunge::audit;

namespace {

using Path = std::vector<base::Digest>;
using Leaves = std::span<const base::Digest>;

constexpr std::size_t kSizes = 130;

base::Digest plain_node(const base::Digest& left, const base::Digest& right) {
  std::string text("\x01");
  text.append(left.begin(), left.end());
  text.append(right.begin(), right.end());
  return base::sha256(text);
}

std::size_t split(std::size_t n) {
  std::size_t k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

// RFC 6962 section 2.1, word for word.
base::Digest slow_root(Leaves d) {
  if (d.empty()) return base::sha256("");
  if (d.size() == 1) return d[0];
  const std::size_t k = split(d.size());
  return plain_node(slow_root(d.first(k)), slow_root(d.subspan(k)));
}

Path slow_path(std::size_t m, Leaves d) {
  if (d.size() == 1) return {};
  const std::size_t k = split(d.size());
  Path path = m < k ? slow_path(m, d.first(k)) : slow_path(m - k, d.subspan(k));
  path.push_back(m < k ? slow_root(d.subspan(k)) : slow_root(d.first(k)));
  return path;
}

Path slow_subproof(std::size_t m, Leaves d, bool complete) {
  if (m == d.size()) return complete ? Path{} : Path{slow_root(d)};
  const std::size_t k = split(d.size());
  Path proof;
  if (m <= k) {
    proof = slow_subproof(m, d.first(k), complete);
    proof.push_back(slow_root(d.subspan(k)));
  } else {
    proof = slow_subproof(m - k, d.subspan(k), false);
    proof.push_back(slow_root(d.first(k)));
  }
  return proof;
}

Path some_leaves() {
  base::Sha256 sha;
  Path leaves;
  for (std::size_t i = 0; i < kSizes; ++i) leaves.push_back(leaf_hash(sha, std::to_string(i)));
  return leaves;
}

Path roots_of(const Path& leaves) {
  Path roots;
  for (std::size_t n = 0; n <= leaves.size(); ++n)
    roots.push_back(slow_root(Leaves(leaves).first(n)));
  return roots;
}

/// Every way to spoil a path by one hash.
std::vector<Path> spoiled(const Path& path) {
  std::vector<Path> all;
  for (std::size_t i = 0; i < path.size(); ++i) {
    Path changed = path;
    changed[i][i % 32] ^= 1;
    all.push_back(changed);
    Path shorter = path;
    shorter.erase(shorter.begin() + static_cast<std::ptrdiff_t>(i));
    all.push_back(shorter);
  }
  Path longer = path;
  longer.push_back(base::sha256("more"));
  all.push_back(longer);
  longer = path;
  longer.insert(longer.begin(), base::sha256("more"));
  all.push_back(longer);
  return all;
}

}  // namespace

TEST_CASE("A leaf and a node are hashed with their own prefix") {
  base::Sha256 sha;
  CHECK(leaf_hash(sha, "x") == base::sha256(std::string("\0x", 2)));
  const base::Digest a = base::sha256("a");
  const base::Digest b = base::sha256("b");
  CHECK(node_hash(sha, a, b) == plain_node(a, b));
}

TEST_CASE("The frontier has the root at every size, also when it grows by subtrees") {
  const Path leaves = some_leaves();
  const Path roots = roots_of(leaves);
  base::Sha256 sha;
  Frontier by_one;
  for (std::size_t n = 0; n <= kSizes; ++n) {
    CHECK(by_one.size() == n);
    CHECK(by_one.root() == roots[n]);
    CHECK(merkle_root(Leaves(leaves).first(n)) == roots[n]);
    if (n < kSizes) by_one.append(sha, leaves[n]);
  }
  for (const unsigned level : {1U, 3U, 6U}) {
    const std::size_t step = std::size_t{1} << level;
    Frontier by_many;
    for (std::size_t n = 0; n + step <= kSizes; n += step) {
      by_many.append_subtree(sha, slow_root(Leaves(leaves).subspan(n, step)), level);
      CHECK(by_many.root() == roots[n + step]);
    }
  }
}

TEST_CASE("Every inclusion path up to 130 leaves is the reference's and proves only itself") {
  const Path leaves = some_leaves();
  const Path roots = roots_of(leaves);
  bool all_same = true;
  bool all_hold = true;
  bool none_forged = true;
  for (std::size_t n = 1; n <= kSizes; ++n) {
    const Leaves d = Leaves(leaves).first(n);
    for (std::size_t m = 0; m < n; ++m) {
      const Path path = inclusion_path(d, m);
      all_same = all_same && path == slow_path(m, d);
      all_hold = all_hold && inclusion_holds(leaves[m], m, n, path, roots[n]);
      none_forged = none_forged && !inclusion_holds(leaves[(m + 1) % kSizes], m, n, path, roots[n]);
      none_forged = none_forged && !inclusion_holds(leaves[m], m, n, path, roots[n - 1]);
      none_forged = none_forged && !inclusion_holds(leaves[m], n, n, path, roots[n]);
      if (n > 40 && n < 126) continue;
      for (std::size_t other = 0; other < n; ++other) {
        if (other == m) continue;
        none_forged = none_forged && !inclusion_holds(leaves[m], other, n, path, roots[n]);
      }
      for (const Path& bad : spoiled(path)) {
        none_forged = none_forged && !inclusion_holds(leaves[m], m, n, bad, roots[n]);
      }
    }
  }
  CHECK(all_same);
  CHECK(all_hold);
  CHECK(none_forged);
}

TEST_CASE("Every consistency path up to 130 leaves is the reference's and proves only itself") {
  const Path leaves = some_leaves();
  const Path roots = roots_of(leaves);
  bool all_same = true;
  bool all_hold = true;
  bool none_forged = true;
  for (std::size_t n = 1; n <= kSizes; ++n) {
    const Leaves d = Leaves(leaves).first(n);
    CHECK(consistency_path(d, 0).empty());
    CHECK(consistency_holds(0, roots[0], n, roots[n], {}));
    for (std::size_t m = 1; m <= n; ++m) {
      const Path path = consistency_path(d, m);
      all_same = all_same && path == slow_subproof(m, d, true);
      all_hold = all_hold && consistency_holds(m, roots[m], n, roots[n], path);
      none_forged = none_forged && !consistency_holds(m, roots[m - 1], n, roots[n], path);
      none_forged = none_forged && !consistency_holds(m, roots[m], n, roots[n - 1], path);
      none_forged = none_forged && !consistency_holds(n + 1, roots[m], n, roots[n], path);
      if (n > 40 && n < 126) continue;
      for (const Path& bad : spoiled(path)) {
        none_forged = none_forged && !consistency_holds(m, roots[m], n, roots[n], bad);
      }
    }
  }
  CHECK(all_same);
  CHECK(all_hold);
  CHECK(none_forged);
  CHECK_FALSE(consistency_holds(0, roots[1], 3, roots[3], {}));
}
