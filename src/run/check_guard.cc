#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "guard/confinement.h"
#include "guard/exposure.h"
#include "run/check_parts.h"
#include "shred/means.h"

namespace expunge::run {
namespace {

void check_permissions(const CheckSetting& setting, Findings& findings) {
  using Weight = guard::Exposure::Weight;
  bool alone = true;
  for (const guard::Exposure& each :
       guard::find_exposures({setting.config_path, setting.log_keys.entries, setting.index_path,
                              setting.log_place.directory, setting.archive_root,
                              audit::more_secrets(setting.log_keys), setting.programs})) {
    switch (each.weight) {
      case Weight::refused:
        alone = false;
        findings.problem("permissions", each.words + ": no run can begin", each.remedy);
        break;
      case Weight::warning:
        findings.warning(
            "permissions", each.words,
            each.remedy.empty() ? "keep what is below where only root may write" : each.remedy);
        break;
      case Weight::note:
        findings.note("permissions", each.words);
        break;
    }
  }
  if (alone) {
    findings.ok("permissions", "nobody but their owner and root may change index, log and key");
  }
}

/// Why it could not be called; empty: it can.
std::string why_not_callable(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return base::errno_text(errno);
  if (!S_ISREG(status.st_mode)) return "not a regular file";
  return ::faccessat(AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0 ? "" : base::errno_text(errno);
}

void check_programs(const CheckSetting& setting, Findings& findings) {
  for (const std::string& path : setting.programs) {
    const bool told = path == setting.after;
    const std::string why = why_not_callable(path);
    const std::string name = base::printable(path);
    if (why.empty()) {
      findings.ok(told ? "after" : "anchor", name + " can be called");
    } else if (told) {
      findings.warning("after",
                       fmt::format("{} cannot be called ({}): nobody tells the recorder what was "
                                   "destroyed",
                                   name, why),
                       fmt::format("put it there and chmod 755 {0}, or take run.after out of the "
                                   "configuration",
                                   name));
    } else {
      findings.warning(
          "anchor",
          fmt::format("{} cannot be called ({}): no checkpoint is carried away", name, why),
          fmt::format("put it there and chmod 755 {0}, or take log.anchor out of the "
                      "configuration",
                      name));
    }
  }
}

void check_untold(const CheckSetting& setting, Findings& findings) {
  if (setting.index == nullptr) return;
  const archive::Index::UntoldCount untold =
      findings.reading_index([&] { return setting.index->count_untold(); });
  if (untold.recordings == 0) return;
  if (setting.after.empty()) {
    return findings.warning(
        "after",
        "no program is configured any more (run.after), and the next run, or expunge destroy, "
        "erases the recorder's own ids of destroyed or removed recordings of which nobody was "
        "told: " +
            base::grouped(untold.recordings),
        "if they are to be told, put the program back into the configuration before that");
  }
  findings.warning("after",
                   "destroyed or removed recordings of which the program was not told, and whose "
                   "recorder's own ids are therefore kept: " +
                       base::grouped(untold.recordings),
                   "see why it failed: call it by hand; the next run tells it again");
}

void check_confinement(Findings& findings) {
  const guard::Confinement able = guard::probe_confinement();
  constexpr int kRefusesTruncation = 3;
  if (able.landlock > 0 && able.landlock < kRefusesTruncation) {
    findings.note("confinement",
                  fmt::format("a run can write to archive, index and log alone, but could cut "
                              "other files short (Landlock {})",
                              able.landlock),
                  "Linux 6.2 or later forbids that too");
  } else if (able.landlock != 0) {
    findings.ok("confinement",
                fmt::format("a run can write to archive, index and log, and nowhere else "
                            "(Landlock {})",
                            able.landlock));
  } else {
    findings.warning("confinement",
                     "the kernel has no Landlock of use: a run is not kept from writing elsewhere",
                     "Linux 5.19 or later has, if landlock is among the modules in "
                     "/sys/kernel/security/lsm; a sandbox may forbid it");
  }
  if (able.filter) {
    findings.ok("confinement", "it can open no socket, start no program, and mount nothing");
  } else {
    findings.warning("confinement",
                     "the kernel filters no system calls: a run is not kept from the network",
                     "see that it was built with CONFIG_SECCOMP_FILTER, and that no sandbox "
                     "forbids seccomp()");
  }
}

void check_capabilities(const CheckSetting& setting, Findings& findings) {
  const auto missing = shred::missing_capabilities(setting.sys);
  if (!missing) {
    return findings.warning("capabilities", "which this process has is unknown",
                            "see that /proc is mounted and readable");
  }
  if (missing->empty()) return findings.ok("capabilities", "all that a run can use");
  std::string names;
  for (const std::string_view name : *missing) {
    names.append(names.empty() ? "" : ", ").append(name);
  }
  findings.note("capabilities", "this process lacks, of those that a run can use: " + names,
                "expunge(1) says what is lost without each");
}

}  // namespace

void check_guard(const CheckSetting& setting, Findings& findings) {
  check_permissions(setting, findings);
  check_programs(setting, findings);
  check_untold(setting, findings);
  check_confinement(findings);
  check_capabilities(setting, findings);
}

}  // namespace expunge::run
