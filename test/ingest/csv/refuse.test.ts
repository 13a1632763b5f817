// What the CSV source refuses: broken rows with their line, files, headers and options that do not fit.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { nodeFiles } from '../../../src/control/system.ts';
import { bytes, double, type Field, type Fields, int, list, text, timestamp } from '../../../src/define/fields.ts';
import { param } from '../../../src/define/param.ts';
import { checkOptions, open } from '../../../src/ingest/csv/open.ts';
import { context, diskFiles, memoryFiles } from '../tools.ts';
import { abc, fails, places, read } from './shared.ts';

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

  test('lines that end with CR alone, which would all be one header', async () => {
    for (const header of [true, false])
      for (const chunkBytes of [1, 7, 1000]) {
        const reading = read('a,b,c\r1,2,3\r"4",5,6\r', abc, { header }, {}, chunkBytes);
        await assert.rejects(reading, fails('SOURCE_REFUSED', /CR alone.*x\.csv, line 1.*tr/));
      }
    assert.deepEqual((await read('"a","b","c"\r')).rows, []);
    assert.deepEqual((await read('1,2,"3\r4"', abc, { header: false })).rows, [['1', '2', '3\r4']]);
  });

  test('a pipe, whether somebody writes to it or not', async (t) => {
    if (process.platform === 'win32') return t.skip('Windows has no named pipes in folders');
    const folder = await mkdtemp(join(tmpdir(), 'millrace-'));
    t.after(() => rm(folder, { recursive: true }));
    const file = join(folder, 'x.csv');
    execFileSync('mkfifo', [file]);
    const opening = open({ file }, context(abc, { files: nodeFiles() }));
    await assert.rejects(opening, fails('SOURCE_REFUSED', /is a pipe.*Write it to a file first/));
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

  test('fields that text cannot fill, before the file is opened; an optional one may lack its column', async () => {
    const at = (fields: Fields, options: object = {}) => checkOptions({ file: 'x', ...options }, fields, 'here');
    for (const field of [bytes(), list(text())]) {
      assert.throws(() => at({ a: field }), fails('OPTION_INVALID', /field 'a' of type (bytes|list).*here.*json\(\)/));
      const optional = { a: (field as Field).optional() };
      at(optional);
      for (const options of [{ header: false }, { columns: { a: 'A' } }])
        assert.throws(() => at(optional, options), fails('OPTION_INVALID', /field 'a'/));
    }
    assert.deepEqual((await read('b\nx\n', { a: list(text()).optional(), b: text() })).rows, [[null, 'x']]);
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
      [{ file: 'x', pace: '60' }, /'60' is not .*'60x'/],
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
