#pragma once

namespace expunge::test {

// The tables of four recorders, as their public sources make them, but for columns that nobody
// exports; and in each of them rows of every awkward kind.
extern const char* const kFreepbxTables;
extern const char* const kVicidialTables;
extern const char* const kFusionpbxTables;
extern const char* const kWazoTables;

}  // namespace expunge::test
