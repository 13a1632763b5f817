// What axes and scales of charts say: round ends, marks that differ, names that can be told apart.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { numberAxisOf, stackedEnds } from '../src/charts/axis.ts';
import { edgesOf } from '../src/charts/bin-edges.ts';
import { liesDown, textMarks, timeMarks } from '../src/charts/category-marks.ts';
import { domainOf } from '../src/charts/domain.ts';
import { columnWords, middleCut, unitOf } from '../src/charts/label-text.ts';

describe('an axis of numbers', () => {
  test('ends at round numbers without much air, and stands on zero where it has to', () => {
    const { from, to, step } = numberAxisOf(0, 26_000, { hasZero: true, steps: 4 });
    assert.deepEqual([from, to, step], [0, 30_000, 10_000]);
    assert.equal(numberAxisOf(20, 26).from >= 20, true);
    assert.equal(numberAxisOf(20, 26, { hasZero: true }).from, 0);
    assert.deepEqual([numberAxisOf(0, 2, { hasZero: true, isWhole: true, steps: 8 }).step], [1]);
  });

  test('holds all values, and has marks that differ, on tiny, offset and huge ranges', () => {
    const ends = fc.tuple(fc.double({ min: -1e12, max: 1e12, noNaN: true }), fc.integer({ min: -9, max: 0 }), fc.boolean());
    fc.assert(
      fc.property(ends, fc.integer({ min: 2, max: 10 }), ([offset, power, hasZero], steps) => {
        const reach = Math.max(Math.abs(offset), 1e-9) * 10 ** power;
        const axis = numberAxisOf(offset, offset + reach, { hasZero, steps });
        const slack = axis.step * 1e-3;
        assert.ok(axis.from <= offset + slack && axis.to >= offset + reach - slack, JSON.stringify(axis));
        const marks = Math.round((axis.to - axis.from) / axis.step);
        assert.ok(marks >= 1 && marks <= steps * 2.5 + 2, `${marks} marks`);
        const texts = Array.from({ length: marks + 1 }, (_, i) => axis.text(axis.from + i * axis.step));
        assert.equal(new Set(texts).size, texts.length, texts.join(' '));
      }),
    );
  });

  test('of bars on each other reaches as far as their sums', () => {
    assert.deepEqual(
      stackedEnds([
        [1, null, -2],
        [2, 5, -3],
      ]),
      [-5, 5],
    );
  });
});

describe('a scale of colours', () => {
  test('of counts and sums begins at nothing, of means where they do', () => {
    const values = [62, 70, 85];
    assert.deepEqual([domainOf(values, true).from, domainOf(values, true).to], [0, 85]);
    assert.ok(domainOf(values).from > 55);
  });

  test('around zero is as long on both sides, and says where values lie beyond it', () => {
    const values = Array.from({ length: 200 }, (_, i) => i * 4 - 300);
    const plain = domainOf([...values, 501]);
    assert.deepEqual([plain.from, plain.to, plain.isDiverging, plain.isBelow, plain.isAbove], [-500, 500, true, false, true]);
    const far = domainOf([...values, -90_000]);
    assert.deepEqual([far.isBelow, far.isAbove], [true, true]);
    const few = domainOf([-5, 10]);
    assert.deepEqual([few.isBelow, few.isAbove], [false, false]);
  });

  test('keeps offset values apart', () => {
    const { from, to } = domainOf([1012.5, 1012.9, 1013.2]);
    assert.ok(from > 1012 && to < 1014, `${from} to ${to}`);
  });
});

describe('marks', () => {
  test('of times stand at round times with room between them, the day at the first', () => {
    const start = Date.UTC(2026, 10, 29, 2, 3);
    const times = Array.from({ length: 40 }, (_, i) => start + i * 60_000);
    const { text, isShown } = timeMarks(times, 'minute', 480);
    const shown = times.flatMap((_, i) => (isShown(i) ? [text(i)] : []));
    assert.deepEqual(shown, ['02:05\n29 Nov', '02:10', '02:15', '02:20', '02:25', '02:30', '02:35', '02:40']);
  });

  test('of texts are all there where they fit, and cut in the middle', () => {
    const few = textMarks(['male', 'female'], 400);
    assert.deepEqual([few.isShown(0), few.isShown(1), few.text(1)], [true, true, 'female']);
    const names = Array.from({ length: 40 }, (_, i) => `PLANT-NORTH-HALL-7-${i}`);
    const many = textMarks(names, 500);
    assert.equal(new Set(names.map((_, i) => many.text(i))).size, 40);
    assert.ok(names.filter((_, i) => many.isShown(i)).length <= 5);
  });

  test('lie beside their bars where there are many or long ones', () => {
    assert.equal(liesDown(['male', 'female'], 500), false);
    assert.equal(liesDown(Array.from({ length: 15 }, (_, i) => `c${i}`), 1200), true);
    assert.equal(liesDown(['United Kingdom', 'Netherlands', 'Spain', 'Italy'], 340), true);
    assert.equal(liesDown(undefined, 340), false);
  });

  test('of bins are told at edges that are round', () => {
    const bins = Array.from({ length: 36 }, (_, i) => ({ from: -600 + i * 50, to: -550 + i * 50, count: i }));
    const beyond = [{ from: undefined, to: -600, count: 3 }, ...bins, { from: 1_200, to: undefined, count: 2 }];
    const edges = edgesOf(beyond, 7, 's');
    assert.deepEqual([...edges.values()], ['−500 s', '0', '500 s', '1,000 s'].map((one) => (one === '0' ? '0 s' : one)));
    assert.equal(edges.get(13), '0 s');
    assert.equal(beyond[13]!.from, 0);
  });
});

describe('names', () => {
  test('that are cut keep their ends', () => {
    assert.equal(middleCut('PLANT-NORTH-HALL-7-38', 14), 'PLANT…ALL-7-38');
    assert.equal(middleCut('short', 14), 'short');
  });

  test('of columns do not say the unit twice', () => {
    assert.deepEqual(
      [columnWords('delay_s', 's'), columnWords('mean_delay_s'), columnWords('pass', 's'), unitOf('p95_delay_s', 's'), unitOf('at', 's')],
      ['delay', 'mean delay s', 'pass', 's', undefined],
    );
  });
});
