#include "report/page_style.h"

namespace expunge::report {
namespace {

// Colours: every text has a contrast of 7 to 1 or more on its ground, every line and bar that means
// something of 3 to 1, in light and dark. Nothing moves.
constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --text: #1a1a1a; --soft: #484848; --ground: #fff;
  --line: #767676; --box: #f2f2f2; --warn: #7a0c0c; --link: #0b4480; --bar: #2c6496; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 52rem; padding: 1.5rem 1rem; color: var(--text);
  background: var(--ground); font: 1rem/1.5 "Liberation Sans", Arial, Helvetica, sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; line-height: 1.3; margin: 2rem 0 .5rem; padding-bottom: .2rem;
  border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; line-height: 1.4; margin: 1.5rem 0 .25rem; overflow-wrap: anywhere; }
p, ul { margin: .5rem 0; max-width: 44rem; overflow-wrap: anywhere; }
ul { padding-left: 1.25rem; }
li { margin: .25rem 0; }
h1 + .subtitle { margin-top: -.75rem; color: var(--soft); }
.lead { font-size: 1.1rem; }
.statement { padding: .6rem .8rem; border: 2px solid var(--link); border-left-width: .6rem;
  font-weight: bold; }
.warning { border: 2px solid var(--warn); border-left-width: .6rem; padding: .6rem .8rem; }
.warning strong { color: var(--warn); }
dl { margin: .5rem 0; }
dl div { display: grid; grid-template-columns: 13rem 1fr; gap: 0 1rem; padding: .2rem 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
code, pre { font-family: "Liberation Mono", "DejaVu Sans Mono", Consolas, monospace;
  font-size: .9em; }
code { overflow-wrap: anywhere; }
pre { margin: .5rem 0; padding: .6rem .8rem; background: var(--box);
  border: 1px solid var(--line); white-space: pre-wrap; overflow-wrap: anywhere; }
table { width: 100%; margin: .75rem 0; border-collapse: collapse; }
caption { text-align: left; font-weight: bold; padding: .25rem 0; overflow-wrap: anywhere; }
th, td { text-align: left; vertical-align: top; padding: .3rem .9rem .3rem 0;
  border-top: 1px solid var(--line); overflow-wrap: break-word; }
tbody th, .listing td { overflow-wrap: anywhere; }
tbody th { min-width: 7em; }
.listing tbody th { font-weight: normal; }
.listing td:not(.number):not(.date) { min-width: 7.5rem; }
.listing tbody th { min-width: 10rem; }
thead th { color: var(--soft); font-weight: normal; }
th:last-child, td:last-child { padding-right: 0; }
.date, .whole { white-space: nowrap; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.blank { display: inline-block; width: 100%; max-width: 24rem; height: 1.4rem;
  border-bottom: 1px solid var(--line); }
footer { margin-top: 2rem; padding-top: .5rem; border-top: 1px solid var(--line);
  color: var(--soft); }
a { color: var(--link); }
a:focus-visible, button:focus-visible, input:focus-visible, summary:focus-visible,
main:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: 1rem; top: -10rem; padding: .5rem 1rem;
  background: var(--ground); border: 2px solid var(--link); }
.skip:focus { top: .25rem; }
nav.contents { margin: 1rem 0; padding: .4rem .8rem; background: var(--box);
  border: 1px solid var(--line); }
nav.contents ul { list-style: none; margin: 0; padding: 0; columns: 2; max-width: none; }
nav.contents li { margin: 0; break-inside: avoid; }
nav.contents a { display: inline-block; padding: .2rem 0; }
summary { padding: .35rem 0; cursor: pointer; overflow-wrap: anywhere; }
figure { margin: .75rem 0; }
figcaption { font-weight: bold; }
.chart { display: block; width: 100%; margin: .25rem 0; overflow: hidden; font-size: .9rem; }
.chart text { fill: var(--text); font-variant-numeric: tabular-nums; }
.chart rect { fill: var(--bar); }
.chart line { stroke: var(--line); stroke-width: 1px; }
.find { margin: .75rem 0; }
.find form { display: flex; flex-wrap: wrap; gap: .25rem .5rem; align-items: center; }
.find label { flex: 1 0 100%; }
.find input { flex: 1 1 12rem; min-width: 0; max-width: 26rem; font: inherit; color: inherit;
  background: var(--ground); border: 2px solid var(--soft); padding: .35rem .5rem; }
.find button { font: inherit; color: inherit; background: var(--box);
  border: 2px solid var(--soft); padding: .35rem .9rem; cursor: pointer; }
.find button[aria-disabled="true"] { border-style: dotted; cursor: default;
  background: var(--ground); color: var(--soft); }
.find nav { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: .5rem 0; }
.find[hidden], .find [hidden] { display: none; }
@media screen {
  .paged .groups { display: none; }
}
@media screen and (max-width: 44rem) {
  dl div { display: block; padding: .35rem 0; }
  dd { padding-left: 1rem; }
  nav.contents ul { columns: 1; }
  table, caption, tbody, tr, tbody th, td { display: block; width: 100%; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden;
    clip-path: inset(50%); }
  tbody tr { border-top: 1px solid var(--line); padding: .4rem 0; }
  tbody th, td { border: 0; padding: .1rem 0; text-align: left; white-space: normal; }
  tbody th, .listing tbody th { font-weight: bold; }
  td, td.number { padding-left: 1rem; overflow-wrap: anywhere; text-align: left; }
  td::before { content: attr(data-label) ": "; color: var(--soft); font-weight: normal; }
}
@media screen and (prefers-color-scheme: dark) {
  :root { --text: #ececec; --soft: #c4c4c4; --ground: #161616; --line: #8c8c8c; --box: #242424;
    --warn: #ffb3ab; --link: #a8d0ff; --bar: #79aeda; }
}
@media (forced-colors: active) {
  .chart text { fill: CanvasText; }
  .chart rect { fill: CanvasText; forced-color-adjust: none; }
}
@page { size: A4; margin: 18mm 16mm;
  @bottom-right { content: "Page " counter(page) " of " counter(pages); font-size: 8pt; } }
@media print {
  :root { color-scheme: light; --text: #000; --soft: #333; --box: #fff; }
  body { max-width: none; padding: 0; font-size: 9.5pt; line-height: 1.35; }
  h1 { font-size: 17pt; }
  .lead { font-size: 11pt; }
  .blank { height: 6mm; }
  th, td { padding: .2rem .5rem .2rem 0; }
  td code { font-size: .8em; }
  h2 { font-size: 11.5pt; margin-top: 1.1rem; break-after: avoid; }
  h3, summary, figcaption { font-size: 9.5pt; break-after: avoid; }
  .chart { font-size: 9pt; }
  dl div { grid-template-columns: 10.5rem 1fr; padding: .1rem 0; }
  tr, dl div, dl:has(.blank), li, pre, .warning, .chart { break-inside: avoid; }
  table { break-inside: avoid; }
  .listing details > table { break-inside: auto; }
  thead { display: table-header-group; break-inside: avoid; break-after: avoid; }
  caption, tbody tr:first-child:not(:last-child) { break-after: avoid; }
  tbody tr:first-child { break-before: avoid; }
  p, ul { max-width: none; orphans: 3; widows: 3; }
  .skip, .find, nav.contents { display: none; }
  details::details-content { display: block; content-visibility: visible; }
  summary { list-style: none; }
  summary::-webkit-details-marker { display: none; }
}
)css";

// Without `<` and `&`: an XML parser must read the same as an HTML one. It writes text alone, never
// markup.
constexpr std::string_view kScript = R"js(
'use strict';
(function () {
  const kRows = 50;
  const kWorthPaging = 20;
  const grouped = function (number) { return number.toLocaleString('en-GB'); };

  const lists = Array.from(document.querySelectorAll('.listing'), function (element) {
    return {
      element: element,
      name: element.dataset.name,
      rows: Array.from(element.querySelectorAll('.groups tbody tr')),
      texts: null
    };
  });

  function matching(list, words) {
    if (words.length === 0) return list.rows;
    list.texts = list.texts || list.rows.map(function (row) {
      return Array.from(row.cells, function (cell) { return cell.textContent; })
        .join(' ').toLowerCase();
    });
    return list.rows.filter(function (row, at) {
      return words.every(function (word) { return list.texts[at].includes(word); });
    });
  }

  function elsewhere(list, words) {
    const found = [];
    lists.forEach(function (other) {
      if (other === list) return;
      const count = matching(other, words).length;
      if (count > 0) found.push(other.name + ' ' + grouped(count));
    });
    return found.length === 0 ? '' : ' Matches elsewhere on this page: ' + found.join('; ') + '.';
  }

  function setUp(list) {
    const part = function (name) { return list.element.querySelector(name); };
    const find = part('.find');
    const input = part('.find input');
    const status = part('.find [role=status]');
    const nav = part('.find nav');
    const table = part('.groups table').cloneNode(true);
    const body = table.tBodies[0];
    let found = list.rows;
    let words = [];
    let page = 0;

    function show() {
      const pages = Math.max(1, Math.ceil(found.length / kRows));
      page = Math.min(Math.max(page, 0), pages - 1);
      const first = page * kRows;
      const shown = found.slice(first, first + kRows);
      body.replaceChildren();
      shown.forEach(function (row) { body.appendChild(row.cloneNode(true)); });
      const all = grouped(list.rows.length);
      const range = shown.length === 0 ? '' : 'Showing ' + grouped(first + 1) + ' to ' +
        grouped(first + shown.length) + ' of ' + grouped(found.length) + '.';
      let text = range;
      if (words.length > 0) {
        text = grouped(found.length) + ' of ' + all + ' match \u201c' + input.value.trim() +
          '\u201d. ' + range + elsewhere(list, words);
      }
      status.textContent = text;
      const name = list.name.charAt(0).toUpperCase() + list.name.slice(1);
      table.caption.textContent = pages === 1 ? name :
        name + ', page ' + grouped(page + 1) + ' of ' + grouped(pages);
      table.hidden = shown.length === 0;
      nav.hidden = pages === 1;
      part('.find .where').textContent =
        'Page ' + grouped(page + 1) + ' of ' + grouped(pages);
      nav.querySelectorAll('button').forEach(function (button) {
        const back = button.value.startsWith('-');
        button.setAttribute('aria-disabled', String(back ? page === 0 : page === pages - 1));
      });
    }

    function search() {
      words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      found = matching(list, words);
      page = 0;
      show();
    }

    let timer = 0;
    input.addEventListener('input', function () {
      clearTimeout(timer);
      timer = setTimeout(search, 250);
    });
    part('.find form').addEventListener('submit', function (event) {
      event.preventDefault();
      clearTimeout(timer);
      search();
    });
    part('.find .clear').addEventListener('click', function () {
      clearTimeout(timer);
      input.value = '';
      search();
      input.focus();
    });
    nav.addEventListener('click', function (event) {
      const button = event.target.closest('button');
      if (button === null) return;
      if (button.getAttribute('aria-disabled') === 'true') return;
      page += Number(button.value);
      show();
    });
    find.insertBefore(table, nav);
    list.element.classList.add('paged');
    find.hidden = false;
    show();
  }

  lists.forEach(function (list) { if (list.rows.length > kWorthPaging) setUp(list); });

  // On paper nothing is folded; browsers that can do so by the style sheet need no help.
  let opened = [];
  addEventListener('beforeprint', function () {
    opened = Array.from(document.querySelectorAll('details:not([open])'));
    opened.forEach(function (each) { each.open = true; });
  });
  addEventListener('afterprint', function () {
    opened.forEach(function (each) { each.open = false; });
  });
}());
)js";

}  // namespace

std::string_view page_style() {
  return kStyle;
}

std::string_view page_script() {
  return kScript;
}

}  // namespace expunge::report
