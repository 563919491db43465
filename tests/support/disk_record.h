#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace expunge::test {

/// What the kernel asked of a disk.
struct DiskEvent {
  enum class Kind : std::uint32_t { write, zero, flush };
  Kind kind = Kind::flush;
  std::uint64_t order = 0;
  std::uint64_t offset_bytes = 0, bytes = 0;
  std::uint64_t data_at = 0;  ///< of a write: where its data stands in the record
};

/// What happens to the writes that no flush came after, when the power goes.
enum class Loss {
  all,   ///< none of them reached the medium
  none,  ///< all of them did
  some,  ///< some did, in no order; whole, in part, or torn
};

/// A moment at which the power goes, for all disks of one EventOrder at once.
struct PowerCut {
  std::uint64_t order = 0;  ///< what has a smaller number has happened
  Loss loss = Loss::all;
  std::uint64_t seed = 0;  ///< of Loss::some
};

/// What was asked of a disk since its image was copied.
class DiskRecord {
 public:
  /// `unit_bytes` is the smallest piece that the medium writes whole.
  DiskRecord(std::string base_image, const std::string& record_file, std::size_t unit_bytes);

  [[nodiscard]] const std::vector<DiskEvent>& events() const { return events_; }

  /// Makes the image that a power cut leaves, at `path`; its content is the result.
  std::string write_image(const std::string& path, const PowerCut& cut);

 private:
  void settle(std::uint64_t order);
  void apply(std::string& image, const DiskEvent& event, std::uint64_t from_bytes,
             std::uint64_t to_bytes) const;
  void apply_some(std::string& image, std::size_t end, std::uint64_t seed) const;

  std::string base_image_;
  std::string data_;
  std::size_t unit_bytes_;
  std::vector<DiskEvent> events_;
  std::string settled_;  ///< the image with the events before next_: all of them flushed
  std::size_t next_ = 0;
};

}  // namespace expunge::test
