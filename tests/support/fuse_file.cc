#include "support/fuse_file.h"

#include <linux/falloc.h>
#include <linux/fuse.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace expunge::test {
namespace {

constexpr std::uint32_t kMostBytes = 1 << 20;  // of one write
constexpr std::uint32_t kMostPages = kMostBytes / 4096;

template <typename T>
T take(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

class Server {
 public:
  Server(int device, FuseFile& file) : device_(device), file_(file) {}

  void serve() {
    std::vector<char> request(kMostBytes + 65536);
    for (;;) {
      const ssize_t got = ::read(device_, request.data(), request.size());
      if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == ENOENT)) continue;
      if (got < static_cast<ssize_t>(sizeof(fuse_in_header))) return;  // unmounted
      header_ = take<fuse_in_header>(request.data());
      answer(request.data() + sizeof header_);
    }
  }

 private:
  void answer(const char* body) {
    switch (header_.opcode) {
      case FUSE_INIT:
        return greet(take<fuse_init_in>(body));
      case FUSE_GETATTR:
        return describe();
      case FUSE_OPEN: {
        fuse_open_out out{};
        out.open_flags = FOPEN_DIRECT_IO;
        return reply(0, &out, sizeof out);
      }
      case FUSE_READ:
        return read(take<fuse_read_in>(body));
      case FUSE_WRITE:
        return write(take<fuse_write_in>(body), body + sizeof(fuse_write_in));
      case FUSE_FSYNC:
        return reply(file_.flush());
      case FUSE_FALLOCATE: {
        const auto in = take<fuse_fallocate_in>(body);
        const bool zeroes = (in.mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) != 0;
        return reply(zeroes ? file_.zero(in.offset, in.length) : -EOPNOTSUPP);
      }
      case FUSE_FLUSH:
      case FUSE_RELEASE:
        return reply(0);
      case FUSE_FORGET:
      case FUSE_BATCH_FORGET:
      case FUSE_INTERRUPT:
        return;  // want no answer
      default:
        return reply(-ENOSYS);
    }
  }

  void greet(const fuse_init_in& in) const {
    fuse_init_out out{};
    out.major = FUSE_KERNEL_VERSION;
    out.minor = FUSE_KERNEL_MINOR_VERSION;
    out.max_readahead = in.max_readahead;
    out.flags = in.flags & (FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_MAX_PAGES);
    out.max_write = kMostBytes;
    out.max_pages = kMostPages;
    reply(0, &out, sizeof out);
  }

  void describe() const {
    fuse_attr_out out{};
    out.attr_valid = 3600;
    out.attr.ino = FUSE_ROOT_ID;
    out.attr.size = file_.bytes();
    out.attr.blocks = file_.bytes() / 512;
    out.attr.mode = S_IFREG | 0600;
    out.attr.nlink = 1;
    out.attr.blksize = 4096;
    reply(0, &out, sizeof out);
  }

  void read(const fuse_read_in& in) {
    buffer_.resize(in.size);
    const long got = file_.read(buffer_.data(), in.size, in.offset);
    reply(got < 0 ? got : 0, buffer_.data(), got < 0 ? 0 : static_cast<std::size_t>(got));
  }

  void write(const fuse_write_in& in, const char* data) const {
    const long put = file_.write(data, in.size, in.offset);
    if (put < 0) return reply(put);
    fuse_write_out out{};
    out.size = static_cast<std::uint32_t>(put);
    reply(0, &out, sizeof out);
  }

  void reply(long error, void* data = nullptr, std::size_t bytes = 0) const {
    fuse_out_header out{};
    out.unique = header_.unique;
    out.error = static_cast<std::int32_t>(error);
    out.len = static_cast<std::uint32_t>(sizeof out + bytes);
    const iovec parts[2] = {{&out, sizeof out}, {data, bytes}};
    // A request that was given up meanwhile takes no answer.
    static_cast<void>(::writev(device_, parts, bytes == 0 ? 1 : 2));
  }

  int device_;
  FuseFile& file_;
  fuse_in_header header_{};
  std::vector<char> buffer_;
};

}  // namespace

long FuseFile::zero(std::uint64_t, std::uint64_t) {
  return -ENOSYS;
}

void serve_fuse(int device, FuseFile& file) {
  Server(device, file).serve();
}

}  // namespace expunge::test
