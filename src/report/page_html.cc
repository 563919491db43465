#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "audit/base64.h"
#include "base/sha256.h"
#include "base/text.h"
#include "report/page.h"
#include "report/page_chart.h"
#include "report/page_markup.h"
#include "report/page_style.h"

namespace expunge::report {

std::string escaped(std::string_view raw) {
  std::string out;
  for (const char c : base::printable(raw)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

namespace {

/// The length of the date or the option that begins there; 0: neither does.
std::size_t unbroken_at(std::string_view text, std::size_t at) {
  static constexpr std::string_view kDate = "0000-00-00";
  const std::string_view rest = text.substr(at);
  const auto fits = [&](std::size_t i) {
    return kDate[i] == '0' ? rest[i] >= '0' && rest[i] <= '9' : rest[i] == kDate[i];
  };
  std::size_t length = 0;
  while (length < kDate.size() && length < rest.size() && fits(length)) ++length;
  if (length == kDate.size()) return length;
  if (rest.substr(0, 2) != "--" || (at > 0 && text[at - 1] != ' ')) return 0;
  length = rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz-");
  return std::min(length, rest.size());
}

/// Escaped, with each date and option within it kept on one line: browsers break after a hyphen.
std::string prose_html(std::string_view raw) {
  const std::string text = escaped(raw);
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = unbroken_at(text, at);
    if (length > 0 && length < text.size()) {
      out += "<span class=\"whole\">" + text.substr(at, length) + "</span>";
      at += length;
    } else {
      out += text[at++];
    }
  }
  return out;
}

std::string value_html(std::string_view value, bool literal) {
  if (value.empty()) return "-";
  // Words in such a place (`not recorded`) are words.
  const bool is_literal = literal && value.find(' ') == std::string_view::npos;
  return is_literal ? "<code>" + escaped(value) + "</code>" : prose_html(value);
}

void add(std::string& out, const Terms& terms) {
  out += "<dl>\n";
  for (const Term& term : terms) {
    out += "<div><dt>" + escaped(term.label) + "</dt><dd>" +
           (term.blank ? "<span class=\"blank\"></span>" : value_html(term.value, term.literal)) +
           "</dd></div>\n";
  }
  out += "</dl>\n";
}

/// `more_class`: none, or with a space before it.
std::string paragraph_html(const Paragraph& paragraph, const char* more_class) {
  const std::string text = prose_html(paragraph.text);
  if (!paragraph.warning) {
    if (*more_class == 0) return "<p>" + text + "</p>\n";
    return std::string("<p class=\"") + (more_class + 1) + "\">" + text + "</p>\n";
  }
  return std::string("<p class=\"warning") + more_class + "\"><strong>Warning:</strong> " + text +
         "</p>\n";
}

void add(std::string& out, const Paragraph& paragraph) {
  out += paragraph_html(paragraph, "");
}

void add(std::string& out, const Bullets& bullets) {
  out += "<ul>\n";
  for (const std::string& bullet : bullets) out += "<li>" + prose_html(bullet) + "</li>\n";
  out += "</ul>\n";
}

void add(std::string& out, const Commands& commands) {
  // One each: where a line is broken is not where a command ends.
  for (const std::string& line : commands.lines) {
    out += "<pre><code>" + escaped(line) + "</code></pre>\n";
  }
}

std::string class_of(const Column& column) {
  if (column.number) return " class=\"number\"";
  return column.date ? " class=\"date\"" : "";
}

// The roles are those that the elements have anyway, until a narrow screen lays them out as blocks:
// then browsers would forget them.
void add_table(std::string& out, const std::string& caption, const std::vector<Column>& columns,
               const Rows& rows) {
  out += "<table role=\"table\">\n<caption>" + escaped(caption) +
         "</caption>\n<thead role=\"rowgroup\">\n<tr role=\"row\">";
  for (const Column& column : columns) {
    out += "<th scope=\"col\" role=\"columnheader\"" + class_of(column) + ">" +
           escaped(column.heading) + "</th>";
  }
  out += "</tr>\n</thead>\n<tbody role=\"rowgroup\">\n";
  // Made once: there may be thousands of rows.
  std::vector<std::string> cells;
  cells.reserve(columns.size());
  for (const Column& column : columns) {
    cells.push_back("<td role=\"cell\"" + class_of(column) + " data-label=\"" +
                    escaped(column.heading) + "\">");
  }
  for (const auto& row : rows) {
    out += "<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">" +
           value_html(row.front(), columns.front().literal) + "</th>";
    for (std::size_t i = 1; i < row.size(); ++i) {
      out += cells[i] + value_html(row[i], columns[i].literal) + "</td>";
    }
    out += "</tr>\n";
  }
  out += "</tbody>\n</table>\n";
}

/// Writes the blocks of one page; what needs an id of its own gets one.
class Body {
 public:
  std::string out;

  void add(const Terms& terms) { report::add(out, terms); }
  void add(const Paragraph& paragraph) { report::add(out, paragraph); }
  void add(const Bullets& bullets) { report::add(out, bullets); }
  void add(const Commands& commands) { report::add(out, commands); }
  void add(const Table& table) { add_table(out, table.caption, table.columns, table.rows); }
  void add(const Heading& heading) { out += "<h3>" + escaped(heading.text) + "</h3>\n"; }

  void add(const Chart& chart) {
    out += "<figure>\n<figcaption>" + escaped(chart.title) + "</figcaption>\n" +
           chart_svg(chart, fmt::format("chart-{}", ++charts_)) +
           "</figure>\n<details>\n<summary>The same figures as a table</summary>\n";
    add(chart.table);
    out += "</details>\n";
  }

  void add(const Listing& listing) {
    const std::string name = escaped(listing.name);
    out += fmt::format("<div class=\"listing\" data-name=\"{}\">\n", name);
    add_search(escaped(listing.id), name);
    out += "<div class=\"groups\">\n";
    constexpr std::size_t kShortEnough = 20;
    const bool folded =
        listing.groups.size() > 1 || listing.groups.front().rows.size() > kShortEnough;
    for (const Listing::Group& group : listing.groups) {
      if (folded) out += "<details>\n<summary>" + escaped(group.caption) + "</summary>\n";
      add_table(out, group.caption, listing.columns, group.rows);
      if (folded) out += "</details>\n";
    }
    out += "</div>\n</div>\n";
  }

 private:
  /// Hidden until the script has found that it runs.
  void add_search(const std::string& id, const std::string& name) {
    out += fmt::format(
        "<div class=\"find\" hidden=\"hidden\">\n"
        "<form role=\"search\" aria-label=\"Search: {1}\">\n"
        "<label for=\"{0}-find\">Search the list: {1}</label>\n"
        "<input type=\"search\" id=\"{0}-find\" autocomplete=\"off\" spellcheck=\"false\"/>\n"
        "<button type=\"button\" class=\"clear\">Clear</button>\n</form>\n"
        "<p role=\"status\" aria-live=\"polite\"></p>\n"
        "<nav aria-label=\"Pages: {1}\">\n"
        "<button type=\"button\" value=\"-1\">Previous page</button>\n"
        "<span class=\"where\"></span>\n"
        "<button type=\"button\" value=\"1\">Next page</button>\n</nav>\n</div>\n",
        id, name);
  }

  int charts_ = 0;
};

bool has_listing(const Page& page) {
  for (const Section& section : page.sections) {
    for (const Block& block : section.blocks) {
      if (std::holds_alternative<Listing>(block)) return true;
    }
  }
  return false;
}

std::string source_hash(std::string_view text) {
  return "'sha256-" + audit::to_base64(base::sha256(text)) + "'";
}

/// Nothing is loaded, and only what we wrote runs or paints, whatever the page holds.
std::string head_html(const Page& page, bool with_script) {
  const std::string name =
      escaped(page.about.empty() ? page.title : page.title + ": " + page.about);
  std::string rules = "default-src 'none'; style-src " + source_hash(page_style()) +
                      "; base-uri 'none'; form-action 'none'";
  if (with_script) {
    rules += "; script-src " + source_hash(page_script()) + "; require-trusted-types-for 'script'";
  }
  return "<!DOCTYPE html>\n"
         "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en-GB\" xml:lang=\"en-GB\">\n<head>\n"
         "<meta charset=\"utf-8\"/>\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"" +
         rules +
         "\"/>\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
         "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
         "<title>" +
         name + "</title>\n<style>" + std::string(page_style()) + "</style>\n</head>\n";
}

std::string contents_html(const Page& page) {
  std::string out = "<nav class=\"contents\" aria-label=\"On this page\">\n<ul>\n";
  for (std::size_t i = 0; i < page.sections.size(); ++i) {
    out += fmt::format("<li><a href=\"#part-{}\">{}</a></li>\n", i + 1,
                       escaped(page.sections[i].heading));
  }
  return out + "</ul>\n</nav>\n";
}

}  // namespace

std::string page_html(const Page& page) {
  const bool with_script = has_listing(page);
  Body body;
  std::string& out = body.out;
  out = head_html(page, with_script) + "<body>\n";
  if (page.contents) out += "<a class=\"skip\" href=\"#content\">Skip to the content</a>\n";
  out += "<header>\n<h1>" + escaped(page.title) + "</h1>\n";
  if (!page.subtitle.empty()) {
    out += "<p class=\"subtitle\">" + escaped(page.subtitle) + "</p>\n";
  }
  out += "</header>\n";
  if (!page.contents) out += "<main>\n";
  if (page.contents) out += "<main id=\"content\" tabindex=\"-1\">\n";
  out += paragraph_html(page.lead, page.contents ? " lead statement" : " lead");
  if (page.contents) out += contents_html(page);
  int part = 0;
  for (const Section& section : page.sections) {
    ++part;
    out += page.contents
               ? fmt::format("<section aria-labelledby=\"part-{0}\">\n<h2 id=\"part-{0}\">", part)
               : "<section>\n<h2>";
    out += escaped(section.heading) + "</h2>\n";
    for (const Block& block : section.blocks) {
      std::visit([&body](const auto& each) { body.add(each); }, block);
    }
    out += "</section>\n";
  }
  out += "</main>\n<footer>\n<p>" + escaped(page.foot) + "</p>\n</footer>\n";
  if (with_script) out += "<script>" + std::string(page_script()) + "</script>\n";
  return out + "</body>\n</html>\n";
}

}  // namespace expunge::report
