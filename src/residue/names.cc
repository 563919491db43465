#include "residue/names.h"

#include "residue/empty_directories.h"
#include "residue/ext4_device.h"
#include "residue/ext4_journal.h"
#include "residue/ext4_names.h"
#include "residue/ext4_slack.h"
#include "residue/xfs_names.h"
#include "shred/attributes.h"
#include "shred/ground.h"

namespace expunge::residue {
namespace {

/// Where there are no means: the directories left empty go, and the rest is said.
class NoMeans : public Names {
 public:
  explicit NoMeans(const shred::ArchiveRoot& root) : root_(root) {}

  void entering(int) override {}
  void unlinked(int, std::size_t) override {}
  MaskedAttributes mask_attributes(int file) override {
    return {shred::scramble_attributes(root_.sys(), file)};
  }
  bool push() override { return root_.sys().syncfs(root_.fd()) == 0; }
  Account finish(const std::vector<std::string>& directories) override {
    if (directories.empty()) return {};
    static_cast<void>(remove_empty(root_, directories, [] { return true; }));
    return {{root_.ground().filesystem + "-names: not erased (no means)"}, directories};
  }

 private:
  const shred::ArchiveRoot& root_;
};

}  // namespace

std::string_view words(Cleaning cleaning) {
  switch (cleaning) {
    case Cleaning::erases:
      return "erased";
    case Cleaning::nothing_there:
      return "none";
    case Cleaning::not_permitted:
      return "not erased (not permitted)";
    case Cleaning::no_means:
      return "not erased (no means)";
    case Cleaning::failed:
      break;
  }
  return "not erased (failed)";
}

Prospect probe_names(const shred::ArchiveRoot& root) {
  if (root.ground().family == shred::Family::ext4) {
    const auto slack = Ext4Slack::open(root);
    const auto* const obstacle = std::get_if<std::string>(&slack);
    return {probe_ext4_journal(root), obstacle == nullptr ? "" : *obstacle};
  }
  if (root.ground().family == shred::Family::xfs) return {Cleaning::erases, ""};
  return {Cleaning::no_means, "no means"};
}

std::optional<std::string> device_read_later(const shred::ArchiveRoot& root) {
  if (root.ground().family != shred::Family::ext4) return std::nullopt;
  return device_node(root);
}

std::unique_ptr<Names> names_of(const shred::ArchiveRoot& root) {
  if (root.ground().family == shred::Family::ext4) return ext4_names(root);
  if (root.ground().family == shred::Family::xfs) return xfs_names(root);
  return std::make_unique<NoMeans>(root);
}

}  // namespace expunge::residue
