// millrace forget: what is asked and said, the exit codes, and whom it never says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Control } from '../../src/cli/command.ts';
import type { ForgetOptions, ForgetResult } from '../../src/control/forget.ts';
import type { Forgotten } from '../../src/control/millrace.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { int, pipeline, table, text, topic } from '../../src/index.ts';
import { cli, rides } from './fake.ts';

const data = ['--data', import.meta.dirname];
const who = 'anna@example.org';

const forgotten: Forgotten = {
  number: 3,
  at: 1_800_000_000_000,
  command: 'millrace forget',
  records: { rides: 41, calls: 1 },
  letters: 2,
  remade: { rides: ['latest', 'minutes'] },
  rows: { payments: 7 },
  stale: ['payments_per_day'],
};
const done: ForgetResult = {
  state: 'forgotten',
  forgotten,
  mentions: { topics: { notes: 3 }, tables: { notes: 1 } },
  sources: [
    { topic: 'rides', kind: 'csv' },
    { topic: 'rides', kind: 'csv' },
  ],
};

/** A control that remembers what it was asked, asks whether to go on, and answers. */
function forgetting(result: ForgetResult, asked: ForgetOptions[] = []): Partial<Control> {
  return {
    forget: async (options) => {
      asked.push(options);
      const { records, letters, remade, rows } = forgotten;
      if (options.confirm && !(await options.confirm({ records, letters, remade, rows }))) return { state: 'declined' };
      return result;
    },
  };
}

test('it says what went, what stayed, where the value still stands, and what may bring the person back', async () => {
  const asked: ForgetOptions[] = [];
  const { code, out } = await cli(['forget', who, '--yes', ...data], { control: forgetting(done, asked) });
  assert.equal(code, 0);
  assert.equal(
    out,
    `✓ forgotten, number 3: 41 records of topic rides, 1 record of topic calls, 2 dead letters
  made again from the log: rides (latest, minutes)
  lost rows: payments (7 rows)
  the log no longer has all records: what was counted of them stays in payments_per_day
! the value still stands in texts that are about others: topic notes (3 records), table notes (1 row)
! remove the person where sources read, too (rides from csv): what is read again comes back
`,
  );
  assert.ok(!out.includes(who));
  const [{ folder, names, pipelines, command, topic: of, confirm }] = asked as [ForgetOptions];
  assert.deepEqual([folder, names, command, of, confirm], [data[1], [who], 'millrace forget', undefined, undefined]);
  assert.deepEqual(pipelines, [rides]);
});

test('several values, one topic, other files and parameters are given as they are; the command is noted without the values', async () => {
  const asked: ForgetOptions[] = [];
  const other = pipeline('other', {
    tables: [table('t', topic('others', { id: int(), who: text() }, { person: 'who' }), { key: 'id' })],
  });
  const control: Partial<Control> = {
    ...forgetting(done, asked),
    loadPipeline: async (path) => (path === 'other.ts' ? other : rides),
  };
  const words = ['forget', '4711', '-12', '--topic', 'rides', '--pipeline', 'other.ts', '--set', 'a=b', '-y', '--json'];
  const { code, out } = await cli([...words, ...data], { control });
  assert.equal(code, 0);
  const [{ names, pipelines, command, params, topic: of }] = asked as [ForgetOptions];
  assert.deepEqual(
    [names, of, command, params],
    [['4711', '-12'], 'rides', 'millrace forget --topic rides', { a: 'b' }],
  );
  assert.deepEqual(
    pipelines.map(({ name }) => name),
    ['other', 'rides'],
  );
  const { at, ...rest } = forgotten;
  assert.deepEqual(JSON.parse(out), {
    state: 'forgotten',
    ...rest,
    at: new Date(at).toISOString(),
    mentions: { topics: { notes: 3 }, tables: { notes: 1 } },
    sources: [
      { topic: 'rides', kind: 'csv' },
      { topic: 'rides', kind: 'csv' },
    ],
  });
});

test('what goes is shown first, and a person is asked', async () => {
  const answered = async (answer: boolean | undefined) => {
    const { code, out, error } = await cli(['forget', who, ...data], {
      control: forgetting(done),
      ...(answer === undefined ? {} : { confirmed: answer }),
    });
    return { code, out, error };
  };
  const no = await answered(false);
  assert.deepEqual([no.code, no.out], [1, '']);
  assert.equal(
    no.error,
    `goes: 41 records of topic rides, 1 record of topic calls, 2 dead letters
  is made again from the log: rides (latest, minutes)
  loses rows: payments (7 rows)
nothing was removed
`,
  );
  assert.equal((await answered(true)).code, 0);
  const nobody = await answered(undefined);
  assert.equal(nobody.code, 2);
  assert.match(nobody.error, /Add --yes/);
});

test('nobody of the value is exit code 4, and what was wrong or unfinished keeps its own', async () => {
  const { code, out } = await cli(['forget', who, '--yes', ...data], { control: forgetting({ state: 'nothing' }) });
  assert.deepEqual([code, out], [4, 'nothing found: nobody has this value\n']);
  const json = await cli(['forget', who, '--yes', '--json', ...data], { control: forgetting({ state: 'nothing' }) });
  assert.deepEqual([json.code, JSON.parse(json.out)], [4, { state: 'nothing' }]);
  const inUse = new MillraceError('DATA_IN_USE', 'another process uses this data folder', { remedy: 'Stop it.' });
  const failing = { forget: () => Promise.reject(inUse) };
  assert.equal((await cli(['forget', who, '--yes', ...data], { control: failing })).code, 3);
  const none = await cli(['forget', ...data], { control: forgetting(done) });
  assert.equal(none.code, 2);
  assert.match(none.error, /VALUE is missing.*\n.*--finish/s);
  const finished: ForgetOptions[] = [];
  assert.equal((await cli(['forget', '--finish', '--yes', ...data], { control: forgetting(done, finished) })).code, 0);
  assert.deepEqual(finished[0]!.names, []);
  assert.equal((await cli(['forget', who, '--data', '/nowhere'], { control: forgetting(done) })).code, 2);
});

test('a pipeline whose file is not there any more says how else it can be given', async () => {
  const control: Partial<Control> = {
    ...forgetting(done),
    loadPipeline: () =>
      Promise.reject(new MillraceError('PIPELINE_FILE', 'there is no file rides.ts', { remedy: 'Check the path.' })),
  };
  const { code, error } = await cli(['forget', who, '--yes', ...data], { control });
  assert.equal(code, 2);
  assert.match(error, /Check the path\. Another file for it: --pipeline FILE\..*millrace pipeline remove rides/s);
});

test('what was forgotten is listed: when and how much, and what was cut short', async () => {
  const millrace = { forgettings: async () => [forgotten], unfinished: () => 4 };
  const { code, out } = await cli(['forget', '--list', ...data], { millrace });
  assert.equal(code, 0);
  assert.equal(
    out,
    `number  when                  records  letters  topics        tables                     command
     3  2027-01-15 08:00:00Z       42        2  rides, calls  latest, minutes, payments  millrace forget
! number 4 was cut short: millrace forget --finish
`,
  );
  const { out: json } = await cli(['forget', '--list', '--json', ...data], { millrace });
  const { at, ...rest } = forgotten;
  assert.deepEqual(JSON.parse(json), { forgotten: [{ ...rest, at: new Date(at).toISOString() }], unfinished: 4 });
  assert.equal((await cli(['forget', '--list', ...data])).out, 'nobody was forgotten yet\n');
});
