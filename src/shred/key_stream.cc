#include <openssl/evp.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/sha256.h"
#include "shred/destroy.h"

namespace expunge::shred {
namespace {

constexpr std::size_t kCipherBlockBytes = 16;

const EVP_CIPHER* cipher() {
  // Fetched once: EVP_aes_256_ctr() would fetch at every use and serialise the threads.
  static const EVP_CIPHER* const kCipher = EVP_CIPHER_fetch(nullptr, "AES-256-CTR", nullptr);
  EXPUNGE_ASSERT(kCipher != nullptr);
  return kCipher;
}

void put_big_endian(std::uint8_t* out, std::uint64_t value) {
  for (int i = 7; i >= 0; --i, value >>= 8) out[i] = static_cast<std::uint8_t>(value);
}

}  // namespace

StreamKey new_stream_key() {
  StreamKey key{};
  base::fill_random(std::as_writable_bytes(std::span(key)));
  return key;
}

KeyStream::KeyStream(const StreamKey& key, std::uint32_t file_number)
    : context_(EVP_CIPHER_CTX_new()), file_number_(file_number) {
  EXPUNGE_ASSERT(context_ != nullptr);
  const int ok = EVP_EncryptInit_ex2(context_, cipher(), key.data(), nullptr, nullptr);
  EXPUNGE_ASSERT(ok == 1);
}

KeyStream::~KeyStream() {
  EVP_CIPHER_CTX_free(context_);
}

void KeyStream::fill(std::span<std::byte> out, std::uint64_t offset_bytes) {
  EXPUNGE_ASSERT(offset_bytes % kCipherBlockBytes == 0);
  std::uint8_t counter[kCipherBlockBytes];
  put_big_endian(counter, file_number_);
  put_big_endian(counter + 8, offset_bytes / kCipherBlockBytes);
  int ok = EVP_EncryptInit_ex2(context_, nullptr, nullptr, counter, nullptr);
  EXPUNGE_ASSERT(ok == 1);
  // The stream is what zeros become; the counter runs on over the calls.
  std::memset(out.data(), 0, out.size());
  constexpr std::size_t kMaxCallBytes = 1 << 30;
  while (!out.empty()) {
    const std::size_t bytes = std::min(out.size(), kMaxCallBytes);
    auto* const data = reinterpret_cast<std::uint8_t*>(out.data());
    int put = 0;
    ok = EVP_EncryptUpdate(context_, data, &put, data, static_cast<int>(bytes));
    EXPUNGE_ASSERT(ok == 1 && static_cast<std::size_t>(put) == bytes);
    out = out.subspan(bytes);
  }
}

}  // namespace expunge::shred
