#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

struct evp_md_ctx_st;

namespace expunge::base {

using Digest = std::array<std::uint8_t, 32>;

/// SHA-256 (FIPS 180-4), streaming. One object may be reused for many messages, which is what
/// makes short ones fast: the algorithm is fetched once for the process and the context kept.
class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();

  Sha256& update(std::span<const std::byte> data);
  Sha256& update(std::string_view text);
  /// The digest of everything since construction or the last finish(); ready for the next message.
  [[nodiscard]] Digest finish();

 private:
  evp_md_ctx_st* context_;
};

[[nodiscard]] Digest sha256(std::string_view text);

/// Fills `out` from the kernel's generator. Throws Failure when it cannot.
void fill_random(std::span<std::byte> out);

}  // namespace expunge::base
