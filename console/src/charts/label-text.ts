// Names of columns and long texts in little room.

/** `PLANT-N…7-38`: at most so many characters, the end kept, since long names differ there. */
export function middleCut(text: string, most: number): string {
  const signs = [...text];
  if (signs.length <= most) return text;
  const tail = Math.ceil((most - 1) * 0.6);
  return `${signs.slice(0, most - 1 - tail).join('')}…${signs.slice(-tail).join('')}`;
}

/** `delay` for the column `delay_s` whose numbers are told with their unit, `s`. */
export function columnWords(name: string | undefined, unit?: string): string {
  const words = (name ?? '').replaceAll('_', ' ');
  if (!unit || !words.endsWith(` ${unit}`)) return words;
  return words.slice(0, -unit.length - 1);
}

/** The unit of a column beside the one that is measured: the same, where its name says so. */
export function unitOf(name: string | undefined, unit: string | undefined): string | undefined {
  return unit !== undefined && name?.endsWith(`_${unit}`) ? unit : undefined;
}
