#include "shred/means.h"

#include <fcntl.h>
#include <linux/capability.h>

#include <charconv>

#include "shred/beneath.h"
#include "shred/kernel_files.h"

namespace expunge::shred {

bool opens_beneath(const ArchiveRoot& root) {
  return std::holds_alternative<base::Fd>(open_beneath(root, ".", O_PATH | O_DIRECTORY));
}

Leases probe_leases(base::Sys& sys) {
  const auto enabled = read_kernel_word(sys, "/proc/sys/fs/leases-enable");
  if (!enabled) return Leases::unknown;
  if (*enabled == "0") return Leases::none;
  const auto status = read_kernel_file(sys, "/proc/self/status");
  constexpr std::string_view kName = "\nCapEff:\t";
  const auto at = status ? status->find(kName) : std::string::npos;
  if (at == std::string::npos) return Leases::unknown;
  std::uint64_t effective = 0;
  const char* const begin = status->data() + at + kName.size();
  const auto read = std::from_chars(begin, status->data() + status->size(), effective, 16);
  if (read.ec != std::errc()) return Leases::unknown;
  return (effective >> CAP_LEASE & 1) != 0 ? Leases::any_file : Leases::own_files;
}

}  // namespace expunge::shred
