// millrace topic delete: a topic with its records, so that its name is free for another definition.
import type { Command } from './command.ts';
import { removalExitCodes, removalOptions, removeAsked } from './removing.ts';

export const topicDelete: Command = {
  name: 'topic delete',
  summary: 'delete a topic with its records',
  description: [
    'Deletes the log of a topic, its schemas, its dead letters, the positions of its sources and its idempotency keys. It says how many records and bytes go, and asks. Then a topic of this name can be declared anew, with other fields; its sources are read from their beginning.',
    'It is refused while a pipeline reads the topic: one that declared it when it was last started. With --force such a pipeline goes on without these records: its open windows and dedupe keys over the topic are emptied, and the rows of its tables stay.',
    'A topic that is damaged (LOG_DAMAGED), so that the folder cannot be opened, can be deleted too.',
    'Schemas are deleted softly: they stay readable under their ids. Stop the running pipeline first: the data folder has one user at a time.',
  ],
  positionals: [{ name: 'NAME', description: 'The topic, as millrace topics lists it.' }],
  options: [{ name: 'force', description: 'Also where a pipeline reads it.' }, ...removalOptions],
  examples: [
    { does: 'Delete a topic that no pipeline reads any more:', line: 'millrace topic delete old_rides' },
    {
      does: 'Begin anew with a topic whose fields have changed, without being asked:',
      line: 'millrace topic delete rides --force --yes',
    },
  ],
  exitCodes: removalExitCodes,
  run: (given, context) => removeAsked(topicDelete, { noun: 'topic', name: given.positionals[0]! }, given, context),
};
