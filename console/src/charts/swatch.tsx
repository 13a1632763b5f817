// What tells a series from others beside its name: its colour, and its dash where two share a colour.

export type SwatchLook = { colour: string; dash?: readonly number[] | undefined };

const [width, height] = [14, 4];

export function Swatch({ colour, dash, isFaint }: SwatchLook & { isFaint?: boolean | undefined }) {
  return (
    <svg aria-hidden width={width} height={height} className={isFaint ? 'shrink-0 opacity-40' : 'shrink-0'}>
      <line {...lineOf(dash)} stroke={colour} strokeWidth="3" />
    </svg>
  );
}

/** The same as HTML, for tooltips that are made of text. */
export function swatchHtml({ colour, dash }: SwatchLook): string {
  const { x1, x2, y1, y2, strokeLinecap, strokeDasharray } = lineOf(dash);
  const dashes = strokeDasharray === undefined ? '' : ` stroke-dasharray="${strokeDasharray}"`;
  return `<svg width="${width}" height="${height}" style="flex-shrink:0"><line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${colour}" stroke-width="3" stroke-linecap="${strokeLinecap}"${dashes}/></svg>`;
}

/** A line of which two dashes can be seen, where it has some: round ends would close its gaps. */
function lineOf(dash: readonly number[] | undefined) {
  const [on = 1, off = 1] = dash ?? [];
  const unit = width / (2 * on + off);
  return dash === undefined
    ? { x1: 1.5, y1: 2, x2: 12.5, y2: 2, strokeLinecap: 'round' as const, strokeDasharray: undefined }
    : {
        x1: 0,
        y1: 2,
        x2: width,
        y2: 2,
        strokeLinecap: 'butt' as const,
        strokeDasharray: `${(on * unit).toFixed(2)} ${(off * unit).toFixed(2)}`,
      };
}
