#include "support/audit_vectors.h"
#include "support/places.h"

#include <sys/stat.h>

#include <array>
#include <stdexcept>

#include "audit/base64.h"
#include "audit/prove.h"
#include "base/text.h"

namespace expunge::test {

using namespace expunge::audit;

namespace {

base::CivilDate date(const std::string& text) {
  return base::parse_date(text).value();
}

base::Digest digest(const std::string& hex) {
  const auto bytes = base::from_hex(hex).value();
  base::Digest result;
  std::copy(bytes.begin(), bytes.end(), result.begin());
  return result;
}

constexpr auto kRun = "20260102T020000Z-5f0c";
constexpr auto kNextRun = "20260103T020000Z-a91d";
constexpr auto kPolicy = "6d8b3f0e5b0f7c7f0c1f7c0c5a8a2f1e9d4b3c2a1908f7e6d5c4b3a291807f6e";

Destroyed destroyed(const std::string& recording, const std::string& department,
                    std::uint64_t bytes, const std::string& sha256) {
  Destroyed entry;
  entry.run = kRun;
  entry.recording = recording;
  entry.department = department;
  entry.recorded = date("2024-12-31");
  entry.due = date("2026-01-01");
  entry.period = "12 months";
  entry.files = {{"audio", bytes, digest(sha256), "overwrite", 1, true, "ext4"}};
  entry.claim = "overwritten";
  return entry;
}

RunStart run_start(const std::string& run, const std::string& today, std::uint64_t due,
                   std::uint64_t bytes, const std::string& plan) {
  RunStart entry;
  entry.run = run;
  entry.host = "rec1";
  entry.user = "expunge";
  entry.today = date(today);
  entry.timezone = "Europe/London";
  entry.policy = kPolicy;
  entry.due = due;
  entry.held = 1;
  entry.bytes = bytes;
  entry.plan = plan;
  return entry;
}

}  // namespace

std::string vector_file(const std::string& name) {
  return slurp(test::kTestData + "/vectors/" + name);
}

SigningKey vector_key(int number) {
  std::array<std::uint8_t, 32> seed;
  const int first = number == 1 ? 0x00 : 0x20;
  for (int i = 0; i < 32; ++i) {
    seed[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(first + i);
  }
  return SigningKey::from_seed(kVectorOrigin, seed);
}

TimedDraft vector_draft(std::uint64_t seq) {
  switch (seq) {
    case 0:
      return {to_draft(LogOpen{vector_key(1).verifier().vkey(), "expunge 1.0.0"}),
              at("2026-01-02T02:00:00.000Z")};
    case 1:
      return {
          to_draft(run_start(kRun, "2026-01-02", 2, 1843244,
                             "0d3b1b1f0a9e8d7c6b5a49382716f5e4d3c2b1a0f9e8d7c6b5a4938271605f4e")),
          at("2026-01-02T02:00:00.100Z")};
    case 2:
      return {
          to_draft(destroyed("rec-000017", "Customer Services", 1843244,
                             "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")),
          at("2026-01-02T02:00:01.250Z")};
    case 3:
      return {
          to_draft(destroyed("rec-000018", "Zo\u00eb \"VIP\"\\line\x01,\"sig\":\"x", 0,
                             "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")),
          at("2026-01-02T02:00:01.251Z")};
    case 4:
      return {to_draft(RunEnd{kRun, "complete", 2, 0, 1, 0, 1843244, {}}),
              at("2026-01-02T02:00:02.000Z")};
    case 6:
      return {
          to_draft(run_start(kNextRun, "2026-01-03", 0, 0,
                             "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")),
          at("2026-01-03T02:00:00.000Z")};
    case 7:
      return {to_draft(RunEnd{kNextRun, "complete", 0, 0, 1, 0, 0, {}}),
              at("2026-01-03T02:00:00.001Z")};
    default:
      throw std::logic_error("no such vector entry");
  }
}

base::Time at(const std::string& log_time) {
  return base::parse_log_time(log_time).value();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end == std::string::npos ? text.size() : end + 1;
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

Draft destroy_draft(std::uint64_t number) {
  return to_draft(destroyed("rec-" + std::to_string(number), "Customer Services", 1843244,
                            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"));
}

LogOnDisk::LogOnDisk(const std::string& opened_at) {
  const SigningKey key = vector_key(1);
  put_key(key);
  const auto open = vector_draft(0);
  create_log(base::real_sys(), place(), key, nullptr, {&open.draft, 1},
             opened_at.empty() ? open.time : base::parse_log_time(opened_at).value());
}

LogOnDisk::LogOnDisk(const std::string& log, const std::string& checkpoint, int number) {
  put_key(vector_key(number));
  spill(file("log.jsonl"), log);
  spill(file("checkpoint"), checkpoint);
  spill(file("keys/900eecdc.pub.pem"), vector_key(1).verifier().to_pem());
  spill(file("keys/90e1c859.pub.pem"), vector_key(2).verifier().to_pem());
  std::filesystem::create_directories(file("checkpoints"));
}

void LogOnDisk::put_key(const SigningKey& key) const {
  spill(key_file(), key.to_pem().text());
  if (::chmod(key_file().c_str(), 0600) != 0) throw std::runtime_error("chmod");
}

std::vector<std::string> LogOnDisk::names(const std::string& prefix) const {
  std::vector<std::string> found;
  for (const auto& item : std::filesystem::directory_iterator(directory())) {
    const std::string name = item.path().filename().string();
    if (name.starts_with(prefix)) found.push_back(name);
  }
  return found;
}

LogWriter LogOnDisk::writer(base::Sys& sys, const std::optional<Position>& remembered,
                            unsigned workers) const {
  return {sys, place(), key_file(), remembered, workers, at("2026-02-01T02:00:00.000Z")};
}

LogState LogOnDisk::read(const std::optional<Position>& remembered) const {
  return read_log(base::real_sys(), place(), remembered);
}

Verdict LogOnDisk::verify(bool with_checkpoint) const {
  Evidence evidence;
  evidence.log_path = file("log.jsonl");
  evidence.public_keys = {{"key 1", vector_key(1).verifier().to_pem()}};
  if (with_checkpoint) evidence.checkpoints = {{"checkpoint", slurp(file("checkpoint"))}};
  evidence.workers = 2;
  return verify_log(base::real_sys(), evidence);
}

CheckpointFile LogOnDisk::checkpoint() const {
  return read_checkpoint(base::real_sys(), file("checkpoint"), kVectorOrigin);
}

SignedCheckpoint note_of(const std::string& name) {
  return parse_checkpoint(vector_file(name)).value();
}

std::vector<std::string> certificates_of(const LogOnDisk& log,
                                         const std::vector<std::uint64_t>& seqs) {
  return certificates_of(log, seqs, log.checkpoint());
}

std::vector<std::string> certificates_of(const LogOnDisk& log,
                                         const std::vector<std::uint64_t>& seqs,
                                         const CheckpointFile& checkpoint) {
  std::vector<std::string> texts;
  certify(base::real_sys(), log.place(), checkpoint, seqs, 2, [&](const Certificate& certificate) {
    texts.push_back(format_certificate(certificate));
  });
  return texts;
}

}  // namespace expunge::test
