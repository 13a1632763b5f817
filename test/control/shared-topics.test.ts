// A topic that several pipelines read: its sources are read once for a data folder, whoever reads the topic, now or later.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { checkDefinitions } from '../../src/control/check.ts';
import type { PipelineStatus } from '../../src/control/millrace.ts';
import type { SourceDefinition } from '../../src/define/source.ts';
import {
  csv,
  http,
  int,
  param,
  pipeline,
  simulate,
  sql,
  stream,
  table,
  text,
  topic,
  webhook,
} from '../../src/index.ts';
import { DuckDatabase } from '../../src/process/duckdb/database.ts';
import type { SourceProgress } from '../../src/process/progress.ts';
import { folderOf } from './folder-of.ts';
import { serving, until } from './tools.ts';

const limited = { timeout: 60_000 };

const rowsTopic = (...sources: SourceDefinition[]) =>
  sources.reduce((made, one) => made.from(one), topic('rows', { n: int(), word: text() }, { partitions: 2 }));

/** A pipeline that reads a topic into a table of its own. */
const readerOf = (name: string, from: ReturnType<typeof rowsTopic>) =>
  pipeline(name, { tables: [table(`${name}_rows`, from, { key: 'n' })] });

/** 600 rows, two of which are broken. */
const lines = ['n,word', ...Array.from({ length: 600 }, (_, n) => `${n % 300 === 7 ? 'no number' : n},w${n}`)];
const file = { 'rows.csv': `${lines.join('\n')}\n` };

const figures = ({ ledger, sources }: PipelineStatus) => [
  ledger.in,
  ledger.out,
  ledger.dead,
  ledger.balanced,
  sources.map(({ name, read, refused }) => `${name} ${read} ${refused}`).join(),
];

describe('a csv of a topic that two pipelines read', limited, () => {
  test('is read once: each has its 598 rows, and one of them the two dead letters', async (t) => {
    const { run, path, within } = await folderOf(t, file);
    const rows = rowsTopic(csv({ file: path('rows.csv') }));
    const [a, b] = [readerOf('a', rows), readerOf('b', rows)];
    const source = 'rows/csv 600 2';
    assert.deepEqual((await run([a, b])).map(figures), [
      [600, 598, 2, true, source],
      [598, 598, 0, true, source],
    ]);
    assert.deepEqual((await run([b, a])).map(figures), [
      [598, 598, 0, true, source],
      [600, 598, 2, true, source],
    ]);
    await within(async (millrace) => {
      assert.deepEqual(
        (await millrace.deadList()).map((one) => one.pipeline),
        ['a', 'a'],
      );
      for (const { name, rows } of await millrace.tables()) assert.equal(rows, 598, name);
      assert.equal((await millrace.topics())[0]!.records, 598);
    });
  });

  test('is not read again by a pipeline that is renamed, or added later', async (t) => {
    const { run, path, within } = await folderOf(t, file);
    const rows = rowsTopic(csv({ file: path('rows.csv') }));
    await run([readerOf('a', rows)]);
    assert.deepEqual((await run([readerOf('renamed', rows)])).map(figures), [[598, 598, 0, true, 'rows/csv 600 2']]);
    // what is added to the file is read on, by whoever runs
    await writeFile(path('rows.csv'), `${lines.join('\n')}\n600,more\nbroken,more\n`);
    assert.deepEqual((await run([readerOf('added', rows)])).map(figures), [[600, 599, 1, true, 'rows/csv 602 3']]);
    const [a] = await run([readerOf('a', rows)]);
    assert.deepEqual(figures(a!), [601, 599, 2, true, 'rows/csv 602 3']);
    await within(async (millrace) => {
      assert.equal((await millrace.topics())[0]!.records, 599);
    });
  });

  test('goes on where one of the pipelines fails: the other keeps what it reads, refusals too', async (t) => {
    const { folder, path } = await folderOf(t, file);
    const rows = rowsTopic(csv({ file: path('rows.csv'), pace: '400/s' }));
    // the generator of its other topic fails, and with it the pipeline, between the two broken rows of the file
    const doomed = topic('doomed', { n: int() }).from(
      simulate({
        seed: 1,
        rate: '100/s',
        *rows() {
          for (let n = 0; n < 40; n++) yield { n };
          throw new Error('no more');
        },
      }),
    );
    const a = pipeline('a', { tables: [table('a_rows', rows, { key: 'n' }), table('doomed', doomed, { key: 'n' })] });
    const { millrace, running } = await serving(t, folder, [a, readerOf('b', rows)]);
    await until('the source is at its end', () => running.status()[1]!.sources[0]!.state === 'ended');
    await until('all is processed', () => running.status()[1]!.ledger.inFlight === 0);
    await until('the last refusal is saved', async () => (await millrace.deadList()).length === 2);
    const [first, second] = running.status();
    assert.equal(first!.health, 'failed');
    assert.match(first!.reason!, /the generator failed at record 41: no more/);
    assert.deepEqual(figures(second!), [599, 598, 1, true, 'rows/csv 600 2']);
    assert.deepEqual(
      (await millrace.deadList()).map((one) => `${one.pipeline} ${one.place}`),
      ['a line 9', 'b line 309'],
    );
  });

  test('waits for the slower pipeline that is at work, and not for one that is paused', async (t) => {
    const { folder } = await folderOf(t);
    const rows = rowsTopic(
      simulate({
        seed: 1,
        *rows() {
          for (let n = 0; ; n++) yield { n, word: 'w' };
        },
      }),
    );
    const { running, backend } = await serving(t, folder, [readerOf('a', rows), readerOf('b', rows)]);
    await backend.pause('a');
    const waiting = () => running.status().map(({ ledger }) => ledger.inFlight);
    await until('the one that is paused is far behind', () => waiting()[0]! > 150_000);
    assert.ok(waiting()[1]! < 120_000, `the other is not: ${waiting()}`);
    await backend.pause('b');
    const read = () => running.status()[0]!.sources[0]!.read;
    let last = -1;
    await until('nothing is read while both are paused', async () => {
      const was = last;
      last = read();
      await new Promise((resolve) => setTimeout(resolve, 200));
      return was === last && last === read();
    });
    await backend.resume('b');
    const before = read();
    await until('one is enough to go on', () => read() > before);
  });
});

describe('other sources of a topic that two pipelines read', limited, () => {
  test('simulate: each record is there once', async (t) => {
    const { run } = await folderOf(t);
    const drawn = (count: number) =>
      simulate({
        seed: 1,
        count,
        *rows() {
          for (let n = 0; ; n++) yield n === 3 ? { n: 'none', word: 'w' } : { n, word: 'w' };
        },
      });
    const both = (count: number) => {
      const rows = rowsTopic(drawn(count));
      return [readerOf('a', rows), readerOf('b', rows)];
    };
    const source = 'rows/simulate 100 1';
    assert.deepEqual((await run(both(100))).map(figures), [
      [100, 99, 1, true, source],
      [99, 99, 0, true, source],
    ]);
    assert.deepEqual((await run([...both(150)].reverse())).map(figures), [
      [149, 149, 0, true, 'rows/simulate 150 1'],
      [150, 149, 1, true, 'rows/simulate 150 1'],
    ]);
  });

  test('http: one poll, and its items once', async (t) => {
    let polls = 0;
    const server = createServer((_request, response) => {
      polls++;
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify([{ n: 2 * polls, word: 'w' }, { n: 2 * polls + 1, word: 'w' }, { word: 'w' }]));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { run } = await folderOf(t);
    const rows = rowsTopic(http({ url, allowPrivate: true, every: '100 ms', for: '50 ms' }));
    const [a, b] = [readerOf('a', rows), readerOf('b', rows)];
    assert.deepEqual((await run([a, b])).map(figures), [
      [3, 2, 1, true, 'rows/http 3 1'],
      [2, 2, 0, true, 'rows/http 3 1'],
    ]);
    assert.equal(polls, 1);
    assert.deepEqual((await run([b])).map(figures), [[5, 4, 1, true, 'rows/http 6 2']]);
  });

  test('webhook: a post is counted once, and both pipelines get its records', async (t) => {
    const { folder } = await folderOf(t);
    const rows = rowsTopic(webhook());
    const pipelines = [readerOf('a', rows), readerOf('b', rows)];
    const { running, backend, post, stop } = await serving(t, folder, pipelines);
    const result = await post('rows', { n: 1, word: 'x' }, { n: 2, word: 'y' }, { word: 'z' });
    assert.deepEqual([result.accepted, result.rejected.length], [2, 1]);
    const done = () => running.status().every(({ ledger }) => ledger.out === 2);
    await until('both have them', done);
    for (const one of running.status()) assert.deepEqual(figures(one), [2, 2, 0, true, 'rows/webhook 3 1']);
    // both pipelines show the source; its node counts the same records in each
    for (const { nodes } of backend.pipelines()) assert.equal(nodes.find(({ noun }) => noun === 'source')!.out, 2);
    await stop();
    const again = await serving(t, folder, [pipelines[1]!]);
    assert.deepEqual(again.running.status().map(figures), [[2, 2, 0, true, 'rows/webhook 3 1']]);
  });
});

describe('a letter of a source', limited, () => {
  test('is sent again by the pipeline that has it, also when another one reads the source by now; each gets its record once', async (t) => {
    const { run, path, within } = await folderOf(t, { 'rows.csv': 'n,word\n1,one\ntwo,two\n' });
    const rows = rowsTopic(csv({ file: path('rows.csv') }));
    const [a, b] = [readerOf('a', rows), readerOf('b', rows)];
    await run([a, b]);
    // by now b comes first
    await run([b, a]);
    await within(async (millrace) => {
      const [letter] = await millrace.deadList();
      const running = await millrace.start([b, a]);
      const sent = await millrace.deadRedrive(a, { ids: [letter!.id] }, { replacement: Buffer.from('2,two') });
      assert.deepEqual(sent, { sent: 1, stored: 1, stillDead: 0 });
      await until('the other has it too', () => running.status().every(({ ledger }) => ledger.out === 2));
      await running.stop();
      for (const { ledger } of running.status())
        assert.deepEqual(
          [ledger.in, ledger.out, ledger.deduplicated, ledger.dead, ledger.balanced],
          [2, 2, 0, 0, true],
        );
      for (const name of ['a', 'b'])
        assert.deepEqual((await millrace.query(`select n, word from ${name}_rows order by n`)).rows, [
          [1, 'one'],
          [2, 'two'],
        ]);
    });
  });
});

describe('two definitions of one topic', () => {
  const problems = (one: ReturnType<typeof rowsTopic>, other: ReturnType<typeof rowsTopic>) =>
    checkDefinitions([readerOf('a', one), readerOf('b', other)]).map(({ code, message }) => `${code}: ${message}`);

  test('may be written in two files, if they are equal as data', () => {
    const made = (otherwise = 'y.csv') => {
      const file = param('file', text().describe('A file.'), { default: 'x.csv' });
      return rowsTopic(csv({ file, pace: { rate: '5/s' } }).or(csv({ file: otherwise })));
    };
    assert.deepEqual(problems(made(), made()), []);
    assert.equal(problems(made(), made('z.csv')).length, 1);
  });

  test('are refused where anything differs, and the difference is named', () => {
    const plain = topic('rows', { n: int(), word: text() }, { partitions: 2 });
    const other = (what: string) => `NAME_TAKEN: topic 'rows' is declared with other ${what} than in pipeline 'a'`;
    assert.deepEqual(problems(rowsTopic(csv({ file: 'x' })), rowsTopic(csv({ file: 'y' }))), [other('sources')]);
    assert.deepEqual(problems(rowsTopic(csv({ file: 'x' })), rowsTopic()), [other('sources')]);
    const mapped = () => http({ url: 'https://x.org', map: (item: object) => item });
    assert.deepEqual(problems(rowsTopic(mapped()), rowsTopic(mapped())), [other('sources')]);
    const fields = topic('rows', { n: int(), word: text().optional() }, { partitions: 2 });
    assert.deepEqual(problems(plain, fields as unknown as typeof plain), [other('fields')]);
    const order = topic('rows', { word: text(), n: int() }, { partitions: 2 });
    assert.deepEqual(problems(plain, order as unknown as typeof plain), [other('fields')]);
    assert.deepEqual(problems(plain, topic('rows', { n: int(), word: text() })), [other('partitions')]);
  });
});

describe('a data folder in which pipelines kept their sources themselves', limited, () => {
  /** As it was: the progress of each pipeline has its sources, and letters that came back were noted for all. */
  async function aged(folder: string, sources: Record<string, Record<string, object>>): Promise<void> {
    const database = await DuckDatabase.open({ path: join(folder, 'tables.duckdb') });
    const session = await database.session();
    await session.run('drop table meta.sources');
    await session.run('drop table meta.revived');
    await session.run('create table meta.revived (id bigint not null)');
    for (const [name, own] of Object.entries(sources)) {
      const [row] = await session.rows('select state from meta.progress where pipeline = $1', name);
      const state = { ...(JSON.parse(String(row![0])) as object), sources: own };
      await session.run('update meta.progress set state = $1 where pipeline = $2', JSON.stringify(state), name);
    }
    session.close();
    database.close();
  }

  const stateOf = async (folder: string, source: string) => {
    const database = await DuckDatabase.open({ path: join(folder, 'tables.duckdb') });
    const session = await database.session();
    const [row] = await session.rows('select state from meta.sources where source = $1', source);
    session.close();
    database.close();
    return JSON.parse(String(row![0])) as SourceProgress;
  };

  test('goes on from the pipeline that came furthest', async (t) => {
    const { run, folder } = await folderOf(t);
    const rows = rowsTopic(
      simulate({
        seed: 1,
        count: 5,
        *rows() {
          for (let n = 0; ; n++) yield { n, word: 'w' };
        },
      }),
    );
    const [a, b] = [readerOf('a', rows), readerOf('b', rows)];
    await run([a, b]);
    const last = await stateOf(folder, 'rows/simulate');
    const early = { ...last, position: { ...last.position, index: 2 }, next: 2, read: 2 };
    await aged(folder, { a: { 'rows/simulate': early }, b: { 'rows/simulate': last } });
    for (const status of await run([b, a])) assert.deepEqual(figures(status), [5, 5, 0, true, 'rows/simulate 5 0']);
  });

  test('goes on without reading anything twice, also where two had read one topic, or two files under one name', async (t) => {
    const { run, path, folder, within } = await folderOf(t, {
      'x.csv': 'n,word\n1,x\n2,x\n',
      'y.csv': 'n,word\n3,y\n',
    });
    const [x, y] = [csv({ file: path('x.csv') }), csv({ file: path('y.csv') })];
    const rows = rowsTopic(x, y);
    const [a, b] = [readerOf('a', rows), readerOf('b', rows)];
    await run([a, b]);
    const [first, second] = [await stateOf(folder, 'rows/csv'), await stateOf(folder, 'rows/csv-2')];
    // pipeline b came less far with the first file, and had the other one under its name
    await aged(folder, { a: { 'rows/csv': first }, b: { 'rows/csv': second } });
    const states = await run([a, b]);
    for (const status of states) {
      assert.equal(status.ledger.in, 3);
      assert.deepEqual(
        status.sources.map(({ read }) => read),
        [2, 1],
      );
    }
    await within(async (millrace) => {
      assert.equal((await millrace.topics())[0]!.records, 3);
    });
  });
});

test('a stream and a table of the topic do not matter: what is read is that of the topic', limited, async (t) => {
  const { run, path } = await folderOf(t, file);
  const rows = rowsTopic(csv({ file: path('rows.csv') }));
  const few = stream('few', { n: int() }, sql`select n from ${rows} where n < 10`);
  const b = pipeline('b', { tables: [table('few', few, { key: 'n' })] });
  const [first, second] = await run([readerOf('a', rows), b]);
  assert.deepEqual(figures(first!).slice(0, 4), [600, 598, 2, true]);
  assert.deepEqual([second!.ledger.in, second!.ledger.out, second!.ledger.filtered], [598, 9, 589]);
});
