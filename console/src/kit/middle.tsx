// A name that keeps its end where it is too long: what tells `plant_hall_seven_raw` from `plant_hall_six_raw` stands there.
import { classNames } from './class-names.ts';

const shortest = 20;
const endLength = 12;

export function Middle({ text, className }: { text: string; className?: string }) {
  if (text.length <= shortest) return <span className={classNames('block truncate', className)}>{text}</span>;
  return (
    <span className={classNames('flex min-w-0', className)} title={text}>
      <span className="sr-only">{text}</span>
      <span aria-hidden className="truncate">
        {text.slice(0, -endLength)}
      </span>
      <span aria-hidden className="shrink-0 whitespace-pre">
        {text.slice(-endLength)}
      </span>
    </span>
  );
}
