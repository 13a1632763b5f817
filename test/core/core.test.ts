// Durations, randomness, clocks, masks and the table of errors.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { systemClock, virtualClock } from '../../src/core/clock.ts';
import { durationMs, formatMs, sizeBytes } from '../../src/core/durations.ts';
import { codes, MillraceError, assert as must, translateSystemError } from '../../src/core/errors.ts';
import { withoutValues } from '../../src/core/mask.ts';
import { random } from '../../src/core/random.ts';

describe('durations', () => {
  test('are read in every unit, with and without a space', () => {
    const read: [string, number][] = [
      ['10s', 10_000],
      ['3 minutes', 180_000],
      ['1.5 h', 5_400_000],
      ['250ms', 250],
      ['2 weeks', 1_209_600_000],
      ['0s', 0],
      ['1 day', 86_400_000],
      ['5 min', 300_000],
    ];
    for (const [text, ms] of read) assert.equal(durationMs(text), ms, text);
  });

  test('that are none are refused with a remedy', () => {
    for (const text of [
      '',
      '10',
      's',
      '-1s',
      '1 fortnight',
      '1e3s',
      '10 S',
      'constructor',
      '1 constructor',
      '1.s',
      'NaN s',
    ])
      assert.throws(
        () => durationMs(text, 'here'),
        { code: 'OPTION_INVALID', place: 'here', remedy: /Write a number and a unit/ },
        text,
      );
  });

  test('and sizes: decimal and binary units', () => {
    assert.deepEqual(
      ['64 MB', '1 GiB', '10kB', '5 B', '1.5 KiB'].map((text) => sizeBytes(text)),
      [64e6, 2 ** 30, 10_000, 5, 1536],
    );
    for (const text of ['', '1 mb', '1', 'MB', '-1 MB', '1 toString'])
      assert.throws(() => sizeBytes(text), { code: 'OPTION_INVALID' }, text);
  });

  test('are written for people', () => {
    assert.deepEqual([0, 999, 999.4, 1500, 95_000, 3_700_000].map(formatMs), [
      '0ms',
      '999ms',
      '999ms',
      '1.5s',
      '1m 35s',
      '1h 1m',
    ]);
  });

  test('are never written as more of a unit than there is', () => {
    assert.deepEqual([999.7, 59_949, 59_950, 59_970, 59_999.9, 60_000, 3_599_999, 3_600_000].map(formatMs), [
      '1.0s',
      '59.9s',
      '1m 0s',
      '1m 0s',
      '1m 0s',
      '1m 0s',
      '59m 59s',
      '1h 0m',
    ]);
  });
});

describe("the machine's clock", () => {
  test('sleeps longer than its longest timer, and wakes at once when it is told to', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const dayMs = 86_400_000;
    const longestMs = 2 ** 31 - 1;
    for (const days of [30, 25, 75]) {
      const signal = new AbortController();
      let woken = 0;
      const clock = systemClock();
      for (const one of [clock.sleep(days * dayMs), clock.sleep(100 * dayMs, signal.signal)])
        void one.then(() => woken++);
      const pass = async (ms: number) => {
        // the next slice begins when the one before it has ended
        for (let left = ms; left > 0; left -= longestMs) {
          t.mock.timers.tick(Math.min(left, longestMs));
          await new Promise((resolve) => setImmediate(resolve));
        }
      };
      await pass(days * dayMs - 1);
      assert.equal(woken, 0, `${days} days`);
      await pass(1);
      assert.equal(woken, 1);
      signal.abort();
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(woken, 2);
    }
  });

  test('does not sleep for what is over, nor where it is told not to before', async () => {
    for (const ms of [0, -1, Number.NEGATIVE_INFINITY]) await systemClock().sleep(ms);
    await systemClock().sleep(Number.POSITIVE_INFINITY, AbortSignal.abort());
  });
});

describe('random', () => {
  test('is the same for one seed, within its bounds, and its forks do not disturb each other', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.integer(), fc.string()),
        fc.integer({ min: -1000, max: 1000 }),
        fc.nat(1000),
        (seed, low, span) => {
          const [one, two] = [random(seed), random(seed)];
          const fork = one.fork('a');
          for (let i = 0; i < 20; i++) {
            assert.equal(one.next(), two.next());
            const whole = fork.whole(low, low + span);
            assert.ok(Number.isInteger(whole) && whole >= low && whole <= low + span);
          }
          assert.match(one.uuid(), /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('spreads evenly, and normally where asked', () => {
    const source = random('even');
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 50_000; i++) counts[source.whole(0, 9)]!++;
    for (const count of counts) assert.ok(Math.abs(count - 5000) < 400, String(counts));
    const normals = Array.from({ length: 20_000 }, () => source.normal());
    const mean = normals.reduce((sum, one) => sum + one, 0) / normals.length;
    assert.ok(Math.abs(mean) < 0.05 && normals.every(Number.isFinite));
  });
});

describe('the virtual clock', () => {
  test('wakes sleepers in the order of their times, those that sleep again included', async () => {
    const clock = virtualClock(1000);
    const seen: string[] = [];
    const nap = async (name: string, ms: number, again = 0) => {
      await clock.sleep(ms);
      seen.push(`${name} ${clock.now()}`);
      if (again > 0) await nap(name, ms, again - 1);
    };
    const naps = [nap('b', 20), nap('a', 10, 2), nap('c', 100)];
    await clock.advance(50);
    assert.deepEqual(seen, ['a 1010', 'b 1020', 'a 1020', 'a 1030']);
    assert.deepEqual([clock.now(), clock.elapsed(), clock.sleeping], [1050, 50, 1]);
    await clock.advance(50);
    await Promise.all(naps);
  });

  test('wakes at once without an error when the signal aborts', async () => {
    const clock = virtualClock();
    const stop = new AbortController();
    const nap = clock.sleep(1000, stop.signal);
    stop.abort();
    await nap;
    await clock.sleep(1000, stop.signal);
    assert.equal(clock.sleeping, 0);
  });
});

describe('errors', () => {
  test('have a code of the closed table, each with one reaction', () => {
    const reactions = new Set(Object.values(codes));
    assert.deepEqual([...reactions].sort(), ['bug', 'end', 'fix', 'reject', 'retry']);
    for (const code of Object.keys(codes)) assert.match(code, /^[A-Z]+(_[A-Z]+)*$/);
    assert.equal(new MillraceError('DISK_FULL', 'x').reaction, 'retry');
    assert.equal(new MillraceError('ROW_FAILED', 'x').reaction, 'reject');
  });

  test('are plain JSON, without what is not there, and keep their cause', () => {
    const cause = new Error('inner');
    const error = new MillraceError('NAME_TAKEN', 'twice', { place: 'a.ts', remedy: 'Rename.', cause });
    assert.deepEqual(JSON.parse(JSON.stringify(error)), {
      code: 'NAME_TAKEN',
      message: 'twice',
      place: 'a.ts',
      remedy: 'Rename.',
    });
    assert.deepEqual(new MillraceError('USAGE', 'm').toJSON(), { code: 'USAGE', message: 'm' });
    assert.equal(error.cause, cause);
    assert.throws(() => must(false, 'no'), { code: 'ASSERTION' });
  });

  test('of the system are translated where they have a known meaning', () => {
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    assert.equal((translateSystemError(full, '/data') as MillraceError).code, 'DISK_FULL');
    const other = new Error('x');
    assert.equal(translateSystemError(other, '/data'), other);
  });
});

test('a text is without every word of a record, whatever its case, and keeps the names of its fields', () => {
  const record = { name: { first: 'Ann', last: "O'Brien" }, born: 1987, tags: ['a b', 'é'], city: null };
  assert.equal(
    withoutValues("login.name of ANN o'brien, born 1987, has no city: A, É", record),
    "login.name of ••• •••'•••, born •••, has no city: •••, •••",
  );
  assert.equal(
    withoutValues(
      'anything',
      Array.from({ length: 20_000 }, (_, i) => i),
    ),
    '•••',
  );
});
