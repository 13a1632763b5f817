// Seeded randomness, so that a run can be repeated: generators, jitter and tests draw from here.

/** A source of random numbers; never the global one. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A whole number in [low, high]. */
  whole(low: number, high: number): number;
  /** One of the values. */
  pick<T>(values: readonly T[]): T;
  /** Normal with mean 0 and standard deviation 1 (Box and Muller, 1958). */
  normal(): number;
  /** A generator of its own, which later draws from this one do not disturb. */
  fork(name: string): Random;
  /** A version 4 UUID drawn from this generator. */
  uuid(): string;
}

/**
 * A generator from a seed: sfc32 (Chris Doty-Humphrey, PractRand), seeded by mixing the text or number.
 *
 * @example random(42).whole(1, 6)
 */
export function random(seed: number | string): Random {
  let [a, b, c, d] = mix(String(seed));
  function uint32(): number {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  }
  for (let i = 0; i < 12; i++) uint32();
  const self: Random = {
    next: () => (uint32() * 2 ** 21 + (uint32() >>> 11)) / 2 ** 53,
    whole: (low, high) => low + Math.floor(self.next() * (high - low + 1)),
    pick: (values) => values[self.whole(0, values.length - 1)]!,
    normal: () => Math.sqrt(-2 * Math.log(1 - self.next())) * Math.cos(2 * Math.PI * self.next()),
    fork: (name) => random(`${seed}/${name}`),
    uuid() {
      const hex = Array.from({ length: 4 }, () => uint32().toString(16).padStart(8, '0')).join('');
      const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16);
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
    },
  };
  return self;
}

/** Four words from a text: the cyrb128 mixing by bryc (public domain description). */
function mix(text: string): [number, number, number, number] {
  let h1 = 1779033703;
  let h2 = 3144134277;
  let h3 = 1013904242;
  let h4 = 2773480762;
  for (let i = 0; i < text.length; i++) {
    const k = text.charCodeAt(i);
    h1 = h2 ^ Math.imul(h1 ^ k, 597399067);
    h2 = h3 ^ Math.imul(h2 ^ k, 2869860233);
    h3 = h4 ^ Math.imul(h3 ^ k, 951274213);
    h4 = h1 ^ Math.imul(h4 ^ k, 2716044179);
  }
  h1 = Math.imul(h3 ^ (h1 >>> 18), 597399067);
  h2 = Math.imul(h4 ^ (h2 >>> 22), 2869860233);
  h3 = Math.imul(h1 ^ (h3 >>> 17), 951274213);
  h4 = Math.imul(h2 ^ (h4 >>> 19), 2716044179);
  return [h1 ^ h2 ^ h3 ^ h4, h2 ^ h1, h3 ^ h1, h4 ^ h1];
}
