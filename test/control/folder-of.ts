// A data folder with files beside it, in which tests run pipelines to their end, one run after the other.
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Millrace, PipelineStatus, StartOptions } from '../../src/control/millrace.ts';
import { open } from '../../src/control/open.ts';
import type { Pipeline } from '../../src/define/pipeline.ts';
import { temporary } from './tools.ts';

/** A data folder, and files beside it. */
export async function folderOf(t: TestContext, contents: Record<string, string> = {}) {
  const folder = await temporary(t);
  const path = (name: string) => join(dirname(folder), name);
  for (const [name, content] of Object.entries(contents)) await writeFile(path(name), content);
  const within = async <T>(work: (millrace: Millrace) => Promise<T>): Promise<T> => {
    const millrace = await open({ folder });
    try {
      return await work(millrace);
    } finally {
      await millrace.close();
    }
  };
  const run = (pipelines: readonly Pipeline[], options: StartOptions = {}) =>
    within(async (millrace): Promise<PipelineStatus[]> => {
      const running = await millrace.start(pipelines, { once: true, ...options });
      await running.done;
      for (const failure of running.failures.values()) throw failure;
      return running.status();
    });
  return { folder, path, within, run };
}
