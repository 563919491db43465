#include "support/removal.h"

#include <filesystem>

#include "support/catch.h"
#include "support/dying_sys.h"

namespace expunge::test {

const std::string& audio() {
  static const std::string text = std::string(9000, 'A');
  return text;
}

void move_to(Council& council, const std::string& root, shred::Accept accept) {
  std::filesystem::create_directories(root);
  council.root = root;
  council.limits.accept = accept;
}

void furnish_mixed(Council& council) {
  council.add("mixed", kOctober, "m/a.wav", audio());
  council.add("mixed", kOctober, "m/a.txt", "spoken words", "Customer Services", "", "",
              "transcript");
  council.add("mixed", kOctober, "m/b.txt", "summary", "Customer Services", "", "", "sidecar");
  council.add("whole", kOctober, "w/b.wav", audio() + "w");
  council.add("keyed", kOctober, "k/a.enc", "ciphertext");
  council.add("keyed", kOctober, "k/k.key", std::string(5000, 'K'), "Customer Services", "", "",
              "key");
  council.add("new", "2026-11-01T09:00:00Z", "n/c.wav", audio() + "n");
  council.approve();
}

void furnish_unlinked(Council& council) {
  council.add("one", kOctober, "x/a.wav", audio() + "1");
  council.add("one", kOctober, "x/a.txt", "words", "Customer Services", "", "", "transcript");
  council.add("two", kOctober, "y/b.wav", audio() + "2");
  council.add("new", "2026-11-01T09:00:00Z", "x/c.wav", audio() + "3");
  council.approve();
}

Scene any_scene() {
  return GENERATE(Scene{"mkfs.btrfs -q", kBtrfsBytes, furnish_unlinked},
                  Scene{kInlineExt4, 64 << 20, furnish_mixed});
}

bool is_recording(std::string_view name) {
  return name.ends_with(".wav") || name.ends_with(".txt");
}

const std::map<std::string, std::map<std::string, std::string>>& originals() {
  static const std::map<std::string, std::map<std::string, std::string>> all = {
      {"mixed", {{"m/a.wav", audio()}, {"m/a.txt", "spoken words"}, {"m/b.txt", "summary"}}},
      {"whole", {{"w/b.wav", audio() + "w"}}},
      {"keyed", {{"k/a.enc", "ciphertext"}, {"k/k.key", std::string(5000, 'K')}}},
      {"one", {{"x/a.wav", audio() + "1"}, {"x/a.txt", "words"}}},
      {"two", {{"y/b.wav", audio() + "2"}}}};
  return all;
}

bool is_original(const Council& council, const std::string& path, const std::string& content) {
  return council.exists(path) && council.content(path) == content;
}

}  // namespace expunge::test
