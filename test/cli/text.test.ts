// Text for terminals and machines: widths, cells, tables, CSV, JSON, numbers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { csvLines, rowObjects, uniqueNames } from '../../src/cli/cells.ts';
import { grid } from '../../src/cli/grid.ts';
import { toJson } from '../../src/cli/json.ts';
import { formatBytes, formatCount, formatRate } from '../../src/cli/numbers.ts';
import { paintFor, unpainted } from '../../src/cli/paint.ts';
import { statusLines } from '../../src/cli/status.ts';
import { cut, harmless, widthOf } from '../../src/cli/width.ts';
import { status } from './fake.ts';

const painted = paintFor({ isTerminal: true }, {});

test('wide letters, joined emoji and colours have the width that a terminal gives them', () => {
  assert.equal(widthOf('車站'), 4);
  assert.equal(widthOf('👩‍👩‍👧 e\u0301'), 4);
  assert.equal(widthOf(painted.red('abc')), 3);
});

test('what is cut is never wider than asked, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.nat(40), (text, width) => {
      assert.ok(widthOf(cut(painted.red(harmless(text)), width)) <= width);
    }),
  );
});

test('a record cannot steer the terminal', () => {
  assert.equal(harmless('a\x1b[2Jb\n\u202e\u009b'), 'a\\x1b[2Jb\\n\\u202e\\x9b');
});

test('colours are left out where there is no terminal, and where NO_COLOR is set', () => {
  assert.equal(paintFor({ isTerminal: false }, {}).red('a'), 'a');
  assert.equal(paintFor({ isTerminal: true }, { NO_COLOR: '1' }).red('a'), 'a');
  assert.notEqual(paintFor({ isTerminal: false }, { FORCE_COLOR: '1' }).red('a'), 'a');
});

test('a grid aligns its columns, cuts the widest where there is no room, and gives lists where even that fails', () => {
  const heads = [{ name: 'n', side: 'right' }, { name: 'text' }] as const;
  const rows = [
    ['1', 'a'],
    ['100', 'a long text that goes on and on'],
  ];
  assert.equal(grid(heads, rows, unpainted), '  n  text\n  1  a\n100  a long text that goes on and on\n');
  assert.equal(grid(heads, rows, unpainted, 20), '  n  text\n  1  a\n100  a long text t…\n');
  assert.match(grid(heads, rows, unpainted, 12), /^── row 1\nn {5}1\n/);
});

test('CSV quotes what needs it, tells missing from empty, and disarms formulas in texts but not in numbers', () => {
  const columns = [
    { name: 'a', type: 'VARCHAR' },
    { name: '=b', type: 'DECIMAL(12,2)' },
  ];
  const rows = [
    ['=1+1', '-1.50'],
    ['-x', null],
    ['', -2],
    ['he said "no",\nand', 3n],
    ['@a', Number.NaN],
  ];
  assert.deepEqual(
    [...csvLines({ columns, rows, truncated: false })].join(''),
    `a,'=b\n'=1+1,-1.50\n'-x,\n"",-2\n"he said ""no"",\nand",3\n'@a,NaN\n`,
  );
});

test('JSON takes what JSON.stringify does not', () => {
  const value = { at: new Date(0), big: 2n ** 60n, not: Number.NaN, bytes: new Uint8Array([1, 2]), gone: undefined };
  assert.equal(
    toJson(value),
    '{"at":"1970-01-01T00:00:00.000Z","big":"1152921504606846976","not":"NaN","bytes":"AQI="}',
  );
  const columns = [
    { name: 'a', type: 'INTEGER' },
    { name: 'a', type: 'INTEGER' },
  ];
  assert.deepEqual(rowObjects({ columns, rows: [[1, null]], truncated: false }), [{ a: 1, a_2: null }]);
  assert.deepEqual(uniqueNames(columns), ['a', 'a_2']);
});

test('numbers are written as people read them', () => {
  assert.equal(formatCount(1234567), '1,234,567');
  assert.equal(formatCount(-1234n), '-1,234');
  assert.equal(formatRate(1.25), '1.3/s');
  assert.equal(formatBytes(999), '999 B');
  assert.equal(formatBytes(1_500_000), '1.5 MB');
});

test('what a topic wants people to know stands below the sources, in no colour of alarm', () => {
  const notices = { rides: 'partition 2 has been quiet for 35 s: windows do not wait for it' };
  const lines = statusLines([status({ notices })], unpainted, 100, { of: () => undefined });
  assert.ok(lines.includes(`           topic rides: ${notices.rides}`), lines.join('\n'));
});
