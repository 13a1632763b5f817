// The unique rule of tables: which records would break it, if they came one after the other.
import type { Table } from '../../define/table.ts';
import { quote } from '../../process/database.ts';
import type { Refused, TableRows } from '../../process/engine.ts';
import { hashOf } from './append.ts';
import { physical } from './write.ts';

/** A row that claims values: those of the unique columns and its version as ranks, so that they are compared as SQL compares them. */
type Claim = {
  /** The record that it comes from; before 0: it is in the table. */
  readonly row: number;
  /** The hash of its key. */
  readonly key: unknown;
  readonly version: number;
  /** One of each unique column; null is equal to none. */
  readonly values: readonly (number | null)[];
};

/**
 * The records that break the rule of a table: one would store a value that a row of another key has at that moment. A record that one
 * table refuses is stored in none, and claims nothing; nor does a row that loses by its version.
 *
 * Where no two keys claim one value, which is asked first and is the rule, there is nothing to go through one by one; else that are the
 * rows of the keys which take part, however many others come with them.
 */
export async function refusals(tables: readonly TableRows[]): Promise<Refused[]> {
  const held: Held[] = [];
  for (const one of tables) {
    if (one.table.unique.length > 0 && (await isContested(one))) held.push(new Held(one.table, await contested(one)));
  }
  const refused: Refused[] = [];
  const records = new Set(held.flatMap(({ claims }) => [...claims.keys()]));
  for (const row of [...records].sort((a, b) => a - b)) {
    const undo: (() => void)[] = [];
    for (const one of held) {
      const reason = one.take(row, undo);
      if (reason === undefined) continue;
      refused.push({ row, table: one.table.name, reason });
      for (const step of undo.reverse()) step();
      break;
    }
  }
  return refused;
}

/** Who has which values of one table, as records come. */
class Held {
  readonly table: Table;
  /** Claims by record. */
  readonly claims = new Map<number, Claim[]>();
  readonly #rows = new Map<unknown, Claim>();
  /** Keys by value, for each unique column: more than one has a value where the rule is younger than the rows. */
  readonly #owners: readonly Map<number, Set<unknown>>[];

  constructor(table: Table, claims: readonly Claim[]) {
    this.table = table;
    this.#owners = table.unique.map(() => new Map());
    for (const claim of claims) {
      if (claim.row < 0) this.#put(claim.key, claim);
      else this.claims.set(claim.row, [...(this.claims.get(claim.row) ?? []), claim]);
    }
  }

  /** Takes the rows of a record, or says why not; `undo` gets what takes them back. */
  take(row: number, undo: (() => void)[]): string | undefined {
    for (const claim of this.claims.get(row) ?? []) {
      const before = this.#rows.get(claim.key);
      if (before && claim.version < before.version) continue;
      const broken = claim.values.findIndex((value, i) => this.#isTaken(i, value, claim.key));
      if (broken >= 0)
        return `table ${this.table.name}: another row has the same ${this.table.unique[broken]}, which must be unique`;
      this.#put(claim.key, claim);
      undo.push(() => this.#put(claim.key, before));
    }
    return undefined;
  }

  #isTaken(column: number, value: number | null, key: unknown): boolean {
    const owners = value === null ? undefined : this.#owners[column]!.get(value);
    return owners !== undefined && owners.size > (owners.has(key) ? 1 : 0);
  }

  #put(key: unknown, claim: Claim | undefined): void {
    this.#owners.forEach((owners, i) => {
      const before = this.#rows.get(key)?.values[i] ?? null;
      if (before !== null) owners.get(before)!.delete(key);
      const value = claim?.values[i] ?? null;
      if (value !== null) owners.set(value, (owners.get(value) ?? new Set()).add(key));
    });
    if (claim) this.#rows.set(key, claim);
    else this.#rows.delete(key);
  }
}

/** Whether two keys claim one value: both in the micro-batch, or one of them in the table. */
async function isContested({ table, rows }: TableRows): Promise<boolean> {
  const { session, relation } = rows;
  const hash = keyHash(table);
  const asked = table.unique
    .map(quote)
    .flatMap((name) => [
      `exists (select 1 from ${relation} where ${name} is not null group by ${name} having min(${hash}) <> max(${hash}))`,
      `exists (select 1 from ${physical(table.name)} t join (select ${name} as u, ${hash} as h from ${relation}) b on t.${name} = b.u where ${hashOf(table.key, 't.')} <> b.h)`,
    ]);
  return (await session.rows(`select ${asked.join(' or ')}`))[0]![0] === true;
}

/** All rows, of the micro-batch and of the table, of the keys that claim or have a value which more than one of them claims. */
async function contested({ table, rows }: TableRows): Promise<Claim[]> {
  const stored = physical(table.name);
  const stamp = hashOf(table.key);
  const columns = table.unique.map((name, i) => ({ name: quote(name), as: `u${i}`, in: `contested${i}` }));
  const version = table.version === undefined ? 'null' : quote(table.version);
  const own = columns.map(({ name, as }) => `${name} as ${as}`).join(', ');
  const values = columns.map(
    (one) => `${one.in} as (
      select ${one.as} as u from batch where ${one.as} is not null group by ${one.as} having min(h) <> max(h)
      union select b.${one.as} from batch b join ${stored} t on t.${one.name} = b.${one.as} and ${hashOf(table.key, 't.')} <> b.h)`,
  );
  const claims = columns.map((one) => `${one.as} in (select u from ${one.in})`).join(' or ');
  const has = columns.map((one) => `${one.name} in (select u from ${one.in})`).join(' or ');
  const ranks = columns.map(({ as }) => `case when ${as} is not null then dense_rank() over (order by ${as}) end`);
  const found = await rows.session.rows(
    `with batch as (select _row as n, rowid as r, ${keyHash(table)} as h, ${version} as version, ${own} from ${rows.relation}),
      ${values.join(', ')},
      keys as (select h from batch where ${claims} union select ${stamp} from ${stored} where ${has})
    select n, h, dense_rank() over (order by version nulls first), ${ranks.join(', ')} from (
      select * from batch where h in (select h from keys)
      union all select -1, 0, ${stamp}, ${version}, ${own} from ${stored} where ${stamp} in (select h from keys))
    order by n, r`,
  );
  return found.map(([row, key, rank, ...values]) => ({
    row: Number(row),
    key,
    version: Number(rank),
    values: values.map((value) => (value === null ? null : Number(value))),
  }));
}

/** The hash of the key of a row that comes. */
function keyHash(table: Table): string {
  return `hash(${table.key.map(quote).join(', ')})`;
}
