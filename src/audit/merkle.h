#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/sha256.h"

// The tree over the log's lines, RFC 6962 §2.1:
//
//            root of 7                 leaf  = SHA-256(00 ‖ line)
//           /         \                node  = SHA-256(01 ‖ left ‖ right)
//        h(0,4)       h(4,7)           of no leaves: SHA-256("")
//        /    \       /    \           .
//      h01    h23   h45     6          The left subtree of n leaves holds the largest power of two
//      / \    / \   / \                below n.
//     0   1  2   3 4   5
namespace expunge::audit {

[[nodiscard]] base::Digest leaf_hash(base::Sha256& sha, std::string_view line);
[[nodiscard]] base::Digest node_hash(base::Sha256& sha, const base::Digest& left,
                                     const base::Digest& right);

/// A growing tree in flat memory: the roots of its perfect subtrees, one for each bit set in its
/// size (in the drawing: h(0,4), h45 and leaf 6).
class Frontier {
 public:
  void append(base::Sha256& sha, const base::Digest& leaf) { append_subtree(sha, leaf, 0); }
  /// Appends 2^level leaves by their root. Requires a size that is a multiple of 2^level.
  void append_subtree(base::Sha256& sha, const base::Digest& subtree_root, unsigned level);

  /// The frontier that peaks() described; nullopt when so many are not those of that size.
  [[nodiscard]] static std::optional<Frontier> of(std::uint64_t size,
                                                  std::span<const base::Digest> peaks);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] base::Digest root() const;
  /// The roots of the perfect subtrees, the smallest first. The root depends on each.
  [[nodiscard]] std::vector<base::Digest> peaks() const;

 private:
  std::uint64_t size_ = 0;
  std::array<base::Digest, 64> peaks_{};
};

[[nodiscard]] base::Digest merkle_root(std::span<const base::Digest> leaves);

/// The audit path for leaf `index` (RFC 6962 §2.1.1), from the leaf up. Requires index < size.
[[nodiscard]] std::vector<base::Digest> inclusion_path(std::span<const base::Digest> leaves,
                                                       std::uint64_t index);

/// The proof that the first `old_size` leaves are the tree of that size (RFC 6962 §2.1.2); empty
/// for 0 and for the whole. Requires old_size <= size.
[[nodiscard]] std::vector<base::Digest> consistency_path(std::span<const base::Digest> leaves,
                                                         std::uint64_t old_size);

/// Whether `path` leads from `leaf` at `index` to the root over `size` leaves, no hash more or less
/// (RFC 9162 §2.1.3.2).
[[nodiscard]] bool inclusion_holds(const base::Digest& leaf, std::uint64_t index,
                                   std::uint64_t size, std::span<const base::Digest> path,
                                   const base::Digest& root);

/// Whether `path` shows that the tree of `size` continues the one of `old_size` (RFC 9162
/// §2.1.4.2). From size 0 everything continues, with an empty path.
[[nodiscard]] bool consistency_holds(std::uint64_t old_size, const base::Digest& old_root,
                                     std::uint64_t size, const base::Digest& root,
                                     std::span<const base::Digest> path);

}  // namespace expunge::audit
