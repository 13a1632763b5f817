// A data folder or a pipeline that cannot be opened leaves nothing open behind it.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { embedded } from '../../src/control/adapters.ts';
import { openParts } from '../../src/control/folder.ts';
import { open } from '../../src/control/open.ts';
import { system as realSystem, type System } from '../../src/control/system.ts';
import type { MillraceError } from '../../src/core/errors.ts';
import type { FileHandle, Files } from '../../src/core/files.ts';
import { memoryFiles } from '../../src/core/memory-files.ts';
import { csv, http, int, pipeline, sql, stream, table, topic } from '../../src/index.ts';

/** A system whose open files are known by their paths. */
function watched(files: Files): System & { open: string[] } {
  const open: string[] = [];
  const note = async (path: string, opening: Promise<FileHandle>) => {
    const handle = await opening;
    open.push(path);
    const close = async () => {
      open.splice(open.indexOf(path), 1);
      await handle.close();
    };
    return new Proxy(handle, {
      get: (target, name) => {
        if (name === 'close') return close;
        const value = Reflect.get(target, name, target) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
  const noted = new Proxy(files, {
    get: (target, name) => {
      const value = Reflect.get(target, name, target) as unknown;
      if (typeof value !== 'function') return value;
      if (name !== 'openRead' && name !== 'openWrite') return value.bind(target);
      return (path: string) => note(path, value.call(target, path) as Promise<FileHandle>);
    },
  });
  return { ...realSystem(), files: noted, open };
}

test('a pipeline of which one source cannot be opened has closed the others', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-open-'));
  const file = join(folder, 'there.csv');
  await writeFile(file, 'id\n1\n');
  const there = topic('there', { id: int() }).from(csv({ file }));
  const missing = topic('missing', { id: int() }).from(csv({ file: join(folder, 'missing.csv') }));
  const made = pipeline('p', { tables: [table('a', there, { key: 'id' }), table('b', missing, { key: 'id' })] });
  const system = watched(realSystem().files);
  const millrace = await open({ folder: join(folder, 'data') }, system);
  await assert.rejects(millrace.start([made]), { code: 'SOURCE_MISSING' });
  assert.deepEqual(
    system.open.filter((path) => path.endsWith('.csv')),
    [],
  );
  await millrace.close();
  await rm(folder, { recursive: true });
});

test('a data folder of which one part cannot be opened has closed the others', async (t) => {
  const places = { path: '/d', database: {}, log: '/d/log', registry: ':memory:' };
  const closed: string[] = [];
  /** A part that notes when it is closed. */
  const noting = (name: 'log' | 'registry') => {
    const original = embedded[name] as () => Promise<(options: object) => Promise<{ close(): Promise<void> }>>;
    t.mock.method(embedded, name, async () => async (options: object) => {
      const part = await (await original())(options);
      const { close } = part;
      part.close = () => {
        closed.push(name);
        return close.call(part);
      };
      return part;
    });
  };
  noting('log');
  noting('registry');
  t.mock.method(embedded, 'engine', () => Promise.reject(new Error('no engine')));
  await assert.rejects(openParts(places, { ...realSystem(), files: memoryFiles() }), /no engine/);
  assert.deepEqual(closed, ['registry', 'log']);
});

test('a source that ended without a single answer is no success, and what others gave is stored', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-open-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'there.csv');
  await writeFile(file, 'id\n1\n');
  const there = topic('there', { id: int() }).from(csv({ file }));
  const api = http({ url: 'http://127.0.0.1:1/', every: '20ms', for: '50ms', allowPrivate: true });
  const made = pipeline('p', {
    tables: [table('a', there, { key: 'id' }), table('b', topic('b', { id: int() }).from(api), { key: 'id' })],
  });
  const refusing = async () => new Response('no', { status: 401 });
  const millrace = await open({ folder: join(folder, 'data') }, { ...realSystem(), fetch: refusing });
  t.after(() => millrace.close());
  const once = await millrace.start([made], { once: true });
  await once.done;
  const [status] = once.status();
  assert.equal(status!.health, 'failed');
  assert.match(status!.reason ?? '', /^source b\/http: none of its \d polls was answered: .*401/);
  assert.equal(status!.sources[1]!.notice, 'http://127.0.0.1:1/ answered 401', 'it tries no more');
  assert.equal(once.failures.get('p')?.code, 'SOURCE_REFUSED');
  assert.equal(status!.tables.a, 1);
  const live = await millrace.start([made]);
  while (live.status()[0]!.health !== 'degraded') await new Promise((resolve) => setTimeout(resolve, 20));
  assert.match(live.status()[0]!.reason ?? '', /none of its \d polls was answered/);
  await live.stop(1000);
});

test('a start says everything that is wrong with the SQL of its pipelines', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-open-'));
  const millrace = await open({ folder: join(folder, 'data') });
  t.after(async () => {
    await millrace.close();
    await rm(folder, { recursive: true });
  });
  const event = topic('event', { id: int() });
  const wrong = (name: string) => {
    const made = stream(name, { id: int() }, sql`select ${sql`nothing`} as id from ${event}`);
    return table(`of_${name}`, made, { key: 'id' });
  };
  await assert.rejects(millrace.start([pipeline('p', { tables: [wrong('a'), wrong('b'), wrong('c')] })]), (error) => {
    const { code, place, others } = error as MillraceError;
    assert.deepEqual([code, place], ['SQL_INVALID', "stream 'a'"]);
    assert.deepEqual(
      others.map((one) => [one.code, one.place]),
      [
        ['SQL_INVALID', "stream 'b'"],
        ['SQL_INVALID', "stream 'c'"],
      ],
    );
    return true;
  });
});
