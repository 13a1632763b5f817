// A person is forgotten: no byte of the name is left in the data folder, nothing else has changed, and they do not come back.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { forget } from '../../src/control/forget.ts';
import { open } from '../../src/control/open.ts';
import { cleanRun, madeIn, rebuildPartly, recordsIn, traces, within } from './forgetting-tools.ts';
import { ridden, riders, who } from './riders.ts';
import { makeTemporary, serving, temporary, until } from './tools.ts';

const command = 'millrace forget';

describe('a person is forgotten', () => {
  let template: Awaited<ReturnType<typeof ridden>>;
  let remove: () => Promise<void>;
  before(async () => {
    const made = await makeTemporary();
    remove = made.remove;
    template = await ridden(join(made.folder, 'data'), 1, 80);
  });
  after(() => remove());

  /** A copy of the folder in which the pipelines have run. */
  async function copied(t: TestContext) {
    const folder = await temporary(t);
    await cp(template.folder, folder, { recursive: true });
    return { ...template, folder };
  }

  const look = (folder: string, ofSources = false) =>
    within(folder, async (parts) => ({
      records: await recordsIn(parts),
      ...(await madeIn(parts, template.pipelines, ofSources)),
    }));

  test('and is in no file; all else is as a run over the log makes it, and other records are byte for byte as they were', async (t) => {
    const { folder, pipelines } = await copied(t);
    const had = await look(folder, true);
    // what a process that was killed may have left
    for (const left of ['queries/one/copy.parquet', 'temp/part.tmp']) {
      await mkdir(dirname(join(folder, left)), { recursive: true });
      await writeFile(join(folder, left), who);
    }
    const files = await traces(folder, who);
    assert.ok(files.includes('tables.duckdb') && files.some((one) => one.startsWith('log/calls')), files.join());
    const result = await forget({ folder, names: [who], pipelines, command });
    assert.deepEqual(await traces(folder, who), []);

    const clean = await cleanRun(folder, pipelines);
    const now = await look(folder);
    assert.deepEqual(now.tables, clean.tables);
    assert.deepEqual(now.states, clean.states);
    assert.deepEqual(now.letters, clean.letters);
    // and a letter of a source, and one of a post, which never reached the log
    const { dead, ...others } = now.ledgers.rides!;
    assert.deepEqual({ ...others, dead: dead - 2 }, clean.ledgers.rides);
    assert.deepEqual(now.ledgers.calls, clean.ledgers.calls);
    assert.ok(others.balanced && others.filtered >= 20);

    const gone: Record<string, number> = {};
    for (const [partition, records] of Object.entries(had.records))
      for (const [i, record] of records.entries()) {
        const isGone = `${record.value}${record.key}`.includes(who);
        const erased = { ...record, key: null, value: null, headers: { 'millrace-forgotten': '1' } };
        assert.deepEqual(now.records[partition]![i], isGone ? erased : record);
        const topic = partition.split('/')[0]!;
        if (isGone) gone[topic] = (gone[topic] ?? 0) + 1;
      }
    assert.ok(gone.rides! > 10 && gone.calls! > 5);
    assert.ok(result.state === 'forgotten');
    assert.deepEqual(result.forgotten.records, gone);
    const mine = had.letters.filter((one) => letterHolds(one, who)).length;
    assert.deepEqual([result.forgotten.letters, result.mentions], [mine, { topics: {}, tables: {} }]);
    // nothing of the database is lost by writing its file anew
    const millrace = await open({ folder });
    const names = (await millrace.tables()).map(({ name }) => name);
    assert.equal(names.length, pipelines[0]!.tables.length + pipelines[1]!.tables.length);
    assert.ok((await millrace.query('select count(*) from minutes')).rows[0]![0]);
    await millrace.close();
  });

  test('and does not come back: at a restart, a rebuild, with letters that are sent again, or with a request that is', async (t) => {
    const { folder, pipelines } = await copied(t);
    const body = JSON.stringify([{ n: 999, rider: who, about: 'again', at: 1 }]);
    const request = { records: JSON.parse(body) as unknown[], body: Buffer.from(body), idempotencyKey: 'one' };
    const first = await serving(t, folder, pipelines);
    assert.equal((await first.backend.post('calls', request)).accepted, 1);
    await first.stop();
    const gone = await forget({ folder, names: [who], pipelines, command });
    assert.ok(gone.state === 'forgotten');
    assert.deepEqual(await traces(folder, who), []);

    const again = await serving(t, folder, pipelines);
    const settled = () =>
      until('all is processed', () => again.backend.pipelines().every(({ ledger }) => ledger.inFlight === 0));
    // the request is known, though nobody knows its body any more
    const repeated = await again.backend.post('calls', request);
    assert.deepEqual([repeated.isRepeated, repeated.accepted], [true, 1]);
    await settled();
    const letters = await again.millrace.deadList();
    assert.ok(letters.length > 3);
    for (const pipeline of pipelines) await again.millrace.deadRedrive(pipeline, {});
    await settled();
    for (const { ledger } of again.backend.pipelines()) assert.ok(ledger.balanced);
    await again.stop();
    assert.deepEqual(await traces(folder, who), []);
    const millrace = await open({ folder });
    for (const pipeline of pipelines) await millrace.rebuild(pipeline, undefined);
    await millrace.close();
    assert.deepEqual(await traces(folder, who), []);
    const { state } = await forget({ folder, names: [who], pipelines, command });
    assert.equal(state, 'nothing');
  });

  test('also where a rebuild was begun that has read their records', async (t) => {
    const { folder, pipelines } = await copied(t);
    await within(folder, (parts) => rebuildPartly(parts, pipelines[0]!));
    await within(folder, (parts) => rebuildPartly(parts, pipelines[1]!));
    await forget({ folder, names: [who], pipelines, command });
    assert.deepEqual(await traces(folder, who), []);
    assert.deepEqual((await look(folder)).tables, (await cleanRun(folder, pipelines)).tables);
  });

  test('of whom nobody has heard: nothing is found, and nothing is changed', async (t) => {
    const { folder, pipelines } = await copied(t);
    const had = await look(folder, true);
    assert.deepEqual(await forget({ folder, names: ['nobody-of-this-name'], pipelines, command }), {
      state: 'nothing',
    });
    assert.deepEqual(await look(folder, true), had);
    assert.ok(!(await readdir(folder)).some((name) => name.startsWith('forgetting')));
  });

  test('only when it is confirmed', async (t) => {
    const { folder, pipelines } = await copied(t);
    const had = await look(folder, true);
    let found = '';
    const confirm = async (one: object) => {
      found = JSON.stringify(one);
      return false;
    };
    assert.deepEqual(await forget({ folder, names: [who], pipelines, command, confirm }), { state: 'declined' });
    assert.match(found, /"records":\{"rides":\d+,"calls":\d+\},"letters":\d+,"remade":\{"rides":\["zones"/);
    assert.deepEqual(await look(folder, true), had);
    assert.ok(!(await readdir(folder)).some((name) => name.startsWith('forgetting')));
  });

  test('in one topic alone, where that is named: the others keep what they have', async (t) => {
    const { folder, pipelines } = await copied(t);
    const had = await look(folder);
    const result = await forget({ folder, names: [who], pipelines, command, topic: 'calls' });
    assert.ok(result.state === 'forgotten');
    assert.deepEqual(Object.keys(result.forgotten.records), ['calls']);
    const now = await look(folder);
    assert.deepEqual(
      [now.records['rides/0'], now.records['rides/1']],
      [had.records['rides/0'], had.records['rides/1']],
    );
    assert.deepEqual(now.tables, (await cleanRun(folder, pipelines)).tables);
    assert.ok((await traces(folder, who)).every((one) => !one.startsWith('log/calls')));
    // it still stands where it is somebody's name, too
    assert.ok(result.mentions.topics.rides! > 10 && result.mentions.tables.all_rides! > 10);
  });

  test('several at once, and one after the other: each forgetting is noted, and not whom', async (t) => {
    const { folder, pipelines } = await copied(t);
    await forget({ folder, names: [who, 'carl'], pipelines, command: 'millrace forget --topic calls', topic: 'calls' });
    await forget({ folder, names: ['bert'], pipelines, command });
    const millrace = await open({ folder });
    const all = await millrace.forgettings();
    assert.deepEqual(
      all.map(({ number, command, records }) => [number, command, Object.keys(records)]),
      [
        [1, 'millrace forget --topic calls', ['calls']],
        [2, 'millrace forget', ['rides']],
      ],
    );
    assert.doesNotMatch(JSON.stringify(all), new RegExp(`${who}|carl|bert`));
    assert.equal(millrace.unfinished(), undefined);
    await millrace.close();
    assert.deepEqual((await look(folder)).tables, (await cleanRun(folder, pipelines)).tables);
  });

  test('unless a definition is missing that says where they may be', async (t) => {
    const { folder, pipelines, file } = await copied(t);
    const attempt = (options: object) => forget({ folder, names: [who], pipelines, command, ...options });
    await assert.rejects(attempt({ pipelines: [pipelines[0]!] }), {
      code: 'NOT_FOUND',
      message: "pipeline 'calls' has run in this data folder, and its file is not known",
      remedy: /--pipeline FILE.*millrace pipeline remove calls/,
    });
    await assert.rejects(attempt({ topic: 'ride' }), { code: 'NOT_FOUND', remedy: "Did you mean 'rides'?" });
    await assert.rejects(attempt({ topic: 'zones' }), { code: 'NOT_FOUND', remedy: /person: 'rider'/ });
    await assert.rejects(attempt({ names: [''] }), { code: 'USAGE' });
    await assert.rejects(attempt({ names: [] }), { code: 'USAGE', remedy: /millrace forget VALUE/ });
    const fewer = riders(file).pipelines.map((one) =>
      one.name === 'rides' ? { ...one, tables: one.tables.filter(({ name }) => name !== 'amounts') } : one,
    );
    await assert.rejects(attempt({ pipelines: fewer }), {
      code: 'NOT_FOUND',
      message: "table 'amounts' has rows of the person, and no pipeline declares it any more",
      remedy: /millrace table drop amounts/,
    });
    const other = await holder(t, join(folder, 'tables.duckdb'));
    await assert.rejects(attempt({}), { code: 'DATA_IN_USE', remedy: /Stop it/ });
    await other.stop();
    assert.ok((await traces(folder, who)).length > 3);
  });
});

/** Another process that has a database open. */
async function holder(t: TestContext, path: string) {
  const module = new URL('../../src/process/duckdb/database.ts', import.meta.url).href;
  const program = `const { DuckDatabase } = await import('${module}');
    globalThis.kept = await DuckDatabase.open({ path: ${JSON.stringify(path)} });
    process.stdout.write('open'); setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  t.after(stop);
  await once(child.stdout, 'data');
  return { stop };
}

function letterHolds(letter: string, name: string): boolean {
  const { bytes } = JSON.parse(letter) as { bytes: string };
  return Buffer.from(bytes, 'hex').includes(name);
}
