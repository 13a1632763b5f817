// Whether a pipeline can be restarted by itself.
import type { PipelineView } from '../../../src/web/schemas.ts';

/** Whether the server says so; one that cannot does not. */
export function canRestart(pipeline: PipelineView & { readonly canRestart?: boolean }): boolean {
  return pipeline.canRestart === true;
}
