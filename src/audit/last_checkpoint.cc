#include "audit/last_checkpoint.h"

#include <fcntl.h>

#include <filesystem>

#include "audit/course.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"

namespace expunge::audit {
namespace {

using base::ExitStatus;
using base::Failure;

constexpr std::uint64_t kLimitBytes = std::uint64_t{64} << 10;

bool is_there(base::Sys& sys, const std::string& path) {
  const base::Fd fd(sys.openat(AT_FDCWD, path.c_str(), O_PATH, 0));
  return fd.get() >= 0;
}

/// The directory of the log that `path` is a file of, as far as names tell; empty: of none.
std::string log_around(base::Sys& sys, const std::string& path) {
  const std::filesystem::path directory = std::filesystem::absolute(path).parent_path();
  if (is_there(sys, (directory / "keys").string())) return directory.string();
  const bool is_frozen = directory.filename() == "checkpoints";
  const std::filesystem::path above = directory.parent_path();
  return is_frozen && is_there(sys, (above / "keys").string()) ? above.string() : "";
}

/// The key published under this id; nullopt when there is none, or another.
std::optional<VerifierKey> published(base::Sys& sys, const std::string& directory,
                                     const std::string& origin, const std::string& key_id) {
  const std::string path = directory + "/keys/" + key_id + ".pub.pem";
  if (!is_there(sys, path)) return std::nullopt;
  auto key = VerifierKey::from_pem(origin, base::read_file(sys, path, kLimitBytes));
  return key && key->id_hex() == key_id ? key : std::nullopt;
}

}  // namespace

LastCheckpoint read_last_checkpoint(base::Sys& sys, const std::string& path) {
  const std::string text = base::read_file(sys, path, kLimitBytes);
  const auto note = parse_checkpoint(text);
  if (!note || note->checkpoint.size == 0) {
    throw Failure(ExitStatus::usage, base::printable(path) +
                                         ": is no signed checkpoint of a log; name the old log's "
                                         "checkpoint file, or a copy of it");
  }
  LastCheckpoint last{note->checkpoint, log_around(sys, path), ""};
  if (last.directory.empty()) return last;
  for (const NoteSignature& signature : note->signatures) {
    if (signature.name != note->checkpoint.origin) continue;
    const std::string key_id = base::to_hex(signature.key_id);
    const auto key = published(sys, last.directory, note->checkpoint.origin, key_id);
    if (!key) continue;
    if (!is_signed_by(*note, *key)) {
      throw Failure(ExitStatus::log_untrusted,
                    base::printable(path) + ": was not signed by key " + key_id +
                        ", which it names and which lies beside it: somebody changed it; name a "
                        "copy that was kept elsewhere");
    }
    last.key_id = key_id;
  }
  return last;
}

}  // namespace expunge::audit
