#include "certify/file_name.h"

#include "base/sha256.h"
#include "base/text.h"

namespace expunge::certify {
namespace {

constexpr std::size_t kMaxBytes = 200;
constexpr std::size_t kBytesOfLong = 150;
constexpr std::size_t kDigestDigits = 32;

bool stands_for_itself(char c, bool first) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter || c == '_' || (!first && (c == '-' || c == '.'));
}

}  // namespace

std::string file_name_of(std::string_view id) {
  std::string name;
  for (const char c : id) {
    if (stands_for_itself(c, name.empty())) {
      name += c;
    } else {
      const auto byte = static_cast<std::uint8_t>(c);
      name += "%" + base::to_hex({&byte, 1});
    }
  }
  if (name.size() <= kMaxBytes) return name;
  base::Sha256 sha;
  return name.substr(0, kBytesOfLong) + "%~" +
         base::to_hex(sha.update(id).finish()).substr(0, kDigestDigits);
}

}  // namespace expunge::certify
