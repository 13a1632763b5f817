// Lines break where something is missing, and only there.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ChartData, ChartView } from '../../src/web/schemas.ts';
import { broken, lonePoints, runsOf, seriesModel } from '../src/charts/line-model.ts';
import { tickText } from '../src/charts/values.ts';

const start = Date.UTC(2026, 0, 1);
const at = (minutes: number) => new Date(start + minutes * 60_000).toISOString();
const view = (options: object): ChartView => ({
  id: 'c',
  kind: 'line',
  title: 'c',
  table: 't',
  time: 'at',
  columns: ['at', 'line', 'delay'].map((name) => ({
    name,
    type: name === 'at' ? 'timestamp' : name === 'delay' ? 'double' : 'text',
    isOptional: false,
    isPersonal: false,
  })),
  options: { x: 'at', y: 'delay', ...options },
});
const data = (rows: unknown[][], facts?: object): ChartData => ({
  columns: rows[0]!.length === 3 ? ['at', 'line', 'delay'] : ['at', 'delay'],
  rows,
  isTruncated: false,
  ...(facts ? { facts: { ...facts } } : {}),
});

describe('a line', () => {
  test('passes over one missing span and breaks at more', () => {
    const rows = [0, 1, 3, 4, 8, 9].map((minute) => [at(minute), minute]);
    const model = seriesModel(view({}), data(rows, { every: 'minute' }));
    assert.equal(model.places.length, 10, 'spans that are missing have their place');
    assert.deepEqual(broken(model, model.series).lines, [[0, 1, undefined, 3, 4, null, null, null, 8, 9]]);
  });

  test('breaks each series by itself', () => {
    const rows = [0, 1, 2, 3, 4].flatMap((minute) => [
      [at(minute), 'A', minute],
      ...(minute === 0 || minute === 4 ? [[at(minute), 'B', minute]] : []),
    ]);
    const model = seriesModel(view({ by: 'line' }), data(rows, { every: 'minute' }));
    assert.deepEqual(broken(model, model.series).lines, [
      [0, 1, 2, 3, 4],
      [0, null, null, null, 4],
    ]);
  });

  test('that was not cut breaks where its rows keep a step, and nowhere else', () => {
    const steady = seriesModel(view({}), data([0, 1, 2, 3, 10, 11].map((minute) => [at(minute), minute])));
    const { lines, at: places } = broken(steady, steady.series);
    assert.deepEqual(lines, [[0, 1, 2, 3, null, 10, 11]]);
    assert.deepEqual(places, [0, 1, 2, 3, undefined, 4, 5]);
    const events = seriesModel(view({}), data([0, 1, 7, 8, 30, 31.5].map((minute) => [at(minute), minute])));
    assert.ok(!broken(events, events.series).lines[0]!.includes(null));
  });

  test('below a number breaks at the same holes', () => {
    const course = [0, 1, 3, 8].map((minute) => ({ at: minute * 60_000 }));
    assert.deepEqual(
      runsOf(course, 60_000).map((run) => run.length),
      [3, 1],
    );
    assert.equal(runsOf(course, undefined).length, 1);
  });

  test('shows points that stand alone', () => {
    assert.deepEqual(lonePoints([1, null, 2, undefined, 3, null, 4]), [0, 6]);
    assert.deepEqual(lonePoints([1, 2, 3]), []);
    assert.deepEqual(lonePoints([null, 5, null]), [1]);
  });
});

test('marks of days tell the year with the first and where it changes', () => {
  const day = 86_400;
  const first = Date.UTC(2025, 11, 30);
  const marks = [0, 1, 2].map((i) => tickText(first + i * day * 1000, i === 0 ? undefined : first + (i - 1) * day * 1000, day));
  assert.deepEqual(marks, ['30 Dec\n2025', '31 Dec', '1 Jan\n2026']);
});
