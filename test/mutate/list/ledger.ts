// Mutations of the ledger: that it is a sum, of all terms, against what the log and the sources say.
import type { Mutation } from '../mutation.ts';

const file = 'src/control/ledger.ts';
const tests = ['test/control/ledger.test.ts'];
const promise = 'nothing is dropped silently: the ledger is red where a record is lost';
const term = 'each term of the ledger is counted';

export const ledger: readonly Mutation[] = [
  {
    name: 'ledger-is-always-balanced',
    promise,
    file,
    find: 'balanced: isSum && taken + gone === progress.consumed && hasArrived && wrongTables.length === 0,',
    replace: 'balanced: true,',
    tests,
  },
  {
    name: 'ledger-without-its-sum',
    promise,
    file,
    find: 'balanced: isSum && taken + gone',
    replace: 'balanced: taken + gone',
    tests,
  },
  {
    name: 'ledger-without-the-offsets',
    promise,
    file,
    find: 'isSum && taken + gone === progress.consumed && hasArrived',
    replace: 'isSum && hasArrived',
    tests,
  },
  {
    name: 'ledger-without-the-sources',
    promise,
    file,
    find: '=== progress.consumed && hasArrived',
    replace: '=== progress.consumed',
    tests,
  },
  {
    name: 'ledger-takes-what-sources-read-for-arrived',
    promise,
    file,
    find: 'const hasArrived = inFlight > 0 || unsaved > 0 || read <= total - gone;',
    replace: 'const hasArrived = inFlight > 0 || unsaved > 0 || read <= total;',
    tests,
  },
  {
    name: 'ledger-asks-the-sources-too-early',
    promise,
    file,
    find: 'const hasArrived = inFlight > 0 || unsaved > 0 || read',
    replace: 'const hasArrived = read',
    tests,
  },
  {
    name: 'ledger-counts-sources-of-topics-that-are-gone',
    promise,
    file,
    find: '.filter(([name]) => pipeline.topics.some((topic) => name.startsWith(`${topic.name}/`)))',
    replace: '',
    tests,
  },
  {
    name: 'ledger-without-the-tables',
    promise: 'the ledger is red where a table has other rows than it has counted',
    file,
    find: '&& hasArrived && wrongTables.length === 0',
    replace: '&& hasArrived',
    tests,
  },
  {
    name: 'ledger-looks-for-missing-rows-only',
    promise: 'the ledger is red where a table has other rows than it has counted',
    file,
    find: 'tallies.filter(({ rows, counted }) => rows !== counted)',
    replace: 'tallies.filter(({ rows, counted }) => rows < counted)',
    tests,
  },
  ...(['out', 'filtered', 'deduplicated', 'late', 'dead'] as const).map(
    (name): Mutation => ({
      name: `ledger-without-${name}`,
      promise: term,
      file,
      find: 'const isSum = total === out + filtered + deduplicated + late + dead + inFlight;',
      replace: `const isSum = total === ${['out', 'filtered', 'deduplicated', 'late', 'dead', 'inFlight'].filter((one) => one !== name).join(' + ')};`,
      tests,
    }),
  ),
  {
    name: 'ledger-without-in-flight',
    promise: term,
    file,
    find: 'inFlight += end - (known?.next ?? start);',
    replace: '',
    tests,
  },
  {
    name: 'ledger-in-from-what-is-kept',
    promise: 'what retention has removed counts as come in',
    file,
    find: 'arrived += end - (known?.base ?? start);',
    replace: 'arrived += end - start;',
    tests,
  },
  {
    name: 'ledger-without-saved-refusals',
    promise: term,
    file,
    find: 'const dead = progress.fates.dead + progress.refused + unsaved;',
    replace: 'const dead = progress.fates.dead + unsaved;',
    tests,
  },
  {
    name: 'ledger-without-unsaved-refusals',
    promise: term,
    file,
    find: 'const total = arrived + gone + progress.refused + unsaved;',
    replace: 'const total = arrived + gone + progress.refused;',
    tests,
  },
  {
    name: 'ledger-forgets-topics-that-are-gone',
    promise: term,
    file,
    find: 'const gone = processedOf(progress, (name) => !pipeline.topics.some((topic) => topic.name === name));',
    replace: 'const gone = 0;',
    tests,
  },
];
