// Sends a route's request from the page and shows the answer.
import { Play } from 'lucide-react';
import { useState } from 'react';
import { Badge } from '../../kit/badge.tsx';
import { Button } from '../../kit/button.tsx';
import { CodeBlock } from '../../kit/code.tsx';
import { Failure } from '../../kit/failure.tsx';
import { formatBytes, formatDuration } from '../../kit/format.ts';
import { parseJson } from '../../kit/json.ts';
import { JsonView } from '../../kit/json-view.tsx';
import { type ApiRoute, filledAddress } from './routes.ts';

type Answer = { status: number; ms: number; bytes: number; json?: unknown; text?: string };

const shownMax = 20_000;

export function Try({ route, values }: { route: ApiRoute; values: Readonly<Record<string, string>> }) {
  const [answer, setAnswer] = useState<Answer>();
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const missing = (route.operation.parameters ?? []).filter((one) => one.in === 'path' && !values[one.name]);
  const run = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const begin = performance.now();
      const response = await fetch(filledAddress(route, values), { credentials: 'same-origin' });
      const text = await response.text();
      const ms = performance.now() - begin;
      setAnswer({ status: response.status, ms, bytes: text.length, ...read(text) });
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-3">
        <Button look="primary" size="small" icon={Play} isBusy={isBusy} disabled={missing.length > 0} onClick={run}>
          Try it
        </Button>
        {missing.length > 0 && (
          <span className="text-xs text-muted">Give {missing.map((one) => one.name).join(' and ')} above first.</span>
        )}
        {answer && (
          <span className="flex items-center gap-2 text-xs text-muted">
            <Badge tone={answer.status < 400 ? 'good' : 'bad'}>{answer.status}</Badge>
            {formatDuration(answer.ms)}, {formatBytes(answer.bytes)}
          </span>
        )}
      </div>
      {error !== undefined && <Failure isCompact error={error} />}
      {answer &&
        (answer.text === undefined ? (
          <JsonView value={answer.json} />
        ) : (
          <CodeBlock text={answer.text} className="max-h-96" />
        ))}
    </section>
  );
}

function read(text: string): { json?: unknown; text?: string } {
  try {
    return { json: parseJson(text) };
  } catch {
    return { text: text.length > shownMax ? `${text.slice(0, shownMax)}\n…` : text };
  }
}
