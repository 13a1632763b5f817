// Mutations of event time: a time that a stream computes, quiet partitions, formats of times.
import type { Mutation } from '../mutation.ts';

const times = 'src/process/duckdb/times.ts';
const watermarks = 'src/process/duckdb/watermarks.ts';
const window = 'src/process/duckdb/window.ts';
const format = 'src/define/time-format.ts';
const reading = 'src/define/time-reading.ts';
const fewest = [{ file: 'test/process/own-time.test.ts', name: 'with the fewest' }];
const restarts = ['test/process/restarts.test.ts'];
const idle = ['test/process/idle.test.ts', 'test/process/watermark.test.ts'];
const before = ['test/process/previous.test.ts'];
const formats = ['test/define/time-format.test.ts'];
const readings = ['test/define/time-reading.test.ts'];
const own = 'a time that a stream computes has a watermark of its own';
const quiet = 'a partition holds windows back until it was quiet for its idle time';
const survives = 'state survives a restart';
const read = 'a time is read as its format says, and a text that does not fit is refused';

export const eventTime: readonly Mutation[] = [
  {
    name: 'own-time-forgets-the-batches-before',
    promise: own,
    file: times,
    find: '(select ms from ${newest}))',
    replace: '${beginning})',
    tests: fewest,
  },
  {
    name: 'own-time-of-rows-without-lateness',
    promise: own,
    file: times,
    find: '(select ms from ${newest})) - ${latenessOf(stage)}`;',
    replace: '(select ms from ${newest}))`;',
    tests: fewest,
  },
  {
    name: 'own-time-closes-without-lateness',
    promise: own,
    file: times,
    find: 'input.progress.times[stream.name] ?? []) - ((of as Stream).latenessMs ?? 0);',
    replace: 'input.progress.times[stream.name] ?? []);',
    tests: fewest,
  },
  {
    name: 'own-time-goes-back',
    promise: 'the watermark never goes back',
    file: times,
    find: 'const newest = Math.max(newestOf(stage, input), Number(row[0]));',
    replace: 'const newest = Number(row[0]);',
    tests: fewest,
  },
  {
    name: 'own-time-is-moved-by-a-letter',
    promise: 'a letter that is sent again does not move the time',
    file: times,
    find: "if (stage.clock !== 'own' || input.again === 'all') return;",
    replace: "if (stage.clock !== 'own') return;",
    tests: fewest,
  },
  {
    name: 'own-time-makes-a-letter-late',
    promise: 'a letter of a source that is sent again corrects its window',
    file: times,
    find: 'case when _row in (select row from ${again}) then',
    replace: 'case when false then',
    tests: fewest,
  },
  {
    name: 'own-time-of-another-partition',
    promise: own,
    file: times,
    find: 'times[input.filled!.partition] = newest;',
    replace: 'times[0] = newest;',
    tests: fewest,
  },
  {
    name: 'own-time-is-lost-with-a-restart',
    promise: survives,
    file: times,
    find: 'return input.progress.times[stage.stream.name]?.[input.filled!.partition] ?? beginning;',
    replace: 'return beginning;',
    tests: restarts,
  },
  {
    name: 'time-of-windows-without-their-size',
    promise: 'a window over windows waits for those that may still begin in it',
    file: times,
    find: 'closed - steps(window).sizeMs - latenessOf(stage)',
    replace: 'closed - latenessOf(stage)',
    tests: fewest,
  },
  {
    name: 'watermark-waits-for-a-quiet-partition-a-moment-longer',
    promise: quiet,
    file: watermarks,
    find: 'this.#now() - heard >= topic.idleMs',
    replace: 'this.#now() - heard > topic.idleMs',
    tests: idle,
  },
  {
    name: 'watermark-passes-over-a-partition-with-records-to-read',
    promise: quiet,
    file: watermarks,
    find: ' && this.#rangeOf(topic.name, partition).end <= next\n',
    replace: '\n',
    tests: [...idle].reverse(),
  },
  {
    name: 'watermark-never-passes-over-a-partition-after-a-restart',
    promise: quiet,
    file: watermarks,
    find: 'if (heard === undefined) this.#heard.set(key, this.#now());',
    replace: '',
    tests: idle,
  },
  {
    name: 'watermark-says-that-all-are-quiet',
    promise: 'a partition is told as quiet while others are not',
    file: watermarks,
    find: 'return quiet.length === topic.partitions\n      ? []\n      :',
    replace: 'return quiet.length < 0\n      ? []\n      :',
    tests: [...idle].reverse(),
  },
  {
    name: 'watermark-says-that-a-partition-without-records-is-quiet',
    promise: 'a partition is told as quiet while others are not',
    file: watermarks,
    find: '      .filter((partition) => this.#hasRecords(topic, partition))\n',
    replace: '',
    tests: [...idle].reverse(),
  },
  {
    name: 'time-at-noon-is-midnight',
    promise: read,
    file: format,
    find: '(hour12 % 12) + half * 12',
    replace: 'hour12 + half * 12',
    tests: formats,
  },
  {
    name: 'time-of-two-digits-turns-a-year-late',
    promise: read,
    file: format,
    find: 'value < 69 ? 2000 : 1900',
    replace: 'value <= 69 ? 2000 : 1900',
    tests: formats,
  },
  {
    name: 'time-takes-tenths-for-milliseconds',
    promise: read,
    file: format,
    find: "if (step.part === 'fraction') value *= 10 ** Math.max(0, 3 - count);",
    replace: '',
    tests: formats,
  },
  {
    name: 'time-of-another-weekday',
    promise: read,
    file: format,
    find: '(((days + 4) % 7) + 7) % 7 !== weekday',
    replace: '(((days + 3) % 7) + 7) % 7 !== weekday',
    tests: formats,
  },
  {
    name: 'time-after-the-end-of-a-day',
    promise: read,
    file: format,
    find: 'if (hour === 24 && minute + second + fraction > 0) return Number.NaN;',
    replace: '',
    tests: formats,
  },
  {
    name: 'time-of-a-61st-second',
    promise: read,
    file: format,
    find: 'minute <= 59 && second <= 59',
    replace: 'minute <= 59 && second <= 60',
    tests: formats,
  },
  {
    name: 'time-with-its-offset-turned',
    promise: read,
    file: format,
    find: 'return localMs - offset;',
    replace: 'return localMs + offset;',
    tests: formats,
  },
  {
    name: 'time-with-something-behind-it',
    promise: read,
    file: format,
    find: 'return at === text.length ? momentOf(found, zone) : Number.NaN;',
    replace: 'return momentOf(found, zone);',
    tests: formats,
  },
  {
    name: 'time-of-a-day-that-is-not',
    promise: read,
    file: format,
    find: 'day <= daysIn(year, month)',
    replace: 'day <= 31',
    tests: formats,
  },
  {
    name: 'time-in-the-zone-of-the-texts-where-it-is-shown',
    promise: 'what Millrace shows is in UTC',
    file: reading,
    find: 'const isoZone = reading?.alsoIso ? undefined : zone;',
    replace: 'const isoZone = zone;',
    tests: readings,
  },
  {
    name: 'time-in-thousands-of-seconds',
    promise: 'a number counts what its unit says',
    file: reading,
    find: 'us: -3, ns: -6',
    replace: 'us: -6, ns: -3',
    tests: readings,
  },
  {
    name: 'time-cut-off-upwards-before-1970',
    promise: 'a time is cut off downwards to the millisecond',
    file: reading,
    find: 'if (power === 0) return Math.floor(value) + 0;',
    replace: 'if (power === 0) return Math.trunc(value) + 0;',
    tests: readings,
  },
  {
    name: 'time-beyond-what-a-date-holds',
    promise: 'a time that no Date can hold is refused',
    file: reading,
    find: 'return Math.abs(ms) <= timeMsMax ? ms : Number.NaN;',
    replace: 'return ms;',
    tests: readings,
  },
];
