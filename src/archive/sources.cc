// From what a recorder calls a recording to what the log calls it.

#include "archive/connection.h"
#include "base/sha256.h"

namespace expunge::archive {

std::vector<std::string> Index::ids_of_source(std::string_view source) const {
  Store& store = *connection_;
  return guarded(store, [&] {
    std::string salt;
    {
      Query query(store, "SELECT value FROM meta WHERE name = 'salt'");
      if (query.next()) salt = query.text(0);
    }
    const base::Digest digest = base::Sha256().update(salt).update(source).finish();
    // Each by an index of its own; of an opaque id nobody can say that the recorder knows it.
    Query query(store,
                "SELECT id FROM recording WHERE source_digest = ?1"
                " UNION SELECT r.id FROM other_source AS o"
                " JOIN recording AS r ON r.key = o.recording_key WHERE o.digest = ?1"
                " UNION SELECT id FROM recording WHERE id = ?2 AND source_digest IS NULL"
                " ORDER BY 1",
                digest, source);
    std::vector<std::string> ids;
    while (query.next()) ids.push_back(query.string(0));
    return ids;
  });
}

}  // namespace expunge::archive
