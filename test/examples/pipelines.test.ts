// The example pipelines as data: what their tables are keyed by, and that their records fit their topics.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { positions } from '../../examples/bus/generator.ts';
import { headers } from '../../examples/bus/layout.ts';
import bus, { bus_positions } from '../../examples/bus/pipeline.ts';
import { generatedUsers } from '../../examples/users/generator.ts';
import users, { users_created } from '../../examples/users/pipeline.ts';
import { random } from '../../src/core/random.ts';
import { recordAcceptor } from '../../src/define/accept.ts';

const keysOf = (pipeline: typeof bus) => Object.fromEntries(pipeline.tables.map((table) => [table.name, table.key]));

describe('the bus pipeline', () => {
  test('keeps positions by time, vehicle and scheduled time, delays by line and minute, the latest by vehicle', () => {
    assert.deepEqual(keysOf(bus), {
      bus_traffic_processed: ['recorded_at', 'vehicle', 'scheduled_key'],
      line_delay: ['line', 'minute'],
      bus_latest: ['vehicle'],
    });
    assert.equal(bus_positions.latenessMs, 180_000);
  });

  test('reads a file where one is given and otherwise generates', () => {
    const [source] = bus_positions.sources;
    assert.deepEqual([source?.kind, source?.otherwise?.kind], ['csv', 'simulate']);
    assert.deepEqual(bus.params.map((one) => one.name).sort(), ['count', 'file', 'pace', 'rate', 'seed']);
  });

  test('names the column of every field, in order', () => {
    assert.deepEqual(Object.keys(headers), Object.keys(bus_positions.fields));
  });

  test('accepts every generated position', () => {
    const accept = recordAcceptor(bus_positions.fields);
    const endless = positions(random(1));
    for (let i = 0; i < 5000; i++) accept(endless.next().value);
  });
});

describe('the users pipeline', () => {
  test('keeps users by id, with emails and usernames that are theirs alone', () => {
    assert.deepEqual(keysOf(users), { created_users: ['id'], users: ['id'] });
    assert.deepEqual(users.tables.find((table) => table.name === 'users')?.unique, ['email', 'username']);
  });

  test('asks the API and generates where there is no network', () => {
    const [source] = users_created.sources;
    assert.deepEqual([source?.kind, source?.otherwise?.kind], ['http', 'simulate']);
  });

  test('has exactly the fields of the topic in the reference, the personal ones marked', () => {
    const { fields } = users_created;
    assert.equal(
      Object.keys(fields).join(' '),
      'id first_name last_name gender address city state country latitude longitude post_code email username dob registered_date phone picture',
    );
    for (const name of [
      'first_name',
      'last_name',
      'address',
      'email',
      'username',
      'dob',
      'phone',
      'picture',
    ] as const) {
      assert.ok(fields[name].isPersonal, name);
    }
  });

  test('accepts every generated user', () => {
    const accept = recordAcceptor(users_created.fields);
    const endless = generatedUsers(random(1));
    for (let i = 0; i < 2000; i++) {
      const values = accept(endless.next().value);
      assert.equal(typeof values[8], 'number');
      assert.equal(typeof values[10], 'string');
    }
  });
});
