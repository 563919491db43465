#include "support/log_holder.h"

#include <stdexcept>
#include <utility>

#include "audit/base64.h"
#include "audit/line.h"
#include "audit/merkle.h"
#include "audit/note.h"
#include "audit/proof.h"
#include "base/text.h"

namespace expunge::test {

using namespace expunge::audit;

namespace {

constexpr auto kDigest = "6d8b3f0e5b0f7c7f0c1f7c0c5a8a2f1e9d4b3c2a1908f7e6d5c4b3a291807f6e";
constexpr auto kRun = "20260102T020000Z-5f0c";

std::vector<base::Digest> leaves_of(const std::vector<std::string>& lines) {
  std::vector<base::Digest> leaves;
  base::Sha256 sha;
  for (const std::string& line : lines) leaves.push_back(leaf_hash(sha, line));
  return leaves;
}

base::CivilDate date(const char* text) {
  return base::parse_date(text).value();
}

RunStart run_start() {
  RunStart entry;
  entry.run = kRun;
  entry.host = "rec1";
  entry.user = "expunge";
  entry.today = date("2024-02-29");
  entry.timezone = "Europe/London";
  entry.policy = kDigest;
  entry.due = 2;
  entry.plan = kDigest;
  return entry;
}

Destroyed destroyed() {
  Destroyed entry;
  entry.run = kRun;
  entry.recording = "Zo\u00eb \"VIP\"\\\x01\n\x7f";
  entry.department = "Customer Services";
  entry.recorded = date("2024-12-31");
  entry.due = date("2026-01-01");
  entry.period = "12 months";
  entry.files = {{"key", 32, std::nullopt, "overwrite", 1, true, "ext4"},
                 {"audio", 1843244, base::sha256("x"), "unlink", 0, false, "ext4"}};
  entry.claim = "key-overwritten";
  return entry;
}

}  // namespace

Holder::Holder(const std::optional<Predecessor>& predecessor, bool names_checkpoint_key)
    : has_checkpoint_key(names_checkpoint_key) {
  add(to_draft(LogOpen{entries.verifier().vkey(), "expunge 1.0.0",
                       has_checkpoint_key ? checkpoints.verifier().vkey() : "", predecessor}));
}

std::string Holder::next_signed_bytes(const Draft& draft) const {
  return next_signed_bytes(draft, entries);
}

std::string Holder::next_signed_bytes(const Draft& draft, const SigningKey& key) const {
  base::Sha256 sha;
  const base::Digest prev = lines.empty() ? base::Digest{} : hash_signed_bytes(sha, lines.back());
  const base::Time time = at("2026-01-02T02:00:00.000Z");
  return to_signed_bytes({origin, lines.size(), time, key.verifier().id_hex(), prev}, draft);
}

void Holder::add(const Draft& draft, const SigningKey& key) {
  const std::string bytes = next_signed_bytes(draft, key);
  lines.push_back(to_line(bytes, key.sign(bytes)));
  retired.reset();
}

Holder::Forged Holder::forged(const std::string& signed_bytes) {
  const std::vector<std::string> before = lines;
  lines.push_back(to_line(signed_bytes, entries.sign(signed_bytes)));
  const std::string next = next_signed_bytes(destroy_draft(9));
  lines.push_back(to_line(next, entries.sign(next)));
  Forged result{log(), certificate(before.size(), checkpoint())};
  lines = before;
  return result;
}

Draft Holder::rotation_to(const SigningKey& next) const {
  const Signature proof = next.sign(possession_message(
      origin, lines.size(), entries.verifier().id_hex(), next.verifier().vkey()));
  return to_draft(KeyRotate{next.verifier().vkey(), to_base64(proof), "every-run"});
}

void Holder::rotate() {
  SigningKey next = SigningKey::generate(origin);
  add(rotation_to(next));
  retired = std::exchange(entries, std::move(next));
}

std::string Holder::checkpoint(const SigningKey& key) const {
  const SigningKey* const keys[] = {&key};
  return checkpoint(lines.size(), keys);
}

std::string Holder::checkpoint() const {
  if (has_checkpoint_key) return checkpoint(checkpoints);
  std::vector<const SigningKey*> keys;
  if (retired) keys.push_back(&*retired);
  keys.push_back(&entries);
  return checkpoint(lines.size(), keys);
}

std::string Holder::checkpoint(std::size_t size, std::span<const SigningKey* const> keys) const {
  const auto leaves = leaves_of(lines);
  return sign_checkpoint({origin, size, merkle_root(std::span(leaves).first(size))}, keys);
}

std::string Holder::certificate(std::uint64_t seq, const std::string& checkpoint) const {
  return format_certificate(
      {lines.at(seq), seq, inclusion_path(leaves_of(lines), seq), checkpoint});
}

Holder two_nights(bool names_checkpoint_key) {
  Holder holder({}, names_checkpoint_key);
  for (std::uint64_t i = 1; i <= 2; ++i) holder.add(destroy_draft(i));
  holder.rotate();
  for (std::uint64_t i = 3; i <= 4; ++i) holder.add(destroy_draft(i));
  return holder;
}

Signature malleated(Signature signature) {
  const auto order =
      base::from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").value();
  unsigned carry = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    carry += signature[32 + i] + order[i];
    signature[32 + i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
  return signature;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("not there: " + from);
  return text.replace(at, from.size(), to);
}

std::vector<Draft> drafts_of_every_type() {
  Destroyed full = destroyed();
  full.authority = "DPO/7";
  full.note = "found gone: audio";
  full.medium = "dm-crypt, ssd discard";
  full.ground = "order";
  Destroyed unknown = full;
  unknown.department.clear();
  unknown.recorded = base::kUnknownDate;
  unknown.period.clear();
  Destroyed removed = full;
  removed.type = Destroyed::Type::remove;
  RunStart full_start = run_start();
  full_start.accepted = {"clock", "share"};
  full_start.approval = kDigest;
  full_start.accept = "unlinked";
  full_start.tool = "expunge 1.0.0";
  full_start.restricted = true;
  full_start.two_person = true;
  RunEnd full_end{kRun, "stopped", 2, 0, 1, 0, 1843244, {"ext4-journal: erased"}, 3};
  full_end.acknowledged = 2;
  full_end.without_file = 1;
  Policy with_aliases{"UTC", {{"A", "1 day"}}, "S"};
  with_aliases.aliases = {{"A \"2\"", "A"}, {"\u00e9", "A"}};
  Correct right{"rec-1", "department", "DPO/7", "anna"};
  right.department = "A \"1\"";
  Correct right_date{"rec-1", "recorded_at", "DPO/7", "anna"};
  right_date.recorded = date("2025-01-02");
  return {
      to_draft(
          Policy{"Europe/London", {{"A \"1\"\t", "12 months"}, {"\u00e9", "1 day"}}, "at 02:00"}),
      to_draft(Policy{"UTC", {}, ""}),
      to_draft(with_aliases),
      to_draft(Acknowledge{1000, "no-date", date("2026-03-01"), "anna"}),
      to_draft(Acknowledge{1, "no-date", date("2026-03-01"), "anna", "rec-1"}),
      to_draft(Withdraw{"rec-1", "no-date", "anna"}),
      to_draft(right),
      to_draft(right_date),
      to_draft(Import{"csv", 10, 9, 1, 0}),
      to_draft(Import{"json", 10, 9, 1, 0, "anna"}),
      to_draft(PlanApprove{kDigest, date("2026-01-02"), 2, 1843244, "anna", true}),
      to_draft(unknown),
      to_draft(HoldChange{HoldChange::Kind::place, "SAR-1", "sar", "anna"}),
      to_draft(HoldChange{HoldChange::Kind::release, "SAR-1", "sar", "anna"}),
      to_draft(PlanApprove{kDigest, date("2026-01-02"), 2, 1843244, "anna"}),
      to_draft(run_start()),
      to_draft(full_start),
      to_draft(
          RunBraked{kRun, "rec1", "expunge", date("2026-01-02"), "share", "150 of 1000", "5.0%"}),
      to_draft(destroyed()),
      to_draft(full),
      to_draft(removed),
      to_draft(DestroyPartial{full, 4096, 18446744073709551615U}),
      to_draft(DestroyFailed{kRun, "rec-1", "io-error"}),
      to_draft(RunEnd{kRun, "complete", 2, 0, 1, 0, 1843244, {}}),
      to_draft(full_end),
      to_draft(LogRecovered{17, kDigest, "torn line"}),
  };
}

}  // namespace expunge::test
