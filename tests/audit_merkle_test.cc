#include "audit/merkle.h"

#include <map>
#include <utility>

#include "support/catch.h"

using namespace expunge;
using namespace expunge::audit;

namespace {

using Path = std::vector<base::Digest>;
using Leaves = std::span<const base::Digest>;

constexpr std::size_t kSizes = 300;

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

/// RFC 6962 section 2.1, word for word, over leaves that lie side by side; each root is remembered.
class Reference {
 public:
  explicit Reference(Path leaves) : leaves_(std::move(leaves)) {}

  const base::Digest& root(std::size_t begin, std::size_t n) {
    const auto [at, is_new] = known_.try_emplace({begin, n});
    if (!is_new) return at->second;
    base::Digest made = base::sha256("");
    if (n == 1) made = leaves_[begin];
    if (n > 1) made = plain_node(root(begin, split(n)), root(begin + split(n), n - split(n)));
    return at->second = made;
  }

  Path path(std::size_t m, std::size_t begin, std::size_t n) {
    if (n == 1) return {};
    const std::size_t k = split(n);
    Path path = m < k ? this->path(m, begin, k) : this->path(m - k, begin + k, n - k);
    path.push_back(m < k ? root(begin + k, n - k) : root(begin, k));
    return path;
  }

  Path subproof(std::size_t m, std::size_t begin, std::size_t n, bool complete) {
    if (m == n) return complete ? Path{} : Path{root(begin, n)};
    const std::size_t k = split(n);
    Path proof;
    if (m <= k) {
      proof = subproof(m, begin, k, complete);
      proof.push_back(root(begin + k, n - k));
    } else {
      proof = subproof(m - k, begin + k, n - k, false);
      proof.push_back(root(begin, k));
    }
    return proof;
  }

 private:
  Path leaves_;
  std::map<std::pair<std::size_t, std::size_t>, base::Digest> known_;
};

Path some_leaves() {
  base::Sha256 sha;
  Path leaves;
  for (std::size_t i = 0; i < kSizes; ++i) leaves.push_back(leaf_hash(sha, std::to_string(i)));
  return leaves;
}

Path roots_of(Reference& reference) {
  Path roots;
  for (std::size_t n = 0; n <= kSizes; ++n) roots.push_back(reference.root(0, n));
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
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    Path swapped = path;
    std::swap(swapped[i], swapped[i + 1]);
    all.push_back(swapped);
  }
  return all;
}

/// All of them where the tree is small or near a power of two; elsewhere one, by turns.
std::vector<Path> attacks(const Path& path, std::size_t m, std::size_t n) {
  std::vector<Path> all = spoiled(path);
  if (n <= 40 || (n >= 126 && n <= 130) || (n >= 255 && n <= 258) || n == kSizes) return all;
  return {all[(m + n) % all.size()]};
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
  Reference reference(leaves);
  const Path roots = roots_of(reference);
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
      by_many.append_subtree(sha, reference.root(n, step), level);
      CHECK(by_many.root() == roots[n + step]);
    }
  }
}

TEST_CASE("Every inclusion path up to 300 leaves is the reference's and proves only itself") {
  const Path leaves = some_leaves();
  Reference reference(leaves);
  const Path roots = roots_of(reference);
  bool all_same = true;
  bool all_hold = true;
  bool none_forged = true;
  for (std::size_t n = 1; n <= kSizes; ++n) {
    const Leaves d = Leaves(leaves).first(n);
    for (std::size_t m = 0; m < n; ++m) {
      const Path path = inclusion_path(d, m);
      all_same = all_same && path == reference.path(m, 0, n);
      all_hold = all_hold && inclusion_holds(leaves[m], m, n, path, roots[n]);
      none_forged = none_forged && !inclusion_holds(leaves[(m + 1) % kSizes], m, n, path, roots[n]);
      none_forged = none_forged && !inclusion_holds(leaves[m], m, n, path, roots[n - 1]);
      none_forged = none_forged && !inclusion_holds(leaves[m], n, n, path, roots[n]);
      for (std::size_t other = 0; other < n; ++other) {
        if (other == m || (n > 40 && (other + m) % 37 != 0)) continue;
        none_forged = none_forged && !inclusion_holds(leaves[m], other, n, path, roots[n]);
      }
      for (const Path& bad : attacks(path, m, n)) {
        none_forged = none_forged && !inclusion_holds(leaves[m], m, n, bad, roots[n]);
      }
    }
  }
  CHECK(all_same);
  CHECK(all_hold);
  CHECK(none_forged);
}

TEST_CASE("Every consistency path up to 300 leaves is the reference's and proves only itself") {
  const Path leaves = some_leaves();
  Reference reference(leaves);
  const Path roots = roots_of(reference);
  bool all_same = true;
  bool all_hold = true;
  bool none_forged = true;
  for (std::size_t n = 1; n <= kSizes; ++n) {
    const Leaves d = Leaves(leaves).first(n);
    CHECK(consistency_path(d, 0).empty());
    CHECK(consistency_holds(0, roots[0], n, roots[n], {}));
    for (std::size_t m = 1; m <= n; ++m) {
      const Path path = consistency_path(d, m);
      all_same = all_same && path == reference.subproof(m, 0, n, true);
      all_hold = all_hold && consistency_holds(m, roots[m], n, roots[n], path);
      none_forged = none_forged && !consistency_holds(m, roots[m - 1], n, roots[n], path);
      none_forged = none_forged && !consistency_holds(m, roots[m], n, roots[n - 1], path);
      none_forged = none_forged && !consistency_holds(n + 1, roots[m], n, roots[n], path);
      // The newer size is another matter: a tree of 3 has the shape of one of 4 whose last two
      // leaves are one. It is the checkpoint that binds a root to its size.
      none_forged = none_forged && !consistency_holds(m - 1, roots[m], n, roots[n], path);
      for (const Path& bad : attacks(path, m, n)) {
        none_forged = none_forged && !consistency_holds(m, roots[m], n, roots[n], bad);
      }
    }
  }
  CHECK(all_same);
  CHECK(all_hold);
  CHECK(none_forged);
  CHECK_FALSE(consistency_holds(0, roots[1], 3, roots[3], {}));
  CHECK_FALSE(consistency_holds(0, roots[1], 0, roots[1], {}));
}
