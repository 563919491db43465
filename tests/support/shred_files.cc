#include "support/shred_files.h"
#include "shred/attributes.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>

#include "support/scratch.h"

namespace expunge::test {

std::string marked(const std::string& marker, std::size_t bytes) {
  std::string data;
  for (std::size_t unit = 0; data.size() < bytes; ++unit) {
    std::string text = marker + " " + std::to_string(unit) + " ";
    text.resize(64, 'x');
    data += text;
  }
  data.resize(bytes);
  return data;
}

void put(const std::string& path, const std::string& data) {
  spill(path, data);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const int error = ::fsync(fd);
  ::close(fd);
  if (fd < 0 || error != 0) throw std::runtime_error("cannot sync " + path);
}

std::optional<shred::Reason> refused_as(const shred::ArchiveRoot& root,
                                        const shred::Expected& expected) {
  const auto result = open_target(root, expected, shred::Fingerprint::yes);
  const auto* const refusal = std::get_if<shred::Refusal>(&result);
  return refusal == nullptr ? std::nullopt : std::optional(refusal->reason);
}

shred::Target opened(const shred::ArchiveRoot& root, const std::string& path) {
  auto result = open_target(root, {path, {}, {}}, shred::Fingerprint::yes);
  if (auto* const refusal = std::get_if<shred::Refusal>(&result)) {
    throw std::runtime_error(path + " refused: " + std::string(code(refusal->reason)) + " " +
                             refusal->detail);
  }
  return std::move(std::get<shred::Target>(result));
}

std::optional<shred::Refusal> overwritten(const shred::ArchiveRoot& root, shred::Target& target,
                                          const shred::StreamKey& key, std::uint32_t number) {
  shred::KeyStream stream(key, number);
  if (auto refusal = overwrite(root, target, stream)) return refusal;
  shred::Target* const only = &target;
  if (auto refusal = flush(root, std::span(&only, 1))) return refusal;
  if (auto refusal = read_back(root, target, stream)) return refusal;
  shred::drop_attributes(root.sys(), target.fd.get());
  return std::nullopt;
}

Holder::Holder(const std::string& path, int flags) {
  std::array<int, 2> ready{};
  if (::pipe2(ready.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  pid_ = ::fork();
  if (pid_ == 0) {
    const char ok = ::open(path.c_str(), flags) >= 0 ? 'y' : 'n';
    if (::write(ready[1], &ok, 1) == 1) ::pause();
    ::_exit(0);
  }
  char ok = 'n';
  const bool told = ::read(ready[0], &ok, 1) == 1;
  ::close(ready[0]);
  ::close(ready[1]);
  if (!told || ok != 'y') throw std::runtime_error("the other process cannot open " + path);
}

Holder::~Holder() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

int as_user(uid_t user, const std::function<int()>& body) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    int result = 255;
    try {
      if (::setresgid(user, user, user) == 0 && ::setresuid(user, user, user) == 0) result = body();
    } catch (const std::exception&) {
      result = 254;
    }
    ::_exit(result);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 256;
}

}  // namespace expunge::test
