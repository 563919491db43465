#include "audit/key_history.h"

#include "audit/course.h"
#include "audit/keys.h"
#include "base/error.h"

namespace expunge::audit {

std::vector<PastKey> key_history(base::Sys& sys, const LogPlace& place) {
  std::vector<PastKey> keys;
  for_each_entry(sys, place, 0, [&](const EntryView& entry) {
    const bool opens = entry.type == "log.open";
    if (!opens && entry.type != "key.rotate") return true;
    const auto key = VerifierKey::from_vkey(text_of(entry, "vkey"));
    if (!key) {
      throw base::Failure(
          base::ExitStatus::log_untrusted,
          log_path(place.directory) + ": entry " + std::to_string(entry.seq) + " names no key");
    }
    if (!keys.empty()) keys.back().last_seq = entry.seq;
    keys.push_back({key->vkey(), key->id_hex(), opens ? 0 : entry.seq + 1, std::nullopt,
                    std::string(entry.time), opens ? "" : text_of(entry, "reason")});
    return true;
  });
  return keys;
}

}  // namespace expunge::audit
