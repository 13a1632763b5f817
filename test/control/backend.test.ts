// What is served of pipelines that run: the graph and its rates, topics, tables, queries, the plan.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { int, pipeline, simulate, table, text, topic } from '../../src/index.ts';
import type { Backend } from '../../src/web/backend.ts';
import type { QueryAnswer, QueryRequest } from '../../src/web/schemas.ts';
import { one, rides } from './rides.ts';
import { serving, temporary, told, until } from './tools.ts';

const limited = { timeout: 60_000 };

describe('pipelines()', limited, () => {
  test('gives the graph with what each node is called, does and has', async (t) => {
    const { backend, view, node, post, settled } = await serving(t, await temporary(t), [rides]);
    await post('zone', { id: 1, name: 'Soho' });
    await settled();
    await post('ride', one(1), one(2), one(3, { fare: 'dear' }));
    await settled();
    assert.deepEqual(
      view().nodes.map(({ id, label }) => [id, label]),
      [
        ['topic:zone', 'key id'],
        ['topic:ride', 'key n, 4 partitions'],
        ['stream:paid', 'filters and maps'],
        ['stream:named', 'joins zones'],
        ['stream:minutes', 'dedupe by n within 1 hour, tumble 1 minute'],
        ['table:zones', 'key id'],
        ['table:paid', 'key n'],
        ['table:named', 'key n'],
        ['table:minutes', 'key minute'],
      ],
    );
    assert.deepEqual(
      view().edges.map(({ from, to, kind }) => `${from} ${kind} ${to}`),
      [
        'topic:ride flow stream:paid',
        'topic:ride flow stream:named',
        'table:zones lookup stream:named',
        'topic:ride flow stream:minutes',
        'topic:zone flow table:zones',
        'stream:paid flow table:paid',
        'stream:named flow table:named',
        'stream:minutes flow table:minutes',
      ],
    );
    const { status, reason, ledger, charts } = view();
    assert.deepEqual(
      [status, charts, ledger.in, ledger.out, ledger.dead, ledger.balanced],
      ['degraded', 0, 4, 3, 1, true],
    );
    assert.match(reason!, /1 record is in the dead letters/);
    const { in: arrived, out, lagRecords, lagSeconds, bytes } = node('topic:ride');
    assert.deepEqual([arrived, out, lagRecords, lagSeconds, typeof bytes], [3, 3, 0, 0, 'number']);
    assert.deepEqual([node('stream:paid').in, node('stream:paid').out, node('stream:paid').dead], [3, 2, 1]);
    assert.equal((await backend.rows('paid', {})).length, 2);
  });

  test('measures rates once a second, whoever asks and how often', async (t) => {
    const numbers = topic('numbers', { n: int() }).from(
      simulate({
        seed: 1,
        rate: '500/s',
        rows: function* () {
          for (let n = 0; ; n++) yield { n };
        },
      }),
    );
    const kept = table('kept', numbers, { key: 'n' });
    const { view, node } = await serving(t, await temporary(t), [pipeline('numbers', { tables: [kept] })]);
    await until('the rate is there', () => {
      for (let i = 0; i < 100; i++) view();
      return view().recordsPerSecond > 250;
    });
    assert.ok(view().recordsPerSecond < 1000);
    assert.deepEqual(
      view().nodes.map(({ state }) => state),
      ['flowing', 'flowing', 'flowing'],
    );
    for (const id of ['source:numbers/simulate', 'topic:numbers', 'table:kept'])
      assert.ok(node(id).ratePerSecond > 200, `${id}: ${node(id).ratePerSecond}`);
    for (const { ratePerSecond } of view().edges) assert.ok(ratePerSecond > 200);
    assert.ok(view().bytesPerSecond > 1000);
    assert.ok(node('table:kept').batchMs! > 0);
    await until('the rows are counted', () => node('table:kept').rows! > 0);
  });

  test('says of a pipeline that has ended that nothing flows any more', async (t) => {
    const few = topic('few', { n: int() }).from(
      simulate({
        seed: 1,
        count: 10,
        rows: function* () {
          for (let n = 0; ; n++) yield { n };
        },
      }),
    );
    const made = pipeline('few', { tables: [table('kept', few, { key: 'n' })] });
    const { view, running } = await serving(t, await temporary(t), [made], { once: true });
    await running.done;
    assert.deepEqual([view().status, view().recordsPerSecond, view().ledger.out], ['stopped', 0, 10]);
    assert.deepEqual(
      view().nodes.map(({ state }) => state),
      ['ended', 'ended', 'ended'],
    );
    assert.ok(view().run.endedAt! >= view().run.startedAt);
  });

  test('says of one that has failed when that was, which part failed, and that the others stopped before their end', async (t) => {
    const short = topic('short', { n: int() }).from(
      simulate({
        seed: 1,
        rows: function* () {
          yield { n: 1 };
          throw new Error('out of order');
        },
      }),
    );
    const made = pipeline('short', { tables: [table('kept', short, { key: 'n' })] });
    const { view, running } = await serving(t, await temporary(t), [made]);
    await running.done;
    assert.equal(view().status, 'failed');
    assert.deepEqual(
      view().nodes.map(({ id, state }) => [id, state]),
      [
        ['source:short/simulate', 'failed'],
        ['topic:short', 'stopped'],
        ['table:kept', 'stopped'],
      ],
    );
    const { startedAt, endedAt, seconds } = view().run;
    assert.ok(endedAt! >= startedAt && seconds >= 0);
  });
});

describe('topics and tables', limited, () => {
  test('are those of the folder, with what is declared of them', async (t) => {
    const { backend, post, settled } = await serving(t, await temporary(t), [rides]);
    await post('ride', ...Array.from({ length: 10 }, (_, n) => one(n)));
    await settled();
    assert.deepEqual(
      (await backend.topics()).map(({ name, records }) => [name, records]),
      [
        ['ride', 10],
        ['zone', 0],
      ],
    );
    const topic = await backend.topic('ride');
    assert.deepEqual([topic.partitions.length, topic.key, topic.time, topic.pipelines], [4, 'n', 'at', ['rides']]);
    assert.deepEqual(
      [topic.accepts, topic.isSigned, topic.schema?.subject, topic.retention],
      [true, false, 'ride-value', {}],
    );
    assert.deepEqual(topic.fields[1], {
      name: 'zone',
      type: 'int',
      isOptional: false,
      isPersonal: false,
      description: 'Where it began.',
    });
    assert.deepEqual(
      topic.fields.filter((field) => field.isPersonal).map((field) => field.name),
      ['rider'],
    );
    const paid = await backend.table('paid');
    assert.deepEqual([paid.pipeline, paid.rows, paid.key], ['rides', 10, ['n']]);
    assert.deepEqual(
      paid.columns.map(({ name, isPersonal }) => [name, isPersonal]),
      [
        ['n', false],
        ['fare', false],
        ['rider', true],
        ['secret', false],
      ],
    );
    for (const wrong of [backend.topic('nothing'), backend.table('nothing'), backend.watchTable('nothing', () => {})])
      await assert.rejects(wrong, { code: 'NOT_FOUND' });
  });

  test('answer many readers at once, while records are stored', async (t) => {
    const { backend, post, settled } = await serving(t, await temporary(t), [rides]);
    await post('ride', ...Array.from({ length: 500 }, (_, n) => one(n)));
    const reads = Array.from({ length: 50 }, (_, i) =>
      i % 2 === 0 ? backend.rows('paid', { where: { n: { lt: 10 } } }) : backend.tables(),
    );
    await Promise.all([settled(), ...reads]);
    assert.equal((await backend.rows('paid', { where: { n: { lt: 10 } } })).length, 10);
    assert.equal((await backend.table('paid')).rows, 500);
  });

  test('tell those who watch a table of what is stored', async (t) => {
    const { backend, post } = await serving(t, await temporary(t), [rides]);
    const change = told<{ rows: readonly object[]; count: number }>(({ count }) => count > 0);
    const unwatch = await backend.watchTable('paid', change.tell);
    await post('ride', one(7));
    const { rows, count } = await change.told;
    assert.equal(count, 1);
    assert.deepEqual(rows, [{ n: 7, fare: 7, rider: null, secret: 'hush-hush' }]);
    unwatch();
  });
});

/** The whole answer of a query. */
async function ask(backend: Backend, request: QueryRequest): Promise<QueryAnswer> {
  const pieces: Uint8Array[] = [];
  const asker = { name: 'one', signal: new AbortController().signal };
  await backend.query(request, asker, async (piece) => void pieces.push(piece));
  return JSON.parse(Buffer.concat(pieces).toString()) as QueryAnswer;
}

describe('query()', limited, () => {
  test('answers as JSON, says when there is more, and changes nothing', async (t) => {
    const { backend } = await serving(t, await temporary(t), [rides]);
    const { columns, rows, isTruncated, ms } = await ask(backend, {
      sql: "select 9007199254740993::bigint as big, timestamp '2026-11-22' as at, 1.50::decimal(4, 2) as d, 'NaN'::double as n, i from range(5) r(i)",
      rowsMax: 2,
    });
    assert.deepEqual(
      columns.map(({ name }) => name),
      ['big', 'at', 'd', 'n', 'i'],
    );
    assert.deepEqual(rows, [
      ['9007199254740993', '2026-11-22T00:00:00.000Z', '1.50', 'NaN', 0],
      ['9007199254740993', '2026-11-22T00:00:00.000Z', '1.50', 'NaN', 1],
    ]);
    assert.ok(isTruncated && ms > 0);
    await assert.rejects(ask(backend, { sql: 'drop table paid' }), { code: 'SQL_INVALID' });
    await assert.rejects(
      ask(backend, { sql: 'select count(*) from range(1e6::bigint) a, range(1e6::bigint) b', msMax: 50 }),
      { code: 'QUERY_LIMIT' },
    );
  });
});

describe('plan()', limited, () => {
  test('shows the values that run, but no secrets', async (t) => {
    const { backend } = await serving(t, await temporary(t), [rides], { params: { rate_token: 'very-secret' } });
    const plan = await backend.plan('rides');
    assert.deepEqual(plan.params, [{ name: 'rate_token', type: 'text', value: '•••', default: '•••' }]);
    assert.ok(!JSON.stringify(plan).includes('very-secret'));
    await assert.rejects(backend.plan('others'), { code: 'NOT_FOUND' });
  });

  test('masks what stands under a secret name, and passwords in addresses', async () => {
    const { shownPlan } = await import('../../src/control/shown-plan.ts');
    const { param, http } = await import('../../src/index.ts');
    const key = param('my_token', text());
    const other = param('other_token', text(), { default: 'a-param-value' });
    const source = http({
      url: 'https://ann:pass@example.org/a?b=1&api_key=SECRET1&key=SECRET2&x=a-param-value#access%5Ftoken=SECRET3',
      every: '10s',
      headers: { Authorization: 'Bearer abcdef', Accept: 'text/plain' },
    });
    const fed = topic('fed', { n: int() })
      .from(source)
      .from(http({ url: key, every: '10s' }))
      .from(http({ url: other, every: '10s' }));
    const plan = shownPlan(
      pipeline('p', { tables: [table('fed', fed, { key: 'n' })] }),
      new Map([
        ['my_token', 'https://example.org/with/a/secret'],
        ['other_token', 'a-param-value'],
      ]),
    );
    assert.deepEqual(
      plan.sources.map(({ options }) => options),
      [
        {
          url: 'https://ann:•••@example.org/a?b=1&api_key=•••&key=•••&x=•••#access%5Ftoken=•••',
          every: '10s',
          headers: { Authorization: '•••', Accept: 'text/plain' },
        },
        { url: '•••', every: '10s' },
        { url: '•••', every: '10s' },
      ],
    );
  });
});
