// POST /api/topics/:name/records: takes records from outside; answers once those accepted are durable.
import { Type } from 'typebox';
import { MillraceError } from '../../core/errors.ts';
import type { App, Routes } from '../app.ts';
import { type Posted, readJson, readLines, unreadBody, withPlaces } from '../bodies.ts';
import { IdempotencyKey } from '../parameters.ts';
import { asError, problems, sendProblem } from '../problem.ts';

const lineTypes = ['application/x-ndjson', 'application/ndjson'];
const anyRecord = Type.Object({}, { additionalProperties: true, description: 'With the fields of the topic.' });

/** What a body holds; of one that is no JSON, itself as what could not be read, and why. @throws PAYLOAD_TOO_LARGE */
async function read(
  body: Uint8Array,
  isLines: boolean,
): Promise<{ posted: Posted; failure: MillraceError | undefined }> {
  try {
    return { posted: isLines ? await readLines(body) : await readJson(body), failure: undefined };
  } catch (failure) {
    if (!(failure instanceof MillraceError) || failure.reaction !== 'reject') throw failure;
    return { posted: unreadBody(body, failure), failure };
  }
}

export const postRoutes: Routes = async ({ app, backend }) => {
  // the bytes are kept as they came, since the signature is of them: so these parsers are this route's only
  await app.register(async (child) => {
    const scope: App = child.withTypeProvider();
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      ['application/json', ...lineTypes],
      { parseAs: 'buffer' },
      (_request: unknown, body: Buffer, done: (error: null, body: Buffer) => void) => done(null, body),
    );

    const counted = new WeakSet<Error>();
    scope.addHook('onError', (request, _reply, error, done) => {
      const { name } = request.params as { name: string };
      if (!counted.has(error)) backend.countRefused(name, asError(error).code);
      done();
    });

    scope.post(
      '/api/topics/:name/records',
      {
        config: {
          role: 'writer',
          isPosting: true,
          documented: {
            body: {
              content: {
                'application/json': { schema: Type.Union([anyRecord, Type.Array(anyRecord)]) },
                'application/x-ndjson': { schema: Type.String({ description: 'One JSON object a line.' }) },
              },
            },
          },
        },
        schema: {
          tags: ['topics'],
          operationId: 'postRecords',
          summary: 'Append records',
          description:
            'Each record is taken or rejected by itself; the answer comes when those taken are on disk. 400 with the same result where all are rejected, unless their source keeps what it refuses as dead letters. With an Idempotency-Key a request can be repeated: nothing is stored twice.',
          params: Type.Object({ name: Type.String({ description: "The topic's name." }) }),
          querystring: Type.Object({}),
          headers: Type.Object({
            'idempotency-key': Type.Optional(IdempotencyKey),
            'x-millrace-signature': Type.Optional(
              Type.String({
                maxLength: 200,
                description: 'sha256=HEX: HMAC-SHA256 of the body, where the topic asks for it.',
              }),
            ),
          }),
          response: {
            200: Type.Ref('PostResult'),
            400: Type.Ref('PostProblem'),
            ...problems(401, 404, 413, 415, 422, 503),
          },
        },
      },
      async ({ params, headers, body }, reply) => {
        const bytes = body instanceof Uint8Array ? body : new Uint8Array();
        const signature = headers['x-millrace-signature'];
        // who may not send is told so, and nothing of what they sent is read
        await backend.admit(params.name, { body: bytes, ...(signature === undefined ? {} : { signature }) });
        const isLines = lineTypes.some((type) => headers['content-type']?.toLowerCase().startsWith(type));
        const { posted, failure } = await read(bytes, isLines);
        const idempotencyKey = headers['idempotency-key'];
        const { records, indexes, unread, bytesOf } = posted;
        const result = withPlaces(
          await backend.post(params.name, {
            records,
            indexes,
            unread,
            bytesOf,
            body: bytes,
            ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
            ...(signature === undefined ? {} : { signature }),
          }),
          posted,
        );
        const [first] = result.rejected;
        if (!first || result.accepted > 0 || result.kept === result.rejected.length) return result;
        if (failure) {
          // its one record is counted already
          counted.add(failure);
          throw failure;
        }
        const count = result.rejected.length;
        const message = `${count === 1 ? 'the record was rejected' : `all ${count} records were rejected`}: ${first.reason}`;
        const error = new MillraceError('RECORD_INVALID', message, { place: params.name, remedy: first.remedy });
        return sendProblem(reply, error, { result });
      },
    );
  });
};
