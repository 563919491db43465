#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "shred/destroy.h"
#include "shred/target.h"

namespace expunge::test {

/// `bytes` bytes, of which every 64 begin with `marker`; no two units of 64 are equal.
[[nodiscard]] std::string marked(const std::string& marker, std::size_t bytes);

/// Writes a file and makes it durable, its creation included.
void put(const std::string& path, const std::string& data);

/// Why the file was refused; nullopt when it was not.
[[nodiscard]] std::optional<shred::Reason> refused_as(const shred::ArchiveRoot& root,
                                                      const shred::Expected& expected);

/// The target, which must not be refused.
[[nodiscard]] shred::Target opened(const shred::ArchiveRoot& root, const std::string& path);

/// Overwrites, flushes, reads back and drops the attributes; the first refusal.
[[nodiscard]] std::optional<shred::Refusal> overwritten(const shred::ArchiveRoot& root,
                                                        shred::Target& target,
                                                        const shred::StreamKey& key,
                                                        std::uint32_t number = 0);

/// Does nothing about names.
class NoWatch : public shred::Removal {
 public:
  void entering(int) override {}
  void unlinked(int, std::size_t) override {}
};

/// Another process that has a file open, until it goes out of scope.
class Holder {
 public:
  Holder(const std::string& path, int flags);
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder();

 private:
  pid_t pid_;
};

/// Runs `body` in a child process as another user and returns what it returned (0 to 255).
[[nodiscard]] int as_user(uid_t user, const std::function<int()>& body);

}  // namespace expunge::test
