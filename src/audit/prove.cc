#include "audit/prove.h"

#include <fcntl.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "audit/line.h"
#include "audit/members.h"
#include "audit/opened.h"
#include "audit/sparse_tree.h"
#include "base/error.h"
#include "base/parallel.h"

namespace expunge::audit {
namespace {

using Lines = std::span<const std::string_view>;

constexpr std::size_t kLeavesAtOnce = 128;
constexpr std::size_t kSignaturesAtOnce = 16;
constexpr std::size_t kCertificatesAtOnce = 1024;

/// Which key had to sign which entry. Not told apart by key id, which is only 4 bytes.
class KeysInForce {
 public:
  /// Takes in the keys up to where `trail`, the same at each call, stands.
  void learn(const Trail& trail) {
    if (keys_.empty()) keys_.push_back({0, trail.first_key()});
    while (keys_.size() <= trail.rotations().size()) {
      const LineParts rotation = *take_apart(trail.rotations()[keys_.size() - 1]).parts;
      auto key = VerifierKey::from_vkey(text_member(rotation.members, "vkey"));
      keys_.push_back({rotation.seq + 1, std::move(key.value())});
    }
  }
  [[nodiscard]] const VerifierKey& at(std::uint64_t seq) const {
    const auto after =
        std::find_if(keys_.begin(), keys_.end(), [&](const From& from) { return from.seq > seq; });
    return std::prev(after)->key;
  }

 private:
  struct From {
    std::uint64_t seq;
    VerifierKey key;
  };
  std::vector<From> keys_;
};

/// Where an entry that is certified lies in the file.
struct Stretch {
  std::uint64_t begin_bytes;
  std::size_t bytes;
};

/// The lines below a checkpoint, read once and found good, with the tree over them.
class ReadThrough {
 public:
  /// `certified` outlives this, and lies below `size`; leaves of `asked_for` are kept as well.
  ReadThrough(std::string path, std::string origin, std::span<const std::uint64_t> certified,
              std::span<const std::uint64_t> asked_for, unsigned workers)
      : path_(std::move(path)),
        certified_(certified),
        workers_(std::max(1U, workers)),
        trail_(std::move(origin)),
        tree_(asked_for) {}

  /// Goes on to `size` entries. Throws Failure(log_untrusted) for the first line that is not as it
  /// must be; that there are fewer lines, the caller sees from size().
  void read_to(LineReader& reader, std::uint64_t size);

  [[nodiscard]] const Trail& trail() const { return trail_; }
  [[nodiscard]] const SparseTree& tree() const { return tree_; }
  [[nodiscard]] const std::vector<Stretch>& stretches() const { return stretches_; }

 private:
  void take(Lines lines);
  void grow_tree(Lines lines);
  void check_certified(Lines lines, std::uint64_t first_seq, std::uint64_t begin_bytes);

  std::string path_;
  std::span<const std::uint64_t> certified_;
  unsigned workers_;
  Trail trail_;
  SparseTree tree_;
  KeysInForce keys_;
  std::vector<Stretch> stretches_;
  std::vector<std::string_view> waiting_;  ///< lines handed out by the reader, past the last size
};

std::uint64_t bytes_of(Lines lines) {
  std::uint64_t bytes = 0;
  for (const std::string_view line : lines) bytes += line.size() + 1;
  return bytes;
}

void ReadThrough::read_to(LineReader& reader, std::uint64_t size) {
  while (trail_.size() < size) {
    if (waiting_.empty()) {
      const Lines next = reader.next();
      if (next.empty()) return;
      waiting_.assign(next.begin(), next.end());
    }
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(waiting_.size(), size - trail_.size()));
    take(Lines(waiting_).first(count));
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
  }
}

void ReadThrough::take(Lines lines) {
  const std::uint64_t first_seq = trail_.size();
  const std::uint64_t begin_bytes = trail_.end_bytes();
  auto fault = trail_.follow(lines, Scrutiny::chained, workers_);
  const Lines good = fault ? lines.first(fault->index) : lines;
  if (fault && !good.empty()) {
    const auto again = trail_.follow(good, Scrutiny::chained, workers_);
    EXPUNGE_ASSERT(!again);
  }
  if (!good.empty()) {
    keys_.learn(trail_);
    check_certified(good, first_seq, begin_bytes);
  }
  if (fault) {
    fail_untrusted(path_, Fault{first_seq + fault->index + 1, begin_bytes + bytes_of(good),
                                std::move(fault->message)});
  }
  grow_tree(lines);
}

void ReadThrough::grow_tree(Lines lines) {
  std::vector<base::Digest> leaves(lines.size());
  base::parallel_for((lines.size() + kLeavesAtOnce - 1) / kLeavesAtOnce, workers_,
                     [&](std::size_t part) {
                       base::Sha256 sha;
                       const std::size_t end = std::min(lines.size(), (part + 1) * kLeavesAtOnce);
                       for (std::size_t i = part * kLeavesAtOnce; i < end; ++i) {
                         leaves[i] = leaf_hash(sha, lines[i]);
                       }
                     });
  base::Sha256 sha;
  for (const base::Digest& leaf : leaves) tree_.append(sha, leaf);
}

/// Form and signature of those lines that are to be certified, which are chained already.
void ReadThrough::check_certified(Lines lines, std::uint64_t first_seq, std::uint64_t begin_bytes) {
  const std::size_t first = stretches_.size();
  std::vector<std::size_t> indexes;
  std::uint64_t offset_bytes = begin_bytes;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::size_t next = stretches_.size();
    if (next < certified_.size() && certified_[next] == first_seq + i) {
      indexes.push_back(i);
      stretches_.push_back({offset_bytes, lines[i].size()});
    }
    offset_bytes += lines[i].size() + 1;
  }
  std::vector<std::optional<std::string>> faults(indexes.size());
  base::parallel_for(
      (indexes.size() + kSignaturesAtOnce - 1) / kSignaturesAtOnce, workers_,
      [&](std::size_t part) {
        const std::size_t end = std::min(indexes.size(), (part + 1) * kSignaturesAtOnce);
        for (std::size_t i = part * kSignaturesAtOnce; i < end; ++i) {
          const std::string_view line = lines[indexes[i]];
          const LineParts parts = *take_apart(line).parts;
          faults[i] = find_form_fault(parts);
          if (!faults[i]) {
            faults[i] = find_signature_fault(line, parts.signature, keys_.at(parts.seq));
          }
        }
      });
  for (std::size_t i = 0; i < faults.size(); ++i) {
    if (!faults[i]) continue;
    fail_untrusted(path_, Fault{first_seq + indexes[i] + 1, stretches_[first + i].begin_bytes,
                                std::move(*faults[i])});
  }
}

std::string name_of(const SignedCheckpoint& note) {
  return "the checkpoint of " + std::to_string(note.checkpoint.size) + " entries";
}

void check_checkpoint(const SignedCheckpoint& note, const Milestone& at, const Trail& trail) {
  if (const auto fault = find_checkpoint_fault(note, at, trail)) {
    fail_untrusted(name_of(note) + ": " + *fault);
  }
}

/// Every log has an entry, which names the key: of one without there is nothing to prove.
void check_covers_any(const SignedCheckpoint& note) {
  if (note.checkpoint.size == 0) fail_untrusted(name_of(note) + ": covers none");
}

/// The certificate of the `nth` entry, its line read again.
Certificate make_certificate(const ReadThrough& log, const ReadAt& read, std::uint64_t seq,
                             std::size_t nth, const std::string& checkpoint,
                             const std::string& path) {
  const Stretch& stretch = log.stretches()[nth];
  Certificate certificate{std::string(stretch.bytes, '\0'), seq, {}, checkpoint};
  const std::size_t got =
      read(std::as_writable_bytes(std::span(certificate.line)), stretch.begin_bytes);
  base::Sha256 sha;
  // What was found good is this leaf, and not whatever stands there by now.
  if (got != stretch.bytes || leaf_hash(sha, certificate.line) != log.tree().leaf(seq)) {
    fail_untrusted(path, Fault{seq + 1, stretch.begin_bytes, "was changed while it was read"});
  }
  certificate.path = log.tree().inclusion_path(seq);
  return certificate;
}

}  // namespace

void certify(base::Sys& sys, const LogPlace& place, const CheckpointFile& checkpoint,
             std::span<const std::uint64_t> seqs, unsigned workers,
             const std::function<void(const Certificate&)>& each) {
  const std::uint64_t size = checkpoint.note.checkpoint.size;
  EXPUNGE_ASSERT(std::adjacent_find(seqs.begin(), seqs.end(), std::greater_equal<>()) ==
                 seqs.end());
  if (!seqs.empty() && seqs.back() >= size) {
    const auto beyond = *std::lower_bound(seqs.begin(), seqs.end(), size);
    throw base::Failure(
        base::ExitStatus::usage,
        "entry " + std::to_string(beyond) + " is not covered by " + name_of(checkpoint.note));
  }
  check_covers_any(checkpoint.note);
  const std::string path = log_path(place.directory);
  const base::Fd fd = open_log(sys, place, O_RDONLY, std::nullopt);
  const ReadAt read = cached_reader(sys, fd.get(), path);
  LineReader reader(read, 0, file_size(sys, fd.get(), path));
  ReadThrough log(path, place.origin, seqs, seqs, workers);
  log.read_to(reader, size);
  check_reaches_checkpoint(log.trail().size(), size, path);
  check_checkpoint(checkpoint.note, milestone_of(log.trail()), log.trail());

  for (std::size_t begin = 0; begin < seqs.size(); begin += kCertificatesAtOnce) {
    std::vector<Certificate> certificates(std::min(kCertificatesAtOnce, seqs.size() - begin));
    base::parallel_for(certificates.size(), workers, [&](std::size_t i) {
      certificates[i] =
          make_certificate(log, read, seqs[begin + i], begin + i, checkpoint.text, path);
    });
    for (const Certificate& certificate : certificates) each(certificate);
  }
}

std::string prove_consistency(base::Sys& sys, const LogPlace& place, const SignedCheckpoint& older,
                              const CheckpointFile& newer, unsigned workers) {
  const std::uint64_t old_size = older.checkpoint.size;
  const std::uint64_t size = newer.note.checkpoint.size;
  const std::string path = log_path(place.directory);
  if (older.checkpoint.origin != place.origin) {
    fail_untrusted(name_of(older) + ": is of the log " + older.checkpoint.origin + ", expected " +
                       place.origin,
                   "see whether it belongs to the log that the configuration names");
  }
  if (old_size > size) {
    fail_untrusted(path + ": its checkpoint speaks of " + std::to_string(size) +
                       " entries, but the older one of " + std::to_string(old_size) +
                       ": this is an older copy of the log, or its end was cut off",
                   "keep it as it is, and put the newest copy of the log in its place");
  }
  check_covers_any(newer.note);
  const base::Fd fd = open_log(sys, place, O_RDONLY, std::nullopt);
  LineReader reader(cached_reader(sys, fd.get(), path), 0, file_size(sys, fd.get(), path));
  const std::vector<std::uint64_t> asked_for(old_size == 0 ? 0 : 1, old_size - 1);
  ReadThrough log(path, place.origin, {}, asked_for, workers);
  log.read_to(reader, old_size);
  check_reaches_checkpoint(log.trail().size(), old_size, path);
  const Milestone then = milestone_of(log.trail());
  if (old_size > 0) check_checkpoint(older, then, log.trail());
  log.read_to(reader, size);
  check_reaches_checkpoint(log.trail().size(), size, path);
  check_checkpoint(newer.note, milestone_of(log.trail()), log.trail());
  // The key that must have signed one of no entries is known only now.
  if (old_size == 0) check_checkpoint(older, then, log.trail());

  const std::vector<base::Digest> proof = log.tree().consistency_path(old_size);
  const Consistency made{old_size, proof, newer.text};
  if (const auto fault = find_consistency_fault(made, older.checkpoint)) {
    fail_untrusted(name_of(older) + ": " + *fault);
  }
  return format_consistency(old_size, proof, newer.text);
}

}  // namespace expunge::audit
