// millrace pipeline remove: all that a pipeline keeps in the data folder; the topics that it read stay.
import type { Command } from './command.ts';
import { removalExitCodes, removalOptions, removeAsked } from './removing.ts';

export const pipelineRemove: Command = {
  name: 'pipeline remove',
  summary: 'remove a pipeline with its tables',
  description: [
    'Removes what a pipeline keeps in the data folder: its tables, open windows, offsets, dead letters, its paused flag, and that it is known. It says what goes, and asks. Its topics stay, since others can read them: millrace topic delete removes them.',
    'A pipeline of the same name that is run later begins at the beginning of its topics.',
    'Stop the running pipeline first: the data folder has one user at a time.',
  ],
  positionals: [{ name: 'NAME', description: 'The pipeline.' }],
  options: [
    { name: 'keep-tables', description: 'Keep its tables, with their rows: they can still be queried.' },
    ...removalOptions,
  ],
  examples: [
    { does: 'Remove a pipeline that was tried out:', line: 'millrace pipeline remove trial' },
    { does: 'End a pipeline, and keep what it has made:', line: 'millrace pipeline remove rides --keep-tables' },
  ],
  exitCodes: removalExitCodes,
  run: (given, context) =>
    removeAsked(
      pipelineRemove,
      { noun: 'pipeline', name: given.positionals[0]!, keepTables: given.has('keep-tables') },
      given,
      context,
    ),
};
