#include "audit/proof.h"

#include <algorithm>

#include "audit/base64.h"
#include "audit/course.h"
#include "audit/line.h"
#include "audit/merkle.h"
#include "audit/note.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"

namespace expunge::audit {
namespace {

constexpr std::string_view kHeader = "c2sp.org/tlog-proof@v1\n";
constexpr std::size_t kMaxPath = 64;

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

/// The leaves that the newest checkpoint covers, checked against its root.
struct Leaves {
  std::vector<base::Digest> hashes;
  std::string checkpoint;
  std::string line;  ///< of the entry asked for
};

Leaves read_leaves(base::Sys& sys, const LogPlace& place, std::uint64_t at,
                   const std::string& asked) {
  CheckpointFile checkpoint = read_checkpoint(sys, checkpoint_path(place.directory), place.origin);
  const std::uint64_t size = checkpoint.note.checkpoint.size;
  if (at >= size) {
    throw base::Failure(base::ExitStatus::usage,
                        asked + " is not covered by the newest checkpoint, of " +
                            std::to_string(size) + " entries");
  }
  Leaves leaves{{}, std::move(checkpoint.text), {}};
  base::Sha256 sha;
  for_each_entry(sys, place, 0, [&](const EntryView& entry) {
    leaves.hashes.push_back(leaf_hash(sha, entry.line));
    if (entry.seq == at) leaves.line = entry.line;
    return entry.seq + 1 < size;
  });
  if (merkle_root(leaves.hashes) != checkpoint.note.checkpoint.root) {
    fail_untrusted(log_path(place.directory) + ": is not what its checkpoint covers");
  }
  return leaves;
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
  Certificate certificate{std::string(extra->begin(), extra->end()), *index, {}, {}};
  for (;;) {
    const auto step = cut_line(text, "");
    if (!step) return std::nullopt;
    if (step->empty()) break;
    const auto bytes = from_base64(*step);
    base::Digest hash;
    if (!bytes || bytes->size() != hash.size() || certificate.path.size() == kMaxPath) {
      return std::nullopt;
    }
    std::copy(bytes->begin(), bytes->end(), hash.begin());
    certificate.path.push_back(hash);
  }
  certificate.checkpoint = text;
  if (!parse_checkpoint(text)) return std::nullopt;
  return certificate;
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
  const TakenApart taken = take_apart(certificate.line);
  if (!taken.parts || taken.parts->seq != certificate.index ||
      taken.parts->origin != key.origin()) {
    return "expected entry " + std::to_string(certificate.index) + " of this log as extra";
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

Certificate certify(base::Sys& sys, const LogPlace& place, std::uint64_t seq) {
  Leaves leaves = read_leaves(sys, place, seq, "entry " + std::to_string(seq));
  return {std::move(leaves.line), seq, inclusion_path(leaves.hashes, seq),
          std::move(leaves.checkpoint)};
}

std::string prove_consistency(base::Sys& sys, const LogPlace& place, std::uint64_t old_size) {
  const std::uint64_t last = old_size == 0 ? 0 : old_size - 1;
  const Leaves leaves = read_leaves(sys, place, last, "a log of " + std::to_string(old_size));
  return format_consistency(old_size, consistency_path(leaves.hashes, old_size), leaves.checkpoint);
}

}  // namespace expunge::audit
