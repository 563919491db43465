// Ours and the second verifier agree on what a forger would try, with and without the keys.
#include <algorithm>
#include <functional>

#include "audit/base64.h"
#include "audit/line.h"
#include "audit/merkle.h"
#include "audit/note.h"
#include "support/audit_vectors.h"
#include "support/catch.h"
#include "support/log_holder.h"
#include "support/second_verifier.h"

using namespace expunge;
using namespace expunge::audit;
using namespace expunge::test;

namespace {

using Counts = SecondVerifier::Counts;
using Known = SecondVerifier::Known;

/// Everything that ends and begins at a line: what an editor, a copy or a thief could do.
std::vector<std::pair<std::string, std::string>> rearranged(const std::string& log) {
  std::vector<std::pair<std::string, std::string>> all;
  const auto lines = lines_of(log);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto with = [&](const char* what,
                          const std::function<void(std::vector<std::string>&)>& act) {
      auto changed = lines;
      act(changed);
      all.emplace_back(what + std::string(" at line ") + std::to_string(i + 1), joined(changed));
    };
    const auto here = static_cast<std::ptrdiff_t>(i);
    with("dropped", [&](auto& l) { l.erase(l.begin() + here); });
    with("doubled", [&](auto& l) { l.insert(l.begin() + here, lines[i]); });
    with("moved to the end",
         [&](auto& l) { std::rotate(l.begin() + here, l.begin() + here + 1, l.end()); });
    with("an empty line", [&](auto& l) { l.insert(l.begin() + here, ""); });
    with("an unknown line", [&](auto& l) { l.insert(l.begin() + here, "{}"); });
    with("a comment", [&](auto& l) { l.insert(l.begin() + here, "# " + lines[i]); });
    with("zero bytes", [&](auto& l) { l.insert(l.begin() + here, std::string(50, '\0')); });
    with("a long line", [&](auto& l) { l.insert(l.begin() + here, std::string(20000, 'x')); });
    with("CR LF", [&](auto& l) { l[i] += "\r"; });
    with("a space after", [&](auto& l) { l[i] += " "; });
    with("a space before", [&](auto& l) { l[i] = " " + l[i]; });
    with("a byte order mark", [&](auto& l) { l[i] = "\xef\xbb\xbf" + l[i]; });
    with("unsigned", [&](auto& l) { l[i] = signed_bytes(l[i]); });
    with("two signatures",
         [&](auto& l) { l[i] = l[i].substr(0, l[i].size() - 1) + l[i].substr(l[i].size() - 98); });
    with("glued", [&](auto& l) {
      if (i + 1 == l.size()) return;
      l[i] += l[i + 1];
      l.erase(l.begin() + here + 1);
    });
    with("the signature of another", [&](auto& l) {
      l[i].replace(
          l[i].size() - 90, 88,
          lines[(i + 1) % lines.size()].substr(lines[(i + 1) % lines.size()].size() - 90, 88));
    });
    with("a malleated signature", [&](auto& l) {
      const auto good = parse_signature(l[i].substr(l[i].size() - 90, 88)).value();
      l[i].replace(l[i].size() - 90, 88, to_base64(malleated(good)));
    });
    with("loose base64", [&](auto& l) { ++l[i][l[i].size() - 5]; });
    with("base64 for URLs", [&](auto& l) {
      for (auto at = l[i].size() - 90; at < l[i].size() - 2; ++at) {
        if (l[i][at] == '+') l[i][at] = '-';
        if (l[i][at] == '/') l[i][at] = '_';
      }
    });
  }
  return all;
}

}  // namespace

TEST_CASE("A second verifier judges lines moved doubled added or signed anew as ours does") {
  NEEDS_SECOND_VERIFIER();
  SecondVerifier second;
  Counts counts;
  const Holder with_key = two_nights();
  const Holder without_key = two_nights(false);
  for (const Holder* holder : {&with_key, &without_key}) {
    const std::string log = holder->log();
    second.set_base(log);
    const std::string first = pem_of_first_key(log);
    CHECK_FALSE(second.log("untouched", log, {{first}, {holder->checkpoint()}}));
    for (const auto& [name, text] : rearranged(log)) {
      CHECK((second.log(name + " below a checkpoint", text, {{first}, {holder->checkpoint()}}) ||
             text == log));
      second.log(name, text, {{first}});
    }
  }
  CHECK(second.compare(counts) == "");
  CHECK(counts.torn > 0);
  CHECK(counts.refused > 300);
}

TEST_CASE("A second verifier judges rotations as ours does") {
  NEEDS_SECOND_VERIFIER();
  SecondVerifier second;
  Counts counts;
  for (const bool has_checkpoint_key : {true, false}) {
    Holder holder({}, has_checkpoint_key);
    const std::string first = pem_of_first_key(holder.log());
    std::vector<std::string> kept = {holder.checkpoint()};
    const SigningKey stranger = SigningKey::generate(holder.origin);
    const SigningKey foreign = SigningKey::generate("other.example.org/log");
    const auto asked = [&](const std::string& name, const Draft& draft) {
      const bool refused =
          second.log(name, holder.forged(holder.next_signed_bytes(draft)).log, {{first}});
      second.certificate(
          name + ", certified", holder.forged(holder.next_signed_bytes(draft)).certificate,
          {(has_checkpoint_key ? holder.checkpoints : holder.entries).verifier().to_pem()});
      return refused;
    };
    for (int i = 0; i < 5; ++i) {
      // The forged entry after it is signed by the key before: which a true rotation retired.
      CHECK(asked("signed by a retired key", holder.rotation_to(stranger)));
      CHECK(asked("to the key in force", holder.rotation_to(holder.entries)));
      CHECK(asked("to another log's key", holder.rotation_to(foreign)));
      CHECK(asked("without proof", to_draft(KeyRotate{stranger.verifier().vkey(), "", "x"})));
      const Draft good = holder.rotation_to(stranger);
      CHECK(asked("with another's proof",
                  {"key.rotate", replaced(good.members, stranger.verifier().vkey(),
                                          holder.checkpoints.verifier().vkey())}));
      CHECK(asked("with a space",
                  {"key.rotate", replaced(good.members, "every-run", "every-run\",\"pop\":\"")}));
      holder.rotate();
      second.set_base(holder.log());
      CHECK_FALSE(second.log("rotated", holder.log(), {{first}, {holder.checkpoint()}}));
      const bool by_one = second.log("rotated, by the new key alone", holder.log(),
                                     {{first}, {holder.checkpoint(holder.entries)}});
      const bool by_old = second.log("rotated, by the old key alone", holder.log(),
                                     {{first}, {holder.checkpoint(*holder.retired)}});
      CHECK(by_one);
      CHECK(by_old);
      kept.push_back(holder.checkpoint());
      holder.add(destroy_draft(static_cast<std::uint64_t>(i)));
      kept.push_back(holder.checkpoint());
      CHECK_FALSE(second.log("all kept", holder.log(), {{first}, kept}));
    }
    // Back to a key that was in force before.
    Holder returns({}, has_checkpoint_key);
    const std::string its_first = pem_of_first_key(returns.log());
    returns.rotate();
    returns.add(returns.rotation_to(*returns.retired));
    second.log("back to the first key", returns.log(), {{its_first}});
    if (has_checkpoint_key) {
      CHECK(asked("to the checkpoint key", holder.rotation_to(holder.checkpoints)));
    }
  }
  CHECK(second.compare(counts) == "");
  CHECK(counts.ok >= 20);
}

TEST_CASE("A second verifier judges what entry 0 says as ours does") {
  NEEDS_SECOND_VERIFIER();
  SecondVerifier second;
  Counts counts;
  const Predecessor old{"old.example.org/log", 6, base::sha256("root"), "key-lost", "DPO/7"};
  const SigningKey old_key = SigningKey::generate(old.origin);
  Holder holder(old);
  holder.add(destroy_draft(1));
  const std::string first = pem_of_first_key(holder.log());
  const std::string checkpoint_pem = holder.checkpoints.verifier().to_pem();
  const std::string own = holder.checkpoint();
  const SigningKey* const keys[] = {&holder.checkpoints};
  const std::string of_none = holder.checkpoint(0, keys);
  const auto of_old = [&](std::uint64_t size, const base::Digest& root) {
    const SigningKey* const old_keys[] = {&old_key};
    return sign_checkpoint({old.origin, size, root}, old_keys);
  };
  const std::string last_of_old = of_old(6, old.root);
  second.set_base(holder.log());
  for (const std::string& pem : {first, checkpoint_pem, old_key.verifier().to_pem()}) {
    for (const std::vector<std::string>& kept :
         std::vector<std::vector<std::string>>{{},
                                               {own},
                                               {of_none},
                                               {last_of_old},
                                               {last_of_old, of_none},
                                               {last_of_old, own},
                                               {of_old(5, old.root)},
                                               {of_old(6, base::sha256("other"))},
                                               {own, of_old(7, old.root)}}) {
      second.log("with " + std::to_string(kept.size()) + " checkpoints", holder.log(),
                 {{pem}, kept});
      second.log("with a zero tail", holder.log() + std::string("\0\n", 2), {{pem}, kept});
    }
  }
  // The keyholder of the checkpoints alone vouches for nothing without one of them.
  CHECK(second.log("by the checkpoint key and no checkpoint of entries", holder.log(),
                   {{checkpoint_pem}, {last_of_old}}));
  CHECK(second.log("by the checkpoint key and a checkpoint of none", holder.log(),
                   {{checkpoint_pem}, {of_none}}));
  const auto opened = [&](const std::string& name, const LogOpen& open) {
    Holder other;
    other.lines.clear();
    LogOpen said = open;
    if (said.vkey.empty()) said.vkey = other.entries.verifier().vkey();
    if (said.checkpoint_vkey == "own") said.checkpoint_vkey = other.entries.verifier().vkey();
    if (said.checkpoint_vkey == "good") said.checkpoint_vkey = other.checkpoints.verifier().vkey();
    other.add(to_draft(said));
    const bool refused = second.log(name, other.log(), {{other.entries.verifier().to_pem()}});
    second.certificate(name + ", certified", other.certificate(0, other.checkpoint()),
                       {other.checkpoints.verifier().to_pem()});
    return refused;
  };
  CHECK_FALSE(opened("good", {"", "t", "good", old}));
  CHECK_FALSE(opened("without", {"", "t", ""}));
  CHECK(opened("one key for both", {"", "t", "own"}));
  CHECK(opened("no key", {"nobody", "t", "good"}));
  CHECK(opened("no checkpoint key", {"", "t", "nobody"}));
  CHECK(opened("a foreign key", {old_key.verifier().vkey(), "t", "good"}));
  CHECK(opened("a foreign checkpoint key", {"", "t", old_key.verifier().vkey()}));
  for (const std::string& origin :
       {std::string(kVectorOrigin), std::string("no origin"), std::string(), std::string(256, 'x'),
        std::string("a+b"), std::string("\u00e9")}) {
    Predecessor other = old;
    other.origin = origin;
    CHECK(opened("a predecessor " + origin, {"", "t", "good", other}));
  }
  Holder empty_key;
  empty_key.lines.clear();
  empty_key.add({"log.open", R"("vkey":")" + empty_key.entries.verifier().vkey() +
                                 R"(","tool":"t","checkpoint_vkey":"")"});
  CHECK(second.log("an empty checkpoint key", empty_key.log(),
                   {{pem_of_first_key(empty_key.log())}}));
  CHECK(second.compare(counts) == "");
}
