#include "support/disk_record.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <stdexcept>

#include "base/error.h"
#include "base/fd.h"
#include "support/scratch.h"

namespace expunge::test {

DiskRecord::DiskRecord(std::string base_image, const std::string& record_file,
                       std::size_t unit_bytes)
    : base_image_(std::move(base_image)), data_(slurp(record_file)), unit_bytes_(unit_bytes) {
  for (std::size_t at = 0; at < data_.size();) {
    DiskEvent event;
    EXPUNGE_ASSERT(at + sizeof event <= data_.size());
    std::memcpy(&event, data_.data() + at, sizeof event);
    at += sizeof event;
    event.data_at = at;
    if (event.kind == DiskEvent::Kind::write) at += event.bytes;
    events_.push_back(event);
  }
}

std::string DiskRecord::write_image(const std::string& path, const PowerCut& cut) {
  settle(cut.order);
  std::size_t end = next_;
  while (end < events_.size() && events_[end].order < cut.order) ++end;
  std::string image = settled_;
  if (cut.loss == Loss::none) {
    for (std::size_t i = next_; i < end; ++i) apply(image, events_[i], 0, events_[i].bytes);
  } else if (cut.loss == Loss::some) {
    apply_some(image, end, cut.seed);
  }
  // Blocks of zeros are left out: most of an image.
  const base::Fd out(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  constexpr std::size_t kPiece = 65536;
  static const std::string kZeros(kPiece, '\0');
  if (::ftruncate(out.get(), static_cast<off_t>(image.size())) != 0) {
    throw std::runtime_error("cannot make " + path);
  }
  for (std::size_t at = 0; at < image.size(); at += kPiece) {
    const std::size_t bytes = std::min(kPiece, image.size() - at);
    if (std::memcmp(image.data() + at, kZeros.data(), bytes) == 0) continue;
    if (::pwrite(out.get(), image.data() + at, bytes, static_cast<off_t>(at)) !=
        static_cast<ssize_t>(bytes)) {
      throw std::runtime_error("cannot write " + path);
    }
  }
  return image;
}

/// All that was flushed when this event's turn came.
void DiskRecord::settle(std::uint64_t order) {
  if (settled_.empty() || (next_ > 0 && events_[next_ - 1].order >= order)) {
    settled_ = slurp(base_image_);
    next_ = 0;
  }
  std::size_t flushed = next_;
  for (std::size_t i = next_; i < events_.size() && events_[i].order < order; ++i) {
    if (events_[i].kind == DiskEvent::Kind::flush) flushed = i + 1;
  }
  for (; next_ < flushed; ++next_) apply(settled_, events_[next_], 0, events_[next_].bytes);
}

void DiskRecord::apply(std::string& image, const DiskEvent& event, std::uint64_t from_bytes,
                       std::uint64_t to_bytes) const {
  if (event.kind == DiskEvent::Kind::flush || from_bytes >= to_bytes) return;
  char* const to = image.data() + event.offset_bytes + from_bytes;
  if (event.kind == DiskEvent::Kind::zero) {
    std::memset(to, 0, to_bytes - from_bytes);
  } else {
    std::memcpy(to, data_.data() + event.data_at + from_bytes, to_bytes - from_bytes);
  }
}

void DiskRecord::apply_some(std::string& image, std::size_t end, std::uint64_t seed) const {
  std::mt19937_64 random(seed * 0x9e3779b97f4a7c15ULL + end);
  const std::uint64_t way = seed % 4;
  for (std::size_t i = next_; i < end; ++i) {
    const DiskEvent& event = events_[i];
    if (way == 0) {  // whole writes
      if (random() % 2 == 0) apply(image, event, 0, event.bytes);
    } else if (way == 1) {  // all but one in eight, torn where it breaks off
      const bool whole = random() % 8 != 0;
      const std::uint64_t units = event.bytes / unit_bytes_;
      apply(image, event, 0, whole ? event.bytes : random() % (units + 1) * unit_bytes_);
    } else if (way == 2) {  // each unit for itself
      for (std::uint64_t at = 0; at < event.bytes; at += unit_bytes_) {
        const std::uint64_t to = std::min<std::uint64_t>(at + unit_bytes_, event.bytes);
        if (random() % 2 == 0) apply(image, event, at, to);
      }
    } else if (i + 1 == end) {  // the newest alone: it overtook all others
      apply(image, event, 0, event.bytes);
    }
  }
}

}  // namespace expunge::test
