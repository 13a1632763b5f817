// Dead letters as they are served: listed, shown, edited without showing what is personal, tried, sent again beside what runs.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { int, pipeline, simulate, sql, stream, table, text, topic } from '../../src/index.ts';
import { one, rides } from './rides.ts';
import { type Serving, serving, temporary, until } from './tools.ts';

const limited = { timeout: 60_000 };
const bad = (n: number, more: object = {}) => one(n, { fare: 'dear', rider: `Ann ${n}`, ...more });
const letters = async ({ backend }: Serving) => (await backend.dead({ limit: 1000 })).letters;

/** Rides with so many bad fares among them, all processed. */
async function failed(t: Parameters<typeof serving>[0], count: number): Promise<Serving> {
  const served = await serving(t, await temporary(t), [rides]);
  await served.post('ride', one(1000), ...Array.from({ length: count }, (_, n) => bad(n)), one(1001));
  await served.settled();
  return served;
}

/** A source that gives texts where numbers should be: even ones are fixed by a person, the others fail later. */
const numbers = topic('numbers', { n: int(), word: text(), name: text().optional().personal() }).from(
  simulate({
    seed: 1,
    count: 4,
    rows: function* () {
      for (let n = 0; n < 4; n++) yield { n: n === 1 ? 'one' : n, word: String(n), name: n === 1 ? 'Ann' : undefined };
    },
  }),
);
const parsed = stream(
  'parsed',
  { n: int(), number: int() },
  sql`select n, cast(word as int) as number from ${numbers}`,
);
const sourced = pipeline('sourced', { tables: [table('parsed', parsed, { key: 'n' })] });

test('a pipeline or a stage that is not there is no reason to say that all is well', limited, async (t) => {
  const { millrace } = await failed(t, 1);
  const all = await millrace.deadList();
  assert.deepEqual(await millrace.deadList({ pipeline: 'rides', stage: 'paid' }), all);
  for (const stage of ['decode', 'named', 'zones']) assert.deepEqual(await millrace.deadList({ stage }), []);
  const refused = { code: 'NOT_FOUND' };
  await assert.rejects(millrace.deadList({ pipeline: 'ride' }), { ...refused, remedy: "Did you mean 'rides'?" });
  await assert.rejects(millrace.deadList({ stage: 'unheard-of' }), {
    ...refused,
    remedy: /^Use one of: .*named, paid,/,
  });
});

describe('dead()', limited, () => {
  test('lists the newest first, page by page, and counts all by stage, kind and code', async (t) => {
    const served = await failed(t, 7);
    const { backend } = served;
    const ids: number[] = [];
    for (let after: number | undefined; ; ) {
      const page = await backend.dead({ limit: 3, ...(after === undefined ? {} : { after }) });
      ids.push(...page.letters.map((letter) => letter.id));
      assert.deepEqual(
        page.groups.map(({ newestAt, ...group }) => [group, newestAt > 0]),
        [[{ pipeline: 'rides', stage: 'paid', kind: 'dead', code: 'ROW_FAILED', count: 7 }, true]],
      );
      if (page.next === undefined) break;
      after = Number(page.next);
    }
    assert.equal(ids.length, 7);
    assert.deepEqual(
      ids,
      [...ids].sort((a, b) => b - a),
    );
    const none = { letters: 0, groups: 1 };
    for (const filter of [{ stage: 'named' }, { kind: 'late' as const }, { code: 'X' }, { pipeline: 'other' }]) {
      const page = await backend.dead({ limit: 5, ...filter });
      assert.deepEqual({ letters: page.letters.length, groups: page.groups.length }, none);
    }
    const found = await backend.dead({ limit: 10, stage: 'paid', kind: 'dead', code: 'ROW_FAILED', pipeline: 'rides' });
    assert.equal(found.letters.length, 7);
    await assert.rejects(backend.dead({ limit: 0 }), { code: 'OPTION_INVALID' });
  });

  test('keeps its bytes from readers where the topic has personal fields', async (t) => {
    const served = await failed(t, 1);
    const { id } = (await letters(served))[0]!;
    const letter = await served.backend.deadLetter(id, false);
    assert.deepEqual(
      [letter.bytes, letter.text, letter.edit, letter.isEditable],
      [undefined, undefined, undefined, false],
    );
    assert.equal((letter.record as { rider: string }).rider, '•••');
  });

  test('shows a record of the log with what is personal masked, in what is edited too', async (t) => {
    const served = await failed(t, 1);
    const { id } = (await letters(served))[0]!;
    const letter = await served.backend.deadLetter(id, true);
    const record = { n: 0, zone: 1, fare: 'dear', kind: null, rider: '•••', at: '2026-11-22T08:00:00.000Z' };
    assert.deepEqual(letter.record, record);
    assert.deepEqual(JSON.parse(letter.edit!), record);
    assert.deepEqual([letter.isEditable, letter.text, letter.stage, letter.tries], [true, undefined, 'paid', 0]);
    assert.ok(Buffer.from(letter.bytes!, 'base64').includes('dear'));
    assert.match(letter.reason, /Could not convert/);
    await assert.rejects(served.backend.deadLetter(id + 1, true), { code: 'NOT_FOUND' });
  });

  test('shows what a source gave as the text that it was', async (t) => {
    const served = await serving(t, await temporary(t), [sourced]);
    await until('there is a letter', async () => (await letters(served)).length === 1);
    const { id } = (await letters(served))[0]!;
    const letter = await served.backend.deadLetter(id, true);
    assert.equal(letter.text, '{"n":"one","word":"1","name":"Ann"}');
    assert.deepEqual([letter.edit, letter.isEditable, letter.record], [letter.text, true, undefined]);
    assert.deepEqual([letter.stage, letter.place], ['source:numbers/simulate', 'record 2']);
  });
});

describe('redrive()', limited, () => {
  test('stores an edited record; what was masked and left alone is as it was', async (t) => {
    const served = await failed(t, 2);
    const { backend, view, node, settled } = served;
    assert.deepEqual([node('stream:paid').dead, node('stream:paid').in, view().ledger.dead], [2, 4, 2]);
    const { id } = (await letters(served))[1]!;
    const edit = JSON.parse((await backend.deadLetter(id, true)).edit!);
    const replacement = JSON.stringify({ ...edit, fare: '12.5', kind: 'night' });
    assert.deepEqual(await backend.redrive({ pipeline: 'rides', ids: [id], replacement }), {
      sent: 1,
      stored: 1,
      stillDead: 0,
    });
    await settled();
    const [row] = await backend.rows('paid', { where: { n: { eq: edit.n } } });
    assert.deepEqual([row!.fare, row!.rider], [12.5, `Ann ${edit.n}`]);
    assert.deepEqual([node('stream:paid').dead, node('stream:paid').in, node('stream:paid').out], [1, 4, 3]);
    assert.deepEqual([view().ledger.dead, view().ledger.balanced, (await letters(served)).length], [1, true, 1]);
  });

  test('takes another value in place of the mask', async (t) => {
    const served = await failed(t, 1);
    const { id } = (await letters(served))[0]!;
    const edit = JSON.parse((await served.backend.deadLetter(id, true)).edit!);
    const replacement = JSON.stringify({ ...edit, fare: 1, rider: 'Bob' });
    await served.backend.redrive({ pipeline: 'rides', ids: [id], replacement });
    assert.equal((await served.backend.rows('paid', { where: { n: { eq: 0 } } }))[0]!.rider, 'Bob');
  });

  test('says why a letter is refused again, and leaves it', async (t) => {
    const served = await failed(t, 1);
    const { backend, view, node } = served;
    const { id } = (await letters(served))[0]!;
    const again = await backend.redrive({ pipeline: 'rides', ids: [id] });
    assert.deepEqual([again.sent, again.stored, again.stillDead], [1, 0, 1]);
    assert.match(again.reason!, /Could not convert/);
    for (const [replacement, reason] of [
      ['{"n": 1', /no valid JSON|not JSON/],
      ['[]', /is not an object/],
      ['{"n": "x"}', /field 'n'/],
      ['{"n": 1, "fares": 5}', /no field 'fares'/],
    ] as const) {
      const answer = await backend.redrive({ pipeline: 'rides', ids: [id], replacement });
      assert.deepEqual([answer.stored, answer.stillDead], [0, 1]);
      assert.match(answer.reason!, reason);
    }
    const letter = await backend.deadLetter(id, true);
    assert.equal(letter.tries, 1);
    assert.deepEqual([node('stream:paid').dead, view().ledger.dead, view().ledger.balanced], [1, 1, true]);
  });

  test('only tries where that is asked for: nothing is changed, whether it would be taken or not', async (t) => {
    const served = await failed(t, 2);
    const { backend, view } = served;
    const { id } = (await letters(served))[0]!;
    const all = async () => {
      const rows = await Promise.all(
        ['paid', 'named', 'minutes', 'zones'].map((name) => backend.rows(name, { limit: 1000 })),
      );
      const { ledger, nodes } = view();
      const counts = nodes.map(({ id, in: arrived, out, dead, late, filtered }) => [
        id,
        arrived,
        out,
        dead,
        late,
        filtered,
      ]);
      return { rows, ledger, counts, letters: await letters(served) };
    };
    const before = await all();
    const edit = JSON.parse((await backend.deadLetter(id, true)).edit!);
    const trial = { pipeline: 'rides', ids: [id], isTrial: true };
    const good = await backend.redrive({ ...trial, replacement: JSON.stringify({ ...edit, fare: '5' }) });
    assert.deepEqual(good, { sent: 1, stored: 1, stillDead: 0 });
    const same = await backend.redrive(trial);
    assert.deepEqual([same.stored, same.stillDead], [0, 1]);
    assert.match(same.reason!, /Could not convert/);
    const taken = await backend.redrive({
      ...trial,
      replacement: JSON.stringify({ ...edit, fare: '5', rider: 'Zoe' }),
    });
    assert.equal(taken.stored, 1);
    await served.post('ride', one(1002, { rider: 'Zoe' }));
    await served.settled();
    const twin = await backend.redrive({ ...trial, replacement: JSON.stringify({ ...edit, fare: '5', rider: 'Zoe' }) });
    assert.match(twin.reason!, /rider/);
    const after = await all();
    assert.deepEqual(after.letters, before.letters);
    assert.equal(after.rows[0]!.length, before.rows[0]!.length + 1);
    assert.deepEqual([after.ledger.dead, after.ledger.balanced], [before.ledger.dead, true]);
    assert.equal(after.counts.find(([id]) => id === 'stream:paid')![1], 5);
    await backend.redrive({ ...trial, replacement: JSON.stringify({ ...edit, fare: '5' }) });
    assert.deepEqual(await all(), after);
  });

  test('sends all of a stage again, beside what is stored meanwhile', async (t) => {
    const served = await failed(t, 120);
    const { backend, view, node, settled, post } = served;
    const posting = (async () => {
      for (let i = 0; i < 20; i++) await post('ride', ...Array.from({ length: 50 }, (_, n) => one(2000 + i * 50 + n)));
    })();
    const answer = await backend.redrive({ pipeline: 'rides', stage: 'paid' });
    assert.deepEqual([answer.sent, answer.stored, answer.stillDead, answer.reason], [120, 0, 120, undefined]);
    await posting;
    await settled();
    const { ledger } = view();
    assert.deepEqual([ledger.in, ledger.out, ledger.dead, ledger.balanced], [1122, 1002, 120, true]);
    assert.equal(node('table:paid').in, 1002);
    assert.ok((await letters(served)).every((letter) => letter.tries === 1));
    assert.equal((await backend.table('paid')).rows, 1002);
  });

  test('reads what a source gave once more, from another text where one is given', async (t) => {
    const served = await serving(t, await temporary(t), [sourced]);
    const { backend, view, node } = served;
    await until('there is a letter', async () => (await letters(served)).length === 1 && view().ledger.out === 3);
    assert.equal(node('source:numbers/simulate').dead, 1);
    const { id } = (await letters(served))[0]!;
    const redrive = (replacement: string, isTrial: boolean) =>
      backend.redrive({ pipeline: 'sourced', ids: [id], replacement, isTrial });
    assert.match((await redrive('{"n": "two", "word": "1"}', true)).reason!, /field 'n'/);
    assert.match((await redrive('{"n": 1, "word": "x"}', true)).reason!, /Could not convert/);
    assert.deepEqual(await redrive('{"n": 1, "word": "1"}', true), { sent: 1, stored: 1, stillDead: 0 });
    assert.deepEqual([view().ledger.dead, view().ledger.in, view().ledger.inFlight], [1, 4, 0]);
    // one that a stage refuses lies aside anew, as a record of the log
    const refused = await redrive('{"n": 1, "word": "x"}', false);
    assert.deepEqual([refused.stored, refused.stillDead], [0, 1]);
    assert.match(refused.reason!, /Could not convert/);
    const [now] = await letters(served);
    assert.deepEqual([now!.stage, node('source:numbers/simulate').dead, node('stream:parsed').dead], ['parsed', 0, 1]);
    const replacement = '{"n": 1, "word": "1", "name": null}';
    assert.equal((await backend.redrive({ pipeline: 'sourced', ids: [now!.id], replacement })).stored, 1);
    assert.deepEqual([view().ledger.out, view().ledger.dead, view().ledger.balanced], [4, 0, true]);
    assert.equal(node('stream:parsed').dead, 0);
  });

  test('goes through the pipeline that runs, when the command line asks for it in the same process', async (t) => {
    const served = await serving(t, await temporary(t), [sourced]);
    const { millrace, view } = served;
    await until('there is a letter', async () => (await letters(served)).length === 1);
    const replacement = Buffer.from('{"n": 1, "word": "1"}');
    assert.deepEqual(await millrace.deadRedrive(sourced, {}, { replacement }), { sent: 1, stored: 1, stillDead: 0 });
    assert.deepEqual([view().ledger.out, view().ledger.balanced], [4, true]);
  });

  test('names those of several that are not there, or not of the stage that is asked for', async (t) => {
    const served = await failed(t, 3);
    const { backend } = served;
    const ids = (await letters(served)).map((letter) => letter.id);
    const { sent, notFound } = await backend.redrive({ pipeline: 'rides', ids: [...ids, 9998, 9999, 9999] });
    assert.deepEqual([sent, notFound], [3, [9998, 9999]]);
    const other = await backend.redrive({ pipeline: 'rides', stage: 'decode', ids });
    assert.deepEqual([other.sent, other.notFound], [0, ids]);
    assert.equal((await backend.redrive({ pipeline: 'rides', ids })).notFound, undefined);
  });

  test('names what is wrong with a request, and sends nothing into a pipeline that is paused', async (t) => {
    const served = await failed(t, 2);
    const { backend } = served;
    const { id } = (await letters(served))[0]!;
    const wrong = (request: Parameters<typeof backend.redrive>[0], error: object) =>
      assert.rejects(backend.redrive(request), error);
    await wrong({ pipeline: 'other' }, { code: 'NOT_FOUND' });
    await wrong({ pipeline: 'rides', ids: [id + 100] }, { code: 'NOT_FOUND' });
    await wrong({ pipeline: 'rides', replacement: '{}' }, { code: 'OPTION_INVALID', remedy: 'Name one id.' });
    await wrong({ pipeline: 'rides', isTrial: true }, { code: 'OPTION_INVALID' });
    await backend.pause('rides');
    await wrong({ pipeline: 'rides', ids: [id] }, { code: 'USAGE', message: /paused/ });
    assert.equal((await backend.redrive({ pipeline: 'rides', ids: [id], isTrial: true })).stillDead, 1);
    assert.equal((await letters(served)).length, 2);
    await backend.resume('rides');
    await served.running.stop();
    await wrong({ pipeline: 'rides', ids: [id] }, { code: 'USAGE', message: /has ended/ });
  });
});
