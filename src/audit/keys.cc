#include "audit/keys.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "audit/base64.h"
#include "audit/bio.h"
#include "audit/key_files.h"
#include "audit/note.h"
#include "base/error.h"
#include "base/io.h"
#include "base/sha256.h"
#include "base/text.h"

namespace expunge::audit {
namespace {

using base::ExitStatus;
using base::Failure;

constexpr std::uint8_t kEd25519 = 1;  // C2SP signed-note, signature types
constexpr std::size_t kKeyFileLimitBytes = std::size_t{16} << 10;

struct ContextFree {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, ContextFree>;

Context new_context() {
  Context context(EVP_MD_CTX_new());
  EXPUNGE_ASSERT(context != nullptr);
  return context;
}

PublicKeyBytes public_bytes(const EVP_PKEY* key) {
  PublicKeyBytes bytes;
  std::size_t length = bytes.size();
  const int ok = EVP_PKEY_get_raw_public_key(key, bytes.data(), &length);
  EXPUNGE_ASSERT(ok == 1 && length == bytes.size());
  return bytes;
}

/// Without it OpenSSL would ask at the terminal for the passphrase of an encrypted key.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

int give_passphrase(char* buffer, int size, int, void* passphrase) {
  const std::string& text = static_cast<const Secret*>(passphrase)->text();
  if (text.empty() || text.size() > static_cast<std::size_t>(size)) return -1;
  std::copy(text.begin(), text.end(), buffer);
  return static_cast<int>(text.size());
}

/// An unencrypted key and a passphrase do not go together: somebody put another key in its place.
Pkey private_from_pem(std::string_view pem, const Secret& passphrase) {
  const bool is_encrypted = pem.find("ENCRYPTED PRIVATE KEY") != std::string_view::npos;
  if (is_encrypted == passphrase.empty()) return nullptr;
  const Bio bio = bio_over(pem);
  Pkey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, give_passphrase,
                                   const_cast<Secret*>(&passphrase)));
  ERR_clear_error();
  if (key != nullptr && EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) return nullptr;
  return key;
}

void check_origin(const std::string& origin) {
  if (!is_origin(origin)) {
    throw Failure(ExitStatus::usage,
                  "log origin \"" + base::printable(origin) +
                      "\": must be 1 to 255 printable ASCII characters without space, plus, quote "
                      "or backslash, such as recordings.example.gov.uk/destruction-log");
  }
}

/// A small file that is its owner's alone, as ssh wants a key to be. `what` says what it is.
Secret read_secret(base::Sys& sys, const std::string& path, const char* what) {
  const base::Fd fd = base::open_or_fail(sys, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct statx status {};
  const int error = sys.statx(fd.get(), "", AT_EMPTY_PATH, STATX_BASIC_STATS, status);
  if (error != 0) base::fail_errno(ExitStatus::usage, path, -error);
  if (!S_ISREG(status.stx_mode) || status.stx_size > kKeyFileLimitBytes) {
    throw Failure(ExitStatus::usage, fmt::format("{}: not a {} file", path, what));
  }
  if ((status.stx_mode & 077) != 0) {
    throw Failure(ExitStatus::usage,
                  fmt::format("{0}: others than its owner may use this {1} (mode {2:04o}); run: "
                              "chmod 600 {0}",
                              path, what, status.stx_mode & 07777U));
  }
  Secret secret(std::string(status.stx_size, '\0'));
  const int unread =
      base::pread_exactly(sys, fd.get(), std::as_writable_bytes(std::span(secret.buffer())), 0);
  if (unread != 0) base::fail_errno(ExitStatus::usage, path, unread);
  return secret;
}

}  // namespace

void PkeyFree::operator()(evp_pkey_st* key) const noexcept {
  EVP_PKEY_free(key);
}

VerifierKey::VerifierKey(std::string origin, const PublicKeyBytes& bytes)
    : origin_(std::move(origin)),
      bytes_(bytes),
      key_(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes.data(), bytes.size()),
           PkeyFree()) {
  EXPUNGE_ASSERT(key_ != nullptr);
  base::Sha256 sha;
  sha.update(origin_).update("\n\x01").update(std::as_bytes(std::span(bytes_)));
  const base::Digest digest = sha.finish();
  std::copy_n(digest.begin(), id_.size(), id_.begin());
}

std::optional<VerifierKey> VerifierKey::from_pem(const std::string& origin, std::string_view pem) {
  if (!is_origin(origin)) return std::nullopt;
  const Bio bio = bio_over(pem);
  const Pkey key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr));
  const Pkey second(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (key == nullptr || second != nullptr) return std::nullopt;
  if (EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) return std::nullopt;
  return VerifierKey(origin, public_bytes(key.get()));
}

std::optional<VerifierKey> VerifierKey::from_vkey(std::string_view vkey) {
  const auto first = vkey.find('+');
  if (first == std::string_view::npos || vkey.size() < first + 10) return std::nullopt;
  if (vkey[first + 9] != '+' || !is_origin(vkey.substr(0, first))) return std::nullopt;
  const auto blob = from_base64(vkey.substr(first + 10));
  PublicKeyBytes bytes;
  if (!blob || blob->size() != 1 + bytes.size() || blob->front() != kEd25519) return std::nullopt;
  std::copy(blob->begin() + 1, blob->end(), bytes.begin());
  VerifierKey key(std::string(vkey.substr(0, first)), bytes);
  if (key.id_hex() != vkey.substr(first + 1, 8)) return std::nullopt;
  return key;
}

std::string VerifierKey::id_hex() const {
  return base::to_hex(id_);
}

std::string VerifierKey::vkey() const {
  std::vector<std::uint8_t> blob{kEd25519};
  blob.insert(blob.end(), bytes_.begin(), bytes_.end());
  return origin_ + "+" + id_hex() + "+" + to_base64(blob);
}

std::string VerifierKey::to_pem() const {
  const Bio bio = new_bio();
  const int ok = PEM_write_bio_PUBKEY(bio.get(), key_.get());
  EXPUNGE_ASSERT(ok == 1);
  return contents_of(bio);
}

bool VerifierKey::verifies(std::string_view message, const Signature& signature) const {
  const Context context = new_context();
  const int ready = EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get());
  EXPUNGE_ASSERT(ready == 1);
  const int ok =
      EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                       reinterpret_cast<const unsigned char*>(message.data()), message.size());
  if (ok != 1) ERR_clear_error();
  return ok == 1;
}

SigningKey::SigningKey(const std::string& origin, Pkey key)
    : key_(std::move(key)), verifier_(origin, public_bytes(key_.get())) {}

SigningKey SigningKey::generate(const std::string& origin) {
  check_origin(origin);
  Pkey key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  if (key == nullptr) {
    throw Failure(ExitStatus::needs_person, "OpenSSL could not generate an Ed25519 key");
  }
  return {origin, std::move(key)};
}

SigningKey SigningKey::from_seed(const std::string& origin,
                                 std::span<const std::uint8_t, 32> seed) {
  check_origin(origin);
  Pkey key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  EXPUNGE_ASSERT(key != nullptr);
  return {origin, std::move(key)};
}

SigningKey SigningKey::from_file(base::Sys& sys, const std::string& origin, const std::string& path,
                                 const Secret& passphrase) {
  check_origin(origin);
  const Secret pem = read_secret(sys, path, "key");
  Pkey key = private_from_pem(pem.text(), passphrase);
  if (key == nullptr) {
    const bool is_encrypted = pem.text().find("ENCRYPTED PRIVATE KEY") != std::string::npos;
    const char* const why =
        !is_encrypted && !passphrase.empty()
            ? "is no encrypted private key, although log.key-passphrase-file is set"
        : !is_encrypted      ? "not an Ed25519 private key in PKCS#8 PEM"
        : passphrase.empty() ? "is encrypted; name its passphrase's file as log.key-passphrase-file"
                             : "the passphrase does not open it";
    throw Failure(ExitStatus::usage, path + ": " + why);
  }
  return {origin, std::move(key)};
}

std::string next_key_path(const KeyFiles& files) {
  return files.entries + ".next";
}

std::vector<std::string> more_secrets(const KeyFiles& files) {
  std::vector<std::string> paths;
  for (const std::string& path : {files.checkpoints, files.passphrase_file}) {
    if (!path.empty()) paths.push_back(path);
  }
  return paths;
}

Secret read_passphrase(base::Sys& sys, const std::string& path) {
  if (path.empty()) return Secret();
  const Secret whole = read_secret(sys, path, "passphrase");
  Secret first(whole.text().substr(0, whole.text().find_first_of("\r\n")));
  if (first.empty()) throw Failure(ExitStatus::usage, path + ": its first line is empty");
  return first;
}

Secret SigningKey::to_pem(const Secret& passphrase) const {
  const Bio bio = new_secret_bio();
  const bool encrypts = !passphrase.empty();
  const int ok = PEM_write_bio_PKCS8PrivateKey(
      bio.get(), key_.get(), encrypts ? EVP_aes_256_cbc() : nullptr,
      encrypts ? passphrase.text().data() : nullptr,
      static_cast<int>(encrypts ? passphrase.text().size() : 0), nullptr, nullptr);
  EXPUNGE_ASSERT(ok == 1);
  return Secret(contents_of(bio));
}

Signature SigningKey::sign(std::string_view message) const {
  const Context context = new_context();
  const int ready = EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get());
  EXPUNGE_ASSERT(ready == 1);
  Signature signature;
  std::size_t length = signature.size();
  const int ok =
      EVP_DigestSign(context.get(), signature.data(), &length,
                     reinterpret_cast<const unsigned char*>(message.data()), message.size());
  EXPUNGE_ASSERT(ok == 1 && length == signature.size());
  return signature;
}

}  // namespace expunge::audit
