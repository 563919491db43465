// Checks pages in a headless Chromium: node check.js CHROMIUM AXE.JS PAGE.html...
// Prints a line for each page and way of looking at it, and each fault; exit 1 if there is any.
// A page is also used as a person would who has no mouse, and one whose browser runs no scripts.
'use strict';

const fs = require('node:fs');
const { Browser, Tab } = require('./browser.js');
const { Paper } = require('./paper.js');

const [chromium, axeFile, ...pages] = process.argv.slice(2);
const axe = fs.readFileSync(axeFile, 'utf8');
const views = {
  light: {},
  dark: { dark: true },
  print: { print: true, width: 794 },
  '720 px': { width: 720 },
  '320 px': { width: 320 },
  '320 px dark': { width: 320, dark: true },
  'no scripts': { scripts: false },
};
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

const browser = new Browser(chromium);
let faults = 0;
function fault(page, view, text) {
  faults += 1;
  console.log(`fault: ${page} (${view}): ${text}`);
}
function expect(page, view, holds, text) {
  if (!holds) fault(page, view, text);
}
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function axeFindings(tab) {
  await tab.value(axe + '\n;0');
  const options = JSON.stringify({ runOnly: tags, resultTypes: ['violations', 'incomplete'] });
  return tab.value(`axe.run(document, ${options}).then((found) => ({
    violations: found.violations.map((one) => one.id + ': ' + one.help + ' at ' +
      one.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(', ')),
    incomplete: found.incomplete.map((one) => one.id + ' at ' +
      one.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(', ')),
    passes: found.passes.length
  }))`);
}

// axe does not judge the colours of pictures.
const pictureContrasts = `(() => {
  const light = (colour) => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255)
      .map((part) => part > 0.04045 ? ((part + 0.055) / 1.055) ** 2.4 : part / 12.92);
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const ground = light(getComputedStyle(document.body).backgroundColor);
  const found = [];
  for (const [what, property, least] of [['text', 'fill', 4.5], ['rect', 'fill', 3],
    ['line', 'stroke', 3]]) {
    const one = document.querySelector('svg ' + what);
    if (one === null) continue;
    const own = light(getComputedStyle(one)[property]);
    const contrast = (Math.max(own, ground) + 0.05) / (Math.min(own, ground) + 0.05);
    if (!(contrast > least)) found.push('the contrast of a ' + what + ' is ' + contrast);
  }
  return found;
})()`;

// Words of tables that are not for copying, and that are broken although they are short.
const brokenWords = `(() => {
  const found = [];
  for (const cell of Array.from(document.querySelectorAll('th, td')).slice(0, 5000)) {
    const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.parentElement.closest('code') !== null) continue;
      for (const word of node.data.matchAll(/(?<![\\p{L}\\p{N}\\\\])[\\p{L}\\p{N}]{2,12}(?![\\p{L}\\p{N}])/gu)) {
        const range = document.createRange();
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        const tops = new Set(Array.from(range.getClientRects(), (one) => Math.round(one.top)));
        if (tops.size > 1) found.push('a table breaks the word ' + word[0]);
      }
    }
  }
  return found.slice(0, 5);
})()`;

async function look(page, view, how) {
  const tab = await Tab.open(browser, page, how);
  // axe itself runs in a world where scripts may: the page's own have had their chance.
  if (how.scripts === false) {
    await tab.send('Emulation.setScriptExecutionDisabled', { value: false });
  }
  const found = await axeFindings(tab);
  expect(page, view, found.passes > 10, `axe checked ${found.passes} rules only`);
  found.violations.forEach((text) => fault(page, view, text));
  const width = await tab.value('document.documentElement.scrollWidth');
  const room = how.width || 1280;
  expect(page, view, width <= room, `it is ${width} px wide in ${room}`);
  tab.complaints.forEach((text) => fault(page, view, text));
  console.log(`checked: ${page} (${view}) in ${tab.milliseconds} ms, ` +
    `undecided: ${found.incomplete.join('; ') || 'nothing'}`);
  (await tab.value(pictureContrasts)).forEach((text) => fault(page, view, text));
  (await tab.value(brokenWords)).forEach((text) => fault(page, view, text));
  await tab.close();
}

// What has the focus, in words.
const focused = `(() => {
  const it = document.activeElement;
  const seen = getComputedStyle(it);
  return { tag: it.tagName, text: it.textContent.trim(), id: it.id,
    outlined: seen.outlineStyle !== 'none' && parseFloat(seen.outlineWidth) > 0 };
})()`;

async function tabTo(tab, wanted, page, limit = 60) {
  for (let i = 0; i < limit; i += 1) {
    await tab.key('Tab');
    const now = await tab.value(focused);
    expect(page, 'keyboard', now.tag === 'BODY' || now.outlined,
      `the focus on ${now.tag} '${now.text.slice(0, 30)}' cannot be seen`);
    if (wanted(now)) return true;
  }
  return false;
}

async function useKeyboard(page) {
  const tab = await Tab.open(browser, page);
  const say = (holds, text) => expect(page, 'keyboard', holds, text);
  const list = (what) => tab.value(`document.querySelector('.listing.paged ${what}').textContent`);
  if (!(await tab.value("document.querySelector('.listing.paged') !== null"))) {
    await tab.close();
    return;
  }
  await tab.key('Tab');
  say((await tab.value(focused)).text.startsWith('Skip to'), 'the first stop is no skip link');
  await tab.key('Enter');
  say((await tab.value(focused)).id === 'content', 'the skip link does not lead to the content');

  say(await tabTo(tab, (now) => now.tag === 'INPUT', page), 'Tab does not reach the search');
  const all = await list('[role=status]');
  say(/^Showing 1 to \d+ of [\d,]+\.$/.test(all), `at first the status says '${all}'`);
  const id = await list('.find tbody th');
  await tab.type(id);
  await pause(600);
  const one = await list('[role=status]');
  say(one.startsWith(`1 of `) && one.includes('match'), `after a search it says '${one}'`);
  say((await list('.find tbody th')) === id, 'the search shows another recording');
  await tab.key('Tab');
  say((await tab.value(focused)).text === 'Clear', 'Clear does not follow the search');
  await tab.key('Enter');
  say((await list('[role=status]')) === all, 'Clear does not show everything again');

  if (await tab.value("!document.querySelector('.listing.paged .find nav').hidden")) {
    say(await tabTo(tab, (now) => now.text === 'Next page', page), 'Tab does not reach Next page');
    await tab.key('Enter');
    const second = await list('[role=status]');
    say(second.startsWith('Showing 51 to '), `the second page says '${second}'`);
    say((await list('.find tbody th')) !== id, 'the second page shows the first');
    say((await tab.value(focused)).text === 'Next page', 'paging loses the focus');
    await tab.key('Tab', 8);
    await tab.key(' ');
    say((await list('[role=status]')) === all, 'Previous page does not lead back');
  }
  await tab.type('');
  tab.complaints.forEach((text) => fault(page, 'keyboard', text));
  console.log(`checked: ${page} (keyboard)`);
  await tab.close();
}

// Whatever script runs or not: each row stands in the page, and can be unfolded and is printed.
async function reachEverything(page) {
  const count = "document.querySelectorAll('.groups tbody tr').length";
  const seen = `Array.from(document.querySelectorAll('.groups tbody tr')).filter(
    (row) => row.checkVisibility({ contentVisibilityAuto: true }) && row.offsetHeight > 0).length`;
  const bare = await Tab.open(browser, page, { scripts: false });
  expect(page, 'no scripts', await bare.value("document.querySelector('.paged') === null"),
    'scripts ran');
  const rows = await bare.value(count);
  await bare.value("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
  let unfolded = 0;
  // What was unfolded is laid out with the next picture.
  for (let i = 0; rows > unfolded && 50 > i; i += 1) {
    await pause(100);
    unfolded = await bare.value(seen);
  }
  expect(page, 'no scripts', unfolded === rows, `${unfolded} of ${rows} rows can be unfolded`);
  expect(page, 'no scripts',
    await bare.value("Array.from(document.querySelectorAll('.find')).every((one) => one.hidden)"),
    'a search is offered that cannot work');
  await bare.close();
  for (const scripts of [true, false]) {
    const paper = await Tab.open(browser, page, { print: true, width: 794, scripts });
    const printed = await paper.value(seen);
    expect(page, 'print', printed === rows, `${printed} of ${rows} rows are printed`);
    expect(page, 'print', await paper.value("Array.from(document.querySelectorAll('.find')).every(" +
      '(one) => one.offsetHeight === 0)'), 'the search is printed');
    await paper.close();
  }
  console.log(`checked: ${page} (everything reached: ${rows} rows)`);
}

// Wherever on a sheet a table comes to stand, its caption and head are not left alone there.
async function print(page) {
  const tab = await Tab.open(browser, page, { print: true, width: 794 });
  const solid = (text) => text.normalize('NFKC').replace(/\s+/g, '');
  const tables = await tab.value(`Array.from(document.querySelectorAll('table'), (table) => ({
    caption: table.caption.textContent, head: table.tHead.textContent,
    row: table.tBodies[0].rows.length === 0 ? '' : table.tBodies[0].rows[0].cells[0].textContent,
    rows: table.tBodies[0].rows.length }))`);
  const first = new Map();  // rows of tables with that caption and head, which several may have
  for (const { caption, head, row } of tables) {
    first.set(solid(caption + head), [...(first.get(solid(caption + head)) || []), solid(row)]);
  }
  const kSheet = 1000;
  const kMostRows = 100;  // a longer page takes too long to be printed again and again
  let sheets = 0;
  if (kMostRows > tables.reduce((rows, table) => rows + table.rows, 0)) {
    for (let lower = 0; kSheet > lower; lower += 40) {
      await tab.value(`document.querySelector('main').style.paddingTop = '${lower}px'; 0`);
      const { data } =
        await tab.send('Page.printToPDF', { printBackground: true, preferCSSPageSize: true });
      for (const text of new Paper(Buffer.from(data, 'base64')).pages.map(solid)) {
        sheets += 1;
        for (const { caption, head, row, rows } of tables) {
          const begin = text.lastIndexOf(solid(caption + head));
          const rest = text.slice(begin + solid(caption + head).length);
          if (rows === 0 || 0 > begin) {
            const alone = text.endsWith(solid(caption)) && solid(caption) !== '';
            expect(page, 'print', !alone, `a caption stands alone: ${caption}`);
            continue;
          }
          expect(page, 'print', first.get(solid(caption + head)).some((row) => rest.includes(row)),
            `a table's head stands alone: ${caption}`);
        }
      }
    }
  }
  console.log(`checked: ${page} (print, ${sheets} sheets with ${tables.length} tables)`);
  await tab.close();
}

async function main() {
  try {
    for (const page of pages) {
      for (const [view, how] of Object.entries(views)) await look(page, view, how);
      await useKeyboard(page);
      await reachEverything(page);
      await print(page);
    }
  } finally {
    await browser.close();
  }
  console.log(`faults: ${faults}`);
  process.exitCode = faults === 0 ? 0 : 1;
}

// Whatever hangs: a test must end.
const tooLong = setTimeout(() => {
  console.log('fault: it took too long');
  browser.process.kill('SIGKILL');
  process.exit(1);
}, 400000);
tooLong.unref();

main().catch((error) => {
  console.log(`fault: ${error.stack}`);
  process.exit(1);
});
