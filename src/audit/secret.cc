#include "audit/secret.h"

#include <openssl/crypto.h>

namespace expunge::audit {

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    text_ = std::move(other.text_);
    other.wipe();
  }
  return *this;
}

void Secret::wipe() noexcept {
  // A short string lies in the object itself, and a moved-from one keeps what was there.
  text_.resize(text_.capacity());
  OPENSSL_cleanse(text_.data(), text_.size());
  text_.clear();
}

}  // namespace expunge::audit
