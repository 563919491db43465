#include "support/json_changes.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "support/odd_json.h"

namespace expunge::test {
namespace {

using Json = nlohmann::ordered_json;
using Random = std::mt19937_64;

/// JSON as it is written: a scalar is kept as text, so that it can be written in any way.
struct Node {
  std::string open, close;           ///< of an array or an object; empty: a scalar
  std::string scalar{};              ///< with its quotes, if it is a string
  std::vector<std::string> names{};  ///< of an object's members, with their quotes
  std::vector<Node> items{};

  [[nodiscard]] bool is_object() const { return open == "{"; }
};

std::size_t below(Random& random, std::size_t limit) {
  return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
}

const std::string& one_of(const std::vector<std::string>& all, Random& random) {
  return all[below(random, all.size())];
}

Node to_node(const Json& json) {
  if (!json.is_structured()) return {"", "", json.dump()};
  Node node{json.is_object() ? "{" : "[", json.is_object() ? "}" : "]"};
  for (const auto& [name, value] : json.items()) {
    if (json.is_object()) node.names.push_back(Json(name).dump());
    node.items.push_back(to_node(value));
  }
  return node;
}

std::string to_text(const Node& node) {
  std::string text = node.open + node.scalar;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    if (i > 0) text += ",";
    if (node.is_object()) text += node.names[i] + ":";
    text += to_text(node.items[i]);
  }
  return text + node.close;
}

void collect(Node& node, std::vector<Node*>& all) {
  all.push_back(&node);
  for (Node& item : node.items) collect(item, all);
}

void put_in(std::string& text, std::size_t at, const std::string& piece) {
  text.insert(std::min(at, text.size()), piece);
}

void change_scalar(Node& node, Random& random) {
  std::string& text = node.scalar;
  if (text.size() < 2 || text.front() != '"') {
    put_in(text, below(random, text.size() + 1), one_of(odd_number_parts(), random));
    return;
  }
  const std::size_t at = 1 + below(random, text.size() - 1);
  switch (below(random, 3)) {
    case 0:
      put_in(text, at, one_of(odd_pieces(), random));
      break;
    case 1:
      if (text.size() > 2) text.erase(std::min(at, text.size() - 2), 1);
      break;
    default:
      text[std::min(at, text.size() - 2)] = static_cast<char>(' ' + below(random, 95));
  }
}

/// Doubles, drops, moves, renames or adds an item.
void change_items(Node& node, Random& random) {
  const auto iterator = [](auto& list, std::size_t at) {
    return list.begin() + static_cast<std::ptrdiff_t>(at);
  };
  const auto insert = [&](std::size_t at, std::string name, Node value) {
    if (node.is_object()) node.names.insert(iterator(node.names, at), std::move(name));
    node.items.insert(iterator(node.items, at), std::move(value));
  };
  const auto erase = [&](std::size_t at) {
    if (node.is_object()) node.names.erase(iterator(node.names, at));
    node.items.erase(iterator(node.items, at));
  };
  const std::size_t to = below(random, node.items.size() + 1);
  if (node.items.empty() || below(random, 4) == 0) {
    return insert(to, one_of(odd_names(), random), {"", "", one_of(odd_values(), random)});
  }
  const std::size_t from = below(random, node.items.size());
  const std::string name = node.is_object() ? node.names[from] : "";
  switch (below(random, 4)) {
    case 0:
      return insert(to, name, Node(node.items[from]));
    case 1:
      return erase(from);
    case 2: {
      Node moved = node.items[from];
      insert(to, name, std::move(moved));
      return erase(from >= to ? from + 1 : from);
    }
    default:
      if (node.is_object()) node.names[from] = one_of(odd_names(), random);
  }
}

/// Something new just before the members that end every line: where later versions may add.
void add_member(Node& line, Random& random) {
  const std::size_t at = line.items.size() >= 2 ? line.items.size() - 2 : 0;
  const auto to = static_cast<std::ptrdiff_t>(at);
  line.names.insert(line.names.begin() + to, one_of(odd_names(), random));
  line.items.insert(line.items.begin() + to, Node{"", "", one_of(odd_values(), random)});
}

void change(Node& root, Random& random) {
  if (below(random, 6) == 0) return add_member(root, random);
  std::vector<Node*> all;
  collect(root, all);
  Node& node = below(random, 4) == 0 ? root : *all[below(random, all.size())];
  if (!node.open.empty() && (&node == &root || below(random, 3) != 0)) {
    return change_items(node, random);
  }
  if (&node == &root) return;
  const std::size_t how = below(random, 3);
  if (how == 0 || !node.open.empty()) {
    node = {"", "", one_of(odd_values(), random)};
  } else if (how == 1) {
    node = Node(*all[1 + below(random, all.size() - 1)]);
  } else {
    change_scalar(node, random);
  }
}

}  // namespace

std::string changed_json(const std::string& object, Random& random) {
  Node root = to_node(Json::parse(object));
  for (std::size_t left = 1 + below(random, 2); left > 0; --left) change(root, random);
  std::string text = to_text(root);
  if (below(random, 20) == 0) {
    put_in(text, 1 + below(random, text.size() - 1), one_of(odd_pieces(), random));
  }
  return text;
}

std::string changed_bytes(std::string text, Random& random) {
  for (std::size_t left = 1 + below(random, 3); left > 0 && !text.empty(); --left) {
    const std::size_t at = below(random, text.size());
    const std::size_t count =
        std::min(text.size() - at, 1 + below(random, below(random, 2) == 0 ? 4 : 600));
    switch (below(random, 5)) {
      case 0:
        text[at] = static_cast<char>(text[at] ^ (1 << below(random, 8)));
        break;
      case 1:
        text.erase(at, count);
        break;
      case 2:
        text.insert(at, text.substr(at, count));
        break;
      case 3: {
        const std::string part = text.substr(at, count);
        text.erase(at, count);
        text.insert(below(random, text.size() + 1), part);
        break;
      }
      default:
        put_in(text, at, below(random, 2) == 0 ? "\n" : one_of(odd_pieces(), random));
    }
  }
  return text;
}

std::mt19937_64 seeded_random() {
  const char* const given = std::getenv("EXPUNGE_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  std::printf("EXPUNGE_SEED=%llu\n", static_cast<unsigned long long>(seed));
  return std::mt19937_64(seed);
}

}  // namespace expunge::test
