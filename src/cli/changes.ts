// What a start would do, as text: a line for each noun, and the command that could be run for it below.
import type { Change, Effect } from '../control/millrace.ts';
import type { Paint } from './paint.ts';
import { harmless, pad } from './width.ts';

/** A line for each change, under its pipeline. */
export function changesText(changes: readonly Change[], paint: Paint): string {
  const colour = (effect: Effect, text: string): string => {
    if (effect === 'refused') return paint.red(text);
    if (effect === 'rebuild') return paint.yellow(text);
    return effect === 'kept' || effect === 'gone' ? paint.dim(text) : paint.green(text);
  };
  const width = Math.max(0, ...changes.map(({ name }) => name.length));
  return changes
    .map(({ noun, name, effect, says, command }) => {
      const line = `  ${pad(noun, 6)}  ${pad(harmless(name), width)}  ${colour(effect, pad(effect, 8))}  ${harmless(says)}`;
      const below = command === undefined ? '' : `  ${paint.dim('$')} ${command}\n`;
      return `${line.trimEnd()}\n${below && ' '.repeat(width + 20)}${below}`;
    })
    .join('');
}
