// Code as it is read: a line in a text, or a block with a button that copies it.
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { CopyButton } from './copy-button.tsx';

export function Code({ children }: { children: ReactNode }) {
  return <code className="rounded-sm bg-surface-2 px-1 py-px font-mono text-[0.93em] break-all">{children}</code>;
}

type CodeBlockProps = { text: string; language?: 'sql' | 'json' | 'text'; className?: string };

const sqlWord =
  /('(?:[^']|'')*')|(--[^\n]*)|(\$\{[^}]*\})|\b(\d+(?:\.\d+)?)\b|\b(select|from|where|group|order|by|having|join|left|right|full|inner|outer|on|as|and|or|not|in|is|null|case|when|then|else|end|with|over|partition|distinct|union|all|limit|between|like|interval|cast|filter|using|lateral|exists|asc|desc|true|false)\b/gi;
const jsonWord =
  /("(?:[^"\\]|\\.)*"(?=\s*:))|("(?:[^"\\]|\\.)*")|\b(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\b|\b(true|false|null)\b/gi;

const sqlColours = ['text-good', 'text-faint', 'text-warn', 'text-series-4', 'text-accent-text'];
const jsonColours = ['text-accent-text', 'text-good', 'text-series-4', 'text-warn'];

/** The text with its words coloured; nothing is interpreted. */
export function colouredText(text: string, language: 'sql' | 'json'): ReactNode[] {
  const word = language === 'sql' ? sqlWord : jsonWord;
  const colours = language === 'sql' ? sqlColours : jsonColours;
  const parts: ReactNode[] = [];
  let end = 0;
  for (const match of text.matchAll(word)) {
    const kind = match.slice(1).findIndex((group) => group !== undefined);
    if (match.index > end) parts.push(text.slice(end, match.index));
    parts.push(
      <span key={match.index} className={colours[kind]}>
        {match[0]}
      </span>,
    );
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return parts;
}

export function CodeBlock({ text, language = 'text', className }: CodeBlockProps) {
  return (
    <div className={classNames('flex min-w-0 items-start rounded-md border border-line bg-canvas', className)}>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a block that scrolls must be reachable by keyboard.
        tabIndex={0}
        className="max-h-[inherit] min-w-0 flex-1 overflow-auto py-2.5 pl-3 font-mono text-xs leading-5"
      >
        {language === 'text' ? text : colouredText(text, language)}
      </pre>
      <CopyButton text={text} className="m-1" />
    </div>
  );
}
