// Ours and the second verifier agree on what chance makes of logs and entries.
#include "audit/line.h"
#include "base/text.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/json_changes.h"
#include "support/log_holder.h"
#include "support/second_verifier.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;

using Counts = SecondVerifier::Counts;

TEST_CASE("A second verifier judges well signed entries of any form as ours does") {
  NEEDS_SECOND_VERIFIER();
  auto random = seeded_random();
  SecondVerifier second;
  Counts counts;
  Holder holder(Predecessor{"old.example.org/log", 6, base::sha256("root"), "key-lost", "DPO/7"});
  const std::string first = pem_of_first_key(holder.log());
  const std::string checkpoint_pem = holder.checkpoints.verifier().to_pem();
  const std::string opening = signed_bytes(holder.lines[0]);
  std::vector<std::string> entries = {opening};
  for (const Draft& draft : drafts_of_every_type())
    entries.push_back(holder.next_signed_bytes(draft));
  entries.push_back(
      holder.next_signed_bytes(holder.rotation_to(SigningKey::generate(holder.origin))));
  const std::vector<std::string> opened = holder.lines;
  for (int i = 0; i < 3000; ++i) {
    const std::size_t at = static_cast<std::size_t>(i) % entries.size();
    const std::string bytes = changed_json(entries[at], random);
    holder.lines = opened;
    if (at == 0) holder.lines.clear();
    const Holder::Forged made = holder.forged(bytes);
    if (i < static_cast<int>(entries.size())) second.set_base(made.log);
    second.log(base::printable(bytes.substr(0, 2000)), made.log, {{first}});
    if (i % 3 == 0)
      second.certificate("certified: " + base::printable(bytes.substr(0, 2000)), made.certificate,
                         {checkpoint_pem, first});
  }
  CHECK(second.compare(counts) == "");
  CHECK(counts.ok > 50);
  CHECK(counts.refused > 2000);
}

TEST_CASE("A second verifier judges random damage as ours does") {
  NEEDS_SECOND_VERIFIER();
  auto random = seeded_random();
  SecondVerifier second;
  Counts counts;
  const Holder with_key = two_nights();
  const Holder without_key = two_nights(false);
  for (int i = 0; i < 1000; ++i) {
    const Holder& holder = i % 2 == 0 ? with_key : without_key;
    const std::string first = pem_of_first_key(holder.log());
    second.set_base(holder.log());
    const std::string log = changed_bytes(holder.log(), random);
    const std::string checkpoint = changed_bytes(holder.checkpoint(), random);
    const std::string name = "damage " + std::to_string(i);
    second.log(name, log, {{first}});
    second.log(name + " below a checkpoint", log, {{first}, {holder.checkpoint()}});
    second.log(name + " to the checkpoint", holder.log(), {{first}, {checkpoint}});
    second.certificate(
        name + " to a certificate",
        changed_bytes(holder.certificate(2, holder.checkpoint()), random),
        {(i % 2 == 0 ? holder.checkpoints : holder.entries).verifier().to_pem(), first});
  }
  CHECK(second.compare(counts) == "");
  CHECK(counts.refused > 2000);
}
