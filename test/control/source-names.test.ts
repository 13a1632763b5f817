// The names of sources: what was read of a file is known again wherever its source stands, and a letter is read by the source it came from.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { describe, type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { check } from '../../src/control/check.ts';
import type { PipelineStatus } from '../../src/control/millrace.ts';
import { SourceNames } from '../../src/control/source-names.ts';
import type { SourceDefinition } from '../../src/define/source.ts';
import { csv, http, int, param, pipeline, simulate, table, text, topic, webhook } from '../../src/index.ts';
import { folderOf } from './folder-of.ts';

const limited = { timeout: 60_000 };

/** A data folder with files beside it, and a run of sources to their end. */
async function namesIn(t: TestContext, contents: Record<string, string>) {
  const { path, within, run: runAll } = await folderOf(t, contents);
  const run = async (sources: readonly SourceDefinition[], params: Record<string, string> = {}) =>
    (await runAll([pipelineOf(sources)], { params }))[0]!;
  return { path, within, run };
}

/** A pipeline with these sources: what is read twice is seen in its ledger. */
function pipelineOf(sources: readonly SourceDefinition[]) {
  let rows = topic('rows', { a: text(), b: text().optional(), n: int() });
  for (const one of sources) rows = rows.from(one);
  return pipeline('names', { tables: [table('rows', rows, { key: ['a', 'n'] })] });
}

const textOf = ({ bytes }: { readonly bytes: Uint8Array }) => Buffer.from(bytes).toString();
const namesOf = (status: PipelineStatus) => status.sources.map((one) => `${one.name} ${one.read}`);

describe('a source that stands elsewhere than before', limited, () => {
  const contents = { 'x.csv': 'a,b,n\nx,,1\nx,,2\nx,,3\n', 'y.csv': 'a,b,n\ny,,1\n', 'z.csv': 'a,b,n\nz,,1\nz,,2\n' };

  test('goes on where it was: one is inserted before it, they are swapped, one is removed and comes back', async (t) => {
    const { run, path } = await namesIn(t, contents);
    const [x, y, z] = ['x.csv', 'y.csv', 'z.csv'].map((name) => csv({ file: path(name) })) as [
      SourceDefinition,
      SourceDefinition,
      SourceDefinition,
    ];
    assert.equal((await run([x])).ledger.in, 3);
    const inserted = await run([y, x]);
    assert.deepEqual([inserted.ledger.in, inserted.ledger.balanced], [4, true]);
    assert.deepEqual(namesOf(inserted), ['rows/csv-2 1', 'rows/csv 3']);
    const swapped = await run([x, y]);
    assert.deepEqual([swapped.ledger.in, namesOf(swapped)], [4, ['rows/csv 3', 'rows/csv-2 1']]);
    const removed = await run([y]);
    assert.deepEqual([removed.ledger.in, removed.ledger.balanced, namesOf(removed)], [4, true, ['rows/csv-2 1']]);
    const another = await run([y, z]);
    assert.deepEqual([another.ledger.in, namesOf(another)], [6, ['rows/csv-2 1', 'rows/csv-3 2']]);
    const back = await run([z, y, x]);
    assert.deepEqual([back.ledger.in, back.ledger.balanced], [6, true]);
  });

  test('reads on what was added to its file meanwhile', async (t) => {
    const { run, path } = await namesIn(t, contents);
    const [x, y] = [csv({ file: path('x.csv') }), csv({ file: path('y.csv') })];
    await run([x]);
    await writeFile(path('x.csv'), `${contents['x.csv']}x,,4\n`);
    assert.equal((await run([y, x])).ledger.in, 5);
  });

  test('is known by its seed too', async (t) => {
    const { run } = await namesIn(t, {});
    const drawn = (seed: number, count: number) =>
      simulate({
        seed,
        count,
        *rows() {
          for (let n = 0; ; n++) yield { a: `seed ${seed}`, n };
        },
      });
    assert.equal((await run([drawn(1, 5)])).ledger.in, 5);
    assert.equal((await run([drawn(2, 3), drawn(1, 5)])).ledger.in, 8);
    assert.equal((await run([drawn(1, 6), drawn(2, 3)])).ledger.in, 9);
  });

  test('is a file that changed where no other source has the former one: read from its beginning, numbered on', async (t) => {
    const { run, path } = await namesIn(t, contents);
    const file = param('file', text());
    assert.deepEqual(namesOf(await run([csv({ file })], { file: path('x.csv') })), ['rows/csv 3']);
    const changed = await run([csv({ file })], { file: path('y.csv') });
    assert.deepEqual([namesOf(changed), changed.ledger.in, changed.ledger.balanced], [['rows/csv 4'], 4, true]);
  });
});

describe('a source with a name', limited, () => {
  const contents = { 'x.csv': 'a,b,n\nx,,1\nx,,2\n', 'y.csv': 'a,b,n\ny,,1\n' };

  test('is called so, and goes on under it when its file has moved', async (t) => {
    const { run, path } = await namesIn(t, { ...contents, 'w.csv': 'a,b,n\nw,,1\n' });
    const first = await run([csv({ file: path('y.csv') }), csv({ file: path('x.csv'), name: 'old' })]);
    assert.deepEqual(namesOf(first), ['rows/csv 1', 'rows/old 2']);
    const moved = await run([csv({ file: path('w.csv'), name: 'old' }), csv({ file: path('y.csv') })]);
    assert.deepEqual([namesOf(moved), moved.ledger.in], [['rows/old 3', 'rows/csv 1'], 4]);
  });

  test('does not read a file again that was read before it was named, or under another name', async (t) => {
    const { run, path } = await namesIn(t, contents);
    const x = (name?: string) => csv({ file: path('x.csv'), ...(name ? { name } : {}) });
    await run([x()]);
    assert.equal((await run([csv({ file: path('y.csv'), name: 'new' }), x('old')])).ledger.in, 3);
    assert.equal((await run([x('renamed'), csv({ file: path('y.csv'), name: 'new' })])).ledger.in, 3);
    assert.equal((await run([csv({ file: path('y.csv') }), x()])).ledger.in, 3);
  });

  test('must have one that can be a name, that no other source has and that is none of those without', async () => {
    const rows = function* () {};
    const problems = async (...sources: SourceDefinition[]) =>
      (await check([pipelineOf(sources)], {})).map((one) => `${one.code}: ${one.message} (${one.place})`);
    const place = "pipeline 'names', topic 'rows'";
    const x = csv({ file: 'x.csv', name: 'one' });
    assert.deepEqual(await problems(x, csv({ file: 'y.csv', name: 'two' }), http({ url: 'https://x.org' })), []);
    for (const twin of [simulate({ seed: 1, rows, name: 'one' }), webhook({ name: 'one' })])
      assert.deepEqual(await problems(x, twin), [`NAME_TAKEN: two sources are named 'one' (${place})`]);
    assert.match((await problems(csv({ file: 'x.csv' }).or(x), x))[0]!, /two sources are named 'one'/);
    for (const name of ['csv', 'http-2', 'simulate-10'])
      assert.match((await problems(csv({ file: 'x', name })))[0]!, /NAME_TAKEN: source name '.*' is what a source/);
    assert.match((await problems(csv({ file: 'x', name: 'a/b' })))[0]!, /OPTION_INVALID: option 'name': 'a\/b' is not/);
  });
});

test('names are never given twice, and what is saved of a file is found again wherever its source stands', () => {
  const files = fc.uniqueArray(fc.constantFrom('u', 'v', 'w', 'x', 'y', 'z'), { minLength: 1, maxLength: 5 });
  const orders = fc.array(fc.tuple(files, fc.boolean()), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(orders, (lives) => {
      const saved: Record<string, { position: { file: string }; next: number; read: number; refused: number }> = {};
      const homes = new Map<string, string>();
      for (const [order, isNamed] of lives) {
        const sources = order.map((file) => csv({ file, ...(isNamed ? { name: `name-${file}` } : {}) }));
        let rows = topic('rows', { n: int() });
        for (const one of sources) rows = rows.from(one);
        const names = new SourceNames(rows, saved).nameAll(
          sources.map((definition, i) => ({
            definition,
            options: definition.options,
            origin: { file: order[i]! },
            passedOver: undefined,
          })),
        );
        assert.equal(new Set(names).size, names.length);
        for (const [i, name] of names.entries()) {
          assert.ok(name.startsWith('rows/'));
          const home = homes.get(order[i]!);
          // unless a source whose file is another now has taken its place
          if (home !== undefined && saved[home]!.position.file === order[i]) assert.equal(name, home);
          homes.set(order[i]!, name);
          saved[name] = { position: { file: order[i]! }, next: 1, read: 1, refused: 0 };
        }
      }
    }),
  );
});

describe('a letter of a source', limited, () => {
  const bad = { 'x.csv': 'a,b,n\nx,left,one\n', 'y.csv': 'n;b;a\ntwo;-;y\n' };
  const good = { x: 'x,left,1', y: '2;-;y' };

  async function fixed(t: TestContext, before: (x: Named, y: Named) => readonly SourceDefinition[], after = before) {
    const { run, path, within } = await namesIn(t, bad);
    const x: Named = (name) => csv({ file: path('x.csv'), ...(name ? { name } : {}) });
    const y: Named = (name) => csv({ file: path('y.csv'), delimiter: ';', missing: ['-'], ...(name ? { name } : {}) });
    const status = await run(before(x, y));
    assert.equal(status.ledger.dead, 2);
    return within(async (millrace) => {
      for (const { id } of await millrace.deadList()) {
        const letter = await millrace.deadShow(id);
        const replacement = Buffer.from(textOf(letter).includes('left') ? good.x : good.y);
        const result = await millrace.deadRedrive(pipelineOf(after(x, y)), { ids: [id] }, { replacement });
        assert.deepEqual(result, { sent: 1, stored: 1, stillDead: 0 });
      }
      return (await millrace.query('select a, b, n from rows order by a')).rows;
    });
  }
  type Named = (name?: string) => SourceDefinition;
  const wanted = [
    ['x', 'left', 1],
    ['y', null, 2],
  ];

  test('is read by that source, with its columns, its delimiter and its missing', async (t) => {
    assert.deepEqual(await fixed(t, (x, y) => [x(), y()]), wanted);
  });

  test('is read by that source where the sources are in another order by now', async (t) => {
    assert.deepEqual(
      await fixed(
        t,
        (x, y) => [x(), y()],
        (x, y) => [y(), x()],
      ),
      wanted,
    );
  });

  test('is read by that source where the sources have names', async (t) => {
    assert.deepEqual(
      await fixed(
        t,
        (x, y) => [x('one'), y('two')],
        (x, y) => [y('two'), x('one')],
      ),
      wanted,
    );
  });

  test('stays where the pipeline does not have that source any more', async (t) => {
    const { run, path, within } = await namesIn(t, bad);
    await run([csv({ file: path('x.csv') }), csv({ file: path('y.csv'), delimiter: ';', missing: ['-'] })]);
    await within(async (millrace) => {
      const only = pipelineOf([csv({ file: path('y.csv'), delimiter: ';', missing: ['-'] })]);
      const letters = await Promise.all((await millrace.deadList()).map((one) => millrace.deadShow(one.id)));
      const id = letters.find((one) => textOf(one).includes('left'))!.id;
      const replacement = Buffer.from(good.x);
      const result = await millrace.deadRedrive(only, { ids: [id] }, { replacement });
      assert.deepEqual(result, { sent: 1, stored: 0, stillDead: 1 });
      assert.match((await millrace.deadShow(id)).reason, /no source like 'rows\/csv' any more/);
    });
  });

  test('is read by the source that took the place of another one, and by the one that was used before', async (t) => {
    const { run, path, within } = await namesIn(t, { 'x.csv': 'a,b,n\nx,,one\n' });
    const file = param('file', text());
    const drawn = simulate({ seed: 1, rows: () => [{ a: 's', n: 'one' }], count: 1 });
    const sources = [csv({ file }).or(drawn)];
    await run(sources);
    assert.equal((await run(sources, { file: path('x.csv') })).ledger.dead, 2);
    await within(async (millrace) => {
      const letters = await Promise.all((await millrace.deadList()).map((one) => millrace.deadShow(one.id)));
      for (const letter of letters) {
        const isDrawn = textOf(letter).includes('{');
        const replacement = Buffer.from(isDrawn ? '{"a":"s","n":1}' : 'x,,1');
        const options = { replacement, params: { file: path('x.csv') } };
        const result = await millrace.deadRedrive(pipelineOf(sources), { ids: [letter.id] }, options);
        assert.equal(result.stored, 1, isDrawn ? 'drawn' : 'of the file');
      }
    });
  });

  test('is read by the source that took over where the network was absent', async (t) => {
    const { run, within } = await namesIn(t, {});
    const api = http({ url: 'http://127.0.0.1:9/', allowPrivate: true, for: '1s', map: () => ({ a: 'wrong', n: 9 }) });
    const sources = [api.or(simulate({ seed: 1, rows: () => [{ a: 's', n: 'one' }], count: 1 }))];
    assert.deepEqual(namesOf(await run(sources)), ['rows/simulate 1']);
    await within(async (millrace) => {
      const [letter] = await millrace.deadList();
      const replacement = Buffer.from('{"a":"s","n":1}');
      const result = await millrace.deadRedrive(pipelineOf(sources), { ids: [letter!.id] }, { replacement });
      assert.equal(result.stored, 1);
      assert.deepEqual((await millrace.query('select a, n from rows')).rows, [['s', 1]]);
    });
  });
});
