#pragma once

#include <string>
#include <vector>

#include "base/sys.h"

namespace expunge::shred {

/// Of the extended attributes that this process may see; none when the kernel does not say.
[[nodiscard]] std::vector<std::string> attribute_names(base::Sys& sys, int fd);

/// Overwrites the values of the extended attributes that anybody may set with noise of the same
/// length. (A value that is only removed stays in the block that the file system frees: measured on
/// ext4.) Returns whether the file has attributes of any kind. What cannot be changed is left.
[[nodiscard]] bool scramble_attributes(base::Sys& sys, int fd);

/// Removes what can be removed. What the kernel keeps (security.selinux, for one) says nothing of
/// the recording.
void drop_attributes(base::Sys& sys, int fd);

}  // namespace expunge::shred
