// Pipelines with windows for the tests: every shape over a topic and over a stream that leaves out some of its rows.
import { double, int, pipeline, sql, stream, table, text, timestamp, topic } from '../../src/index.ts';
import type { Shape } from './reference.ts';

const fields = { n: int(), k: text(), v: double(), tag: text(), at: timestamp() };
const ms = (count: number) => `${count} ms` as const;

/** A topic, and for each shape a table over it and one over a stream that leaves out some of its rows. */
export function windowed(
  lateness: number,
  shapes: readonly Shape[],
  aggregate: string,
  partitions = 1,
  emit: 'close' | 'change' = 'close',
) {
  const all = topic('all', fields, { key: 'k', time: 'at', lateness: ms(lateness), partitions });
  const some = stream('some', fields, sql`select n, k, v * 2 as v, tag, "at" from ${all} where v > -50`, {
    time: 'at',
  });
  const out = { k: text(), ws: timestamp(), we: timestamp(), a: double().optional() };
  const tables = shapes.flatMap((shape, i) =>
    [all, some].map((from) => {
      const view =
        shape.kind === 'tumble'
          ? from.tumble(ms(shape.size))
          : shape.kind === 'hop'
            ? from.hop(ms(shape.size), { every: ms(shape.every) })
            : from.session(ms(shape.gap), { by: ['k'] });
      const name = `${from.name}_${shape.kind}_${i}`;
      const texts = [
        `select k, window_start as ws, window_end as we, ${aggregate} from `,
        ' group by k, window_start, window_end',
      ];
      const query = sql(Object.assign(texts, { raw: texts }), view);
      const made = table(name, stream(`${name}_rows`, out, query, { emit }), { key: ['k', 'ws'] });
      return { made, shape, filtered: from.name === 'some' };
    }),
  );
  return { all, tables, made: pipeline('windows', { tables: tables.map((one) => one.made) }) };
}
