#include "shred/medium.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/fd.h"
#include "base/text.h"
#include "shred/ground.h"
#include "shred/kernel_files.h"

namespace expunge::shred {
namespace {

using Kind = Medium::Kind;

constexpr unsigned kMaxDepth = 16;  // of devices upon devices; the kernel's own limit is lower
constexpr std::size_t kMaxDevices = 256;
constexpr unsigned kMaxLoops = 4;  // a loop device whose file lies on a loop device, and so on

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return text.starts_with(prefix); });
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> parts) {
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

/// LVM appends a hyphen and the layer's name to the UUID of a device that it does not show.
bool is_lvm_layer(std::string_view uuid, std::string_view layer) {
  return uuid.starts_with("LVM-") && uuid.ends_with(layer) && uuid.size() > layer.size() &&
         uuid[uuid.size() - layer.size() - 1] == '-';
}

/// One walk from a device down to the disks. A device is spoken of by its directory in sysfs.
class Walk {
 public:
  Walk(base::Sys& sys, unsigned loops_above) : sys_(sys), loops_above_(loops_above) {}

  Medium take(const std::string& directory) {
    const std::string disk = whole_disk(directory);
    medium_.discards = word(disk + "/queue/discard_max_bytes").value_or("0") != "0";
    medium_.read_only = word(directory + "/ro").value_or("0") != "0";
    visit(directory, 0);
    return std::move(medium_);
  }

 private:
  [[nodiscard]] std::optional<std::string> word(const std::string& path) const {
    return read_kernel_word(sys_, path);
  }

  /// A partition has no queue of its own. The kernel resolves the link before the dots.
  [[nodiscard]] std::string whole_disk(const std::string& directory) const {
    return kernel_has(sys_, directory + "/partition") ? directory + "/.." : directory;
  }

  void add(Kind kind, std::string detail = "") {
    Medium::Layer layer{kind, std::move(detail)};
    if (std::find(medium_.layers.begin(), medium_.layers.end(), layer) == medium_.layers.end()) {
      medium_.layers.push_back(std::move(layer));
    }
  }

  void visit(const std::string& part, unsigned depth) {
    const std::string directory = whole_disk(part);
    const auto number = word(directory + "/dev");
    if (!number || depth > kMaxDepth || seen_.size() > kMaxDevices) return add(Kind::unknown);
    if (!seen_.insert(*number).second) return;
    const std::string name =
        value_in(read_kernel_file(sys_, directory + "/uevent").value_or(""), "DEVNAME");
    const std::vector<std::string> below =
        list_kernel_directory(sys_, directory + "/slaves").value_or(std::vector<std::string>());
    const bool disk = !classify(directory, name, below);
    if (disk && below.empty()) return classify_disk(directory, name);
    if (disk) add(Kind::unknown);
    for (const std::string& slave : below)
      visit(fmt::format("{}/slaves/{}", directory, slave), depth + 1);
  }

  /// False when it is not one of the devices that stand on others.
  bool classify(const std::string& directory, const std::string& name,
                const std::vector<std::string>& below) {
    if (kernel_has(sys_, directory + "/dm")) {
      classify_mapped(directory, below);
      if (below.empty()) add(Kind::unknown);
    } else if (kernel_has(sys_, directory + "/md")) {
      classify_raid(directory);
      if (below.empty()) add(Kind::unknown);
    } else if (name.starts_with("loop")) {
      classify_loop(directory);
    } else if (name.starts_with("bcache")) {
      add(Kind::cache);
    } else if (name.size() > 2 && name.starts_with("zd") && name[2] >= '0' && name[2] <= '9') {
      add(Kind::volume);
    } else if (starts_with_any(name, {"nbd", "rbd", "drbd"})) {
      add(Kind::network);
    } else if (starts_with_any(name, {"zram", "ram"})) {
      add(Kind::memory);
    } else {
      return false;
    }
    return true;
  }

  void classify_mapped(const std::string& directory, const std::vector<std::string>& below) {
    const std::string uuid = word(directory + "/dm/uuid").value_or("");
    // kpartx: a partition of what follows, and no layer of its own.
    if (uuid.starts_with("part") && uuid.find('-') != std::string::npos) return;
    if (starts_with_any(uuid, {"CRYPT-LUKS", "CRYPT-PLAIN-", "CRYPT-TCRYPT-", "CRYPT-LOOPAES-",
                               "CRYPT-BITLK-", "CRYPT-FVAULT2-"})) {
      return add(Kind::crypt);
    }
    if (uuid.starts_with("mpath-")) return add(Kind::multipath);
    if (!uuid.starts_with("LVM-")) return add(Kind::mapped);
    const auto stands_on = [&](std::initializer_list<std::string_view> layers) {
      return std::any_of(below.begin(), below.end(), [&](const std::string& slave) {
        const std::string id =
            word(fmt::format("{}/slaves/{}/dm/uuid", directory, slave)).value_or("");
        return std::any_of(layers.begin(), layers.end(),
                           [&](std::string_view layer) { return is_lvm_layer(id, layer); });
      });
    };
    if (stands_on({"cow"})) {
      add(Kind::snapshot);
    } else if (stands_on({"real"})) {
      add(Kind::snapshot_origin);
    } else if (stands_on({"tpool", "pool", "vpool"})) {
      add(Kind::thin_volume);
    } else if (stands_on({"cdata", "cpool", "cvol"})) {
      add(Kind::cache);
    } else {
      add(Kind::logical_volume);
    }
  }

  void classify_raid(const std::string& directory) {
    constexpr std::array<std::string_view, 7> kLevels = {"linear", "raid0", "raid1", "raid4",
                                                         "raid5",  "raid6", "raid10"};
    const std::string level = word(directory + "/md/level").value_or("");
    add(Kind::raid, std::find(kLevels.begin(), kLevels.end(), level) == kLevels.end() ? "" : level);
    if (word(directory + "/md/degraded").value_or("0") != "0") medium_.degraded = true;
    if (word(directory + "/md/consistency_policy") == "journal") add(Kind::cache);
  }

  void classify_loop(const std::string& directory) {
    const auto file = word(directory + "/loop/backing_file");
    const base::Fd fd(file ? sys_.openat(AT_FDCWD, file->c_str(), O_PATH, 0) : -1);
    if (!fd || loops_above_ == kMaxLoops) {
      add(Kind::loop);
      return add(Kind::unknown);
    }
    const Ground ground = find_ground(sys_, fd.get(), loops_above_ + 1);
    add(Kind::loop, std::string(known_filesystem(ground.filesystem)));
    medium_.loop_obstacle = ground.obstacle;
    for (const Medium::Layer& layer : ground.medium.layers) add(layer.kind, layer.detail);
    medium_.degraded = medium_.degraded || ground.medium.degraded;
    if (!ground.medium.loop_obstacle.empty()) medium_.loop_obstacle = ground.medium.loop_obstacle;
  }

  void classify_disk(const std::string& directory, const std::string& name) {
    const std::string zoned = word(directory + "/queue/zoned").value_or("none");
    if (zoned != "none") add(Kind::zoned);
    if (is_remote(directory)) return add(Kind::network);
    if (is_virtual(directory, name)) return add(Kind::virtual_disk);
    const std::optional<bool> virtual_machine = machine_is_virtual();
    if (virtual_machine.value_or(false)) return add(Kind::virtual_disk);
    const auto rotational = word(directory + "/queue/rotational");
    if (!rotational || !virtual_machine) return add(Kind::unknown);
    add(*rotational == "0" ? Kind::solid_state : Kind::rotational);
  }

  [[nodiscard]] bool is_remote(const std::string& directory) const {
    // A SCSI disk's device is host:channel:target:unit, below its target, below its session, or
    // below its remote port.
    const std::string above = directory + "/device/../..";
    if (kernel_has(sys_, above + "/iscsi_session") ||
        kernel_has(sys_, above + "/fc_remote_ports")) {
      return true;
    }
    // An NVMe namespace's device is its controller, or, with several paths, the subsystem that
    // holds them.
    const std::string controller = directory + "/device";
    std::vector<std::string> transports = {word(controller + "/transport").value_or("")};
    for (const std::string& name :
         list_kernel_directory(sys_, controller).value_or(std::vector<std::string>())) {
      if (name.starts_with("nvme")) {
        transports.push_back(word(fmt::format("{}/{}/transport", controller, name)).value_or(""));
      }
    }
    return std::any_of(transports.begin(), transports.end(), [](const std::string& transport) {
      return !transport.empty() && transport != "pcie" && transport != "apple-nvme";
    });
  }

  [[nodiscard]] bool is_virtual(const std::string& directory, const std::string& name) const {
    if (starts_with_any(name, {"vd", "xvd"})) return true;
    const std::string vendor = word(directory + "/device/vendor").value_or("");
    const std::string model = word(directory + "/device/model").value_or("");
    return starts_with_any(vendor, {"QEMU", "VMware", "VBOX", "Msft", "Google", "Virtual"}) ||
           contains_any(model, {"QEMU", "VBOX", "VMware", "Virtual", "Amazon"});
  }

  /// In a virtual machine what looks like a disk may be a file of the host's. Nullopt when the
  /// kernel says nothing of its machine.
  [[nodiscard]] std::optional<bool> machine_is_virtual() const {
    const auto processor = read_kernel_file(sys_, "/proc/cpuinfo");
    if (!processor) return std::nullopt;
    const std::string maker = word("/sys/class/dmi/id/sys_vendor").value_or("") + " " +
                              word("/sys/class/dmi/id/product_name").value_or("");
    return processor->find(" hypervisor") != std::string::npos ||
           kernel_has(sys_, "/sys/hypervisor/type") ||
           contains_any(maker, {"QEMU", "KVM", "Virtual", "VMware", "innotek", "Xen", "Amazon EC2",
                                "Google Compute"});
  }

  base::Sys& sys_;
  unsigned loops_above_;
  Medium medium_;
  std::set<std::string> seen_;  ///< device numbers
};

}  // namespace

bool Medium::has(Kind kind) const {
  return std::any_of(layers.begin(), layers.end(),
                     [&](const Layer& layer) { return layer.kind == kind; });
}

Medium find_medium(base::Sys& sys, unsigned device_major, unsigned device_minor,
                   unsigned loops_above) {
  return Walk(sys, loops_above)
      .take(fmt::format("/sys/dev/block/{}:{}", device_major, device_minor));
}

}  // namespace expunge::shred
