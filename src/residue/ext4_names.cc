#include "residue/ext4_names.h"

#include "residue/empty_directories.h"
#include "residue/ext4_journal.h"
#include "residue/ext4_slack.h"
#include "shred/attributes.h"

namespace expunge::residue {
namespace {

class Ext4Names : public Names {
 public:
  explicit Ext4Names(const shred::ArchiveRoot& root) : root_(root) {}

  void entering(int) override {}
  void unlinked(int, std::size_t) override {}
  MaskedAttributes mask_attributes(int file) override {
    return {shred::scramble_attributes(root_.sys(), file)};
  }
  bool push() override { return push_ext4_journal(root_); }

  Account finish(const std::vector<std::string>& directories) override {
    if (directories.empty()) return {};
    Account account;
    Tidied tidied = remove_empty(root_, directories, [this] { return push(); });
    if (!tidied.pushed) account.said.emplace_back("ext4-freed-blocks: not erased (failed)");
    account.finished = std::move(tidied.gone);
    clean_slack(tidied.kept, account);
    // Last: until here each step put pictures of directory blocks into the journal.
    const Cleaning journal = erase_ext4_journal(root_);
    account.said.push_back("ext4-journal: " + std::string(words(journal)));
    if (journal == Cleaning::failed || !tidied.pushed) account.finished.clear();
    return account;
  }

 private:
  void clean_slack(const std::vector<std::string>& directories, Account& account) {
    auto opened = Ext4Slack::open(root_);
    auto* const slack = std::get_if<Ext4Slack>(&opened);
    if (slack == nullptr) {
      account.said.push_back(in_words(std::get<std::string>(opened)));
      account.finished.insert(account.finished.end(), directories.begin(), directories.end());
      return;
    }
    SlackResult sum;
    for (const std::string& directory : directories) {
      const SlackResult result = slack->clean(directory);
      if (result.left == 0 && result.skipped == 0) account.finished.push_back(directory);
      sum += result;
    }
    account.said.push_back(in_words(sum));
    if (const std::string cause = slack->finish(); !cause.empty()) {
      account.said.push_back(".expunge-filler: " + cause);
    }
  }

  const shred::ArchiveRoot& root_;
};

}  // namespace

std::unique_ptr<Names> ext4_names(const shred::ArchiveRoot& root) {
  return std::make_unique<Ext4Names>(root);
}

}  // namespace expunge::residue
