// Mutations of what tables count, and of tables by place.
import type { Guard, Mutation } from '../mutation.ts';

const write = 'src/store/duckdb/write.ts';
const append = 'src/store/duckdb/append.ts';
const tally = 'src/process/duckdb/tally.ts';
const places = 'src/process/duckdb/places.ts';
const contract = 'test/store/duckdb.test.ts';
const tallies = 'test/control/tally.test.ts';
const byPlace = 'test/process/place.test.ts';
const sum = 'a table has the rows that it has counted: out, less replaced, retracted and expired';
const own = 'each row of a table by place is there once, and none takes the place of another';
const refused = 'what has no place of its own is refused by check';
const lost: Guard = { file: 'test/control/ledger.test.ts', name: 'the way to a table' };

export const rows: readonly Mutation[] = [
  {
    name: 'rows-that-are-beaten-are-not-counted',
    promise: sum,
    file: write,
    find: 'const replaced = beaten + (isEachNew ? 0 : came - won);',
    replace: 'const replaced = isEachNew ? 0 : came - won;',
    tests: [contract],
  },
  {
    name: 'rows-that-lose-are-not-counted',
    promise: sum,
    file: write,
    find: 'const replaced = beaten + (isEachNew ? 0 : came - won);',
    replace: 'const replaced = beaten;',
    tests: [contract],
  },
  {
    name: 'rows-that-are-lost-count-as-replaced',
    promise: 'a row that is lost on its way to a table makes the ledger red',
    file: write,
    find: 'const replaced = beaten + (isEachNew ? 0 : came - won);',
    replace: 'const replaced = beaten + rows.count - won;',
    tests: [lost],
  },
  {
    name: 'rows-of-windows-that-are-replaced-are-not-counted',
    promise: sum,
    file: write,
    find: 'return { replaced, retracted, expired };',
    replace: 'return { replaced: 0, retracted, expired };',
    tests: [contract, tallies],
  },
  {
    name: 'rows-that-expire-are-not-counted',
    promise: sum,
    file: write,
    find: 'return { outdated: expired > 0 ? outdated : undefined, expired };',
    replace: 'return { outdated: expired > 0 ? outdated : undefined, expired: 0 };',
    tests: [contract],
  },
  ...['replaced', 'retracted', 'expired'].map(
    (name): Mutation => ({
      name: `rows-${name}-are-in-no-sum`,
      promise: sum,
      file: 'src/process/duckdb/counts.ts',
      find: `totals.${name} += counts.${name};`,
      replace: '',
      tests: [{ file: tallies, name: 'is counted' }],
    }),
  ),
  {
    name: 'rows-of-an-earlier-version-have-no-beginning',
    promise: 'a data folder of an earlier version begins with the rows that are there',
    file: tally,
    find: 'if (progress.stages[key]?.replaced !== undefined) continue;',
    replace: 'if (progress.stages[key] !== undefined) continue;',
    tests: [{ file: tallies, name: 'begins with the rows' }],
  },
  {
    name: 'rows-that-were-kept-have-no-beginning',
    promise: 'a table that was kept begins with the rows that are there',
    file: tally,
    find: 'if (rows === 0 && !progress.stages[key]) continue;',
    replace: 'if (!progress.stages[key]) continue;',
    tests: [{ file: tallies, name: 'begins with the rows|has each once' }],
  },
  {
    name: 'rows-of-a-dropped-table-stay-counted',
    promise: sum,
    file: 'src/control/remove.ts',
    find: '(session) => forgetTable(session, removal.pipeline, name)',
    replace: 'async () => void forgetTable',
    tests: [{ file: tallies, name: 'was dropped' }],
  },
  {
    name: 'rows-are-not-compared-at-the-end',
    promise: 'the end of a run compares the rows of its tables with their counts',
    file: 'src/control/runner.ts',
    find: 'await this.tallies.refresh(true).catch(() => undefined);',
    replace: '',
    tests: [lost],
  },
  {
    name: 'places-keep-what-is-sent-again',
    promise: own,
    file: append,
    find: 'if (!again) return 0;',
    replace: 'if (again !== null) return 0;',
    tests: [contract, byPlace],
  },
  {
    name: 'places-take-out-one-record-more',
    promise: own,
    file: append,
    find: 'and _offset < $3`',
    replace: 'and _offset < $3 + 1`',
    tests: [contract],
  },
  {
    name: 'places-do-not-count-what-they-take-out',
    promise: sum,
    file: append,
    find: 'return { replaced, retracted: 0, expired };',
    replace: 'return { replaced: 0, retracted: 0, expired };',
    tests: [contract, byPlace],
  },
  {
    name: 'places-do-not-know-a-letter',
    promise: own,
    file: places,
    find: "return again === 'all' || records.from",
    replace: 'return records.from',
    tests: [{ file: byPlace, name: 'takes the rows out' }],
  },
  {
    name: 'places-do-not-know-what-was-kept',
    promise: own,
    file: places,
    find: "again === 'all' || records.from <= (ahead.get(name)?.get(records.partition) ?? -1)",
    replace: "again === 'all'",
    tests: [{ file: tallies, name: 'has each once' }],
  },
  {
    name: 'places-forget-the-last-record-that-was-kept',
    promise: own,
    file: tally,
    find: 'last >= (partitions[partition]?.next ?? 0)',
    replace: 'last > (partitions[partition]?.next ?? 0)',
    tests: [{ file: tallies, name: 'has each once' }],
  },
  {
    name: 'places-do-not-number-rows',
    promise: own,
    file: places,
    find: 'const number = repeats ?',
    replace: 'const number = repeats && false ?',
    tests: [{ file: byPlace, name: 'numbers the rows' }],
  },
  {
    name: 'places-number-rows-as-they-come',
    promise: 'the place of a row is the same in every run',
    file: places,
    find: ' order by ${columnList(stream.fields)}) - 1`',
    replace: ') - 1`',
    tests: [{ file: byPlace, name: 'numbers the rows' }],
  },
  {
    name: 'places-do-not-number-rows-that-a-stream-before-made',
    promise: own,
    file: 'src/process/duckdb/make-stage.ts',
    find: "repeats: fansOut || (upstream?.kind === 'plain' && upstream.repeats),",
    replace: 'repeats: fansOut,',
    tests: [{ file: byPlace, name: 'numbers the rows' }],
  },
  {
    name: 'places-of-windows-are-allowed',
    promise: refused,
    file: 'src/process/duckdb/engine.ts',
    find: 'if (table.isByPlace)',
    replace: 'if (table.isByPlace && false)',
    tests: [{ file: byPlace, name: 'over ' }],
  },
  {
    name: 'places-are-looked-up-by-version',
    promise: refused,
    file: 'src/process/duckdb/sides.ts',
    find: "if (of.noun === 'table' && of.isByPlace) throw",
    replace: "if (of.noun !== 'table' && of.noun === 'stream') throw",
    tests: [{ file: byPlace, name: 'that is looked up' }],
  },
];
