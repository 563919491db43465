#include "run/reopen.h"

#include <algorithm>

#include "run/entries.h"

namespace expunge::run {
namespace {

using shred::Reason;
using shred::Refusal;
using shred::Target;

/// The device does not count where the birth time tells files apart: its number changes from boot
/// to boot, on btrfs from mount to mount.
bool is_same_file(const shred::Identity& one, const shred::Identity& other) {
  return one.inode == other.inode && one.birth_ns == other.birth_ns &&
         (one.birth_ns != 0 || one.device == other.device);
}

shred::Method method_of(const archive::JournalFile& row) {
  return row.method == code(shred::Method::unlink) ? shred::Method::unlink
                                                   : shred::Method::overwrite;
}

/// Opens the very file that was begun on. Another file under its name is `replaced`; none is
/// `missing`.
std::variant<Target, Refusal> reopen(const Tools& tools, const archive::JournalFile& row) {
  const bool unlinks = method_of(row) == shred::Method::unlink;
  auto opened =
      shred::open_target(tools.root, {row.path, std::nullopt, std::nullopt}, shred::Fingerprint::no,
                         unlinks ? shred::Accept::unlinked : shred::Accept::overwritten);
  auto* const target = std::get_if<Target>(&opened);
  if (target == nullptr) return opened;
  if (unlinks) make_unlink(*target);
  if (!is_same_file(target->identity, {row.device, row.inode, row.birth_ns})) {
    return Refusal{Reason::replaced, ""};
  }
  if (shred::layout(target->extents) != row.layout) {
    return Refusal{Reason::extents_moved, "since an interrupted run"};
  }
  return opened;
}

}  // namespace

Item reopen_all(const Tools& tools, archive::Recording recording,
                const std::vector<const archive::JournalFile*>& rows) {
  Item item;
  item.recording = std::move(recording);
  for (const archive::JournalFile* row : rows) {
    OpenFile file{{row->path, row->role, row->bytes, row->sha256},
                  row->number,
                  row->bytes,
                  row->sha256,
                  std::nullopt,
                  method_of(*row)};
    auto opened = reopen(tools, *row);
    if (auto* target = std::get_if<Target>(&opened)) {
      file.target = std::move(*target);
    } else if (auto& refusal = std::get<Refusal>(opened); refusal.reason != Reason::missing) {
      item.refusal = std::move(refusal);
    } else if (file.method == shred::Method::unlink) {
      // Nobody else is known to have removed it: that is what its journal row is for.
      file.gone = file.found_gone = true;
    }
    item.files.push_back(std::move(file));
  }
  // What is there of it is finished, as in an undisturbed run. Not where names are gone that a run
  // may have removed: whether all of it was noise by then, nobody can say any more.
  if (!item.refusal && !item.missing_roles().empty() && (item.all_missing() || item.any_gone())) {
    item.refusal = Refusal{Reason::missing, ""};
  }
  return item;
}

std::variant<shred::Survey, Refusal> survey(const Tools& tools, Item& item,
                                            const shred::StreamKey& key) {
  shred::Survey sum;
  for (OpenFile& file : item.files) {
    if (!file.target || file.method != shred::Method::overwrite) continue;
    shred::KeyStream stream(key, file.number);
    const auto found = shred::survey(tools.root, *file.target, stream);
    if (const auto* refusal = std::get_if<Refusal>(&found)) return *refusal;
    sum.noise_bytes += std::get<shred::Survey>(found).noise_bytes;
    sum.original_bytes += std::get<shred::Survey>(found).original_bytes;
  }
  return sum;
}

void judge_gone(const Tools& tools, Item& item, const shred::StreamKey& key) {
  if (item.refusal || !item.any_gone()) return;
  const auto found = survey(tools, item, key);
  if (const auto* refusal = std::get_if<Refusal>(&found)) {
    item.refusal = *refusal;
  } else if (std::get<shred::Survey>(found).original_bytes > 0) {
    for (OpenFile& file : item.files) file.gone = file.found_gone = false;
    item.refusal = Refusal{Reason::missing, ""};
  }
}

bool is_nothing_left(const Item& item) {
  return !item.refusal && item.any_gone() && can_be_described(item) &&
         std::none_of(item.files.begin(), item.files.end(), [](const OpenFile& file) {
           return file.method == shred::Method::unlink && file.target;
         });
}

}  // namespace expunge::run
