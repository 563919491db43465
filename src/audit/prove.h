#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "audit/course.h"
#include "audit/log.h"
#include "audit/proof.h"
#include "base/sys.h"

// Proofs made from a log on disk. Nothing is proved of a log that is not what it was: both throw
// Failure(log_untrusted), naming the first fault, when a line below the checkpoint is not chained
// to the one before, their root is not the checkpoint's, or that is not signed as it must be. They
// read the log once and what is certified of it again, on up to `workers` threads, in memory of
// half a byte for each entry and some kilobytes for each that is asked for.
namespace expunge::audit {

/// Calls `each` with the certificate of every entry in `seqs`, in order, after all of them, and
/// their own signatures by the key that was in force for each, have been found good. `checkpoint`
/// may be the newest or a frozen one. Requires `seqs` ascending, each once. Throws Failure(usage)
/// when the checkpoint does not cover one of them.
void certify(base::Sys& sys, const LogPlace& place, const CheckpointFile& checkpoint,
             std::span<const std::uint64_t> seqs, unsigned workers,
             const std::function<void(const Certificate&)>& each);

/// The body of an add-checkpoint request from `older` to `newer`, which it was found to prove.
/// Throws Failure(log_untrusted) also when the log does not continue `older`, or that is not signed
/// as it must be at its size.
[[nodiscard]] std::string prove_consistency(base::Sys& sys, const LogPlace& place,
                                            const SignedCheckpoint& older,
                                            const CheckpointFile& newer, unsigned workers);

}  // namespace expunge::audit
