// The rows of an open table as its live stream changes and removes them, with a server that is made of a few lines.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, mock, test } from 'node:test';
import type { TableRow, TableView } from '../../src/web/schemas.ts';
import { RowFeed } from '../src/tables/row-feed.ts';

const table: TableView = {
  name: 'rides',
  pipeline: 'rides',
  rows: 0,
  key: ['id'],
  columns: [
    { name: 'id', type: 'text', isOptional: false, isPersonal: false },
    { name: 'km', type: 'double', isOptional: false, isPersonal: false },
  ],
};
const row = (id: string, km = 1): TableRow => ({ id, km });
const gone = (...ids: string[]): TableRow[] => ids.map((id) => ({ id }));

let pages: { rows: TableRow[]; next?: string }[] = [];
let reads = 0;
let feed: RowFeed;
let leave: () => void;

/** Lets what is asked for be answered, and so many milliseconds pass. */
async function pass(ms = 200): Promise<void> {
  for (let at = 0; at < ms; at += 50) {
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
    mock.timers.tick(50);
  }
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
}

async function open(...given: typeof pages): Promise<void> {
  pages = given;
  feed = new RowFeed(table, [], []);
  leave = feed.subscribe(() => undefined);
  await pass();
}

const ids = () => feed.state().rows.map(({ id }) => id);
const fading = () => [...feed.state().gone].map((key) => key.replaceAll(/[^a-z]/g, ''));

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout'] });
  reads = 0;
  mock.method(globalThis, 'fetch', async () => {
    reads++;
    return Response.json(pages.shift() ?? { rows: [] });
  });
  Object.assign(globalThis, { requestAnimationFrame: () => 0 });
});

afterEach(() => {
  leave();
  mock.timers.reset();
  mock.restoreAll();
});

describe('a row that is removed', () => {
  test('fades and leaves, and nothing is read again', async () => {
    await open({ rows: [row('a'), row('b'), row('c')] });
    assert.deepEqual([ids(), reads], [['a', 'b', 'c'], 1]);
    feed.heard([row('a', 2)], gone('b'));
    await pass(200);
    assert.deepEqual([ids(), fading()], [['a', 'b', 'c'], ['b']]);
    await pass(600);
    assert.deepEqual([ids(), fading(), reads], [['a', 'c'], [], 1]);
    assert.equal(feed.state().rows[0]!.km, 2);
  });

  test('and comes back while it fades stays', async () => {
    await open({ rows: [row('a'), row('b')] });
    feed.heard([], gone('b'));
    await pass(200);
    feed.heard([row('b', 5)], []);
    await pass(900);
    assert.deepEqual([ids(), fading(), feed.state().rows[1]!.km], [['a', 'b'], [], 5]);
  });

  test('leaves at once where many go', async () => {
    const many = Array.from({ length: 20 }, (_, i) => row(String.fromCharCode(97 + i)));
    await open({ rows: many });
    feed.heard([], many.slice(2));
    await pass(200);
    assert.deepEqual([ids(), fading()], [['a', 'b'], []]);
  });

  test('stands still while one reads further down, and leaves when one comes back', async () => {
    await open({ rows: [row('a'), row('b')] });
    feed.hold(true);
    feed.heard([row('c')], gone('b'));
    feed.heard([], gone('c'));
    await pass(900);
    const { waiting, isStill } = feed.state();
    assert.deepEqual([ids(), fading(), waiting, isStill], [['a', 'b'], ['b'], 0, true]);
    feed.hold(false);
    assert.deepEqual([ids(), fading()], [['a'], []]);
  });

  test('while a page is on its way is not there after it has come', async () => {
    await open({ rows: [row('a'), row('b')] });
    pages = [{ rows: [row('a'), row('b')] }];
    void feed.reload();
    feed.heard([], gone('b'));
    await pass(900);
    assert.deepEqual([ids(), reads], [['a'], 2]);
  });

  test('as the last one that is shown makes room for the next page', async () => {
    await open({ rows: [row('a')], next: 'more' }, { rows: [row('b')] });
    feed.heard([], gone('a'));
    await pass(900);
    assert.deepEqual([ids(), reads], [['b'], 2]);
  });
});
