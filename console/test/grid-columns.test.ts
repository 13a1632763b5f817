// Which widths the columns of a grid take: what may not be cut is shown whole.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type GridColumn, wholeWidths, widened } from '../src/kit/grid-columns.ts';

type Row = { big: string };

const columns: readonly GridColumn<Row>[] = [
  { id: 'name', header: 'Name', value: () => 'one' },
  { id: 'big', header: 'Big', value: (row) => row.big, wholeText: (row) => row.big, isMono: true, width: 104 },
];

describe('the widths of columns', () => {
  test('a number of many digits has room for all of them; what fits already changes nothing', () => {
    const widths = wholeWidths(columns, [{ big: '9007199254740993' }], {});
    assert.ok(widths.big! > 16 * 7.2 + 20, String(widths.big));
    assert.deepEqual(Object.keys(widths), ['big']);
    assert.deepEqual(wholeWidths(columns, [{ big: '12' }], {}), {});
    assert.deepEqual(
      widened(columns, widths).map(({ width }) => width),
      [undefined, widths.big],
    );
  });

  test('a column never becomes narrower as other rows come, and never wider than a text can be read', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 200 }), { maxLength: 8 }), (texts) => {
        let widths: Readonly<Record<string, number>> = {};
        for (const big of texts) {
          const before = widths.big ?? 0;
          widths = wholeWidths(columns, [{ big }], widths);
          assert.ok((widths.big ?? 0) >= before && (widths.big ?? 0) <= 460);
        }
      }),
    );
  });
});
