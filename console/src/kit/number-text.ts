// Numbers with as many digits as tell them apart: on an axis by its step, by themselves by their size. Minus signs are true ones, zero has none.

const letters = [
  { size: 1, letter: '', decimals: 15 },
  { size: 1e3, letter: 'k', decimals: 1 },
  { size: 1e6, letter: 'M', decimals: 2 },
  { size: 1e9, letter: 'G', decimals: 2 },
  { size: 1e12, letter: 'T', decimals: 2 },
] as const;

/** Beyond these a number is written with an exponent. */
const [tiny, huge] = [1e-4, 1e15];

/** How many decimals a step needs to be written whole: 1 for 0.5, 2 for 0.25; one more than its size needs, at most. */
export function decimalsOf(step: number): number {
  if (!(step > 0) || !Number.isFinite(step)) return 0;
  const least = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  for (let decimals = least; decimals < least + 1; decimals++) {
    const scaled = step * 10 ** decimals;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * scaled) return Math.min(decimals, 100);
  }
  return Math.min(least + 1, 100);
}

/** `1,234.50`; with at least and at most so many decimals. */
export function decimalText(value: number, decimalsMax: number, decimalsMin = 0): string {
  const most = Math.min(100, Math.max(0, decimalsMax));
  const text = new Intl.NumberFormat('en-US', {
    minimumFractionDigits: Math.min(most, decimalsMin),
    maximumFractionDigits: most,
    signDisplay: 'negative',
  }).format(value);
  return text.replace('-', '−');
}

/** `4.2e−8`, with so many decimals before the exponent, or as many as it needs. */
export function exponentText(value: number, decimals: number, areKept: boolean): string {
  const [mantissa = '', exponent = ''] = value.toExponential(Math.min(100, decimals)).split('e');
  const kept = areKept || !mantissa.includes('.') ? mantissa : mantissa.replace(/\.?0+$/, '');
  return `${kept}e${exponent.replace('+', '')}`.replaceAll('-', '−');
}

/**
 * How the marks of an axis are written that are `step` apart and reach as far from zero as `most`: all in one size (`1.5M`), with the
 * digits that the step needs, so that no two of them are alike.
 */
export function tickFormat(step: number, most: number): (value: number) => string {
  const reach = Math.abs(most);
  const zeroOr = (text: (value: number) => string) => (value: number) =>
    Math.abs(value) < step * 1e-6 ? '0' : text(value);
  if (reach > 0 && (reach < tiny || reach >= huge)) {
    return zeroOr((value) => {
      const power = 10 ** Math.floor(Math.log10(Math.abs(value)) + 1e-12);
      return exponentText(value, decimalsOf(step / power), true);
    });
  }
  // letters begin at ten thousand: a thousand has its own digits
  const chosen =
    reach < 9_999.5
      ? letters[0]
      : letters.findLast(({ size, decimals }) => size <= reach && decimalsOf(step / size) <= decimals)!;
  const decimals = decimalsOf(step / chosen.size);
  return zeroOr((value) => `${decimalText(value / chosen.size, decimals, decimals)}${chosen.letter}`);
}

/**
 * A number by itself: `1,013.25`, `0.03217`, `4e−8`; whole ones to their last digit. Where values lie close together, `step` is what
 * tells them apart.
 */
export function numberInWords(value: number, step?: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= huge) return exponentText(value, 5, false);
  const finer = step === undefined ? 0 : decimalsOf(step) + 1;
  if (size < tiny && finer < 5) return exponentText(value, 3, false);
  const own = size >= 1e6 ? 0 : size >= 1e5 ? 1 : size >= 1 ? 2 : 3 - Math.floor(Math.log10(size));
  return decimalText(value, Math.max(own, finer));
}
