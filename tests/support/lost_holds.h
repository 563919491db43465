#pragma once

#include <array>
#include <chrono>
#include <filesystem>
#include <string>

#include "run/remember.h"
#include "support/council.h"
#include "support/council_program.h"

// Holds and releases that the log knows, and an index that is a restored backup has lost.
namespace expunge::test::lost_holds {

using std::chrono::hours;

inline hours days_of(int count) {
  return hours{24 * count};
}

inline std::string on_day(int from_now) {
  return machine_time(days_of(from_now)).substr(0, 10);
}

inline archive::HoldScope of_recording(const char* id) {
  archive::HoldScope scope;
  scope.recording_id = id;
  return scope;
}

inline void put_back(const std::string& from, const std::string& to) {
  std::filesystem::copy_file(from, to, std::filesystem::copy_options::overwrite_existing);
}

/// An entry alone: the index knows nothing of it.
inline void log(Council& council, const audit::HoldChange& change) {
  auto index = council.open_index();
  audit::LogWriter writer(base::real_sys(), council.log_place, council.key_path,
                          run::remembered(index), 1, council.now());
  writer.append(std::array{audit::to_draft(change)}, council.now());
}

/// A run by a clock of ten days ago lies behind it, and then SAR-1 was placed.
inline void settle(Council& council) {
  council.host = test::machine_name();
  council.add("young", machine_time(-days_of(30)), "young.wav", "audio");
  static_cast<void>(council.approve_and_run());
  council.place_hold("SAR-1", of_recording("young"));
}

/// SAR-1, of which index and log have a release that another login must confirm.
inline void ask_for_release(Council& council) {
  council.add("young", machine_time(-days_of(30)), "young.wav", "audio");
  council.place_hold("SAR-1", of_recording("young"));
  {
    auto index = council.open_index();
    archive::Index::Writing writing(index);
    writing.release_hold("SAR-1", {"answered", "officer", council.now(), std::nullopt});
    writing.commit();
  }
  log(council, {audit::HoldChange::Kind::release, "SAR-1", "sar", "officer", {}, true});
}

}  // namespace expunge::test::lost_holds

/// For tests that include "support/catch.h".
#define NEEDS_A_DISK(council) \
  if (!(council).can_destroy()) SKIP_TEST("no file system here that overwrites in place")
