#include "support/json_schema.h"

#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <stdexcept>

namespace expunge::test {
namespace {

using Json = nlohmann::json;

class Schema {
 public:
  explicit Schema(const Json& root) : root_(root) {}

  /// Empty when `value` fits.
  [[nodiscard]] std::string fault(const Json& rule, const Json& value,
                                  const std::string& at) const {
    if (rule.is_boolean()) return rule.get<bool>() ? "" : at + " may not be there";
    for (const auto& [keyword, says] : rule.items()) {
      const std::string found = fault_of(keyword, says, rule, value, at);
      if (!found.empty()) return found;
    }
    return "";
  }

 private:
  static bool is_of(const std::string& type, const Json& value) {
    if (type == "object") return value.is_object();
    if (type == "array") return value.is_array();
    if (type == "string") return value.is_string();
    if (type == "integer") return value.is_number_integer();
    if (type == "null") return value.is_null();
    throw std::logic_error("schema: type " + type);
  }

  [[nodiscard]] std::string fault_of(const std::string& keyword, const Json& says, const Json& rule,
                                     const Json& value, const std::string& at) const {
    static const std::set<std::string> kSilent = {"$schema", "$comment", "title",
                                                  "$defs",   "then",     "else"};
    if (kSilent.count(keyword) > 0) return "";
    if (keyword == "$ref") {
      return fault(root_.at(Json::json_pointer(says.get<std::string>().substr(1))), value, at);
    }
    if (keyword == "type") {
      return is_of(says, value) ? "" : at + " is no " + says.get<std::string>();
    }
    if (keyword == "const") return value == says ? "" : at + " is not " + says.dump();
    if (keyword == "enum") {
      const bool there = std::find(says.begin(), says.end(), value) != says.end();
      return there ? "" : at + " is " + value.dump() + ", which is none of " + says.dump();
    }
    if (keyword == "pattern") {
      const bool fits =
          !value.is_string() ||
          std::regex_search(value.get<std::string>(), std::regex(says.get<std::string>()));
      return fits ? "" : at + " is " + value.dump() + ", not " + says.dump();
    }
    if (keyword == "minimum") return value.get<double>() < says.get<double>() ? at + " is low" : "";
    if (keyword == "minItems")
      return value.size() < says.get<std::size_t>() ? at + " is short" : "";
    return fault_of_parts(keyword, says, rule, value, at);
  }

  [[nodiscard]] std::string fault_of_parts(const std::string& keyword, const Json& says,
                                           const Json& rule, const Json& value,
                                           const std::string& at) const {
    std::string found;
    const auto take = [&found](const std::string& more) {
      if (found.empty()) found = more;
    };
    if (keyword == "required") {
      for (const auto& name : says) {
        if (!value.contains(name.get<std::string>())) take(at + " lacks " + name.dump());
      }
    } else if (keyword == "properties") {
      for (const auto& [name, part] : says.items()) {
        if (value.contains(name)) take(fault(part, value.at(name), at + "." + name));
      }
    } else if (keyword == "additionalProperties") {
      for (const auto& [name, part] : value.items()) {
        if (!rule.at("properties").contains(name)) take(at + "." + name + " is not described");
      }
    } else if (keyword == "items") {
      for (std::size_t i = 0; i < value.size(); ++i) {
        take(fault(says, value.at(i), at + "[" + std::to_string(i) + "]"));
      }
    } else if (keyword == "anyOf") {
      bool any = false;
      for (const auto& one : says) any = any || fault(one, value, at).empty();
      if (!any) take(at + " is " + value.dump() + ", and none of what it may be");
    } else if (keyword == "allOf") {
      for (const auto& one : says) take(fault(one, value, at));
    } else if (keyword == "if") {
      take(fault(rule.at(fault(says, value, at).empty() ? "then" : "else"), value, at));
    } else {
      throw std::logic_error("schema: keyword " + keyword);
    }
    return found;
  }

  const Json& root_;
};

}  // namespace

std::string schema_fault(const std::string& schema, const std::string& json) {
  const Json root = Json::parse(schema);
  return Schema(root).fault(root, Json::parse(json), "it");
}

}  // namespace expunge::test
