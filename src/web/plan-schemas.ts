// A pipeline as it was declared, as `millrace plan --json` prints it: a part of schemas.ts, through which others have it.
import { type Static, Type } from 'typebox';
import { Json } from './schema-parts.ts';

/** A field of a topic or a column of a table. `type` is as declared: `text`, `long`, `timestamp`, `oneOf(a, b)`, `list(text)`. */
export const Column = Type.Object(
  {
    name: Type.String(),
    type: Type.String(),
    isOptional: Type.Boolean(),
    isPersonal: Type.Boolean({ description: 'Masked in logs, dead letters and topics.' }),
    description: Type.Optional(Type.String()),
    example: Type.Optional(
      Type.String({ description: 'A time as records have it that are sent, where the field has a format of its own.' }),
    ),
  },
  { $id: 'Column' },
);
export type Column = Static<typeof Column>;

const PlanParam = Type.Object({
  name: Type.String(),
  type: Type.String(),
  value: Type.Optional(Json),
  default: Type.Optional(Json),
  description: Type.Optional(Type.String()),
});

/** A source of a plan. */
export const PlanSource = Type.Object(
  {
    name: Type.String(),
    topic: Type.String(),
    kind: Type.String({ description: '`csv`, `http`, `simulate`, `webhook`.' }),
    options: Type.Record(Type.String(), Json, {
      description: 'With the values of parameters, or `param:NAME` where one is not set. What is secret is masked.',
    }),
    otherwise: Type.Optional(Type.Ref('PlanSource')),
  },
  { $id: 'PlanSource' },
);
export type PlanSource = Omit<Static<typeof PlanSource>, 'otherwise'> & { otherwise?: PlanSource };

const PlanTopic = Type.Object({
  name: Type.String(),
  fields: Type.Array(Type.Ref('Column')),
  key: Type.Optional(Type.String()),
  time: Type.Optional(Type.String({ description: 'The field of the event time.' })),
  person: Type.Optional(Type.String({ description: 'The field that names the person whom a record is about.' })),
  latenessMs: Type.Number({ description: 'Milliseconds that the watermark is behind the newest event time.' }),
  partitions: Type.Integer({ minimum: 1 }),
});

const PlanStream = Type.Object({
  name: Type.String(),
  reads: Type.String({ description: 'Noun and name of what it reads: `topic rides`.' }),
  lookups: Type.Array(Type.String(), { description: 'Tables that it joins with.' }),
  window: Type.Optional(Type.String()),
  fields: Type.Array(Type.Ref('Column')),
  sql: Type.String(),
});

const PlanTable = Type.Object({
  name: Type.String(),
  from: Type.String({ description: 'Noun and name of what feeds it.' }),
  key: Type.Array(Type.String()),
  version: Type.Optional(Type.String({ description: 'Of two rows of a key that with the larger one stays.' })),
  unique: Type.Array(Type.String()),
  keepMs: Type.Optional(Type.Number({ description: 'Milliseconds for which rows are kept.' })),
  columns: Type.Array(Type.Ref('Column')),
});

const PlanChart = Type.Object({
  kind: Type.String(),
  title: Type.Optional(Type.String()),
  table: Type.String(),
  options: Type.Record(Type.String(), Json),
});

/** A pipeline as it was declared. References carry their noun: `topic rides`, `stream fares`. */
export const Plan = Type.Object(
  {
    name: Type.String(),
    params: Type.Array(PlanParam),
    sources: Type.Array(Type.Ref('PlanSource')),
    topics: Type.Array(PlanTopic),
    streams: Type.Array(PlanStream),
    tables: Type.Array(PlanTable),
    charts: Type.Array(PlanChart),
  },
  { $id: 'Plan' },
);

type Parts<Part extends { fields?: unknown; columns?: unknown }> = {
  [Name in keyof Part]: Name extends 'fields' | 'columns' ? Column[] : Part[Name];
};

export type Plan = Omit<Static<typeof Plan>, 'sources' | 'topics' | 'streams' | 'tables'> & {
  sources: PlanSource[];
  topics: Parts<Static<typeof PlanTopic>>[];
  streams: Parts<Static<typeof PlanStream>>[];
  tables: Parts<Static<typeof PlanTable>>[];
};
