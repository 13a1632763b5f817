// Broken rows in a file: each is kept with its line and its bytes, the rest is stored; fixed and sent again, all is as if nothing had been.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { positions } from '../../examples/bus/generator.ts';
import bus, { bus_positions } from '../../examples/bus/pipeline.ts';
import { lines } from '../../examples/bus/write-csv.ts';
import type { DeadLetterDetail, Millrace, PipelineStatus } from '../../src/control/millrace.ts';
import { random } from '../../src/core/random.ts';
import { recordAcceptor } from '../../src/define/accept.ts';
import { BatchBuilder, valueIn } from '../../src/log/batch.ts';
import { schemaIdOf } from '../../src/log/decode.ts';
import { recordEncoder } from '../../src/log/encode.ts';
import lenient from './pipelines/lenient-bus.ts';
import { busSample, ledger, lettersOf, opened, runIn, runOnce, sameTables, temporary } from './tools.ts';

/** A way to break a row: where it is found out, by which code, with what in the reason. */
type Way = { stage: string; code: string; reason: RegExp; breaks: (row: string) => string };

const source = 'source:bus_positions/csv';
const cell = (row: string, i: number, text: string) => row.split(',').with(i, text).join(',');
/** A byte that is no UTF-8, as it stands in the texts of this test. */
const noText = '\u0080';

const ways: Record<string, Way> = {
  'too few fields': {
    stage: source,
    code: 'RECORD_MALFORMED',
    reason: /14/,
    breaks: (row) => row.split(',').slice(0, 14).join(','),
  },
  'too many fields': { stage: source, code: 'RECORD_MALFORMED', reason: /19/, breaks: (row) => `${row},and,more` },
  'a quote never closed': {
    stage: source,
    code: 'RECORD_MALFORMED',
    reason: /quote/,
    breaks: (row) => cell(row, 12, '"ELM ST'),
  },
  'text behind a quote': {
    stage: source,
    code: 'RECORD_MALFORMED',
    reason: /quote/,
    breaks: (row) => cell(row, 12, '"ELM" ST'),
  },
  'no whole number': {
    stage: source,
    code: 'RECORD_INVALID',
    reason: /direction.*1\.5/,
    breaks: (row) => cell(row, 1, '1.5'),
  },
  'no number': {
    stage: source,
    code: 'RECORD_INVALID',
    reason: /latitude.*4O\.5/,
    breaks: (row) => cell(row, 10, '4O.5'),
  },
  'beyond 32 bits': {
    stage: source,
    code: 'RECORD_INVALID',
    reason: /distance_m/,
    breaks: (row) => cell(row, 14, '99999999999'),
  },
  'no such day': {
    stage: source,
    code: 'RECORD_INVALID',
    reason: /recorded_at.*2017-02-30/,
    breaks: (row) => cell(row, 0, '2017-02-30 00:00:00'),
  },
  'a missing vehicle': {
    stage: source,
    code: 'RECORD_INVALID',
    reason: /vehicle.*missing/,
    breaks: (row) => cell(row, 9, 'NA'),
  },
  'no UTF-8': {
    stage: source,
    code: 'RECORD_MALFORMED',
    reason: /UTF-8/,
    breaks: (row) => cell(row, 12, `ELM${noText}ST`),
  },
  'no scheduled time': {
    stage: 'bus_processed',
    code: 'ROW_FAILED',
    reason: /xx/,
    breaks: (row) => cell(row, 16, '12:xx:00'),
  },
  'a scheduled hour beyond 32 bits': {
    stage: 'bus_processed',
    code: 'ROW_FAILED',
    reason: /99999999999/,
    breaks: (row) => cell(row, 16, '99999999999:00:00'),
  },
};

/** Where a row was broken: its line in the file, the row as it was and as it is. */
type Broken = { kind: string; line: number; fixed: string; row: string };

/** The lines of the sample, or of generated rows where it is not on this machine. */
async function original(): Promise<string[]> {
  if (existsSync(busSample)) return (await readFile(busSample, 'utf8')).trimEnd().split('\n');
  return [...lines(positions(random('broken rows')), 9999)];
}

/**
 * Breaks each way `times` rows, the first and the last of the file among them. Left alone are rows that share vehicle and time with
 * another: which of two equally new ones bus_latest keeps depends on which came last, and a fixed row comes last.
 */
function breakRows(all: readonly string[], times: number): { text: string[]; broken: Broken[] } {
  const keyOf = (row: string) => `${row.split(',')[0]} ${row.split(',')[9]}`;
  const rows = all.slice(1);
  const seen = Map.groupBy(rows, keyOf);
  const free = rows.flatMap((row, i) => (seen.get(keyOf(row))!.length === 1 && !row.includes('"') ? [i] : []));
  const kinds = Object.keys(ways).flatMap((kind) => Array.from({ length: times }, () => kind));
  const text = [...all];
  const broken = kinds.map((kind, n): Broken => {
    const i = free[Math.round((n * (free.length - 1)) / (kinds.length - 1))]!;
    const fixed = rows[i]!;
    const row = ways[kind]!.breaks(fixed);
    text[i + 1] = row;
    return { kind, line: i + 2, fixed, row };
  });
  return { text, broken };
}

/** Bytes of lines, with the byte that is no UTF-8 as it is. */
function bytesOf(text: readonly string[]): Buffer {
  const parts = `${text.join('\n')}\n`.split(noText).map((part) => Buffer.from(part));
  return Buffer.concat(parts.flatMap((part, i) => (i === 0 ? [part] : [Buffer.of(0xff), part])));
}

type Prepared = {
  millrace: Millrace;
  clean: Millrace;
  broken: Broken[];
  params: { file: string };
  status: PipelineStatus;
  folder: string;
};

/** Runs the broken file, and a clean one beside it. */
async function prepare(
  t: TestContext,
  times: number,
  cleaned: (one: Broken) => string = (one) => one.fixed,
): Promise<Prepared> {
  const folder = await temporary(t);
  const all = await original();
  const { text, broken } = breakRows(all, times);
  const clean = all.with(0, all[0]!);
  for (const one of broken) clean[one.line - 1] = cleaned(one);
  const [file, cleanFile] = [join(folder, 'broken.csv'), join(folder, 'clean.csv')];
  await writeFile(file, bytesOf(text));
  await writeFile(cleanFile, bytesOf(clean));
  const { millrace, status } = await runOnce(t, join(folder, 'data'), bus, { file });
  const cleanRun = await runOnce(t, join(folder, 'clean'), cleaned === fix ? lenient : bus, { file: cleanFile });
  assert.deepEqual(cleanRun.status.ledger, ledger(9999));
  return { millrace, clean: cleanRun.millrace, broken, params: { file }, status, folder };
}

const tables = ['bus_traffic_processed', 'line_delay', 'bus_latest'];
const isSource = (kind: string) => ways[kind]!.stage === source;
/** What is left as it is by a fixed pipeline, and fixed by hand where the file itself is broken. */
const fix = (one: Broken) => (isSource(one.kind) ? one.fixed : one.row);

/** The letter of each broken row: by its line where the source refused it, else by its scheduled time and vehicle. */
function letterOf(letters: readonly DeadLetterDetail[], one: Broken): DeadLetterDetail {
  const cells = one.row.split(',');
  const found = letters.filter((letter) => {
    if (isSource(one.kind)) return letter.place === `line ${one.line}`;
    const record = letter.record as { vehicle?: string; scheduled?: string; recorded_at?: unknown } | undefined;
    return (
      record?.vehicle === cells[9] && record?.scheduled === cells[16] && String(record?.recorded_at ?? '').length > 0
    );
  });
  const exact = isSource(one.kind)
    ? found
    : found.filter(
        (letter) =>
          timeOf((letter.record as Record<string, unknown>).recorded_at) ===
          Date.parse(`${cells[0]!.replace(' ', 'T')}Z`),
      );
  assert.equal(exact.length, 1, `letters of ${one.kind} at line ${one.line}`);
  return exact[0]!;
}

const timeOf = (value: unknown) => (typeof value === 'number' ? value : new Date(value as string).getTime());

test('every broken row is in the dead letters with its line and its bytes, and the rest is stored', async (t) => {
  const { millrace, broken, status, params } = await prepare(t, 3);
  assert.deepEqual(status.ledger, ledger(9999, broken.length));
  assert.equal(status.tables.bus_traffic_processed, 9999 - broken.length);
  assert.match(status.reason ?? '', new RegExp(`${broken.length} records are in the dead letters`));
  const letters = await lettersOf(millrace);
  assert.equal(letters.length, broken.length);
  for (const one of broken) {
    const letter = letterOf(letters, one);
    const way = ways[one.kind]!;
    assert.deepEqual(
      [letter.stage, letter.code, letter.tries, letter.kind],
      [way.stage, way.code, 0, 'dead'],
      one.kind,
    );
    assert.match(letter.reason, way.reason, one.kind);
    if (isSource(one.kind)) assert.deepEqual(Buffer.from(letter.bytes), bytesOf([one.row]).subarray(0, -1), one.kind);
    else assert.deepEqual([letter.topic, letter.partition, typeof letter.offset], ['bus_positions', 0, 'number']);
  }
  // while it runs, it says that it needs a look
  const running = await millrace.start([bus], { params });
  assert.deepEqual([running.status()[0]!.health, running.status()[0]!.ledger.balanced], ['degraded', true]);
  assert.equal(await running.stop(), true);
});

test('fixed letter by letter and sent again, the tables equal those of a clean run', async (t) => {
  const { millrace, clean, broken, params } = await prepare(t, 2);
  const letters = await lettersOf(millrace);

  // nothing is fixed yet: all are refused again, one more try each
  assert.deepEqual(await millrace.deadRedrive(bus, {}, { params }), {
    sent: broken.length,
    stored: 0,
    stillDead: broken.length,
  });
  const tried = await lettersOf(millrace);
  assert.deepEqual(
    tried.map(({ tries }) => tries),
    letters.map(() => 1),
  );
  assert.deepEqual(
    tried.map(({ bytes }) => bytes),
    letters.map(({ bytes }) => bytes),
  );
  assert.deepEqual((await runIn(millrace, bus, params)).ledger, ledger(9999, broken.length));

  for (const one of broken) {
    const { id, bytes } = letterOf(letters, one);
    const replacement = isSource(one.kind) ? Buffer.from(one.fixed) : encoded(one.fixed, schemaIdOf(bytes));
    const result = await millrace.deadRedrive(bus, { ids: [id] }, { params, replacement });
    assert.deepEqual(result, { sent: 1, stored: 1, stillDead: 0 }, one.kind);
    // a second time there is nothing left to send
    assert.deepEqual(await millrace.deadRedrive(bus, { ids: [id] }, { params }), { sent: 0, stored: 0, stillDead: 0 });
  }
  assert.deepEqual(await millrace.deadList(), []);
  const status = await runIn(millrace, bus, params);
  assert.deepEqual(status.ledger, ledger(9999));
  assert.equal(status.reason, undefined);
  await sameTables(millrace, clean, tables);
});

test('sent again through a pipeline that takes them, the tables equal those of a clean run of it', async (t) => {
  const { millrace, clean, broken, params, folder } = await prepare(t, 2, fix);
  for (const one of broken.filter(({ kind }) => isSource(kind))) {
    const { id } = letterOf(await lettersOf(millrace), one);
    await millrace.deadRedrive(bus, { ids: [id] }, { params, replacement: Buffer.from(one.fixed) });
  }
  const left = broken.filter(({ kind }) => !isSource(kind)).length;
  const result = await millrace.deadRedrive(lenient, { stage: 'bus_processed' }, { params });
  assert.deepEqual(result, { sent: left, stored: left, stillDead: 0 });
  assert.deepEqual((await runIn(millrace, lenient, params)).ledger, ledger(9999));
  await sameTables(millrace, clean, tables);
  // and it is all still so after the folder was closed
  await millrace.close();
  await sameTables(await opened(t, join(folder, 'data')), clean, tables);
});

test('a letter that is replaced by something worse stays as it was, with one more try', async (t) => {
  const { millrace, broken, params } = await prepare(t, 1);
  const all = await lettersOf(millrace);
  for (const kind of ['no number', 'no scheduled time']) {
    const letter = letterOf(all, broken.find((one) => one.kind === kind)!);
    const result = await millrace.deadRedrive(bus, { ids: [letter.id] }, { params, replacement: Buffer.from('worse') });
    assert.deepEqual(result, { sent: 1, stored: 0, stillDead: 1 });
    const after = await millrace.deadShow(letter.id);
    assert.deepEqual([after.tries, Buffer.from(after.bytes)], [1, Buffer.from(letter.bytes)]);
  }
  await assert.rejects(millrace.deadRedrive(bus, {}, { params, replacement: Buffer.from('x') }), { code: 'USAGE' });
  assert.deepEqual((await runIn(millrace, bus, params)).ledger, ledger(9999, broken.length));
});

test('the command line lists, shows and sends them again, with the file of the last run', async (t) => {
  const { cli, busFile, jsonOf } = await import('./tools.ts');
  const { millrace, broken, params, folder } = await prepare(t, 1);
  await millrace.close();
  const data = ['--data', join(folder, 'data')];
  // makes the file of the pipeline known
  assert.equal((await cli(t, 'run', busFile, '--set', `file=${params.file}`, '--once', ...data)).code, 0);
  const list = jsonOf<{ letters: { id: number; place?: string }[] }>(await cli(t, 'dead', 'list', '--json', ...data));
  assert.equal(list.letters.length, broken.length);
  const one = broken.find(({ kind }) => kind === 'no number')!;
  const { id } = list.letters.find(({ place }) => place === `line ${one.line}`)!;
  const raw = await cli(t, 'dead', 'show', String(id), '--raw', ...data);
  assert.equal(raw.out, one.row);
  const fixed = join(folder, 'fixed.csv');
  await writeFile(fixed, one.fixed);
  const sent = await cli(
    t,
    'dead',
    'redrive',
    String(id),
    '--with',
    fixed,
    '--set',
    `file=${params.file}`,
    '--json',
    ...data,
  );
  assert.deepEqual(
    [sent.code, jsonOf(sent)],
    [0, { pipelines: [{ pipeline: 'bus', sent: 1, stored: 1, stillDead: 0 }] }],
  );
  const again = await cli(t, 'dead', 'redrive', '--all', '--set', `file=${params.file}`, ...data);
  assert.equal(again.code, 1, again.error);
});

/** A row of the file as the log holds it. */
function encoded(row: string, schemaId: number): Uint8Array {
  const names = Object.keys(bus_positions.fields);
  const cells = row
    .trimEnd()
    .split(',')
    .map((one) => (one === 'NA' || one === '' ? null : one));
  const values = recordAcceptor(bus_positions.fields)(Object.fromEntries(names.map((name, i) => [name, cells[i]])));
  const builder = new BatchBuilder();
  builder.begin(0, null);
  recordEncoder(bus_positions.fields, schemaId)(builder, values);
  builder.end();
  return Uint8Array.from(valueIn(builder.take(), 0)!);
}
