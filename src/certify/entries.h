#pragma once

#include <cstdint>
#include <string>

#include "audit/entry.h"
#include "audit/line.h"
#include "audit/log.h"

// What entries say, read back from their lines into the structs that they were written from.
namespace expunge::certify {

/// An entry as it stands in the log: what it says, and where, when, and by which key.
template <typename T>
struct Logged {
  std::uint64_t seq = 0;
  base::Time time;
  std::string key_id;
  T says;
};

// Each requires an entry of its type, and throws Failure(log_untrusted) naming line and fault when
// the entry is not of the form that expunge-log(5) gives its type. `path` is the log's.

[[nodiscard]] Logged<audit::Policy> read_policy(const audit::EntryView& entry,
                                                const std::string& path);
[[nodiscard]] Logged<audit::PlanApprove> read_approval(const audit::EntryView& entry,
                                                       const std::string& path);
[[nodiscard]] Logged<audit::Correct> read_correct(const audit::EntryView& entry,
                                                  const std::string& path);
[[nodiscard]] Logged<audit::RunStart> read_run_start(const audit::EntryView& entry,
                                                     const std::string& path);
[[nodiscard]] Logged<audit::RunBraked> read_run_braked(const audit::EntryView& entry,
                                                       const std::string& path);
[[nodiscard]] Logged<audit::RunEnd> read_run_end(const audit::EntryView& entry,
                                                 const std::string& path);
/// `hold.place`, `hold.release`, `hold.confirm` or `hold.keep`.
[[nodiscard]] Logged<audit::HoldChange> read_hold_change(const audit::EntryView& entry,
                                                         const std::string& path);
/// `destroy` or `remove`.
[[nodiscard]] Logged<audit::Destroyed> read_destroyed(const audit::EntryView& entry,
                                                      const std::string& path);
[[nodiscard]] Logged<audit::DestroyPartial> read_partial(const audit::EntryView& entry,
                                                         const std::string& path);
[[nodiscard]] Logged<audit::DestroyFailed> read_failed(const audit::EntryView& entry,
                                                       const std::string& path);

[[nodiscard]] Logged<audit::Acknowledge> read_acknowledge(const audit::EntryView& entry,
                                                          const std::string& path);
/// `order` or `order.withdraw`.
[[nodiscard]] Logged<audit::OrderChange> read_order_change(const audit::EntryView& entry,
                                                           const std::string& path);
/// `acknowledge.withdraw`.
[[nodiscard]] Logged<audit::Withdraw> read_withdraw(const audit::EntryView& entry,
                                                    const std::string& path);

/// `log.open`, without its `tool`; the checkpoint key's and the first key's ids.
struct Opening {
  std::string first_key_id, checkpoint_key_id;  ///< the latter empty: there is none
  std::optional<audit::Predecessor> predecessor;
};
[[nodiscard]] Opening read_opening(const audit::EntryView& entry, const std::string& path);
/// The id of the key that a `key.rotate` hands over to.
[[nodiscard]] std::string read_next_key_id(const audit::EntryView& entry, const std::string& path);

}  // namespace expunge::certify
