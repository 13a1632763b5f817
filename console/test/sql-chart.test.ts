// What a quick chart draws without being told.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { QueryAnswer } from '../../src/web/schemas.ts';
import { suitedChart } from '../src/sql/chart-choice.ts';

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
