#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Where in the text of a configuration something stands, for the message that refuses it.
namespace expunge::cli {

class ConfigLines {
 public:
  /// Reads any text; what is neither a section nor a key has no place.
  explicit ConfigLines(std::string_view text);

  /// Of the last line that gives `key`, as `section.key`, this value; of the last that gives it at
  /// all when `value` is nullopt. 0: none does.
  [[nodiscard]] std::size_t line_of(std::string_view key,
                                    std::optional<std::string_view> value = std::nullopt) const;
  /// Of the first that gives `key`.
  [[nodiscard]] std::size_t first_line_of(std::string_view key) const;
  /// Of the first that is `text`, without comment and outer space; 0: none is.
  [[nodiscard]] std::size_t line_saying(std::string_view text) const;

 private:
  struct Line {
    std::size_t number;  ///< from 1
    std::string text, key, value;
  };
  std::vector<Line> lines_;
};

/// That of `known`, each as `section.key`, which somebody may have meant who wrote `key`: the same
/// but for case, or but for two letters; else the only one of that name in another section. Empty:
/// there is none.
[[nodiscard]] std::string nearest_key(const std::string& key,
                                      const std::vector<std::string>& known);

}  // namespace expunge::cli
