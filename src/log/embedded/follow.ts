// Follows a partition that another process writes, by looking at its files; nothing is ever changed there.
import { systemCode } from '../../core/errors.ts';
import type { Partition } from './partition.ts';
import { recover, take } from './recovery.ts';
import { emptySegment, readSegmentHeader, type Segment, segmentPath, withFile } from './segment.ts';

/** Moves the end of the partition to what stands in its files now, and its start where retention has removed segments. */
export async function refresh(partition: Partition): Promise<void> {
  try {
    const oldest = partition.segments[0];
    if (!oldest || !(await partition.options.files.exists(oldest.path))) return await reload(partition);
    for (;;) {
      const last = partition.segments.at(-1)!;
      if (!(await extend(partition, last))) return await reload(partition);
      const next = last.end > last.base ? await openNext(partition, last.end) : undefined;
      if (!next) break;
      // what was written to the one before it between our two looks
      if (!(await extend(partition, last)) || last.end !== next.base) break;
      partition.segments = [...partition.segments, next];
    }
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    await reload(partition);
  }
  partition.wake();
}

/** Takes what was appended to a segment; false where it became shorter, as after a write that failed. */
async function extend(partition: Partition, segment: Segment): Promise<boolean> {
  const { options, producers } = partition;
  return await withFile(options.files, segment.path, async (handle) => {
    const size = await handle.size();
    if (size > segment.bytes) await take(handle, segment, size, producers, options.indexBytes);
    return size >= segment.bytes;
  });
}

async function openNext(partition: Partition, base: number): Promise<Segment | undefined> {
  const { place, options } = partition;
  const path = segmentPath(place, base);
  if (!(await options.files.exists(path))) return undefined;
  return await withFile(options.files, path, async (handle) => {
    const header = await readSegmentHeader(handle, path);
    return header && emptySegment(place, base, header.length);
  });
}

/** Takes stock of the partition anew. */
export async function reload(partition: Partition): Promise<void> {
  const { segments, producers } = await recover(partition.place, partition.options);
  partition.segments = segments;
  partition.producers = producers;
  partition.wake();
}
