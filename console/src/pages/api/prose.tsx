// Text of the API's document: paragraphs, and `code` where it has backticks.
import { Code } from '../../kit/code.tsx';

export function Prose({ text, className }: { text: string | undefined; className?: string }) {
  if (!text) return null;
  return (
    <div className={className}>
      {text.split(/\n{2,}/).map((paragraph) => (
        <p key={paragraph} className="not-first:mt-1.5">
          {wordsOf(paragraph).map(({ at, word, isCode }) => (isCode ? <Code key={at}>{word}</Code> : word))}
        </p>
      ))}
    </div>
  );
}

type Word = { at: number; word: string; isCode: boolean };

function wordsOf(paragraph: string): Word[] {
  let at = 0;
  return paragraph.split('`').map((word, i) => {
    const begin = at;
    at += word.length + 1;
    return { at: begin, word, isCode: i % 2 === 1 };
  });
}
