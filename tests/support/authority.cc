#include "support/authority.h"

#include <stdexcept>

#include "support/program.h"

namespace expunge::test {
namespace {

constexpr const char* kAuthorityConfig = R"([ca]
default_ca = all
[all]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
[any]
organizationName = optional
commonName = supplied
[tsa]
default_tsa = stamps
[stamps]
serial = stamps
certs = root.pem
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
)";

/// One element in DER, of less than 64 KiB.
std::string der(char tag, const std::string& content) {
  std::string head(1, tag);
  if (content.size() < 128) return head + static_cast<char>(content.size()) + content;
  head += '\x82';
  head += static_cast<char>(content.size() >> 8);
  return head + static_cast<char>(content.size() & 0xff) + content;
}

}  // namespace

Authority::Authority() {
  spill(scratch_ / "config", kAuthorityConfig);
  spill(scratch_ / "index", "");
  spill(scratch_ / "serial", "01\n");
  spill(scratch_ / "stamps", "01\n");
  spill(scratch_ / "extensions", "basicConstraints = critical, CA:true\n");
  openssl("ecparam -name prime256v1 -genkey -noout -out root.key");
  openssl("req -config /dev/null -new -key root.key -out request.pem -subj /O=Example/CN=Root");
  openssl(
      "ca -config config -batch -notext -selfsign -keyfile root.key -in request.pem -out root.pem "
      "-startdate 20150101000000Z -enddate 20990101000000Z -extfile extensions");
  issue("tsa", kStamping);
}

void Authority::openssl(const std::string& words) const {
  const Ended ended =
      run_program({"sh", "-c", "cd \"$0\" && openssl " + words, scratch_.path().string()});
  if (ended.status != 0) throw std::runtime_error("openssl " + words + ": " + ended.err);
}

std::string Authority::certificate(const std::string& name) const {
  return scratch_ / (name + ".pem");
}

void Authority::issue(const std::string& name, const std::string& extensions,
                      const std::string& issuer, const std::string& from,
                      const std::string& to) const {
  spill(scratch_ / "extensions", "subjectKeyIdentifier = hash\n" + extensions + "\n");
  openssl("ecparam -name prime256v1 -genkey -noout -out " + name + ".key");
  openssl("req -config /dev/null -new -key " + name +
          ".key -out request.pem -subj '/O=Example/CN=" + name + "'");
  openssl("ca -config config -batch -notext -in request.pem -out " + name + ".pem -cert " + issuer +
          ".pem -keyfile " + issuer + ".key -startdate " + from + " -enddate " + to +
          " -extfile extensions");
}

std::string Authority::answer(const std::string& request, const std::string& signer) const {
  spill(scratch_ / "query.tsq", request);
  openssl("ts -reply -config config -queryfile query.tsq -signer " + signer + ".pem -inkey " +
          signer + ".key -out answer.tsr");
  return slurp(scratch_ / "answer.tsr");
}

std::string Authority::sign_again(const std::string& answer, const std::string& signer,
                                  const std::string& time) const {
  spill(scratch_ / "answer.tsr", answer);
  openssl("ts -reply -config config -in answer.tsr -token_out -out token.der");
  openssl("cms -verify -noverify -inform DER -in token.der -out info.der");
  std::string info = slurp(scratch_ / "info.der");
  if (!time.empty()) {
    const auto at = info.find(std::string("\x18\x0f", 2));  // a GeneralizedTime of 15 bytes
    if (at == std::string::npos || time.size() != 15) throw std::runtime_error("no time found");
    info.replace(at + 2, time.size(), time);
  }
  spill(scratch_ / "info.der", info);
  openssl(
      "cms -sign -binary -nodetach -nosmimecap -in info.der -outform DER -md sha256 -cades "
      "-econtent_type 1.2.840.113549.1.9.16.1.4 -signer " +
      signer + ".pem -inkey " + signer + ".key -out token.der");
  return der('\x30', der('\x30', std::string("\x02\x01\x00", 3)) + slurp(scratch_ / "token.der"));
}

std::string Authority::request(const std::string& data, const std::string& algorithm) const {
  spill(scratch_ / "data", data);
  openssl("ts -query -data data -" + algorithm + " -cert -out query.tsq");
  return slurp(scratch_ / "query.tsq");
}

}  // namespace expunge::test
