#pragma once

namespace expunge::archive {

/// The statements behind Index::scan, scan_newest, scan_subject and scan_agent: what they cost is
/// tested.
extern const char* const kScan;
extern const char* const kScanNewest;
extern const char* const kScanSubject;
extern const char* const kScanAgent;

}  // namespace expunge::archive
