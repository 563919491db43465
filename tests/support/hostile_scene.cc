#include "support/hostile_scene.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "base/fd.h"
#include "base/text.h"
#include "support/catch.h"

namespace expunge::test::hostile_scene {

namespace fs = std::filesystem;
using namespace std::string_literals;

namespace {

constexpr const char* kDepartment = "Customer Services";

std::string audio(const std::string& name) {
  std::string text = "AUDIO OF " + name + " ";
  text.resize(20000, 'x');
  return text;
}

}  // namespace

HostileArchive::HostileArchive(const std::string& make)
    : image(make, "", 320 << 20), office_((prepare(), image / "recordings")) {}

HostileArchive::~HostileArchive() {
  for (const std::string& mounted : mounted_) shell("umount " + quoted(mounted));
  for (const auto& [path, flag] : flagged_) {
    shell("chattr -" + flag + " " + quoted(path));
  }
}

Ended HostileArchive::call(const std::vector<std::string>& words) {
  Ended ended = office_.call(words);
  INFO("expunge " << fmt::format("{}", fmt::join(words, " ")).substr(0, 200));
  CHECK(unsafe_in(ended.out) == "");
  CHECK(unsafe_in(ended.err) == "");
  CHECK(ended.status < 6);
  return ended;
}

void HostileArchive::furnish() {
  RawIndex index(office_.scratch / "office/index.db");
  index.run("BEGIN");
  ordinary(index);
  ways_out(index);
  odd_files(index);
  odd_names(index);
  odd_rows(index);
  odd_files_that_go(index);
  index.run("COMMIT");
  for (const auto& [path, seen] : witness_all(image.root())) {
    if (!goes_.contains(path) && seen.mode != 0 && !S_ISDIR(seen.mode)) kept_[path] = seen;
  }
}

std::string HostileArchive::changed() const {
  for (const auto& [path, before] : kept_) {
    if (!fs::exists(fs::symlink_status(path))) return base::printable(path) + " is gone";
    if (!(witness(path) == before)) return base::printable(path) + " was changed";
  }
  return "";
}

std::string HostileArchive::still_there() const {
  for (const std::string& path : goes_) {
    if (fs::exists(fs::symlink_status(path))) return base::printable(path);
  }
  return "";
}

void HostileArchive::prepare() const {
  for (const char* directory : {"recordings", "outside", "outside/deep"}) {
    fs::create_directory(image / directory);
  }
  for (const char* canary : {"outside/canary.wav", "outside/deep/canary.wav", "outside/linked"}) {
    spill(image / canary, audio(canary));
  }
}

std::string HostileArchive::file(const std::string& path) const {
  spill(at(path), audio(path));
  return path;
}

void HostileArchive::due(RawIndex& index, const std::string& id,
                         const std::vector<RawIndex::RawFile>& files) {
  index.add(id, Office::days_ago(400), kDepartment, files);
}

void HostileArchive::goes(RawIndex& index, const std::string& id,
                          const std::vector<RawIndex::RawFile>& files) {
  due(index, id, files);
  destroyed.insert(id);
  for (const auto& each : files) goes_.insert(at(each.path));
}

void HostileArchive::refused(RawIndex& index, const std::string& id, const RawIndex::RawFile& one,
                             const std::string& reason, const std::string& words) {
  due(index, id, {one});
  odd[id] = {reason, "", words};
}

void HostileArchive::attention(RawIndex& index, const std::string& id, const std::string& path,
                               const std::string& words) {
  due(index, id, {{path}});
  odd[id] = {"", "path-outside-root", words};
}

void HostileArchive::malformed(const std::string& id, const std::string& words) {
  odd[id] = {"", "malformed", words};
}

void HostileArchive::ordinary(RawIndex& index) {
  index.add("new", Office::days_ago(1), kDepartment, {{file("new.wav")}});
  for (int i = 0; i < 40; ++i) {
    const std::string base = fmt::format("d{}/{:02}", i / 20, i);
    goes(index, fmt::format("plain-{:02}", i),
         {{file(base + ".wav")}, {file(base + ".txt"), "transcript"}});
  }
}

void HostileArchive::ways_out(RawIndex& index) {
  const std::string words = "could leave the archive root";
  attention(index, "dotdot", "../outside/canary.wav", words);
  attention(index, "dotdot-inside", "d0/../../outside/canary.wav", words);
  attention(index, "absolute", image / "outside/canary.wav", words);
  attention(index, "dot", "./" + file("dot.wav"), words);
  attention(index, "empty-part", "dd//x.wav", words);
  attention(index, "slash-at-end", "dd/", words);
  attention(index, "no-path", "", words);
  attention(index, "nul", "dot.wav\0.txt"s, words);
  attention(index, "long-name", std::string(256, 'n'), words);
  attention(index, "long-path", std::string(5000, 'p'), words);
  attention(index, "twice-dot", "./d0/00.wav", words);
  attention(index, "twice-back", "d0/../d0/01.wav", words);
  fs::create_symlink(image / "outside/canary.wav", at("link.wav"));
  fs::create_directory_symlink(image / "outside", at("linkdir"));
  fs::create_symlink(file("inside.wav"), at("link-inside.wav"));
  fs::create_symlink("loop.wav", at("loop.wav"));
  const std::string link = "a symbolic link stands in the path";
  refused(index, "symlink", {"link.wav"}, "symbolic-link", link);
  refused(index, "symlink-above", {"linkdir/deep/canary.wav"}, "symbolic-link", link);
  refused(index, "symlink-inside", {"link-inside.wav"}, "symbolic-link", link);
  refused(index, "symlink-loop", {"loop.wav"}, "symbolic-link", link);
  refused(index, "proc", {"linkdir/../../proc/self/mem"}, "", "");
  odd["proc"] = {"", "path-outside-root", words};
  fs::create_hard_link(image / "outside/linked", at("hard.wav"));
  refused(index, "hard-link", {"hard.wav"}, "hard-link", "the file has more than one name");
  fs::create_directory(at("mounted"));
  shell("mount -t tmpfs none " + quoted(at("mounted")));
  mounted_.push_back(at("mounted"));
  refused(index, "mount", {file("mounted/x.wav")}, "crosses-file-system",
          "another file system is mounted below the archive root");
  file("bound.wav");
  shell("mount --bind " + quoted(image / "outside/canary.wav") + " " + quoted(at("bound.wav")));
  mounted_.push_back(at("bound.wav"));
  refused(index, "bind-mount", {"bound.wav"}, "crosses-file-system", "mounted below");
}

void HostileArchive::odd_files(RawIndex& index) {
  const std::string no_file = "not a regular file; see what stands there";
  ::mkfifo(at("fifo").c_str(), 0600);
  ::mknod(at("null").c_str(), S_IFCHR | 0600, ::makedev(1, 3));
  ::mknod(at("disk").c_str(), S_IFBLK | 0600, ::makedev(7, 0));
  const base::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string name = at("socket");
  REQUIRE(name.size() < sizeof address.sun_path);
  name.copy(address.sun_path, name.size());
  REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  fs::create_directory(at("adir"));
  file("adir/not-indexed.wav");
  for (const char* odd_one : {"fifo", "null", "disk", "socket", "adir"}) {
    refused(index, odd_one, {odd_one}, "not-a-regular-file", no_file);
  }
  refused(index, "directory-of-others", {"d0"}, "not-a-regular-file", no_file);
  refused(index, "below-a-file", {"inside.wav/x.wav"}, "missing", "no such file");
  refused(index, "gone", {"nowhere/x.wav"}, "missing", "no such file");
  for (const auto& [flag, id] : {std::pair{"i", "immutable"}, std::pair{"a", "append-only"}}) {
    file(id);
    shell("chattr +"s + flag + " " + quoted(at(id)));
    flagged_.emplace_back(at(id), flag);
    refused(index, id, {id}, id, "the file is marked "s + id);
  }
  refused(index, "written", {file("written.wav")}, "open-elsewhere", "another process");
  holders_.push_back(std::make_unique<Holder>(at("written.wav"), O_RDWR | O_APPEND));
  refused(index, "other-size", {file("size.wav"), "audio", 7}, "size-differs", "another size");
  refused(index, "replaced", {file("replaced.wav"), "audio", 20000, std::string(32, 'h')},
          "content-differs", "other content");
}

void HostileArchive::odd_names(RawIndex& index) {
  for (const std::string& name :
       {kWeird.substr(0, kWeird.find('/')), "n/" + kEscape, "n/" + kReversed, "n/" + kNotUtf8,
        "n/-rf"s, "n/ "s, "n/..."s, "n/\x7f"s, "Case.wav"s, "case.wav"s, "n/\u00e9"s, "n/e\u0301"s,
        std::string(255, 'L'), "n/" + std::string(255, '\x01')}) {
    goes(index, fmt::format("name-{}", destroyed.size()), {{file(name)}});
  }
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += "deep/";
  goes(index, "deep", {{file(deep + "x.wav")}});
  goes(index, "../../../etc/passwd", {{file("id-1.wav")}});
  goes(index, std::string(128, 'i'), {{file("id-2.wav")}});
  goes(index, "=cmd|'/c'!A1", {{file("id-3.wav")}});
}

void HostileArchive::odd_rows(RawIndex& index) {
  int count = 0;
  const auto path = [&] { return file(fmt::format("row-{}.wav", ++count)); };
  const std::string id_words = "an id that may not go into the log";
  for (const std::string& id : {"line\nbreak"s, kEscape, kReversed, kNotUtf8, "tab\t2020-01-01"s,
                                std::string(129, 'I'), std::string(1 << 20, 'M'), "\u200bnone"s,
                                "quote\"}"s, "back\\slash"s, "\x7f"s, "space here"s}) {
    due(index, id, {{path()}});
    malformed(id, id_words);
  }
  due(index, "", {{path()}});
  due(index, "nul\0id"s, {{path()}});
  for (const std::string& role : {kEscape, ""s, "Audio"s, std::string(17, 'r'), kNotUtf8}) {
    const std::string id = fmt::format("role-{}", ++count);
    due(index, id, {{path(), role}});
    malformed(id, "a role that may not go into the log");
  }
  for (const int files : {65, 10000}) {
    std::vector<RawIndex::RawFile> many{{path()}};
    for (int i = 1; i < files; ++i) many.push_back({fmt::format("many/{}/{}", files, i)});
    due(index, fmt::format("files-{}", files), many);
    malformed(fmt::format("files-{}", files), "more than 64 files");
  }
  due(index, "size-below-0", {{path(), "audio", -1}});
  malformed("size-below-0", "a size below zero");
  due(index, "short-hash", {{path(), "audio", std::nullopt, "short"}});
  malformed("short-hash", "a hash that is none");
  index.add("no-such-day", "2025-02-30T09:00:00Z", kDepartment, {{path()}});
  malformed("no-such-day", "a date that is none");
  index.add("date-of-words", kWeird, kDepartment, {{path()}});
  malformed("date-of-words", "a date that is none");
  index.add("huge-key", Office::days_ago(400), kDepartment, {{path()}}, INT64_MAX - 1);
  index.add("negative-key", Office::days_ago(400), kDepartment, {{path()}}, -5);
  for (const char* id : {"huge-key", "negative-key"}) malformed(id, "the number of its row");
  for (const std::string& department : {kWeird, kNotUtf8, ""s, std::string(1 << 20, 'D')}) {
    const std::string id = fmt::format("department-{}", ++count);
    index.add(id, Office::days_ago(400), department, {{path()}}, 1000 + count);
    odd[id] = {"", "unknown-department",
               department.empty() ? "it has no department" : "does not name its department"};
  }
  index.add("no-file", Office::days_ago(400), kDepartment, {}, 2000);
  odd["no-file"] = {"", "no-file", "the index lists none of its files"};
  index.add("no-date", "", kDepartment, {{path()}}, 2001);
  odd["no-date"] = {"", "no-date", "it has no date"};
}

void HostileArchive::odd_files_that_go(RawIndex& index) {
  spill(at("empty.wav"), "");
  spill(at("one.wav"), "1");
  spill(at("sparse.wav"), std::string(5000, 's'));
  fs::resize_file(at("sparse.wav"), 100ULL << 30);
  int key = 3000;
  for (const char* name : {"empty", "one", "sparse"}) {
    index.add(name, Office::days_ago(400), kDepartment, {{name + ".wav"s}}, ++key);
    destroyed.insert(name);
    goes_.insert(at(name + ".wav"s));
  }
  for (int i = 0; i < 64; ++i) file(fmt::format("64/{:02}", i));
  std::vector<RawIndex::RawFile> files;
  for (int i = 0; i < 64; ++i) files.push_back({fmt::format("64/{:02}", i), "abcdefghijklmnop"});
  index.add(std::string(128, '6'), Office::days_ago(400), kDepartment, files, ++key);
  destroyed.insert(std::string(128, '6'));
  for (const auto& each : files) goes_.insert(at(each.path));
}

}  // namespace expunge::test::hostile_scene
