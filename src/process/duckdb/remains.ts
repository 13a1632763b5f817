// Takes what the state of a window keeps of a record that the log no longer has.
import type { FieldType } from '../../define/fields.ts';
import { quote, type Session } from '../database.ts';
import { remainsBytes } from '../remains.ts';
import type { Culprit } from './culprits.ts';
import type { WindowedStage } from './stage.ts';

/** The columns of a record in the state of a windowed stream, as the bytes of its letter. */
export async function remainsIn(
  session: Session,
  stage: WindowedStage,
  state: string,
  { partition, offset }: Culprit,
): Promise<Uint8Array> {
  const columns = Object.entries(stage.stateFields).flatMap(([name, { type }]) => written(quote(name), type) ?? []);
  const rows = await session.rows(
    `select ${columns.length > 0 ? 'to_json(kept)' : "'{}'"} from
      (select ${columns.length > 0 ? columns.join(', ') : '1'} from ${state} where _partition = $1 and _offset = $2) kept`,
    partition,
    offset,
  );
  return remainsBytes(rows.map(([row]) => String(row)));
}

/** A column as JSON that loses no digit, in a form in which a person may write the value; undefined where there is none. */
function written(column: string, type: FieldType): string | undefined {
  let held = type;
  let brackets = '';
  for (; held.kind === 'list'; held = held.of) brackets += '[]';
  switch (held.kind) {
    case 'long':
    case 'decimal':
    case 'date':
    case 'timestamp':
      return `cast(${column} as varchar${brackets}) as ${column}`;
    case 'float':
    case 'double':
      // JSON has no NaN
      return brackets
        ? `cast(${column} as varchar${brackets}) as ${column}`
        : `case when isfinite(${column}) then to_json(${column}) else to_json(${column}::varchar) end as ${column}`;
    case 'bytes':
      return brackets ? undefined : `to_base64(${column}) as ${column}`;
    default:
      return column;
  }
}
