#pragma once

#include <optional>
#include <string>
#include <vector>

#include "archive/importer.h"
#include "archive/index.h"
#include "support/archive_fixture.h"

// What tests of imports into an index have in common.
namespace expunge::test {

inline constexpr const char* kDate = "2025-01-01T10:00:00Z";

/// Imports one after the other and returns what was said of the last.
std::optional<std::string> try_rows(archive::Index& index,
                                    const std::vector<archive::ImportRow>& rows,
                                    archive::OpaqueIds ids = archive::OpaqueIds::no,
                                    bool on_disk = false, archive::ImportCounts* counts = nullptr);

/// The whole content, whatever the file's pages look like.
[[nodiscard]] std::string dump(const std::string& path);

/// A new index, opened for writing.
struct Fixture {
  Scratch dir;
  std::string path = dir / "index.db";
  archive::Index index = [this] {
    make_index(path);
    return open_index(path);
  }();
};

}  // namespace expunge::test
