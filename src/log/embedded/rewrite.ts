// Writes a segment anew without what some of its records held. Its offsets, times and producers stay, and so does every other batch, byte for byte.
import type { FileHandle, Files } from '../../core/files.ts';
import type { Batch } from '../batch.ts';
import { damaged } from './failures.ts';
import { encodeBatch, isBodyIntact, place as placeBatch, producerIdOf, viewBatch } from './format.ts';
import type { CheckedOptions } from './options.ts';
import {
  emptySegment,
  extendSegment,
  type PartitionPlace,
  readBytes,
  type Segment,
  walk,
  withFile,
} from './segment.ts';

/** Bytes that are written at a time. */
const writeBytes = 4 * 2 ** 20;

/** The ending of a segment that is being written beside the one whose place it takes. A crash may leave such a file: it is never read. */
export const besideEnding = '.new';

/** Records to erase: their offsets in ascending order, and the headers that they get, as the bytes of a batch. */
export type Erased = { readonly offsets: readonly number[]; readonly headers: Uint8Array };

/**
 * Writes a segment beside the one that is there, and syncs it. Resolves with the segment as it is after it was renamed.
 *
 * @throws LOG_DAMAGED where a batch is not intact
 */
export async function writeBeside(
  place: PartitionPlace,
  segment: Segment,
  erased: Erased,
  { files, indexBytes }: CheckedOptions,
): Promise<Segment> {
  return await withFile(files, segment.path, (source) =>
    written(files, `${segment.path}${besideEnding}`, async (target) => {
      const made = emptySegment(place, segment.base, segment.headerBytes);
      await target.write([await readBytes(source, 0, segment.headerBytes)], 0);
      for (let from = segment.headerBytes, offset = segment.base; from < segment.bytes; ) {
        const parts: Uint8Array[] = [];
        const begin = made.bytes;
        const obstacle = await walk(
          source,
          { from, offset, to: segment.bytes, salt: segment.salt },
          {
            take(header, bytes, at) {
              if (!isBodyIntact(bytes, at, header)) return 'its checksum does not fit its bytes';
              from += header.length;
              offset += header.count;
              const chosen = within(erased.offsets, header.base, header.base + header.count);
              if (chosen.length === 0) {
                parts.push(bytes.subarray(at, at + header.length));
                extendSegment(made, header.count, header.length, header.maxMs, indexBytes);
              } else {
                const batch = viewBatch(place.topic, place.partition, bytes, at, header);
                const id = producerIdOf(bytes, at, header);
                const producer = id === undefined ? undefined : { id, sequence: header.sequence };
                const encoded = encodeBatch(without(batch, chosen, erased.headers), producer);
                placeBatch(encoded, header.base, header.durable, segment.salt);
                parts.push(...encoded.parts);
                extendSegment(made, header.count, encoded.length, header.maxMs, indexBytes);
              }
              return made.bytes - begin < writeBytes;
            },
          },
        );
        if (obstacle) throw damaged(segment.path, obstacle.position, obstacle.offset, obstacle.what);
        await target.write(parts, begin);
      }
      return made;
    }),
  );
}

/** Writes a file by a task and syncs it; where that fails it is removed again. */
async function written<T>(files: Files, path: string, task: (target: FileHandle) => Promise<T>): Promise<T> {
  const target = await files.openWrite(path);
  try {
    // what a crash has left of an attempt before this one
    await target.truncate(0);
    const result = await task(target);
    await target.sync();
    await target.close();
    return result;
  } catch (error) {
    await target.close().catch(() => undefined);
    await files.remove(path).catch(() => undefined);
    throw error;
  }
}

/** The numbers, of some in order, that lie in [from, to). */
export function within(numbers: readonly number[], from: number, to: number): readonly number[] {
  return numbers.slice(firstFrom(numbers, from), firstFrom(numbers, to));
}

function firstFrom(numbers: readonly number[], least: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The batch with some of its records erased: no key, no value, and these headers in the place of theirs. */
function without(batch: Batch, offsets: readonly number[], headers: Uint8Array): Batch {
  const { count, times, baseOffset } = batch;
  const ends = new Uint32Array(3 * count);
  const nulls = batch.nulls.slice();
  const parts: Uint8Array[] = [];
  let at = 0;
  let next = 0;
  for (let i = 0; i < count; i++) {
    const from = i === 0 ? 0 : batch.ends[3 * i - 1]!;
    if (offsets[next] === baseOffset + i) {
      next++;
      nulls[i] = 3;
      ends[3 * i] = at;
      ends[3 * i + 1] = at;
      parts.push(headers);
      at += headers.length;
    } else {
      const moved = at - from;
      ends[3 * i] = batch.ends[3 * i]! + moved;
      ends[3 * i + 1] = batch.ends[3 * i + 1]! + moved;
      parts.push(batch.bytes.subarray(from, batch.ends[3 * i + 2]!));
      at = batch.ends[3 * i + 2]! + moved;
    }
    ends[3 * i + 2] = at;
  }
  return { ...batch, times, ends, nulls, bytes: joined(parts, at) };
}

function joined(parts: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
