#include "support/certified_log.h"

#include <algorithm>
#include <filesystem>

#include "audit/log.h"
#include "audit/timestamp.h"
#include "base/sha256.h"

namespace expunge::test {

namespace fs = std::filesystem;
using audit::Draft;
using audit::policy_digest;
using audit::to_draft;

namespace {

base::CivilDate date(const char* text) {
  return *base::parse_date(text);
}

const std::string kPlan(64, 'a');

}  // namespace

CertifiedLog::CertifiedLog(const std::string& name)
    : log("2025-12-01T08:00:00.000Z"), config(log.scratch("expunge.conf")), department(name) {
  fs::create_directory(log.scratch("recordings"));
  fs::create_directory(log.scratch("out of it"));
  spill(config, "[archive]\nroot = " + log.scratch("recordings") +
                    "\nindex = " + log.scratch("index.db") +
                    "\n[retention]\ntimezone = Europe/London\ndepartment = " + department +
                    ": 12 months\n[log]\ndirectory = " + log.directory() +
                    "\norigin = " + kVectorOrigin + "\nkey = " + log.key_file() +
                    "\n[notice]\ncontroller = Example & District Council\n"
                    "contact = dpo@example.gov.uk\n");
  append(to_draft(audit::Policy{"Europe/London", {{department, "12 months"}}, "RS-7/2024"}),
         "2025-12-01T09:00:00.000Z");
  append(to_draft(audit::PlanApprove{kPlan, date("2026-01-02"), 3, 12000, "jane"}),
         "2026-01-01T15:30:00.000Z");
}

std::uint64_t CertifiedLog::append(const Draft& draft, const std::string& time) {
  return append(std::vector{draft}, time);
}

std::uint64_t CertifiedLog::append(const std::vector<Draft>& drafts, const std::string& time) {
  return log.writer(base::real_sys()).append(drafts, at(time));
}

void CertifiedLog::freeze(bool stamped) {
  auto writer = log.writer(base::real_sys());
  writer.freeze_checkpoint();
  if (!stamped) return;
  const std::string name = log.file("checkpoints/" + std::to_string(writer.position().size));
  const std::string request = audit::timestamp_request(slurp(name + ".ckpt"));
  spill(name + ".tsr", authority().answer(request));
}

const Authority& CertifiedLog::authority() {
  static const Authority kAuthority;
  return kAuthority;
}

Draft CertifiedLog::start(const std::string& run) const {
  return to_draft(
      audit::RunStart{run,
                      "rec1",
                      "expunge",
                      date("2026-01-02"),
                      "Europe/London",
                      policy_digest({"Europe/London", {{department, "12 months"}}, "RS-7/2024"}),
                      3,
                      1,
                      12000,
                      kPlan,
                      {},
                      kPlan,
                      {},
                      "expunge 9.9"});
}

Draft CertifiedLog::end(std::uint64_t destroyed, std::uint64_t failed,
                        const std::string& run) const {
  return to_draft(audit::RunEnd{run, "complete", destroyed, failed, 1, 2, 12000, {}, 0});
}

audit::Destroyed CertifiedLog::destroyed(const std::string& id) const {
  audit::Destroyed entry;
  entry.run = kRun;
  entry.recording = id;
  entry.department = department;
  entry.recorded = date("2024-12-31");
  entry.due = date("2026-01-01");
  entry.period = "12 months";
  entry.files = {{"audio", 1843244, base::sha256("before"), "overwrite", 1, true, "ext4"},
                 {"transcript", 300, std::nullopt, "overwrite", 1, true, "ext4"}};
  entry.claim = "overwritten";
  entry.medium = "dm-crypt, ssd";
  return entry;
}

audit::Destroyed CertifiedLog::removed(const std::string& id) const {
  audit::Destroyed entry = destroyed(id);
  entry.type = audit::Destroyed::Type::remove;
  entry.files = {{"audio", 1843244, base::sha256("before"), "unlink", 0, false, "btrfs"}};
  entry.claim = "unlinked";
  return entry;
}

Draft CertifiedLog::failed(const std::string& id, const std::string& reason) {
  return to_draft(audit::DestroyFailed{kRun, id, reason});
}

std::uint64_t CertifiedLog::night(const std::string& id) {
  return append({start(), to_draft(destroyed(id)), end(1)}, kNight) + 1;
}

Ended CertifiedLog::call(std::vector<std::string> words) const {
  words.insert(words.begin(), {"--config", config});
  return expunge(std::move(words));
}

Ended CertifiedLog::certificate(std::vector<std::string> words) const {
  words.insert(words.begin(), {"log", "certificate", "--output", out()});
  return call(std::move(words));
}

std::string CertifiedLog::out(const std::string& name) const {
  const std::string directory = log.scratch("out of it");
  return name.empty() ? directory : directory + "/" + name;
}

std::vector<std::string> CertifiedLog::written() const {
  std::vector<std::string> names;
  for (const auto& item : fs::directory_iterator(out())) names.push_back(item.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

bool is_well_formed(const std::string& path) {
  return !has_program("xmllint") || run_program({"xmllint", "--noout", path}).status == 0;
}

}  // namespace expunge::test
