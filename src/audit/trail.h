#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/facts.h"
#include "audit/keys.h"
#include "audit/line.h"
#include "audit/merkle.h"
#include "base/sha256.h"

namespace expunge::audit {

/// How closely lines are looked at. Form, seq, chain, key id and leaf hash always are; so is
/// everything about the entries that keys and facts depend on (log.open, key.rotate, …).
enum class Scrutiny {
  chained,     ///< no more: for lines below a signed checkpoint, whose root is compared
  formed,      ///< time, canonical JSON and members of every line: for one's own, just signed
  everything,  ///< and every signature
};

struct LineFault {
  std::size_t index;  ///< among the lines handed in
  std::string message;
};

/// What following a log from its first line has established so far.
class Trail {
 public:
  /// A log that calls itself `origin`; unset: whatever entry 0 calls it. `first_key`, when given,
  /// must be the one that entry 0 names.
  explicit Trail(std::optional<std::string> origin, std::optional<VerifierKey> first_key = {});

  /// The trail of the log `origin` as far as its keys go, which are not taken on trust: they come
  /// from the log's first line and, by hand-over from key to key, its `key.rotate` lines, oldest
  /// first. nullopt when these are not signed as they must be. For stand_at(), and until then for
  /// key() alone.
  [[nodiscard]] static std::optional<Trail> of_keys(const std::string& origin,
                                                    std::string_view first_line,
                                                    std::span<const std::string> rotations);

  /// Where an earlier trail stood.
  struct Standing {
    Frontier tree;
    base::Digest last_hash{};
    std::uint64_t end_bytes = 0;
    LogFacts facts;
  };
  [[nodiscard]] Standing standing() const { return {tree_, last_hash_, end_bytes_, facts_}; }
  /// Goes on from there. Nothing shows that it is true: the caller compares the root with a signed
  /// one, and must know otherwise that the facts are those of the entries. False when it does not
  /// fit the keys.
  [[nodiscard]] bool stand_at(Standing standing);

  /// Follows the log over these complete lines (without LF), on up to `workers` threads. Returns
  /// the first fault, and then nothing of these lines is taken in.
  [[nodiscard]] std::optional<LineFault> follow(std::span<const std::string_view> lines,
                                                Scrutiny scrutiny, unsigned workers);

  [[nodiscard]] std::uint64_t size() const { return tree_.size(); }
  [[nodiscard]] std::uint64_t end_bytes() const { return end_bytes_; }
  [[nodiscard]] const base::Digest& last_hash() const { return last_hash_; }
  [[nodiscard]] base::Digest root() const { return tree_.root(); }
  [[nodiscard]] const std::string& origin() const { return *origin_; }
  /// The one that entry 0 names. Requires an entry, as the next.
  [[nodiscard]] const VerifierKey& first_key() const { return *first_key_; }
  /// The one in force: that must sign the next entry.
  [[nodiscard]] const VerifierKey& key() const { return *key_; }
  /// The one that signs checkpoints alone, all the log's life; without it those in force do.
  [[nodiscard]] const std::optional<VerifierKey>& checkpoint_key() const { return checkpoint_key_; }
  /// The log in whose place this one was opened.
  [[nodiscard]] const std::optional<Predecessor>& predecessor() const { return predecessor_; }
  /// The key before, when the last entry is a rotation: it too signs the checkpoint there.
  [[nodiscard]] const std::optional<VerifierKey>& handed_over() const { return handed_over_; }
  /// The lines of the rotations so far.
  [[nodiscard]] const std::vector<std::string>& rotations() const { return rotations_; }
  /// The id of the key that signed the last entry.
  [[nodiscard]] const std::string& last_key_id() const { return last_key_id_; }
  [[nodiscard]] const LogFacts& facts() const { return facts_; }
  [[nodiscard]] const std::string& first_time() const { return first_time_; }
  [[nodiscard]] const std::string& last_time() const { return last_time_; }

 private:
  struct Chunk;
  struct KeyFrom;

  void check_chunk(std::span<const std::string_view> lines, Scrutiny scrutiny, Chunk& chunk) const;
  [[nodiscard]] std::optional<std::string> find_form_fault(const LineParts& parts,
                                                           Scrutiny scrutiny) const;
  [[nodiscard]] std::optional<LineFault> take_events(std::span<const std::string_view> lines,
                                                     const std::vector<Chunk>& chunks,
                                                     std::size_t limit, std::vector<KeyFrom>& keys);
  [[nodiscard]] std::optional<std::string> take_event(std::string_view line,
                                                      const LineParts& parts);
  [[nodiscard]] std::optional<std::string> take_open(const LineParts& parts);
  [[nodiscard]] std::optional<std::string> take_rotation(const LineParts& parts);
  void take_leaves(std::vector<Chunk>& chunks);

  std::optional<std::string> origin_;
  std::optional<VerifierKey> first_key_, key_, handed_over_, checkpoint_key_;
  std::optional<Predecessor> predecessor_;
  std::vector<std::string> rotations_;
  Frontier tree_;
  base::Digest last_hash_{};
  std::string last_key_id_, last_type_;
  std::uint64_t end_bytes_ = 0;
  std::string first_time_, last_time_;
  LogFacts facts_;
};

}  // namespace expunge::audit
