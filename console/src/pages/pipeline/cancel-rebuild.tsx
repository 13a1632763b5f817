// Gives up what is made again from the log, after a question.
import { useQueryClient } from '@tanstack/react-query';
import { X } from 'lucide-react';
import { useState } from 'react';
import { needsWriter, useMayWrite } from '../../data/may-write.ts';
import { cancelRebuild } from '../../data/rebuild.ts';
import { Button } from '../../kit/button.tsx';
import { Confirm } from '../../kit/dialog.tsx';

export function CancelRebuild({ pipeline }: { pipeline: string }) {
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const rights = useMayWrite() ? {} : { disabled: true, title: needsWriter };
  return (
    <>
      <Button size="small" icon={X} {...rights} onClick={() => setAsking(true)}>
        Cancel…
      </Button>
      <Confirm
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={`Give up the rebuild of ${pipeline}?`}
        verb="Give up"
        run={() => cancelRebuild(pipeline, queries)}
      >
        What it has made so far is removed. The tables that are there stay as they are, and the pipeline goes on.
      </Confirm>
    </>
  );
}
