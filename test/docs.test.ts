// The documentation: its pipelines compile and pass check, its commands run, its tables agree with the code, its links lead somewhere.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import firstPipeline from '../docs/guide/first-pipeline.ts';
import { rules as csvRules } from '../src/ingest/csv/options.ts';
import { rules as httpRules } from '../src/ingest/http/options.ts';
import type { Rules } from '../src/ingest/options.ts';
import { rules as simulateRules } from '../src/ingest/simulate/options.ts';
import { rules as webhookRules } from '../src/ingest/webhook/options.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const millrace = join(root, 'bin/millrace.js');
const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'src/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`),
];
const work = mkdtempSync(join(tmpdir(), 'millrace-docs-'));
after(() => rmSync(work, { recursive: true, force: true }));

type Block = { readonly page: string; readonly line: number; readonly kind: string; readonly text: string };

const blocks = pages.flatMap(blocksOf);
const pipelines = blocks.filter((block) => block.kind === 'ts pipeline');
const fragments = blocks.filter((block) => block.kind === 'ts fragment');
const scripts = blocks.filter((block) => block.kind === 'sh run');

describe('code in the documentation', () => {
  test('says what it is, so that it can be tested', () => {
    const known = ['ts pipeline', 'ts fragment', 'sh run', 'text'];
    const unknown = blocks.filter((block) => !known.includes(block.kind)).map((block) => `${block.page}:${block.line}`);
    assert.deepEqual(unknown, []);
    assert.ok(pipelines.length >= 2 && fragments.length >= 3 && scripts.length >= 4);
  });

  test('the first pipeline stands in the README and in the guide as it is in its file', () => {
    const file = read('docs/guide/first-pipeline.ts');
    for (const page of ['README.md', 'docs/guide/first-pipeline.md'])
      assert.ok(
        pipelines.some((block) => block.page === page && block.text === file),
        page,
      );
    assert.equal(firstPipeline.name, 'rides');
  });

  test('stands in a guide as it is in its file', () => {
    const files = readdirSync(join(root, 'docs/guide')).filter((name) => name.endsWith('.ts'));
    const missing = files.filter((name) => !pipelines.some(({ text }) => text === read(`docs/guide/${name}`)));
    assert.deepEqual(missing, []);
  });

  test('compiles, parts of pipelines too', () => {
    const folder = join(work, 'types');
    mkdirSync(folder);
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    pipelines.forEach((block, i) => {
      writeFileSync(join(folder, `pipeline-${i}.ts`), block.text);
    });
    fragments.forEach((block, i) => {
      writeFileSync(join(folder, `fragment-${i}.ts`), `${prelude()}${block.text}`);
    });
    const config = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        noUnusedLocals: false,
        paths: { millrace: [join(root, 'src/index.ts')] },
        typeRoots: [join(root, 'node_modules/@types')],
      },
      include: [folder],
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const { status, stdout } = run([join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]);
    assert.equal(status, 0, stdout);
  });

  for (const block of pipelines) {
    test(`the pipeline at ${block.page}:${block.line} passes millrace check`, () => {
      const path = join(work, `${block.page.replaceAll('/', '-')}-${block.line}.ts`);
      writeFileSync(path, block.text);
      const { status, stdout, stderr } = run([millrace, 'check', path]);
      assert.equal(status, 0, stdout + stderr);
    });
  }

  for (const block of fragments.filter(({ text }) => /^const \w+ = stream\(/m.test(text))) {
    test(`the streams at ${block.page}:${block.line} pass millrace check`, () => {
      const path = join(work, `${block.page.replaceAll('/', '-')}-${block.line}.ts`);
      writeFileSync(path, asPipeline(block.text));
      const { status, stdout, stderr } = run([millrace, 'check', path]);
      assert.equal(status, 0, stdout + stderr);
    });
  }

  for (const page of [...new Set(scripts.map((block) => block.page))]) {
    test(`the commands of ${page} run, in order`, () => {
      const data = join(work, `${page.replaceAll('/', '-')}.data`);
      const folder = join(work, `${page.replaceAll('/', '-')}.cwd`);
      mkdirSync(folder);
      const mine = scripts.filter((block) => block.page === page);
      // commands that only look need a folder in which something has run
      if (!mine.some((block) => / run .*--once/.test(block.text))) {
        const path = join(root, 'docs/guide/first-pipeline.ts');
        assert.equal(run([millrace, 'run', path, '--once', '--data', data]).status, 0);
      }
      for (const block of mine) {
        for (const line of block.text.trim().split('\n')) {
          const command = line
            .replaceAll('npx millrace', `"${process.execPath}" "${millrace}"`)
            .replaceAll('docs/guide/', `${root}/docs/guide/`);
          const { status, stdout, stderr } = spawnSync('bash', ['-c', command], {
            cwd: folder,
            encoding: 'utf8',
            env: { ...process.env, MILLRACE_DATA: data },
          });
          assert.equal(status, 0, `${page}:${block.line}: ${line}\n${stdout}${stderr}`);
        }
      }
    });
  }
});

describe('reference pages', () => {
  const sources: Record<string, Rules> = {
    csv: csvRules,
    http: httpRules,
    simulate: simulateRules,
    webhook: webhookRules,
  };

  for (const [name, rules] of Object.entries(sources)) {
    test(`sources.md has the options of ${name} as its schema has them`, () => {
      const section = new RegExp(`^## ${name}\\n([\\s\\S]*?)(?=^## )`, 'm').exec(
        read('docs/reference/sources.md'),
      )?.[1];
      const rows = section?.match(/^\| `.*$/gm) ?? [];
      assert.deepEqual(rows, Object.entries(rules).map(optionRow));
    });
  }

  test('guarantees.md names tests that are there', () => {
    const missing: string[] = [];
    for (const [, path, name] of read('docs/reference/guarantees.md').matchAll(/`(test\/[\w./-]+)`(?:: "([^"]+)")?/g)) {
      if (!existsSync(join(root, path!))) missing.push(path!);
      else if (name !== undefined && !read(path!).includes(name)) missing.push(`${path}: ${name}`);
    }
    assert.deepEqual(missing, []);
  });

  test('guarantees.md has a row for every invariant, once', () => {
    const rows = [...read('docs/reference/guarantees.md').matchAll(/^\| `(\w+\.\w+)` \|/gm)].map((row) => row[1]!);
    assert.equal(new Set(rows).size, rows.length);
    assert.equal(rows.length, 30);
  });

  test('links lead to files that are there', () => {
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map((found) => found[1]!)
        .filter((link) => !/^[a-z]+:/.test(link) && !existsSync(join(root, dirname(page), link)))
        .map((link) => `${page}: ${link}`),
    );
    assert.deepEqual(broken, []);
  });
});

/** What a part of a pipeline may use: every public name, and the topic and the stream of the first pipeline. */
function prelude(): string {
  const first = JSON.stringify(join(root, 'docs/guide/first-pipeline.ts'));
  const names = [...read('src/index.ts').matchAll(/^export \{([^}]*)\}/gm)]
    .flatMap((found) => found[1]!.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '))
    .join(', ');
  return `import { ${names} } from 'millrace';\nimport { fares, rides } from ${first};\n`;
}

/** A pipeline of a part's tables, and of a table for each of its streams, with the first column that is always there as its key. */
function asPipeline(text: string): string {
  const namesOf = (noun: string) =>
    [...text.matchAll(new RegExp(`^const (\\w+) = ${noun}\\(`, 'gm'))].map((one) => one[1]!);
  const made = namesOf('stream').map(
    (name) =>
      `table(\`rows_of_\${${name}.name}\`, ${name}, { key: Object.keys(${name}.fields).find((one) => !${name}.fields[one].isOptional) })`,
  );
  return `${prelude()}${text}\nexport default pipeline('part', { tables: [${[...namesOf('table'), ...made].join(', ')}] });\n`;
}

function optionRow([option, rule]: [string, Rules[string]]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const fallback = rule.isRequired
    ? 'required'
    : rule.fallback === undefined
      ? ''
      : `\`${JSON.stringify(rule.fallback)}\``;
  return `| \`${option}\` | ${cell(rule.kind.name)} | ${fallback} | ${cell(rule.doc)} |`;
}

function blocksOf(page: string): Block[] {
  // the command line's page has a test of its own
  if (page === 'docs/reference/cli.md') return [];
  const found: Block[] = [];
  const text = read(page);
  for (const one of text.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm))
    found.push({ page, line: text.slice(0, one.index).split('\n').length, kind: one[1]!.trim(), text: one[2]! });
  return found;
}

function run(words: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, words, { cwd: root, encoding: 'utf8' });
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
