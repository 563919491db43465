#pragma once

#include <string>

#include "support/scratch.h"

namespace expunge::test {

/// A time stamping authority with a root certificate of its own, all by openssl(1).
class Authority {
 public:
  /// Makes the root, and the authority's own certificate `tsa` under it, good until 2099.
  Authority();

  /// A PEM file, of the root or one that was issued; `issuer` has signed it. Times as
  /// `20200101000000Z`.
  [[nodiscard]] std::string certificate(const std::string& name) const;
  void issue(const std::string& name, const std::string& extensions,
             const std::string& issuer = "root", const std::string& from = "20200101000000Z",
             const std::string& to = "20990101000000Z") const;

  /// The answer to a request, in DER: by `signer`, with the root beside its certificate.
  [[nodiscard]] std::string answer(const std::string& request,
                                   const std::string& signer = "tsa") const;
  /// What an answer says, with another time where one is given, signed once more by a certificate
  /// that openssl-ts(1) itself would perhaps not sign with.
  [[nodiscard]] std::string sign_again(const std::string& answer, const std::string& signer,
                                       const std::string& time = "") const;
  /// A request over `data`, by another algorithm perhaps.
  [[nodiscard]] std::string request(const std::string& data,
                                    const std::string& algorithm = "sha256") const;

  static constexpr const char* kStamping = "extendedKeyUsage = critical, timeStamping";

 private:
  /// Runs openssl(1) in the directory; throws with its message when it fails.
  void openssl(const std::string& words) const;

  Scratch scratch_;
};

}  // namespace expunge::test
