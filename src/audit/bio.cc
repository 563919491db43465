#include "audit/bio.h"

#include <openssl/bio.h>

#include "base/error.h"

namespace expunge::audit {
namespace {

Bio made(BIO* raw) {
  EXPUNGE_ASSERT(raw != nullptr);
  return Bio(raw);
}

}  // namespace

void BioFree::operator()(bio_st* bio) const noexcept {
  BIO_free(bio);
}

Bio bio_over(std::string_view text) {
  return made(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Bio new_bio() {
  return made(BIO_new(BIO_s_mem()));
}

Bio new_secret_bio() {
  return made(BIO_new(BIO_s_secmem()));
}

std::string contents_of(const Bio& bio) {
  char* data = nullptr;
  const auto length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

}  // namespace expunge::audit
