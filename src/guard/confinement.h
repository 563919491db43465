#pragma once

#include <string>
#include <vector>

namespace expunge::guard {

/// What a process goes on to use, beside what it has open.
struct Reach {
  std::vector<std::string> changed;  ///< directories: files below are made, changed and removed
  std::vector<std::string> written;  ///< files: read and changed in place
  std::vector<std::string> read;     ///< files and directories: read
};

/// What holds a process back.
struct Confinement {
  int landlock = 0;     ///< the version in force; 0: none
  bool filter = false;  ///< system calls that it never needs are refused
};

/// The oldest Landlock (Linux 5.19) that is of use: before it, no file can be linked from one
/// directory into another under it, as erasing names needs.
inline constexpr int kLeastLandlock = 2;

/// What confine() could do here, found out without changing anything.
[[nodiscard]] Confinement probe_confinement();

/// Confines this thread, and those that it starts from here on, for good; threads that are there
/// already stay free. On return it can
/// - open files below these places alone, each for no more than is said there, run no program, and
///   make no device, socket, pipe or symbolic link (Landlock);
/// - open no socket, trace no process, mount nothing and load no code into the kernel: such calls
///   fail with EPERM (seccomp);
/// - gain no privilege by running a program (no_new_privs).
/// What is open stays usable. A place that is not there is passed over. What the kernel does not
/// offer is left out, and the result says so; never throws.
[[nodiscard]] Confinement confine(const Reach& reach);

}  // namespace expunge::guard
