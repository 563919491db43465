#include "shred/means.h"

#include <fcntl.h>
#include <linux/capability.h>

#include <array>
#include <charconv>

#include "shred/beneath.h"
#include "shred/kernel_files.h"

namespace expunge::shred {
namespace {

/// By proc_pid_status(5), one bit each.
std::optional<std::uint64_t> effective_capabilities(base::Sys& sys) {
  const auto status = read_kernel_file(sys, "/proc/self/status");
  constexpr std::string_view kName = "\nCapEff:\t";
  const auto at = status ? status->find(kName) : std::string::npos;
  if (at == std::string::npos) return std::nullopt;
  std::uint64_t effective = 0;
  const char* const begin = status->data() + at + kName.size();
  const auto read = std::from_chars(begin, status->data() + status->size(), effective, 16);
  if (read.ec != std::errc()) return std::nullopt;
  return effective;
}

bool has(std::uint64_t capabilities, unsigned number) {
  return (capabilities >> number & 1) != 0;
}

}  // namespace

bool opens_beneath(const ArchiveRoot& root) {
  return std::holds_alternative<base::Fd>(open_beneath(root, ".", O_PATH | O_DIRECTORY));
}

Leases probe_leases(base::Sys& sys) {
  const auto enabled = read_kernel_word(sys, "/proc/sys/fs/leases-enable");
  if (!enabled) return Leases::unknown;
  if (*enabled == "0") return Leases::none;
  const auto effective = effective_capabilities(sys);
  if (!effective) return Leases::unknown;
  return has(*effective, CAP_LEASE) ? Leases::any_file : Leases::own_files;
}

std::optional<std::vector<std::string_view>> missing_capabilities(base::Sys& sys) {
  const auto effective = effective_capabilities(sys);
  if (!effective) return std::nullopt;
  struct Useful {
    unsigned number;
    std::string_view name;
  };
  constexpr auto kUseful = std::to_array<Useful>({{CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE"},
                                                  {CAP_FOWNER, "CAP_FOWNER"},
                                                  {CAP_LEASE, "CAP_LEASE"},
                                                  {CAP_CHOWN, "CAP_CHOWN"},
                                                  {CAP_SYS_ADMIN, "CAP_SYS_ADMIN"}});
  std::vector<std::string_view> missing;
  for (const Useful& each : kUseful) {
    if (!has(*effective, each.number)) missing.push_back(each.name);
  }
  return missing;
}

}  // namespace expunge::shred
