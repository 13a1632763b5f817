// The embedded log keeps the contract, on real files and in memory, with many small segments and with one large.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { nodeFiles } from '../../src/control/system.ts';
import { systemClock } from '../../src/core/clock.ts';
import { memoryFiles } from '../../src/core/memory-files.ts';
import { embeddedLog } from '../../src/log/embedded/embedded.ts';
import { testLog } from '../contracts/log.ts';

const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

testLog('embedded on real files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-log-'));
  folders.push(folder);
  return () => embeddedLog({ folder, files: nodeFiles(), clock: systemClock() });
});

testLog('embedded in memory, small segments, no cache', async () => {
  const files = memoryFiles();
  const options = {
    folder: '/log',
    files,
    clock: systemClock(),
    segmentBytes: 2048,
    cacheBytesMax: 0,
    indexBytes: 300,
  };
  return () => embeddedLog(options);
});
