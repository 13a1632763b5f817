// A forgetting that is cut short anywhere: nothing can be started before it is finished, and then it is as if it had not been cut short.
import assert from 'node:assert/strict';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { check } from '../../src/control/check.ts';
import { type ForgetOptions, forget } from '../../src/control/forget.ts';
import { open } from '../../src/control/open.ts';
import { outlook } from '../../src/control/outlook.ts';
import { system } from '../../src/control/system.ts';
import type { FileHandle, Files } from '../../src/core/files.ts';
import { int, long, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';
import type { PostRequest } from '../../src/web/backend.ts';
import { madeIn, recordsIn, traces, within } from './forgetting-tools.ts';
import { makeTemporary, until } from './tools.ts';

const who = 'xanthippe-of-athens-4711';
const command = 'millrace forget';

const visit = topic(
  'visits',
  { id: int(), guest: text(), room: text(), at: timestamp() },
  { time: 'at', person: 'guest', partitions: 2 },
);
const hours = stream(
  'hours',
  { w: timestamp(), n: long() },
  sql`select window_start as w, count(cast(room as integer)) as n from ${visit.tumble('1 hour')} group by all`,
);
const hotel = pipeline('hotel', {
  tables: [table('visits', visit, { key: 'id' }), table('hours', hours, { key: 'w' })],
});

/** Files of which any that changes something fails, as all that follow do, once so many were changed after the first `begins`. */
function failing(files: Files, operations: number, begins: (path: string) => boolean) {
  let left = Number.POSITIVE_INFINITY;
  const counted = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
    if (left === Number.POSITIVE_INFINITY && begins(path)) left = operations;
    if (--left < 0) throw Object.assign(new Error(`EIO: ${path}`), { code: 'EIO' });
    return work();
  };
  const handle = (path: string, of: FileHandle): FileHandle => ({
    ...of,
    read: of.read,
    write: (parts, position) => counted(path, () => of.write(parts, position)),
    sync: () => counted(path, () => of.sync()),
    truncate: (length) => counted(path, () => of.truncate(length)),
  });
  return {
    ...files,
    openWrite: async (path) => handle(path, await counted(path, () => files.openWrite(path))),
    replace: (path, content) => counted(path, () => files.replace(path, content)),
    rename: (from, to) => counted(to, () => files.rename(from, to)),
    remove: (path) => counted(path, () => files.remove(path)),
    removeFolder: (path) => counted(path, () => files.removeFolder(path)),
    syncFolder: (path) => counted(path, () => files.syncFolder(path)),
  } satisfies Files as Files;
}

describe('a forgetting that is cut short', () => {
  let folder: string;
  let expected: object;
  let requests: PostRequest[];
  let remove: () => Promise<void>;
  const look = (path: string) =>
    within(path, async (parts) => ({ records: await recordsIn(parts), ...(await madeIn(parts, [hotel], true)) }));
  const options = (path: string): ForgetOptions => ({ folder: path, names: [who], pipelines: [hotel], command });

  before(async () => {
    const made = await makeTemporary();
    remove = made.remove;
    folder = join(made.folder, 'data');
    const millrace = await open({ folder });
    const running = await millrace.start([hotel]);
    const backend = millrace.backend(running);
    const records = [1, 2, 3, 4, 5, 6, 7, 8].map((id) => ({
      id,
      guest: id % 3 === 0 ? who : 'anna',
      room: id === 3 || id === 4 ? 'none' : '12',
      at: id * 1000,
    }));
    requests = [records.slice(0, 5), records.slice(5)].map((some) => ({
      records: some,
      body: Buffer.from(JSON.stringify(some)),
      idempotencyKey: `key ${some.length}`,
    }));
    for (const one of requests) await backend.post('visits', one);
    await running.stop();
    await millrace.close();
    const whole = `${folder}-whole`;
    await cp(folder, whole, { recursive: true });
    assert.equal((await forget(options(whole))).state, 'forgotten');
    expected = await look(whole);
  });
  after(() => remove());

  test('is finished by the same call, from wherever it was, and until then nothing is started', async () => {
    let operations = 0;
    let unfinished = 0;
    for (let isDone = false; !isDone; operations++) {
      const path = `${folder}-${operations}`;
      await cp(folder, path, { recursive: true });
      const files = failing(system().files, operations, (one) => one.endsWith('forgetting.json'));
      isDone = await forget(options(path), { ...system(), files }).then(
        () => true,
        (error) => {
          assert.ok(error.remedy, `${operations}: ${error}`);
          return false;
        },
      );
      const millrace = await open({ folder: path });
      const cut = millrace.unfinished();
      if (cut === undefined) await millrace.close();
      else {
        unfinished++;
        assert.equal(cut, 1);
        const refused = { code: 'FORGET_UNFINISHED', remedy: /millrace forget --finish/ };
        await assert.rejects(millrace.start([hotel]), refused);
        await assert.rejects(millrace.rebuild(hotel, undefined), refused);
        await assert.rejects(millrace.deadRedrive(hotel, {}), refused);
        await assert.rejects(millrace.remove({ noun: 'table', name: 'hours' }), refused);
        await millrace.close();
        if (operations === 3) {
          await assert.rejects(outlook([hotel], {}, path), refused);
          await assert.rejects(forget({ ...options(path), names: ['anna'] }), refused);
          assert.deepEqual(await check([hotel], {}), []);
        }
      }
      // the same call where nothing was decided, and the one that goes on where something was
      const names = operations % 2 === 0 || cut === undefined ? [who] : [];
      const { state } = await forget({ ...options(path), names });
      const wasDecided = operations > 0;
      assert.equal(state, wasDecided && cut === undefined ? 'nothing' : 'forgotten', `${operations}`);
      assert.deepEqual(await traces(path, who), [], `after ${operations} operations`);
      assert.ok(!(await readdir(path)).some((name) => name.includes('forgetting')));
      assert.deepEqual(await look(path), expected, `after ${operations} operations`);
      if (isDone || operations % 10 === 0) {
        const again = await open({ folder: path });
        const running = await again.start([hotel]);
        await until('all is processed', () => running.status()[0]!.ledger.inFlight === 0);
        assert.ok(running.status()[0]!.ledger.balanced);
        // the same requests again store nothing
        for (const one of requests) {
          const { accepted, isRepeated } = await again.backend(running).post('visits', one);
          assert.deepEqual([accepted, isRepeated], [one.records.length, true]);
        }
        assert.equal((await again.topics())[0]!.records, 8);
        await running.stop();
        await again.close();
      }
    }
    assert.ok(unfinished > 20, `${unfinished} of ${operations}`);
  });

  test('by a full disk says so, and goes on when there is space', async () => {
    for (const [i, part] of ['.log.new', 'forgetting-progress', 'tables.duckdb'].entries()) {
      const path = `${folder}-full-${i}`;
      await cp(folder, path, { recursive: true });
      const { files } = system();
      const full = async <T>(at: string, work: () => Promise<T>): Promise<T> => {
        if (at.includes(part) && !at.endsWith('.wal')) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
        return work();
      };
      const limited: Files = {
        ...files,
        openWrite: (at) => full(at, () => files.openWrite(at)),
        replace: (at, content) => full(at, () => files.replace(at, content)),
      };
      await assert.rejects(forget(options(path), { ...system(), files: limited }), {
        code: 'DISK_FULL',
        remedy: 'Free some space. Then finish it, it goes on where it was: millrace forget --finish.',
      });
      assert.ok((await traces(path, who)).includes('forgetting.json'));
      const millrace = await open({ folder: path });
      await assert.rejects(millrace.start([hotel]), { code: 'FORGET_UNFINISHED' });
      await millrace.close();
      assert.equal((await forget({ ...options(path), names: [] })).state, 'forgotten');
      assert.deepEqual(await traces(path, who), []);
      assert.deepEqual(await look(path), expected);
    }
  });

  test('before it was decided, or after all was done, leaves no name', async () => {
    const path = `${folder}-left`;
    await cp(`${folder}-whole`, path, { recursive: true });
    const decision = join(path, 'forgetting.json');
    const done = { version: 1, number: 7, phase: 'done', rows: {}, remade: {}, done: [], stale: [] };
    for (const [left, content, progress] of [
      [`${decision}.new`, `{"version":1,"names":["${who}`, undefined],
      [decision, `     ${who}"]}`, done],
      [decision, JSON.stringify({ version: 1, number: 7, names: [who] }), done],
    ] as const) {
      await writeFile(left, content);
      if (progress) await writeFile(join(path, 'forgetting-progress.json'), JSON.stringify(progress));
      const millrace = await open({ folder: path });
      assert.equal(millrace.unfinished(), undefined);
      await millrace.close();
      assert.deepEqual(await traces(path, who), [], left);
    }
    await writeFile(decision, '{"version":1,"names":');
    await assert.rejects(open({ folder: path }), { code: 'DATA_VERSION', place: decision, remedy: /remove the file/ });
    assert.match(await readFile(decision, 'utf8'), /names/);
  });
});
