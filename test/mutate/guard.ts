// Runs one test file in a tree, and ends it with its first red test.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fileOf, type Guard } from './mutation.ts';

/** What became of a mutation: the test that failed, or undefined where none did; how long that took. */
export type Outcome = { readonly killedBy: string | undefined; readonly seconds: number };

/** A test that takes longer waits for something that the mutation has taken away. */
const secondsMax = 90;

/** Ends the test that runs. */
export let endGuard: () => void = () => undefined;

/** Runs the tests of a guard; `killedBy` is the first that fails. */
export async function runGuard(tree: string, guard: Guard): Promise<Outcome> {
  const started = performance.now();
  const file = fileOf(guard);
  const pattern = typeof guard === 'string' ? [] : [`--test-name-pattern=${guard.name}`];
  const first = `--import=${pathToFileURL(join(tree, 'test/mutate/fast-check.ts'))}`;
  const child = spawn(process.execPath, [first, '--test-reporter=tap', ...pattern, join(tree, file)], {
    cwd: tree,
    // a group of its own, so that what the test has started ends with it
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_TEST_CONTEXT: '' },
  });
  let killedBy: string | undefined;
  let passed = 0;
  let said = '';
  const end = () => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // it has ended
    }
  };
  endGuard = end;
  const timer = setTimeout(() => {
    killedBy ??= `${file}: no end after ${secondsMax} s`;
    end();
  }, secondsMax * 1000);
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  let rest = '';
  child.stdout.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const [, isNot, name] = /^\s*(not )?ok \d+ - (.*)$/.exec(line) ?? [];
      if (name === undefined || killedBy !== undefined) continue;
      if (isNot === undefined) {
        if (!/ # SKIP/.test(name)) passed++;
      } else {
        killedBy = `${file}: ${name.replace(/\s+#.*$/, '')}`;
        end();
      }
    }
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  end();
  if (killedBy === undefined && code !== 0)
    killedBy = `${file}: it ended with ${code}, ${said.trim().split('\n').at(-1)}`;
  if (killedBy === undefined && passed === 0) killedBy = `${file}: none of its tests ran`;
  return { killedBy, seconds: (performance.now() - started) / 1000 };
}
