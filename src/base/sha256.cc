#include "base/sha256.h"

#include <openssl/evp.h>
#include <sys/random.h>

#include <cerrno>

#include "base/error.h"

namespace expunge::base {
namespace {

const EVP_MD* algorithm() {
  // Fetched once: EVP_sha256() would fetch at every use and serialise the threads.
  static const EVP_MD* const kMd = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EXPUNGE_ASSERT(kMd != nullptr);
  return kMd;
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  EXPUNGE_ASSERT(context_ != nullptr);
  const int ok = EVP_DigestInit_ex2(context_, algorithm(), nullptr);
  EXPUNGE_ASSERT(ok == 1);
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(context_);
}

Sha256& Sha256::update(std::span<const std::byte> data) {
  const int ok = EVP_DigestUpdate(context_, data.data(), data.size());
  EXPUNGE_ASSERT(ok == 1);
  return *this;
}

Sha256& Sha256::update(std::string_view text) {
  return update(std::as_bytes(std::span(text.data(), text.size())));
}

Digest Sha256::finish() {
  Digest digest;
  int ok = EVP_DigestFinal_ex(context_, digest.data(), nullptr);
  EXPUNGE_ASSERT(ok == 1);
  ok = EVP_DigestInit_ex2(context_, nullptr, nullptr);
  EXPUNGE_ASSERT(ok == 1);
  return digest;
}

Digest sha256(std::string_view text) {
  return Sha256().update(text).finish();
}

void fill_random(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail_errno(ExitStatus::needs_person, "the kernel's random numbers", errno);
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace expunge::base
