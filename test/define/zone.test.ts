// Times of a zone's clocks to moments: ordinary days, the hours that are left out, the hours that come twice.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { zoneOf } from '../../src/define/zone.ts';

const moment = (zone: string, local: string) => new Date(zoneOf(zone).moment(Date.parse(`${local}Z`))).toISOString();

/** What the clocks of a zone show at a moment, as milliseconds as if in UTC: by other means than the code has. */
function shownAt(zone: string, ms: number): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(ms);
  const part = (type: string) => Number(parts.find((one) => one.type === type)!.value);
  const seconds = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return seconds + (((ms % 1000) + 1000) % 1000);
}

describe('a zone', () => {
  test('moves a time that its clocks leave out forward', () => {
    for (const [zone, local, expected] of [
      ['Europe/Berlin', '2024-03-31T01:59:59', '2024-03-31T00:59:59.000Z'],
      ['Europe/Berlin', '2024-03-31T02:00:00', '2024-03-31T01:00:00.000Z'],
      ['Europe/Berlin', '2024-03-31T02:30:00', '2024-03-31T01:30:00.000Z'],
      ['Europe/Berlin', '2024-03-31T03:00:00', '2024-03-31T01:00:00.000Z'],
      ['America/New_York', '2024-03-10T02:30:00', '2024-03-10T07:30:00.000Z'],
      ['Australia/Lord_Howe', '2024-10-06T02:15:00', '2024-10-05T15:45:00.000Z'],
      ['Australia/Lord_Howe', '2024-10-06T02:30:00', '2024-10-05T15:30:00.000Z'],
      // a whole day was left out
      ['Pacific/Apia', '2011-12-30T12:00:00', '2011-12-30T22:00:00.000Z'],
    ] as const)
      assert.equal(moment(zone, local), expected, `${zone} ${local}`);
  });

  test('takes the first of an hour that comes twice', () => {
    for (const [zone, local, expected] of [
      ['Europe/Berlin', '2024-10-27T01:59:59', '2024-10-26T23:59:59.000Z'],
      ['Europe/Berlin', '2024-10-27T02:00:00', '2024-10-27T00:00:00.000Z'],
      ['Europe/Berlin', '2024-10-27T02:59:59', '2024-10-27T00:59:59.000Z'],
      ['Europe/Berlin', '2024-10-27T03:00:00', '2024-10-27T02:00:00.000Z'],
      ['America/New_York', '2024-11-03T01:30:00', '2024-11-03T05:30:00.000Z'],
      ['Australia/Lord_Howe', '2024-04-07T01:45:00', '2024-04-06T14:45:00.000Z'],
      ['Australia/Lord_Howe', '2024-04-07T02:00:00', '2024-04-06T15:30:00.000Z'],
    ] as const)
      assert.equal(moment(zone, local), expected, `${zone} ${local}`);
  });

  test('is an offset of its own, or UTC', () => {
    assert.equal(moment('UTC', '2024-03-31T02:30:00'), '2024-03-31T02:30:00.000Z');
    assert.equal(moment('+05:30', '2024-03-31T02:30:00'), '2024-03-30T21:00:00.000Z');
  });

  test('gives the moment at which its clocks show the time, and no earlier one does', () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Africa/Casablanca'];
    // hours around the changes of the clocks come up as often as all others
    const changes = ['2024-03-31', '2024-10-27', '2024-03-10', '2024-11-03', '2024-10-06', '2024-04-07'];
    const near = fc.tuple(fc.constantFrom(...changes), fc.integer({ min: -86_400_000, max: 2 * 86_400_000 }));
    const times = fc.oneof(
      fc.integer({ min: Date.UTC(1920, 0), max: Date.UTC(2090, 0) }),
      near.map(([day, ms]) => Date.parse(day) + ms),
    );
    fc.assert(
      fc.property(fc.constantFrom(...zones), times, (zone, ms) => {
        const local = shownAt(zone, ms);
        const found = zoneOf(zone).moment(local);
        assert.equal(shownAt(zone, found), local);
        assert.ok(found <= ms);
      }),
      { numRuns: 3000 },
    );
  });

  test('that is not there is refused with the nearest name', () => {
    for (const [name, near] of [
      ['Europe/Berlinn', 'Europe/Berlin'],
      ['berlin', 'Europe/Berlin'],
      ['America/NewYork', 'America/New_York'],
      ['utx', 'UTC'],
    ] as const)
      assert.throws(() => zoneOf(name), { code: 'OPTION_INVALID', remedy: `Did you mean '${near}'?` });
  });
});
