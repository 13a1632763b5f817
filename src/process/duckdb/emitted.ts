// The rows that a stream has emitted and not retracted: what is emitted anew is compared with them, and only the difference moves on.
import type { Field, Fields } from '../../define/fields.ts';
import type { Stream } from '../../define/stream.ts';
import { quote } from '../database.ts';
import type { DuckSession } from './database.ts';
import { makeTemp, relations } from './relations.ts';
import { insideRelation } from './render.ts';
import { type Node, rootOf } from './tree.ts';
import { columnList, nullable, sqlColumns, sqlType } from './types.ts';

/** By each column that tells windows apart: the columns of a stream that hold its value as it is. */
export type Pins = ReadonlyMap<string, ReadonlySet<string>>;

/** The emitted rows of a stream. */
export type Emitted = {
  readonly fields: Fields;
  /** Where they are kept. */
  readonly kept: string;
  /** What the transaction at hand emits; what it emitted before is taken out of it again. */
  readonly fresh: string;
  /** What the transaction at hand retracts. */
  readonly retracted: string;
  /** Columns that hold the key of a session, quoted. */
  readonly keys: readonly string[];
  readonly pins: Pins;
};

/** What a run of a stream has emitted and retracted. `isFirst`: of its windows nothing was emitted before. */
export type Emission = {
  readonly emitted: number;
  /** Ids that it has given to rows, those included that were emitted before. */
  readonly filled: number;
  readonly retracted: number;
  readonly isFirst: boolean;
};

/** In place of a parent: the row is of a window whose rows are forgotten, so that nothing compares it with what is emitted. */
export const forgotten = -1;

export const noEmission: Emission = { emitted: 0, filled: 0, retracted: 0, isFirst: true };

/** The columns that emitted rows have after those of the stream: an id, the id of the row that they were made of, where their window starts. */
export function emittedColumns({ keys }: Pick<Emitted, 'keys'>): { names: readonly string[] } {
  return { names: ['_id', '_parent', '_w', ...keys.map((key) => key.slice(1, -1))] };
}

/** Makes the relations of a stream's emitted rows. Those of a stream that was declared otherwise are forgotten. */
export async function makeEmitted(
  session: DuckSession,
  pipeline: string,
  stream: Stream,
  parts: { pins: Pins; keys: readonly { readonly name: string; readonly field: Field }[] },
): Promise<Emitted> {
  const keyColumns = parts.keys.map(({ field }, i) => `${quote(`_k${i}`)} ${sqlType(field.type)}`);
  const more = ['_id bigint', '_parent bigint', '_w bigint', ...keyColumns].join(', ');
  const kept = relations.emitted(pipeline, stream.name);
  const retracted = relations.retracted(stream.name);
  const fresh = insideRelation(stream.name);
  const columns = `${sqlColumns(nullable(stream.fields))}, ${more}`;
  await makeTemp(session, fresh, `${sqlColumns(stream.fields)}, ${more}`);
  await makeTemp(session, retracted, columns);
  await session.run(`create table if not exists ${kept} (${columns})`);
  const describe = async (relation: string) => JSON.stringify(await session.describe(`select * from ${relation}`));
  if ((await describe(kept)) !== (await describe(retracted))) {
    await session.run(`drop table ${kept}`);
    await session.run(`create table ${kept} (${columns})`);
  }
  return {
    fields: stream.fields,
    kept,
    fresh,
    retracted,
    keys: parts.keys.map((_, i) => quote(`_k${i}`)),
    pins: parts.pins,
  };
}

/** All columns of emitted rows, as a list. */
export function allColumns(emitted: Emitted): string {
  return [columnList(emitted.fields), ...emittedColumns(emitted).names.map(quote)].join(', ');
}

/**
 * Compares the fresh rows with those that were emitted before of the same windows: what is no longer among them is retracted, what is there
 * already is not emitted again.
 *
 * @param ofTheSame a condition on emitted rows (`e`): that they are of the windows whose rows are fresh
 */
export async function exchange(
  session: DuckSession,
  emitted: Emitted,
  ofTheSame: string,
  filled: number,
): Promise<Emission> {
  const { kept, fresh, retracted, keys } = emitted;
  const compared = `(select * from ${kept} e where e._parent is distinct from ${forgotten} and ${ofTheSame})`;
  const before = Number((await session.rows(`select count(*) from ${compared}`))[0]![0]);
  let removed = 0;
  if (before > 0) {
    const values = ['_w', ...keys, columnList(emitted.fields)].join(', ');
    const numbered = (rows: string) => `(select *, row_number() over (partition by ${values}) as _n from ${rows})`;
    const old = numbered(compared);
    const same = ['_w', '_n', ...keys, ...Object.keys(emitted.fields).map(quote)]
      .map((name) => `o.${name} is not distinct from n.${name}`)
      .join(' and ');
    const columns = allColumns(emitted);
    removed = await session.run(
      `insert into ${retracted} (${columns}) select ${columns} from ${old} o where not exists (select 1 from ${numbered(fresh)} n where ${same})`,
    );
    if (removed < before)
      await session.run(
        `delete from ${fresh} where _id in (select n._id from ${numbered(fresh)} n where exists (select 1 from ${old} o where ${same}))`,
      );
    if (removed > 0) await session.run(`delete from ${kept} where _id in (select _id from ${retracted})`);
  }
  return { emitted: await keep(session, emitted), filled, retracted: removed, isFirst: before === 0 };
}

/** Retracts the rows that were made of retracted rows of another stream; resolves with how many. */
export async function retractChildren(session: DuckSession, emitted: Emitted, parent: Emitted): Promise<number> {
  const columns = allColumns(emitted);
  const removed = await session.run(
    `insert into ${emitted.retracted} (${columns}) select ${columns} from ${emitted.kept} where _parent in (select _id from ${parent.retracted})`,
  );
  if (removed > 0) await session.run(`delete from ${emitted.kept} where _id in (select _id from ${emitted.retracted})`);
  return removed;
}

/** Keeps the fresh rows; resolves with how many. */
export function keep(session: DuckSession, emitted: Emitted): Promise<number> {
  const columns = allColumns(emitted);
  return session.run(`insert into ${emitted.kept} (${columns}) select ${columns} from ${emitted.fresh}`);
}

/** Whether a key tells windows apart, so that no two windows have rows of one key. */
export function isPinned({ pins }: Emitted, key: readonly string[]): boolean {
  return [...pins.values()].every((columns) => key.some((name) => columns.has(name)));
}

/** What tells the windows of a view apart: where windows have one size, their end does as well. */
export function windowPins(identity: readonly string[]): Pins {
  return new Map(identity.map((name) => [name, new Set(identity.length === 1 ? [name, 'window_end'] : [name])]));
}

/** By each origin: the columns of a stream that hold its value, since the query takes them as they are. */
export function pinsOf(stream: Stream, tree: Node, alias: string, origins: Pins): Pins {
  const items = rootOf(tree).select_list as Node[];
  const taken = (field: string): string | undefined => {
    const name = field.toLowerCase();
    const item = items.find(
      (one) => String(one.alias || (one.column_names as string[] | undefined)?.at(-1)).toLowerCase() === name,
    );
    if (!item) return items.some((one) => isWholeStar(one, alias)) ? field : undefined;
    const names = (item.column_names as string[] | undefined) ?? [];
    const isOfInput = names.length === 1 || (names.length === 2 && names[0] === alias);
    return item.class === 'COLUMN_REF' && isOfInput ? names.at(-1) : undefined;
  };
  const fields = Object.keys(stream.fields);
  return new Map(
    [...origins].map(([column, holders]) => {
      const lower = new Set([...holders].map((name) => name.toLowerCase()));
      return [column, new Set(fields.filter((field) => lower.has(String(taken(field)).toLowerCase())))];
    }),
  );
}

function isWholeStar(item: Node, alias: string): boolean {
  const isChanged = [item.replace_list, item.rename_list].some((one) => Array.isArray(one) && one.length > 0);
  return item.class === 'STAR' && (item.relation_name === '' || item.relation_name === alias) && !isChanged;
}
