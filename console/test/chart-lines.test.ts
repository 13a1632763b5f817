// Lines break where something is missing, and only there.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ChartData, ChartView } from '../../src/web/schemas.ts';
import { broken, heldAt, lonePoints, runsOf, seriesModel, stacked } from '../src/charts/line-model.ts';
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

  test('of series at times of their own goes on through each of them', () => {
    // four sensors, a row each per 4 seconds, a second apart: times nobody else has
    const rows = Array.from({ length: 24 }, (_, second) => [at(second / 60), 'ABCD'[second % 4], second]);
    for (const facts of [undefined, { every: 'second' }]) {
      const model = seriesModel(view({ by: 'line' }), data(rows, facts));
      const { lines, places } = broken(model, model.series);
      assert.equal(places.length, 24);
      assert.deepEqual(lines.map(lonePoints), [[], [], [], []], `cut: ${JSON.stringify(facts)}`);
      for (const line of lines) assert.ok(!line.includes(null));
    }
  });

  test('breaks where its own values are missing, though others go on', () => {
    // B is silent for 20 seconds, A is not; nobody is there from 60 to 100
    const rows = Array.from({ length: 140 }, (_, second) => [at(second / 60), second % 2 === 0 ? 'A' : 'B', second]).filter(
      ([, name, second]) => (name === 'A' || Number(second) < 20 || Number(second) > 40) && (Number(second) < 60 || Number(second) > 100),
    );
    const model = seriesModel(view({ by: 'line' }), data(rows));
    const { lines, places, at: from } = broken(model, model.series);
    const breaks = lines.map((line) =>
      line.flatMap((value, i) => (value !== null && line[i + 1] === null ? [Math.round((places[i]! - start) / 1000)] : [])),
    );
    assert.deepEqual(breaks, [[58], [19, 59]]);
    assert.equal(from.filter((one) => one === undefined).length, 1, 'one place stands in the hole of all');
  });

  test('breaks after a hole in rows that shake a little', () => {
    const shaken = [0, 59, 121, 180, 241, 298, 900, 961, 1018];
    const model = seriesModel(view({}), data(shaken.map((second) => [at(second / 60), second])));
    assert.equal(broken(model, model.series).lines[0]!.filter((value) => value === null).length, 1);
  });

  test('tells under the pointer what each series had last, and nothing of one that ended', () => {
    const rows = Array.from({ length: 40 }, (_, second) => [at(second / 60), 'ABCD'[second % 4], second]).filter(
      ([, name, second]) => name !== 'A' || Number(second) < 13,
    );
    const model = seriesModel(view({ by: 'line' }), data(rows));
    const lines = broken(model, model.series);
    const held = (index: number) =>
      model.series.map((_, i) => {
        const where = heldAt(lines, i, index);
        return where === undefined ? undefined : lines.lines[i]![where];
      });
    assert.deepEqual(held(10), [8, 9, 10, 7]);
    assert.deepEqual(held(lines.places.length - 1), [undefined, 37, 38, 39]);
  });

  test('stacks series at times of their own as if each had a value throughout', () => {
    const rows = Array.from({ length: 24 }, (_, second) => [at(second / 60), 'ABCD'[second % 4], 10]);
    const model = seriesModel(view({ by: 'line' }), data(rows));
    const sums = stacked(broken(model, model.series));
    assert.deepEqual([...new Set(sums.map((line) => JSON.stringify([...new Set(line)])))], ['[10]', '[20]', '[30]', '[40]']);
  });

  test('stacks nothing where all is missing, and a series that is missing as nothing', () => {
    const rows = [0, 1, 2, 3, 4, 20, 21, 22, 23].flatMap((minute) => [
      [at(minute), 'A', 1],
      ...(minute < 20 ? [[at(minute), 'B', 2]] : []),
    ]);
    const model = seriesModel(view({ by: 'line' }), data(rows));
    assert.deepEqual(stacked(broken(model, model.series)), [
      [1, 1, 1, 1, 1, null, 1, 1, 1, 1],
      [3, 3, 3, 3, 3, null, 1, 1, 1, 1],
    ]);
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
