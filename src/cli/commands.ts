// The commands in the order in which they are needed.
import { check } from './check.ts';
import { deadList } from './dead-list.ts';
import { deadRedrive } from './dead-redrive.ts';
import { deadShow } from './dead-show.ts';
import { forget } from './forget.ts';
import type { CommandGroups } from './help.ts';
import { pipelineRemove } from './pipeline-remove.ts';
import { plan } from './plan.ts';
import { query } from './query.ts';
import { rebuild } from './rebuild.ts';
import { run } from './run.ts';
import { start } from './start.ts';
import { tableDrop } from './table-drop.ts';
import { tables } from './tables.ts';
import { tail } from './tail.ts';
import { tokenCreate } from './token-create.ts';
import { tokenList } from './token-list.ts';
import { tokenRevoke } from './token-revoke.ts';
import { topicDelete } from './topic-delete.ts';
import { topics } from './topics.ts';

/** All commands by what they are for. */
export const groups: CommandGroups = [
  ['Define', [check, plan]],
  ['Run', [run, start]],
  ['Look', [topics, tail, tables, query]],
  ['Fix', [deadList, deadShow, deadRedrive, rebuild]],
  ['Remove', [topicDelete, tableDrop, pipelineRemove, forget]],
  ['Let others in', [tokenCreate, tokenList, tokenRevoke]],
];

/** All commands. */
export const commands = groups.flatMap(([, some]) => some);
