#include "run/confine.h"

#include <filesystem>

#include "residue/names.h"

namespace expunge::run {
namespace {

namespace fs = std::filesystem;

/// Where a path leads; itself where that cannot be found out.
std::string resolved(const std::string& path) {
  std::error_code error;
  const fs::path found = fs::canonical(path, error);
  return error ? path : found.string();
}

}  // namespace

guard::Confinement confine_run(const Setting& setting, const shred::ArchiveRoot& root) {
  const std::string index = resolved(setting.index.path());
  guard::Reach reach;
  reach.changed = {setting.archive_root, setting.log_place.directory};
  // Its journal stays, so that nothing need be made beside it: key and configuration may lie there.
  reach.written = {index, index + "-journal"};
  reach.read = {fs::path(index).parent_path().string(),  // SQLite flushes it
                fs::path(setting.log_keys.entries)
                    .parent_path()
                    .string(),  // another process may rotate the key
                "/sys", "/dev/urandom", "/dev/null",
                // What a library loads when it is needed: nobody's own.
                "/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime"};
  // A next key is made beside the one in force, takes its place, and the old one goes.
  if (setting.rotate == Rotate::every_run) {
    reach.changed.push_back(resolved(fs::path(setting.log_keys.entries).parent_path().string()));
  }
  for (const std::string& directory : setting.written_later) {
    reach.changed.push_back(resolved(directory));
  }
  if (auto device = residue::device_read_later(root)) reach.read.push_back(std::move(*device));
#ifdef EXPUNGE_COVERAGE
  reach.changed.emplace_back(EXPUNGE_COVERAGE);  // where the counters go at the end
#endif
#ifdef EXPUNGE_SANITIZED
  reach.read.emplace_back("/proc");
#endif
  return guard::confine(reach);
}

}  // namespace expunge::run
