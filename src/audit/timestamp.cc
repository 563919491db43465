#include "audit/timestamp.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/rand.h>
#include <openssl/ts.h>
#include <openssl/x509.h>

#include <algorithm>
#include <ctime>
#include <optional>

#include "audit/bio.h"
#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/time.h"

namespace expunge::audit {
namespace {

using base::ExitStatus;
using base::Failure;

/// One of OpenSSL's free functions as a deleter.
template <auto free_function>
struct Free {
  template <typename T>
  void operator()(T* object) const noexcept {
    free_function(object);
  }
};
using Store = std::unique_ptr<X509_STORE, Free<X509_STORE_free>>;
using Check = std::unique_ptr<TS_VERIFY_CTX, Free<TS_VERIFY_CTX_free>>;
using Response = std::unique_ptr<TS_RESP, Free<TS_RESP_free>>;

/// The certificates in a stack are counted there too.
struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const noexcept { sk_X509_pop_free(stack, X509_free); }
};
using Stack = std::unique_ptr<STACK_OF(X509), FreeStack>;

// Before OpenSSL 3.4 the same under other names.
#if OPENSSL_VERSION_NUMBER < 0x30400000L
void hand_over(TS_VERIFY_CTX* check, Store store, Stack untrusted) {
  TS_VERIFY_CTX_set_store(check, store.release());
  TS_VERIFY_CTX_set_certs(check, untrusted.release());
}
#else
void hand_over(TS_VERIFY_CTX* check, Store store, Stack untrusted) {
  TS_VERIFY_CTX_set0_store(check, store.release());
  TS_VERIFY_CTX_set0_certs(check, untrusted.release());
}
#endif

/// Every certificate of a PEM file; other things in it are passed over, as OpenSSL does.
std::vector<std::shared_ptr<X509>> read_certificates(const std::string& name,
                                                     std::string_view pem) {
  const Bio bio = bio_over(pem);
  std::vector<std::shared_ptr<X509>> certificates;
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  while (X509* const each = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr)) {
    certificates.emplace_back(each, X509_free);
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) {
    throw Failure(ExitStatus::usage,
                  base::printable(name) + ": holds a certificate that is broken");
  }
  if (certificates.empty()) {
    throw Failure(ExitStatus::usage, base::printable(name) + ": holds no certificate in PEM");
  }
  return certificates;
}

/// Why OpenSSL refused a signature, in its words: for a certificate, what is wrong with that.
std::string take_reason() {
  std::string reason = "no reason is known";
  std::string of_certificate;
  const char* data = nullptr;
  int flags = 0;
  while (const auto code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) {
    const char* const words = ERR_reason_error_string(code);
    if (words != nullptr) reason = words;
    if (ERR_GET_LIB(code) == ERR_LIB_TS && (flags & ERR_TXT_STRING) != 0 &&
        ERR_GET_REASON(code) == TS_R_CERTIFICATE_VERIFY_ERROR) {
      of_certificate = data;
    }
  }
  const auto colon = of_certificate.find(':');
  if (colon == std::string::npos) return reason;
  return "certificate refused: " + of_certificate.substr(colon + 1);
}

std::string subject_of(X509* certificate) {
  const Bio bio = new_bio();
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0,
                     XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
  return contents_of(bio);
}

Stack stack_of(const std::vector<std::shared_ptr<X509>>& certificates) {
  Stack stack(sk_X509_new_null());
  EXPUNGE_ASSERT(stack != nullptr);
  for (const auto& each : certificates) {
    X509_up_ref(each.get());
    const int count = sk_X509_push(stack.get(), each.get());
    EXPUNGE_ASSERT(count > 0);
  }
  return stack;
}

std::optional<std::chrono::sys_seconds> read_time(const ASN1_GENERALIZEDTIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return std::chrono::sys_seconds{std::chrono::seconds{::timegm(&parts)}};
}

}  // namespace

/// A response, taken apart.
class TimeStamp {
 public:
  TimeStamp(std::string name, std::string_view der) : name_(std::move(name)) {
    if (der.size() > kTimestampLimitBytes) {
      refuse("expected at most " + std::to_string(kTimestampLimitBytes) +
             " bytes, found more of them");
    }
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const unsigned char* const end = at + der.size();
    response_.reset(d2i_TS_RESP(nullptr, &at, static_cast<long>(der.size())));
    ERR_clear_error();
    if (response_ == nullptr) refuse("expected a time stamp response in DER, found something else");
    if (at != end) refuse("expected the response's end, found more bytes");
    require_granted();
    info_ = TS_RESP_get_tst_info(response_.get());
    if (info_ == nullptr) refuse("expected a time stamp, found none");
    const auto time = read_time(TS_TST_INFO_get_time(info_));
    if (!time) refuse("expected a time, found something else");
    time_ = *time;
  }

  [[nodiscard]] std::chrono::sys_seconds time() const { return time_; }

  [[noreturn]] void refuse(const std::string& fault) const {
    throw Failure(ExitStatus::log_untrusted, base::printable(name_) + ": " + fault);
  }

  /// Refuses another algorithm than SHA-256.
  [[nodiscard]] base::Digest imprint() const {
    TS_MSG_IMPRINT* const imprint = TS_TST_INFO_get_msg_imprint(info_);
    const ASN1_OBJECT* algorithm = nullptr;
    X509_ALGOR_get0(&algorithm, nullptr, nullptr, TS_MSG_IMPRINT_get_algo(imprint));
    if (OBJ_obj2nid(algorithm) != NID_sha256) {
      char name[80];
      OBJ_obj2txt(name, sizeof name, algorithm, 0);
      refuse("expected an imprint by SHA-256, found one by " + base::printable(name));
    }
    const ASN1_OCTET_STRING* const octets = TS_MSG_IMPRINT_get_msg(imprint);
    base::Digest digest;
    if (static_cast<std::size_t>(ASN1_STRING_length(octets)) != digest.size()) {
      refuse("expected an imprint of 32 bytes, found another length");
    }
    std::copy_n(ASN1_STRING_get0_data(octets), digest.size(), digest.begin());
    return digest;
  }

  /// The subject of the certificate by which it is signed. Refuses what is not signed as it must
  /// be. An authority's certificate may have run out since: what counts is when it signed.
  [[nodiscard]] std::string verify(const TimestampTrust& trust) const {
    Store store(X509_STORE_new());
    const Check check(TS_VERIFY_CTX_new());
    EXPUNGE_ASSERT(store != nullptr && check != nullptr);
    for (const auto& root : trust.roots_) {
      const int added = X509_STORE_add_cert(store.get(), root.get());
      EXPUNGE_ASSERT(added == 1);
    }
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store.get()),
                               time_.time_since_epoch().count());
    TS_VERIFY_CTX_set_flags(check.get(), TS_VFY_VERSION | TS_VFY_SIGNER | TS_VFY_SIGNATURE);
    hand_over(check.get(), std::move(store), stack_of(trust.untrusted_));
    ERR_clear_error();
    if (TS_RESP_verify_response(check.get(), response_.get()) != 1) {
      refuse("expected a signature by an authority under " + base::printable(trust.name_) +
             " that was good at " + base::to_text(time_) + ", found none: " + take_reason());
    }
    return signer(trust);
  }

 private:
  void require_granted() const {
    TS_STATUS_INFO* const status = TS_RESP_get_status_info(response_.get());
    const long code = ASN1_INTEGER_get(TS_STATUS_INFO_get0_status(status));
    if (code == TS_STATUS_GRANTED || code == TS_STATUS_GRANTED_WITH_MODS) return;
    const Bio bio = new_bio();
    TS_STATUS_INFO_print_bio(bio.get(), status);
    std::string words = contents_of(bio);
    while (words.ends_with('\n')) words.pop_back();
    for (std::size_t at = 0; (at = words.find('\n', at)) != std::string::npos;) {
      words.replace(at, 1, "; ");
    }
    refuse("the authority did not grant a time stamp: " + base::printable(words, 500));
  }

  /// Of a response whose signature is good.
  [[nodiscard]] std::string signer(const TimestampTrust& trust) const {
    const Stack more = stack_of(trust.untrusted_);
    STACK_OF(X509)* const signers =
        PKCS7_get0_signers(TS_RESP_get_token(response_.get()), more.get(), 0);
    EXPUNGE_ASSERT(signers != nullptr && sk_X509_num(signers) == 1);
    std::string subject = subject_of(sk_X509_value(signers, 0));
    sk_X509_free(signers);
    return subject;
  }

  std::string name_;
  Response response_;
  TS_TST_INFO* info_ = nullptr;  ///< the response's own
  std::chrono::sys_seconds time_;
};

std::string timestamp_request(std::string_view checkpoint) {
  const std::unique_ptr<TS_REQ, Free<TS_REQ_free>> request(TS_REQ_new());
  const std::unique_ptr<TS_MSG_IMPRINT, Free<TS_MSG_IMPRINT_free>> imprint(TS_MSG_IMPRINT_new());
  const std::unique_ptr<X509_ALGOR, Free<X509_ALGOR_free>> algorithm(X509_ALGOR_new());
  const std::unique_ptr<ASN1_INTEGER, Free<ASN1_INTEGER_free>> nonce(ASN1_INTEGER_new());
  EXPUNGE_ASSERT(request != nullptr && imprint != nullptr && algorithm != nullptr &&
                 nonce != nullptr);
  base::Digest digest = base::sha256(checkpoint);
  std::uint64_t random = 0;
  bool ok = RAND_bytes(reinterpret_cast<unsigned char*>(&random), sizeof random) == 1;
  ok = ok && X509_ALGOR_set0(algorithm.get(), OBJ_nid2obj(NID_sha256), V_ASN1_NULL, nullptr) == 1;
  ok = ok && TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get()) == 1;
  ok = ok &&
       TS_MSG_IMPRINT_set_msg(imprint.get(), digest.data(), static_cast<int>(digest.size())) == 1;
  ok = ok && TS_REQ_set_version(request.get(), 1) == 1;
  ok = ok && TS_REQ_set_msg_imprint(request.get(), imprint.get()) == 1;
  ok = ok && ASN1_INTEGER_set_uint64(nonce.get(), random) == 1;
  ok = ok && TS_REQ_set_nonce(request.get(), nonce.get()) == 1;
  ok = ok && TS_REQ_set_cert_req(request.get(), 1) == 1;
  unsigned char* der = nullptr;
  const int length = ok ? i2d_TS_REQ(request.get(), &der) : -1;
  if (length <= 0) {
    throw Failure(ExitStatus::needs_person, "OpenSSL could not make a time stamp request");
  }
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return text;
}

TimestampTrust::TimestampTrust(const std::string& name, std::string_view pem)
    : name_(name), roots_(read_certificates(name, pem)) {}

void TimestampTrust::add_untrusted(const std::string& name, std::string_view pem) {
  for (auto& each : read_certificates(name, pem)) untrusted_.push_back(std::move(each));
}

CheckedStamp check_timestamp(const std::string& name, std::string_view der,
                             std::span<const std::string> checkpoints,
                             const TimestampTrust* trust) {
  EXPUNGE_ASSERT(!checkpoints.empty());
  const TimeStamp stamp(name, der);
  const base::Digest imprint = stamp.imprint();
  const auto over =
      std::find_if(checkpoints.begin(), checkpoints.end(),
                   [&](const std::string& each) { return base::sha256(each) == imprint; });
  if (over == checkpoints.end()) {
    stamp.refuse("expected a time stamp over " +
                 std::string(checkpoints.size() == 1
                                 ? "the checkpoint, SHA-256 " +
                                       base::to_hex(base::sha256(checkpoints.front()))
                                 : "one of the checkpoints") +
                 ", found one over something else, SHA-256 " + base::to_hex(imprint));
  }
  CheckedStamp checked{name, stamp.time()};
  if (trust != nullptr) checked.authority = stamp.verify(*trust);
  checked.over = static_cast<std::size_t>(over - checkpoints.begin());
  return checked;
}

}  // namespace expunge::audit
