// Queries in processes of their own: their answers are those of the tables, and whatever they try, it ends and nothing else is hurt.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { MillraceError } from '../../../src/core/errors.ts';
import { limits } from '../../../src/core/limits.ts';
import { DuckDatabase } from '../../../src/process/duckdb/database.ts';
import { QueryWorkers } from '../../../src/process/duckdb/query/workers.ts';
import { temporary } from '../../control/tools.ts';

const limited = { timeout: 120_000 };

type Answer = { columns: { name: string; type: string }[]; rows: unknown[][]; isTruncated: boolean };

/** A database with a table of 20,000 rows, and who answers over it. */
async function answering(t: TestContext) {
  const folder = await temporary(t);
  await mkdir(folder, { recursive: true });
  const queries = join(folder, 'queries');
  const database = await DuckDatabase.open({ path: join(folder, 'tables.duckdb'), allowedFolder: queries });
  const session = await database.session();
  await session.run(`create table ride as select i::bigint as id, 'zone ' || i % 7 as zone, i * 1.5 as km,
    timestamp '2026-11-22' + to_seconds(i) as at, [i, null] as list, '{"big": 9007199254740993}'::json as raw,
    1.50::decimal(38, 2) as fare, '\\xC3\\xA9'::blob as bytes, date '2026-11-22' as day, null::integer as none from range(20000) t(i)`);
  const versions = new Map<string, number>();
  const workers = new QueryWorkers(database, (table) => versions.get(table) ?? 0);
  t.after(async () => {
    await workers.close();
    session.close();
    database.close();
  });
  const pieces = async (
    sql: string,
    take: (piece: Uint8Array) => Promise<void>,
    { msMax = 60_000, msAsked = 60_000, signal = new AbortController().signal } = {},
  ) => workers.ask({ sql, rowsMax: limits.queryRowsMax, msMax, msAsked, bytesMax: limits.queryBytesMax, signal }, take);
  const ask = async (sql: string, options = {}): Promise<Answer> => {
    const all: Uint8Array[] = [];
    await pieces(sql, async (piece) => void all.push(piece), options);
    return JSON.parse(`${Buffer.concat(all)}}`) as Answer;
  };
  const refusal = (sql: string, options = {}) =>
    ask(sql, options).then(
      (answer) => assert.fail(`${sql} was answered: ${JSON.stringify(answer).slice(0, 200)}`),
      ({ code, message }: MillraceError) => `${code}: ${message}`,
    );
  const files = () => readdir(queries).catch(() => []);
  return { session, versions, pieces, ask, refusal, files, workers, folder };
}

describe('answers', limited, () => {
  test('are those of the tables, with every type as it is there', async (t) => {
    const { ask } = await answering(t);
    const { columns, rows, isTruncated } = await ask('from ride where id = 3');
    assert.deepEqual(
      columns.map(({ name, type }) => `${name} ${type}`),
      [
        'id BIGINT',
        'zone VARCHAR',
        'km DECIMAL(20,1)',
        'at TIMESTAMP',
        'list BIGINT[]',
        'raw VARCHAR',
        'fare DECIMAL(38,2)',
        'bytes BLOB',
        'day DATE',
        'none INTEGER',
      ].map((one) => one.replace('DECIMAL(20,1)', columns[2]!.type)),
    );
    assert.deepEqual(rows, [
      [
        3,
        'zone 3',
        '4.5',
        '2026-11-22T00:00:03.000Z',
        [3, null],
        '{"big": 9007199254740993}',
        '1.50',
        'w6k=',
        '2026-11-22',
        null,
      ],
    ]);
    assert.equal(isTruncated, false);
    assert.deepEqual((await ask('select zone, count(*) as n from ride group by all order by 1 limit 2')).rows, [
      ['zone 0', 2858],
      ['zone 1', 2857],
    ]);
    assert.deepEqual((await ask('from ride order by id desc limit 1 offset 2')).rows[0]![0], 19_997);
    assert.deepEqual((await ask('select count(*) from ride a join millrace.main.ride b using (id)')).rows, [[20_000]]);
  });

  test('of more rows than a query may have say so, and come in pieces', async (t) => {
    const { pieces } = await answering(t);
    const lengths: number[] = [];
    let text = '';
    await pieces("select id, repeat('x', 1000) as note from ride order by id", async (piece) => {
      lengths.push(piece.length);
      text += Buffer.from(piece);
    });
    const { rows, isTruncated } = JSON.parse(`${text}}`) as Answer;
    assert.equal(rows.length, limits.queryRowsMax);
    assert.ok(isTruncated);
    assert.ok(lengths.length > 5, `${lengths.length} pieces`);
  });

  test('have what was committed before they were asked for, and unchanged tables are copied once', async (t) => {
    const { session, versions, ask, files } = await answering(t);
    const count = async () => (await ask('select count(*) from ride')).rows[0]![0];
    assert.equal(await count(), 20_000);
    const before = await files();
    assert.equal(await count(), 20_000);
    assert.deepEqual(await files(), before);
    await session.run("insert into ride (id, zone) values (-1, 'new')");
    versions.set('ride', 1);
    assert.equal(await count(), 20_001);
    assert.notDeepEqual(await files(), before);
  });

  test('of a misspelt table name the one that is meant; the catalogue has the tables and their columns', async (t) => {
    const { ask, refusal } = await answering(t);
    assert.match(await refusal('from rides'), /^SQL_INVALID: .*rides does not exist/);
    assert.deepEqual((await ask('show tables')).rows, [['ride']]);
    assert.equal((await ask('describe ride')).rows.length, 10);
    assert.match(await refusal('select kms from ride'), /^SQL_INVALID: .*"kms" not found/);
    assert.match(await refusal('select zone::integer from ride'), /^SQL_INVALID: .*Could not convert string 'zone/);
    // a filter that is computed where the rows are fails as the rest of the query does
    for (const sql of [
      "select km from ride where id = 'x'",
      "select km from ride where day = 'noon'",
      'from ride where km = [1]',
    ])
      await assert.rejects(ask(sql), (error: MillraceError) => {
        assert.deepEqual([error.code, error.place], ['SQL_INVALID', 'query'], sql);
        assert.doesNotMatch(`${error.message}${error.remedy}`, /copy|parquet/i);
        return true;
      });
  });
});

describe('a query', limited, () => {
  test('that needs too much memory is ended, in one piece or in many, and the next one is answered', async (t) => {
    const { ask, refusal } = await answering(t);
    for (const sql of [
      "select length(repeat('x', 3000000000))",
      'select len(range(400000000))',
      'select list(x) from (select a.range x from range(100000000) a)',
      "select string_agg(repeat('x', 1000), ',') from range(10000000)",
    ])
      assert.match(await refusal(sql), /^QUERY_LIMIT: .*memory/, sql);
    assert.deepEqual((await ask('select count(*) from ride')).rows, [[20_000]]);
  });

  test('that takes too long is ended, also one that cannot be interrupted', async (t) => {
    const { ask, refusal } = await answering(t);
    // some of the time may have passed before, which the one who asks does not know of
    for (const sql of [
      'select count(*) from range(1e6::bigint) a, range(1e6::bigint) b',
      "select levenshtein(repeat('ab', 45000) || id, repeat('ba', 45000)) from ride",
    ])
      assert.match(
        await refusal(sql, { msMax: 1400, msAsked: 1500 }),
        /^QUERY_LIMIT: the query took longer than 1.5s/,
        sql,
      );
    assert.deepEqual((await ask('select 1')).rows, [[1]]);
  });

  test('is ended with the one who asks, and its process too', async (t) => {
    const { pieces } = await answering(t);
    const left = new AbortController();
    const asked = pieces(
      "select levenshtein(repeat('ab', 45000) || id, repeat('ba', 45000)) from ride",
      async () => {},
      {
        signal: left.signal,
      },
    );
    setTimeout(() => left.abort(new Error('left')), 500);
    await assert.rejects(asked, /left/);
  });

  test('whose answer nobody takes waits', async (t) => {
    const { pieces } = await answering(t);
    const left = new AbortController();
    let taken = 0;
    const asked = pieces(
      "select repeat('x', 15000) from range(1000)",
      () => {
        taken++;
        setTimeout(() => left.abort(new Error('left')), 500);
        return new Promise(() => {});
      },
      { signal: left.signal },
    );
    await assert.rejects(asked, /left/);
    assert.equal(taken, 1);
  });

  test('reads no file, and none of the engine’s own rows', async (t) => {
    const { refusal, folder } = await answering(t);
    for (const sql of [
      "from read_csv('/etc/passwd')",
      "from '/etc/passwd'",
      `from '${join(folder, 'queries', '1.parquet')}'`,
      'from meta.aside',
      "select getenv('HOME')",
      "attach ':memory:' as other",
    ])
      assert.match(await refusal(sql), /^SQL_INVALID/, sql);
  });

  test('leaves nothing behind: the folder of copies is gone when all is closed', async (t) => {
    const { ask, files, workers } = await answering(t);
    await ask('select count(*) from ride');
    assert.equal((await files()).length, 1);
    await workers.close();
    assert.deepEqual(await files(), []);
  });
});

test('the processes of queries have the lowest priority', {
  skip: process.platform !== 'linux' && 'needs /proc',
}, async (t) => {
  const { pieces } = await answering(t);
  let nice = '';
  await pieces('select 1', async () => {
    const children = (await readFile(`/proc/self/task/${process.pid}/children`, 'utf8')).trim().split(' ');
    nice = (await readFile(`/proc/${children.at(-1)}/stat`, 'utf8')).split(') ')[1]!.split(' ')[16]!;
  });
  assert.equal(nice, '19');
});
