// Rows of tables: filters by type, orders and pages, files of all rows that wait for their reader.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { rowToJson } from '../../src/core/row-json.ts';
import type { App } from '../../src/web/app.ts';
import { fileStream } from '../../src/web/exports.ts';
import { makeApp, serve } from '../../src/web/server.ts';
import { fakeBackend } from './backend.ts';
import { makeRows } from './data.ts';
import { judged } from './document.ts';

type Row = Record<string, unknown>;
type Page = { rows: Row[]; next?: string };

let app: App;
before(async () => {
  app = await judged(await makeApp(fakeBackend()));
});
after(() => app.close());

async function page(url: string): Promise<Page> {
  const answer = await app.inject(url);
  assert.equal(answer.statusCode, 200, `${url}: ${answer.body}`);
  return answer.json<Page>();
}

async function refusal(url: string): Promise<{ title: string; place: string; remedy: string; code: string }> {
  const answer = await app.inject(url);
  assert.equal(answer.statusCode, 400, `${url}: ${answer.body}`);
  return answer.json();
}

const ids = async (url: string) => (await page(url)).rows.map((row) => row.id);

describe('filters', () => {
  test('take values of every type, as JSON shows them', async () => {
    const users = '/api/tables/users/rows?where.';
    assert.deepEqual(await ids(`${users}id=9223372036854775807`), ['9223372036854775807']);
    assert.deepEqual(await ids(`${users}active=true&where.id.lt=5`), [2, 4]);
    assert.deepEqual(await ids(`${users}born=1971-03-11`), [1]);
    assert.deepEqual(await ids(`${users}balance.gt=9999.5`), [10]);
    assert.deepEqual(await ids(`${users}at.gte=2026-11-22T08:10:00Z`), [10, 11]);
    assert.deepEqual(await ids(`${users}at.gte=${Date.UTC(2026, 10, 22, 8, 10)}`), [10, 11]);
    assert.deepEqual(await ids(`${users}photo=Af8A`), [1]);
    assert.deepEqual(await ids(`${users}name=${encodeURIComponent("O'Neill")}`), [1]);
    assert.deepEqual(await ids(`${users}name=`), [8]);
    assert.deepEqual(await ids(`${users}score.missing=true`), [3, 7, 11]);
    assert.deepEqual(await ids(`${users}extra.missing=true`), [3, 7, 11]);
    assert.deepEqual(await ids(`${users}id.in=1&where.id.in=2&where.country=Japan`), [2]);
    assert.deepEqual(await ids(`${users}name.like=%25n%25&where.id.ne=4`), [7, '9223372036854775807']);
    assert.equal((await ids(`${users}score.missing=false`)).length, 9);
  });

  test('are joined by and, several of one column too', async () => {
    const { rows } = await page(
      '/api/tables/rides/rows?where.km.gte=10&where.km.lt=12&where.zone.in=A&where.zone.in=B',
    );
    assert.ok(rows.length > 0);
    assert.ok(
      rows.every((row) => Number(row.km) >= 10 && Number(row.km) < 12 && ['A', 'B'].includes(String(row.zone))),
    );
  });

  for (const [query, title, remedy] of [
    ['where.zoen=A', "where.zoen: there is no column 'zoen'", "Did you mean 'zone'?"],
    [
      'where.zone.is=A',
      "where.zone.is: there is no operator 'is'",
      'Use one of eq, ne, lt, lte, gt, gte, in, like, missing.',
    ],
    ['where.km=far', "where.km: 'far' is not double", 'Give a value of type double.'],
    ['where.fare=1.234', "where.fare: '1.234' is not decimal(10, 2)", 'Give a value of type decimal(10, 2).'],
    [
      'where.at.gt=soon',
      "where.at.gt: 'soon' is not a time (write it as '2026-11-22T08:00:00Z' or as milliseconds since 1970)",
      'Give a value of type timestamp.',
    ],
    [
      'where.km.like=1',
      "where.km.like: column 'km' of type double cannot be compared by 'like'",
      'Use one of eq, ne, lt, lte, gt, gte, in, missing.',
    ],
    ['where.zone.missing=maybe', "where.zone.missing: 'maybe' is neither true nor false", 'Give true or false.'],
    ['where.zone=A&where.zone=B', 'where.zone: it is given twice', 'Give it once, or several values by where.zone.in.'],
    ['where.zone=A&where.zone.eq=B', 'where.zone.eq: it is given twice', 'Give it once.'],
    [
      'where.zone=A&where.zone.missing=true',
      'where.zone: what is missing meets no other condition',
      'Leave one of them out.',
    ],
    ['order=zone,-zone', "order: column 'zone' is given twice", 'Name each column once.'],
    ['oder=zone', "there is no parameter 'oder'", "Did you mean 'order'?"],
    ['limit=1001', 'limit: a page has 1000 rows at most', 'Ask for the next ones with after, or for a file.'],
    [
      'after=AAAA',
      'after: this is not where a page of this table and order ended',
      'Give `next` of the page before with the same table and order, or leave it out.',
    ],
  ] as const) {
    test(`${query} is refused in words`, async () => {
      const problem = await refusal(`/api/tables/rides/rows?${query}`);
      assert.deepEqual([problem.code, problem.title, problem.remedy], ['OPTION_INVALID', title, remedy]);
    });
  }

  test('of a column with declared values take these, and of like any pattern', async () => {
    const users = '/api/tables/users/rows?where.gender';
    assert.ok((await ids(`${users}=female`)).length > 0);
    for (const operator of ['', '.ne', '.in', '.gt']) {
      const { title, remedy } = await refusal(`${users}${operator}=femal`);
      assert.match(title, /'femal' is none of 'female', 'male', 'other'$/);
      assert.equal(remedy, 'Give one of these.');
    }
    await refusal(`${users}=${encodeURIComponent("female', 'male")}x`);
    assert.deepEqual(await ids(`${users}.like=femal`), []);
  });

  test('by like take a \\ before what stands for itself', async () => {
    const like = (pattern: string) => ids(`/api/tables/users/rows?where.name.like=${encodeURIComponent(pattern)}`);
    assert.deepEqual(await like("O'\\N%"), await like("O'N%"));
    assert.deepEqual(await like('\\%'), []);
    assert.match((await refusal('/api/tables/users/rows?where.name.like=a%5C')).title, /stands before nothing/);
  });

  test('of lists and JSON can only ask whether they are missing', async () => {
    for (const column of ['tags', 'extra']) {
      const problem = await refusal(`/api/tables/users/rows?where.${column}=a`);
      assert.equal(problem.remedy, 'Use missing.');
    }
    assert.match((await refusal('/api/tables/users/rows?order=tags')).title, /has no order/);
  });

  test('of bytes are base64', async () => {
    assert.match((await refusal('/api/tables/users/rows?where.photo=a*b')).title, /this is not base64/);
  });
});

describe('pages', () => {
  test('of any size, in any order, give each row once', async () => {
    const columns = ['id', 'zone', 'km', 'fare', 'at', 'driver'];
    const order = fc
      .uniqueArray(fc.constantFrom(...columns), { maxLength: 3 })
      .chain((names) => fc.tuple(...names.map((name) => fc.constantFrom(name, `-${name}`))));
    await fc.assert(
      fc.asyncProperty(order, fc.integer({ min: 7, max: 300 }), async (by, limit) => {
        const url = `/api/tables/rides/rows?limit=${limit}${by.length > 0 ? `&order=${by.join(',')}` : ''}`;
        const seen: unknown[] = [];
        let next: string | undefined;
        do {
          const { rows, next: following } = await page(next === undefined ? url : `${url}&after=${next}`);
          seen.push(...rows.map((row) => row.id));
          next = following;
        } while (next !== undefined);
        assert.equal(seen.length, 250);
        assert.equal(new Set(seen).size, 250);
        assert.deepEqual(
          seen,
          (await page(`${url.replace(/limit=\d+/, 'limit=1000')}`)).rows.map((row) => row.id),
        );
      }),
      { numRuns: 30 },
    );
  });

  test('go on after rows with missing values, NaN and whole numbers of 64 bits', async () => {
    for (const order of ['score', '-score', '-id', 'born,-balance', 'photo', '-name', 'active']) {
      const seen: unknown[] = [];
      let next: string | undefined;
      do {
        const found: Page = await page(`/api/tables/users/rows?limit=1&order=${order}${next ? `&after=${next}` : ''}`);
        seen.push(...found.rows.map((row) => row.id));
        next = found.next;
      } while (next !== undefined);
      assert.equal(new Set(seen).size, 12, order);
      assert.equal(seen.length, 12, order);
    }
  });

  test('of 1,000 rows have a next one only where more follow', async (t) => {
    const [first] = makeRows().get('rides')!;
    for (const [total, hasNext] of [
      [999, false],
      [1000, false],
      [1001, true],
    ] as const) {
      const rows: ReturnType<typeof fakeBackend>['rows'] = async (_table, { limit = 100 }) =>
        Array.from({ length: Math.min(limit, total) }, (_, i) => ({ ...first!, id: `r${i}` }));
      const few = await makeApp(fakeBackend({ rows }));
      t.after(() => few.close());
      const found = (await few.inject('/api/tables/rides/rows?limit=1000')).json<Page>();
      assert.deepEqual([found.rows.length, found.next !== undefined], [Math.min(total, 1000), hasNext]);
    }
  });

  test('refuse a cursor of another order or table', async () => {
    const { next } = await page('/api/tables/rides/rows?limit=5&order=-km');
    await refusal(`/api/tables/rides/rows?limit=5&order=km&after=${next}`);
    await refusal(`/api/tables/users/rows?after=${next}`);
  });
});

describe('a row by its key', () => {
  test('is found by one value, or by a JSON array of several', async () => {
    const one = await app.inject('/api/tables/rides/rows/r0007');
    assert.equal(one.json<Row>().id, 'r0007');
    const several = encodeURIComponent(JSON.stringify(['B', '2026-11-22T08:03:00.000Z']));
    assert.deepEqual((await app.inject(`/api/tables/fare_by_zone/rows/${several}`)).json<Row>().zone, 'B');
  });

  test('has every value in a form that loses nothing', async () => {
    assert.deepEqual((await app.inject('/api/tables/users/rows/9223372036854775807')).json(), {
      id: '9223372036854775807',
      name: 'Ann',
      country: 'Norway',
      gender: 'female',
      active: true,
      born: '1970-03-10',
      balance: '0.123456',
      score: 0,
      photo: 'AP8A',
      tags: ['a', 'tag 0'],
      extra: { n: 0, list: [1, 'two', null] },
      at: '2026-11-22T08:00:00.000Z',
    });
    assert.equal((await app.inject('/api/tables/users/rows/5')).json<Row>().score, 'NaN');
  });
});

describe('files', () => {
  test('CSV is as RFC 4180 has it: what is read back is what the table holds', async () => {
    const answer = await app.inject('/api/tables/users/rows?format=csv');
    assert.equal(answer.headers['content-type'], 'text/csv; charset=utf-8; header=present');
    assert.equal(answer.headers['content-disposition'], 'attachment; filename="users.csv"');
    const [names, ...lines] = parseCsv(answer.body);
    const expected = (await page('/api/tables/users/rows?limit=1000')).rows;
    assert.deepEqual(names, Object.keys(expected[0]!));
    const asText = (value: unknown) =>
      value === null ? null : typeof value === 'object' ? JSON.stringify(value) : String(value);
    const armed = (cell: string | null) => cell?.replace(/^'(?=[=+\-@\t\r])/, '') ?? null;
    assert.deepEqual(
      lines.map((line) => line.map(armed)),
      expected.map((row) => Object.values(row).map(asText)),
    );
  });

  test('NDJSON has one row a line, with the filters and the order of the request', async () => {
    const answer = await app.inject('/api/tables/rides/rows?format=ndjson&where.zone=C&order=-at&limit=20');
    const rows = answer.body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
    assert.deepEqual(rows, (await page('/api/tables/rides/rows?where.zone=C&order=-at&limit=20')).rows);
  });

  test('CSV disarms texts that a spreadsheet would run, and leaves numbers as they are', async () => {
    const columns = [
      ['name', 'text'],
      ['kind', "oneOf('=a')"],
      ['any', 'json'],
      ['n', 'double'],
      ['big', 'long'],
      ['price', 'decimal(12, 2)'],
      ['day', 'date'],
      ['at', 'timestamp'],
    ].map(([name, type]) => ({ name: name!, type: type!, isOptional: true, isPersonal: false }));
    const row = { n: -1.5, big: -(2n ** 62n), price: '-1.50', day: '-000001-01-01', at: new Date(0) };
    const texts = ['=1+1', '+1', '-1', '@a', '\t=1', '\r=1', "a=b's", ''];
    const firstPage = texts.map((text) => ({ name: text, kind: '=a', any: text, ...row }));
    const readPage = async () => [];
    let file = '';
    for await (const part of fileStream({ format: 'csv', columns, firstPage, pageRows: 1000, rowsMax: 1000, readPage }))
      file += part;
    const rest = ['-1.5', '-4611686018427387904', '-1.50', '-000001-01-01', '1970-01-01T00:00:00.000Z'];
    assert.deepEqual(
      parseCsv(file).slice(1),
      texts.map((text) => {
        const shown = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
        return [shown, "'=a", shown, ...rest];
      }),
    );
  });

  test('an empty table is a header', async () => {
    const answer = await app.inject('/api/tables/fare_by_zone/rows?format=csv&where.zone=none');
    assert.equal(answer.body, 'zone,minute,rides,km\r\n');
  });

  test('an error before the first row is a problem', async () => {
    const answer = await app.inject('/api/tables/nope/rows?format=csv');
    assert.deepEqual([answer.statusCode, answer.json<{ code: string }>().code], [404, 'NOT_FOUND']);
  });

  test('have all rows of a long table, and wait for a client that does not read', { timeout: 60_000 }, async (t) => {
    const total = 200_000;
    const [first] = makeRows().get('rides')!;
    let reads = 0;
    const rows: ReturnType<typeof fakeBackend>['rows'] = async (_table, { after, limit = 100 }) => {
      reads++;
      const from = after === undefined ? 0 : Number(String(after.id).slice(1)) + 1;
      const count = Math.min(limit, total - from);
      return Array.from({ length: count }, (_, i) => ({ ...first!, id: `r${from + i}` }));
    };
    const served = await serve(fakeBackend({ rows }), { port: 0 });
    t.after(() => served.close());
    const asked = request(`${served.url}/api/tables/rides/rows?format=ndjson`).end();
    const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
    // nobody reads: after the buffers of the sockets are full, no page is read from the table
    let before = -1;
    while (reads !== before) {
      before = reads;
      for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(reads < total / 1000 / 2, `${reads} pages were read`);
    let lines = 0;
    for await (const chunk of response) for (const byte of chunk as Uint8Array) if (byte === 10) lines++;
    assert.equal(lines, total);
    assert.equal(reads, total / 1000 + 1);
  });

  test('end when the client goes', { timeout: 60_000 }, async (t) => {
    let reads = 0;
    const [first] = makeRows().get('rides')!;
    const rows: ReturnType<typeof fakeBackend>['rows'] = async (_table, { limit = 100 }) => {
      reads++;
      return Array.from({ length: limit }, (_, i) => ({ ...first!, id: `r${reads}-${i}` }));
    };
    const served = await serve(fakeBackend({ rows }), { port: 0 });
    t.after(() => served.close());
    const asked = request(`${served.url}/api/tables/rides/rows?format=csv`).end();
    const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
    response.on('error', () => undefined);
    response.destroy();
    let before = -1;
    while (reads !== before) {
      before = reads;
      for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve));
    }
    assert.ok(reads < 1000, 'the endless table is read no more');
  });
});

test('a row of JSON keeps a member called __proto__', () => {
  const row = rowToJson({ extra: JSON.parse('{"__proto__":{"a":1}}') as unknown });
  assert.equal(JSON.stringify(row), '{"extra":{"__proto__":{"a":1}}}');
});

/** Reads CSV by the grammar of RFC 4180; an empty cell without quotes is null. */
function parseCsv(text: string): (string | null)[][] {
  const rows: (string | null)[][] = [];
  let row: (string | null)[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  while (cell.lastIndex < text.length) {
    const found = cell.exec(text);
    assert.ok(found, 'it is CSV');
    row.push(found[1] === undefined ? found[2] || null : found[1].replaceAll('""', '"'));
    if (found[3] !== '\r\n') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}
