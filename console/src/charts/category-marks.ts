// Marks of axes of categories: which are told where not all have room, and how.
import { middleCut } from './label-text.ts';
import { type Every, spanMs, tickText } from './values.ts';

/** Pixels of a sign, about. */
const signWidth = 6.4;

/** Texts of marks and which of them are shown. */
export type Marks = { text: (index: number) => string; isShown: (index: number) => boolean };

const dayMs = 86_400_000;

/** Marks of spans of time at round times, as far apart as their texts need; the day is told with the first and where it changes. */
export function timeMarks(times: readonly number[], every: Every, width: number): Marks {
  const step = spanMs(every) ?? (times.length > 1 ? (times.at(-1)! - times[0]!) / (times.length - 1) : dayMs);
  const perMark = width / Math.max(1, times.length);
  const least = Math.max(1, Math.ceil(58 / Math.max(perMark, 0.1)));
  const chosen = apart(step, least);
  const shown = times.map((at, i) => (chosen === undefined ? i % least === 0 : isRound(at, chosen)));
  // a stretch within two round times has its first
  if (!shown.includes(true) && shown.length > 0) shown[0] = true;
  const texts: string[] = [];
  let before: number | undefined;
  for (const [i, at] of times.entries()) {
    texts.push(shown[i] ? tickText(at, before, (chosen ?? step * least) / 1000) : '');
    if (shown[i]) before = at;
  }
  return { text: (i) => texts[i] ?? '', isShown: (i) => shown[i] ?? false };
}

const rounds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400];

/** The least round stretch of time that is so many steps long or more; undefined beyond a day, where calendars are not round. */
function apart(step: number, least: number): number | undefined {
  return rounds.map((seconds) => seconds * 1000).find((one) => one >= step * least && one % step === 0);
}

function isRound(at: number, stretch: number): boolean {
  return at % stretch === 0;
}

/** Level texts of which as many are shown as there is room for: all, or every second, fifth, tenth … */
export function textMarks(labels: readonly string[], width: number, most = 14): Marks {
  const cut = labels.map((label) => middleCut(label, most));
  const longest = Math.max(0, ...cut.map((label) => label.length)) * signWidth + 10;
  const perMark = width / Math.max(1, labels.length);
  const least = Math.max(1, longest / Math.max(perMark, 0.1));
  const every = [1, 2, 5, 10, 20, 50, 100].find((one) => one >= least) ?? Math.ceil(least);
  return { text: (i) => cut[i] ?? '', isShown: (i) => i % every === 0 };
}

/** Marks as ECharts takes them. */
export function marksLabel({ text, isShown }: Marks) {
  return {
    interval: (index: number) => isShown(index),
    formatter: (_: string, index: number) => text(index),
    rotate: 0,
    lineHeight: 13,
  };
}

/** Whether names are better read beside bars than below them. */
export function liesDown(labels: readonly string[] | undefined, width: number): boolean {
  if (!labels) return false;
  const longest = Math.max(0, ...labels.map((label) => label.length)) * signWidth + 10;
  return labels.length > 12 || longest > (width - 60) / Math.max(1, labels.length);
}
