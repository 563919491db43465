#include "support/office.h"

#include <chrono>
#include <stdexcept>

#include "base/time.h"
#include "shred/target.h"

namespace expunge::test {

Office::Office(const std::string& where)
    : config(scratch / "office/expunge.conf"),
      root(where.empty() ? scratch / "recordings" : where) {
  std::filesystem::create_directory(root);
  const Ended made = expunge({"init", scratch / "office", "--root", root});
  if (made.status != 0) throw std::runtime_error("init: " + made.err);
}

Ended Office::call(std::vector<std::string> words, const std::string& input, uid_t uid) const {
  words.insert(words.begin(), {"--config", config});
  return expunge(std::move(words), input, uid);
}

std::string Office::days_ago(int days) {
  using namespace std::chrono;
  const auto day = floor<std::chrono::days>(system_clock::now()) - std::chrono::days{days};
  return base::to_text(sys_seconds{day + hours{12}});
}

void Office::configure(const std::string& lines) const {
  spill(config, slurp(config) + lines);
}

void Office::write(const std::string& below_root, const std::string& content) const {
  spill(root + "/" + below_root, content);
}

bool Office::exists(const std::string& below_root) const {
  return std::filesystem::exists(root + "/" + below_root);
}

std::string Office::digest() const {
  const std::string out = call({"plan"}).out;
  const auto at = out.rfind(": ");
  if (at == std::string::npos) throw std::runtime_error("the plan has no digest");
  return out.substr(at + 2, 64);
}

bool Office::can_destroy() const {
  write("probe", std::string(5000, 'x'));
  const shred::ArchiveRoot archive_root(base::real_sys(), root);
  const bool can = std::holds_alternative<shred::Target>(shred::open_target(
      archive_root, {"probe", std::nullopt, std::nullopt}, shred::Fingerprint::no));
  std::filesystem::remove(root + "/probe");
  return can;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace expunge::test
