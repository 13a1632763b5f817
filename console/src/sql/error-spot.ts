// Where a query is wrong: from the words of the error to a line and a column.
import type { Problem } from '../../../src/web/schemas.ts';
import type { Spot } from '../editor/wrong.ts';

/** An error of a query: what is wrong, where, and what to do; without what is said twice. */
export type QueryError = { message: string; spot: Spot | undefined; remedy: string | undefined };

/** The line that an error speaks of: `LINE 2: from nothere`. */
const lineWords = /\s*(?:See )?LINE (\d+):[^\n]*(?:\n\s*\^[\s\S]*)?/;

/** Below it a caret may stand under the place. */
const caret = /LINE (\d+): (.*)\n( *)\^/;

/** Reads the place of an error in a query. */
export function queryError({ title, detail, remedy }: Problem, sql: string): QueryError {
  const said = [title, detail].filter(Boolean).join('\n');
  const message = said.replace(lineWords, '').trim();
  const advice = remedy?.replace(lineWords, '').replace(/[\s.]+$/, '');
  return {
    message,
    spot: spotOf([said, remedy].join('\n'), sql),
    remedy: advice && !message.includes(advice) ? `${advice}.` : undefined,
  };
}

function spotOf(said: string, sql: string): Spot | undefined {
  const lines = sql.split('\n');
  const drawn = caret.exec(said);
  const line = Number(drawn?.[1] ?? lineWords.exec(said)?.[1] ?? 0);
  if (drawn && !drawn[2]!.startsWith('...')) {
    const column = drawn[3]!.length - `LINE ${line}: `.length + 1;
    if (column >= 1 && column <= (lines[line - 1]?.length ?? 0)) return { line, column };
  }
  const name = /with name "?([\w.]+)/.exec(said)?.[1] ?? /"([^"\n]+)"/.exec(said)?.[1];
  const found = name === undefined ? [] : placesOf(name, lines).filter((spot) => line === 0 || spot.line === line);
  if (found.length === 1) return found[0];
  return line >= 1 && line <= lines.length ? { line } : undefined;
}

/** Where a word stands in the text, whole and whatever its case. */
function placesOf(word: string, lines: readonly string[]): Spot[] {
  const escaped = word.replace(/[^\w]/g, '\\$&');
  const pattern = new RegExp(`(?<!\\w)${escaped}(?!\\w)`, 'gi');
  return lines.flatMap((text, i) =>
    [...text.matchAll(pattern)].map((match) => ({ line: i + 1, column: match.index + 1 })),
  );
}
