// Files by their paths, whichever recordings they belong to.

#include "archive/connection.h"
#include "archive/rows.h"

namespace expunge::archive {
namespace {

#define EXPUNGE_INDEXED_FILE_COLUMNS                                           \
  EXPUNGE_FILE_COLUMNS                                                         \
  ", r.key, r.id, r.department, r.state, r.recorded_at <> '', r.missing_seq, " \
  "r.source_id"

constexpr std::size_t kChunkFiles = 2000;

void read_indexed_file(const Query& query, IndexedFile& out) {
  Recording odd;  // what is odd about a row is the plan's affair
  read_file(query, 0, odd, out.file);
  out.recording_key = query.number(4);
  out.recording_id = query.text(5);
  out.department = query.text(6);
  out.state = parse_state(query.text(7));
  out.dated = query.number(8) != 0;
  out.missing_seq = query.optional_count(9);
  out.source_id = query.text(10);
}

}  // namespace

std::vector<IndexedFile> Index::files_after(std::string_view path) const {
  return guarded(*connection_, [&] {
    Query query(*connection_,
                "SELECT " EXPUNGE_INDEXED_FILE_COLUMNS
                " FROM file AS f CROSS JOIN recording AS r ON r.key = f.recording_key"
                " WHERE f.path > ?1 ORDER BY f.path",
                path);
    std::vector<IndexedFile> files;
    std::string last(path);
    while (files.size() < kChunkFiles && query.next()) {
      read_indexed_file(query, files.emplace_back());
      // A damaged tree can hand out rows over and over: each must come after the one before.
      if (files.back().file.path <= last) fail_damaged("files out of order");
      last = files.back().file.path;
    }
    return files;
  });
}

std::optional<IndexedFile> Index::file_at(std::string_view path) const {
  return guarded(*connection_, [&]() -> std::optional<IndexedFile> {
    Query query(*connection_,
                "SELECT " EXPUNGE_INDEXED_FILE_COLUMNS
                " FROM file AS f CROSS JOIN recording AS r ON r.key = f.recording_key"
                " WHERE f.path = ?1",
                path);
    if (!query.next()) return std::nullopt;
    IndexedFile found;
    read_indexed_file(query, found);
    return found;
  });
}

}  // namespace expunge::archive
