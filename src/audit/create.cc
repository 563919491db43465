#include <fcntl.h>

#include <cerrno>
#include <vector>

#include "audit/batch.h"
#include "audit/course.h"
#include "audit/keys.h"
#include "audit/log.h"
#include "base/error.h"
#include "base/io.h"
#include "base/path.h"

namespace expunge::audit {
namespace {

using base::ExitStatus;

void make_directory(base::Sys& sys, const std::string& path) {
  const int error = sys.mkdirat(AT_FDCWD, path.c_str(), 0755);
  if (error == -EEXIST) {
    throw base::Failure(ExitStatus::usage,
                        path +
                            ": exists already, perhaps from an interrupted start; look at it, "
                            "remove it and try again");
  }
  if (error != 0) base::fail_errno(ExitStatus::usage, path, -error);
  // For auditors to read, whatever the umask; and the service's, when root makes it for one.
  const base::Fd made = base::open_or_fail(sys, path, O_RDONLY | O_DIRECTORY);
  if (const int denied = base::settle_in(sys, made.get(), path, 0755); denied != 0) {
    base::fail_errno(ExitStatus::usage, path, denied);
  }
}

bool exists(base::Sys& sys, const std::string& path) {
  const int raw = sys.openat(AT_FDCWD, path.c_str(), O_PATH | O_NOFOLLOW, 0);
  const base::Fd closes(raw);
  return raw != -ENOENT;
}

}  // namespace

void create_log(base::Sys& sys, const LogPlace& place, const SigningKey& key,
                const SigningKey* checkpoint_key, std::span<const Draft> drafts, base::Time now) {
  EXPUNGE_ASSERT(key.verifier().origin() == place.origin);
  std::string directory = place.directory;
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  if (exists(sys, directory)) {
    throw base::Failure(ExitStatus::usage, directory + ": exists already; nothing was overwritten");
  }
  Trail trail(std::nullopt, key.verifier());
  const Batch batch = make_batch(trail, key, drafts, now, 1);
  EXPUNGE_ASSERT(batch.after.checkpoint_key().has_value() == (checkpoint_key != nullptr));
  const SigningKey* const keys[] = {checkpoint_key != nullptr ? checkpoint_key : &key};
  const std::string checkpoint =
      sign_checkpoint({place.origin, batch.after.size(), batch.after.root()}, keys);

  // Built beside its place, so that a crash at any line leaves no log or a whole one.
  const std::string beside = directory + ".new";
  make_directory(sys, beside);
  make_directory(sys, beside + "/keys");
  make_directory(sys, beside + "/checkpoints");
  base::create_file(sys, key_path(beside, key.verifier()), key.verifier().to_pem(), 0644);
  if (checkpoint_key != nullptr) {
    const VerifierKey& verifier = checkpoint_key->verifier();
    base::create_file(sys, key_path(beside, verifier), verifier.to_pem(), 0644);
  }
  base::create_file(sys, log_path(beside), batch.text, 0644);
  base::create_file(sys, checkpoint_path(beside), checkpoint, 0644);
  base::sync_directory(sys, beside);
  const int error =
      sys.renameat2(AT_FDCWD, beside.c_str(), AT_FDCWD, directory.c_str(), RENAME_NOREPLACE);
  if (error != 0) base::fail_errno(ExitStatus::needs_person, directory, -error);
  base::sync_directory(sys, base::parent_of(directory));
}

}  // namespace expunge::audit
