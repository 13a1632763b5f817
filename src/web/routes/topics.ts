// /api/topics: the topics of the log and their records.
import { Type } from 'typebox';
import type { Routes } from '../app.ts';
import { readTime, Time } from '../parameters.ts';
import { problems } from '../problem.ts';

const name = Type.Object({ name: Type.String({ description: "The topic's name." }) });
const tags = ['topics'];

export const topicRoutes: Routes = ({ app, backend }) => {
  app.get(
    '/api/topics',
    {
      schema: {
        tags,
        operationId: 'listTopics',
        summary: 'All topics',
        querystring: Type.Object({}),
        response: { 200: Type.Object({ topics: Type.Array(Type.Ref('TopicView')) }), ...problems(400, 503) },
      },
    },
    async () => ({ topics: await backend.topics() }),
  );

  app.get(
    '/api/topics/:name',
    {
      schema: {
        tags,
        operationId: 'getTopic',
        summary: 'A topic: partitions, schema, fields',
        params: name,
        querystring: Type.Object({}),
        response: { 200: Type.Ref('TopicView'), ...problems(400, 404, 503) },
      },
    },
    ({ params }) => backend.topic(params.name),
  );

  app.get(
    '/api/topics/:name/records',
    {
      schema: {
        tags,
        operationId: 'listRecords',
        summary: 'Records of a topic, personal fields masked',
        description:
          'The newest ones, or those from an offset or a time on. For the next page give what `next` says of a partition as `offset`.',
        params: name,
        querystring: Type.Object({
          partition: Type.Optional(Type.Integer({ minimum: 0, description: 'Only this partition.' })),
          offset: Type.Optional(
            Type.Integer({
              minimum: 0,
              description: 'From this offset on; needs a partition where the topic has several.',
            }),
          ),
          at: Time('From the first record of this time on'),
          limit: Type.Optional(
            Type.Integer({ minimum: 1, maximum: 1000, description: 'Records at most. Default 100.' }),
          ),
          search: Type.Optional(
            Type.String({
              maxLength: 1000,
              description: 'Only records with this text in their key or value, case aside.',
            }),
          ),
        }),
        response: { 200: Type.Ref('TopicRecordPage'), ...problems(400, 404, 503) },
      },
    },
    ({ params, query }) => {
      const { partition, offset, limit = 100, search } = query;
      const at = readTime('at', query.at);
      return backend.records(params.name, {
        limit,
        ...(partition === undefined ? {} : { partition }),
        ...(offset === undefined ? {} : { offset }),
        ...(at === undefined ? {} : { at }),
        ...(search === undefined || search === '' ? {} : { search }),
      });
    },
  );
};
