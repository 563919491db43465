// What is read on each page of a PDF that Chromium printed, in the order in which it was painted.
'use strict';

const zlib = require('node:zlib');

class Paper {
  constructor(pdf) {
    const text = pdf.toString('latin1');
    this.objects = new Map();
    for (const [, number, body] of text.matchAll(/(\d+) 0 obj\n?([\s\S]*?)endobj/g)) {
      this.objects.set(number, body);
    }
    this.pages = [];
    const root = this.objects.get(/\/Root (\d+) 0 R/.exec(text)[1]);
    this.walk(/\/Pages (\d+) 0 R/.exec(root)[1]);
  }

  stream(number) {
    const body = this.objects.get(number);
    const at = body.indexOf('stream');
    const raw = Buffer.from(body.slice(body.indexOf('\n', at) + 1, body.lastIndexOf('endstream')),
      'latin1');
    if (!body.slice(0, at).includes('FlateDecode')) return raw.toString('latin1');
    return zlib.inflateSync(raw, { finishFlush: zlib.constants.Z_SYNC_FLUSH }).toString('latin1');
  }

  // Which letters a font's glyphs are, by their numbers.
  letters(number) {
    const letters = new Map();
    const found = /\/ToUnicode (\d+) 0 R/.exec(this.objects.get(number));
    if (found === null) return letters;
    const map = this.stream(found[1]);
    const hex = '<([0-9A-Fa-f]+)>';
    for (const block of map.match(/beginbfchar[\s\S]*?endbfchar/g) || []) {
      for (const [, glyph, to] of block.matchAll(new RegExp(`${hex} ${hex}`, 'g'))) {
        letters.set(parseInt(glyph, 16), Buffer.from(to, 'hex').swap16().toString('utf16le'));
      }
    }
    for (const block of map.match(/beginbfrange[\s\S]*?endbfrange/g) || []) {
      for (const [, from, to, first] of block.matchAll(new RegExp(`${hex} ${hex} ${hex}`, 'g'))) {
        for (let glyph = parseInt(from, 16); glyph <= parseInt(to, 16); glyph += 1) {
          letters.set(glyph,
            String.fromCharCode(parseInt(first, 16) + glyph - parseInt(from, 16)));
        }
      }
    }
    return letters;
  }

  walk(number) {
    const body = this.objects.get(number);
    const kids = /\/Kids \[([^\]]*)\]/.exec(body);
    if (kids !== null) {
      for (const [, kid] of kids[1].matchAll(/(\d+) 0 R/g)) this.walk(kid);
      return;
    }
    const fonts = new Map();
    const listed = /\/Font <<([\s\S]*?)>>/.exec(body) || ['', ''];
    for (const [, name, font] of listed[1].matchAll(/\/(\w+) (\d+) 0 R/g)) {
      fonts.set(name, this.letters(font));
    }
    const painted = this.stream(/\/Contents (\d+) 0 R/.exec(body)[1]);
    let font = new Map();
    let text = '';
    for (const [, name, glyphs] of painted.matchAll(/\/(\w+) [\d.]+ Tf|<([0-9A-Fa-f]+)>|BT/g)) {
      if (name !== undefined) {
        font = fonts.get(name) || new Map();
      } else if (glyphs === undefined) {
        text += ' ';
      } else {
        for (const [glyph] of glyphs.matchAll(/.{4}/g)) text += font.get(parseInt(glyph, 16)) || '?';
      }
    }
    this.pages.push(text.normalize('NFKC'));
  }
}

module.exports = { Paper };
