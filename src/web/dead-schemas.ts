// What the API takes and gives about dead letters: a part of schemas.ts, through which others have it.
import { type Static, Type } from 'typebox';
import { count, Json, ms } from './schema-parts.ts';

/** A dead letter, or (kind `late`) a record too late for its window. */
export const DeadLetter = Type.Object(
  {
    id: Type.Integer(),
    kind: Type.Enum(['dead', 'late']),
    pipeline: Type.String(),
    stage: Type.String({ description: "`source:NAME`, `decode`, or the stream's or table's name." }),
    code: Type.String(),
    reason: Type.String(),
    topic: Type.String(),
    partition: Type.Optional(Type.Integer()),
    offset: Type.Optional(Type.Integer()),
    place: Type.Optional(Type.String({ description: "Where in the source it stood: 'line 17'." })),
    at: ms('When it was put aside'),
    tries: count('How often it was sent again without success.'),
  },
  { $id: 'DeadLetter' },
);
export type DeadLetter = Static<typeof DeadLetter>;

export const DeadPage = Type.Object(
  {
    letters: Type.Array(Type.Ref('DeadLetter')),
    next: Type.Optional(Type.String({ description: 'Give it as `after` for the next page; absent at the end.' })),
    groups: Type.Array(
      Type.Object({
        pipeline: Type.String(),
        stage: Type.String(),
        kind: Type.Enum(['dead', 'late']),
        code: Type.String(),
        count: count('Letters of this group.'),
        newestAt: ms('The newest of them'),
      }),
      { description: 'All letters counted, whatever the filter.' },
    ),
  },
  { $id: 'DeadPage' },
);
export type DeadPage = Omit<Static<typeof DeadPage>, 'letters'> & { letters: DeadLetter[] };

/** A dead letter with what is in it. */
export const DeadLetterDetail = Type.Object(
  {
    ...DeadLetter.properties,
    bytes: Type.Optional(
      Type.String({ description: 'The original bytes, base64; absent where a reader may not see them.' }),
    ),
    text: Type.Optional(Type.String({ description: 'The bytes as text, where they are UTF-8.' })),
    record: Type.Optional(Json),
    isEditable: Type.Boolean({
      description:
        'Whether `redrive` takes a replacement: a text as the source would have given it, or the record as JSON.',
    }),
    edit: Type.Optional(Type.String({ description: 'The text to begin editing with.' })),
  },
  { $id: 'DeadLetterDetail' },
);
export type DeadLetterDetail = Static<typeof DeadLetterDetail>;

export const RedriveRequest = Type.Object(
  {
    pipeline: Type.String(),
    stage: Type.Optional(Type.String()),
    kind: Type.Optional(Type.Enum(['dead', 'late'])),
    code: Type.Optional(Type.String()),
    ids: Type.Optional(Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 10_000 })),
    replacement: Type.Optional(
      Type.String({
        maxLength: 8_388_608,
        description: 'Other content for a single letter: what the source would have read, or the record as JSON.',
      }),
    ),
    isTrial: Type.Optional(Type.Boolean({ description: 'Only try: nothing is stored. For a single letter.' })),
  },
  { $id: 'RedriveRequest', additionalProperties: false },
);
export type RedriveRequest = Static<typeof RedriveRequest>;

export const RedriveAnswer = Type.Object(
  {
    sent: count('Letters that were sent again.'),
    stored: count('Letters that are stored now.'),
    stillDead: count('Letters that failed again.'),
    reason: Type.Optional(Type.String({ description: 'Why a single letter failed again.' })),
    notFound: Type.Optional(
      Type.Array(Type.Integer(), {
        description:
          'Those of `ids` that are not there any more, or do not meet the rest of the request; absent where there are none.',
      }),
    ),
  },
  { $id: 'RedriveAnswer' },
);
export type RedriveAnswer = Static<typeof RedriveAnswer>;
