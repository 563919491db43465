#include "base/io.h"

#include <fcntl.h>

#include <cerrno>
#include <filesystem>

#include "base/error.h"
#include "base/path.h"
#include "support/catch.h"
#include "support/scratch.h"

using namespace expunge;

namespace {

/// Fails the flushes of files, or of directories.
class NoFlush : public base::Sys {
 public:
  enum class Of { files, directories };
  explicit NoFlush(Of of) : of_(of) {}
  int fsync(int fd) override {
    const bool directory = (::fcntl(fd, F_GETFL) & O_DIRECTORY) != 0;
    return directory == (of_ == Of::directories) ? -ENOSPC : Sys::fsync(fd);
  }

 private:
  Of of_;
};

}  // namespace

// An init on a full disk left log.key behind, and the next one refused to overwrite it.
TEST_CASE("A file that could not be made whole is gone again") {
  const test::Scratch scratch;
  const std::string path = scratch / "log.key";
  const auto of = GENERATE(NoFlush::Of::files, NoFlush::Of::directories);
  NoFlush sys(of);
  CHECK_THROWS_AS(base::create_file(sys, path, "secret", 0600), base::Failure);
  CHECK_FALSE(std::filesystem::exists(path));
  base::create_file(base::real_sys(), path, "secret", 0600);
  CHECK_THROWS_AS(base::create_file(sys, path, "other", 0600), base::Failure);
  CHECK(test::slurp(path) == "secret");
}

TEST_CASE("A file that could not be replaced stands as it was and nothing beside it") {
  const test::Scratch scratch;
  const std::string path = scratch / "checkpoint";
  test::spill(path, "old");
  NoFlush sys(NoFlush::Of::files);
  CHECK_THROWS_AS(base::replace_file(sys, path, "new", 0644), base::Failure);
  CHECK(test::slurp(path) == "old");
  CHECK_FALSE(std::filesystem::exists(path + ".new"));
}

TEST_CASE("The parent of a path is as it is written, and never empty") {
  CHECK(base::parent_of("/srv/a b/c") == "/srv/a b");
  CHECK(base::parent_of("a/b") == "a");
  CHECK(base::parent_of("/a") == "/");
  CHECK(base::parent_of("a") == ".");
}
