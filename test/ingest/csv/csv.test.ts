// csv reads what RFC 4180 says, refuses what it cannot with its line, and goes on where it was.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MillraceError } from '../../../src/core/errors.ts';
import { acceptor } from '../../../src/define/accept.ts';
import {
  date,
  decimal,
  double,
  type Fields,
  float,
  int,
  json,
  list,
  long,
  text,
  timestamp,
} from '../../../src/define/fields.ts';
import { param } from '../../../src/define/param.ts';
import type { Bytes } from '../../../src/ingest/csv/bytes.ts';
import { decoder } from '../../../src/ingest/csv/decode.ts';
import { checkOptions, open, revive } from '../../../src/ingest/csv/open.ts';
import type { SourceContext } from '../../../src/ingest/source.ts';
import { context, diskFiles, type Gathered, gather, generatedFiles, memoryFiles } from '../tools.ts';

const abc: Fields = { a: text().optional(), b: text().optional(), c: text().optional() };

async function read(
  content: string | Uint8Array,
  fields: Fields = abc,
  options: object = {},
  given: Partial<SourceContext> = {},
  chunkBytes?: number,
): Promise<Gathered> {
  const files = memoryFiles({ 'x.csv': content }, chunkBytes);
  return gather(await open({ file: 'x.csv', ...options }, context(fields, { files, ...given })));
}

const places = (all: Gathered) =>
  all.refusals.map((one) => `${one.place} #${one.sequence} ${Buffer.from(one.bytes).toString('latin1')}`);

function fails(code: string, part: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof MillraceError, String(error));
    assert.equal(error.code, code);
    assert.match(`${error.message} | ${error.place} | ${error.remedy}`, part);
    return true;
  };
}

/** Writes a table with quotes where they are needed, and at random where they are not. */
function write(
  rows: readonly (readonly string[])[],
  eol: string,
  quoted: (i: number) => boolean,
  isEnded: boolean,
): string {
  let count = 0;
  const lines = rows.map((row) =>
    row
      .map((one) =>
        /[",\r\n]/.test(one) || row.length === 1 || quoted(count++) ? `"${one.replaceAll('"', '""')}"` : one,
      )
      .join(','),
  );
  return lines.join(eol) + (isEnded ? eol : '');
}

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

describe('csv refuses', () => {
  const broken = [
    'a,b,c', // line 1
    '1,2,3',
    '1,2', // 3: too few
    '"x\ny",2,3', // 4 and 5
    '1,2,3,4', // 6: too many
    '', // 7
    '1,"2"x,3', // 8: text after a quote
    '1,2"2,""', // 9: a quote within is text
    '1,"\n2",3,4', // 10 and 11: too many
    '5,6,7',
    '8,"9,10', // 13: never closed
    '11,12,13',
    '14,15,16',
  ];

  test('rows that are broken, each with its line and its very bytes, and reads all others', async () => {
    for (const eol of ['\n', '\r\n']) {
      for (const chunkBytes of [1, 2, 3, 7, 64, 1000]) {
        const all = await read(broken.join('\n').replaceAll('\n', eol), abc, {}, {}, chunkBytes);
        assert.deepEqual(places(all), [
          'line 3 #1 1,2',
          'line 6 #3 1,2,3,4',
          'line 8 #4 1,"2"x,3',
          `line 10 #6 1,"${eol}2",3,4`,
          'line 13 #8 8,"9,10',
        ]);
        assert.deepEqual(all.rows, [
          ['1', '2', '3'],
          [`x${eol}y`, '2', '3'],
          ['1', '2"2', null],
          ['5', '6', '7'],
          ['11', '12', '13'],
          ['14', '15', '16'],
        ]);
        assert.deepEqual(all.sequences, [0, 2, 5, 7, 9, 10]);
      }
    }
  });

  test('values that do not fit, bytes that are not UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from('a,b\n1,x\nz,y\n2,'), Buffer.from([0xe9, 0xff]), Buffer.from('\n3,é\n')]);
    const all = await read(bytes, { a: int(), b: text() });
    assert.deepEqual(all.rows, [
      [1, 'x'],
      [3, 'é'],
    ]);
    assert.deepEqual(places(all), ['line 3 #1 z,y', 'line 4 #2 2,éÿ']);
    assert.deepEqual(
      all.refusals.map((one) => one.error.code),
      ['RECORD_INVALID', 'RECORD_MALFORMED'],
    );
  });

  test('a row that is too long, a quote that is not closed within the limit, whatever the chunks', async () => {
    const long = 'x'.repeat(300);
    const content = `a,b\n1,2\n${long},${long}\n"open,\n3,4\n${'5,6\n'.repeat(60)}${long}${long}`;
    for (const chunkBytes of [1, 50, 99, 100, 101, 102, 5000]) {
      const all = await read(content, { a: text(), b: text() }, { rowBytesMax: 100 }, {}, chunkBytes);
      assert.equal(all.rows.length, 62);
      assert.deepEqual(
        all.refusals.map((one) => `${one.place} ${one.error.code} ${one.bytes.length}`),
        ['line 3 RECORD_TOO_LARGE 102', 'line 4 RECORD_MALFORMED 6', 'line 66 RECORD_TOO_LARGE 102'],
      );
    }
    const edge = await read(`a\n${'y'.repeat(100)}\r\n${'y'.repeat(101)}\r\n`, { a: text() }, { rowBytesMax: 100 });
    assert.deepEqual([edge.rows.length, places(edge).length], [1, 1]);
  });

  test('a file of nothing but quotes within seconds', async () => {
    const startMs = performance.now();
    const all = await read(`a\n${'"x,\n'.repeat(20_000)}${'""y\n'.repeat(20_000)}${'z\n'.repeat(100_000)}`, {
      a: text(),
    });
    assert.equal(all.rows.length + all.refusals.length, 140_000);
    assert.ok(performance.now() - startMs < 10_000);
  });

  test('files that are missing, empty, folders, or no text', async () => {
    const at = (files: Record<string, string | Uint8Array>, file = 'x.csv') =>
      open({ file }, context(abc, { files: memoryFiles(files) }));
    await assert.rejects(at({}), fails('SOURCE_MISSING', /no file x\.csv.*Check the path/));
    for (const empty of ['', '\n\r\n', '\ufeff'])
      await assert.rejects(at({ 'x.csv': empty }), fails('SOURCE_REFUSED', /empty.*x\.csv, line/));
    await assert.rejects(
      at({ 'x.csv': Buffer.from('a,b', 'utf16le') }).then(() => at({ 'x.csv': Buffer.from('\ufeffa', 'utf16le') })),
      fails('SOURCE_REFUSED', /./),
    );
    await assert.rejects(at({ 'x.csv': Buffer.from([0x1f, 0x8b, 8, 0]) }), fails('SOURCE_REFUSED', /gzip/));
    await assert.rejects(at({ 'x.csv': '"a\nb' }), fails('SOURCE_REFUSED', /not closed/));
    const folder = open({ file: import.meta.dirname }, context(abc, { files: diskFiles }));
    await assert.rejects(folder, fails('SOURCE_REFUSED', /is a folder/));
  });

  test('a header that lacks columns, naming all of them and what is near; that has one twice', async () => {
    const fields = { zone: text(), distance: double(), at: timestamp(), note: text().optional() };
    const wrong = (content: string, options = {}) => read(content, fields, options);
    await assert.rejects(
      wrong('Zone,distnce,x\n'),
      fails('SOURCE_REFUSED', /'zone', 'distance', 'at'.*line 1.*'Zone'.*'distnce'/),
    );
    await assert.rejects(wrong('zone;distance;at\n'), fails('SOURCE_REFUSED', /delimiter: ";"/));
    await assert.rejects(
      wrong('zone,at,distance,zone\n'),
      fails('SOURCE_REFUSED', /columns 1 and 4 are both named 'zone'/),
    );
    await assert.rejects(wrong('zone,at,distance\n', { columns: { note: 'Note' } }), fails('SOURCE_REFUSED', /'Note'/));
    assert.deepEqual((await wrong('zone,at,distance,x,x\nz,2017-06-01,1,2,3\n')).rows, [
      ['z', 1, Date.UTC(2017, 5, 1), null],
    ]);
    await assert.rejects(read('a\n', { a: list(text()) }), fails('OPTION_INVALID', /list cannot come from a CSV/));
  });

  test('options that do not fit, by name', () => {
    const wrong: [object, RegExp][] = [
      [{}, /'file' is missing/],
      [{ file: '' }, /'file'/],
      [{ file: 'x', delimeter: ';' }, /'delimeter'.*Write 'delimiter'/],
      [{ file: 'x', delimiter: '||' }, /'delimiter'/],
      [{ file: 'x', delimiter: '"' }, /'delimiter' and 'quote'/],
      [{ file: 'x', columns: { d: 'D' } }, /no field 'd'/],
      [{ file: 'x', columns: { a: 1 } }, /'columns'/],
      [{ file: 'x', header: false, columns: { a: 'A' } }, /needs a header/],
      [{ file: 'x', pace: { rate: 'fast' } }, /'pace'/],
      [{ file: 'x', pace: { speed: 0 } }, /'pace'/],
      [{ file: 'x', pace: { rate: 1, speed: 2 } }, /'pace'/],
      [{ file: 'x', missing: 'NA' }, /'missing'/],
      [{ file: 'x', rowBytesMax: '1 parsec' }, /'rowBytesMax'.*not a size/],
    ];
    for (const [options, part] of wrong) {
      assert.throws(() => checkOptions(options as Record<string, unknown>, abc, 'here'), fails('OPTION_INVALID', part));
    }
    checkOptions({ file: param('file', text()), pace: '60x' }, abc, 'here');
    assert.throws(
      () => checkOptions({ file: 'x', pace: param('p', text(), { default: 'slow' }) }, abc, 'here'),
      fails('OPTION_INVALID', /pace/),
    );
  });
});

describe('csv goes on', () => {
  const content = `a,b,c\n${Array.from({ length: 300 }, (_, i) => (i % 7 === 3 ? `${i},x` : i % 5 === 4 ? `"${i}\n",\n\n"é",z`.replace('\n\n', '') : `${i},"y""",z`)).join('\n')}`;

  test('from any place with the same rows and numbers', async () => {
    const whole = await read(content, abc);
    for (let stop = 1; stop < 300; stop += 13) {
      let elapsed = 0;
      const sleep = async (ms: number) => {
        elapsed += ms;
      };
      const clock = { now: () => 0, elapsed: () => elapsed, sleep };
      // at 50 a second each tick of 20 ms is one row
      const source = await open(
        { file: 'x.csv', pace: '50/s' },
        context(abc, { files: memoryFiles({ 'x.csv': content }, 64), clock, nextSequence: 10 }),
      );
      const part = await gather(source, stop);
      const rest = await read(content, abc, {}, { position: part.last, nextSequence: 77_777 });
      assert.deepEqual([...part.rows, ...rest.rows], whole.rows);
      assert.deepEqual(
        [...part.sequences, ...rest.sequences].map((one) => one - 10),
        whole.sequences,
      );
      assert.deepEqual(
        [...places(part), ...places(rest)],
        places(whole).map((one) => one.replace(/#(\d+)/, (_, n) => `#${Number(n) + 10}`)),
      );
    }
  });

  test('with what was added to a file that it had finished', async () => {
    const first = await read('a,b,c\n1,2,3\n', abc);
    const none = await read('a,b,c\n1,2,3\n', abc, {}, { position: first.last });
    assert.deepEqual(none.batches, []);
    const grown = await read('a,b,c\n1,2,3\n4,5,6\nx', abc, {}, { position: first.last });
    assert.deepEqual([grown.rows, grown.sequences], [[['4', '5', '6']], [1]]);
    assert.deepEqual(places(grown), ['line 4 #2 x']);
  });

  test('behind a last line that had no end: with the next line, or refusing the rest of a line that was not complete', async () => {
    const first = await read('a,b,c\n1,2,3', abc);
    for (const eol of ['\n', '\r\n']) {
      const grown = await read(`a,b,c\n1,2,3${eol}4,5,6`, abc, {}, { position: first.last }, 1);
      assert.deepEqual([grown.rows, grown.sequences, grown.refusals], [[['4', '5', '6']], [1], []]);
    }
    const torn = await read('a,b,c\n1,2,33\n4,5,6\n7,8', abc, {}, { position: first.last });
    assert.deepEqual(torn.rows, [['4', '5', '6']]);
    assert.deepEqual(places(torn), ['line 2 #1 3', 'line 4 #3 7,8']);
    const headerOnly = await read('a,b,c', abc);
    assert.deepEqual(headerOnly.batches, []);
  });

  test('not with a file that is shorter or begins differently', async () => {
    const first = await read('a,b,c\n1,2,3\n', abc);
    const changed = (now: string) => read(now, abc, {}, { position: first.last });
    await assert.rejects(changed('a,b,c\n1,2'), fails('SOURCE_CHANGED', /shorter.*another name/));
    await assert.rejects(changed('a,c,b\n1,2,3\n4,5,6\n'), fails('SOURCE_CHANGED', /begins differently/));
  });

  test('from the beginning of a file of another name, numbering on', async () => {
    const first = await read('a,b,c\n1,2,3\n', abc);
    const files = memoryFiles({ 'y.csv': 'a,b,c\n1,2,3\n4,5,6\n' });
    const next = await gather(
      await open({ file: 'y.csv' }, context(abc, { files, position: first.last, nextSequence: 1 })),
    );
    assert.deepEqual([next.rows.length, next.sequences], [2, [1, 2]]);
    const again = await gather(
      await open({ file: 'y.csv' }, context(abc, { files, position: next.last, nextSequence: 3 })),
    );
    assert.deepEqual(again.batches, []);
  });

  test('with a refused row that was mended', async () => {
    const files = memoryFiles({ 'x.csv': 'a,b,c\n1,2\n' });
    const source = await open({ file: 'x.csv' }, context(abc, { files }));
    const bytes = (one: string) => Buffer.from(one);
    assert.deepEqual(source.revive(bytes('1,"é""",3')), ['1', 'é"', '3']);
    assert.deepEqual(source.revive(bytes('1,2,3\r\n')), ['1', '2', '3']);
    for (const one of ['1,2', '', '\n1,2,3', '1,2,3\n4,5,6', '1,"2,3'])
      assert.throws(() => source.revive(bytes(one)), MillraceError, one);
    await source.close();
    const again = await revive({ file: 'x.csv' }, context(abc, { files }));
    assert.deepEqual(again(bytes('1,2,3')), ['1', '2', '3']);
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
