#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "audit/entry.h"
#include "audit/facts.h"
#include "audit/key_files.h"
#include "base/sha256.h"
#include "base/sys.h"
#include "base/time.h"

namespace expunge::audit {

class SigningKey;
class VerifierKey;

/// Where a log is and what it calls itself.
struct LogPlace {
  std::string directory;
  std::string origin;
};

/// A position in the log that something outside it remembers: the number of entries, and SHA-256
/// of the last one's signed bytes (zeros for none).
struct Position {
  std::uint64_t size = 0;
  base::Digest last_hash{};
  bool operator==(const Position&) const = default;
};

/// One complete line, as for_each_entry hands it out; views are valid during the call only.
struct EntryView {
  std::uint64_t seq;
  std::string_view time, type;
  std::string_view line;  ///< without LF
};

/// The recording that an entry names; empty when it names none.
[[nodiscard]] std::string_view recording_of(const EntryView& entry);

/// The string that an entry of a verified log has as this member of its type; empty when it has
/// none, as of an optional one it may not.
[[nodiscard]] std::string text_of(const EntryView& entry, const char* member);

/// Makes the directory, with `keys/`, `checkpoints/`, a `log.jsonl` of these entries, a checkpoint,
/// and the public keys; `checkpoint_key`, which the first entry must name, may be null. Throws
/// Failure(usage) when the directory exists. Durable on return.
void create_log(base::Sys& sys, const LogPlace& place, const SigningKey& key,
                const SigningKey* checkpoint_key, std::span<const Draft> drafts, base::Time now);

/// What a reader with read access alone learns.
struct LogState {
  LogFacts facts;
  Position position;  ///< after the last complete line
  std::uint64_t checkpoint_size = 0;
  std::uint64_t torn_bytes = 0;  ///< past the last complete line; the next writer puts them aside
  std::string vkey{};            ///< of the key in force
  /// Why the log was read from its first line, in words; empty: it went on from the bookmark.
  std::string why_whole{};
  std::optional<Predecessor> predecessor{};  ///< the log in whose place this one was opened
  /// Of the key that signs checkpoints alone; unset: those in force sign them.
  std::optional<std::string> checkpoint_vkey{};
};

enum class Reading {
  from_bookmark,  ///< goes on from the bookmark beside the log, where that can be believed
  whole,          ///< every line, whatever the bookmark says
};

/// Reads and trusts a log: every line chained, the root at the checkpoint's size as signed, the
/// lines past it signed by the key in force, and `remembered` (when given) on its way. Throws
/// Failure(log_untrusted) naming the first fault otherwise. Changes nothing, takes no lock.
///
/// From the bookmark (bookmark.h) no line is read that the log's key has vouched for and nobody has
/// changed since by way of the file system; the result is the same. What changes a disk below the
/// file system is left to a reading as a whole.
[[nodiscard]] LogState read_log(base::Sys& sys, const LogPlace& place,
                                const std::optional<Position>& remembered,
                                Reading reading = Reading::from_bookmark);

/// Calls `each` for every complete line from entry `from_seq` on, without verifying anything; looks
/// for that from the log's end when it is nearer. Stops early when `each` returns false. Throws
/// Failure(log_untrusted) when a line is no entry.
void for_each_entry(base::Sys& sys, const LogPlace& place, std::uint64_t from_seq,
                    const std::function<bool(const EntryView&)>& each);

/// Appends to a log. Several processes may hold one at the same time: the log's own lock is taken
/// for one append, and what the others wrote meanwhile is read and verified first.
class LogWriter {
 public:
  /// Reads the log as read_log does, from the bookmark where it can, puts a torn tail aside (and
  /// appends `log.recovered`), and before believing lines past the checkpoint flushes the log and
  /// reads them back from the device. Throws Failure(log_untrusted) when the log does not verify
  /// (nothing is written then), Failure(usage) when a key cannot be read, is not the one in force,
  /// or not the log's for its checkpoints.
  LogWriter(base::Sys& sys, const LogPlace& place, const KeyFiles& keys,
            const std::optional<Position>& remembered, unsigned workers, base::Time now);
  LogWriter(LogWriter&&) noexcept;
  ~LogWriter();

  /// Appends the drafts in order, one fdatasync, then replaces the checkpoint. On return they and a
  /// checkpoint over them are durable; the result is the first one's seq. Then the bookmark beside
  /// the log is replaced, not durably, and without a word when it cannot be. Throws
  /// Failure(needs_person) when a write or flush fails: nothing may then be claimed of these
  /// entries, and the writer must not be used again.
  std::uint64_t append(std::span<const Draft> drafts, base::Time now);

  /// Hands the log over to `next`: appends `key.rotate` with its proof of possession, signed by the
  /// key in force, and a checkpoint, which both sign unless the log has a key of its own for that;
  /// from then on this writer signs with `next`.
  /// Durable on return, as the new public key is before. The caller has made the private key
  /// durable before, at next_key_path(), where other writers find it, and puts it in its place
  /// afterwards. Throws as append does.
  void rotate_key(SigningKey next, const std::string& reason, base::Time now);

  /// Keeps a copy of the newest checkpoint as checkpoints/SIZE.ckpt. Durable on return, which is of
  /// that size.
  std::uint64_t freeze_checkpoint();

  [[nodiscard]] const Position& position() const;
  /// The key in force. As facts(), valid until the next call that appends.
  [[nodiscard]] const VerifierKey& key() const;
  /// As of the last append or construction, the entries of other processes up to then included.
  [[nodiscard]] const LogFacts& facts() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace expunge::audit
