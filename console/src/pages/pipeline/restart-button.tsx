// Restarts a pipeline that has failed, where the server can do so with that one alone.
import { useQueryClient } from '@tanstack/react-query';
import { RotateCw } from 'lucide-react';
import { useState } from 'react';
import type { PipelineView } from '../../../../src/web/schemas.ts';
import { canRestart } from '../../data/can-restart.ts';
import { needsWriter, useMayWrite } from '../../data/may-write.ts';
import { restartPipeline } from '../../data/restart.ts';
import { Button, type ButtonSize } from '../../kit/button.tsx';

export function RestartButton({ pipeline, size }: { pipeline: PipelineView; size?: ButtonSize }) {
  const queries = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const mayWrite = useMayWrite();
  if (!canRestart(pipeline)) return null;
  const restart = async () => {
    setBusy(true);
    await restartPipeline(pipeline.name, queries);
    setBusy(false);
  };
  return (
    <Button
      look={size === 'small' ? 'plain' : 'primary'}
      size={size}
      icon={RotateCw}
      isBusy={isBusy}
      {...(mayWrite ? {} : { disabled: true, title: needsWriter })}
      onClick={restart}
    >
      Restart
    </Button>
  );
}
