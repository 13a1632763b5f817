// The name that someone probably meant: the one with the fewest changes of a letter.

/**
 * The nearest of the names, case ignored, or undefined where none is near.
 *
 * @example nearest('delimeter', ['delimiter', 'quote']) // 'delimiter'
 */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  const wanted = simple(name);
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const one of names) {
    const distance = changes(wanted, simple(one));
    if (distance < bestDistance) {
      best = one;
      bestDistance = distance;
    }
  }
  return best;
}

function simple(name: string): string {
  return name
    .slice(0, 60)
    .toLowerCase()
    .replace(/[\s_.-]/g, '');
}

/** How many letters to add, drop, change or swap with their neighbour (Damerau, 1964; each pair once: optimal string alignment). */
function changes(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      let least = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, before[j - 2]! + 1);
      next.push(least);
    }
    before = row;
    row = next;
  }
  return row[b.length]!;
}
