#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shred/refusal.h"
#include "shred/target.h"

struct evp_cipher_ctx_st;

namespace expunge::shred {

/// The AES-256-CTR key of one batch. With it, what was written can be regenerated, so noise can be
/// told from original block by block, also after a crash.
using StreamKey = std::array<std::uint8_t, 32>;

/// Makes a fresh key from the kernel's generator.
[[nodiscard]] StreamKey new_stream_key();

/// The noise for one file of a batch: the AES-256-CTR key stream of `key`, with the counter block
/// `file_number` (8 bytes, big-endian) then the block's index in the file (8 bytes, big-endian).
class KeyStream {
 public:
  KeyStream(const StreamKey& key, std::uint32_t file_number);
  KeyStream(const KeyStream&) = delete;
  KeyStream& operator=(const KeyStream&) = delete;
  ~KeyStream();

  /// Fills `out` with the stream from `offset_bytes`, a multiple of 16.
  void fill(std::span<std::byte> out, std::uint64_t offset_bytes);

 private:
  evp_cipher_ctx_st* context_;
  std::uint32_t file_number_;
};

/// Overwrites every byte up to `target.overwrite_bytes` with the stream (holes are left holes). The
/// file then holds noise or a mixture;
/// nothing is durable before flush(). open_elsewhere: somebody began to open it since, and it is
/// untouched. Thread-safe for different targets.
[[nodiscard]] std::optional<Refusal> overwrite(const ArchiveRoot& root, Target& target,
                                               KeyStream& stream);

/// Makes what overwrite() wrote durable on the device: all of it went past the page cache, so one
/// fdatasync per device, whose cache it flushes (syncfs alone does not on XFS). A refusal means
/// that nothing may be claimed of any of these files, now or by trying again: the kernel may have
/// marked the lost pages clean.
[[nodiscard]] std::optional<Refusal> flush(const ArchiveRoot& root,
                                           std::span<Target* const> targets);

/// Reads every byte back from the device, past the page cache, and compares it with the stream;
/// compares the physical ranges with those before. On nullopt the original is gone from where it
/// was. Thread-safe for different targets.
[[nodiscard]] std::optional<Refusal> read_back(const ArchiveRoot& root, Target& target,
                                               KeyStream& stream);

/// How much of a file an interrupted overwrite reached.
struct Survey {
  std::uint64_t noise_bytes = 0;     ///< equal to the key stream
  std::uint64_t original_bytes = 0;  ///< anything else
};

/// Tells noise from original, in units of `target.block_bytes` (a last partial block counts by its
/// bytes); holes count as neither. Reads from the device.
[[nodiscard]] std::variant<Survey, Refusal> survey(const ArchiveRoot& root, Target& target,
                                                   KeyStream& stream);

/// Writes the noise once more wherever it is read, and nothing anywhere else. An earlier run may
/// have failed to flush it: what the device then still shows may be in its cache alone, and a later
/// flush, though it succeeds, says nothing of it. Durable after flush().
[[nodiscard]] std::optional<Refusal> renew_noise(const ArchiveRoot& root, Target& target,
                                                 KeyStream& stream);

/// Is told of the names that remove_names() takes away, so that what they leave can be erased.
class Removal {
 public:
  Removal() = default;
  Removal(const Removal&) = delete;
  Removal& operator=(const Removal&) = delete;
  virtual ~Removal() = default;

  /// Before the first of a call's names goes from this directory.
  virtual void entering(int directory) = 0;
  /// Right after a name of so many bytes was unlinked there.
  virtual void unlinked(int directory, std::size_t name_bytes) = 0;
};

/// Removes the names of overwritten files, and of those that are only to be unlinked, each checked
/// against its descriptor first, directory by directory, which it then syncs. Returns, per target,
/// nullopt or why its name is still there. Durable on return. One that is to be unlinked may also
/// be refused as open_elsewhere or hard_link, when that came to be since it was opened, and as
/// missing, when somebody gave it another name.
[[nodiscard]] std::vector<std::optional<Refusal>> remove_names(const ArchiveRoot& root,
                                                               std::span<Target* const> targets,
                                                               Removal& removal);

/// Makes durable that nothing stands at these paths any more, where an interrupted run removed it.
/// Returns, per path, nullopt or why a power cut might bring it back.
[[nodiscard]] std::vector<std::optional<Refusal>> settle_removed(
    const ArchiveRoot& root, std::span<const std::string> paths);

/// The directory of a path beneath the root; empty for the root itself.
[[nodiscard]] std::string directory_of(std::string_view path);

}  // namespace expunge::shred
