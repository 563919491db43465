#include "audit/proof.h"

#include <algorithm>

#include "audit/base64.h"
#include "audit/key_entries.h"
#include "audit/line.h"
#include "audit/members.h"
#include "audit/merkle.h"
#include "base/text.h"

namespace expunge::audit {
namespace {

constexpr std::string_view kHeader = "c2sp.org/tlog-proof@v1\n";
constexpr std::size_t kMaxPath = 64;
constexpr std::size_t kMaxConsistencyPath = 63;

std::string base64_lines(const std::vector<base::Digest>& path) {
  std::string text;
  for (const base::Digest& hash : path) text += to_base64(hash) + "\n";
  return text;
}

/// Cuts `prefix`, a value and LF off `text`; nullopt when they do not stand there.
std::optional<std::string_view> cut_line(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view value = text.substr(prefix.size(), end - prefix.size());
  text.remove_prefix(end + 1);
  return value;
}

/// Cuts hashes, a line each, and the empty line behind them off `text`; nullopt when something else
/// stands there, or more than `limit` of them.
std::optional<std::vector<base::Digest>> cut_path(std::string_view& text, std::size_t limit) {
  std::vector<base::Digest> path;
  for (;;) {
    const auto step = cut_line(text, "");
    if (!step) return std::nullopt;
    if (step->empty()) return path;
    const auto bytes = from_base64(*step);
    base::Digest hash;
    if (!bytes || bytes->size() != hash.size() || path.size() == limit) return std::nullopt;
    std::copy(bytes->begin(), bytes->end(), hash.begin());
    path.push_back(hash);
  }
}

/// Whether `text` is what it would be in a log that was verified: the chain sees to it there.
bool is_hex_of(std::string_view text, std::size_t bytes) {
  const auto found = base::from_hex(text);
  return found && found->size() == bytes;
}

/// What is wrong with a line that must be entry `index` of the log `origin`, its signature aside.
std::optional<std::string> find_entry_fault(std::string_view line, std::uint64_t index,
                                            const std::string& origin) {
  const TakenApart taken = take_apart(line);
  if (!taken.parts) {
    return "expected " + std::string(taken.expected) + " as its entry, found something else";
  }
  const LineParts& parts = *taken.parts;
  if (parts.origin != origin) {
    return "expected an entry of " + origin + ", found one of " + base::printable(parts.origin);
  }
  if (parts.seq != index) {
    return "expected entry " + std::to_string(index) + ", as its index says, found entry " +
           std::to_string(parts.seq);
  }
  if (!is_hex_of(parts.key, 4) || !is_hex_of(parts.prev, base::Digest().size())) {
    return "expected hexadecimal digits as \"key\" and \"prev\", found something else";
  }
  if (auto fault = find_form_fault(parts)) return fault;
  return find_key_entry_fault(parts);
}

}  // namespace

std::string format_certificate(const Certificate& certificate) {
  const auto line = std::as_bytes(std::span(certificate.line));
  const std::span extra(reinterpret_cast<const std::uint8_t*>(line.data()), line.size());
  return std::string(kHeader) + "extra " + to_base64(extra) + "\nindex " +
         std::to_string(certificate.index) + "\n" + base64_lines(certificate.path) + "\n" +
         certificate.checkpoint;
}

std::optional<Certificate> parse_certificate(std::string_view text) {
  if (!text.starts_with(kHeader)) return std::nullopt;
  text.remove_prefix(kHeader.size());
  const auto extra_line = cut_line(text, "extra ");
  const auto extra = extra_line ? from_base64(*extra_line) : std::nullopt;
  const auto index_line = cut_line(text, "index ");
  const auto index = index_line ? base::parse_number(*index_line) : std::nullopt;
  if (!extra || !index) return std::nullopt;
  auto path = cut_path(text, kMaxPath);
  if (!path || !parse_checkpoint(text)) return std::nullopt;
  return Certificate{std::string(extra->begin(), extra->end()), *index, std::move(*path),
                     std::string(text)};
}

std::optional<std::string> find_certificate_fault(const Certificate& certificate,
                                                  const VerifierKey& key) {
  const auto note = parse_checkpoint(certificate.checkpoint);
  if (!note || note->checkpoint.origin != key.origin()) {
    return "expected a checkpoint of " + key.origin() + ", found something else";
  }
  if (!is_signed_by(*note, key)) {
    return "expected a checkpoint signed by key " + key.id_hex() + ", found none that verifies";
  }
  if (auto fault = find_entry_fault(certificate.line, certificate.index, key.origin())) {
    return fault;
  }
  base::Sha256 sha;
  if (!inclusion_holds(leaf_hash(sha, certificate.line), certificate.index, note->checkpoint.size,
                       certificate.path, note->checkpoint.root)) {
    return std::string("expected a path from the entry to the checkpoint's root, found another");
  }
  return std::nullopt;
}

std::string format_consistency(std::uint64_t old_size, const std::vector<base::Digest>& path,
                               std::string_view checkpoint) {
  return "old " + std::to_string(old_size) + "\n" + base64_lines(path) + "\n" +
         std::string(checkpoint);
}

std::optional<Consistency> parse_consistency(std::string_view text) {
  const auto old_line = cut_line(text, "old ");
  const auto old_size = old_line ? base::parse_number(*old_line) : std::nullopt;
  if (!old_size) return std::nullopt;
  auto path = cut_path(text, kMaxConsistencyPath);
  if (!path || !parse_checkpoint(text)) return std::nullopt;
  return Consistency{*old_size, std::move(*path), std::string(text)};
}

std::optional<std::string> find_consistency_fault(const Consistency& consistency,
                                                  const Checkpoint& older) {
  const auto newer = parse_checkpoint(consistency.checkpoint);
  if (!newer || newer->checkpoint.origin != older.origin) {
    return "expected a checkpoint of " + older.origin + ", found something else";
  }
  if (consistency.old_size != older.size) {
    return "expected a proof from " + std::to_string(older.size) + " entries on, found one from " +
           std::to_string(consistency.old_size);
  }
  if (!consistency_holds(older.size, older.root, newer->checkpoint.size, newer->checkpoint.root,
                         consistency.path)) {
    return "expected a path from the root over " + std::to_string(older.size) +
           " entries to the one over " + std::to_string(newer->checkpoint.size) +
           ", found another: the newer checkpoint does not continue the older one";
  }
  return std::nullopt;
}

}  // namespace expunge::audit
