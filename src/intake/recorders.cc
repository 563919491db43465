// What is known of each recorder, from its public sources; expunge-import(5) says the same in
// words.

#include <algorithm>
#include <array>

#include "base/sha256.h"
#include "base/text.h"
#include "base/time.h"
#include "intake/recorder.h"
#include "intake/recorder_time.h"

namespace expunge::intake {
namespace {

using Cause = std::optional<std::string>;

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool same_word(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

/// Words in place of a number (`anonymous`, `s`) name nobody.
void add_number(std::vector<std::string>& to, std::string_view number) {
  if (number.find_first_of("0123456789") != std::string_view::npos) to.emplace_back(number);
}

void add_name(std::vector<std::string>& to, std::string_view name) {
  if (!name.empty()) to.emplace_back(name);
}

// FreePBX and Issabel: table cdr of asteriskcdrdb.

namespace freepbx {

enum Field {
  calldate,
  recordingfile,
  uniqueid,
  duration,
  linkedid,
  src,
  dst,
  cnum,
  channel,
  dstchannel
};
constexpr std::array<RecorderColumn, 10> kColumns = {{{"calldate", true},
                                                      {"recordingfile", true},
                                                      {"uniqueid", true},
                                                      {"duration", false},
                                                      {"linkedid", false},
                                                      {"src", false},
                                                      {"dst", false},
                                                      {"cnum", false},
                                                      {"channel", false},
                                                      {"dstchannel", false}}};

/// Where `YYYYMMDD-HHMMSS-` stands in a name, the last if there are several; npos: nowhere.
std::size_t find_stamp(std::string_view name) {
  constexpr std::size_t kStampBytes = 15;
  for (std::size_t at = name.size(); at-- > 0;) {
    if (at != 0 && name[at - 1] != '-') continue;
    const std::string_view stamp = name.substr(at, kStampBytes + 1);
    if (stamp.size() <= kStampBytes || stamp[8] != '-' || stamp[kStampBytes] != '-') continue;
    if (!is_digits(stamp.substr(0, 8)) || !is_digits(stamp.substr(9, 6))) continue;
    const std::string date = std::string(stamp.substr(0, 4)) + "-" +
                             std::string(stamp.substr(4, 2)) + "-" +
                             std::string(stamp.substr(6, 2));
    if (base::parse_date(date)) return at;
  }
  return std::string_view::npos;
}

std::string directory_of(std::string_view digits) {
  return std::string(digits.substr(0, 4)) + "/" + std::string(digits.substr(4, 2)) + "/" +
         std::string(digits.substr(6, 2)) + "/";
}

/// A channel is TECHNOLOGY/EXTENSION-NUMBER, or Local/EXTENSION@CONTEXT-NUMBER;1.
std::string_view extension_of(std::string_view channel) {
  const auto slash = channel.find('/');
  if (slash == std::string_view::npos) return {};
  channel.remove_prefix(slash + 1);
  return channel.substr(0, std::min(channel.find('@'), channel.rfind('-')));
}

Cause compose(const RecorderRow& row, const RecorderClock& clock, RecorderCall& call) {
  const std::string_view file = row[recordingfile];
  if (file.empty() || same_word(file, "deleted")) {
    call.has_file = false;
    return std::nullopt;
  }
  const std::string_view name = file.substr(file.rfind('/') + 1);
  const std::size_t stamp = find_stamp(name);
  // Of the file and not of the row, of which several may share it; and without the numbers that
  // stand before the time in its name.
  call.id = stamp == std::string_view::npos ? "" : name.substr(stamp, name.rfind('.') - stamp);
  if (!archive::is_id(call.id)) {
    call.id = "file-" + base::to_hex(base::Sha256().update(name).finish()).substr(0, 40);
  }
  call.path = file;
  if (file.find('/') == std::string_view::npos) {
    const std::string_view day = row[calldate].substr(0, 10);
    if (stamp != std::string_view::npos) {
      call.path = directory_of(name.substr(stamp)) + call.path;
    } else if (base::parse_date(day)) {
      std::string digits(day);
      std::erase(digits, '-');
      call.path = directory_of(digits) + call.path;
    }
  }
  LatestTime time(clock);
  time.consider(row[calldate], row[duration]);
  call.recorded_at = time.time();
  call.call_id = row[linkedid].empty() ? row[uniqueid] : row[linkedid];
  for (const Field field : {cnum, src, dst}) add_number(call.subjects, row[field]);
  for (const Field field : {dstchannel, channel}) add_name(call.agents, extension_of(row[field]));
  return time.cause();
}

}  // namespace freepbx

// VICIdial and GoAutoDial: recording_log and recording_log_archive, with vicidial_list.

namespace vicidial {

enum Field {
  recording_id,
  location,
  start_epoch,
  end_epoch,
  length_in_sec,
  start_time,
  filename,
  user,
  vicidial_id,
  phone_number
};
constexpr std::array<RecorderColumn, 10> kColumns = {{{"recording_id", true},
                                                      {"location", true},
                                                      {"start_epoch", true},
                                                      {"end_epoch", true},
                                                      {"length_in_sec", false},
                                                      {"start_time", false},
                                                      {"filename", false},
                                                      {"user", false},
                                                      {"vicidial_id", false},
                                                      {"phone_number", false}}};

/// As FULLDATE_CUSTPHONE and the other patterns of a campaign write it: parts with `_` between.
void add_numbers_in(std::string_view name, std::vector<std::string>& subjects) {
  constexpr std::size_t kShortest = 7;
  for (std::size_t begin = 0; begin < name.size();) {
    const std::size_t end = std::min(name.find('_', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (part.size() >= kShortest && is_digits(part)) subjects.emplace_back(part);
    begin = end + 1;
  }
}

Cause compose(const RecorderRow& row, const RecorderClock& clock, RecorderCall& call) {
  const std::string_view file = row[location];
  if (file.empty() || same_word(file, "deleted") || same_word(file, "not_found")) {
    call.has_file = false;
    return std::nullopt;
  }
  call.id = row[recording_id];
  call.path = file;
  LatestTime time(clock);
  time.consider(row[end_epoch]);
  time.consider(row[start_epoch], row[length_in_sec]);
  if (!time.time()) time.consider(row[start_time], row[length_in_sec]);
  call.recorded_at = time.time();
  call.call_id = row[vicidial_id];
  add_number(call.subjects, row[phone_number]);
  add_numbers_in(row[filename], call.subjects);
  add_name(call.agents, row[user]);
  return time.cause();
}

}  // namespace vicidial

// FusionPBX: v_xml_cdr.

namespace fusionpbx {

enum Field {
  xml_cdr_uuid,
  record_path,
  record_name,
  start_epoch,
  end_epoch,
  duration,
  start_stamp,
  end_stamp,
  caller_id_number,
  caller_destination,
  destination_number,
  cc_agent,
  extension_uuid,
  leg,
  bridge_uuid,
  originating_leg_uuid,
  cc_member_session_uuid
};
constexpr std::array<RecorderColumn, 17> kColumns = {{{"xml_cdr_uuid", true},
                                                      {"record_path", true},
                                                      {"record_name", true},
                                                      {"start_epoch", true},
                                                      {"end_epoch", true},
                                                      {"duration", false},
                                                      {"start_stamp", false},
                                                      {"end_stamp", false},
                                                      {"caller_id_number", false},
                                                      {"caller_destination", false},
                                                      {"destination_number", false},
                                                      {"cc_agent", false},
                                                      {"extension_uuid", false},
                                                      {"leg", false},
                                                      {"bridge_uuid", false},
                                                      {"originating_leg_uuid", false},
                                                      {"cc_member_session_uuid", false}}};

/// What both legs of a call have in common: the uuid of the one that began it.
std::string_view call_of(const RecorderRow& row) {
  if (!row[cc_member_session_uuid].empty()) return row[cc_member_session_uuid];
  if (row[leg] == "b") {
    for (const Field field : {originating_leg_uuid, bridge_uuid}) {
      if (!row[field].empty()) return row[field];
    }
  }
  return row[xml_cdr_uuid];
}

Cause compose(const RecorderRow& row, const RecorderClock& clock, RecorderCall& call) {
  if (row[record_name].empty()) {
    call.has_file = false;
    return std::nullopt;
  }
  if (row[record_path].empty()) return "it has a record_name and no record_path";
  call.id = row[xml_cdr_uuid];
  call.path = std::string(row[record_path]) + "/" + std::string(row[record_name]);
  LatestTime time(clock);
  time.consider(row[end_epoch]);
  time.consider(row[start_epoch], row[duration]);
  if (!time.time()) {
    time.consider(row[end_stamp]);
    time.consider(row[start_stamp], row[duration]);
  }
  call.recorded_at = time.time();
  call.call_id = call_of(row);
  for (const Field field : {caller_id_number, caller_destination, destination_number}) {
    add_number(call.subjects, row[field]);
  }
  for (const Field field : {cc_agent, extension_uuid}) add_name(call.agents, row[field]);
  return time.cause();
}

}  // namespace fusionpbx

// Wazo: call_logd_recording with call_logd_call_log.

namespace wazo {

enum Field {
  uuid,
  path,
  end_time,
  start_time,
  call_log_id,
  conversation_id,
  source_exten,
  requested_exten,
  destination_exten,
  source_internal_exten,
  destination_internal_exten
};
constexpr std::array<RecorderColumn, 11> kColumns = {{{"uuid", true},
                                                      {"path", true},
                                                      {"end_time", true},
                                                      {"start_time", false},
                                                      {"call_log_id", false},
                                                      {"conversation_id", false},
                                                      {"source_exten", false},
                                                      {"requested_exten", false},
                                                      {"destination_exten", false},
                                                      {"source_internal_exten", false},
                                                      {"destination_internal_exten", false}}};

Cause compose(const RecorderRow& row, const RecorderClock& clock, RecorderCall& call) {
  if (row[path].empty()) {
    call.has_file = false;
    return std::nullopt;
  }
  call.id = row[uuid];
  call.path = row[path];
  LatestTime time(clock);
  time.consider(row[end_time]);
  time.consider(row[start_time]);
  call.recorded_at = time.time();
  call.call_id = row[conversation_id].empty() ? row[call_log_id] : row[conversation_id];
  for (const Field field : {source_exten, requested_exten, destination_exten}) {
    add_number(call.subjects, row[field]);
  }
  for (const Field field : {destination_internal_exten, source_internal_exten}) {
    add_name(call.agents, row[field]);
  }
  return time.cause();
}

}  // namespace wazo

using archive::OpaqueIds;

// An Asterisk name's digits are so many that a short number is among them by chance.
constexpr std::array<Recorder, 4> kRecorders = {{
    {"freepbx", Format::tsv, freepbx::kColumns, "did", OpaqueIds::yes, freepbx::compose},
    {"vicidial", Format::tsv, vicidial::kColumns, "campaign_id", OpaqueIds::no, vicidial::compose},
    {"fusionpbx", Format::csv, fusionpbx::kColumns, "cc_queue", OpaqueIds::no, fusionpbx::compose},
    {"wazo", Format::csv, wazo::kColumns, "requested_exten", OpaqueIds::no, wazo::compose},
}};

}  // namespace

std::span<const Recorder> recorders() {
  return kRecorders;
}

const Recorder* find_recorder(std::string_view name) {
  const auto found = std::find_if(kRecorders.begin(), kRecorders.end(),
                                  [&](const Recorder& recorder) { return recorder.name == name; });
  return found == kRecorders.end() ? nullptr : &*found;
}

}  // namespace expunge::intake
