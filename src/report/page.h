#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// What a person reads and prints, apart from how it is written: as text, or as HTML. Its strings
// are raw; whoever writes a page makes them safe.
namespace expunge::report {

/// A name and a value. `literal`: for comparing by eye or by copying, as digests and commands.
/// `blank`: room to write the value by hand.
struct Term {
  std::string label, value;
  bool literal = false;
  bool blank = false;
};
using Terms = std::vector<Term>;

struct Paragraph {
  std::string text;
  bool warning = false;  ///< said in words too: a reader may see no colour
};

using Bullets = std::vector<std::string>;

/// Commands, to be typed as they stand.
struct Commands {
  std::vector<std::string> lines;
};

struct Column {
  std::string heading;
  bool number = false;
  bool literal = false;
  bool date = false;  ///< as `2026-11-24`, which is never broken
};

using Rows = std::vector<std::vector<std::string>>;

/// The first column names the row.
struct Table {
  std::string caption;
  std::vector<Column> columns;
  Rows rows;
};

/// Within a section.
struct Heading {
  std::string text;
};

/// One bar for each figure, and a table of the same figures, so that nobody depends on the picture.
struct Chart {
  struct Bar {
    std::string label;  ///< short: `Nov 2026`
    std::uint64_t value = 0;
  };
  std::string title;
  std::string description;  ///< what the picture shows, for those who do not see it
  std::vector<Bar> bars;
  Table table;
};

/// Rows in groups, each of which can be folded away. A browser that runs scripts shows them by
/// pages and searches them; any other, and paper, has the groups.
struct Listing {
  struct Group {
    std::string caption;
    Rows rows;
  };
  std::string id;    ///< its own within the page: letters and `-`
  std::string name;  ///< what its rows are: `due recordings`
  std::vector<Column> columns;
  std::vector<Group> groups;
};

using Block = std::variant<Terms, Paragraph, Bullets, Commands, Table, Heading, Chart, Listing>;

struct Section {
  std::string heading;
  std::vector<Block> blocks;
};

struct Page {
  std::string title;
  std::string about;  ///< what it is about, in the name of the window
  Paragraph lead;     ///< the first sentences
  std::vector<Section> sections;
  std::string foot;  ///< how the page came to be
  std::string subtitle{};
  bool contents = false;  ///< it is long: links to its sections stand at its head
};

/// Plain text, no line longer than 78 columns where it can be broken.
[[nodiscard]] std::string page_text(const Page& page);

/// One HTML file that needs no other, well-formed as XML too; for screens of any width, in light
/// and dark, and for paper. Nothing is loaded, whatever the page holds, and nothing runs but one
/// script of ours, where there is a Listing.
[[nodiscard]] std::string page_html(const Page& page);

}  // namespace expunge::report
