#include "audit/bookmark.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "audit/base64.h"
#include "audit/line.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"

namespace expunge::audit {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kVersion = "expunge-log-bookmark/1";

/// `text` without its last LF, cut at the others; nothing when it does not end in one.
std::vector<std::string> to_lines(std::string_view text) {
  std::vector<std::string> lines;
  if (!text.ends_with('\n')) return lines;
  while (!text.empty()) {
    const auto lf = text.find('\n');
    lines.emplace_back(text.substr(0, lf));
    text.remove_prefix(lf + 1);
  }
  return lines;
}

base::Digest to_digest(const std::string& hex) {
  base::Digest digest{};
  const auto bytes = base::from_hex(hex);
  if (!bytes || bytes->size() != digest.size()) throw std::invalid_argument("digest");
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return digest;
}

// What follows throws what the JSON library throws, or std::invalid_argument.

Trail::Standing to_standing(const Json& json, LogFacts facts) {
  std::vector<base::Digest> peaks;
  for (const Json& peak : json.at("peaks")) peaks.push_back(to_digest(peak));
  const auto tree = Frontier::of(json.at("size").get<std::uint64_t>(), peaks);
  if (!tree) throw std::invalid_argument("peaks");
  return {*tree, to_digest(json.at("last")), json.at("end").get<std::uint64_t>(), std::move(facts)};
}

FileStamp to_stamp(const Json& json) {
  return {json.at("inode").get<std::uint64_t>(), json.at("end").get<std::uint64_t>(),
          json.at("changed_s").get<std::int64_t>(), json.at("changed_ns").get<std::uint32_t>()};
}

}  // namespace

FileStamp stamp_of(base::Sys& sys, int fd, const std::string& path) {
  struct statx status {};
  const int error = sys.statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_SIZE | STATX_CTIME, status);
  if (error != 0) base::fail_errno(base::ExitStatus::usage, path, -error);
  return {status.stx_ino, status.stx_size, status.stx_ctime.tv_sec, status.stx_ctime.tv_nsec};
}

std::string format_bookmark(const Trail& trail, const FileStamp& stamp, const SigningKey& key) {
  EXPUNGE_ASSERT(trail.size() > 0 && stamp.size_bytes == trail.end_bytes());
  EXPUNGE_ASSERT(key.verifier().id() == trail.key().id());
  const Trail::Standing standing = trail.standing();
  Json json;
  json["log"] = trail.origin();
  json["size"] = trail.size();
  json["end"] = trail.end_bytes();
  json["inode"] = stamp.inode;
  json["changed_s"] = stamp.changed_s;
  json["changed_ns"] = stamp.changed_ns;
  json["last"] = base::to_hex(trail.last_hash());
  json["peaks"] = Json::array();
  for (const base::Digest& peak : standing.tree.peaks()) {
    json["peaks"].push_back(base::to_hex(peak));
  }
  std::string text(kVersion);
  text.append("\n").append(json.dump()).append("\n").append(to_json(standing.facts)).append("\n");
  for (const std::string& line : trail.rotations()) text.append(line).append("\n");
  const Signature signature = key.sign(text);
  return text.append(to_base64(signature)).append("\n");
}

std::optional<Bookmark> parse_bookmark(std::string_view text, const std::string& origin,
                                       std::string_view first_line) {
  const std::vector<std::string> lines = to_lines(text);
  if (lines.size() < 4 || lines[0] != kVersion) return std::nullopt;
  const auto signature = parse_signature(lines.back());
  if (!signature) return std::nullopt;
  auto trail = Trail::of_keys(origin, first_line, std::span(lines).subspan(3, lines.size() - 4));
  const std::string_view body = text.substr(0, text.size() - lines.back().size() - 1);
  if (!trail || !trail->key().verifies(body, *signature)) return std::nullopt;
  // Only what the key signed comes as far as the JSON library.
  auto facts = parse_facts(lines[2]);
  if (!facts) return std::nullopt;
  try {
    const Json json = Json::parse(lines[1]);
    if (json.at("log") != origin) return std::nullopt;
    if (!trail->stand_at(to_standing(json, std::move(*facts)))) return std::nullopt;
    return Bookmark{to_stamp(json), std::move(*trail)};
  } catch (const Json::exception&) {
    return std::nullopt;
  } catch (const std::invalid_argument&) {
    return std::nullopt;
  }
}

void put_bookmark(base::Sys& sys, const std::string& directory, const std::string& text) {
  const std::string path = bookmark_path(directory);
  const std::string beside = path + ".new";
  static_cast<void>(sys.unlinkat(AT_FDCWD, beside.c_str(), 0));
  const base::Fd fd(sys.openat(AT_FDCWD, beside.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0644));
  if (!fd) return;
  if (base::settle_in(sys, fd.get(), beside, 0644) != 0) return;
  if (base::pwrite_all(sys, fd.get(), base::as_bytes(text), 0) != 0) return;
  static_cast<void>(sys.renameat2(AT_FDCWD, beside.c_str(), AT_FDCWD, path.c_str(), 0));
}

}  // namespace expunge::audit
