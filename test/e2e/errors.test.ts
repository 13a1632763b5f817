// Bad input of every kind, through the command line: a code, the place, the remedy, the exit code, no stack trace, and nothing lost.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, open as openFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { noMounts, resizeDisk, smallDisk } from './small-disk.ts';
import {
  busFile,
  cli,
  type Ended,
  jsonOf,
  opened,
  type RunReport,
  runOnce,
  sameTables,
  startCli,
  temporary,
  until,
} from './tools.ts';

const tables = ['bus_traffic_processed', 'line_delay', 'bus_latest'];
const traffic = (count: number) => ['--set', `count=${count}`, '--set', 'rate=1000000/s', '--once', '--json'];

/** What an error must say. */
type Wanted = { code: string; place: RegExp; remedy: RegExp; exit?: number };

/** Checks an error as people see it: its code, place and remedy on standard error, and no stack trace. */
function says(ended: Ended, { code, place, remedy, exit = 2 }: Wanted): void {
  assert.equal(ended.out, '', 'nothing on standard output');
  assert.equal(ended.code, exit, ended.error);
  const shown = /✗ (\S+) {2}(.+)\n(?:.*\n)*? {2}at {3}(.+)\n {2}fix {2}(.+)\n/.exec(ended.error);
  assert.ok(shown, ended.error);
  assert.equal(shown[1], code, ended.error);
  assert.match(shown[3]!, place);
  assert.match(shown[4]!, remedy);
  assert.doesNotMatch(ended.error, /^\s+at .*:\d+:\d+\)?$/m, 'a stack trace');
}

const head = `import { csv, double, int, pipeline, simulate, sql, stream, table, text, topic } from 'millrace';
const ride = topic('ride', { zone: text(), km: double() }, { key: 'zone' })
  .from(simulate({ seed: 1, count: 10, rows: function* () { for (;;) yield { zone: 'A', km: 1 }; } }));
`;

/** A pipeline of five records that does something as it begins to read. */
const loud = (does: string) => `import { int, pipeline, simulate, table, topic } from 'millrace';
const t = topic('t', { id: int() }).from(simulate({ seed: 1, count: 5, *rows() { ${does} for (let id = 0; ; id++) yield { id }; } }));
export default pipeline('loud', { tables: [table('t', t, { key: 'id' })] });
`;

const faulty: Record<string, { text: string; wanted: Wanted }> = {
  'SQL that does not compile': {
    text: `${head}const s = stream('clean', { zone: text() }, sql\`select zoen from \${ride}\`);
      export default pipeline('rides', { tables: [table('t', s, { key: 'zone' })] });`,
    wanted: { code: 'SQL_INVALID', place: /stream 'clean'/, remedy: /zone/ },
  },
  'SQL with a broken grammar': {
    text: `${head}const s = stream('clean', { zone: text() }, sql\`selct zone from \${ride}\`);
      export default pipeline('rides', { tables: [table('t', s, { key: 'zone' })] });`,
    wanted: { code: 'SQL_INVALID', place: /stream 'clean'/, remedy: /./ },
  },
  'a column that the declaration lacks': {
    text: `${head}const s = stream('clean', { zone: text() }, sql\`select zone, km from \${ride}\`);
      export default pipeline('rides', { tables: [table('t', s, { key: 'zone' })] });`,
    wanted: { code: 'SQL_COLUMNS', place: /stream 'clean'/, remedy: /declaration/ },
  },
  'a declared column that the query lacks': {
    text: `${head}const s = stream('clean', { zone: text(), km: double() }, sql\`select zone from \${ride}\`);
      export default pipeline('rides', { tables: [table('t', s, { key: 'zone' })] });`,
    wanted: { code: 'SQL_COLUMNS', place: /stream 'clean'/, remedy: /declaration/ },
  },
  'a column of another type': {
    text: `${head}const s = stream('clean', { zone: text(), km: int() }, sql\`select zone, km from \${ride}\`);
      export default pipeline('rides', { tables: [table('t', s, { key: 'zone' })] });`,
    wanted: { code: 'SQL_COLUMNS', place: /stream 'clean'/, remedy: /declaration|cast|::/i },
  },
  'a topic named twice': {
    text: `${head}const other = topic('ride', { zone: text() }).from(csv({ file: 'x.csv' }));
      export default pipeline('rides', { tables: [table('t', ride, { key: 'zone' }), table('u', other, { key: 'zone' })] });`,
    wanted: { code: 'NAME_TAKEN', place: /pipeline 'rides'/, remedy: /Rename/ },
  },
  'a syntax error': {
    text: `${head}\nexport default pipeline('rides', { tables: [ ;`,
    wanted: { code: 'PIPELINE_FILE', place: /bad\.ts:5/, remedy: /syntax/ },
  },
  'an import that is not there': {
    text: `import { nothing } from './nothing.ts';\nexport default nothing;`,
    wanted: { code: 'PIPELINE_FILE', place: /bad\.ts/, remedy: /path/ },
  },
  'no default export': {
    text: `${head}export const rides = pipeline('rides', { tables: [table('t', ride, { key: 'zone' })] });`,
    wanted: { code: 'PIPELINE_FILE', place: /bad\.ts/, remedy: /export default/ },
  },
};

describe('named through the command line, with rows in the data folder that are there afterwards', () => {
  let folder = '';
  const data = () => join(folder, 'data');
  const run = (...words: string[]) => ['run', ...words, '--data', data()];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-e2e-'));
    const ended = await cli({ after: () => undefined }, ...run(busFile, ...traffic(500)));
    assert.equal(ended.code, 0, ended.error);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  test('an unknown parameter', async (t) => {
    says(await cli(t, ...run(busFile, '--set', 'fil=x.csv')), {
      code: 'PARAM_UNKNOWN',
      place: /--set fil/,
      remedy: /file/,
    });
  });

  test('a parameter of the wrong type', async (t) => {
    const ended = await cli(t, ...run(busFile, '--set', 'count=many'));
    says(ended, { code: 'PARAM_INVALID', place: /--set count=many/, remedy: /positions/ });
  });

  test('an option that a parameter makes wrong', async (t) => {
    const ended = await cli(t, ...run(busFile, '--set', 'rate=quickly'));
    says(ended, { code: 'OPTION_INVALID', place: /bus_positions/, remedy: /./ });
  });

  test('a missing file', async (t) => {
    const ended = await cli(t, ...run(busFile, '--set', 'file=/nowhere/bus.csv', '--once'));
    says(ended, { code: 'SOURCE_MISSING', place: /\/nowhere\/bus\.csv/, remedy: /path/ });
  });

  test('a missing pipeline file', async (t) => {
    says(await cli(t, ...run('nowhere.ts')), { code: 'PIPELINE_FILE', place: /nowhere\.ts/, remedy: /path/ });
  });

  for (const [what, { text, wanted }] of Object.entries(faulty)) {
    test(what, async (t) => {
      const file = join(await temporary(t), 'bad.ts');
      await writeFile(file, text);
      says(await cli(t, ...run(file, '--once')), wanted);
    });
  }

  test('an endless source where an end is asked for', async (t) => {
    says(await cli(t, ...run(busFile, '--once')), { code: 'USAGE', place: /pipeline 'bus'/, remedy: /count/ });
  });

  test('a data folder that another process uses, which goes on', async (t) => {
    const other = startCli(t, run(busFile, '--set', 'rate=100/s', '--json'));
    await until(
      'the other has begun',
      () => /records|\d\/s|in the/.test(other.error()) || other.process.exitCode !== null,
    );
    const wanted = { code: 'DATA_IN_USE', place: /data/, remedy: /--data/, exit: 3 };
    says(await cli(t, ...run(busFile, ...traffic(500).slice(0, -1))), wanted);
    says(await cli(t, 'tables', '--data', data()), wanted);
    const asked = await cli(t, 'rebuild', 'bus', '--data', data());
    says(asked, { ...wanted, remedy: /POST \/api\/pipelines\/bus\/rebuild.*--data/ });
    other.process.kill('SIGTERM');
    const ended = await other.ended;
    assert.equal(ended.code, 0, ended.error);
    assert.equal(jsonOf<RunReport>(ended).pipelines[0]!.ledger.balanced, true);
  });

  test('no data folder', async (t) => {
    const nowhere = ['--data', join(folder, 'nowhere')];
    for (const words of [['tables'], ['topics'], ['query', 'select 1'], ['tail', 'bus_positions'], ['dead', 'list']])
      says(await cli(t, ...words, ...nowhere), {
        code: 'NOT_FOUND',
        place: /nowhere/,
        remedy: /Run a pipeline first|--data/,
      });
  });

  test('a folder that holds other things', async (t) => {
    const other = join(folder, 'other');
    await mkdir(other);
    await writeFile(join(other, 'letter.txt'), 'Dear Sir or Madam');
    const ended = await cli(t, 'run', busFile, ...traffic(5).slice(0, -1), '--data', other);
    says(ended, { code: 'DATA_VERSION', place: /other/, remedy: /--data/ });
    assert.deepEqual(await readdir(other), ['letter.txt']);
  });

  test('what a pipeline file prints, now and later, is no part of the JSON', async (t) => {
    const at = await temporary(t);
    const file = join(at, 'loud.ts');
    await writeFile(file, `console.log('at once');\n${loud("console.log('later');")}`);
    const ended = await cli(t, 'run', file, '--once', '--json', '--data', join(at, 'data'));
    assert.equal(jsonOf<RunReport>(ended).pipelines[0]!.records, 5);
    assert.match(ended.error, /^at once$[\s\S]*^later$/m);
  });

  test('a pipeline file that ends the process, at once or later', async (t) => {
    const at = await temporary(t);
    const file = join(at, 'ends.ts');
    const start = ['run', file, '--once', '--data', join(at, 'data')];
    await writeFile(file, `\nprocess.exit(0);\n${loud('')}`);
    says(await cli(t, ...start), { code: 'PIPELINE_FILE', place: /ends\.ts:2$/, remedy: /throw an error/ });
    await writeFile(file, loud('process.exit(0);'));
    says(await cli(t, ...start), { code: 'PIPELINE_FILE', place: /ends\.ts/, remedy: /throw an error/ });
  });

  test('with --json as an object, with --stack with its trace', async (t) => {
    const ended = await cli(t, ...run(busFile, '--set', 'fil=x.csv', '--json', '--stack'));
    const { error } = jsonOf<{ error: Record<string, string> }>(ended);
    assert.deepEqual(
      [ended.code, error.code, Object.keys(error)],
      [2, 'PARAM_UNKNOWN', ['code', 'message', 'place', 'remedy']],
    );
    assert.match(ended.error, /^\s+at .*:\d+:\d+\)?$/m);
  });

  test('a byte changed in the middle of the log, until it is put back', async (t) => {
    const topic = join(data(), 'log', 'bus_positions', '0');
    const segment = join(topic, (await readdir(topic)).find((name) => name.endsWith('.log'))!);
    const flip = async () => {
      const file = await openFile(segment, 'r+');
      const at = Math.floor((await file.stat()).size / 3);
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
      await file.write(Buffer.of(buffer[0]! ^ 0x40), 0, 1, at);
      await file.close();
    };
    await flip();
    const ended = await cli(t, ...run(busFile, ...traffic(4000).slice(0, -1)));
    says(ended, { code: 'LOG_DAMAGED', place: /bus_positions.*\.log/, remedy: /./ });
    await flip();
  });

  test('and after all of it the folder works on, with the same rows as one that saw none of it', async (t) => {
    const { millrace, status } = await runOnce(t, data(), busFile, { count: '4000', rate: '1000000/s' });
    const clean = await runOnce(t, join(await temporary(t), 'data'), busFile, { count: '4000', rate: '1000000/s' });
    assert.deepEqual(status.ledger, clean.status.ledger);
    assert.equal(status.ledger.in, 4000);
    await sameTables(millrace, clean.millrace, tables);
  });
});

test('a full disk is said, and when there is space again the run goes on by itself', {
  skip: noMounts(),
  timeout: 120_000,
}, async (t) => {
  const mount = await smallDisk(t, '12m');
  const data = join(mount, 'data');
  const child = startCli(t, ['run', busFile, ...traffic(60_000), '--data', data]);
  await until(
    'it says that the disk is full',
    () => /no space left/i.test(child.error()) || child.process.exitCode !== null,
    60_000,
  );
  assert.equal(child.process.exitCode, null, child.error());
  assert.match(child.error(), /Free some space/);
  assert.ok((await stat(join(data, 'tables.duckdb'))).size > 0);
  resizeDisk(mount, '300m');
  const ended = await child.ended;
  assert.equal(ended.code, 0, ended.error);
  const [run] = jsonOf<RunReport>(ended).pipelines;
  assert.deepEqual([run!.ledger.in, run!.ledger.out, run!.ledger.balanced], [60_000, 60_000, true]);
  const clean = await runOnce(t, join(await temporary(t), 'data'), busFile, { count: '60000', rate: '1000000/s' });
  const millrace = await opened(t, data);
  await sameTables(millrace, clean.millrace, tables);
  await millrace.close();
});
