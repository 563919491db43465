#include "residue/xfs_names.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>
#include <unordered_set>

#include "residue/xfs_attributes.h"
#include "residue/xfs_filler.h"
#include "residue/xfs_finish.h"
#include "residue/xfs_log.h"
#include "residue/xfs_shape.h"

namespace expunge::residue {
namespace {

class XfsNames final : public Names {
 public:
  explicit XfsNames(const shred::ArchiveRoot& root) : root_(root), filler_(root), log_(root) {}

  void entering(int directory) override {
    struct statx status {};
    if (root_.sys().statx(directory, "", AT_EMPTY_PATH, STATX_INO, status) != 0) return;
    // Batches go from directory to directory: what is forgotten here is only filled once more.
    constexpr std::size_t kRemembered = 4096;
    if (entered_.size() >= kRemembered) entered_.clear();
    if (!entered_.insert(status.stx_ino).second || !filler_.ready()) return;
    // Those in an inode have no free places: a name removed is moved over, and one added appended.
    if (names_in_inode(root_.sys(), directory)) return;
    note(filler_.fill(directory));
  }

  void unlinked(int directory, std::size_t name_bytes) override {
    if (filler_.ready()) note(filler_.put(directory, name_bytes));
  }

  MaskedAttributes mask_attributes(int file) override {
    return residue::mask_attributes(root_.sys(), file);
  }

  bool push() override { return log_.push() == 0; }

  Account finish(const std::vector<std::string>& directories) override {
    if (directories.empty()) return {};
    XfsFinish finish(root_, filler_, log_);
    Account account = finish.run(directories, error_);
    entered_.clear();
    error_ = 0;
    return account;
  }

 private:
  void note(int error) {
    if (error_ == 0) error_ = error;
  }

  const shred::ArchiveRoot& root_;
  XfsFiller filler_;
  XfsLog log_;
  std::unordered_set<std::uint64_t> entered_;
  int error_ = 0;  ///< the first that put() or fill() met
};

}  // namespace

std::unique_ptr<Names> xfs_names(const shred::ArchiveRoot& root) {
  return std::make_unique<XfsNames>(root);
}

}  // namespace expunge::residue
