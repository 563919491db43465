#include "audit/note.h"

#include <algorithm>

#include "audit/base64.h"
#include "base/text.h"

namespace expunge::audit {
namespace {

constexpr std::string_view kSignatureStart = "\u2014 ";  // an em dash and a space
constexpr std::size_t kMaxSignatures = 100;

/// Cuts the first line off `text`; nullopt when no LF ends it.
std::optional<std::string_view> next_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::optional<NoteSignature> parse_signature(std::string_view line) {
  if (!line.starts_with(kSignatureStart)) return std::nullopt;
  line.remove_prefix(kSignatureStart.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos || !is_origin(line.substr(0, space))) return std::nullopt;
  const auto blob = from_base64(line.substr(space + 1));
  NoteSignature signature{std::string(line.substr(0, space)), {}, {}};
  if (!blob || blob->size() <= signature.key_id.size()) return std::nullopt;
  const auto rest = std::copy_n(blob->begin(), signature.key_id.size(), signature.key_id.begin());
  static_cast<void>(rest);
  signature.bytes.assign(blob->begin() + signature.key_id.size(), blob->end());
  return signature;
}

}  // namespace

bool is_origin(std::string_view text) {
  return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '+' && c != '"' && c != '\\';
  });
}

std::string checkpoint_body(const Checkpoint& checkpoint) {
  return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" +
         to_base64(checkpoint.root) + "\n";
}

std::string sign_checkpoint(const Checkpoint& checkpoint, std::span<const SigningKey* const> keys) {
  const std::string body = checkpoint_body(checkpoint);
  std::string note = body + "\n";
  for (const SigningKey* key : keys) {
    const VerifierKey& verifier = key->verifier();
    const Signature signature = key->sign(body);
    std::vector<std::uint8_t> blob(verifier.id().begin(), verifier.id().end());
    blob.insert(blob.end(), signature.begin(), signature.end());
    note.append(kSignatureStart).append(verifier.origin()).append(" ");
    note.append(to_base64(blob)).append("\n");
  }
  return note;
}

std::optional<SignedCheckpoint> parse_checkpoint(std::string_view text) {
  std::string_view rest = text;
  const auto origin = next_line(rest);
  if (!origin || !is_origin(*origin)) return std::nullopt;
  const auto size_line = next_line(rest);
  const auto size = size_line ? base::parse_number(*size_line) : std::nullopt;
  const auto root_line = next_line(rest);
  const auto root = root_line ? from_base64(*root_line) : std::nullopt;
  SignedCheckpoint note;
  if (!size || !root || root->size() != note.checkpoint.root.size()) return std::nullopt;
  note.checkpoint.origin = *origin;
  note.checkpoint.size = *size;
  std::copy(root->begin(), root->end(), note.checkpoint.root.begin());
  note.body = text.substr(0, text.size() - rest.size());
  if (next_line(rest) != std::string_view()) return std::nullopt;
  while (!rest.empty()) {
    const auto line = next_line(rest);
    auto signature = line ? parse_signature(*line) : std::nullopt;
    if (!signature || note.signatures.size() == kMaxSignatures) return std::nullopt;
    note.signatures.push_back(std::move(*signature));
  }
  if (note.signatures.empty()) return std::nullopt;
  return note;
}

bool is_signed_by(const SignedCheckpoint& note, const VerifierKey& key) {
  std::size_t found = 0;
  for (const NoteSignature& line : note.signatures) {
    if (line.name != key.origin() || line.key_id != key.id()) continue;
    Signature signature;
    if (line.bytes.size() != signature.size()) return false;
    std::copy(line.bytes.begin(), line.bytes.end(), signature.begin());
    if (!key.verifies(note.body, signature)) return false;
    ++found;
  }
  return found == 1;
}

}  // namespace expunge::audit
