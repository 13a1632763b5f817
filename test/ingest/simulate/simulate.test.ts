// simulate makes the same records from the same seed, also after a restart.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { virtualClock } from '../../../src/core/clock.ts';
import { MillraceError } from '../../../src/core/errors.ts';
import type { Random } from '../../../src/core/random.ts';
import { double, text, timestamp } from '../../../src/define/fields.ts';
import { checkOptions, open } from '../../../src/ingest/simulate/open.ts';
import { simulate } from '../../../src/ingest/simulate/simulate.ts';
import type { SourceContext } from '../../../src/ingest/source.ts';
import { context, gather } from '../tools.ts';

const fields = { room: text(), celsius: double(), at: timestamp() };

function* rooms(random: Random, { startMs }: { startMs: number }) {
  for (let i = 0; ; i++)
    yield { room: random.pick(['hall', 'attic']), celsius: random.normal(), at: startMs + i * 1000 };
}

const read = async (options: object, given: Partial<SourceContext> = {}, batchesMax?: number) =>
  gather(await open({ seed: 1, rows: rooms, ...options }, context(fields, given)), batchesMax);

test('the same seed gives the same records, another one others', async () => {
  const clock = virtualClock(1e12);
  const one = await read({ count: 50 }, { clock });
  assert.deepEqual((await read({ count: 50 }, { clock })).rows, one.rows);
  assert.notDeepEqual((await read({ count: 50, seed: 2 }, { clock })).rows, one.rows);
  assert.equal(one.rows[0]![2], 1e12);
});

test('after a restart at another time it goes on with the same records, times and numbers', async () => {
  const whole = await read({ count: 25_000 }, { clock: virtualClock(1e12), nextSequence: 3 });
  const part = await read({ count: 25_000 }, { clock: virtualClock(1e12), nextSequence: 3 }, 1);
  assert.equal(part.rows.length, 10_000);
  const rest = await read({ count: 25_000 }, { clock: virtualClock(2e12), nextSequence: 99, position: part.last });
  assert.deepEqual([...part.rows, ...rest.rows], whole.rows);
  assert.deepEqual([...part.sequences, ...rest.sequences], whole.sequences);
  assert.deepEqual((await read({ count: 25_000 }, { position: whole.last })).batches, []);
  assert.equal((await read({ count: 25_010 }, { position: whole.last })).rows.length, 10);
});

test('another seed is another simulation: it begins anew and numbers on', async () => {
  const first = await read({ count: 10 });
  const next = await read({ count: 10, seed: 2 }, { position: first.last, nextSequence: 10 });
  assert.deepEqual(next.sequences[0], 10);
  assert.equal(next.rows.length, 10);
});

test('a rate holds by the clock', async () => {
  const clock = virtualClock(0);
  const stop = new AbortController();
  const source = await open({ seed: 1, rows: rooms, rate: '200/s' }, context(fields, { clock, signal: stop.signal }));
  let rows = 0;
  const reading = (async () => {
    for await (const batch of source.batches()) rows += batch.rows.length;
  })();
  for (let i = 0; i < 200; i++) await clock.advance(10);
  stop.abort();
  await reading;
  assert.ok(Math.abs(rows - 400) <= 6, `${rows} rows`);
  assert.equal(source.finite, false);
});

test('without a count it waits for its consumer, and ends when the generator ends', async () => {
  assert.equal((await read({}, {}, 3)).rows.length, 30_000);
  const all = await read({ rows: () => [{ room: 'hall', celsius: 1, at: 0 }] });
  assert.deepEqual(all.rows, [['hall', 1, 0]]);
});

test('a record that does not fit is refused with its JSON, and can be fixed', async () => {
  const loop: Record<string, unknown> = { room: 'x' };
  loop.self = loop;
  const source = await open(
    { seed: 1, rows: () => [{ room: 'hall', celsius: 10n ** 30n, at: 0 }, loop] },
    context(fields),
  );
  const all = await gather(source);
  assert.deepEqual(
    all.refusals.map((one) => one.place),
    ['record 1', 'record 2'],
  );
  assert.equal(
    Buffer.from(all.refusals[0]!.bytes).toString(),
    '{"room":"hall","celsius":"1000000000000000000000000000000","at":0}',
  );
  assert.deepEqual(source.revive(Buffer.from('{"room":"hall","celsius":"1.5","at":0}')), ['hall', 1.5, 0]);
  assert.throws(() => source.revive(Buffer.from('{')), MillraceError);
});

test('a generator that fails is told by its record', async () => {
  await assert.rejects(
    read({
      rows: function* () {
        yield { room: 'hall', celsius: 1, at: 0 };
        throw new Error('no more rooms');
      },
    }),
    (error) =>
      error instanceof MillraceError &&
      error.code === 'SOURCE_REFUSED' &&
      /record 2: no more rooms/.test(error.message),
  );
});

test('a slow generator does not hold the event loop', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await read({
    count: 60,
    rows: function* (random: Random) {
      for (;;) {
        const endMs = performance.now() + 3;
        while (performance.now() < endMs);
        yield { room: 'hall', celsius: random.next(), at: 0 };
      }
    },
  });
  clearInterval(timer);
  assert.ok(turns >= 8, `${turns} turns`);
});

test('options that do not fit are refused by name', () => {
  const bad: object[] = [
    { rows: rooms },
    { seed: 1 },
    { seed: 1, rows: 5 },
    { seed: 1, rows: rooms, count: -1 },
    { seed: 1, rows: rooms, rate: '5 apples' },
  ];
  for (const [i, name] of ['seed', 'rows', 'rows', 'count', 'rate'].entries()) {
    assert.throws(
      () => checkOptions(bad[i] as Record<string, unknown>, fields, 'here'),
      (error) =>
        error instanceof MillraceError && error.code === 'OPTION_INVALID' && error.message.includes(`'${name}'`),
    );
  }
  assert.equal(simulate({ seed: 1, rows: rooms }).kind, 'simulate');
});
