// millrace table drop: a table that no pipeline writes any more.
import type { Command } from './command.ts';
import { removalExitCodes, removalOptions, removeAsked } from './removing.ts';

export const tableDrop: Command = {
  name: 'table drop',
  summary: 'drop a table with its rows',
  description: [
    'Removes a table: its rows, its view and its definition. It says how many rows go, and asks. The log stays, so that the table can be made again from it.',
    'It is refused while a pipeline writes it or looks it up: one that declared so when it was last started. Take the table out of the file and run the pipeline once, or remove the pipeline. With --force the next start makes the table anew, empty, and it gets what comes from then on; to fill it from the log, use millrace rebuild.',
    'Stop the running pipeline first: the data folder has one user at a time.',
  ],
  positionals: [{ name: 'NAME', description: 'The table, as millrace tables lists it.' }],
  options: [{ name: 'force', description: 'Also where a pipeline uses it.' }, ...removalOptions],
  examples: [
    { does: 'Drop a table that was renamed in the pipeline file:', line: 'millrace table drop old_fares' },
    { does: 'The same in a script:', line: 'millrace table drop old_fares --yes --json' },
  ],
  exitCodes: removalExitCodes,
  run: (given, context) => removeAsked(tableDrop, { noun: 'table', name: given.positionals[0]! }, given, context),
};
