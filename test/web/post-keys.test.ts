// Idempotency keys: the records of a request are stored once, whatever fails or is killed in between.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { describe, type TestContext, test } from 'node:test';
import { PostKeys, type PostMark } from '../../src/control/post-keys.ts';
import { nodeFiles } from '../../src/control/system.ts';
import { systemClock, virtualClock } from '../../src/core/clock.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { memoryFiles } from '../../src/core/memory-files.ts';
import { random } from '../../src/core/random.ts';
import { BatchBuilder } from '../../src/log/batch.ts';
import { opened, request, some, storedIds } from './post-tools.ts';

const hourMs = 3_600_000;

async function temporary(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-post-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const ids = (prefix: string, count: number) =>
  some(prefix, count)
    .map(({ id }) => id)
    .sort();

describe('an idempotency key', () => {
  test('gives the answer of the first time, and stores nothing twice', async () => {
    const { posts, log, close } = await opened();
    const asked = request([...some('a', 5), { id: 'bad' }], 'key');
    const first = await posts.post('orders', asked);
    assert.deepEqual(await posts.post('orders', asked), { ...first, isRepeated: true });
    assert.equal(first.accepted, 5);
    assert.equal(first.rejected[0]!.index, 5);
    assert.equal(first.isRepeated, false);
    assert.deepEqual(await storedIds(log), ids('a', 5));
    await close();
  });

  test('is refused for another body, also while the first is under way', async () => {
    const { posts, log, close } = await opened();
    const reused = (error: unknown) => error instanceof MillraceError && error.code === 'IDEMPOTENCY_REUSED';
    const first = posts.post('orders', request(some('a', 2), 'key'));
    await assert.rejects(posts.post('orders', request(some('b', 2), 'key')), reused);
    await first;
    await assert.rejects(posts.post('orders', request(some('b', 2), 'key')), reused);
    assert.deepEqual(await storedIds(log), ids('a', 2));
    await close();
  });

  test('that is in flight many times at once is stored once, and all get the same answer', async () => {
    const { posts, log, close } = await opened();
    const asked = request(some('a', 20), 'key');
    const answers = await Promise.all(Array.from({ length: 20 }, () => posts.post('orders', asked)));
    assert.equal(answers.filter((one) => !one.isRepeated).length, 1);
    for (const one of answers) assert.deepEqual({ ...one, isRepeated: false }, { ...answers[0], isRepeated: false });
    assert.deepEqual(await storedIds(log), ids('a', 20));
    await close();
  });

  test('is known over a restart, and for 24 hours, then forgotten by memory and disk', async (t) => {
    const path = join(await temporary(t), 'control.db');
    const files = memoryFiles();
    const clock = virtualClock(1e12);
    const first = await opened({ path, files, clock });
    await first.posts.post('orders', request(some('a', 1), 'key'));
    await first.close();
    const second = await opened({ path, files, clock });
    await clock.advance(23 * hourMs);
    assert.equal((await second.posts.post('orders', request(some('a', 1), 'key'))).isRepeated, true);
    await clock.advance(hourMs);
    assert.equal((await second.posts.post('orders', request(some('a', 1), 'key'))).isRepeated, false);
    assert.equal((await storedIds(second.log)).length, 2);
    await clock.advance(25 * hourMs);
    await second.posts.post('orders', request(some('b', 1), 'another'));
    await second.close();
    const database = new DatabaseSync(path);
    assert.deepEqual({ ...database.prepare('select count(*) as n from posts').get() }, { n: 1 });
    assert.deepEqual({ ...database.prepare('select count(*) as n from post_marks').get() }, { n: 0 });
    database.close();
  });

  test('of thousands of requests leaves no producers in the log', async () => {
    const { posts, log, close } = await opened();
    for (let i = 0; i < 2000; i += 100) {
      const some = Array.from({ length: 100 }, (_, j) => i + j);
      await Promise.all(some.map((n) => posts.post('orders', request([{ id: `n${n}`, count: n }], `key ${n}`))));
    }
    assert.equal((await storedIds(log)).length, 2000);
    for (const n of [0, 1999]) assert.equal(await log.lastSequence('orders', 0, `post/key ${n}`), -1);
    await close();
  });

  test('whose request the disk takes in part is completed by the same request', async (t) => {
    for (const part of ['/0/', '/1/', '/2/']) {
      const path = join(await temporary(t), 'control.db');
      const files = memoryFiles();
      const clock = virtualClock(1e12);
      const before = await opened({ files, path, clock });
      await before.posts.post('orders', request(some('warm', 9)));
      files.fail('sync', 'ENOSPC', 1, part);
      const asked = request(some('a', 30), 'key');
      await assert.rejects(
        before.posts.post('orders', asked),
        (error) => (error as MillraceError).code === 'DISK_FULL',
      );
      const stored = (await storedIds(before.log)).length;
      assert.ok(stored > 9 && stored < 39, `${stored} are stored`);
      // what is stored in part is kept with the key too, when it is saved
      await clock.advance(300);
      await before.close();
      const after = await opened({ files, path, clock });
      const answer = await after.posts.post('orders', asked);
      assert.equal(answer.accepted, 30);
      assert.deepEqual(await storedIds(after.log), [...ids('a', 30), ...ids('warm', 9)].sort());
      assert.deepEqual(await after.posts.post('orders', asked), { ...answer, isRepeated: true });
      await after.close();
    }
  });
});

describe('after the power went off', () => {
  test('at any operation, the same requests store each record once', async (t) => {
    const folder = await temporary(t);
    let parts = 0;
    for (let operations = 0; operations < 60; operations++) {
      const dice = random(`power ${operations}`);
      const path = join(folder, `${operations}.db`);
      const files = memoryFiles();
      const clock = virtualClock(1e12);
      const before = await opened({ files, path, clock });
      const asked = Array.from({ length: 6 }, (_, i) => request(some(`r${i}`, 8), `key ${i}`));
      files.crashAfter(operations);
      const answered: unknown[] = [];
      for (const one of asked) {
        if (dice.next() < 0.3) await clock.advance(300);
        answered.push(await before.posts.post('orders', one).catch(() => undefined));
      }
      // what the dead process had open is left as it is
      const disk = files.crash(dice);
      const after = await opened({ files: disk, path, clock: virtualClock(1e12 + 60_000) });
      const left = (await storedIds(after.log)).length;
      if (left % 8 !== 0) parts++;
      for (const [i, one] of asked.entries()) {
        const again = await after.posts.post('orders', one);
        if (answered[i]) assert.deepEqual(again, { ...answered[i], isRepeated: true });
        assert.equal(again.accepted, 8);
      }
      assert.deepEqual(await storedIds(after.log), asked.flatMap((_, i) => ids(`r${i}`, 8)).sort());
      await after.close();
      await before.close().catch(() => undefined);
    }
    assert.ok(parts > 0, 'no request was met in part');
  });
});

test('what a request under way has stored is found after a kill, also where other keys were saved meanwhile', async (t) => {
  const path = join(await temporary(t), 'control.db');
  const files = memoryFiles();
  const clock = virtualClock(1e12);
  const { log, posts } = await opened({ files, clock });
  const keys = new PostKeys({ path, log, clock });
  const result = { accepted: 1, rejected: [], offsets: [], isRepeated: false };
  const appended = Promise.withResolvers<void>();
  const store = async (mark: PostMark, id: string) => {
    const builder = new BatchBuilder();
    builder.add(0, Buffer.from(id), null, mark.headers(0));
    await log.append('orders', 0, builder.take());
  };
  // killed after it was stored and before it is answered
  void keys.once('orders', 'slow', Buffer.from('body'), async (mark) => {
    await store(mark, 'slow');
    appended.resolve();
    return new Promise(() => undefined);
  });
  await appended.promise;
  await keys.once('orders', 'quick', Buffer.from('body'), async (mark) => {
    await store(mark, 'quick');
    return result;
  });
  await clock.advance(1000);
  const after = new PostKeys({ path, log, clock });
  const found: unknown[] = [];
  const again = await after.once('orders', 'slow', Buffer.from('body'), async ({ stored }) => {
    found.push(...stored);
    return result;
  });
  assert.deepEqual(found, [[0, { partition: 0, offset: 0 }]]);
  assert.equal(again.isRepeated, true);
  const quick = await after.once('orders', 'quick', Buffer.from('body'), () => assert.fail('it was done again'));
  assert.equal(quick.isRepeated, true);
  await after.close();
  await posts.close();
  await log.close();
});

/** Posts requests with keys, several under way, and prints the number of each that is answered. */
const child = `
import { nodeFiles } from './src/control/system.ts';
import { systemClock } from './src/core/clock.ts';
import { opened, request, some } from './test/web/post-tools.ts';
const [, folder, from] = process.argv;
const { posts } = await opened({ files: nodeFiles(), clock: systemClock(), folder: folder + '/log', path: folder + '/control.db' });
for (let n = Number(from); ; n += 4) {
  await Promise.all([0, 1, 2, 3].map(async (i) => {
    await posts.post('orders', request(some('k' + (n + i), 7), 'key ' + (n + i)));
    console.log(n + i);
  }));
}`;

test('killed at any moment, a process has stored what it answered, and the same requests store each record once', {
  timeout: 120_000,
}, async (t) => {
  const folder = await temporary(t);
  const dice = random('kill posts');
  const options = { files: nodeFiles(), clock: systemClock(), folder: `${folder}/log`, path: `${folder}/control.db` };
  let next = 0;
  for (let life = 0; life < 4; life++) {
    const running = spawn(process.execPath, ['--input-type=module-typescript', '-e', child, folder, String(next)], {
      cwd: join(import.meta.dirname, '../..'),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const answered = new Set<number>();
    const lines = createInterface({ input: running.stdout });
    lines.on('line', (line) => answered.add(Number(line)));
    await Promise.race([once(lines, 'line'), once(running, 'exit')]);
    assert.equal(running.exitCode, null, 'the process has failed');
    await new Promise((resolve) => setTimeout(resolve, dice.whole(0, 300)));
    running.kill('SIGKILL');
    await Promise.all([once(running, 'exit'), once(lines, 'close')]);
    const last = Math.max(...answered);
    const { posts, log, close } = await opened(options);
    for (let n = next; n <= last + 8; n++) {
      const answer = await posts.post('orders', request(some(`k${n}`, 7), `key ${n}`));
      assert.equal(answer.accepted, 7);
      if (answered.has(n)) assert.equal(answer.isRepeated, true, `request ${n} was answered and not known`);
    }
    next = last + 9;
    assert.deepEqual(
      await storedIds(log),
      Array.from({ length: next }, (_, n) => ids(`k${n}`, 7))
        .flat()
        .sort(),
    );
    await close();
  }
});
