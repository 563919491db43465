#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/hostile_archive.h"
#include "support/loop_image.h"
#include "support/office.h"
#include "support/shred_files.h"

// An archive with whatever an attacker, or an accident, could leave there.
namespace expunge::test::hostile_scene {

inline const std::string kEscape = "\x1b[2J\x1b]0;owned\x07";
inline const std::string kReversed = "\u202egnp.exe\u2066";
inline const std::string kNotUtf8 = "\xff\xfe\xc0\x80";
inline const std::string kWeird =
    "a\nb\r\t\"'; rm -rf / #`$(x)\\" + kEscape + "\u009b\u2028" + kReversed;

/// What is to become of a recording.
struct Expected {
  std::string reason;  ///< destroy.failed's; empty: none
  std::string cause;   ///< plan's, of attention; empty: it is due
  std::string words;   ///< of whichever it is
};

/// The archive, with canaries outside its root on the same file system.
class HostileArchive {
 public:
  /// On a file system that `make` makes.
  explicit HostileArchive(const std::string& make);
  ~HostileArchive();
  HostileArchive(const HostileArchive&) = delete;
  HostileArchive& operator=(const HostileArchive&) = delete;

  /// Calls expunge, and looks at what it prints.
  Ended call(const std::vector<std::string>& words);

  /// Fills it and its index, with recordings that are ordinary and with everything odd.
  void furnish();

  /// What should be as it was, and is not; empty: nothing.
  [[nodiscard]] std::string changed() const;
  /// What should have gone, and has not; empty: nothing.
  [[nodiscard]] std::string still_there() const;

  [[nodiscard]] const Office& office() const { return office_; }

  LoopImage image;
  std::map<std::string, Expected> odd;  ///< by id
  std::set<std::string> destroyed;      ///< ids

 private:
  void prepare() const;

  [[nodiscard]] std::string at(const std::string& path) const { return office_.root + "/" + path; }
  std::string file(const std::string& path) const;

  void due(RawIndex& index, const std::string& id, const std::vector<RawIndex::RawFile>& files);
  void goes(RawIndex& index, const std::string& id, const std::vector<RawIndex::RawFile>& files);
  void refused(RawIndex& index, const std::string& id, const RawIndex::RawFile& one,
               const std::string& reason, const std::string& words);
  void attention(RawIndex& index, const std::string& id, const std::string& path,
                 const std::string& words);
  void malformed(const std::string& id, const std::string& words);

  void ordinary(RawIndex& index);
  void ways_out(RawIndex& index);
  void odd_files(RawIndex& index);
  void odd_names(RawIndex& index);
  void odd_rows(RawIndex& index);
  void odd_files_that_go(RawIndex& index);

  Office office_;
  std::set<std::string> goes_;           // paths
  std::map<std::string, Witness> kept_;  // by path
  std::vector<std::string> mounted_;
  std::vector<std::pair<std::string, std::string>> flagged_;
  std::vector<std::unique_ptr<Holder>> holders_;
};

/// Whether a sanitizer makes all slower, with calls of its own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kInstrumented = true;
#else
inline constexpr bool kInstrumented = false;
#endif

}  // namespace expunge::test::hostile_scene
