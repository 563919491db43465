#include <fmt/format.h>

#include <filesystem>
#include <thread>

#include "audit/keys.h"
#include "audit/last_checkpoint.h"
#include "audit/verify.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "cli/config.h"
#include "cli/succession.h"

namespace expunge::cli {
namespace {

using base::ExitStatus;
using base::Failure;

std::string reference_of(const Options& options, const char* name) {
  std::string reference = options.required(name);
  if (!is_reference(reference)) {
    options.refuse("--" + std::string(name) + " '" + base::printable(reference) +
                   "' may hold letters, digits, '-', '/' and '.', and at most 64 of them");
  }
  return reference;
}

/// Why the log that is at hand cannot be believed; empty when it verifies: every line, its newest
/// checkpoint, and that it continues what the index remembers.
std::string find_doubt(base::Sys& sys, const run::OldLog& old,
                       const std::optional<audit::Position>& remembered, audit::LogState& state) {
  audit::Evidence evidence;
  evidence.log_path = old.directory + "/log.jsonl";
  evidence.workers = std::max(1U, std::thread::hardware_concurrency());
  const std::string newest = old.directory + "/checkpoint";
  try {
    evidence.checkpoints.push_back({newest, base::read_file(sys, newest)});
    const audit::Verdict verdict = audit::verify_log(sys, evidence);
    if (verdict.outcome == audit::Verdict::Outcome::does_not_verify) {
      const audit::Fault& fault = *verdict.fault;
      return fault.line == 0 ? fault.message
                             : fmt::format("line {}: {}", fault.line, fault.message);
    }
    state =
        audit::read_log(sys, {old.directory, old.named.origin}, remembered, audit::Reading::whole);
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "";
}

/// Whether this file is the old log's key of that public one.
bool has_key(base::Sys& sys, const run::OldLog& old, const std::string& key_file,
             const std::string& passphrase_file, const std::string& vkey) {
  try {
    const audit::Secret passphrase = audit::read_passphrase(sys, passphrase_file);
    return audit::SigningKey::from_file(sys, old.named.origin, key_file, passphrase)
               .verifier()
               .vkey() == vkey;
  } catch (const Failure&) {
    return false;
  }
}

}  // namespace

void add_succession(Options& options) {
  options
      .value("successor-of",
             "the newest checkpoint of a log whose key is lost or that does not verify: the "
             "new log takes its place; without DIR, for the configuration and index that there are")
      .value("authority", "with it: a reference to whoever decided that; for the log")
      .value("reason",
             "with it: key-lost, does-not-verify, machine-lost, moved or another word; for the "
             "log");
}

std::optional<run::OldLog> named_old_log(const Options& options, const std::string& origin) {
  if (!options.has("successor-of")) {
    for (const char* name : {"authority", "reason"}) {
      if (options.has(name)) options.refuse("--" + std::string(name) + " needs --successor-of");
    }
    return std::nullopt;
  }
  const std::string path = options.required("successor-of");
  run::OldLog old;
  old.named.authority = reference_of(options, "authority");
  old.named.reason = reference_of(options, "reason");
  const audit::LastCheckpoint last = audit::read_last_checkpoint(base::real_sys(), path);
  old.named.origin = last.says.origin;
  old.named.size = last.says.size;
  old.named.root = last.says.root;
  old.directory = last.directory;
  if (origin == old.named.origin) {
    throw Failure(ExitStatus::usage,
                  fmt::format("init: {} is the old log's own name (log.origin); a log that takes "
                              "its place needs another, as {}-2",
                              origin, origin));
  }
  if (last.key_id.empty()) {
    message(
        fmt::format("note: the signature of {} was not verified: no key that it names lies "
                    "beside it",
                    base::printable(path)));
  }
  return old;
}

void look_at(run::OldLog& old, const std::optional<audit::Position>& remembered,
             const std::string& passphrase_file) {
  base::Sys& sys = base::real_sys();
  const audit::Predecessor& named = old.named;
  audit::LogState state;
  const std::string doubt = old.directory.empty() ? "it is not beside its checkpoint"
                                                  : find_doubt(sys, old, remembered, state);
  if (!doubt.empty()) {
    if (remembered && remembered->size > named.size) {
      message(
          fmt::format("note: the checkpoint speaks of {} entries, and the index remembers {}: "
                      "if there is a newer one, it was the one to name",
                      named.size, remembered->size));
    }
    message(fmt::format("note: nothing that the old log alone says is taken over: {}",
                        base::printable(doubt)));
    return;
  }
  if (state.checkpoint_size != named.size) {
    throw Failure(ExitStatus::usage,
                  fmt::format("init: the checkpoint named speaks of {} entries, and the old log's "
                              "newest of {}; name {}/checkpoint",
                              named.size, state.checkpoint_size, old.directory));
  }
  old.believed = true;
  old.facts = state.facts;
  // Where init puts them.
  const std::filesystem::path keys = std::filesystem::path(old.directory).parent_path();
  const std::string entries = (keys / "log.key").string();
  const std::string checkpoints = (keys / "checkpoint.key").string();
  // A run needs both.
  if (has_key(sys, old, entries, passphrase_file, state.vkey) &&
      (!state.checkpoint_vkey ||
       has_key(sys, old, checkpoints, passphrase_file, *state.checkpoint_vkey))) {
    message(
        fmt::format("note: the old log verifies, and {} at hand ({}{}): it could go on, and a new "
                    "log is seldom the right way",
                    state.checkpoint_vkey ? "its keys are" : "its key is", entries,
                    state.checkpoint_vkey ? ", " + checkpoints : ""));
  }
}

}  // namespace expunge::cli
