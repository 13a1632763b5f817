// How wide text is in a terminal, and text cut, padded and made harmless accordingly.

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
const unsafe = /[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029\u2066-\u2069]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: our own colours have no width
const colours = /(\x1b\[\d+m)/g;
const plainText = /^[\x20-\x7e]*$/;
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
const invisible = /^[\p{M}\u200b-\u200f\ufeff]+$/u;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Text from outside with what could steer a terminal written out: a line break as `\n`, others as `\x1b`. */
export function harmless(text: string): string {
  return text.replace(unsafe, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\r') return '\\r';
    if (character === '\t') return '\\t';
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
}

/** How many columns text takes; our colours take none. */
export function widthOf(text: string): number {
  if (plainText.test(text)) return text.length;
  const bare = text.replace(colours, '');
  if (plainText.test(bare)) return bare.length;
  let width = 0;
  for (const { segment } of graphemes.segment(bare)) width += widthOfGrapheme(segment);
  return width;
}

function widthOfGrapheme(grapheme: string): number {
  return invisible.test(grapheme) ? 0 : wide.test(grapheme) ? 2 : 1;
}

/** Text cut to a width with `…`; colours are kept and closed. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return '';
  let kept = '';
  let left = width - 1;
  let isFull = false;
  for (const part of text.split(colours)) {
    // once full, only the ends of colours are of interest
    if (part.startsWith('\x1b[')) {
      if (!isFull || /\[(22|39)m/.test(part)) kept += part;
      continue;
    }
    if (isFull) continue;
    for (const { segment } of graphemes.segment(part)) {
      left -= widthOfGrapheme(segment);
      if (left < 0) {
        kept += '…';
        isFull = true;
        break;
      }
      kept += segment;
    }
  }
  return kept;
}

/** Text with spaces after it (or before it, `right`) up to a width. */
export function pad(text: string, width: number, side: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return side === 'left' ? text + space : space + text;
}

/** Text in lines of at most a width, broken at spaces. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
