// CRC-32C (Castagnoli), slicing by 8 over 32-bit words: about 1 GB/s, where node:zlib has only the CRC-32 of Ethernet.

const noWords = new Int32Array(0);
const tables: readonly Int32Array[] = makeTables();

function makeTables(): Int32Array[] {
  const all = Array.from({ length: 8 }, () => new Int32Array(256));
  const first = all[0]!;
  for (let i = 0; i < 256; i++) {
    let crc = i;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    first[i] = crc;
  }
  for (let slice = 1; slice < 8; slice++)
    for (let i = 0; i < 256; i++) {
      const before = all[slice - 1]![i]!;
      all[slice]![i] = (before >>> 8) ^ first[before & 255]!;
    }
  return all;
}

/**
 * The CRC-32C of bytes, as an unsigned 32-bit number; `seed` is the CRC of the bytes before these.
 *
 * @example crc32c(new TextEncoder().encode('123456789')) // 0xe3069283
 */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as Tables;
  const { length } = bytes;
  let crc = ~seed;
  let at = 0;
  // up to the next word of memory, so that the middle can be read as words
  for (const aligned = Math.min(length, -bytes.byteOffset & 3); at < aligned; at++)
    crc = t0[(crc ^ bytes[at]!) & 255]! ^ (crc >>> 8);
  const wordCount = ((length - at) >>> 3) << 1;
  // a short stretch may end before it is aligned, and has no words
  const words = wordCount === 0 ? noWords : new Int32Array(bytes.buffer, bytes.byteOffset + at, wordCount);
  for (let i = 0; i < words.length; i += 2) {
    const low = crc ^ words[i]!;
    const high = words[i + 1]!;
    crc =
      t7[low & 255]! ^
      t6[(low >>> 8) & 255]! ^
      t5[(low >>> 16) & 255]! ^
      t4[low >>> 24]! ^
      t3[high & 255]! ^
      t2[(high >>> 8) & 255]! ^
      t1[(high >>> 16) & 255]! ^
      t0[high >>> 24]!;
  }
  for (at += words.length * 4; at < length; at++) crc = t0[(crc ^ bytes[at]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

type Table = Int32Array;
type Tables = readonly [Table, Table, Table, Table, Table, Table, Table, Table];
