#pragma once

namespace expunge::archive {

/// The statements behind Index::scan and Index::scan_subject: what they cost is tested.
extern const char* const kScan;
extern const char* const kScanSubject;

}  // namespace expunge::archive
