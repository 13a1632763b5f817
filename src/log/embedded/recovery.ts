// Opening a partition: takes stock of its segments, cuts a torn tail off the last one, and refuses damage before it.
import { systemCode } from '../../core/errors.ts';
import type { FileHandle } from '../../core/files.ts';
import { damaged } from './failures.ts';
import { batchHeaderBytes, isBodyIntact, producerIdOf, readBatchHeader } from './format.ts';
import type { CheckedOptions } from './options.ts';
import { besideEnding } from './rewrite.ts';
import {
  baseOf,
  emptySegment,
  extendSegment,
  type Obstacle,
  type PartitionPlace,
  readBytes,
  readSegmentHeader,
  type Segment,
  segmentPath,
  walk,
  withFile,
} from './segment.ts';
import { decodeIndex } from './sparse-index.ts';

/** What stands in a partition's folder. */
export type Recovered = { segments: Segment[]; producers: Map<string, number> };

/**
 * Takes stock of a partition. Older segments are known by their index files; the last one is read and checked as a whole.
 *
 * @throws LOG_DAMAGED, with file, byte and offset
 */
export async function recover(place: PartitionPlace, options: CheckedOptions): Promise<Recovered> {
  const { files, readOnly } = options;
  const names = await files.list(place.folder);
  const bases = names.map((name) => baseOf(name)).filter((base) => base !== undefined);
  if (!readOnly) {
    for (const name of names) {
      const base = baseOf(name, '.index');
      // what a crash has left of a file that was to take the place of another
      const isLeft = name.endsWith(besideEnding) || (base !== undefined && !bases.includes(base));
      if (isLeft) await files.remove(`${place.folder}/${name}`);
    }
  }
  const producers = new Map<string, number>();
  let last: Segment | undefined;
  for (let base = bases.pop(); base !== undefined; base = bases.pop()) {
    last = await recoverLast(place, base, bases.length > 0, producers, options);
    if (last) break;
  }
  if (!last) return { segments: [], producers };
  const segments: Segment[] = [];
  for (let i = 0; i < bases.length; i += 16)
    segments.push(...(await Promise.all(bases.slice(i, i + 16).map((base) => openSealed(place, base, options)))));
  segments.push(last);
  for (let i = 1; i < segments.length; i++) {
    const { end, path, bytes } = segments[i - 1]!;
    const next = segments[i]!;
    if (end !== next.base)
      throw damaged(path, bytes, end, `the segment after it begins at offset ${next.base}, so one is missing`);
  }
  return { segments, producers };
}

/** Reads the whole of the last segment; undefined where it holds nothing and was removed, since a crash met its making. */
async function recoverLast(
  place: PartitionPlace,
  base: number,
  hasOlder: boolean,
  producers: Map<string, number>,
  options: CheckedOptions,
): Promise<Segment | undefined> {
  const { files, readOnly, notice } = options;
  const path = segmentPath(place, base);
  return await withFile(files, path, async (handle) => {
    const size = await handle.size();
    const header = await readSegmentHeader(handle, path);
    if (!header) {
      // the header was durable before the first batch was written and before an older segment was removed
      const { salt } = emptySegment(place, base, 0);
      const found = await findLater(handle, 0, size, { salt, offset: base, durable: base });
      if (found !== undefined)
        throw damaged(path, 0, base, `its header is not readable, but a batch at byte ${found} is`);
      if (!hasOlder && base > 0) throw damaged(path, 0, base, 'its header is not readable');
      if (!readOnly) {
        await files.remove(path);
        await files.syncFolder(place.folder);
        notice(`${path}: removed an unfinished segment without records (${size} bytes), as a crash leaves it`);
      }
      return undefined;
    }
    for (const [id, sequence] of header.producers) producers.set(id, sequence);
    const segment = emptySegment(place, base, header.length);
    const obstacle = await take(handle, segment, size, producers, options.indexBytes);
    if (obstacle) {
      const { position, offset, what } = obstacle;
      const found = await findLater(handle, position, size, { salt: segment.salt, offset, durable: offset + 1 });
      if (found !== undefined)
        throw damaged(path, position, offset, `${what}, and it is no torn tail: batches follow at byte ${found}`);
      if (!readOnly) await cut(path, segment, size, obstacle, options);
    }
    return segment;
  });
}

/** Walks the batches in [segment.bytes, to), checks each, and takes it into account; returns what it could not pass. */
export async function take(
  handle: FileHandle,
  segment: Segment,
  to: number,
  producers: Map<string, number>,
  indexBytes: number,
): Promise<Obstacle | undefined> {
  const { bytes: from, end: offset, salt } = segment;
  return await walk(
    handle,
    { from, to, offset, salt },
    {
      take(header, bytes, at) {
        if (!isBodyIntact(bytes, at, header)) return 'its checksum does not fit its bytes';
        const id = producerIdOf(bytes, at, header);
        if (id !== undefined) producers.set(id, header.sequence);
        extendSegment(segment, header.count, header.length, header.maxMs, indexBytes);
        return true;
      },
    },
  );
}

/**
 * The position of a later batch that proves that what stands before it was durable once: its header says up to where the log was
 * when it was written. Batches of the same unfinished write prove nothing, since a crash may keep any part of that.
 */
async function findLater(
  handle: FileHandle,
  from: number,
  to: number,
  proof: { salt: number; offset: number; durable: number },
): Promise<number | undefined> {
  const chunkBytes = 4 * 2 ** 20;
  for (let position = from; position < to; ) {
    const bytes = await readBytes(handle, position, Math.min(chunkBytes, to - position));
    let at = 0;
    while (at + batchHeaderBytes <= bytes.length) {
      const header = readBatchHeader(bytes, at, proof.salt);
      if (!header) at += 8;
      else if (header.base >= proof.offset && header.durable >= proof.durable) return position + at;
      // what stands inside a batch whose header is intact is a record's value, whatever it looks like
      else at += header.length;
    }
    if (bytes.length < Math.min(chunkBytes, to - position) || position + bytes.length >= to) return undefined;
    position += at;
  }
  return undefined;
}

async function cut(
  path: string,
  segment: Segment,
  size: number,
  obstacle: Obstacle,
  { files, notice }: CheckedOptions,
): Promise<void> {
  const handle = await files.openWrite(path);
  try {
    await handle.truncate(segment.bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  notice(
    `${path}: cut ${size - segment.bytes} bytes of a write that a crash interrupted, from byte ${segment.bytes}, offset ${segment.end} (${obstacle.what})`,
  );
}

/** An older segment, by its index file where that fits, else by reading it as a whole. */
async function openSealed(place: PartitionPlace, base: number, options: CheckedOptions): Promise<Segment> {
  const { files, indexBytes, readOnly } = options;
  const segment = emptySegment(place, base, 0);
  return await withFile(files, segment.path, async (handle) => {
    const size = await handle.size();
    const known = await readIndex(place, segment, options);
    if (known) {
      const { index, summary } = known;
      if (summary.bytes !== size)
        throw damaged(segment.path, size, summary.end, `it has ${size} bytes instead of ${summary.bytes}`);
      return Object.assign(segment, summary, { index });
    }
    const header = await readSegmentHeader(handle, segment.path);
    if (!header) throw damaged(segment.path, 0, base, 'its header is not readable');
    segment.headerBytes = header.length;
    segment.bytes = header.length;
    const obstacle = await take(handle, segment, size, new Map(), indexBytes);
    if (obstacle) throw damaged(segment.path, obstacle.position, obstacle.offset, obstacle.what);
    if (!readOnly) await writeIndex(place, segment, options);
    return segment;
  });
}

async function readIndex(place: PartitionPlace, segment: Segment, { files }: CheckedOptions) {
  try {
    return await withFile(files, segmentPath(place, segment.base, '.index'), async (handle) =>
      decodeIndex(await readBytes(handle, 0, await handle.size()), segment.salt),
    );
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes the index file of a segment that is complete. A failure is no harm: the index is then made anew at the next opening. */
export async function writeIndex(place: PartitionPlace, segment: Segment, { files }: CheckedOptions): Promise<void> {
  const { end, bytes, newestMs, headerBytes } = segment;
  try {
    const path = segmentPath(place, segment.base, '.index');
    await files.replace(path, segment.index.encode({ end, bytes, newestMs, headerBytes }, segment.salt));
  } catch {}
}
