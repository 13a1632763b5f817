// A text on one line that loses its middle where there is no room for it: long names differ at their ends.
import { classNames } from './class-names.ts';

const tailMax = 7;

export function MiddleText({ text, className }: { text: string; className?: string }) {
  const signs = [...text];
  const tail = Math.min(tailMax, Math.floor(signs.length / 2));
  if (signs.length <= 12) return <span className={classNames('truncate', className)}>{text}</span>;
  return (
    <span title={text} className={classNames('flex min-w-0 overflow-hidden', className)}>
      <span className="min-w-4 truncate whitespace-pre">{signs.slice(0, -tail).join('')}</span>
      <span className="shrink-0 whitespace-pre">{signs.slice(-tail).join('')}</span>
    </span>
  );
}
