#pragma once

#include <array>
#include <span>

namespace SQLite {
class Database;
}

namespace expunge::archive {

/// "EXPG", in the database's header.
inline constexpr int kApplicationId = 0x45585047;

/// SQL by which version n of the schema is reached from version n - 1, version 1 first. A step that
/// was ever released is never changed.
extern const std::array<const char*, 5> kSchemaSteps;

/// Takes the schema from the version that the database says it has to the last of `steps`, within
/// the caller's transaction. Requires a version no newer than that.
void migrate(SQLite::Database& database, std::span<const char* const> steps);

}  // namespace expunge::archive
