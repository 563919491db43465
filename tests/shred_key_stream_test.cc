#include <cstdio>
#include <cstring>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "shred/destroy.h"
#include "support/catch.h"
#include "support/scratch.h"

using namespace expunge;
using namespace expunge::shred;

namespace {

StreamKey counting_key() {
  StreamKey key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  return key;
}

std::string hex(std::span<const std::byte> bytes) {
  return base::to_hex(std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
}

std::string stream(std::uint32_t number, std::uint64_t offset_bytes, std::size_t bytes) {
  std::vector<std::byte> out(bytes, std::byte{0x5a});
  KeyStream(counting_key(), number).fill(out, offset_bytes);
  return hex(out);
}

/// What the openssl command makes of zeros.
std::string openssl(const std::string& counter, std::size_t bytes) {
  const std::string command = "head -c " + std::to_string(bytes) +
                              " /dev/zero | openssl enc -aes-256-ctr -nosalt -K " +
                              base::to_hex(counting_key()) + " -iv " + counter;
  FILE* const pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::vector<std::byte> out(bytes);
  const std::size_t got = std::fread(out.data(), 1, bytes, pipe);
  REQUIRE(::pclose(pipe) == 0);
  REQUIRE(got == bytes);
  return hex(out);
}

}  // namespace

TEST_CASE("The key stream is AES-256-CTR as the openssl command has it") {
  CHECK(stream(0, 0, 4096) == openssl("00000000000000000000000000000000", 4096));
  CHECK(stream(7, 0, 1000) == openssl("00000000000000070000000000000000", 1000));
  CHECK(stream(0xffffffff, 0, 64) == openssl("00000000ffffffff0000000000000000", 64));
  CHECK(stream(1, 1 << 20, 4096) == openssl("00000000000000010000000000010000", 4096));
  CHECK(stream(1, std::uint64_t{5} << 40, 64) == openssl("00000000000000010000005000000000", 64));
}

TEST_CASE("The key stream agrees with a vector that needs no program to check") {
  // AES-256 of a zero block under 000102…1f.
  CHECK(stream(0, 0, 16) == "f29000b62a499fd0a9f39a6add2e7780");
}

TEST_CASE("The stream at a place does not depend on how it is reached") {
  const std::string whole = stream(3, 0, 8192);
  CHECK(stream(3, 4096, 4096) == whole.substr(8192));
  CHECK(stream(3, 16, 17) == whole.substr(32, 34));
  std::vector<std::byte> out(4096);
  KeyStream reused(counting_key(), 3);
  reused.fill(out, 4096);
  reused.fill(out, 0);
  CHECK(hex(out) == whole.substr(0, 8192));
  CHECK(stream(4, 0, 8192) != whole);
}

TEST_CASE("Every batch has a key of its own") {
  std::set<StreamKey> keys;
  for (int i = 0; i < 100; ++i) CHECK(keys.insert(new_stream_key()).second);
}
