#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/page.h"

namespace expunge::report {
namespace {

constexpr std::size_t kWidth = 78;
constexpr std::size_t kLabelWidth = 22;

/// In characters, which is near enough to columns.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) >> 6U) != 2; }));
}

std::string spaces(std::size_t count) {
  return std::string(count, ' ');
}

/// Breaks at spaces alone; `first` stands before the first line, `rest` before the others.
std::string wrapped(std::string_view raw, const std::string& first, const std::string& rest) {
  const std::string text = base::printable(raw);
  std::string out = first;
  std::size_t column = width(first);
  bool begun = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    at = end + 1;
    if (word.empty()) continue;
    if (begun && column + 1 + width(word) > kWidth) {
      out += "\n" + rest;
      column = width(rest);
      begun = false;
    }
    out += (begun ? " " : "") + word;
    column += width(word) + (begun ? 1 : 0);
    begun = true;
  }
  return out + "\n";
}

std::string value_of(const Term& term) {
  if (term.blank) return std::string(kWidth - kLabelWidth, '_');
  return term.value.empty() ? "-" : term.value;
}

void add_term(std::string& out, std::size_t indent, const Term& term) {
  const std::string label = spaces(indent) + base::printable(term.label);
  const std::size_t hang = indent + kLabelWidth;
  out += wrapped(value_of(term), label + spaces(hang - std::min(hang - 1, width(label))),
                 spaces(hang));
}

std::string padded(const std::string& text, std::size_t to, bool right) {
  const std::string fill = spaces(to - std::min(to, width(text)));
  return right ? fill + text : text + fill;
}

void add_row(std::string& out, const Table& table, const std::vector<std::string>& cells,
             const std::vector<std::size_t>& widths) {
  std::string line = " ";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    line += " " + padded(cells[i], widths[i], table.columns[i].number);
    if (i + 1 < cells.size()) line += " ";
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + "\n";
}

void add(std::string& out, const Table& table) {
  std::vector<std::string> headings;
  std::vector<std::size_t> widths;
  for (const Column& column : table.columns) {
    headings.push_back(column.heading);
    widths.push_back(width(column.heading));
  }
  std::vector<std::vector<std::string>> rows = table.rows;
  for (auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      row[i] = base::printable(row[i]);
      widths[i] = std::max(widths[i], width(row[i]));
    }
  }
  std::size_t total = 0;
  for (const std::size_t each : widths) total += each + 2;
  out += wrapped(table.caption + ":", "", "");
  if (total <= kWidth) {
    add_row(out, table, headings, widths);
    for (const auto& row : rows) add_row(out, table, row, widths);
    return;
  }
  // Too wide for paper: each row a paragraph.
  for (const auto& row : table.rows) {
    out += wrapped(row.front(), "  * ", "    ");
    for (std::size_t i = 1; i < row.size(); ++i) {
      add_term(out, 4, {table.columns[i].heading, row[i]});
    }
  }
}

void add(std::string& out, const Terms& terms) {
  for (const Term& term : terms) add_term(out, 0, term);
}

void add(std::string& out, const Paragraph& paragraph) {
  out += wrapped(paragraph.warning ? "WARNING: " + paragraph.text : paragraph.text, "", "");
}

void add(std::string& out, const Bullets& bullets) {
  for (const std::string& bullet : bullets) out += wrapped(bullet, "- ", "  ");
}

void add(std::string& out, const Commands& commands) {
  for (const std::string& line : commands.lines) out += "  " + base::one_line(line) + "\n";
}

void add(std::string& out, const Heading& heading) {
  out += wrapped(heading.text, "", "");
}

void add(std::string& out, const Chart& chart) {
  add(out, chart.table);
}

void add(std::string& out, const Listing& listing) {
  bool first = true;
  for (const Listing::Group& group : listing.groups) {
    if (!first) out += "\n";
    first = false;
    add(out, Table{group.caption, listing.columns, group.rows});
  }
}

std::string underlined(const std::string& text, char with) {
  return wrapped(text, "", "") + std::string(std::min(width(text), kWidth), with) + "\n";
}

}  // namespace

std::string page_text(const Page& page) {
  std::string out = underlined(page.title, '=') + "\n";
  if (!page.subtitle.empty()) out += wrapped(page.subtitle, "", "") + "\n";
  add(out, page.lead);
  for (const Section& section : page.sections) {
    out += "\n" + underlined(section.heading, '-');
    bool first = true;
    for (const Block& block : section.blocks) {
      if (!first) out += "\n";
      first = false;
      std::visit([&out](const auto& each) { add(out, each); }, block);
    }
  }
  out += "\n";
  out += wrapped(page.foot, "", "");
  return out;
}

}  // namespace expunge::report
