#include "audit/trail.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "audit/key_entries.h"
#include "audit/members.h"
#include "audit/note.h"
#include "audit/tried.h"
#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "base/time.h"

namespace expunge::audit {
namespace {

constexpr unsigned kChunkLevel = 7;  // 128 lines: a night's batch still spreads over the workers
constexpr std::size_t kChunkLines = std::size_t{1} << kChunkLevel;
constexpr std::size_t kSignaturesAtOnce = 16;

std::string expected_found(std::string_view expected, std::string_view found) {
  return "expected " + std::string(expected) + ", found " + base::printable(found);
}

bool is_earlier(const std::optional<LineFault>& fault, std::size_t index) {
  return fault && fault->index < index;
}

}  // namespace

/// Consecutive lines that one worker checks.
struct Trail::Chunk {
  std::size_t begin, end;
  std::uint64_t destroyed = 0, removed = 0, failed = 0;
  std::vector<std::size_t> events;  ///< lines to be looked at in order: keys, facts
  std::vector<base::Digest> leaves;
  bool is_subtree = false;  ///< `leaves` has shrunk to the root of a perfect subtree
  base::Digest last_hash{};
  std::optional<LineFault> fault;
};

struct Trail::KeyFrom {
  std::size_t index;
  VerifierKey key;
};

Trail::Trail(std::optional<std::string> origin, std::optional<VerifierKey> first_key)
    : origin_(std::move(origin)), first_key_(std::move(first_key)) {
  if (first_key_) origin_ = first_key_->origin();
}

std::optional<std::string> Trail::find_form_fault(const LineParts& parts, Scrutiny scrutiny) const {
  if (scrutiny == Scrutiny::chained) return std::nullopt;
  return audit::find_form_fault(parts);
}

void Trail::check_chunk(std::span<const std::string_view> lines, Scrutiny scrutiny,
                        Chunk& chunk) const {
  base::Sha256 sha;
  HexDigest prev = to_hex_digest(last_hash_);
  std::string_view key_id = last_key_id_;
  bool after_rotation = last_type_ == "key.rotate";
  if (chunk.begin > 0) {
    // Hashed again rather than waited for. If it is no entry, its own chunk says so.
    const TakenApart before = take_apart(lines[chunk.begin - 1]);
    if (!before.parts) return;
    prev = to_hex_digest(hash_signed_bytes(sha, lines[chunk.begin - 1]));
    key_id = before.parts->key;
    after_rotation = before.parts->type == "key.rotate";
  }
  chunk.leaves.reserve(chunk.end - chunk.begin);
  for (std::size_t i = chunk.begin; i < chunk.end; ++i) {
    const auto fail = [&](std::string message) { chunk.fault = LineFault{i, std::move(message)}; };
    const TakenApart taken = take_apart(lines[i]);
    if (!taken.parts) return fail(expected_found(taken.expected, "something else"));
    const LineParts& parts = *taken.parts;
    const std::uint64_t seq = size() + i;
    if (parts.seq != seq) {
      return fail(expected_found("seq " + std::to_string(seq), std::to_string(parts.seq)));
    }
    if (parts.origin != *origin_) return fail(expected_found("log " + *origin_, parts.origin));
    if (parts.prev != view(prev)) {
      return fail(
          expected_found("prev " + std::string(view(prev)) + " (the entry before)", parts.prev));
    }
    if (auto fault = find_form_fault(parts, scrutiny)) return fail(std::move(*fault));
    const bool is_destroy = parts.type == "destroy";
    if (is_destroy) ++chunk.destroyed;
    if (parts.type == "remove") ++chunk.removed;
    if (parts.type == "destroy.failed") ++chunk.failed;
    if (seq == 0 || after_rotation || parts.key != key_id ||
        (!is_destroy &&
         (bears_facts(parts.type) || parts.type == "key.rotate" || parts.type == "log.open"))) {
      chunk.events.push_back(i);
    }
    after_rotation = parts.type == "key.rotate";
    key_id = parts.key;
    chunk.last_hash = hash_signed_bytes(sha, lines[i]);
    prev = to_hex_digest(chunk.last_hash);
    chunk.leaves.push_back(leaf_hash(sha, lines[i]));
  }
  if (chunk.leaves.size() == kChunkLines && (size() + chunk.begin) % kChunkLines == 0) {
    chunk.leaves = {merkle_root(chunk.leaves)};
    chunk.is_subtree = true;
  }
}

std::optional<std::string> Trail::take_open(const LineParts& parts) {
  Opening opening = read_opening(parts);
  if (opening.fault) return opening.fault;
  if (first_key_ && first_key_->vkey() != opening.key->vkey()) {
    return expected_found("the log opened by key " + first_key_->id_hex(), opening.key->id_hex());
  }
  checkpoint_key_ = std::move(opening.checkpoint_key);
  predecessor_ = std::move(opening.predecessor);
  first_key_ = opening.key;
  key_ = std::move(opening.key);
  return std::nullopt;
}

std::optional<std::string> Trail::take_rotation(const LineParts& parts) {
  Rotation rotation = read_rotation(parts);
  if (rotation.fault) return rotation.fault;
  if (checkpoint_key_ && rotation.next->id() == checkpoint_key_->id()) {
    return "expected a new verifier key of this log as \"vkey\", found that of its checkpoints";
  }
  handed_over_ = std::exchange(key_, std::move(rotation.next));
  return std::nullopt;
}

std::optional<std::string> Trail::take_event(std::string_view line, const LineParts& parts) {
  const bool is_rotation = parts.type == "key.rotate";
  const bool is_open = parts.type == "log.open";
  if (parts.seq == 0 || is_rotation || is_open || bears_facts(parts.type)) {
    if (!base::parse_log_time(parts.time)) return expected_found("a time", parts.time);
    if (auto fault = find_member_fault(parts.type, parts.members)) return fault;
  }
  if (parts.seq == 0 && !is_open) return expected_found("log.open as the first entry", parts.type);
  if (is_open) {
    if (parts.seq > 0) return "expected log.open only as the first entry";
    if (auto fault = take_open(parts)) return fault;
  }
  if (parts.key != key_->id_hex()) {
    return expected_found("the key in force, " + key_->id_hex(), parts.key);
  }
  if (is_rotation || is_open) {
    if (auto fault = find_signature_fault(line, parts.signature, *key_)) return fault;
  }
  if (is_rotation) {
    if (auto fault = take_rotation(parts)) return fault;
    rotations_.emplace_back(line);
    return std::nullopt;
  }
  if (bears_facts(parts.type)) fold(facts_, parts);
  return std::nullopt;
}

std::optional<LineFault> Trail::take_events(std::span<const std::string_view> lines,
                                            const std::vector<Chunk>& chunks, std::size_t limit,
                                            std::vector<KeyFrom>& keys) {
  if (key_) keys.push_back({0, *key_});
  for (const Chunk& chunk : chunks) {
    std::size_t next = chunk.begin;
    // Nearly every line says nothing of this, and is not looked at again.
    const auto take_attempts = [&](std::size_t end) {
      if (chunk.failed == 0 && facts_.tried.empty()) return;
      for (; next < std::min(end, limit); ++next) {
        if (chunk.failed == 0 && !may_end_attempt(facts_, lines[next])) continue;
        take_attempt(facts_, *take_apart(lines[next]).parts);
      }
    };
    for (const std::size_t index : chunk.events) {
      if (index >= limit) return std::nullopt;
      take_attempts(index);
      const LineParts parts = *take_apart(lines[index]).parts;
      if (auto fault = take_event(lines[index], parts)) return LineFault{index, std::move(*fault)};
      if (parts.type == "log.open") keys.push_back({index, *key_});
      if (parts.type == "key.rotate") keys.push_back({index + 1, *key_});
    }
    take_attempts(chunk.end);
  }
  return std::nullopt;
}

void Trail::take_leaves(std::vector<Chunk>& chunks) {
  base::Sha256 sha;
  for (const Chunk& chunk : chunks) {
    const unsigned level = chunk.is_subtree ? kChunkLevel : 0;
    for (const base::Digest& leaf : chunk.leaves) tree_.append_subtree(sha, leaf, level);
    facts_.destroyed += chunk.destroyed;
    facts_.removed += chunk.removed;
  }
  last_hash_ = chunks.back().last_hash;
}

namespace {

/// The first line whose signature is not its key's. Lines are parted by `key_of(index)`.
template <typename KeyOf>
std::optional<LineFault> find_first_unsigned(std::span<const std::string_view> lines,
                                             unsigned workers, const KeyOf& key_of) {
  const std::size_t batches = (lines.size() + kSignaturesAtOnce - 1) / kSignaturesAtOnce;
  std::vector<std::optional<LineFault>> faults(batches);
  base::parallel_for(batches, workers, [&](std::size_t batch) {
    const std::size_t end = std::min(lines.size(), (batch + 1) * kSignaturesAtOnce);
    for (std::size_t i = batch * kSignaturesAtOnce; i < end && !faults[batch]; ++i) {
      const LineParts parts = *take_apart(lines[i]).parts;
      auto fault = find_signature_fault(lines[i], parts.signature, key_of(i));
      if (fault) faults[batch] = LineFault{i, std::move(*fault)};
    }
  });
  const auto first =
      std::find_if(faults.begin(), faults.end(), [](const auto& f) { return f.has_value(); });
  return first == faults.end() ? std::nullopt : *first;
}

}  // namespace

std::optional<LineFault> Trail::follow(std::span<const std::string_view> lines, Scrutiny scrutiny,
                                       unsigned workers) {
  if (lines.empty()) return std::nullopt;
  Trail next = *this;
  if (!next.origin_) {
    const auto first = take_apart(lines.front()).parts;
    if (first && is_origin(first->origin)) next.origin_ = first->origin;
    if (!next.origin_) return LineFault{0, "expected log.open as the first entry"};
  }
  std::vector<Chunk> chunks;
  for (std::size_t begin = 0; begin < lines.size();) {
    const std::size_t aligned = kChunkLines - (size() + begin) % kChunkLines;
    const std::size_t end = std::min(lines.size(), begin + aligned);
    chunks.push_back({begin, end, 0, 0, 0, {}, {}, false, {}, {}});
    begin = end;
  }
  base::parallel_for(chunks.size(), workers,
                     [&](std::size_t i) { next.check_chunk(lines, scrutiny, chunks[i]); });
  std::optional<LineFault> fault;
  for (auto chunk = chunks.begin(); chunk != chunks.end() && !fault; ++chunk) fault = chunk->fault;
  // A later step may still find an earlier fault.
  std::size_t limit = fault ? fault->index : lines.size();
  std::vector<KeyFrom> keys;
  if (auto earlier = next.take_events(lines, chunks, limit, keys)) {
    limit = earlier->index;
    fault = std::move(earlier);
  }
  if (scrutiny == Scrutiny::everything) {
    const auto key_of = [&](std::size_t index) -> const VerifierKey& {
      const auto after = std::find_if(keys.begin(), keys.end(),
                                      [&](const KeyFrom& from) { return from.index > index; });
      return std::prev(after)->key;
    };
    auto unsigned_line = find_first_unsigned(lines.first(limit), workers, key_of);
    if (is_earlier(unsigned_line, limit)) fault = std::move(unsigned_line);
  }
  if (fault) return fault;

  next.take_leaves(chunks);
  const LineParts last = *take_apart(lines.back()).parts;
  next.facts_.last_entry = base::parse_log_time(last.time);
  if (!next.facts_.last_entry)
    return LineFault{lines.size() - 1, expected_found("a time", last.time)};
  if (last.type != "key.rotate") next.handed_over_.reset();
  next.last_key_id_ = last.key;
  next.last_type_ = last.type;
  next.last_time_ = last.time;
  if (size() == 0) next.first_time_ = take_apart(lines.front()).parts->time;
  for (const std::string_view line : lines) next.end_bytes_ += line.size() + 1;
  *this = std::move(next);
  return std::nullopt;
}

std::optional<Trail> Trail::of_keys(const std::string& origin, std::string_view first_line,
                                    std::span<const std::string> rotations) {
  Trail trail(origin);
  if (trail.follow({&first_line, 1}, Scrutiny::everything, 1)) return std::nullopt;
  std::uint64_t last_seq = 0;
  for (const std::string& line : rotations) {
    const auto parts = take_apart(line).parts;
    if (!parts || parts->type != "key.rotate" || parts->origin != origin) return std::nullopt;
    if (parts->seq <= last_seq || trail.take_event(line, *parts)) return std::nullopt;
    last_seq = parts->seq;
    trail.last_key_id_ = parts->key;
  }
  return trail;
}

bool Trail::stand_at(Standing standing) {
  const std::uint64_t entries = standing.tree.size();
  if (entries == 0 || !standing.facts.last_entry) return false;
  const std::uint64_t last_rotation =
      rotations_.empty() ? 0 : take_apart(rotations_.back()).parts.value().seq;
  if (last_rotation >= entries) return false;
  if (last_rotation > 0 && last_rotation + 1 == entries) {
    last_type_ = "key.rotate";
  } else {
    last_type_.clear();
    last_key_id_ = key_->id_hex();
    handed_over_.reset();
  }
  tree_ = standing.tree;
  last_hash_ = standing.last_hash;
  end_bytes_ = standing.end_bytes;
  last_time_ = base::to_text(*standing.facts.last_entry);
  facts_ = std::move(standing.facts);
  return true;
}

}  // namespace expunge::audit
