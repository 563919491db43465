#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "audit/secret.h"
#include "base/sys.h"

struct evp_pkey_st;

namespace expunge::audit {

using Signature = std::array<std::uint8_t, 64>;
using PublicKeyBytes = std::array<std::uint8_t, 32>;

struct PkeyFree {
  void operator()(evp_pkey_st* key) const noexcept;
};
using Pkey = std::unique_ptr<evp_pkey_st, PkeyFree>;

/// An Ed25519 public key (RFC 8032) under the name of the log that it signs.
class VerifierKey {
 public:
  /// nullopt when `pem` is not one Ed25519 public key in SubjectPublicKeyInfo PEM (RFC 8410).
  [[nodiscard]] static std::optional<VerifierKey> from_pem(const std::string& origin,
                                                           std::string_view pem);
  /// From `origin+keyid+base64(01 ‖ key)` (C2SP signed-note); nullopt when malformed, not
  /// canonical, or the key id does not match.
  [[nodiscard]] static std::optional<VerifierKey> from_vkey(std::string_view vkey);

  [[nodiscard]] const std::string& origin() const { return origin_; }
  /// First 4 bytes of SHA-256(origin ‖ 0A ‖ 01 ‖ key).
  [[nodiscard]] const std::array<std::uint8_t, 4>& id() const { return id_; }
  [[nodiscard]] std::string id_hex() const;
  [[nodiscard]] std::string vkey() const;
  [[nodiscard]] std::string to_pem() const;
  /// Thread-safe.
  [[nodiscard]] bool verifies(std::string_view message, const Signature& signature) const;

 private:
  friend class SigningKey;
  VerifierKey(std::string origin, const PublicKeyBytes& bytes);

  std::string origin_;
  PublicKeyBytes bytes_;
  std::array<std::uint8_t, 4> id_;
  std::shared_ptr<evp_pkey_st> key_;
};

/// The passphrase of encrypted keys: the first line of the file, without its end; empty when no
/// file is named. Throws Failure(usage) naming the file: when it cannot be read, is empty, or
/// others than its owner may read it.
[[nodiscard]] Secret read_passphrase(base::Sys& sys, const std::string& path);

/// An Ed25519 private key under the name of its log.
class SigningKey {
 public:
  [[nodiscard]] static SigningKey generate(const std::string& origin);
  [[nodiscard]] static SigningKey from_seed(const std::string& origin,
                                            std::span<const std::uint8_t, 32> seed);
  /// Reads a PKCS#8 PEM, which is encrypted if and only if there is a passphrase. Throws
  /// Failure(usage) naming the file: when it cannot be read or opened, is no Ed25519 key, or others
  /// than its owner may read it (as ssh does).
  [[nodiscard]] static SigningKey from_file(base::Sys& sys, const std::string& origin,
                                            const std::string& path,
                                            const Secret& passphrase = Secret());

  [[nodiscard]] const VerifierKey& verifier() const { return verifier_; }
  /// PKCS#8; encrypted (PBES2, AES-256-CBC) if there is a passphrase.
  [[nodiscard]] Secret to_pem(const Secret& passphrase = Secret()) const;
  /// Thread-safe.
  [[nodiscard]] Signature sign(std::string_view message) const;

 private:
  SigningKey(const std::string& origin, Pkey key);

  Pkey key_;
  VerifierKey verifier_;
};

}  // namespace expunge::audit
