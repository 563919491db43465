#include "report/page_chart.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "report/page_markup.h"

namespace expunge::report {
namespace {

// Bars lie, and all lengths are shares of the width or heights of the letters: so it reads the same
// on a telephone, at any zoom, and on paper.
constexpr double kBarsAt = 27;       // percent of the width: before it the labels
constexpr double kBarsEnd = 75;      // behind it the figure of the longest
constexpr double kLineHeight = 1.9;  // em
constexpr double kBarHeight = 1.3;

std::string bar_svg(const Chart::Bar& bar, std::uint64_t most, std::size_t line) {
  const double top = kLineHeight * static_cast<double>(line) + .3;
  const double share = most == 0 ? 0 : static_cast<double>(bar.value) / static_cast<double>(most);
  // What is there can be seen, however small beside the others.
  const double width = bar.value == 0 ? 0 : std::max(share * (kBarsEnd - kBarsAt), .4);
  std::string out =
      fmt::format("<text x=\"0\" y=\"{:.2f}em\">{}</text>", top + 1, escaped(bar.label));
  if (bar.value > 0) {
    out += fmt::format("<rect x=\"{}%\" y=\"{:.2f}em\" width=\"{:.3f}%\" height=\"{}em\"/>",
                       kBarsAt, top, width, kBarHeight);
  }
  return out + fmt::format("<text x=\"{:.3f}%\" y=\"{:.2f}em\">{}</text>\n", kBarsAt + width + 1,
                           top + 1, base::grouped(bar.value));
}

}  // namespace

std::string chart_svg(const Chart& chart, const std::string& id) {
  std::uint64_t most = 0;
  for (const Chart::Bar& bar : chart.bars) most = std::max(most, bar.value);
  const double height = kLineHeight * static_cast<double>(chart.bars.size()) + .2;
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" role=\"img\" "
      "aria-labelledby=\"{0}-title {0}-text\" width=\"100%\" height=\"{1:.2f}em\">\n"
      "<title id=\"{0}-title\">{2}</title>\n<desc id=\"{0}-text\">{3}</desc>\n",
      id, height, escaped(chart.title), escaped(chart.description));
  for (std::size_t i = 0; i < chart.bars.size(); ++i) out += bar_svg(chart.bars[i], most, i);
  return out +
         fmt::format("<line x1=\"{0}%\" x2=\"{0}%\" y1=\"0\" y2=\"100%\"/>\n</svg>\n", kBarsAt);
}

}  // namespace expunge::report
