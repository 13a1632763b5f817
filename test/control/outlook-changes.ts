// What a changed definition differs in from the first, for the tests of what check says.
import type { Fields } from '../../src/index.ts';

/** What one of the changed pipelines differs in from the first. */
export type Differences = {
  fields?: Fields;
  key?: string;
  time?: 'at' | 'seen';
  lateness?: '1 minute' | '5 minutes';
  partitions?: number;
  retain?: { age: '7 days' };
  topicName?: string;
  file?: string;
  source?: 'simulate' | 'two';
  query?: string;
  streamName?: string;
  streamFields?: Fields;
  window?: '1 minute' | '5 minutes';
  tableName?: string;
  tableKey?: string[];
  version?: 'at';
  keep?: '1 day';
  unique?: string[];
  ridesUnique?: string[];
  ridesKey?: 'place';
  withoutHours?: boolean;
  pipelineName?: string;
};
