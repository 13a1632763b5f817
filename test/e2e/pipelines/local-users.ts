// The users of the example from an API on this machine, which only a pipeline that says so may ask.
import { http, param, pipeline, table, text, topic } from 'millrace';
import { users_created as original } from '../../../examples/users/pipeline.ts';
import { toUser } from '../../../examples/users/user.ts';

const url = param('url', text());
const length = param('for', text(), { default: '400ms' });

const users_created = topic('users_created', original.fields, { key: 'id' }).from(
  http({ url, every: '150ms', for: length, items: 'results', map: toUser, allowPrivate: true }),
);

export default pipeline('users', {
  tables: [
    table('created_users', users_created, { key: 'id' }),
    table('users', users_created, { key: 'id', unique: ['email', 'username'] }),
  ],
});
