// csv reads what RFC 4180 says, refuses what it cannot with its line, and goes on where it was.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { acceptor } from '../../../src/define/accept.ts';
import { date, decimal, double, float, int, json, long, text, timestamp } from '../../../src/define/fields.ts';
import type { Bytes } from '../../../src/ingest/csv/bytes.ts';
import { decoder } from '../../../src/ingest/csv/decode.ts';
import { open } from '../../../src/ingest/csv/open.ts';
import { context, diskFiles, gather, generatedFiles } from '../tools.ts';
import { abc, places, read, write } from './shared.ts';

describe('csv reads', () => {
  test('any table as it was written, however it is quoted and whatever the size of the chunks', async () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', 'a', 'é', '😀', ' '), maxLength: 8 }),
    );
    // a lone surrogate cannot be written in UTF-8
    const whole = value.filter((one) => one.isWellFormed() && !one.startsWith('\ufeff'));
    await fc.assert(
      fc.asyncProperty(
        fc
          .integer({ min: 1, max: 5 })
          .chain((width) =>
            fc.array(fc.array(whole, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 12 }),
          ),
        fc.constantFrom('\n', '\r\n'),
        fc.array(fc.boolean(), { minLength: 1 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 40 }),
        async (rows, eol, dice, isEnded, chunkBytes) => {
          const names = rows[0]!.map((_, i) => `f${i}`);
          const content = write([names, ...rows], eol, (i) => dice[i % dice.length]!, isEnded);
          const fields = Object.fromEntries(names.map((name) => [name, text()]));
          const all = await read(content, fields, { missing: [] }, {}, chunkBytes);
          assert.deepEqual(all.refusals, []);
          assert.deepEqual(all.rows, rows);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('the csv-spectrum corpus', async () => {
    const folder = dirname(createRequire(import.meta.url).resolve('csv-spectrum'));
    for (const name of readdirSync(join(folder, 'csvs'))) {
      const content = readFileSync(join(folder, 'csvs', name));
      const expected = JSON.parse(readFileSync(join(folder, 'json', name.replace('.csv', '.json')), 'utf8'));
      const header = content
        .toString('latin1')
        .split(/\r?\n/)[0]!
        .split(',')
        .map((one) => one.replaceAll('"', ''));
      const fields = Object.fromEntries(header.map((_, i) => [`f${i}`, text()]));
      const columns = Object.fromEntries(header.map((one, i) => [`f${i}`, one]));
      const all = await read(content, fields, { columns, missing: [] });
      if (name === 'location_coordinates.csv') {
        // this one is Latin-1: its row is refused, not read wrongly
        assert.equal(all.rows.length + all.refusals.length, 1, name);
      } else {
        const records = all.rows.map((row) => Object.fromEntries(header.map((one, i) => [one, row[i]])));
        assert.deepEqual(records, expected, name);
      }
    }
  });

  test('every naughty string, quoted or refused, without a crash', async () => {
    const path = createRequire(import.meta.url).resolve('big-list-of-naughty-strings/blns.json');
    const strings = (JSON.parse(readFileSync(path, 'utf8')) as string[]).filter((one) => one.isWellFormed());
    const rows = strings.map((one, i) => [one, String(i)]);
    const fields = { naughty: text(), id: int() };
    const all = await read(
      write([['naughty', 'id'], ...rows], '\n', (i) => i % 2 === 0, true),
      fields,
      { missing: [] },
    );
    assert.deepEqual(
      all.rows,
      strings.map((one, i) => [one, i]),
    );
    const raw = await read(readFileSync(path.replace('.json', '.txt')), { naughty: text() }, { header: false });
    assert.ok(raw.rows.length > 300);
    const junk = await read(readFileSync(path.replace('.json', '.txt')), fields, { header: false, columns: {} });
    assert.ok(junk.rows.length + junk.refusals.length > 300);
  });

  test('numbers and times to the values that the acceptors give', async () => {
    const fields = Object.entries({
      i: int(),
      l: long(),
      f: float(),
      d: double(),
      t: timestamp(),
      e: date(),
      m: decimal(8, 2),
    });
    const both = fields.map(([name, field]) => ({ accept: acceptor(name, field), decode: decoder(name, field) }));
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789.-+e '), maxLength: 18 });
    const time = fc.oneof(
      fc
        .date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') })
        .map((one) => one.toISOString().slice(0, 19).replace('T', ' ')),
      fc.string({ unit: fc.constantFrom(...'0123456789-: '), minLength: 19, maxLength: 19 }),
      fc.constantFrom(
        '2017-02-29 00:00:00',
        '2016-02-29T23:59:59',
        '2017-06-31 10:00:00',
        '0099-01-01 00:00:00',
        '2017-06-01 24:00:00',
      ),
    );
    const number = fc.oneof(digits, fc.double({ noNaN: true }).map(String), fc.integer().map(String));
    const outcomeOf = (make: () => unknown) => {
      try {
        return make();
      } catch (error) {
        return (error as Error).message;
      }
    };
    fc.assert(
      fc.property(fc.oneof(digits, number, time), (written) => {
        const bytes = Buffer.from(`,${written},`) as Bytes;
        for (const { accept, decode } of both) {
          const decoded = outcomeOf(() => decode(bytes, 1, bytes.length - 1, true));
          assert.ok(
            Object.is(
              decoded,
              outcomeOf(() => accept(written)),
            ),
            written,
          );
        }
      }),
      { numRuns: 3000 },
    );
    for (const one of [
      '-0',
      '-0.0',
      '0.1',
      '40.616104',
      '-74.031143',
      '123456789012345',
      '0.00000000000001',
      '9007199254740993',
    ]) {
      const all = await read(`d\n${one}\n`, { d: double() });
      assert.ok(Object.is(all.rows[0]![0], Number(one)), one);
    }
  });

  test('a byte order mark, blank lines, a last line without an end, columns in another order and more than are needed', async () => {
    const all = await read('\ufeffz,b,"a"\r\n\r\n1,2,3\r\n\r\n\r\n4,5,6', abc);
    assert.deepEqual(all.rows, [
      ['3', '2', null],
      ['6', '5', null],
    ]);
    assert.deepEqual(all.sequences, [0, 1]);
  });

  test('missing texts as null, and refuses them for a field that must be there', async () => {
    const fields = { a: text(), b: double().optional() };
    const all = await read('a,b\nx,NA\nNA,1\n"NA",2\ny,\n', fields, { missing: ['', 'NA'] });
    assert.deepEqual(all.rows, [
      ['x', null],
      ['y', null],
    ]);
    assert.deepEqual(places(all), ['line 3 #1 NA,1', 'line 4 #2 "NA",2']);
    assert.match(all.refusals[0]!.error.message, /field 'a' is missing/);
  });

  test('JSON fields as JSON, other delimiters and quotes, and files without a header', async () => {
    const all = await read(
      '1;\'{"a": [1]}\'\n2;nonsense\n',
      { id: int(), data: json() },
      { header: false, delimiter: ';', quote: "'" },
    );
    assert.deepEqual(all.rows, [[1, '{"a":[1]}']]);
    assert.deepEqual(places(all), ['line 2 #1 2;nonsense']);
    const unquoted = await read('a,b\n5" pipe,"x\n', { a: text(), b: text() }, { quote: '' });
    assert.deepEqual(unquoted.rows, [['5" pipe', '"x']]);
  });

  test('the real bus rows without a refusal', async (t) => {
    const path = resolve(import.meta.dirname, '../../../../shared/data/mta_bus/mta_1706_sample.csv');
    if (!existsSync(path)) return t.skip(`${path} is not here`);
    const names = readFileSync(path, 'utf8').split(/\r?\n/)[0]!.split(',');
    const numeric = /Lat|Long|Distance/;
    const fields = Object.fromEntries(
      names.map((name, i) => {
        const field = /ExpectedArrivalTime|RecordedAtTime/.test(name)
          ? timestamp()
          : numeric.test(name)
            ? double()
            : text();
        return [`f${i}`, field.optional()];
      }),
    );
    const columns = Object.fromEntries(names.map((name, i) => [`f${i}`, name]));
    const source = await open({ file: path, columns, missing: ['', 'NA'] }, context(fields, { files: diskFiles }));
    const all = await gather(source);
    assert.equal(all.rows.length, 9999);
    assert.deepEqual(all.refusals, []);
    assert.equal(all.rows[0]![0], Date.UTC(2017, 5, 1, 0, 3, 34));
    assert.equal(all.batches.at(-1)!.progress, 1);
  });
});

describe('csv stays small and steady', () => {
  test('whatever the length of the file, and gives the event loop its turns', async () => {
    const line = Buffer.from('1234567890,some text that is repeated,3.25\n');
    const block = Buffer.from(line.toString().repeat(1000));
    const header = Buffer.from('a,b,c\n');
    const size = 200 * 2 ** 20;
    const files = generatedFiles(size, (target, position) => {
      const length = Math.min(target.length, size - position, block.length);
      if (position === 0) return header.copy(target);
      const offset = (position - header.length) % block.length;
      return block.copy(target, 0, offset, Math.min(block.length, offset + length));
    });
    const fields = { a: long(), b: text(), c: double() };
    const source = await open({ file: 'big.csv' }, context(fields, { files }));
    const startBytes = process.memoryUsage().rss;
    let rows = 0;
    let most = 0;
    let turns = 0;
    let next = setImmediate(function again() {
      turns++;
      next = setImmediate(again);
    });
    for await (const batch of source.batches()) {
      rows += batch.rows.length + batch.refusals.length;
      assert.ok(batch.rows.length <= 10_000);
      most = Math.max(most, process.memoryUsage().rss);
    }
    clearImmediate(next);
    await source.close();
    assert.equal(rows, Math.ceil((size - header.length) / line.length));
    assert.ok(most - startBytes < 200e6, `${((most - startBytes) / 1e6).toFixed(0)} MB more`);
    // 2,048 rows are a few milliseconds of work
    assert.ok(turns >= rows / 2048, `${turns} turns for ${rows} rows`);
  });
});
