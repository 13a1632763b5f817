// The last result of each mutation as a page: which is killed by which test.
import type { Outcome } from './guard.ts';
import type { Mutation } from './mutation.ts';

/** What is said of a mutation that was never run. */
const notRun = 'not run yet';

/**
 * The text of test/mutations.md.
 *
 * @param before the page as it was: what it says of a mutation stays where that was not run now
 */
export function report(mutations: readonly Mutation[], outcomes: ReadonlyMap<string, Outcome>, before: string): string {
  const known = resultsIn(before);
  const results = mutations.map((mutation) => {
    const { name, equivalent } = mutation;
    if (equivalent !== undefined) return { mutation, result: `equivalent: ${equivalent}` };
    const outcome = outcomes.get(name);
    const result = outcome ? (outcome.killedBy ?? '**survived**') : (known.get(name) ?? notRun);
    return { mutation, result: result.replaceAll('|', '/').replaceAll('\n', ' ') };
  });
  const killed = results.filter(({ result }) => result.startsWith('test/')).length;
  const equal = results.filter(({ result }) => result.startsWith('equivalent')).length;
  const rows = results.map(
    ({ mutation: { promise, name, file }, result }) => `| ${promise} | ${name} | ${file} | ${result} |`,
  );
  return `# Mutations

Each line is a place where the code was broken on purpose, and the first test that failed. \`npm run mutate\` breaks them one after the other and
writes this page; [mutate/](mutate/README.md) says how one is added. ${killed} of ${results.length - equal} are killed.

| promise | mutation | file | killed by |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

/** What a page says of each mutation, by name. */
function resultsIn(page: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of page.split('\n')) {
    const cells = line.split(' | ');
    if (cells.length === 4) found.set(cells[1]!, cells[3]!.replace(/ \|$/, ''));
  }
  return found;
}
