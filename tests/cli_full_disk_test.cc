// File systems that are full, read-only or not there: what is said, and that nothing is lost.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

#include "support/catch.h"
#include "support/kill_scene.h"
#include "support/loop_image.h"
#include "support/places.h"

using namespace expunge;
using test::Blow;
using test::Checker;
using test::contains;
using test::Ended;
using test::KillScene;
using test::LoopImage;
using test::Mutation;

namespace fs = std::filesystem;

namespace {

constexpr const char* kSmall = "mkfs.ext4 -q -b 1024 -m 0";
constexpr std::uint64_t kImageBytes = 16 << 20;

/// Takes all the room of a file system but so many KiB.
void fill(const LoopImage& image, int left_kib) {
  const std::string path = image / "filler";
  {
    std::ofstream out(path, std::ios::binary);
    const std::string block(1 << 16, 'x');
    while (out.write(block.data(), 1 << 16).flush()) {
    }
  }
  {
    std::ofstream out(path, std::ios::binary | std::ios::app);
    const std::string block(1 << 10, 'x');
    while (out.write(block.data(), 1 << 10).flush()) {
    }
  }
  test::shell("sync -f " + test::quoted(path));
  const auto size = fs::file_size(path) / 1024 * 1024;
  fs::resize_file(path, size - static_cast<std::uint64_t>(left_kib) * 1024);
  test::shell("sync -f " + test::quoted(path));
}

void make_room(const LoopImage& image) {
  fs::remove(image / "filler");
  test::shell("sync -f " + test::quoted(image.root()));
}

void expect_no_faults(Checker& checker, Checker::Moment moment) {
  for (const std::string& fault : checker.find_faults(moment)) FAIL_CHECK(fault);
}

/// One clear line: what, where, and the way on.
void expect_told(const Ended& ended, const std::string& where) {
  INFO(ended.err);
  CHECK(ended.err.starts_with("expunge: "));
  CHECK(contains(ended.err, where));
  CHECK((contains(ended.err, "make room there") || contains(ended.err, "make it writable")));
  CHECK_FALSE(contains(ended.err, "internal error"));
  CHECK(std::count(ended.err.begin(), ended.err.end(), '\n') <= 2);
}

enum class Books { log, index, both };

KillScene::Shape shape_on(const LoopImage& image, Books books) {
  KillScene::Shape shape;
  shape.due = 3;
  if (books != Books::index) shape.log_at = image / "books";
  if (books != Books::log) shape.index_at = image / "books";
  return shape;
}

}  // namespace

TEST_CASE("With the file system of log or index full nothing is lost and the next run goes on") {
  REQUIRE_LOOP_IMAGE();
  const auto books = GENERATE(Books::log, Books::index, Books::both);
  CAPTURE(static_cast<int>(books));
  const LoopImage image(kSmall, "", kImageBytes);
  const KillScene scene(shape_on(image, books));
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  std::set<int> endings;
  for (int left_kib = 0; left_kib <= 16; ++left_kib) {
    CAPTURE(left_kib);
    scene.reset();
    fs::remove(scene.index() + "-journal");  // so that it must grow
    fill(image, left_kib);
    const Ended run = scene.office.call({"run"});
    endings.insert(run.status);
    Checker checker = scene.checker();
    INFO(run.out);
    INFO(run.err);
    CHECK(run.status <= 1);
    if (run.status == 1) expect_told(run, image / "books");
    expect_no_faults(checker,
                     run.status == 0 ? Checker::Moment::finished : Checker::Moment::interrupted);
    make_room(image);
    CHECK_ENDED(scene.next_run(), 0);
    expect_no_faults(checker, Checker::Moment::finished);
    CHECK(scene.strange_files().empty());
  }
  CHECK(endings.count(1) == 1);
}

TEST_CASE("With the archive's own file system full everything is destroyed nevertheless") {
  REQUIRE_LOOP_IMAGE();
  const LoopImage image(kSmall, "", kImageBytes);
  KillScene::Shape shape;
  shape.root = image / "recordings";
  shape.due = 3;
  const KillScene scene(shape);
  fill(image, 0);
  Checker checker = scene.checker();
  CHECK_ENDED(scene.office.call({"run"}), 0);
  expect_no_faults(checker, Checker::Moment::finished);
  CHECK(scene.strange_files().empty());
}

TEST_CASE("With a file system read-only nothing is touched and the next run does it all") {
  REQUIRE_LOOP_IMAGE();
  const std::string which = GENERATE("archive", "log", "index");
  CAPTURE(which);
  LoopImage image(kSmall, "", kImageBytes);
  KillScene::Shape shape;
  shape.due = 3;
  (which == "archive" ? shape.root
   : which == "log"   ? shape.log_at
                      : shape.index_at) = image / "books";
  const KillScene scene(shape);
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  Checker checker = scene.checker();
  test::shell("mount -o remount,ro " + test::quoted(image.root()));
  const Ended run = scene.office.call({"run"});
  INFO(run.out);
  INFO(run.err);
  CHECK(run.status == (which == "archive" ? 1 : 2));
  CHECK(contains(run.err, which == "archive" ? "due-0" : image / "books"));
  CHECK((which == "archive" || contains(run.err, "Read-only file system")));
  for (const auto& [id, put] : scene.put()) {
    for (const auto& [path, content] : put.files) {
      CHECK(test::slurp(scene.office.root + "/" + path) == content);
    }
  }
  test::shell("mount -o remount,rw " + test::quoted(image.root()));
  CHECK_ENDED(scene.next_run(), 0);
  expect_no_faults(checker, Checker::Moment::finished);
}

TEST_CASE("A file system that becomes read-only in the middle of a run loses nothing") {
  REQUIRE_LOOP_IMAGE();
  REQUIRE_TRACING();
  const auto books = GENERATE(Books::log, Books::index);
  CAPTURE(static_cast<int>(books));
  std::uint64_t count = 0;
  for (int tenth = 0; tenth < 10; ++tenth) {
    CAPTURE(tenth);
    LoopImage image(kSmall, "errors=remount-ro", kImageBytes);
    KillScene::Shape shape = shape_on(image, books);
    const KillScene scene(shape);
    if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
    const std::string device =
        fs::path(test::run_program({"findmnt", "-nro", "SOURCE", image.root()}).out).filename();
    const std::string trigger =
        "/sys/fs/ext4/" + device.substr(0, device.find('\n')) + "/trigger_fs_error";
    if (!fs::exists(trigger)) SKIP_TEST("the kernel has no trigger_fs_error");
    if (count == 0) count = scene.count_mutations();
    scene.reset();
    test::shell("sync -f " + test::quoted(image / "books"));
    const std::uint64_t number = count * static_cast<std::uint64_t>(tenth) / 10;
    const auto run = scene.run([&](const Mutation& mutation) {
      if (mutation.number == number) test::shell("echo now > " + trigger);
      return Blow{};
    });
    INFO(run.ended.err);
    CHECK(run.ended.status <= 2);
    if (run.ended.status > 0) CHECK(contains(run.ended.err, image / "books"));
    image.unmount();
    test::shell("e2fsck -fy " + test::quoted(image.image()) + " > /dev/null || [ $? -eq 1 ]");
    image.mount();
    Checker checker = scene.checker();
    expect_no_faults(checker, Checker::Moment::interrupted);
    CHECK_ENDED(scene.next_run(), 0);
    expect_no_faults(checker, Checker::Moment::finished);
  }
}

TEST_CASE("Without the log's directory nothing is destroyed and the message names it") {
  KillScene::Shape shape;
  shape.due = 1;
  const KillScene scene(shape);
  const std::string log = scene.log();
  const std::string aside = log + ".aside";
  struct Case {
    const char* name;
    std::function<void()> spoil;
  };
  const Case cases[] = {
      {"gone", [] {}},
      {"empty", [&] { fs::create_directory(log); }},
      {"a file", [&] { test::spill(log, "not a directory"); }},
      {"a dangling link", [&] { fs::create_symlink("nowhere", log); }},
      {"without its lines",
       [&] {
         fs::copy(aside, log, fs::copy_options::recursive);
         fs::remove(log + "/log.jsonl");
       }},
      {"without its checkpoint",
       [&] {
         fs::copy(aside, log, fs::copy_options::recursive);
         fs::remove(log + "/checkpoint");
       }},
      {"run.lock is a directory",
       [&] {
         fs::copy(aside, log, fs::copy_options::recursive);
         fs::create_directory(log + "/run.lock");
       }},
  };
  for (const Case& each : cases) {
    CAPTURE(each.name);
    fs::rename(log, aside);
    each.spoil();
    const Ended run = scene.office.call({"run"});
    INFO(run.err);
    CHECK((run.status == 2 || run.status == 4));
    CHECK(contains(run.err, log));
    CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
    for (const auto& [path, content] : scene.put().at("due-0").files) {
      CHECK(test::slurp(scene.office.root + "/" + path) == content);
    }
    fs::remove_all(log);
    fs::rename(aside, log);
  }
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  Checker checker = scene.checker();
  CHECK_ENDED(scene.next_run(), 0);
  expect_no_faults(checker, Checker::Moment::finished);
}

TEST_CASE("An index or log moved away in the middle of a run stops it and nothing is lost") {
  REQUIRE_TRACING();
  KillScene::Shape shape;
  shape.due = 3;
  shape.workers = GENERATE(1U, 8U);
  const KillScene scene(shape);
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const bool is_log = GENERATE(true, false);
  const std::string thing = is_log ? scene.log() : scene.index();
  const std::uint64_t count = scene.count_mutations();
  for (int part = 0; part < 12; ++part) {
    CAPTURE(shape.workers, thing, part);
    scene.reset();
    const auto run = scene.run([&](const Mutation& mutation) {
      if (mutation.number == count * static_cast<std::uint64_t>(part) / 12) {
        fs::rename(thing, thing + ".away");
      }
      return Blow{};
    });
    INFO(run.ended.err);
    CHECK((run.ended.status <= 2 || run.ended.status == 4));
    if (run.ended.status != 0) CHECK(contains(run.ended.err, scene.office_dir()));
    // What SQLite or the run may have put in its place.
    fs::remove_all(thing);
    fs::rename(thing + ".away", thing);
    Checker checker = scene.checker();
    expect_no_faults(checker, Checker::Moment::interrupted);
    CHECK_ENDED(scene.next_run(), 0);
    expect_no_faults(checker, Checker::Moment::finished);
  }
}

TEST_CASE("A run needs no directory for temporary files") {
  KillScene::Shape shape;
  const KillScene scene(shape);
  if (!scene.office.can_destroy()) SKIP_TEST("no file system here that overwrites in place");
  const Ended run = test::run_program({"env", "TMPDIR=/nonexistent", "SQLITE_TMPDIR=/nonexistent",
                                       test::kBinary, "--config", scene.office.config, "run"});
  CHECK_ENDED(run, 0);
  Checker checker = scene.checker();
  expect_no_faults(checker, Checker::Moment::finished);
}
