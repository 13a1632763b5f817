// What the codes and stages of dead letters mean and what to do about them, in words; docs/reference/errors.md says the same.
import type { DeadLetter } from '../../../src/web/schemas.ts';

type Explained = { title: string; remedy: string };

const codes: Record<string, Explained> = {
  RECORD_INVALID: {
    title: 'A field is missing or its value does not fit',
    remedy: 'Fix the record here, or the source’s map or the field’s declaration in the pipeline file.',
  },
  RECORD_MALFORMED: {
    title: 'What came in has not the form of a record',
    remedy: 'Fix its bytes here: too few fields in a line, or text that is no JSON.',
  },
  RECORD_TOO_LARGE: {
    title: 'The record is larger than the limit',
    remedy: 'Make it smaller, or raise the limit where it is an option.',
  },
  RECORD_UNDECODABLE: {
    title: 'The bytes in the log cannot be decoded',
    remedy: 'Register the schema that they were written with and send them again, or send other bytes.',
  },
  RECORD_LATE: {
    title: 'The record came when its window was closed',
    remedy: 'Send it again within a day of event time: its window is corrected. Or give the topic a greater lateness.',
  },
  ROW_FAILED: {
    title: 'The SQL fails for this record, or a table refuses its row',
    remedy: 'Fix the record here, or the SQL in the pipeline file, and send it again.',
  },
};

/** A code in words, with what to do next. */
export function explainCode(code: string): Explained {
  return codes[code] ?? { title: code, remedy: 'Fix the cause, then send it again.' };
}

/** A stage in words: what failed there. */
export function explainStage({ stage, kind }: Pick<DeadLetter, 'stage' | 'kind'>): string {
  if (kind === 'late') return `Stream ${stage}: the window that it belongs to had been given`;
  if (stage.startsWith('source:')) return 'It could not become a record of the topic and never reached the log';
  if (stage === 'decode') return 'Its bytes in the log could not be decoded';
  return 'Its SQL failed for this record, or the table refused its row';
}

/** Where a letter that is sent again goes. */
export function explainRedrive({ stage, kind }: Pick<DeadLetter, 'stage' | 'kind'>): string {
  if (kind === 'late') return 'It goes to that stream alone, whose window is given again with it.';
  if (stage.startsWith('source:')) return 'It is read again by the source’s own rules, and appended to the log.';
  if (stage === 'decode') return 'It is decoded again.';
  return 'It goes again through all streams and tables of the topic.';
}

/** Where a letter came from: `bus_positions, partition 1, offset 1,204`, or the line of the source. */
export function originOf({ topic, partition, offset, place }: DeadLetter): string {
  if (offset !== undefined) return `${topic} ${partition ?? 0}:${offset}`;
  return place === undefined ? topic : `${topic}, ${place}`;
}
