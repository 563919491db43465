#include "intake/audio_length.h"

#include <sndfile.h>

#include <memory>

namespace expunge::intake {
namespace {

struct Close {
  void operator()(SNDFILE* file) const noexcept { ::sf_close(file); }
};

}  // namespace

std::optional<std::chrono::seconds> audio_length(int fd) {
  SF_INFO info{};
  const std::unique_ptr<SNDFILE, Close> file(::sf_open_fd(fd, SFM_READ, &info, SF_FALSE));
  if (!file || info.samplerate <= 0 || info.frames < 0) return std::nullopt;
  const std::int64_t rate = info.samplerate;
  const std::chrono::seconds length{info.frames / rate + (info.frames % rate != 0 ? 1 : 0)};
  if (length > kMaxAudioLength) return std::nullopt;
  return length;
}

}  // namespace expunge::intake
