#include "run/key_rotation.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>
#include <variant>

#include "audit/keys.h"
#include "base/error.h"
#include "base/io.h"
#include "base/path.h"
#include "shred/attributes.h"
#include "shred/destroy.h"
#include "shred/ground.h"

namespace expunge::run {
namespace {

using base::ExitStatus;
using base::Failure;

/// A key's name says nothing about anybody.
class NoNames final : public shred::Removal {
 public:
  void entering(int /*directory*/) override {}
  void unlinked(int /*directory*/, std::size_t /*name_bytes*/) override {}
};

std::string said(const std::string& path, const shred::Refusal& refusal) {
  return fmt::format("{}: a private key that is no longer in force could not be destroyed: {}{}{}",
                     path, shred::words(refusal.reason), refusal.detail.empty() ? "" : ": ",
                     refusal.detail);
}

/// Somebody who places a hold reads the key at the same time, and has done with it at once.
std::variant<shred::Target, shred::Refusal> open_patiently(const shred::ArchiveRoot& directory,
                                                           const std::string& name) {
  constexpr int kTries = 20;
  for (int tries = 1;; ++tries) {
    auto opened = shred::open_target(directory, {name, std::nullopt, std::nullopt},
                                     shred::Fingerprint::no, shred::Accept::unlinked);
    const auto* const refused = std::get_if<shred::Refusal>(&opened);
    if (refused == nullptr || refused->reason != shred::Reason::open_elsewhere) return opened;
    if (tries == kTries) return opened;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

std::optional<shred::Refusal> overwrite(const shred::ArchiveRoot& directory,
                                        shred::Target& target) {
  const shred::StreamKey key = shred::new_stream_key();
  std::array<shred::Target*, 1> targets = {&target};
  shred::KeyStream stream(key, 0);
  if (auto refused = shred::overwrite(directory, target, stream)) return refused;
  if (auto refused = shred::flush(directory, targets)) return refused;
  if (auto refused = shred::read_back(directory, target, stream)) return refused;
  shred::drop_attributes(directory.sys(), target.fd.get());
  return std::nullopt;
}

}  // namespace

bool is_next_key_there(base::Sys& sys, const audit::KeyFiles& keys) {
  struct statx status {};
  return sys.statx(AT_FDCWD, audit::next_key_path(keys).c_str(), AT_SYMLINK_NOFOLLOW, STATX_TYPE,
                   status) != -ENOENT;
}

KeyRotation::KeyRotation(base::Sys& sys, audit::KeyFiles keys, std::string origin)
    : sys_(sys),
      keys_(std::move(keys)),
      origin_(std::move(origin)),
      passphrase_(audit::read_passphrase(sys, keys_.passphrase_file)),
      directory_(sys, base::parent_of(keys_.entries)),
      name_(keys_.entries.substr(keys_.entries.rfind('/') + 1)),
      next_name_(name_ + ".next") {
  struct statx status {};
  const int error =
      sys.statx(directory_.fd(), name_.c_str(), AT_SYMLINK_NOFOLLOW, STATX_TYPE, status);
  if (error != 0) base::fail_errno(ExitStatus::usage, keys_.entries, -error);
  if (S_ISLNK(status.stx_mode)) {
    throw Failure(ExitStatus::usage,
                  keys_.entries +
                      ": is a symbolic link, and no key can take its place; name the file itself "
                      "as log.key");
  }
}

std::optional<std::string> KeyRotation::settle(const audit::LogWriter& log) {
  if (!is_next_key_there(sys_, keys_)) return std::nullopt;
  const std::string in_force = log.key().id_hex();
  if (key_id_at(keys_.entries) != in_force) {
    if (key_id_at(audit::next_key_path(keys_)) != in_force) {
      return fmt::format("{}: neither it nor the file beside it is key {}, which is in force",
                         keys_.entries, in_force);
    }
    if (auto doubt = put_in_place()) return doubt;
  }
  return destroy_next();
}

Rotated KeyRotation::rotate(audit::LogWriter& log, const std::string& reason, base::Time now) {
  if (auto doubt = settle(log)) throw Failure(ExitStatus::usage, *doubt);
  audit::SigningKey next = audit::SigningKey::generate(origin_);
  Rotated rotated{log.key().id_hex(), next.verifier().id_hex(), std::nullopt};
  make_next_key(next.to_pem(passphrase_));
  // A crash from here on leaves a next key; whether it is in force, the log knows.
  log.rotate_key(std::move(next), reason, now);
  rotated.doubt = put_in_place();
  if (!rotated.doubt) rotated.doubt = destroy_next();
  return rotated;
}

/// Empty when it holds no key that can be read.
std::string KeyRotation::key_id_at(const std::string& path) const {
  try {
    return audit::SigningKey::from_file(sys_, origin_, path, passphrase_).verifier().id_hex();
  } catch (const Failure&) {
    return {};
  }
}

/// As its neighbour is: root, once, must not lock a service out.
void KeyRotation::make_next_key(const audit::Secret& pem) const {
  const std::string path = audit::next_key_path(keys_);
  base::create_file(sys_, path, pem.text(), 0600);
  const auto stat = [&](const std::string& name) {
    struct statx status {};
    const int error = sys_.statx(directory_.fd(), name.c_str(), AT_SYMLINK_NOFOLLOW,
                                 STATX_UID | STATX_GID, status);
    if (error != 0) base::fail_errno(ExitStatus::needs_person, path, -error);
    return std::pair(status.stx_uid, status.stx_gid);
  };
  const auto [uid, gid] = stat(name_);
  if (stat(next_name_) == std::pair(uid, gid)) return;
  const base::Fd fd = base::open_or_fail(sys_, path, O_RDONLY | O_NOFOLLOW);
  if (const int error = sys_.fchown(fd.get(), uid, gid); error != 0) {
    base::fail_errno(ExitStatus::needs_person, path, -error);
  }
}

std::optional<std::string> KeyRotation::put_in_place() const {
  const std::string path = audit::next_key_path(keys_);
  const int error = sys_.renameat2(directory_.fd(), next_name_.c_str(), directory_.fd(),
                                   name_.c_str(), RENAME_EXCHANGE);
  if (error != 0) {
    return fmt::format(
        "{}: is the key in force, and could not take the place of {}: {}; commands find it here, "
        "but the old key is not destroyed until it has",
        path, keys_.entries, base::errno_text(-error));
  }
  // Before the old one goes: else a power cut could leave its name, and the new key none.
  if (const int unsynced = sys_.fsync(directory_.fd()); unsynced != 0) {
    return fmt::format("{}: the exchange with {} could not be flushed: {}; the next run goes on",
                       keys_.entries, path, base::errno_text(-unsynced));
  }
  return std::nullopt;
}

std::optional<std::string> KeyRotation::destroy_next() const {
  const std::string path = audit::next_key_path(keys_);
  auto opened = open_patiently(directory_, next_name_);
  if (const auto* const refused = std::get_if<shred::Refusal>(&opened)) {
    if (refused->reason == shred::Reason::missing) return std::nullopt;
    return said(path, *refused) + "; the next run tries again";
  }
  auto& target = std::get<shred::Target>(opened);
  const bool reaches = target.method == shred::Method::overwrite;
  if (reaches) {
    if (const auto refused = overwrite(directory_, target)) {
      return said(path, *refused) + "; the next run tries again";
    }
  }
  std::array<shred::Target*, 1> targets = {&target};
  NoNames names;
  if (const auto refused = shred::remove_names(directory_, targets, names).front()) {
    return said(path, *refused) + "; the next run tries again";
  }
  if (reaches) return std::nullopt;
  const shred::Ground& ground = directory_.ground();
  return fmt::format(
      "{}: the old private key was removed, but not overwritten: {}; keep the log's keys on ext4 "
      "or "
      "XFS",
      path,
      ground.cause == shred::Cause::none ? "the file has flags by which that would not reach it"
                                         : shred::words(ground.cause));
}

}  // namespace expunge::run
