// What a quick chart draws without being told.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { QueryAnswer } from '../../src/web/schemas.ts';
import { drawingOf, suitedChart } from '../src/sql/chart-choice.ts';

describe('quick charts', () => {
  test('what stands after the name is drawn, not what is grouped by', () => {
    const answer = answerOf([
      ['hour', 'INTEGER'],
      ['line', 'VARCHAR'],
      ['delay', 'DOUBLE'],
    ]);
    const once = suitedChart({ ...answer, rows: [[0, 'B1', 12.5]] });
    assert.deepEqual(once, { kind: 'bar', x: 'line', y: 'delay', by: undefined });
  });

  test('names that come again are split by the other column, so that no bar hides another', () => {
    const answer = answerOf([
      ['hour', 'INTEGER'],
      ['line', 'VARCHAR'],
      ['delay', 'DOUBLE'],
    ]);
    const rows = [
      [0, 'B1', 12.5],
      [1, 'B1', 30],
    ];
    assert.deepEqual(suitedChart({ ...answer, rows }), { kind: 'bar', x: 'line', y: 'delay', by: 'hour' });
  });

  test('times that come again are split by a name, or by a whole number with few values; the last number is drawn', () => {
    const answer = answerOf([
      ['minute', 'TIMESTAMP'],
      ['direction', 'INTEGER'],
      ['rows', 'BIGINT'],
      ['delay', 'DOUBLE'],
    ]);
    const rows = [0, 1, 2, 3].map((i) => [`2026-01-01T00:0${i >> 1}:00.000Z`, i % 2, String(7 + i), 1.5 * i]);
    const choice = suitedChart({ ...answer, rows })!;
    assert.deepEqual(choice, { kind: 'line', x: 'minute', y: 'delay', by: 'direction' });
    const once = suitedChart({ ...answer, rows: rows.filter((row) => row[1] === 0) });
    assert.equal(once?.by, undefined);
    const drawn = drawingOf({ ...answer, rows: rows.toReversed() }, choice);
    assert.deepEqual(drawn.data.columns, ['minute', 'direction', 'delay']);
    assert.deepEqual(
      drawn.data.rows.map(([at]) => String(at).slice(14, 16)),
      ['00', '00', '01', '01'],
    );
    assert.deepEqual([drawn.left, drawn.hidden], [0, 0]);
    assert.equal(drawingOf({ ...answer, rows }, { ...choice, by: undefined }).hidden, 2);
  });

  test('a chart has the twelve series with the most rows, and says how many are left out', () => {
    const answer = answerOf([
      ['minute', 'TIMESTAMP'],
      ['line', 'VARCHAR'],
      ['delay', 'DOUBLE'],
    ]);
    const rows = Array.from({ length: 15 }, (_, i) => ['2026-01-01T00:00:00.000Z', `B${i}`, i]);
    assert.equal(drawingOf({ ...answer, rows }, { kind: 'line', x: 'minute', y: 'delay', by: 'line' }).left, 3);
  });

  test('times are drawn as lines, two numbers as points', () => {
    const times = answerOf([
      ['minute', 'TIMESTAMP'],
      ['rows', 'BIGINT'],
    ]);
    assert.deepEqual(suitedChart(times), { kind: 'line', x: 'minute', y: 'rows', by: undefined });
    const numbers = answerOf([
      ['mean', 'DOUBLE'],
      ['highest', 'DOUBLE'],
    ]);
    assert.deepEqual(suitedChart(numbers), { kind: 'scatter', x: 'mean', y: 'highest', by: undefined });
    assert.equal(suitedChart(answerOf([['name', 'VARCHAR']])), undefined);
  });
});

function answerOf(columns: [name: string, type: string][]): QueryAnswer {
  return { columns: columns.map(([name, type]) => ({ name, type })), rows: [], isTruncated: false, ms: 1 };
}
