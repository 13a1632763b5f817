// A few lines at the bottom of a terminal that are drawn again in place, without flicker.
import type { Output } from './command.ts';
import { cut, widthOf } from './width.ts';

/** Lines that are drawn in place. */
export interface Live {
  /** Draws these lines over those drawn before. */
  draw(lines: readonly string[]): void;
  /** Writes text that stays, above the lines. */
  note(text: string): void;
  /** Takes the lines away and gives the terminal back as it was. */
  end(): void;
}

// a terminal that knows synchronized output shows a frame whole; others ignore the two marks
const frameStart = '\x1b[?2026h';
const frameEnd = '\x1b[?2026l';

/** Lines drawn in place on a terminal. */
export function live(output: Output): Live {
  let drawn: readonly string[] = [];
  let isOpen = false;

  // a terminal made narrower has wrapped what was drawn: it stands on more rows than it had
  const rowsDrawn = () => drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / output.columns)), 0);
  const home = () => (drawn.length > 0 ? `\x1b[${rowsDrawn()}A\r` : '\r');

  return {
    draw(lines) {
      const fitting = lines.slice(0, Math.max(1, output.rows - 1)).map((line) => cut(line, output.columns - 1));
      const hide = isOpen ? '' : '\x1b[?25l';
      isOpen = true;
      output.write(
        `${frameStart}${hide}${home()}${fitting.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J${frameEnd}`,
      );
      drawn = fitting;
    },
    note(text) {
      const again = drawn.map((line) => `${line}\x1b[K\n`).join('');
      output.write(`${frameStart}${home()}\x1b[J${text}\n${again}${frameEnd}`);
    },
    end() {
      if (!isOpen) return;
      output.write(`${home()}\x1b[J\x1b[?25h`);
      isOpen = false;
      drawn = [];
    },
  };
}
