// An archive as an attacker, or an accident, would leave it: through the program itself.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/text.h"
#include "support/catch.h"
#include "support/hostile_archive.h"
#include "support/loop_image.h"
#include "support/office.h"
#include "support/places.h"
#include "support/shred_files.h"

using namespace expunge;
using test::contains;
using test::Ended;
using test::RawIndex;
using test::Witness;

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using namespace std::string_literals;

constexpr const char* kDepartment = "Customer Services";
const std::string kEscape = "\x1b[2J\x1b]0;owned\x07";
const std::string kReversed = "\u202egnp.exe\u2066";
const std::string kNotUtf8 = "\xff\xfe\xc0\x80";
const std::string kWeird = "a\nb\r\t\"'; rm -rf / #`$(x)\\" + kEscape + "\u009b\u2028" + kReversed;

std::string audio(const std::string& name) {
  std::string text = "AUDIO OF " + name + " ";
  text.resize(20000, 'x');
  return text;
}

/// What is to become of a recording.
struct Expected {
  std::string reason;  ///< destroy.failed's; empty: none
  std::string cause;   ///< plan's, of attention; empty: it is due
  std::string words;   ///< of whichever it is
};

/// The archive, with canaries outside its root on the same file system.
class HostileArchive {
 public:
  explicit HostileArchive(const std::string& make)
      : image(make, "", 320 << 20), office_((prepare(), image / "recordings")) {}
  ~HostileArchive() {
    for (const std::string& mounted : mounted_) test::shell("umount " + test::quoted(mounted));
    for (const auto& [path, flag] : flagged_) {
      test::shell("chattr -" + flag + " " + test::quoted(path));
    }
  }
  HostileArchive(const HostileArchive&) = delete;
  HostileArchive& operator=(const HostileArchive&) = delete;

  /// Calls expunge, and looks at what it prints.
  Ended call(const std::vector<std::string>& words) {
    Ended ended = office_.call(words);
    INFO("expunge " << fmt::format("{}", fmt::join(words, " ")).substr(0, 200));
    CHECK(test::unsafe_in(ended.out) == "");
    CHECK(test::unsafe_in(ended.err) == "");
    CHECK(ended.status < 6);
    return ended;
  }

  void furnish() {
    RawIndex index(office_.scratch / "office/index.db");
    index.run("BEGIN");
    ordinary(index);
    ways_out(index);
    odd_files(index);
    odd_names(index);
    odd_rows(index);
    odd_files_that_go(index);
    index.run("COMMIT");
    for (const auto& [path, seen] : test::witness_all(image.root())) {
      if (!goes_.contains(path) && seen.mode != 0 && !S_ISDIR(seen.mode)) kept_[path] = seen;
    }
  }

  /// What should be as it was, and is not; empty: nothing.
  [[nodiscard]] std::string changed() const {
    for (const auto& [path, before] : kept_) {
      if (!fs::exists(fs::symlink_status(path))) return base::printable(path) + " is gone";
      if (!(test::witness(path) == before)) return base::printable(path) + " was changed";
    }
    return "";
  }
  [[nodiscard]] std::string still_there() const {
    for (const std::string& path : goes_) {
      if (fs::exists(fs::symlink_status(path))) return base::printable(path);
    }
    return "";
  }

  [[nodiscard]] const test::Office& office() const { return office_; }

  test::LoopImage image;
  std::map<std::string, Expected> odd;  ///< by id
  std::set<std::string> destroyed;      ///< ids

 private:
  void prepare() const {
    for (const char* directory : {"recordings", "outside", "outside/deep"}) {
      fs::create_directory(image / directory);
    }
    for (const char* canary : {"outside/canary.wav", "outside/deep/canary.wav", "outside/linked"}) {
      test::spill(image / canary, audio(canary));
    }
  }

  [[nodiscard]] std::string at(const std::string& path) const { return office_.root + "/" + path; }
  std::string file(const std::string& path) const {
    test::spill(at(path), audio(path));
    return path;
  }

  void due(RawIndex& index, const std::string& id, const std::vector<RawIndex::RawFile>& files) {
    index.add(id, test::Office::days_ago(400), kDepartment, files);
  }
  void goes(RawIndex& index, const std::string& id, const std::vector<RawIndex::RawFile>& files) {
    due(index, id, files);
    destroyed.insert(id);
    for (const auto& each : files) goes_.insert(at(each.path));
  }
  void refused(RawIndex& index, const std::string& id, const RawIndex::RawFile& one,
               const std::string& reason, const std::string& words) {
    due(index, id, {one});
    odd[id] = {reason, "", words};
  }
  void attention(RawIndex& index, const std::string& id, const std::string& path,
                 const std::string& words) {
    due(index, id, {{path}});
    odd[id] = {"", "path-outside-root", words};
  }
  void malformed(const std::string& id, const std::string& words) {
    odd[id] = {"", "malformed", words};
  }

  void ordinary(RawIndex& index) {
    index.add("new", test::Office::days_ago(1), kDepartment, {{file("new.wav")}});
    for (int i = 0; i < 40; ++i) {
      const std::string base = fmt::format("d{}/{:02}", i / 20, i);
      goes(index, fmt::format("plain-{:02}", i),
           {{file(base + ".wav")}, {file(base + ".txt"), "transcript"}});
    }
  }

  void ways_out(RawIndex& index) {
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
    test::shell("mount -t tmpfs none " + test::quoted(at("mounted")));
    mounted_.push_back(at("mounted"));
    refused(index, "mount", {file("mounted/x.wav")}, "crosses-file-system",
            "another file system is mounted below the archive root");
    file("bound.wav");
    test::shell("mount --bind " + test::quoted(image / "outside/canary.wav") + " " +
                test::quoted(at("bound.wav")));
    mounted_.push_back(at("bound.wav"));
    refused(index, "bind-mount", {"bound.wav"}, "crosses-file-system", "mounted below");
  }

  void odd_files(RawIndex& index) {
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
      test::shell("chattr +"s + flag + " " + test::quoted(at(id)));
      flagged_.emplace_back(at(id), flag);
      refused(index, id, {id}, id, "the file is marked "s + id);
    }
    refused(index, "written", {file("written.wav")}, "open-elsewhere", "another process");
    holders_.push_back(std::make_unique<test::Holder>(at("written.wav"), O_RDWR | O_APPEND));
    refused(index, "other-size", {file("size.wav"), "audio", 7}, "size-differs", "another size");
    refused(index, "replaced", {file("replaced.wav"), "audio", 20000, std::string(32, 'h')},
            "content-differs", "other content");
  }

  void odd_names(RawIndex& index) {
    for (const std::string& name :
         {kWeird.substr(0, kWeird.find('/')), "n/" + kEscape, "n/" + kReversed, "n/" + kNotUtf8,
          "n/-rf"s, "n/ "s, "n/..."s, "n/\x7f"s, "Case.wav"s, "case.wav"s, "n/\u00e9"s,
          "n/e\u0301"s, std::string(255, 'L'), "n/" + std::string(255, '\x01')}) {
      goes(index, fmt::format("name-{}", destroyed.size()), {{file(name)}});
    }
    std::string deep;
    for (int i = 0; i < 300; ++i) deep += "deep/";
    goes(index, "deep", {{file(deep + "x.wav")}});
    goes(index, "../../../etc/passwd", {{file("id-1.wav")}});
    goes(index, std::string(128, 'i'), {{file("id-2.wav")}});
    goes(index, "=cmd|'/c'!A1", {{file("id-3.wav")}});
  }

  void odd_rows(RawIndex& index) {
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
    index.add("huge-key", test::Office::days_ago(400), kDepartment, {{path()}}, INT64_MAX - 1);
    index.add("negative-key", test::Office::days_ago(400), kDepartment, {{path()}}, -5);
    for (const char* id : {"huge-key", "negative-key"}) malformed(id, "the number of its row");
    for (const std::string& department : {kWeird, kNotUtf8, ""s, std::string(1 << 20, 'D')}) {
      const std::string id = fmt::format("department-{}", ++count);
      index.add(id, test::Office::days_ago(400), department, {{path()}}, 1000 + count);
      odd[id] = {"", "unknown-department",
                 department.empty() ? "it has no department" : "does not name its department"};
    }
    index.add("no-file", test::Office::days_ago(400), kDepartment, {}, 2000);
    odd["no-file"] = {"", "no-file", "the index lists none of its files"};
    index.add("no-date", "", kDepartment, {{path()}}, 2001);
    odd["no-date"] = {"", "no-date", "it has no date"};
  }

  void odd_files_that_go(RawIndex& index) {
    test::spill(at("empty.wav"), "");
    test::spill(at("one.wav"), "1");
    test::spill(at("sparse.wav"), std::string(5000, 's'));
    fs::resize_file(at("sparse.wav"), 100ULL << 30);
    int key = 3000;
    for (const char* name : {"empty", "one", "sparse"}) {
      index.add(name, test::Office::days_ago(400), kDepartment, {{name + ".wav"s}}, ++key);
      destroyed.insert(name);
      goes_.insert(at(name + ".wav"s));
    }
    for (int i = 0; i < 64; ++i) file(fmt::format("64/{:02}", i));
    std::vector<RawIndex::RawFile> files;
    for (int i = 0; i < 64; ++i) files.push_back({fmt::format("64/{:02}", i), "abcdefghijklmnop"});
    index.add(std::string(128, '6'), test::Office::days_ago(400), kDepartment, files, ++key);
    destroyed.insert(std::string(128, '6'));
    for (const auto& each : files) goes_.insert(at(each.path));
  }

  test::Office office_;
  std::set<std::string> goes_;           // paths
  std::map<std::string, Witness> kept_;  // by path
  std::vector<std::string> mounted_;
  std::vector<std::pair<std::string, std::string>> flagged_;
  std::vector<std::unique_ptr<test::Holder>> holders_;
};

/// By recording, of the entries of that type: the value of a member.
std::map<std::string, std::string> logged(HostileArchive& archive, const std::string& type,
                                          const char* member) {
  std::map<std::string, std::string> found;
  std::istringstream lines(archive.call({"log", "show", "--json"}).out);
  for (std::string line; std::getline(lines, line);) {
    const Json entry = Json::parse(line);
    if (entry.at("type") == type) found[entry.at("recording")] = entry.at(member);
  }
  return found;
}

void check_plan(HostileArchive& archive) {
  const Ended json = archive.call({"plan", "--format", "json"});
  REQUIRE(json.status == 1);
  std::map<std::string, Json> rows;
  const Json plan = Json::parse(json.out);
  for (const Json& row : plan.at("recordings")) rows[row.at("recording")] = row;
  for (const auto& [id, expected] : archive.odd) {
    CAPTURE(base::printable(id, 100));
    if (!base::is_utf8(id)) continue;  // JSON cannot say it
    REQUIRE(rows.contains(id));
    if (expected.cause.empty()) {
      CHECK(rows[id].at("verdict") == "due");
    } else {
      CHECK(rows[id].at("cause") == expected.cause);
      CHECK_THAT(rows[id].at("reason").get<std::string>(), test::contains_text(expected.words));
      CHECK_FALSE(rows[id].at("remedy").get<std::string>().empty());
    }
  }
  for (const std::string& id : archive.destroyed) CHECK(rows[id].at("verdict") == "due");
}

void check_log(HostileArchive& archive) {
  const auto claims = logged(archive, "destroy", "claim");
  for (const std::string& id : archive.destroyed) {
    CAPTURE(id);
    REQUIRE(claims.contains(id));
    CHECK(claims.at(id) == "overwritten");
  }
  CHECK(claims.size() == archive.destroyed.size());
  const auto reasons = logged(archive, "destroy.failed", "reason");
  std::size_t failures = 0;
  for (const auto& [id, expected] : archive.odd) {
    if (expected.reason.empty()) continue;
    CAPTURE(id);
    ++failures;
    REQUIRE(reasons.contains(id));
    CHECK(reasons.at(id) == expected.reason);
  }
  CHECK(reasons.size() == failures);
}

void check_every_other_command(HostileArchive& archive) {
  for (const auto& [id, expected] : archive.odd) {
    CAPTURE(base::printable(id, 100));
    if (id.size() > 100'000) continue;  // more than one argument of a program may be
    const Ended explained = archive.call({"explain", "--", id});
    CHECK(explained.status == 0);
    if (expected.reason.empty()) CHECK_THAT(explained.out, test::contains_text(expected.words));
    if (!expected.reason.empty()) CHECK_THAT(explained.out, test::contains_text(expected.reason));
  }
  for (const char* flag : {"--all", "--quiet"}) CHECK(archive.call({"plan", flag}).status == 1);
  CHECK(archive.call({"run", "--dry-run"}).status == 1);
  CHECK(archive.call({"log", "show"}).status == 0);
  CHECK(archive.call({"check"}).status == 1);
  CHECK(Json::parse(archive.call({"check", "--json"}).out).at("log_verifies") == true);
  CHECK(archive
            .call({"hold", "place", "SAR-1", "--kind", "sar", "--reason", kWeird, "--recording",
                   kEscape, "--subject", kReversed + "1", "--department", kWeird})
            .status == 1);
  CHECK(archive
            .call({"hold", "place", "SAR-2", "--kind", "other", "--reason", kNotUtf8, "--recording",
                   kEscape, "fifo", "dotdot"})
            .status == 0);
  RawIndex(archive.office().scratch / "office/index.db")
      .run(
          "INSERT INTO hold(reference, kind, reason, user, placed_at) VALUES (?1, ?1, ?1, ?1,"
          " '2026-01-01T00:00:00.000Z')",
          {kWeird});
  RawIndex(archive.office().scratch / "office/index.db")
      .run(
          "INSERT INTO hold_scope(reference, recording_id, subject_key, department)"
          " VALUES (?1, 'fifo', '', '')",
          {kWeird});
  CHECK(archive.call({"hold", "list"}).status == 1);  // one is overdue for review
  CHECK(archive.call({"hold", "list", "--json", "--all"}).status == 1);
  CHECK(archive.call({"hold", "show", "SAR-1"}).status == 0);
  CHECK(archive.call({"hold", "show", "--", kWeird}).status == 2);
  CHECK(archive.call({"plan"}).status == 1);
  CHECK(archive.call({"explain", "fifo"}).status == 0);
  CHECK(archive.call({"hold", "release", "SAR-2", "--reason", kWeird}).status == 0);
  CHECK(archive.call({"hold", "show", "SAR-2"}).status == 0);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kInstrumented = true;
#else
constexpr bool kInstrumented = false;
#endif

/// The lines of a trace, those of calls that other threads interrupted put together again.
std::vector<std::string> whole_calls(const std::string& trace) {
  std::vector<std::string> calls;
  std::map<std::string, std::string> begun;  // by thread
  std::istringstream lines(trace);
  for (std::string line; std::getline(lines, line);) {
    const std::string thread = line.substr(0, line.find(' '));
    const auto unfinished = line.find(" <unfinished ...>");
    const auto resumed = line.find(" resumed>");
    if (unfinished != std::string::npos) {
      begun[thread] = line.substr(0, unfinished);
    } else if (resumed != std::string::npos) {
      calls.push_back(begun[thread] + line.substr(resumed + 9));
    } else {
      calls.push_back(line);
    }
  }
  return calls;
}

}  // namespace

TEST_CASE("In a hostile archive what is ordinary goes and what is odd stays with a reason") {
  REQUIRE_LOOP_IMAGE();
  HostileArchive archive(GENERATE("mkfs.ext4 -q", "mkfs.xfs -q"));
  archive.furnish();
  check_plan(archive);
  const Ended braked = archive.call({"run"});
  CHECK_ENDED(braked, 3);
  CHECK(archive.changed() == "");
  CHECK_ENDED(archive.call({"approve", archive.office().digest(), "--reason", kWeird}), 0);

  const auto began = std::chrono::steady_clock::now();
  const Ended run = archive.call({"run"});
  const auto took = std::chrono::steady_clock::now() - began;
  CHECK_ENDED(run, 1);
  CHECK(archive.still_there() == "");
  CHECK(archive.changed() == "");
  for (const auto& [id, expected] : archive.odd) {
    if (expected.reason.empty()) continue;
    CHECK_THAT(run.err, test::contains_text("expunge: " + id + ": "));
    CHECK_THAT(run.err, test::contains_text(expected.words));
  }
  check_log(archive);
  // 100 GiB of holes are not read.
  if (!kInstrumented) CHECK(took < std::chrono::seconds(60));

  CHECK_ENDED(archive.call({"run"}), 1);
  CHECK(archive.changed() == "");
  CHECK_ENDED(archive.call({"log", "verify"}), 0);
  check_every_other_command(archive);
  CHECK(archive.changed() == "");
  CHECK_ENDED(archive.call({"log", "verify"}), 0);
}

TEST_CASE("Every file that a run opens for writing is below the root or its own") {
  REQUIRE_LOOP_IMAGE();
  if (!test::has_program("strace")) SKIP_TEST("strace is not installed");
  if (kInstrumented) SKIP_TEST("sanitizers make calls of their own");
  HostileArchive archive(GENERATE("mkfs.ext4 -q", "mkfs.xfs -q"));
  archive.furnish();
  const test::Office& office = archive.office();
  CHECK_ENDED(archive.call({"approve", office.digest(), "--reason", "read it"}), 0);
  const std::string trace = office.scratch / "trace";
  const Ended ended = test::run_program(
      {"strace", "-f", "-y", "-s", "8192", "-o", trace, "-e",
       "trace=open,openat,openat2,creat,rename,renameat,renameat2,link,linkat,unlink,unlinkat,"
       "mkdir,mkdirat,rmdir,symlink,symlinkat,mknod,mknodat,truncate,chmod,fchmodat,chown,"
       "fchownat,setxattr,utimensat",
       test::kBinary, "--config", office.config, "run"});
  CHECK_ENDED(ended, 1);
  const std::string own = office.scratch / "office/";
  const std::string image_outside = archive.image / "outside";
  int below_root = 0;
  for (const std::string& line : whole_calls(test::slurp(trace))) {
    CAPTURE(line.substr(0, 1000));
    const auto result = line.rfind(") = ");
    const bool opens = contains(line, " open") || contains(line, " creat");
    const bool writes = contains(line, "O_WRONLY") || contains(line, "O_RDWR") ||
                        contains(line, "O_CREAT") || contains(line, "O_TRUNC");
    if (result == std::string::npos || (opens && !writes)) continue;
    if (opens && contains(line.substr(result), "= -1")) continue;
    // `openat2(5</the/root>, "d/x", {…}) = 9</the/root/d/x>`: where an open led to, and the
    // directory in which a name was changed.
    const std::string place = opens ? line.substr(result) : line.substr(0, result);
    const bool is_root =
        contains(place, "<" + office.root + "/") || contains(place, "<" + office.root + ">");
    const bool is_own = contains(place, own + "index.db") || contains(place, own + "log/");
    below_root += is_root ? 1 : 0;
    CHECK((is_root || is_own || contains(place, "</proc/sys/vm/laptop_mode>")));
    CHECK_FALSE(contains(place, image_outside));
  }
  CHECK(below_root > 100);
  CHECK(archive.changed() == "");
}
