#include "support/succession.h"

#include <filesystem>
#include <stdexcept>

namespace expunge::test {
namespace {

void require_done(const Ended& ended, int most = 0) {
  if (ended.status > most) throw std::runtime_error(ended.out + ended.err);
}

void replace_line(std::string& text, const std::string& key, const std::string& value) {
  const auto at = text.find("\n" + key);
  if (at == std::string::npos) throw std::runtime_error("no line for " + key);
  const auto end = text.find('\n', at + 1);
  text.replace(at + 1, end - at - 1, key + " = " + value);
}

}  // namespace

OldOffice::OldOffice() {
  const std::string audio(9000, 'A');
  csv = "id,department,recorded_at,path,subject\n";
  const auto add = [&](const std::string& id, int days) {
    office.write(id + ".wav", audio + id);
    csv += id + ",Customer Services," + Office::days_ago(days) + "," + id + ".wav,01632 960001\n";
  };
  add("gone-1", 410);
  add("gone-2", 405);
  add("held-1", 400);
  add("new-1", 1);
  office.configure("[holds]\nrelease-delay = none\n");
  require_done(office.call({"import", "-"}, csv));
  require_done(office.call(
      {"hold", "place", "SAR-1", "--kind", "sar", "--reason", "asked", "--recording", "held-1"}));
  if (!office.can_destroy()) return;
  require_done(office.call({"approve", office.digest(), "--reason", "read it"}));
  require_done(office.call({"run", "--quiet"}));
}

void OldOffice::name_new_log(const std::string& origin) const {
  std::string text = slurp(office.config);
  replace_line(text, "directory", new_log());
  replace_line(text, "origin", origin);
  replace_line(text, "key ", directory() + "/log-2.key");
  replace_line(text, "checkpoint-key", directory() + "/checkpoint-2.key");
  spill(office.config, text);
}

std::vector<std::string> OldOffice::words(const std::string& checkpoint,
                                          const std::string& reason) const {
  return {
      "init",        "--successor-of", checkpoint.empty() ? old_log() + "/checkpoint" : checkpoint,
      "--authority", "DPO-2026/17",    "--reason",
      reason};
}

Ended OldOffice::succeed(const std::string& checkpoint) const {
  return office.call(words(checkpoint));
}

void OldOffice::tamper() const {
  std::string text = slurp(old_log() + "/log.jsonl");
  const auto at = text.find("gone-1");
  if (at == std::string::npos) throw std::runtime_error("nothing to tamper with");
  text.replace(at, 6, "gone-9");
  spill(old_log() + "/log.jsonl", text);
}

void OldOffice::lose_key() const {
  std::filesystem::remove(directory() + "/log.key");
  std::filesystem::remove(directory() + "/checkpoint.key");
}

std::string OldOffice::old_origin() const {
  const std::string text = slurp(old_log() + "/checkpoint");
  return text.substr(0, text.find('\n'));
}

bool remove_as_told(const std::string& message) {
  const std::string begin = "remove ";
  const auto from = message.find(begin);
  const auto to = message.find(" and try again");
  if (from == std::string::npos || to == std::string::npos) return false;
  std::string names = message.substr(from + begin.size(), to - from - begin.size()) + ", ";
  while (!names.empty()) {
    const auto comma = names.find(", ");
    std::filesystem::remove_all(names.substr(0, comma));
    names.erase(0, comma + 2);
  }
  return true;
}

}  // namespace expunge::test
