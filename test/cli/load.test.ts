// Pipeline files from anywhere, and everything that can be wrong with one.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { loadPipeline } from '../../src/control/load.ts';
import type { MillraceError } from '../../src/core/errors.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-load-'));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const good = `import { pipeline, table, text, topic } from 'millrace';
const a: string = 'id';
const rides = topic('rides', { id: text() });
export default pipeline('rides', { tables: [table('rides', rides, { key: a as 'id' })] });
`;

test("a file outside of any package imports from 'millrace', and may be loaded twice", async () => {
  const path = file('good.ts', good);
  const one = await loadPipeline(path);
  assert.equal(one.name, 'rides');
  assert.equal(await loadPipeline(path), one);
});

test('a CommonJS package around the file does not matter', async () => {
  file('package.json', '{"type":"commonjs"}');
  assert.equal((await loadPipeline(file('common.ts', good.replace("'rides', {", "'other', {")))).noun, 'pipeline');
  rmSync(join(folder, 'package.json'));
});

test('whatever is wrong with a file is said with its line and a remedy', async () => {
  const cases: [string, string, string, RegExp, RegExp, RegExp][] = [
    ['syntax.ts', 'const a = 1;\nconst b = = 2;', 'PIPELINE_FILE', /^syntax error/, /syntax\.ts:2$/, /Fix/],
    ['enum.ts', '\nexport enum A { B }', 'PIPELINE_FILE', /enum/, /enum\.ts:2$/, /erased/],
    ['package.ts', "import 'nosuch';", 'PIPELINE_FILE', /'nosuch', which is not installed/, /./, /npm install nosuch/],
    ['near.ts', "import './nosuch.ts';", 'PIPELINE_FILE', /which is not there/, /./, /path/],
    ['name.ts', "import { nosuch } from 'millrace';", 'PIPELINE_FILE', /nosuch/, /name\.ts:1$/, /Import/],
    ['throws.ts', '\n(null as any).a;', 'PIPELINE_FILE', /^TypeError/, /throws\.ts:2$/, /Fix/],
    ['exit.ts', '\n\nprocess.exit(7);', 'PIPELINE_FILE', /process\.exit\(7\)/, /exit\.ts:3$/, /throw an error/],
    ['none.ts', 'export const a = 1;', 'PIPELINE_FILE', /no default export/, /none\.ts$/, /export default/],
    ['other.ts', 'export default 1;', 'PIPELINE_FILE', /is no pipeline/, /other\.ts$/, /export default/],
    [
      'topic.ts',
      "import { topic } from 'millrace';\ntopic('a b', {});",
      'NAME_INVALID',
      /a b/,
      /topic\.ts:2, topic$/,
      /letter/,
    ],
  ];
  for (const [name, text, code, message, place, remedy] of cases) {
    await assert.rejects(loadPipeline(file(name, text)), (error: MillraceError) => {
      assert.equal(error.code, code, name);
      assert.match(error.message, message, name);
      assert.match(error.place ?? '', place, name);
      assert.match(error.remedy ?? '', remedy, name);
      return true;
    });
  }
  for (const path of [join(folder, 'nowhere.ts'), folder, file('a.csv', '')]) {
    await assert.rejects(loadPipeline(path), { code: 'PIPELINE_FILE', place: path });
  }
});
