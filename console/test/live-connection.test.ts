// A live stream that heals itself, on a browser that is made of a few lines.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import { LiveConnection, type LiveState } from '../src/api/live-connection.ts';

class FakeSource extends EventTarget {
  static opened: FakeSource[] = [];
  onopen: (() => void) | undefined;
  onerror: (() => void) | undefined;
  isClosed = false;
  readonly url: URL;

  constructor(url: URL) {
    super();
    this.url = url;
    FakeSource.opened.push(this);
  }

  close(): void {
    this.isClosed = true;
  }

  send(name: string, data: unknown, lastEventId: string): void {
    this.dispatchEvent(Object.assign(new Event(name), { data: JSON.stringify(data), lastEventId }));
  }
}

const page = Object.assign(new EventTarget(), { hidden: false });
const frame = Object.assign(new EventTarget(), { location: { origin: 'http://127.0.0.1:4000' } });
let states: LiveState[] = [];
let heard: unknown[] = [];
let connection: LiveConnection;

const newest = () => FakeSource.opened.at(-1)!;

function look(isHidden: boolean): void {
  page.hidden = isHidden;
  page.dispatchEvent(new Event('visibilitychange'));
}

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout'] });
  Object.assign(globalThis, { document: page, window: frame, EventSource: FakeSource });
  FakeSource.opened = [];
  states = [];
  heard = [];
  page.hidden = false;
  connection = new LiveConnection(
    '/api/live/topics/rides',
    ['records'],
    (_, data) => heard.push(data),
    (state) => states.push(state),
  );
});

afterEach(() => {
  connection.close();
  mock.timers.reset();
  for (const name of ['document', 'window', 'EventSource']) Reflect.deleteProperty(globalThis, name);
});

describe('a live connection', () => {
  test('hands on what it hears, and resumes after the last of it when it was lost', () => {
    newest().onopen?.();
    newest().send('records', { records: [1] }, 'run-7');
    newest().onerror?.();
    assert.equal(newest().isClosed, true);
    mock.timers.tick(1_000);
    assert.equal(FakeSource.opened.length, 2);
    assert.equal(newest().url.searchParams.get('lastEventId'), 'run-7');
    newest().onopen?.();
    assert.deepEqual(states, ['live', 'reconnecting', 'live']);
    assert.deepEqual(heard, [{ records: [1] }]);
  });

  test('waits longer after each failure, and twelve and a half seconds at most', () => {
    for (let failure = 0; failure < 12; failure++) {
      const before = FakeSource.opened.length;
      newest().onerror?.();
      mock.timers.tick(250);
      assert.equal(FakeSource.opened.length, before, 'it tried at once');
      mock.timers.tick(12_500);
      assert.equal(FakeSource.opened.length, before + 1);
    }
  });

  test('rests while the tab is hidden, and comes back at once', () => {
    newest().onopen?.();
    look(true);
    assert.equal(newest().isClosed, true);
    mock.timers.tick(60_000);
    assert.equal(FakeSource.opened.length, 1);
    look(false);
    assert.equal(FakeSource.opened.length, 2);
    newest().onopen?.();
    assert.deepEqual(states, ['live', 'paused', 'live']);
  });

  test('does not wait when the network is back', () => {
    newest().onerror?.();
    frame.dispatchEvent(new Event('online'));
    assert.equal(FakeSource.opened.length, 2);
  });

  test('opens nothing more once it is closed', () => {
    newest().onerror?.();
    connection.close();
    mock.timers.tick(60_000);
    look(true);
    look(false);
    assert.equal(FakeSource.opened.length, 1);
  });
});
