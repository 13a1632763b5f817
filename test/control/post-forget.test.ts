// What idempotency keys keep when persons are forgotten: the keys, so that nothing is stored again, and nothing of the persons.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { compactSqlite, forgetBodies, postKeyOf } from '../../src/control/post-forget.ts';
import { PostKeys } from '../../src/control/post-keys.ts';
import { virtualClock } from '../../src/core/clock.ts';
import { memoryFiles } from '../../src/core/memory-files.ts';
import { BatchBuilder } from '../../src/log/batch.ts';
import { embeddedLog } from '../../src/log/embedded/embedded.ts';
import type { PostResult } from '../../src/web/schemas.ts';
import { readAll } from '../contracts/log.ts';

const who = 'xanthippe-of-athens-4711';
const answer = (reason?: string): PostResult => ({
  accepted: 1,
  rejected: reason === undefined ? [] : [{ index: 1, code: 'RECORD_INVALID', reason }],
  offsets: [{ partition: 0, first: 0, count: 1 }],
  isRepeated: false,
});

test('a request that comes again is known, whatever its body, and no file has the hash of that or a name', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-post-forget-'));
  t.after(() => rm(folder, { recursive: true }));
  const [path, killed] = [join(folder, 'control.db'), join(folder, 'killed.db')];
  const clock = virtualClock(1_000_000);
  const log = await embeddedLog({ folder: '/log', files: memoryFiles(), clock });
  await log.createTopic('rides', { partitions: 1, retention: {} });
  const keys = new PostKeys({ path, log, clock });
  const post = (key: string, body: string, result: PostResult | undefined, on = keys) =>
    on.once('rides', key, Buffer.from(body), async ({ headers, stored }) => {
      if (!stored.has(0)) {
        const builder = new BatchBuilder();
        builder.add(0, null, Buffer.from(body), headers(0));
        stored.set(0, { partition: 0, offset: await log.append('rides', 0, builder.take()) });
      }
      if (!result) throw new Error('the process ends here');
      return result;
    });
  await post('mine', `a ${who}`, answer(`field 'zone': '${who}' is not one of 'a'`));
  await post('other', 'b anna', answer("field 'zone': 'x' is not one of 'a'"));
  await assert.rejects(post('cut', `c ${who}`, undefined));
  // killed before control.db knows any of it: only the log does
  for (const part of ['', '-wal']) await cp(`${path}${part}`, `${killed}${part}`);
  await keys.close();

  const found = (await readAll(log, 'rides')).flatMap((batch) =>
    Array.from({ length: batch.count }, (_, i) => ({ offset: batch.baseOffset + i, key: postKeyOf(batch, i)! })),
  );
  const mine = [found[0]!.key, found[2]!.key];
  const masked = (text: string) => text.replaceAll(who, '***');
  await forgetBodies({ path: killed, log, clock }, mine, masked);
  await log.erase('rides', 0, [0, 2], {});
  await forgetBodies({ path, log, clock }, mine, masked);
  for (const file of [path, killed]) compactSqlite(file);
  for (const name of await readdir(folder)) assert.ok(!(await readFile(join(folder, name))).includes(who), name);

  for (const file of [path, killed]) {
    const after = new PostKeys({ path: file, log, clock });
    const again = (key: string, body: string) => post(key, body, answer(), after);
    const ends = log.range('rides', 0).end;
    assert.equal((await again('mine', `a ${who}`)).isRepeated, true);
    assert.equal((await again('mine', 'something else')).isRepeated, true);
    // what was not stored of it by then never is
    assert.equal((await again('cut', `c ${who}`)).isRepeated, true);
    assert.equal((await again('other', 'b anna')).isRepeated, true);
    await assert.rejects(again('other', 'b bert'), { code: 'IDEMPOTENCY_REUSED' });
    assert.equal(log.range('rides', 0).end, ends);
    await after.close();
  }
  const said = new PostKeys({ path, log, clock });
  const { rejected } = await post('mine', 'x', answer(), said);
  assert.equal(rejected[0]!.reason, "field 'zone': '***' is not one of 'a'");
  await said.close();
});
