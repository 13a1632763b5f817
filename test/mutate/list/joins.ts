// Mutations of joins by time, of the row before and of deduplication: what is joined with what, and known after a restart.
import type { Mutation } from '../mutation.ts';

const sides = 'src/process/duckdb/sides.ts';
const joinSides = 'src/process/duckdb/join-sides.ts';
const previous = 'src/process/duckdb/previous.ts';
const dedupe = 'src/process/duckdb/dedupe.ts';
const window = 'src/process/duckdb/window.ts';
const make = 'src/process/duckdb/make-windowed.ts';
const fewest = [{ file: 'test/process/joins.test.ts', name: 'with the fewest' }];
const first = [{ file: 'test/process/joins.test.ts', name: 'drops a partner|that held when' }];
const restarts = ['test/process/restarts.test.ts'];
const before = ['test/process/previous.test.ts'];
const version = 'a record is joined with the version that held when it happened';
const within = 'within joins what happened within the time, its borders included';
const survives = 'state survives a restart';

export const joins: readonly Mutation[] = [
  {
    name: 'versions-hold-from-after-their-moment',
    promise: version,
    file: joinSides,
    find: "comparison('COMPARE_GREATERTHANOREQUALTO',",
    replace: "comparison('COMPARE_GREATERTHAN',",
    tests: fewest,
  },
  {
    name: 'versions-hold-at-the-moment-of-the-next',
    promise: version,
    file: joinSides,
    find: "comparison('COMPARE_LESSTHAN',",
    replace: "comparison('COMPARE_LESSTHANOREQUALTO',",
    tests: fewest,
  },
  {
    name: 'versions-hold-from-their-moment-alone',
    promise: 'the first version holds before its time, too',
    file: sides,
    find: 'case when row_number() over versions = 1 then ${beginning} else _at end',
    replace: '_at',
    tests: first,
  },
  {
    name: 'versions-in-the-order-of-arrival',
    promise: version,
    file: sides,
    find: 'partition by ${keys} order by _at, _place, ${columns}',
    replace: 'partition by ${keys} order by _place, ${columns}',
    tests: fewest,
  },
  {
    name: 'versions-of-one-time-in-the-order-of-their-values',
    promise: version,
    file: sides,
    find: 'partition by ${keys} order by _at, _place, ${columns}',
    replace: 'partition by ${keys} order by _at, ${columns}',
    tests: fewest,
  },
  {
    name: 'versions-before-are-lost',
    promise: version,
    file: sides,
    find: 'select *, false from ${relation} semi join (select ${keys} from ${fresh}) using (${keys})`',
    replace: 'select *, false from ${relation} where false`',
    tests: fewest,
  },
  {
    name: 'versions-change-what-they-are-joined-with-alone',
    promise: 'a partner that the condition no longer lets through is dropped',
    file: sides,
    find: 'using (${keys}) where not _new and',
    replace: 'using (${keys}) where _new and not _new and',
    tests: first,
  },
  {
    name: 'versions-change-nothing-until-more-comes',
    promise: version,
    file: sides,
    find: 'if (count > 0) progress.changed[stream] ??= progress.closed[stream] ?? beginning;',
    replace: 'if (count < 0) progress.changed[stream] ??= progress.closed[stream] ?? beginning;',
    tests: first,
  },
  {
    name: 'versions-are-lost-with-a-restart',
    promise: survives,
    file: sides,
    find: 'await session.run(`create table if not exists ${relation} (${columns})`);',
    replace: 'await session.run(`create or replace table ${relation} (${columns})`);',
    tests: restarts,
  },
  {
    name: 'versions-of-a-joined-side-change-nothing-at-their-moment',
    promise: version,
    file: make,
    find: '._ts >= ${quote(name)}._from and',
    replace: '._ts > ${quote(name)}._from and',
    tests: fewest,
  },
  {
    name: 'within-turned-round',
    promise: within,
    file: sides,
    find: '${time} - ${afterMs}, ${time} + ${beforeMs + 1}',
    replace: '${time} - ${beforeMs}, ${time} + ${afterMs + 1}',
    tests: fewest,
  },
  {
    name: 'within-without-its-border',
    promise: within,
    file: sides,
    find: '${time} + ${beforeMs + 1}',
    replace: '${time} + ${beforeMs}',
    tests: fewest,
  },
  {
    name: 'within-forgets-what-came-before',
    promise: within,
    file: sides,
    find: '    await session.run(`insert into ${relation} select * exclude (_new) from ${fresh}`);\n',
    replace: '',
    tests: fewest,
  },
  {
    name: 'within-does-not-retract',
    promise: 'what a join by time no longer emits is retracted',
    file: sides,
    find: 'if (window || within) return true;',
    replace: 'if (window) return true;',
    tests: ['test/process/refused-joins.test.ts'],
  },
  {
    name: 'joins-take-records-of-one-offset-for-one',
    promise: 'a record is known by its offset and its partition',
    file: window,
    find: "export const placeOfRow = '(_offset * 65536 + _partition)';",
    replace: "export const placeOfRow = '(_offset * 65536)';",
    tests: ['test/process/row-order.test.ts'],
  },
  {
    name: 'joins-with-using',
    promise: 'a join that cannot be followed is refused',
    file: joinSides,
    find: '(join.using_columns as string[]).length === 0 && join.condition;',
    replace: 'join.right;',
    tests: ['test/process/refused-joins.test.ts'],
  },
  {
    name: 'joins-in-a-subquery',
    promise: 'a join that cannot be followed is refused',
    file: joinSides,
    find: 'if (all > joined.length)',
    replace: 'if (all < joined.length)',
    tests: ['test/process/refused-joins.test.ts'],
  },
  {
    name: 'previous-keeps-one-row-too-few',
    promise: 'previous is the row before of the same key, whatever the batches',
    file: previous,
    find: 'where _rank > ${previous.count})`',
    replace: 'where _rank >= ${previous.count})`',
    tests: before,
  },
  {
    name: 'previous-keeps-the-oldest-rows',
    promise: 'previous is the row before of the same key, whatever the batches',
    file: previous,
    find: 'order by _place desc, _n desc,',
    replace: 'order by _place, _n desc,',
    tests: before,
  },
  {
    name: 'previous-of-no-key',
    promise: 'rows without a key are those of one key',
    file: previous,
    find: 'const ofKeys = previous.by.map((name) => `l.${quote(name)} is not distinct from r.${quote(name)}`)',
    replace: 'const ofKeys = previous.by.map((name) => `l.${quote(name)} = r.${quote(name)}`)',
    tests: ['test/process/no-key.test.ts'],
  },
  {
    name: 'previous-is-lost-with-a-restart',
    promise: survives,
    file: previous,
    find: 'await session.run(`create table if not exists ${relation} (${columns})`);',
    replace: 'await session.run(`create or replace table ${relation} (${columns})`);',
    tests: restarts,
  },
  {
    name: 'dedupe-is-lost-with-a-restart',
    promise: survives,
    file: dedupe,
    find: 'await session.run(`create table if not exists ${keys} (${columns})`);',
    replace: 'await session.run(`create or replace table ${keys} (${columns})`);',
    tests: restarts,
  },
  {
    name: 'dedupe-of-no-key',
    promise: 'rows without a key are those of one key',
    file: dedupe,
    find: '`${left}.${column(name)} is not distinct from ${right}.${column(name)}`',
    replace: '`${left}.${column(name)} = ${right}.${column(name)}`',
    tests: ['test/process/no-key.test.ts'],
  },
];
