#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "audit/merkle.h"
#include "base/sha256.h"

namespace expunge::audit {

/// The tree of merkle.h over a log of any length, kept as far as the proofs of some of its leaves
/// need it:
///
///     level 1  |          256          |          256          |
///     level 0  |    128    |    128    |    128    |    128    |  (tail)
///     leaves               |***********|                       |****
///                             ^ asked for
///
/// Invariant, at every size n: levels_[k][i] is the root over the 2^k chunks of 128 leaves from
/// leaf i · 2^k · 128 on, for each such stretch that lies within n; kept_[c] holds the leaves of
/// the c-th chunk that was asked for, as many as there are yet; tail_ those past the last whole
/// chunk. A proof is made of perfect subtrees: one of 128 leaves or more is in levels_, and a
/// smaller one that is needed lies in the chunk of the leaf that the proof is about, or in the
/// tail.
///
/// So half a byte for each leaf of the log, and 4 KiB for each chunk that is kept.
class SparseTree {
 public:
  /// `asked_for`: the leaves that proofs will be wanted of, ascending.
  explicit SparseTree(std::span<const std::uint64_t> asked_for);

  void append(base::Sha256& sha, const base::Digest& leaf);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] base::Digest root() const;
  /// Requires index < size(), and that it was asked for.
  [[nodiscard]] const base::Digest& leaf(std::uint64_t index) const;

  /// As audit::inclusion_path(). Requires index < size(), and that it was asked for. Thread-safe.
  [[nodiscard]] std::vector<base::Digest> inclusion_path(std::uint64_t index) const;
  /// As audit::consistency_path(). Requires old_size <= size(), and that leaf old_size - 1, unless
  /// old_size is 0, was asked for.
  [[nodiscard]] std::vector<base::Digest> consistency_path(std::uint64_t old_size) const;

 private:
  void finish_chunk(base::Sha256& sha);
  [[nodiscard]] base::Digest over(base::Sha256& sha, std::uint64_t begin, std::uint64_t size) const;
  [[nodiscard]] const base::Digest& at(std::uint64_t index) const;

  std::uint64_t size_ = 0;
  std::vector<std::uint64_t> asked_chunks_;  ///< ascending, each once
  std::size_t next_asked_ = 0;               ///< the first of them that is not finished
  std::vector<std::vector<base::Digest>> kept_;
  std::vector<base::Digest> tail_;
  std::vector<std::vector<base::Digest>> levels_;
};

}  // namespace expunge::audit
