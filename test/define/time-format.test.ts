// Formats of times: each token, what is refused when the format is made, and what when a text is read.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { timeFormat } from '../../src/define/time-format.ts';
import { zoneOf } from '../../src/define/zone.ts';

const read = (format: string, text: string, zone?: string) => {
  const ms = timeFormat(format).parse(text, zone === undefined ? undefined : zoneOf(zone));
  return Number.isNaN(ms) ? 'refused' : new Date(ms).toISOString();
};

describe('a format', () => {
  test('reads the times of real files', () => {
    for (const [format, text, expected] of [
      ['dd/MM/yyyy HH.mm.ss', '10/03/2004 18.00.00', '2004-03-10T18:00:00.000Z'],
      ['d/M/yyyy HH:mm:ss', '1/2/2007 00:00:00', '2007-02-01T00:00:00.000Z'],
      ["EEE MMM dd HH:mm:ss 'GMT'XXX yyyy", 'Wed Feb 23 18:02:11 GMT+01:00 2022', '2022-02-23T17:02:11.000Z'],
      ['dd-MMM-yyyy HH:mm:ss.SSS', '23-Feb-2022 18:02:14.123', '2022-02-23T18:02:14.123Z'],
      ['M/d/yy H:mm', '12/1/10 8:26', '2010-12-01T08:26:00.000Z'],
      ['M/d/yyyy h:mm:ss a', '4/12/2016 1:00:00 AM', '2016-04-12T01:00:00.000Z'],
      ['M/d/yyyy h:mm:ss a', '4/12/2016 12:00:00 AM', '2016-04-12T00:00:00.000Z'],
      ['M/d/yyyy h:mm:ss a', '4/12/2016 12:00:00 pm', '2016-04-12T12:00:00.000Z'],
      ['yyyyMMdd', '20050301', '2005-03-01T00:00:00.000Z'],
      ['yyyyMMddHHmm', '200506081149', '2005-06-08T11:49:00.000Z'],
      ['[EEE MMM dd HH:mm:ss yyyy]', '[Sun Dec 04 04:47:44 2005]', '2005-12-04T04:47:44.000Z'],
      ['dd/MMM/yyyy:HH:mm:ss Z', '10/Oct/2000:13:55:36 -0700', '2000-10-10T20:55:36.000Z'],
      ["yyyy-MM-dd'T'HH:mm:ssX", '2022-02-23T18:02:11+0530', '2022-02-23T12:32:11.000Z'],
      ["yyyy-MM-dd'T'HH:mm:ssX", '2022-02-23T18:02:11Z', '2022-02-23T18:02:11.000Z'],
      ["H 'o''clock', d.M.yyyy", "8 o'clock, 1.2.2024", '2024-02-01T08:00:00.000Z'],
      ['yyyy-MM', '2024-02', '2024-02-01T00:00:00.000Z'],
      ['dd.MM.yyyy HH:mm', ' 31.12.2023 24:00 ', '2024-01-01T00:00:00.000Z'],
      ['yyyy-MM-dd HH:mm:ss.S', '1969-12-31 23:59:59.999999', '1969-12-31T23:59:59.999Z'],
      ['yyyy-MM-dd HH:mm:ss.S', '2024-01-01 00:00:00.5', '2024-01-01T00:00:00.500Z'],
      ['yyyy-MM-dd', '0004-02-29', '0004-02-29T00:00:00.000Z'],
      ['dd.MM.yy', '01.01.69', '1969-01-01T00:00:00.000Z'],
      ['dd.MM.yy', '01.01.68', '2068-01-01T00:00:00.000Z'],
    ] as const)
      assert.equal(read(format, text), expected, `${format}: ${text}`);
  });

  test('refuses a text that does not fit, whatever is wrong with it', () => {
    for (const [format, text] of [
      ['dd/MM/yyyy', '1/2/2024'],
      ['dd/MM/yyyy', '01/02/24'],
      ['dd/MM/yyyy', '30/02/2024'],
      ['dd/MM/yyyy', '29/02/2023'],
      ['dd/MM/yyyy', '01/13/2024'],
      ['dd/MM/yyyy', '00/01/2024'],
      ['dd/MM/yyyy', '01/02/2024 08:00'],
      ['dd/MM/yyyy', '01-02-2024'],
      ['dd/MM/yyyy', ''],
      ['dd/MM/yyyy', '١١/٠٢/٢٠٢٤'],
      ['dd/MM/yyyy HH:mm', '01/02/2024 24:01'],
      ['dd/MM/yyyy HH:mm', '01/02/2024 08:60'],
      ['dd/MM/yyyy HH:mm:ss', '31/12/2016 23:59:60'],
      ['dd/MM/yyyy hh:mm a', '01/02/2024 13:00 PM'],
      ['dd/MM/yyyy hh:mm a', '01/02/2024 00:00 AM'],
      ['EEE dd MMM yyyy', 'Mon 22 Nov 2026'],
      ['EEE dd MMM yyyy', 'Sun 22 Nox 2026'],
      ['yyyy-MM-dd HH:mm:ss.SSS', '2024-01-01 00:00:00.12'],
      ["yyyy-MM-dd'T'HHX", '2024-01-01T00+19'],
      ["yyyy-MM-dd'T'HHXXX", '2024-01-01T00+0100'],
      ['yyyy-MM-dd', `2024-01-01${' '.repeat(200)}`],
    ] as const)
      assert.equal(read(format, text), 'refused', `${format}: ${text}`);
  });

  test('is refused when it is made, with the nearest token', () => {
    for (const [format, message, remedy] of [
      ['YYYY-MM-dd', "there is no token 'YYYY'", "Did you mean 'yyyy'"],
      ['yyyy-MM-DD', "there is no token 'DD'", "Did you mean 'dd'"],
      ['yyyy-MM-dd HH:mm:ss A', "there is no token 'A'", "Did you mean 'a'"],
      ['MMMM dd yyyy', "there is no token 'MMMM'", "Did you mean 'MMM'"],
      ['yyyy-MM-ddTHH:mm', "there is no token 'T'", "quoted: 'T'"],
      ['dd/mm/yyyy', 'it has a minute (m) and no hour', 'MM is the month'],
      ['yyyy-MM-dd hh:mm', 'it has h', 'Write HH'],
      ['yyyy-MM-dd HH:mm a', 'it has a and no h', 'Write hh'],
      ['HH:mm', 'it has no year', 'Add yyyy'],
      ['yyyy-MM HH:mm', 'it has an hour and no day', 'Add dd'],
      ['yyyy dd', 'it has a day and no month', 'Add the month'],
      ['yyyy-MM-dd dd', 'it has the day twice', 'Leave one'],
      ['yyyy-MM-dd HH h a', 'it has the hour twice', 'Leave one'],
      ["yyyy-MM-dd'T", 'a quotation mark is not closed', "Write ''"],
      ['yyyy-MM-dd HH:mm:ss.SSSSSSSSSS', "there is no token 'SSSSSSSSSS'", 'quoted'],
    ] as const)
      assert.throws(
        () => timeFormat(format),
        (error) => {
          const { code, message: said, remedy: then } = error as { code: string; message: string; remedy: string };
          assert.equal(code, 'OPTION_INVALID');
          assert.ok(said.includes(`format '${format}'`) && said.includes(message), said);
          assert.ok(then.includes(remedy), `${format}: ${then}`);
          return true;
        },
      );
  });

  test('has an example that it reads', () => {
    for (const format of [
      'dd/MM/yyyy HH:mm',
      "EEE MMM d h:m:s.SSS a yyyy 'in' XXX",
      'yy-M-d H X',
      'yyyyMMddHHmmssSSSZ',
      'S s m H d M yyyy',
    ])
      assert.notEqual(read(format, timeFormat(format).example), 'refused', timeFormat(format).example);
  });

  test('reads what another program has written, whatever the moment, its zone and the order of the tokens', () => {
    const two = (n: number) => String(n).padStart(2, '0');
    const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
    const names = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
    const parts: Record<string, [string, (at: Date) => string][]> = {
      year: [['yyyy', (at) => String(at.getUTCFullYear())]],
      month: [
        ['MM', (at) => two(at.getUTCMonth() + 1)],
        ['M', (at) => String(at.getUTCMonth() + 1)],
        ['MMM', (at) => months[at.getUTCMonth()]!.toUpperCase()],
      ],
      day: [
        ['dd', (at) => two(at.getUTCDate())],
        ['d', (at) => String(at.getUTCDate())],
      ],
      weekday: [['EEE', (at) => names[at.getUTCDay()]!]],
      hour: [
        ['HH', (at) => two(at.getUTCHours())],
        ['H', (at) => String(at.getUTCHours())],
        ['hh a', (at) => `${two(at.getUTCHours() % 12 || 12)} ${at.getUTCHours() < 12 ? 'AM' : 'pm'}`],
      ],
      minute: [
        ['mm', (at) => two(at.getUTCMinutes())],
        ['m', (at) => String(at.getUTCMinutes())],
      ],
      second: [['ss', (at) => two(at.getUTCSeconds())]],
      fraction: [
        ['SSS', (at) => String(at.getUTCMilliseconds()).padStart(3, '0')],
        ['SSSSSS', (at) => `${String(at.getUTCMilliseconds()).padStart(3, '0')}999`],
      ],
    };
    const zones = [undefined, 'UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'];
    const moments = fc.integer({ min: Date.UTC(1000, 0), max: Date.UTC(9999, 0) });
    const order = fc.shuffledSubarray(Object.keys(parts), { minLength: Object.keys(parts).length });
    const choices = fc.array(fc.nat(2), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(
        moments,
        order,
        choices,
        fc.constantFrom('/', ' ', '.', "'T'"),
        fc.constantFrom(...zones),
        (ms, all, choice, mark, zone) => {
          const local = new Date(ms);
          const tokens = all.map((name, i) => parts[name]![choice[i]! % parts[name]!.length]!);
          const text = tokens.map(([, write]) => write(local)).join(mark.replaceAll("'", ''));
          const found = timeFormat(tokens.map(([token]) => token).join(mark)).parse(
            text,
            zone === undefined ? undefined : zoneOf(zone),
          );
          assert.equal(found, zone === undefined ? ms : zoneOf(zone).moment(ms));
        },
      ),
    );
  });
});
