// Keys as files and as lines: public PEM, verifier keys, private PEM.

#include <algorithm>

#include "audit/keys.h"
#include "audit/note.h"
#include "base/error.h"
#include "fuzz/support/input.h"
#include "fuzz/support/memory_sys.h"

using namespace expunge;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string origin = "expunge.example.org/destruction-log";
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto key = audit::VerifierKey::from_vkey(text)) {
    EXPUNGE_ASSERT(audit::is_origin(key->origin()));
    EXPUNGE_ASSERT(key->vkey() == text);
    const auto again = audit::VerifierKey::from_pem(key->origin(), key->to_pem());
    EXPUNGE_ASSERT(again && again->vkey() == text);
  }
  if (const auto key = audit::VerifierKey::from_pem(origin, text)) {
    const auto again = audit::VerifierKey::from_vkey(key->vkey());
    EXPUNGE_ASSERT(again && again->to_pem() == key->to_pem());
    EXPUNGE_ASSERT(!key->verifies("message", audit::Signature{}));
  }
  fuzz::MemorySys sys;
  sys.put("/key", text);
  try {
    const auto key = audit::SigningKey::from_file(sys, origin, "/key");
    EXPUNGE_ASSERT(key.verifier().verifies("message", key.sign("message")));
    sys.put("/again", key.to_pem().text());
    const auto again = audit::SigningKey::from_file(sys, origin, "/again");
    EXPUNGE_ASSERT(again.verifier().vkey() == key.verifier().vkey());
  } catch (const base::Failure& failure) {
    EXPUNGE_ASSERT(failure.status() == base::ExitStatus::usage);
    // Nothing of a private key is ever in a message.
    const std::string_view message = failure.what();
    EXPUNGE_ASSERT(message == "/key: not an Ed25519 private key in PKCS#8 PEM" ||
                   message.starts_with("/key: is encrypted; name "));
  }
  return 0;
}
