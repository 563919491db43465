#include "report/key_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace expunge::report {
namespace {

using Json = nlohmann::ordered_json;

std::string public_file(const Keys& keys, const std::string& id) {
  return keys.log_directory + "/keys/" + id + ".pub.pem";
}

/// `origin+keyid+…`, as a log that was read has it.
std::string id_of(const std::string& vkey) {
  return vkey.substr(vkey.find('+') + 1, 8);
}

std::string block(const Keys& keys, const std::string& signs, const std::string& id,
                  const std::string& vkey) {
  return fmt::format("{:<12} key {}\n{:<12} {}\n{:<12} {}\n", signs, id, "", base::printable(vkey),
                     "", base::printable(public_file(keys, id)));
}

}  // namespace

std::string keys_text(const Keys& keys) {
  const audit::PastKey& now = keys.entries.back();
  std::string text = block(keys, "entries", now.id, now.vkey);
  text += fmt::format("{:<12} in force from entry {} on, since {}{}\n", "", now.from_seq, now.since,
                      now.reason.empty() ? "" : "; " + base::printable(now.reason));
  if (keys.entries.size() > 1) {
    text += fmt::format("{:<12} {} before it can sign no more; --json lists them\n", "",
                        base::grouped(keys.entries.size() - 1));
  }
  text += keys.checkpoint_vkey
              ? block(keys, "checkpoints", id_of(*keys.checkpoint_vkey), *keys.checkpoint_vkey)
              : fmt::format("{:<12} the key in force signs them too\n", "checkpoints");
  text += fmt::format("{:<12} {}\n", "rotation",
                      keys.rotate == run::Rotate::every_run
                          ? "at the end of each run, and by expunge key rotate"
                          : "by expunge key rotate alone");
  return text;
}

std::string keys_json(const Keys& keys) {
  Json json;
  json["format"] = "expunge-keys/1";
  json["entries"] = Json::array();
  for (const audit::PastKey& key : keys.entries) {
    Json each{{"id", key.id},
              {"vkey", key.vkey},
              {"file", public_file(keys, key.id)},
              {"from_entry", key.from_seq}};
    if (key.last_seq) each["last_entry"] = *key.last_seq;
    each["since"] = key.since;
    if (!key.reason.empty()) each["reason"] = key.reason;
    each["in_force"] = !key.last_seq;
    json["entries"].push_back(std::move(each));
  }
  if (keys.checkpoint_vkey) {
    const std::string id = id_of(*keys.checkpoint_vkey);
    json["checkpoints"] = {
        {"id", id}, {"vkey", *keys.checkpoint_vkey}, {"file", public_file(keys, id)}};
  }
  json["rotate"] = keys.rotate == run::Rotate::every_run ? "every-run" : "never";
  return base::printable_json(json.dump(2, ' ', false, Json::error_handler_t::replace)) + "\n";
}

std::string rotation_text(const run::Rotated& rotated, std::uint64_t size) {
  std::string text =
      fmt::format("key {} signs from entry {} on; {} signed until then{}\n", rotated.new_id,
                  base::grouped(size), rotated.old_id, rotated.doubt ? "" : ", and is destroyed");
  return text + "Keep the newest checkpoint elsewhere: expunge log checkpoint\n";
}

}  // namespace expunge::report
