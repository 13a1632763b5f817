// How the CSV source goes on: from any place, in files that have grown, and not in files that have changed.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MillraceError } from '../../../src/core/errors.ts';
import { open, revive } from '../../../src/ingest/csv/open.ts';
import { context, gather, memoryFiles } from '../tools.ts';
import { abc, fails, places, read } from './shared.ts';

describe('csv goes on', () => {
  const content = `a,b,c\n${Array.from({ length: 300 }, (_, i) => (i % 7 === 3 ? `${i},x` : i % 5 === 4 ? `"${i}\n",\n\n"é",z`.replace('\n\n', '') : `${i},"y""",z`)).join('\n')}`;

  test('from any place with the same rows and numbers', async () => {
    const whole = await read(content, abc);
    for (let stop = 1; stop < 300; stop += 13) {
      let elapsed = 0;
      const sleep = async (ms: number) => {
        elapsed += ms;
      };
      const clock = { now: () => 0, elapsed: () => elapsed, sleep };
      // at 50 a second each tick of 20 ms is one row
      const source = await open(
        { file: 'x.csv', pace: '50/s' },
        context(abc, { files: memoryFiles({ 'x.csv': content }, 64), clock, nextSequence: 10 }),
      );
      const part = await gather(source, stop);
      const rest = await read(content, abc, {}, { position: part.last, nextSequence: 77_777 });
      assert.deepEqual([...part.rows, ...rest.rows], whole.rows);
      assert.deepEqual(
        [...part.sequences, ...rest.sequences].map((one) => one - 10),
        whole.sequences,
      );
      assert.deepEqual(
        [...places(part), ...places(rest)],
        places(whole).map((one) => one.replace(/#(\d+)/, (_, n) => `#${Number(n) + 10}`)),
      );
    }
  });

  test('with what was added to a file that it had finished', async () => {
    const first = await read('a,b,c\n1,2,3\n', abc);
    const none = await read('a,b,c\n1,2,3\n', abc, {}, { position: first.last });
    assert.deepEqual(none.batches, []);
    const grown = await read('a,b,c\n1,2,3\n4,5,6\nx', abc, {}, { position: first.last });
    assert.deepEqual([grown.rows, grown.sequences], [[['4', '5', '6']], [1]]);
    assert.deepEqual(places(grown), ['line 4 #2 x']);
  });

  test('behind a last line that had no end: with the next line, or refusing the rest of a line that was not complete', async () => {
    const first = await read('a,b,c\n1,2,3', abc);
    for (const eol of ['\n', '\r\n']) {
      const grown = await read(`a,b,c\n1,2,3${eol}4,5,6`, abc, {}, { position: first.last }, 1);
      assert.deepEqual([grown.rows, grown.sequences, grown.refusals], [[['4', '5', '6']], [1], []]);
    }
    const torn = await read('a,b,c\n1,2,33\n4,5,6\n7,8', abc, {}, { position: first.last });
    assert.deepEqual(torn.rows, [['4', '5', '6']]);
    assert.deepEqual(places(torn), ['line 2 #1 3', 'line 4 #3 7,8']);
    const headerOnly = await read('a,b,c', abc);
    assert.deepEqual(headerOnly.batches, []);
  });

  test('not with a file that is shorter or begins differently', async () => {
    const first = await read('a,b,c\n1,2,3\n', abc);
    const changed = (now: string) => read(now, abc, {}, { position: first.last });
    await assert.rejects(changed('a,b,c\n1,2'), fails('SOURCE_CHANGED', /shorter.*another name/));
    await assert.rejects(changed('a,c,b\n1,2,3\n4,5,6\n'), fails('SOURCE_CHANGED', /begins differently/));
  });

  test('from the beginning of a file of another name, numbering on', async () => {
    const first = await read('a,b,c\n1,2,3\n', abc);
    const files = memoryFiles({ 'y.csv': 'a,b,c\n1,2,3\n4,5,6\n' });
    const next = await gather(
      await open({ file: 'y.csv' }, context(abc, { files, position: first.last, nextSequence: 1 })),
    );
    assert.deepEqual([next.rows.length, next.sequences], [2, [1, 2]]);
    const again = await gather(
      await open({ file: 'y.csv' }, context(abc, { files, position: next.last, nextSequence: 3 })),
    );
    assert.deepEqual(again.batches, []);
  });

  test('with a refused row that was fixed', async () => {
    const files = memoryFiles({ 'x.csv': 'a,b,c\n1,2\n' });
    const source = await open({ file: 'x.csv' }, context(abc, { files }));
    const bytes = (one: string) => Buffer.from(one);
    assert.deepEqual(source.revive(bytes('1,"é""",3')), ['1', 'é"', '3']);
    assert.deepEqual(source.revive(bytes('1,2,3\r\n')), ['1', '2', '3']);
    for (const one of ['1,2', '', '\n1,2,3', '1,2,3\n4,5,6', '1,"2,3'])
      assert.throws(() => source.revive(bytes(one)), MillraceError, one);
    await source.close();
    const again = await revive({ file: 'x.csv' }, context(abc, { files }));
    assert.deepEqual(again(bytes('1,2,3')), ['1', '2', '3']);
  });
});
