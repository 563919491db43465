#include "certify/walk.h"

#include <algorithm>

#include "audit/frozen.h"
#include "audit/merkle.h"
#include "audit/prove.h"
#include "audit/timestamp.h"
#include "base/error.h"
#include "base/io.h"

namespace expunge::certify {
namespace {

/// SIZE of each checkpoints/SIZE.ckpt beside which SIZE.tsr lies.
std::map<std::uint64_t, AtSize> stamped_sizes(const std::string& directory) {
  const audit::Frozen frozen = audit::list_frozen(directory);
  std::map<std::uint64_t, AtSize> sizes;
  for (const std::uint64_t size : frozen.timestamps) {
    if (size > 0 &&
        std::binary_search(frozen.checkpoints.begin(), frozen.checkpoints.end(), size)) {
      sizes.emplace(size, AtSize{});
    }
  }
  return sizes;
}

/// What stands where a time stamp over this checkpoint should.
Chosen::Stamp read_stamp(base::Sys& sys, const std::string& directory, std::uint64_t size,
                         const std::string& checkpoint) {
  const std::string path = audit::timestamp_path(directory, size);
  Chosen::Stamp stamp{path.substr(directory.size() + 1),
                      base::read_file(sys, path, audit::kTimestampLimitBytes)};
  try {
    stamp.time = audit::check_timestamp(path, stamp.der, {&checkpoint, 1}, nullptr).time;
  } catch (const base::Failure& failure) {
    throw base::Failure(base::ExitStatus::usage, std::string(failure.what()) +
                                                     "; take it away, or store the right one "
                                                     "(expunge log timestamp)");
  }
  return stamp;
}

[[noreturn]] void fail_rewritten(const std::string& directory, const std::string& name) {
  audit::fail_untrusted(directory + "/" + name + ": has another root than the log's lines");
}

}  // namespace

Walked walk(base::Sys& sys, const audit::LogPlace& place,
            const std::function<void(const audit::EntryView&)>& each) {
  const std::string path = audit::log_path(place.directory);
  // The checkpoint first: what is appended meanwhile then only lies past it.
  Walked walked{{},
                audit::read_checkpoint(sys, audit::checkpoint_path(place.directory), place.origin),
                stamped_sizes(place.directory),
                {}};
  const std::uint64_t size = walked.newest.note.checkpoint.size;
  audit::Frontier tree;
  base::Sha256 sha;
  std::string key_id;
  audit::for_each_entry(sys, place, 0, [&](const audit::EntryView& entry) {
    if (tree.size() == size) return false;
    tree.append(sha, audit::leaf_hash(sha, entry.line));
    key_id = audit::take_apart(entry.line).parts->key;
    if (entry.seq == 0 && entry.type == "log.open") walked.opening = read_opening(entry, path);
    if (entry.type == "key.rotate") key_id = read_next_key_id(entry, path);
    const auto stamped = walked.stamped.find(tree.size());
    if (stamped != walked.stamped.end()) stamped->second = {tree.root(), key_id};
    each(entry);
    return true;
  });
  walked.end = {tree.root(), key_id};
  if (tree.size() != size || walked.end.root != walked.newest.note.checkpoint.root) {
    // It finds the first fault, and says where it is.
    verify_up_to(sys, place, walked.newest, 1);
    fail_rewritten(place.directory, "checkpoint");
  }
  walked.stamped.erase(walked.stamped.upper_bound(size), walked.stamped.end());
  return walked;
}

Chosen choose_checkpoint(base::Sys& sys, const audit::LogPlace& place, const Walked& walked,
                         std::uint64_t seq) {
  Chosen chosen;
  AtSize at = walked.end;
  std::uint64_t size = walked.newest.note.checkpoint.size;
  EXPUNGE_ASSERT(seq < size);
  const auto stamped = walked.stamped.upper_bound(seq);
  const bool is_stamped = stamped != walked.stamped.end();
  if (is_stamped) {
    size = stamped->first;
    at = stamped->second;
    const std::string path = audit::frozen_path(place.directory, size);
    chosen.name = path.substr(place.directory.size() + 1);
    chosen.file = audit::read_checkpoint(sys, path, place.origin);
  } else {
    chosen.name = "checkpoint";
    chosen.file = walked.newest;
  }
  const audit::Checkpoint& says = chosen.file.note.checkpoint;
  if (says.size != size || says.root != at.root) fail_rewritten(place.directory, chosen.name);
  if (is_stamped) chosen.stamp = read_stamp(sys, place.directory, size, chosen.file.text);
  chosen.key_id =
      walked.opening.checkpoint_key_id.empty() ? at.key_id : walked.opening.checkpoint_key_id;
  return chosen;
}

void verify_up_to(base::Sys& sys, const audit::LogPlace& place, const audit::CheckpointFile& file,
                  unsigned workers) {
  audit::certify(sys, place, file, {}, workers, [](const audit::Certificate&) {});
}

}  // namespace expunge::certify
