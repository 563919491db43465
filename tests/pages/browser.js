// Drives a headless Chromium by its DevTools protocol over two pipes: no port, no package.
'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

class Browser {
  constructor(binary) {
    this.profile = fs.mkdtempSync(path.join(os.tmpdir(), 'expunge-chromium-'));
    const switches = ['--headless', '--disable-gpu', '--hide-scrollbars', '--no-first-run',
      '--disable-extensions', '--disable-dev-shm-usage', '--remote-debugging-pipe',
      `--user-data-dir=${this.profile}`];
    if (process.getuid() === 0) switches.push('--no-sandbox');
    this.process = spawn(binary, switches, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    this.ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.waiting = new Map();
    this.listeners = [];
    this.number = 0;
    let rest = Buffer.alloc(0);
    this.process.stdio[4].on('data', (data) => {
      rest = Buffer.concat([rest, data]);
      for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
        this.take(JSON.parse(rest.subarray(0, end).toString('utf8')));
        rest = rest.subarray(end + 1);
      }
    });
  }

  take(message) {
    if (message.id === undefined) {
      this.listeners.forEach((listener) => listener(message));
      return;
    }
    const { resolve, reject } = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.error) reject(new Error(message.error.message));
    else resolve(message.result);
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.number;
    this.process.stdio[3].write(JSON.stringify({ id, method, params, sessionId }) + '\0');
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  event(method, sessionId) {
    return new Promise((resolve) => {
      const listener = (message) => {
        if (message.method !== method || message.sessionId !== sessionId) return;
        this.listeners.splice(this.listeners.indexOf(listener), 1);
        resolve(message.params);
      };
      this.listeners.push(listener);
    });
  }

  async close() {
    this.send('Browser.close').catch(() => {});
    await this.ended;
    fs.rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

// A tab that shows one file. `how`: width, dark, print, scripts (true unless it says false).
class Tab {
  static async open(browser, file, how = {}) {
    const { targetId } = await browser.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } =
      await browser.send('Target.attachToTarget', { targetId, flatten: true });
    const tab = new Tab();
    Object.assign(tab, { browser, targetId, sessionId, complaints: [] });
    browser.listeners.push((message) => tab.note(message));
    await tab.send('Page.enable');
    await tab.send('Runtime.enable');
    await tab.send('Log.enable');
    await tab.send('Network.enable');
    await tab.send('Emulation.setDeviceMetricsOverride',
      { width: how.width || 1280, height: 900, deviceScaleFactor: 1, mobile: false });
    await tab.send('Emulation.setEmulatedMedia', {
      media: how.print ? 'print' : 'screen',
      features: [{ name: 'prefers-color-scheme', value: how.dark ? 'dark' : 'light' }]
    });
    if (how.scripts === false) {
      await tab.send('Emulation.setScriptExecutionDisabled', { value: true });
    }
    const loaded = browser.event('Page.loadEventFired', sessionId);
    const started = process.hrtime.bigint();
    await tab.send('Page.navigate', { url: 'file://' + encodeURI(path.resolve(file)) });
    await loaded;
    tab.milliseconds = Number((process.hrtime.bigint() - started) / 1000000n);
    return tab;
  }

  // What the browser complains of, and what it loads beside the page, as complaints.
  note(message) {
    if (message.sessionId !== this.sessionId) return;
    if (message.method === 'Runtime.exceptionThrown') {
      this.complaints.push('exception: ' + message.params.exceptionDetails.text);
    }
    if (message.method === 'Log.entryAdded' && message.params.entry.level === 'error') {
      this.complaints.push('error: ' + message.params.entry.text);
    }
    if (message.method === 'Page.javascriptDialogOpening') {
      this.complaints.push('a dialog opened');
      this.send('Page.handleJavaScriptDialog', { accept: false }).catch(() => {});
    }
    if (message.method === 'Network.requestWillBeSent') {
      this.requests = (this.requests || 0) + 1;
      if (this.requests > 1) this.complaints.push('it loads ' + message.params.request.url);
    }
  }

  send(method, params) {
    return this.browser.send(method, params, this.sessionId);
  }

  // The value of an expression in the page, also where the page's own scripts may not run.
  async value(expression) {
    const result = await this.send('Runtime.evaluate',
      { expression, returnByValue: true, awaitPromise: true });
    if (result.exceptionDetails) {
      throw new Error(result.exceptionDetails.exception.description);
    }
    return result.result.value;
  }

  async key(key, modifiers = 0) {
    const codes = { Tab: 9, Enter: 13, ' ': 32, Escape: 27 };
    const more = { key, code: key, windowsVirtualKeyCode: codes[key], modifiers };
    if (key === 'Enter') more.text = '\r';
    if (key === ' ') Object.assign(more, { text: ' ', code: 'Space' });
    await this.send('Input.dispatchKeyEvent',
      { type: more.text ? 'keyDown' : 'rawKeyDown', ...more });
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', ...more });
  }

  type(text) {
    return this.send('Input.insertText', { text });
  }

  async close() {
    await this.browser.send('Target.closeTarget', { targetId: this.targetId });
  }
}

module.exports = { Browser, Tab };
