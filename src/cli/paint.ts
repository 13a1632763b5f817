// Colours, few and quiet; none where the output is no terminal or NO_COLOR is set.

/** Puts text into a colour, or leaves it as it is. */
export type Paint = Readonly<Record<'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', (text: string) => string>>;

const plain = (text: string) => text;
const wrap = (on: number, off: number) => (text: string) => (text === '' ? '' : `\x1b[${on}m${text}\x1b[${off}m`);

/** No colours. */
export const unpainted: Paint = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain };

const painted: Paint = {
  bold: wrap(1, 22),
  dim: wrap(2, 22),
  red: wrap(31, 39),
  green: wrap(32, 39),
  yellow: wrap(33, 39),
  cyan: wrap(36, 39),
};

/** The colours for an output: NO_COLOR takes them away, FORCE_COLOR gives them where there is no terminal. */
export function paintFor(
  output: { readonly isTerminal: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): Paint {
  if (environment.NO_COLOR || environment.TERM === 'dumb') return unpainted;
  const isForced = environment.FORCE_COLOR !== undefined && environment.FORCE_COLOR !== '0';
  return output.isTerminal || isForced ? painted : unpainted;
}
