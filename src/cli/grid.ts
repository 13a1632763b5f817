// Aligned columns of text for the terminal.
import type { Paint } from './paint.ts';
import { cut, pad, widthOf } from './width.ts';

/** A column: its name, perhaps its type below it, and the side to which its cells keep. */
export type GridColumn = { readonly name: string; readonly type?: string; readonly side?: 'left' | 'right' };

/** Columns are not made narrower than this. */
const widthMin = 8;

/**
 * Rows under their headings, in columns. Where they are wider than `columns`, the widest are cut with `…`;
 * where that is not enough, each row is written as a list of its values.
 */
export function grid(
  heads: readonly GridColumn[],
  rows: readonly (readonly string[])[],
  paint: Paint,
  columns = Number.POSITIVE_INFINITY,
): string {
  const widths = heads.map((head, i) =>
    Math.max(widthOf(head.name), widthOf(head.type ?? ''), ...rows.map((row) => widthOf(row[i] ?? ''))),
  );
  const fitted = fit(widths, columns - 1);
  if (!fitted) return list(heads, rows, paint, columns);
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => {
        const text = cut(cell, fitted[i]!);
        return i === cells.length - 1 && heads[i]!.side !== 'right' ? text : pad(text, fitted[i]!, heads[i]!.side);
      })
      .join('  ')
      .trimEnd();
  const hasTypes = heads.some((head) => head.type !== undefined);
  return [
    line(heads.map((head, i) => paint.bold(cut(head.name, fitted[i]!)))),
    ...(hasTypes ? [line(heads.map((head, i) => paint.dim(cut(head.type ?? '', fitted[i]!))))] : []),
    ...rows.map(line),
    '',
  ].join('\n');
}

/** Widths that fit, the widest shrunk first; undefined where even the least do not. */
function fit(widths: readonly number[], columns: number): number[] | undefined {
  const fitted = [...widths];
  let over = fitted.reduce((sum, width) => sum + width, 0) + 2 * (fitted.length - 1) - columns;
  while (over > 0) {
    const widest = Math.max(...fitted);
    if (widest <= widthMin) return undefined;
    const next = Math.max(widthMin, ...fitted.filter((width) => width < widest));
    const which = fitted.flatMap((width, i) => (width === widest ? [i] : []));
    const each = Math.min(widest - next, Math.ceil(over / which.length));
    for (const i of which) fitted[i] = widest - each;
    over -= each * which.length;
  }
  return fitted;
}

function list(
  heads: readonly GridColumn[],
  rows: readonly (readonly string[])[],
  paint: Paint,
  columns: number,
): string {
  const first = Math.max(...heads.map((head) => widthOf(head.name)));
  return rows
    .map((row, i) => {
      const values = heads.map(
        (head, column) =>
          `${paint.bold(pad(head.name, first))}  ${cut(row[column] ?? '', Math.max(widthMin, columns - first - 3))}`,
      );
      return `${paint.dim(`── row ${i + 1}`)}\n${values.join('\n')}\n`;
    })
    .join('');
}
