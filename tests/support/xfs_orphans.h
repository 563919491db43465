#pragma once

#include <string>

namespace expunge::test {

/// Whether all that `xfs_repair -n` complains of, in what it printed, is removed files that the
/// kernel could not finish with after a cut, because blocks of their attributes had been given up
/// before the way to them was: a crash window of XFS's own, which no program closes (kernel commit
/// b854e1c4eff3, "xfs: close crash window in attr dabtree inactivation", 2026).
[[nodiscard]] bool is_about_orphans_attributes(const std::string& printed);

}  // namespace expunge::test
