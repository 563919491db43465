// Time stamp responses, and the certificates by which they are judged.

#include <array>

#include "audit/timestamp.h"
#include "base/error.h"
#include "base/time.h"
#include "fuzz/support/input.h"

using namespace expunge;

namespace {

/// Its key is nowhere any more: it has signed for one authority, and that one a few stamps, which
/// are in the corpus.
constexpr const char* kRoot =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBZjCCAQugAwIBAgIBATAKBggqhkjOPQQDAjAhMRAwDgYDVQQKDAdFeGFtcGxl\n"
    "MQ0wCwYDVQQDDARSb290MCAXDTE1MDEwMTAwMDAwMFoYDzIwOTkwMTAxMDAwMDAw\n"
    "WjAhMRAwDgYDVQQKDAdFeGFtcGxlMQ0wCwYDVQQDDARSb290MFkwEwYHKoZIzj0C\n"
    "AQYIKoZIzj0DAQcDQgAEIgZMmPACIXAn6PvhJYWSbFbnDM3HwyvdRYly3JrTjaTS\n"
    "M3dSbTpT50NApAZ6DMByaVtdHPrIUPFBPZaCZCahTqMyMDAwDwYDVR0TAQH/BAUw\n"
    "AwEB/zAdBgNVHQ4EFgQUFq1DjYXTD3M4RhzW9ltlh3thSRYwCgYIKoZIzj0EAwID\n"
    "SQAwRgIhAJeruqmXLV6ft/sHmDo0n4JKLB1bVyINv7E2R7zsb+R7AiEA9P6Fc8tl\n"
    "i9U3o+bFYn6FyfDBEpY7iz3qNVRp8hRD9kA=\n"
    "-----END CERTIFICATE-----\n";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const audit::TimestampTrust kTrust("root", kRoot);
  const std::array<std::string, 1> checkpoints = {"a checkpoint"};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    static_cast<void>(audit::check_timestamp("a.tsr", text, checkpoints, nullptr));
    const auto stamp = audit::check_timestamp("a.tsr", text, checkpoints, &kTrust);
    // There is only one that is over this, whatever was done to what nobody signed.
    EXPUNGE_ASSERT(base::to_text(stamp.time) == "2026-11-29T09:29:30Z");
    EXPUNGE_ASSERT(stamp.authority == "CN=tsa,O=Example");
  } catch (const base::Failure& failure) {
    EXPUNGE_ASSERT(failure.status() == base::ExitStatus::log_untrusted);
    EXPUNGE_ASSERT(std::string_view(failure.what()).starts_with("a.tsr: "));
  }
  try {
    audit::TimestampTrust trust("ca.pem", text);
    trust.add_untrusted("more.pem", text);
  } catch (const base::Failure& failure) {
    EXPUNGE_ASSERT(failure.status() == base::ExitStatus::usage);
    EXPUNGE_ASSERT(std::string_view(failure.what()).starts_with("ca.pem: "));
  }
  return 0;
}
