#include "audit/keys.h"

#include <sys/stat.h>

#include <cstdlib>

#include "audit/base64.h"
#include "audit/line.h"
#include "audit/note.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/places.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;

namespace {

int run(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str());
}

}  // namespace

TEST_CASE("Base64 has one writing for each text") {
  const auto bytes = [](std::string_view text) {
    return std::vector<std::uint8_t>(text.begin(), text.end());
  };
  CHECK(to_base64(bytes("")).empty());
  CHECK(to_base64(bytes("f")) == "Zg==");
  CHECK(to_base64(bytes("foobar")) == "Zm9vYmFy");
  CHECK(from_base64("Zm8=") == bytes("fo"));
  CHECK(from_base64("")->empty());
  for (const char* bad : {"Zg", "Zg=", "Zh==", "Zm9=", "Zg==\n", " Zg==", "Zg== ", "Zm9v\n",
                          "====", "Z===", "Zm-v", "Zm_v", "Zg==Zg==", "Zm9vYg=", "\nZm9"}) {
    INFO(bad);
    CHECK_FALSE(from_base64(bad));
  }
}

TEST_CASE("A verifier key is read only in its one writing") {
  const std::string vkey = vector_key(1).verifier().vkey();
  REQUIRE(VerifierKey::from_vkey(vkey));
  for (std::size_t i = 0; i < vkey.size(); ++i) {
    for (const char flip : {'\x01', '\x20'}) {
      std::string changed = vkey;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      CHECK_FALSE(VerifierKey::from_vkey(changed));
    }
    CHECK_FALSE(VerifierKey::from_vkey(vkey.substr(0, i)));
  }
  CHECK_FALSE(VerifierKey::from_vkey(vkey + "\n"));
  const std::string pem = vector_key(1).verifier().to_pem();
  CHECK_FALSE(VerifierKey::from_pem(kVectorOrigin, pem + vector_key(2).verifier().to_pem()));
  CHECK_FALSE(VerifierKey::from_pem(kVectorOrigin, "-----BEGIN PUBLIC KEY-----"));
  CHECK_FALSE(VerifierKey::from_pem("with space", pem));
}

TEST_CASE("An origin has no space plus quote or backslash") {
  CHECK(is_origin("recordings.example.gov.uk/destruction-log"));
  for (const char* bad : {"", "a b", "a+b", "a\"b", "a\\b", "a\nb", "caf\u00e9", "a\x7f"}) {
    CHECK_FALSE(is_origin(bad));
    CHECK(failure_of([&] { static_cast<void>(SigningKey::generate(bad)); }) == 2);
  }
  CHECK_FALSE(is_origin(std::string(256, 'a')));
}

TEST_CASE("A private key is refused when others may read it or it is no Ed25519 key") {
  const Scratch scratch;
  auto& sys = base::real_sys();
  const std::string path = scratch / "log.key";
  const auto key = SigningKey::generate(kVectorOrigin);
  const auto load = [&] { return SigningKey::from_file(sys, kVectorOrigin, path); };
  const auto put = [&](const std::string& text, mode_t mode) {
    spill(path, text);
    REQUIRE(::chmod(path.c_str(), mode) == 0);
  };
  put(key.to_pem().text(), 0600);
  CHECK(load().verifier().vkey() == key.verifier().vkey());
  put(key.to_pem().text(), 0400);
  CHECK(load().verifier().vkey() == key.verifier().vkey());
  for (const mode_t mode : {0640U, 0604U, 0660U, 0610U}) {
    put(key.to_pem().text(), mode);
    CHECK(failure_of([&] { static_cast<void>(load()); }) == 2);
  }
  put("no key", 0600);
  CHECK(failure_of([&] { static_cast<void>(load()); }) == 2);
  put(key.verifier().to_pem(), 0600);
  CHECK(failure_of([&] { static_cast<void>(load()); }) == 2);
  CHECK(failure_of([&] {
          static_cast<void>(SigningKey::from_file(sys, kVectorOrigin, scratch / "none"));
        }) == 2);
  CHECK(failure_of([&] {
          static_cast<void>(SigningKey::from_file(sys, kVectorOrigin, scratch.path().string()));
        }) == 2);
  if (run("openssl version") != 0) return;
  REQUIRE(run("openssl genpkey -algorithm ed25519 -out '" + path + "'") == 0);
  REQUIRE(::chmod(path.c_str(), 0600) == 0);
  CHECK(failure_of([&] { static_cast<void>(load()); }) == -1);
  REQUIRE(run("openssl genpkey -algorithm ed25519 -aes256 -pass pass:x -out '" + path + "'") == 0);
  CHECK(failure_of([&] { static_cast<void>(load()); }) == 2);
  REQUIRE(run("openssl genpkey -algorithm x25519 -out '" + path + "'") == 0);
  CHECK(failure_of([&] { static_cast<void>(load()); }) == 2);
}

TEST_CASE("A stranger verifies a line with openssl and standard tools alone") {
  if (run("openssl version") != 0) SKIP_TEST("openssl is not installed");
  const Scratch scratch;
  const std::string data = test::kTestData + "/vectors/";
  // As expunge-log(5) tells it: the line without its last 98 bytes, and a closing brace.
  const auto check = [&](const std::string& line_number, const std::string& key) {
    const std::string in = "cd '" + scratch.path().string() + "' && ";
    return run(in + "sed -n " + line_number + "p '" + data +
               "rotate/log.jsonl' | tr -d '\\n' > line && "
               "{ head -c -98 line; printf '}'; } > M && "
               "tail -c 90 line | head -c 88 | base64 -d > sig && "
               "openssl pkeyutl -verify -rawin -pubin -inkey '" +
               data + "rotate/" + key + ".pub.pem' -in M -sigfile sig");
  };
  CHECK(check("4", "k1") == 0);
  CHECK(check("8", "k2") == 0);
  CHECK(check("8", "k1") != 0);

  // The same for a line that this build signs.
  const LogOnDisk log;
  auto writer = log.writer(base::real_sys());
  const auto draft = destroy_draft(1);
  writer.append({&draft, 1}, at("2026-01-02T02:00:03.000Z"));
  const std::string line = lines_of(log.text()).back();
  spill(scratch / "M", signed_bytes(line));
  const auto signature = parse_signature(take_apart(line).parts->signature).value();
  spill(scratch / "sig", std::string(signature.begin(), signature.end()));
  CHECK(run("openssl pkeyutl -verify -rawin -pubin -inkey '" + log.file("keys/900eecdc.pub.pem") +
            "' -in '" + (scratch / "M") + "' -sigfile '" + (scratch / "sig") + "'") == 0);
}
