// Has a pipeline, a stream or a table made again from the log, after a question.
import { useQueryClient } from '@tanstack/react-query';
import { RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { needsWriter, useMayWrite } from '../../data/may-write.ts';
import { rebuildPipeline } from '../../data/rebuild.ts';
import { Button, type ButtonSize } from '../../kit/button.tsx';
import { Confirm } from '../../kit/dialog.tsx';

type RebuildButtonProps = {
  pipeline: string;
  /** What is made again; absent: all of the pipeline. */
  of?: { readonly noun: 'stream' | 'table'; readonly name: string };
  /** Why it cannot begin now, if so. */
  obstacle: string | undefined;
  size?: ButtonSize;
};

export function RebuildButton({ pipeline, of, obstacle, size }: RebuildButtonProps) {
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const mayWrite = useMayWrite();
  const why = mayWrite ? obstacle : needsWriter;
  const rights = why === undefined ? {} : { disabled: true, title: why };
  return (
    <>
      <Button size={size} icon={RefreshCw} {...rights} onClick={() => setAsking(true)}>
        Rebuild…
      </Button>
      <Confirm
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={`Rebuild ${of?.name ?? pipeline}?`}
        verb="Rebuild"
        run={() => rebuildPipeline(pipeline, of && [of.name], queries)}
      >
        {what(of)} made again from all records of the log, by the definition that the pipeline has now. Until that is
        done the tables that are there can be read, and get what comes; the new ones then take their place in one step.
      </Confirm>
    </>
  );
}

function what(of: RebuildButtonProps['of']): string {
  if (!of) return 'All streams, windows and tables of the pipeline are';
  if (of.noun === 'stream') return `Stream ${of.name}, and the streams and tables that follow from it, are`;
  return `Table ${of.name}, with the streams that keep rows for it and the tables that follow from those, is`;
}
