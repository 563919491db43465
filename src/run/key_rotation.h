#pragma once

#include <optional>
#include <string>

#include "audit/log.h"
#include "audit/secret.h"
#include "base/sys.h"
#include "base/time.h"
#include "shred/target.h"

namespace expunge::run {

/// Whether something stands where a next key would: a rotation was interrupted, or one is on.
[[nodiscard]] bool is_next_key_there(base::Sys& sys, const audit::KeyFiles& keys);

struct Rotated {
  std::string old_id, new_id;
  /// Why the old private key may still be somewhere, and what to do; unset: it was overwritten
  /// where it lay, flushed, read back from the device, and removed.
  std::optional<std::string> doubt;
};

/// Changes the key that signs entries. Requires run.lock. The order is one that a crash at any call
/// leaves something of which settle() knows what it is:
///
/// 1. the next key, durable beside the one in force (next_key_path());
/// 2. `key.rotate`, durable, and a checkpoint: from here on the next key is in force;
/// 3. both files change names, in one step;
/// 4. the old key, under the name of a next one, is destroyed as a recording is.
class KeyRotation {
 public:
  /// Opens the key's directory, asks its file system what it can promise, and reads the passphrase,
  /// so that the rest works in a confined process too. Throws Failure(usage) naming the file: also
  /// when the key is a symbolic link, which could not change names with a file beside it.
  KeyRotation(base::Sys& sys, audit::KeyFiles keys, std::string origin);

  /// Finishes a rotation that was interrupted, or takes it back if the log does not know of it:
  /// a key that is not in force is destroyed. Durable on return. What cannot be done is what it
  /// returns, with what to do; until it is, no key is rotated.
  [[nodiscard]] std::optional<std::string> settle(const audit::LogWriter& log);

  /// Makes a new key, hands the log over to it, and destroys the old one. `reason` goes into the
  /// log. Durable on return. Throws Failure(needs_person) when a write fails, and Failure(usage)
  /// when a next key stands there that settle() could not destroy.
  [[nodiscard]] Rotated rotate(audit::LogWriter& log, const std::string& reason, base::Time now);

 private:
  [[nodiscard]] std::string key_id_at(const std::string& path) const;
  void make_next_key(const audit::Secret& pem) const;
  [[nodiscard]] std::optional<std::string> put_in_place() const;
  [[nodiscard]] std::optional<std::string> destroy_next() const;

  base::Sys& sys_;
  audit::KeyFiles keys_;
  std::string origin_;
  audit::Secret passphrase_;
  shred::ArchiveRoot directory_;
  std::string name_, next_name_;
};

}  // namespace expunge::run
