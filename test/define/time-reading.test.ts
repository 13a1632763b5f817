// timestamp({ format, zone, unit }): what is read at the edge, how a refusal reads, and that what is stored is a plain timestamp.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseDigits } from '../../src/core/digits.ts';
import { acceptor } from '../../src/define/accept.ts';
import { avroSchema } from '../../src/define/avro.ts';
import { asShown, formatType } from '../../src/define/fields.ts';
import { jsonSchema } from '../../src/define/json-schema.ts';
import { readParams } from '../../src/define/param.ts';
import type { TimestampOptions } from '../../src/define/time-reading.ts';
import { list, param, timestamp } from '../../src/index.ts';
import type { Bytes } from '../../src/ingest/csv/bytes.ts';
import { decoder } from '../../src/ingest/csv/decode.ts';
import { inputColumnsOf } from '../../src/web/columns.ts';

const read = (options: TimestampOptions, value: unknown) => {
  const ms = acceptor('at', timestamp(options))(value) as number;
  return new Date(ms).toISOString();
};
const refused = (options: TimestampOptions, value: unknown, message: RegExp, remedy = /./) =>
  assert.throws(
    () => read(options, value),
    (error) => {
      const { code, message: said, remedy: then } = error as { code: string; message: string; remedy: string };
      assert.equal(code, 'RECORD_INVALID');
      assert.match(said, message);
      assert.match(then, remedy);
      return true;
    },
  );

describe('a timestamp with options', () => {
  test('reads texts by its formats in their order, numbers by its unit, and Dates', () => {
    const candles = { format: ['yyyy-MM-dd HH:mm:ss', 'dd/MM/yyyy'], unit: 's' } as const;
    assert.equal(read(candles, '2022-04-09 00:00:01'), '2022-04-09T00:00:01.000Z');
    assert.equal(read(candles, '09/04/2022'), '2022-04-09T00:00:00.000Z');
    assert.equal(read(candles, 1_649_462_400), '2022-04-09T00:00:00.000Z');
    assert.equal(read(candles, '1649462400'), '2022-04-09T00:00:00.000Z');
    assert.equal(read(candles, new Date(5)), '1970-01-01T00:00:00.005Z');
    assert.equal(read({ format: 'yyyyMMdd', unit: 's' }, '20220409'), '2022-04-09T00:00:00.000Z');
    assert.equal(read({ format: 'dd/MM/yyyy' }, 1_649_462_400_000), '2022-04-09T00:00:00.000Z');
  });

  test('reads numbers by its unit, cut off at the millisecond', () => {
    assert.equal(read({ unit: 's' }, 1_700_000_000.1239), '2023-11-14T22:13:20.123Z');
    // as a product of floats this is 1000.9999999999999
    assert.equal(read({ unit: 's' }, 1.001), '1970-01-01T00:00:01.001Z');
    assert.equal(read({ unit: 's' }, -0.0001), '1969-12-31T23:59:59.999Z');
    assert.equal(read({ unit: 'ms' }, '1700000000123.9'), '2023-11-14T22:13:20.123Z');
    assert.equal(read({ unit: 'ms' }, -0.5), '1969-12-31T23:59:59.999Z');
    assert.equal(read({ unit: 'us' }, 1_700_000_000_123_999), '2023-11-14T22:13:20.123Z');
    assert.equal(read({ unit: 'us' }, -1), '1969-12-31T23:59:59.999Z');
    assert.equal(read({ unit: 'ns' }, parseDigits('1700000000123999999')), '2023-11-14T22:13:20.123Z');
    assert.equal(read({ unit: 'ns' }, 1_700_000_000_123_999_999n), '2023-11-14T22:13:20.123Z');
    assert.equal(read({ unit: 'ns' }, '1.700000000123e18'), '2023-11-14T22:13:20.123Z');
    for (const bad of [8.64e12 + 1, Number.NaN, Number.POSITIVE_INFINITY, '1e400', 'x', ''])
      refused({ unit: 's' }, bad, /seconds since 1970/);
    refused({}, '1700000000', /'1700000000' is not a time/, /timestamp\(\{ unit: 's' \}\)/);
  });

  test('reads texts without an offset in its zone, and those with one by it', () => {
    const zone = 'Europe/Berlin';
    assert.equal(read({ zone }, '2024-07-01 12:00:00'), '2024-07-01T10:00:00.000Z');
    assert.equal(read({ zone }, '2024-07-01T12:00:00.5'), '2024-07-01T10:00:00.500Z');
    assert.equal(read({ zone }, '2024-01-01'), '2023-12-31T23:00:00.000Z');
    assert.equal(read({ zone }, '2024-07-01T12:00:00Z'), '2024-07-01T12:00:00.000Z');
    assert.equal(read({ zone }, '2024-07-01T12:00:00-04:00'), '2024-07-01T16:00:00.000Z');
    assert.equal(read({ zone, format: 'dd.MM.yyyy HH:mm' }, '01.07.2024 12:00'), '2024-07-01T10:00:00.000Z');
    assert.equal(read({ zone, format: 'dd.MM.yyyy HH:mmX' }, '27.10.2024 02:30+01'), '2024-10-27T01:30:00.000Z');
    assert.equal(read({ zone, format: 'dd.MM.yyyy HH:mm' }, '27.10.2024 02:30'), '2024-10-27T00:30:00.000Z');
  });

  test('refuses what does not fit with the field, the text, the format and an example', () => {
    refused(
      { format: 'dd/MM/yyyy HH:mm' },
      '2024-07-01 12:00',
      /^field 'at': '2024-07-01 12:00' is not a time as 'dd\/MM\/yyyy HH:mm' \(for example '22\/11\/2026 08:05'\)$/,
      /change the format/,
    );
    refused(
      { format: ['dd/MM/yyyy', 'd.M.yy'], unit: 's' },
      'x',
      /'dd\/MM\/yyyy' .* or 'd.M.yy' .*, or a number of seconds/,
    );
  });

  test('is refused where an option is not known, with the nearest one', () => {
    for (const [options, message, remedy] of [
      [{ zone: 'Europe/Berlinn' }, /no time zone 'Europe\/Berlinn'/, /Did you mean 'Europe\/Berlin'/],
      [{ format: 'dd/MM/YYYY' }, /no token 'YYYY'/, /Did you mean 'yyyy'/],
      [{ format: '' }, /format: ''/, /a format as/],
      [{ format: [] }, /format: \[\]/, /a format as/],
      [{ format: [1] }, /format/, /a format as/],
      [{ unit: 'seconds' }, /no unit 'seconds'/, /Did you mean 's'\?/],
      [{ unit: 'milis' }, /no unit 'milis'/, /Use one of s, ms, us, ns/],
      [{ tz: 'UTC' }, /no option 'tz'/, /./],
      [null, /no object/, /./],
    ] as const)
      assert.throws(
        () => timestamp(options as never),
        (error) => {
          const { code, message: said, remedy: then } = error as { code: string; message: string; remedy: string };
          assert.equal(code, 'OPTION_INVALID');
          assert.match(said, message);
          assert.match(then, remedy);
          return true;
        },
      );
  });

  test('is refused by the compiler where an option is wrong', () => {
    // @ts-expect-error a unit is one of four
    assert.throws(() => timestamp({ unit: 'seconds' }));
    // @ts-expect-error a format is a text
    assert.throws(() => timestamp({ format: 5 }));
    // @ts-expect-error there is no such option
    assert.throws(() => timestamp({ timezone: 'UTC' }));
    // @ts-expect-error options are an object
    assert.throws(() => timestamp('dd/MM/yyyy'));
  });

  test('is stored as a plain timestamp, and says to those who send records how they are read', () => {
    const at = timestamp({ format: 'dd/MM/yyyy', zone: 'Europe/Berlin', unit: 's' })
      .describe('When it was.')
      .optional();
    assert.equal(formatType(at.type), 'timestamp');
    assert.deepEqual(avroSchema('t', { at: timestamp({ unit: 's' }) }), avroSchema('t', { at: timestamp() }));
    const { properties } = jsonSchema({ at, seen: timestamp() }) as { properties: Record<string, object> };
    const description =
      "When it was. Texts are written as 'dd/MM/yyyy' (for example '22/11/2026'). Times without an offset are those of Europe/Berlin. Numbers are seconds since 1970.";
    assert.deepEqual(properties, {
      at: { type: ['string', 'number'], description },
      seen: { type: 'string', format: 'date-time' },
    });
    const [column, plain] = inputColumnsOf({ at, seen: timestamp() });
    assert.deepEqual([column!.description, column!.example, column!.type], [description, '22/11/2026', 'timestamp']);
    assert.deepEqual([plain!.description, plain!.example], [undefined, undefined]);
  });

  test('is read alike from CSV, in lists and as a parameter; what Millrace shows itself is read where it is edited', () => {
    const at = timestamp({ format: 'dd/MM/yyyy HH:mm:ss', zone: 'America/New_York' });
    const noon = Date.UTC(2024, 6, 1, 16);
    const bytes = Buffer.from('01/07/2024 12:00:00') as Bytes;
    assert.equal(decoder('at', at)(bytes, 0, bytes.length, true), noon);
    const local = timestamp({ zone: 'America/New_York' });
    const iso = Buffer.from('2024-07-01 12:00:00') as Bytes;
    assert.equal(decoder('at', local)(iso, 0, iso.length, true), noon);
    const seconds = timestamp({ unit: 's' });
    for (const text of ['1719849600', '2024-07-01 16:00:00']) {
      const written = Buffer.from(text) as Bytes;
      assert.equal(decoder('at', seconds)(written, 0, written.length, true), noon);
    }
    assert.deepEqual(acceptor('at', list(at))(['01/07/2024 12:00:00']), [noon]);
    assert.equal(readParams([param('at', at)], { at: '01/07/2024 12:00:00' }).values.get('at'), noon);
    assert.throws(() => acceptor('at', at)('2024-07-01T16:00:00.000Z'));
    assert.equal(acceptor('at', asShown(at))('2024-07-01T16:00:00.000Z'), noon);
    assert.equal(acceptor('at', asShown(at))('2024-07-01 16:00:00'), noon);
    assert.equal(acceptor('at', asShown(local))('2024-07-01 16:00:00'), noon);
    assert.equal(acceptor('at', asShown(at))('01/07/2024 12:00:00'), noon);
    assert.deepEqual(acceptor('at', asShown(list(at)))(['2024-07-01T16:00:00.000Z']), [noon]);
  });
});
