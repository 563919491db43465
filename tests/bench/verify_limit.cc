// How fast OpenSSL alone verifies on all processors: verify_limit LOG SECONDS. Prints signatures a
// second. The messages are as long as those of the log's entries, each signed by one key and read
// from memory; a context and EVP_DigestVerifyInit for each, as one must. For scripts/bench --log.
#include <openssl/evp.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMessages = 4096;
constexpr std::size_t kSignatureMemberBytes = 98;

struct Signed {
  std::string message;
  std::string signature;
};

std::vector<Signed> sign_lines(const std::string& path, EVP_PKEY* key) {
  std::ifstream in(path);
  std::vector<Signed> all;
  for (std::string line; all.size() < kMessages && std::getline(in, line);) {
    if (line.size() <= kSignatureMemberBytes) continue;
    Signed one{line.substr(0, line.size() - kSignatureMemberBytes) + "}", std::string(64, '\0')};
    std::size_t length = one.signature.size();
    EVP_MD_CTX* const context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key);
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(one.signature.data()), &length,
                   reinterpret_cast<const unsigned char*>(one.message.data()), one.message.size());
    EVP_MD_CTX_free(context);
    all.push_back(std::move(one));
  }
  if (all.empty()) throw std::runtime_error(path + ": no lines");
  return all;
}

bool verifies(const Signed& one, EVP_PKEY* key) {
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, key);
  const int ok = EVP_DigestVerify(
      context, reinterpret_cast<const unsigned char*>(one.signature.data()), one.signature.size(),
      reinterpret_cast<const unsigned char*>(one.message.data()), one.message.size());
  EVP_MD_CTX_free(context);
  return ok == 1;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::fputs("usage: verify_limit LOG SECONDS\n", stderr);
    return 2;
  }
  EVP_PKEY* const key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  const std::vector<Signed> all = sign_lines(argv[1], key);
  const auto wanted = std::chrono::duration<double>(std::stod(argv[2]));
  std::atomic<std::uint64_t> done{0};
  std::atomic<bool> failed{false};
  const auto began = Clock::now();
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < std::max(1U, std::thread::hardware_concurrency()); ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = t; Clock::now() - began < wanted; ++i) {
        if (!verifies(all[i % all.size()], key)) failed = true;
        ++done;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  EVP_PKEY_free(key);
  if (failed) throw std::runtime_error("a signature did not verify");
  std::printf("%.0f\n", static_cast<double>(done) / seconds);
  return 0;
} catch (const std::exception& failure) {
  std::fprintf(stderr, "verify_limit: %s\n", failure.what());
  return 1;
}
