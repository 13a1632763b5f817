// The last result as a page: which mutation is killed by which test.
import type { Outcome } from './guard.ts';
import type { Mutation } from './mutation.ts';

/** The text of test/mutations.md. */
export function report(outcomes: readonly { mutation: Mutation; outcome: Outcome }[]): string {
  const run = outcomes.filter(({ outcome }) => outcome !== 'equivalent');
  const killed = run.filter(({ outcome }) => outcome !== 'equivalent' && outcome.killedBy !== undefined);
  const rows = outcomes.map(({ mutation, outcome }) => {
    const by =
      outcome === 'equivalent'
        ? `equivalent: ${mutation.equivalent}`
        : outcome.killedBy === undefined
          ? '**survived**'
          : `${outcome.killedBy.replace(/^test\//, '')}`;
    return `| ${[mutation.promise, mutation.name, mutation.file, by].map(cell).join(' | ')} |`;
  });
  return `# Mutations

Each line is a place where the code was broken on purpose, and the first test that failed. \`npm run mutate\` breaks them one after the other and
writes this page; [mutate/](mutate/README.md) says how one is added. ${killed.length} of ${run.length} are killed.

| promise | mutation | file | killed by |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
