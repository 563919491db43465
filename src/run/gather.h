#pragma once

#include <functional>
#include <vector>

#include "run/tools.h"

namespace expunge::run {

/// Hands out the allowed recordings of the index that stand in no batch, but for those in
/// `without`, oldest first within bounds and then in directory order, in groups that fit one batch:
/// whole recordings, within the limits on files, bytes and open descriptors. Memory does not grow
/// with the archive. Stops when `each` returns false.
///
/// The rows are as they were when read: begin() decides about each again.
void gather(Tools& tools, std::int64_t newest_key, const plan::KeySet& without,
            const std::function<bool(std::vector<archive::Recording>)>& each);

/// How many files each of so many batches may hold open at once, given the process's limit on
/// descriptors. Throws Failure(usage) when not even one recording fits.
[[nodiscard]] std::size_t files_at_once(std::size_t wanted, unsigned batches);

/// Raises the process's soft limit on descriptors to what batches of so many files can use, as far
/// as the hard limit lets: cron and systemd start with 1024, which halves the speed.
void raise_descriptor_limit(std::size_t batch_files);

}  // namespace expunge::run
