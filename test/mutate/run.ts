// Breaks the code on purpose, in one place at a time, and looks whether a test fails: npm run mutate [-- --list | --only NAME]

import { realpathSync, rmSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { endGuard, type Outcome, runGuard } from './guard.ts';
import { mutations } from './list/all.ts';
import { type Guard, type Mutation, textOf } from './mutation.ts';
import { report } from './report.ts';

const root = join(import.meta.dirname, '../..');

/** What tests need of the tree; node_modules is shared. */
const copied = ['package.json', 'tsconfig.json', 'bin', 'src', 'test', 'examples', 'docs', 'README.md'];

/** The result, as a page. */
const page = join(root, 'test/mutations.md');

const { values } = parseArgs({ options: { list: { type: 'boolean' }, only: { type: 'string', multiple: true } } });
const chosen = values.only ? mutations.filter(({ name }) => values.only!.some((one) => name.includes(one))) : mutations;
if (chosen.length === 0) fail(`There is no mutation '${values.only}'. See: npm run mutate -- --list`);
const misplaced = await Promise.all(mutations.map(misplacedIn));
for (const problem of misplaced) if (problem) console.error(problem);
if (values.list)
  for (const { name, file, promise } of chosen) console.log(`${name.padEnd(44)} ${file}\n    ${promise}`);
if (misplaced.some(Boolean)) fail('A mutation must be at one place of the code: change its `find`, or remove it.');
if (!values.list) process.exitCode = await run();

/** Why a mutation cannot be applied, or undefined. */
async function misplacedIn({ name, file, find, replace }: Mutation): Promise<string | undefined> {
  const text = await readFile(join(root, file), 'utf8').catch(() => '');
  const found = text.split(find).length - 1;
  const twice = mutations.filter((one) => one.name === name).length > 1;
  if (found === 1 && find !== replace && !twice) return undefined;
  const why = twice
    ? 'its name is given twice'
    : found === 1
      ? 'it changes nothing'
      : `its text is there ${found} times`;
  return `${name}: ${why} (${file})`;
}

/** Runs the chosen mutations, one after the other, in a copy of the tree; resolves with the exit code. */
async function run(): Promise<number> {
  const tree = await mkdtemp(join(tmpdir(), 'millrace-mutate-'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      endGuard();
      rmSync(tree, { recursive: true, force: true });
      process.exit(130);
    });
  try {
    for (const name of copied) await cp(join(root, name), join(tree, name), { recursive: true });
    await symlink(realpathSync(join(root, 'node_modules')), join(tree, 'node_modules'));
    const before = await readFile(page, 'utf8').catch(() => '');
    const outcomes = new Map<string, Outcome>();
    const sound = new Set<string>();
    for (const mutation of chosen) {
      if (mutation.equivalent !== undefined) continue;
      for (const guard of mutation.tests) if (!(await isSound(tree, guard, sound))) return 1;
      const outcome = await tried(tree, mutation);
      outcomes.set(mutation.name, outcome);
      const what = outcome.killedBy === undefined ? 'SURVIVED' : 'killed';
      console.log(`${what.padEnd(10)} ${outcome.seconds.toFixed(1).padStart(5)} s  ${mutation.name}`);
      await writeFile(page, report(mutations, outcomes, before));
    }
    const survived = [...outcomes.values()].filter(({ killedBy }) => killedBy === undefined).length;
    console.log(`\n${outcomes.size} mutations, ${survived} survived`);
    return survived > 0 ? 1 : 0;
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

/** Whether a test passes while nothing is broken, asked once: else a red test would say nothing of a mutation. */
async function isSound(tree: string, guard: Guard, sound: Set<string>): Promise<boolean> {
  const text = textOf(guard);
  if (sound.has(text)) return true;
  const { killedBy } = await runGuard(tree, guard);
  if (killedBy === undefined) sound.add(text);
  else console.error(`${text} fails while nothing is broken: ${killedBy}`);
  return killedBy === undefined;
}

/** Applies a mutation, runs its tests until one fails, and takes it back. */
async function tried(tree: string, { file, find, replace, tests }: Mutation): Promise<Outcome> {
  const path = join(tree, file);
  const text = await readFile(path, 'utf8');
  await writeFile(
    path,
    text.replace(find, () => replace),
  );
  let seconds = 0;
  try {
    for (const guard of tests) {
      const outcome = await runGuard(tree, guard);
      seconds += outcome.seconds;
      if (outcome.killedBy !== undefined) return { ...outcome, seconds };
    }
    return { killedBy: undefined, seconds };
  } finally {
    await writeFile(path, text);
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
