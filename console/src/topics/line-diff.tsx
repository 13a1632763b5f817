// A diff by lines: inline, or both versions side by side.
import { classNames } from '../kit/class-names.ts';
import type { DiffLine } from './schema-diff.ts';

const rows = { same: '', added: 'bg-good-soft', removed: 'bg-bad-soft' };
const marks = { same: ' ', added: '+', removed: '-' };
const number = 'w-10 shrink-0 pr-3 text-right text-faint select-none';

export function LineDiff({ lines, isBeside }: { lines: readonly DiffLine[]; isBeside: boolean }) {
  return (
    <div className="overflow-x-auto rounded-lg border border-line bg-surface py-2 font-mono text-xs leading-5">
      {isBeside ? <Beside lines={lines} /> : <Inline lines={lines} />}
    </div>
  );
}

function Inline({ lines }: { lines: readonly DiffLine[] }) {
  return lines.map((line) => (
    <div key={`${line.before}-${line.after}`} className={classNames('flex min-w-max whitespace-pre', rows[line.kind])}>
      <span className={number}>{line.before}</span>
      <span className={number}>{line.after}</span>
      <span className="w-4 shrink-0 select-none">{marks[line.kind]}</span>
      <span className="pr-4">{line.text}</span>
    </div>
  ));
}

/** Lines that were removed stand beside those that took their place. */
function paired(lines: readonly DiffLine[]): [DiffLine | undefined, DiffLine | undefined][] {
  const pairs: [DiffLine | undefined, DiffLine | undefined][] = [];
  let removed: DiffLine[] = [];
  let added: DiffLine[] = [];
  const flush = () => {
    for (let i = 0; i < Math.max(removed.length, added.length); i++) pairs.push([removed[i], added[i]]);
    removed = [];
    added = [];
  };
  for (const line of lines) {
    if (line.kind === 'removed') removed.push(line);
    else if (line.kind === 'added') added.push(line);
    else {
      flush();
      pairs.push([line, line]);
    }
  }
  flush();
  return pairs;
}

/** Side by side nothing is cut off: long lines go on below. */
const wrapped = 'min-w-0 flex-1 pr-2 whitespace-pre-wrap [overflow-wrap:anywhere]';

function Beside({ lines }: { lines: readonly DiffLine[] }) {
  return paired(lines).map(([left, right]) => (
    <div key={`${left?.before}-${right?.after}`} className="grid min-w-3xl grid-cols-2">
      <span className={classNames('flex overflow-hidden border-r border-line', left && rows[left.kind])}>
        <span className={number}>{left?.before}</span>
        <span className={wrapped}>{left?.text}</span>
      </span>
      <span className={classNames('flex overflow-hidden', right && rows[right.kind])}>
        <span className={number}>{right?.after}</span>
        <span className={wrapped}>{right?.text}</span>
      </span>
    </div>
  ));
}
