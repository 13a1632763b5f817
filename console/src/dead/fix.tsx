// Fixes one letter: edit what came, try whether it would be taken, send it again.
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { AlignLeft, CircleCheck, CircleX, FlaskConical, RotateCcw, Undo2 } from 'lucide-react';
import { useState } from 'react';
import type { DeadLetterDetail, RedriveAnswer } from '../../../src/web/schemas.ts';
import { api } from '../api/client.ts';
import { needsWriter, useMayWrite } from '../data/may-write.ts';
import { Editor } from '../editor/editor.tsx';
import { Button } from '../kit/button.tsx';
import { Failure } from '../kit/failure.tsx';
import { capitalised } from '../kit/format.ts';
import { jsonText, parseJson } from '../kit/json.ts';
import { explainRedrive } from './reasons.ts';

type FixProps = {
  letter: DeadLetterDetail;
  onStored: () => void;
  /** Goes to the next letter, where there is one. */
  onNext: (() => void) | undefined;
};

type Outcome = RedriveAnswer & { isTrial: boolean };

/** The JSON of a text with an indent; undefined where it is no object or array. */
function pretty(text: string): string | undefined {
  try {
    const value = parseJson(text);
    return typeof value === 'object' && value !== null ? jsonText(value, 2) : undefined;
  } catch {
    return undefined;
  }
}

/** Room for the text, within reason. Pixels. */
function heightOf(text: string): number {
  const lines = text.split('\n').reduce((sum, line) => sum + 1 + Math.floor(line.length / 90), 0);
  return Math.min(Math.max(lines * 20 + 20, 120), 420);
}

export function Fix({ letter, onStored, onNext }: FixProps) {
  const queries = useQueryClient();
  const mayWrite = useMayWrite();
  const first = letter.edit ?? '';
  const [text, setText] = useState(first);
  const isChanged = text !== first;
  const redrive = useMutation({
    mutationFn: async (isTrial: boolean): Promise<Outcome> => {
      const answer = await api.redrive({
        pipeline: letter.pipeline,
        ids: [letter.id],
        ...(isChanged ? { replacement: text } : {}),
        ...(isTrial ? { isTrial } : {}),
      });
      return { ...answer, isTrial };
    },
    onSuccess: ({ isTrial, stored }) => {
      if (isTrial) return;
      // the letter itself is gone where it was stored: it is not read again
      void queries.invalidateQueries({ queryKey: ['dead', 'pages'] });
      if (stored > 0) onStored();
      else void queries.invalidateQueries({ queryKey: ['dead', 'letter', String(letter.id)] });
    },
  });
  const isStored = redrive.data?.isTrial === false && redrive.data.stored > 0;
  const isJson = letter.text === undefined || pretty(first) !== undefined;
  const formatted = isJson ? pretty(text) : undefined;
  const edit = (next: string) => {
    setText(next);
    redrive.reset();
  };
  return (
    <div className="flex flex-col gap-3">
      {letter.isEditable && !isStored && (
        <>
          <p className="text-xs text-muted">
            {letter.text === undefined
              ? 'The record as JSON. A personal field that is left masked keeps its value.'
              : 'What came, as its source read it.'}{' '}
            {explainRedrive(letter)}
          </p>
          <div style={{ height: heightOf(text) }}>
            <Editor
              className="h-full"
              language={isJson ? 'json' : 'text'}
              label="What is sent again"
              value={text}
              onChange={edit}
              run={() => mayWrite && redrive.mutate(true)}
            />
          </div>
        </>
      )}
      {!letter.isEditable && (
        <p className="text-muted">Its bytes cannot be edited here; it can be sent again as it is.</p>
      )}
      {isStored && <TrialOutcome outcome={redrive.data} isChanged={isChanged} />}
      {isStored && onNext && (
        <div>
          <Button onClick={onNext}>Next letter</Button>
        </div>
      )}
      {!isStored && (
        <div className="sticky bottom-0 -mx-4 -mb-4 flex flex-col gap-3 border-t border-line bg-surface px-4 py-3">
          <TrialOutcome outcome={redrive.data} isChanged={isChanged} />
          {redrive.error ? <Failure error={redrive.error} isCompact /> : null}
          <div className="flex flex-wrap items-center gap-2" title={mayWrite ? undefined : needsWriter}>
            {isChanged && (
              <Button look="quiet" icon={Undo2} onClick={() => edit(first)}>
                As it was
              </Button>
            )}
            {formatted !== undefined && formatted !== text && (
              <Button look="quiet" icon={AlignLeft} onClick={() => edit(formatted)}>
                Indent
              </Button>
            )}
            <span className="ml-auto flex gap-2">
              <Button
                icon={FlaskConical}
                disabled={!mayWrite}
                isBusy={redrive.isPending && redrive.variables}
                onClick={() => redrive.mutate(true)}
              >
                Try
              </Button>
              <Button
                look="primary"
                icon={RotateCcw}
                disabled={!mayWrite}
                isBusy={redrive.isPending && !redrive.variables}
                onClick={() => redrive.mutate(false)}
              >
                {isChanged ? 'Send the fixed one' : 'Send again'}
              </Button>
            </span>
          </div>
        </div>
      )}
    </div>
  );
}

function TrialOutcome({ outcome, isChanged }: { outcome: Outcome | undefined; isChanged: boolean }) {
  if (!outcome) return null;
  const { isTrial, stored, reason } = outcome;
  const isGood = stored > 0;
  const Icon = isGood ? CircleCheck : CircleX;
  const title = isGood
    ? isTrial
      ? 'It would be stored'
      : 'Stored: it has left the dead letters'
    : isTrial
      ? 'It would fail again'
      : 'It failed again and stays here';
  return (
    <div
      role="status"
      className={`flex gap-3 rounded-lg border px-4 py-3 ${isGood ? 'border-good/40 bg-good-soft' : 'border-bad/40 bg-bad-soft'}`}
    >
      <Icon aria-hidden className={`mt-0.5 size-4 shrink-0 ${isGood ? 'text-good' : 'text-bad'}`} />
      <div className="min-w-0 break-words">
        <p className="font-medium">{title}</p>
        {reason && <p>{capitalised(reason)}</p>}
        {isTrial && isGood && (
          <p className="text-muted">{`Nothing was stored yet. Send ${isChanged ? 'the fixed one' : 'it again'} to do so.`}</p>
        )}
      </div>
    </div>
  );
}
