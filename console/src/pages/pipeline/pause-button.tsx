// Pauses a pipeline, after a question, or lets it go on.
import { useQueryClient } from '@tanstack/react-query';
import { Pause, Play } from 'lucide-react';
import { useState } from 'react';
import type { PipelineView } from '../../../../src/web/schemas.ts';
import { needsWriter, useMayWrite } from '../../data/may-write.ts';
import { pausePipeline, resumePipeline } from '../../data/pause.ts';
import { Button, type ButtonSize } from '../../kit/button.tsx';
import { Confirm } from '../../kit/dialog.tsx';

export function PauseButton({ pipeline, size }: { pipeline: PipelineView; size?: ButtonSize }) {
  const queries = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const { name } = pipeline;
  const mayWrite = useMayWrite();
  const rights = mayWrite ? {} : { disabled: true, title: needsWriter };
  const resume = async () => {
    setBusy(true);
    await resumePipeline(name, queries);
    setBusy(false);
  };
  if (pipeline.status === 'paused') {
    return (
      <Button
        look={size === 'small' ? 'plain' : 'primary'}
        size={size}
        icon={Play}
        isBusy={isBusy}
        {...rights}
        onClick={resume}
      >
        Resume
      </Button>
    );
  }
  // what does not run cannot be paused
  if (pipeline.status === 'stopped' || pipeline.status === 'failed') return null;
  return (
    <>
      <Button size={size} icon={Pause} {...rights} onClick={() => setAsking(true)}>
        Pause
      </Button>
      <Confirm
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        title={`Pause ${name}?`}
        verb="Pause"
        run={() => pausePipeline(name, queries)}
      >
        Its sources wait, and no record is processed until you resume it. Nothing is lost: what is in the log stays
        there. Tables keep their rows and can be read.
      </Confirm>
    </>
  );
}
