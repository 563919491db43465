#include "audit/verify.h"

#include <fcntl.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "audit/course.h"
#include "audit/line.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"

namespace expunge::audit {
namespace {

using base::ExitStatus;
using base::Failure;

struct ReadCheckpoint {
  std::string name;
  SignedCheckpoint note;
};

Fault checkpoint_fault(const std::string& name, const std::string& message) {
  return {0, 0, "checkpoint " + name + ": " + message};
}

/// One verification, from its evidence to its verdict.
class Verification {
 public:
  Verification(base::Sys& sys, const Evidence& evidence)
      : evidence_(evidence),
        fd_(base::open_or_fail(sys, evidence.log_path, O_RDONLY)),
        size_bytes_(file_size(sys, fd_.get(), evidence.log_path)),
        read_(cached_reader(sys, fd_.get(), evidence.log_path)),
        trail_(std::nullopt) {
    verdict_.outcome = Verdict::Outcome::verified;
  }

  Verdict pronounce() {
    auto fault = find_fault();
    describe();
    if (fault) {
      verdict_.outcome = Verdict::Outcome::does_not_verify;
      verdict_.fault = std::move(fault);
    } else if (verdict_.torn_bytes > 0) {
      verdict_.outcome = Verdict::Outcome::torn_tail;
    }
    return std::move(verdict_);
  }

 private:
  std::optional<Fault> find_fault() {
    if (auto fault = follow_until(1)) return fault;
    if (trail_.size() == 0) return Fault{1, 0, "expected log.open as the first entry, found none"};
    if (auto fault = check_keys()) return fault;
    read_checkpoints();
    check_trusts_entries();
    course_.trusted_size = trusted_size();
    if (auto fault = follow_until(std::numeric_limits<std::uint64_t>::max())) return fault;
    verdict_.by_root = std::min(course_.trusted_size, trail_.size());
    if (malformed_) return malformed_;
    for (const ReadCheckpoint& checkpoint : checkpoints_) {
      if (auto fault = find_fault(checkpoint)) return fault;
    }
    return std::nullopt;
  }

  /// The first entry alone, and then all of them, so that the keys are known in between.
  std::optional<Fault> follow_until(std::uint64_t size) {
    course_.until_size = size;
    course_.workers = std::max(1U, evidence_.workers);
    LineReader reader(read_, trail_.end_bytes(), size_bytes_);
    Followed followed = follow(trail_, reader, course_);
    std::move(followed.milestones.begin(), followed.milestones.end(),
              std::back_inserter(milestones_));
    if (!followed.fault) {
      verdict_.torn_bytes = reader.rest_bytes();
      return std::nullopt;
    }
    faulty_line_ = followed.fault->line;
    // Blocks that never reached the disk, when nothing speaks of more lines than stand before.
    if (followed.zeros && trail_.size() > 0 && trail_.size() >= largest_checkpoint()) {
      verdict_.torn_bytes = size_bytes_ - trail_.end_bytes();
      faulty_line_.reset();
      return std::nullopt;
    }
    return std::move(followed.fault);
  }

  /// Each key given must be the log's first, or that of its checkpoints.
  std::optional<Fault> check_keys() {
    trusts_entries_ = evidence_.public_keys.empty();
    for (const Evidence::Named& named : evidence_.public_keys) {
      const auto key = VerifierKey::from_pem(trail_.origin(), named.text);
      if (!key) {
        throw Failure(ExitStatus::usage,
                      base::printable(named.name) + ": is not an Ed25519 public key in PEM");
      }
      const auto& for_checkpoints = trail_.checkpoint_key();
      if (key->vkey() == trail_.first_key().vkey()) {
        trusts_entries_ = true;
      } else if (!for_checkpoints || key->vkey() != for_checkpoints->vkey()) {
        return Fault{1, 0,
                     "expected the log opened by key " + key->id_hex() + ", found " +
                         trail_.first_key().id_hex() +
                         (for_checkpoints ? ", with " + for_checkpoints->id_hex() +
                                                " for its "
                                                "checkpoints"
                                          : "")};
      }
    }
    return std::nullopt;
  }

  /// Entry 0 names its own key: only what the trusted one signed over it can vouch for that. A
  /// checkpoint of no entries, or one of the predecessor's, does not.
  void check_trusts_entries() const {
    const bool has_voucher =
        std::any_of(checkpoints_.begin(), checkpoints_.end(), [&](const ReadCheckpoint& each) {
          return each.note.checkpoint.origin == trail_.origin() && each.note.checkpoint.size > 0;
        });
    if (trusts_entries_ || has_voucher || malformed_) return;
    throw Failure(ExitStatus::usage,
                  "the public key given signs only checkpoints, and there is none of this log's "
                  "entries to verify; give one with --checkpoint, or the log's first public key");
  }

  void read_checkpoints() {
    std::vector<Evidence::Named> all = evidence_.checkpoints;
    all.insert(all.end(), evidence_.stamped.begin(), evidence_.stamped.end());
    if (evidence_.since) all.push_back(*evidence_.since);
    for (const Evidence::Named& named : all) {
      if (auto note = parse_checkpoint(named.text)) {
        const auto& predecessor = trail_.predecessor();
        if (!predecessor || note->checkpoint.origin != predecessor->origin) {
          course_.stops.push_back(note->checkpoint.size);
        }
        checkpoints_.push_back({named.name, std::move(*note)});
      } else if (!malformed_) {
        malformed_ =
            checkpoint_fault(named.name, "expected a signed checkpoint, found another text");
      }
    }
    if (std::find(course_.stops.begin(), course_.stops.end(), 0) != course_.stops.end()) {
      milestones_.push_back({});
      milestones_.back().root = base::sha256("");
    }
  }

  [[nodiscard]] std::uint64_t largest_checkpoint() const {
    const auto largest = std::max_element(course_.stops.begin(), course_.stops.end());
    return largest == course_.stops.end() ? 0 : *largest;
  }

  [[nodiscard]] std::uint64_t trusted_size() const {
    if (evidence_.depth == Depth::every_signature) return 0;
    if (evidence_.depth == Depth::root_only) {
      if (largest_checkpoint() > 0 || malformed_) return largest_checkpoint();
      throw Failure(ExitStatus::usage,
                    "there is no checkpoint whose root the lines could be compared with; give one "
                    "with --checkpoint");
    }
    const auto since = evidence_.since ? parse_checkpoint(evidence_.since->text) : std::nullopt;
    if (!since || since->checkpoint.origin != trail_.origin()) return 0;
    return since->checkpoint.size;
  }

  std::optional<Fault> find_fault(const ReadCheckpoint& checkpoint) {
    const Checkpoint& said = checkpoint.note.checkpoint;
    const auto& predecessor = trail_.predecessor();
    if (predecessor && said.origin == predecessor->origin) {
      if (said.size == predecessor->size && said.root == predecessor->root) {
        verdict_.continues_predecessor = true;
        return std::nullopt;
      }
      return checkpoint_fault(
          checkpoint.name, "expected the last checkpoint of the predecessor " +
                               predecessor->origin + ", of " + std::to_string(predecessor->size) +
                               " entries, found another of it: verify it with that log");
    }
    if (said.size > trail_.size()) {
      return checkpoint_fault(checkpoint.name, "expected " + std::to_string(said.size) +
                                                   " lines, found " +
                                                   std::to_string(trail_.size()) +
                                                   ": lines are missing from the log's end");
    }
    const auto at = std::find_if(milestones_.begin(), milestones_.end(),
                                 [&](const Milestone& each) { return each.size == said.size; });
    EXPUNGE_ASSERT(at != milestones_.end());
    auto fault = find_checkpoint_fault(checkpoint.note, *at, trail_);
    if (!fault) return std::nullopt;
    return checkpoint_fault(checkpoint.name, *fault);
  }

  void describe() {
    verdict_.entries = faulty_line_ ? *faulty_line_ - 1 : trail_.size();
    if (trail_.size() == 0) return;
    verdict_.root = trail_.root();
    verdict_.origin = trail_.origin();
    verdict_.first_key_id = trail_.first_key().id_hex();
    verdict_.last_key_id = trail_.key().id_hex();
    if (trail_.checkpoint_key()) verdict_.checkpoint_key_id = trail_.checkpoint_key()->id_hex();
    verdict_.first_time = trail_.first_time();
    verdict_.last_time = trail_.last_time();
    verdict_.predecessor = trail_.predecessor();
  }

  const Evidence& evidence_;
  base::Fd fd_;
  std::uint64_t size_bytes_;
  ReadAt read_;
  Trail trail_;
  Course course_;
  std::vector<Milestone> milestones_;
  std::vector<ReadCheckpoint> checkpoints_;
  std::optional<Fault> malformed_;
  std::optional<std::uint64_t> faulty_line_;
  bool trusts_entries_ = false;  ///< by a key, and not only by what a checkpoint covers
  Verdict verdict_{};
};

}  // namespace

Verdict verify_log(base::Sys& sys, const Evidence& evidence) {
  return Verification(sys, evidence).pronounce();
}

}  // namespace expunge::audit
