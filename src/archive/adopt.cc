#include "archive/adopt.h"

namespace expunge::archive {

bool adopt(Store& store, const std::string& path, const std::string& id,
           const std::optional<base::Digest>& digest) {
  if (!digest) return false;
  std::int64_t key = 0;
  {
    Query query(store,
                "SELECT r.key FROM file AS f CROSS JOIN recording AS r ON r.key = f.recording_key"
                " WHERE f.path = ?1 AND r.state = 'kept' AND r.recorded_at = ''"
                " AND substr(r.source_id, 1, length(?2)) = ?2",
                path, kPathKey);
    if (!query.next()) return false;
    key = query.number(0);
  }
  Query(store, "UPDATE recording SET source_id = ?2, source_digest = ?3 WHERE key = ?1", key, id,
        digest)
      .run();
  return true;
}

void fill_department(Store& store, std::int64_t key, const std::string& department) {
  Query(store, "UPDATE recording SET department = ?2 WHERE key = ?1 AND department = ''", key,
        department)
      .run();
}

}  // namespace expunge::archive
