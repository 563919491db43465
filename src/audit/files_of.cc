#include "audit/files_of.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "audit/line.h"
#include "base/error.h"
#include "base/text.h"

namespace expunge::audit {

std::vector<FileDestroyed> files_of(const EntryView& entry) {
  const auto parts = take_apart(entry.line).parts;
  EXPUNGE_ASSERT(parts.has_value());
  const auto json = nlohmann::ordered_json::parse("{" + std::string(parts->members) + "}");
  std::vector<FileDestroyed> files;
  for (const auto& each : json.at("files")) {
    FileDestroyed& file = files.emplace_back();
    file.role = each.at("role");
    file.bytes = each.at("bytes");
    if (const auto found = each.find("sha256"); found != each.end()) {
      const auto bytes = base::from_hex(found->get_ref<const std::string&>()).value();
      std::copy(bytes.begin(), bytes.end(), file.sha256.emplace().begin());
    }
    file.method = each.at("method");
    file.passes = each.at("passes");
    file.verified = each.at("verified");
    file.filesystem = each.at("filesystem");
  }
  return files;
}

}  // namespace expunge::audit
