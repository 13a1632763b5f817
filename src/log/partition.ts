// Which partition a key belongs to: as Kafka's default partitioner does it, so that both logs agree.

/**
 * The partition of a key: murmur2 (Austin Appleby; seed 0x9747b28c as in Apache Kafka), its sign bit cleared, modulo the count.
 *
 * @example partitionOf(new TextEncoder().encode('zone-7'), 4)
 */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return partitions === 1 ? 0 : (murmur2(key) & 0x7fffffff) % partitions;
}

function murmur2(data: Uint8Array): number {
  const m = 0x5bd1e995;
  const { length } = data;
  let h = 0x9747b28c ^ length;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let k = data[i]! | (data[i + 1]! << 8) | (data[i + 2]! << 16) | (data[i + 3]! << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    h = Math.imul(h, m) ^ Math.imul(k, m);
  }
  if ((length & 3) === 3) h ^= data[whole + 2]! << 16;
  if ((length & 3) >= 2) h ^= data[whole + 1]! << 8;
  if ((length & 3) >= 1) h = Math.imul(h ^ data[whole]!, m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  return h ^ (h >>> 15);
}
