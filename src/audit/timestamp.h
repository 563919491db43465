#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct x509_st;

// RFC 3161: what an authority outside says about when a checkpoint existed.
namespace expunge::audit {

/// The most that is read of a time stamp response.
inline constexpr std::uint64_t kTimestampLimitBytes = std::uint64_t{64} << 10;

/// A time stamp request in DER, over SHA-256 of all bytes of `checkpoint`; it asks for the
/// authority's certificate. Its nonce is random and kept nowhere: an answer is known by its
/// imprint.
[[nodiscard]] std::string timestamp_request(std::string_view checkpoint);

/// The certificates by which time stamps are judged.
class TimestampTrust {
 public:
  /// Roots in PEM, at least one. Throws Failure(usage) naming `name` when there is none, or
  /// something is wrong with one.
  TimestampTrust(const std::string& name, std::string_view pem);

  /// More certificates for the way from a root to an authority, trusted for nothing. Throws alike.
  void add_untrusted(const std::string& name, std::string_view pem);

 private:
  friend class TimeStamp;
  using Certificates = std::vector<std::shared_ptr<x509_st>>;

  std::string name_;
  Certificates roots_, untrusted_;
};

/// What one time stamp says.
struct CheckedStamp {
  std::string name;  ///< of its file
  std::chrono::sys_seconds time;
  std::string authority{};  ///< subject of the certificate that signed it; empty: not checked
  std::size_t over = 0;     ///< which of the checkpoints
};

/// Checks that `der`, a response called `name`, is granted and whole and over SHA-256 of one of
/// `checkpoints`; and, where there is a trust, that its signature is good, by a certificate for
/// time stamping alone that was valid at the time of the stamp, under one of the roots. Whether it
/// was revoked is not looked at. Throws Failure(log_untrusted) naming the response and what does
/// not hold.
[[nodiscard]] CheckedStamp check_timestamp(const std::string& name, std::string_view der,
                                           std::span<const std::string> checkpoints,
                                           const TimestampTrust* trust);

}  // namespace expunge::audit
