// Says of the times below a chart, once, which ones they are.
export function UtcSign() {
  return <span className="pointer-events-none absolute bottom-0 left-0 text-2xs text-faint">UTC</span>;
}
