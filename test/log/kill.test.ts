// kill -9 while a process appends: every record that it said was stored is there, once, in order.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { nodeFiles } from '../../src/control/system.ts';
import { systemClock } from '../../src/core/clock.ts';
import { random } from '../../src/core/random.ts';
import { embeddedLog } from '../../src/log/embedded/embedded.ts';
import { readAll, textsOf } from '../contracts/log.ts';

/** Goes on from the last sequence, several appends under way, and prints the end of each that is acknowledged. */
const child = `
import { embeddedLog } from './src/log/embedded/embedded.ts';
import { nodeFiles } from './src/control/system.ts';
import { systemClock } from './src/core/clock.ts';
import { BatchBuilder } from './src/log/batch.ts';
const log = await embeddedLog({ folder: process.argv[1], files: nodeFiles(), clock: systemClock(), segmentBytes: 100_000 });
await log.createTopic('ride', { partitions: 1, retention: {} });
let next = 1 + await log.lastSequence('ride', 0, 'source');
for (;;) {
  const appends = [];
  for (let i = 0; i < 5; i++) {
    const builder = new BatchBuilder();
    for (let j = 0; j < 100; j++) builder.add(next, null, new TextEncoder().encode('v' + next++));
    const end = next;
    appends.push(log.append('ride', 0, builder.take(), { id: 'source', sequence: end - 1 }).then(() => console.log(end)));
  }
  await Promise.all(appends);
}`;

test('killed at any moment and started again, a log has what it acknowledged, once and in order', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-log-'));
  const dice = random('kill');
  const options = { folder, files: nodeFiles(), clock: systemClock(), segmentBytes: 100_000 };
  let acknowledged = 0;
  for (let life = 0; life < 5; life++) {
    const before = acknowledged;
    const running = spawn(process.execPath, ['--input-type=module-typescript', '-e', child, folder], {
      cwd: join(import.meta.dirname, '../..'),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: running.stdout });
    lines.on('line', (line) => {
      acknowledged = Number(line);
    });
    await once(lines, 'line');
    await new Promise((resolve) => setTimeout(resolve, dice.whole(0, 60)));
    running.kill('SIGKILL');
    await Promise.all([once(running, 'exit'), once(lines, 'close')]);
    assert.ok(acknowledged > before);
    const log = await embeddedLog(options);
    const texts = textsOf(await readAll(log, 'ride'));
    assert.ok(texts.length >= acknowledged, `${texts.length} of ${acknowledged}`);
    for (let i = 0; i < texts.length; i++) assert.equal(texts[i], `v${i}`);
    assert.equal(await log.lastSequence('ride', 0, 'source'), texts.length - 1);
    if (life % 2 === 0) await log.close();
  }
  await rm(folder, { recursive: true });
});
