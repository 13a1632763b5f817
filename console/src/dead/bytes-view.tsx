// The original bytes of a letter: as text, and as hex beside its characters.
import { Download } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { DeadLetterDetail } from '../../../src/web/schemas.ts';
import { Button } from '../kit/button.tsx';
import { CodeBlock } from '../kit/code.tsx';
import { CopyButton } from '../kit/copy-button.tsx';
import { Empty } from '../kit/empty.tsx';
import { Segments } from '../kit/field.tsx';
import { formatCount } from '../kit/format.ts';
import { bytesOf, hexLines, schemaIdOf } from './bytes.ts';

const shownBytesMax = 64 * 1024;

export function BytesView({ letter }: { letter: DeadLetterDetail }) {
  if (letter.bytes === undefined)
    return <Empty title="The bytes may hold what is personal">A token with the role writer or admin shows them.</Empty>;
  return <Bytes letter={letter} base64={letter.bytes} />;
}

function Bytes({ letter, base64 }: { letter: DeadLetterDetail; base64: string }) {
  const [view, setView] = useState<'text' | 'hex'>(letter.text === undefined ? 'hex' : 'text');
  const bytes = useMemo(() => bytesOf(base64), [base64]);
  const schemaId = letter.text === undefined ? schemaIdOf(bytes) : undefined;
  const download = () => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([bytes.buffer as ArrayBuffer]));
    link.download = `dead-letter-${letter.id}.bin`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        {letter.text !== undefined && (
          <Segments
            label="Shown as"
            size="small"
            value={view}
            onChange={setView}
            choices={[
              { value: 'text', label: 'Text' },
              { value: 'hex', label: 'Hex' },
            ]}
          />
        )}
        <span className="text-xs text-muted">
          {formatCount(bytes.length)} bytes
          {schemaId !== undefined && `, Avro with schema id ${schemaId}`}
        </span>
        <span className="ml-auto flex gap-2">
          <CopyButton hasWords label="Copy base64" text={base64} />
          <Button size="small" icon={Download} onClick={download}>
            Download
          </Button>
        </span>
      </div>
      {view === 'text' && letter.text !== undefined ? (
        <CodeBlock text={letter.text} />
      ) : (
        <Hex bytes={bytes.subarray(0, shownBytesMax)} />
      )}
      {bytes.length > shownBytesMax && (
        <p className="text-xs text-muted">The first 64 KB are shown; download them for the rest.</p>
      )}
    </div>
  );
}

/** As many bytes a line as there is room for: 8 or 16. */
function Hex({ bytes }: { bytes: Uint8Array }) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(16);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth((entry?.contentRect.width ?? 0) < 560 ? 8 : 16));
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, []);
  return (
    <div
      ref={place}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a block that scrolls must be reachable by keyboard.
      tabIndex={0}
      className="max-h-96 overflow-auto rounded-md border border-line bg-canvas px-3 py-2 font-mono text-xs leading-5"
    >
      {hexLines(bytes, width).map(({ offset, pairs, characters }) => (
        <div key={offset} className="flex gap-4 whitespace-pre">
          <span className="text-faint select-none">{offset}</span>
          <span>
            {[0, 1]
              .map((half) =>
                pairs
                  .slice((half * width) / 2, ((half + 1) * width) / 2)
                  .join(' ')
                  .padEnd((width / 2) * 3),
              )
              .join(' ')}
          </span>
          <span className="text-muted">{characters}</span>
        </div>
      ))}
    </div>
  );
}
