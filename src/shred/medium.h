#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/sys.h"

namespace expunge::shred {

/// What lies below a file system, layer by layer, from the device that it is mounted from down to
/// the disks, as far as the kernel shows. What it does not show is `unknown`, never left out.
struct Medium {
  enum class Kind {
    rotational,       ///< a disk that says so
    solid_state,      ///< and one that says that it is not
    virtual_disk,     ///< a hypervisor's: what it keeps is not seen from here
    network,          ///< iSCSI, Fibre Channel, NVMe over fabrics, nbd, rbd, drbd, a file server
    memory,           ///< RAM
    crypt,            ///< dm-crypt
    logical_volume,   ///< LVM: linear, striped, RAID
    thin_volume,      ///< LVM: may share blocks with snapshots, which are not seen
    snapshot_origin,  ///< LVM: each overwrite first copies the old bytes into the snapshot
    snapshot,         ///< LVM: an overwrite goes elsewhere, the origin keeps the old bytes
    multipath,
    raid,    ///< md; detail: its level
    loop,    ///< detail: the file system of the backing file
    cache,   ///< bcache, an LVM cache, an md journal: old bytes may stay on the faster device
    volume,  ///< ZFS (zvol): copy-on-write
    mapped,  ///< another device-mapper target: what it does is not known
    zoned,   ///< a disk that writes in sequence only
    unknown,
  };
  struct Layer {
    Kind kind;
    std::string detail{};
    bool operator==(const Layer&) const = default;
  };

  std::vector<Layer> layers;  ///< no two alike
  bool discards = false;      ///< the device takes discard (TRIM) requests
  bool read_only = false;     ///< the device itself
  bool degraded = false;      ///< an md array lacks a member, which has the old bytes
  /// Why an overwrite of a loop device does not reach the bytes of its backing file; empty: it may.
  std::string loop_obstacle;

  [[nodiscard]] bool has(Kind kind) const;
};

/// Asks /sys/dev/block, through partitions and `slaves`, and for a loop device the file system of
/// its backing file (`loops_above`: how many loop devices were passed on the way here). Never
/// throws.
[[nodiscard]] Medium find_medium(base::Sys& sys, unsigned device_major, unsigned device_minor,
                                 unsigned loops_above = 0);

/// For the log: terms of a fixed vocabulary (expunge-log(5)) from top to bottom, at most 64 bytes
/// of ASCII: "dm-crypt, ssd discard". `discard_mounted`: the file system discards what it frees.
[[nodiscard]] std::string medium_text(const Medium& medium, bool discard_mounted);

/// The name of a file system as the log may hold it: itself when it is a usual one, else `other` (a
/// FUSE file system's is whatever its maker chose).
[[nodiscard]] std::string_view known_filesystem(std::string_view name);

}  // namespace expunge::shred
