// What keeps the code base in order: layering, cycles, sizes, names, the shape of adapters, pinned dependencies, the table of errors.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize, relative } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { codes } from '../src/core/errors.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const layers = ['core', 'define', 'ingest', 'log', 'process', 'store', 'train', 'web', 'control', 'cli'];
/** The layers whose folders are adapters. */
const adapted = ['ingest', 'log', 'process', 'store'];
const linesMax = 400;

/**
 * The nouns of the language refer to each other in their types (a topic offers relations, a relation is of a topic): these files, and
 * no others, may import types in a circle.
 */
const recursiveTypes = ['relation', 'sql', 'stream', 'table', 'topic'].map((name) => `src/define/${name}.ts`);

type Import = { readonly from: string; readonly to: string; readonly kind: 'value' | 'type' | 'late' };

const sources = filesOf('src', '.ts');
const imports = sources.flatMap(importsOf);

describe('layers', () => {
  test(`imports point one way: ${layers.join(' < ')}`, () => {
    const wrong = imports.filter((one) => one.to.startsWith('src/') && !mayImport(one));
    assert.deepEqual(wrong.map(shown), []);
  });

  test('only control/adapters.ts reaches adapters, when they are first used', () => {
    const reached = imports.filter((one) => one.kind === 'late' && adapterOf(one.to) !== undefined);
    const wrong = reached.filter((one) => one.from !== 'src/control/adapters.ts');
    assert.ok(reached.length > wrong.length, 'the list of adapters was not found');
    assert.deepEqual(wrong.map(shown), []);
  });

  test('what runs has no import cycles', () => {
    assert.deepEqual(cycles(imports.filter((one) => one.kind === 'value')), []);
  });

  test('types have no import cycles but that of the nouns, which refer to each other', () => {
    const others = cycles(imports.filter((one) => one.kind !== 'late')).filter(
      (cycle) => cycle.join() !== recursiveTypes.join(),
    );
    assert.deepEqual(others, []);
  });

  test('core and define import neither Node nor packages', () => {
    const outside = imports.filter((one) => /^src\/(core|define)\//.test(one.from) && !one.to.startsWith('src/'));
    assert.deepEqual(outside.map(shown), []);
  });
});

describe('files', () => {
  const code = [
    ...sources,
    ...['test', 'bench', 'examples', 'docs', 'console/src'].flatMap((folder) => [
      ...filesOf(folder, '.ts'),
      ...filesOf(folder, '.tsx'),
    ]),
  ];
  const scripts = filesOf('bin', '.js');

  test(`no file has more than ${linesMax} lines`, () => {
    const long = [...code, ...scripts]
      .map((path) => [path, read(path).split('\n').length - 1] as const)
      .filter(([, lines]) => lines > linesMax);
    assert.deepEqual(long, []);
  });

  test('each file begins with a sentence that says what it is for', () => {
    const mute = [...code, ...scripts].filter((path) => {
      const [first = '', second = ''] = read(path)
        .replace(/^#!.*\n/, '')
        .split('\n');
      // the sentence may go on in the next line; outside of src it may also end with a command
      const isSentence = /^\/\/ \S.*\.$/.test(first) || /^\/\/ \S/.test(second) || !path.startsWith('src/');
      return !(/^\/\/ \S/.test(first) && isSentence);
    });
    assert.deepEqual(mute, []);
  });

  test('names are kebab-case', () => {
    const wrong = [...code, ...scripts].filter((path) =>
      path.split('/').some((part) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test)?(\.[jt]sx?)?$/.test(part)),
    );
    assert.deepEqual(wrong, []);
  });

  test('nothing in src is of type any', () => {
    const any = /(:|<|\bas|,|\||&|=>)\s*any\b(?!['’])|\bany\[\]/;
    assert.deepEqual(
      linesWith(sources, (line) => any.test(withoutTexts(line))),
      [],
    );
  });

  test('nothing is put off in a comment', () => {
    // outside of comments the third is a token of time formats
    const marks = /\b(T[O]DO|FIX[M]E|H[A]CK)\b|(\/\/|^\s*\*).*\bX[X]X\b/;
    assert.deepEqual(
      linesWith([...code, ...scripts], (line) => marks.test(line)),
      [],
    );
  });
});

describe('adapters', () => {
  const folders = adapted.flatMap((layer) =>
    readdirSync(join(root, 'src', layer), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `src/${layer}/${entry.name}`),
  );
  // a folder may be called after its contract too, where a layer has two: registry-embedded/embedded.ts
  const factories = (folder: string) => {
    const name = basename(folder);
    return [`${name}.ts`, `${name.split('-').at(-1)}.ts`, ...(folder.startsWith('src/process/') ? ['engine.ts'] : [])];
  };

  for (const folder of folders) {
    test(`${folder} has its factory and a README`, () => {
      assert.ok(
        factories(folder).some((name) => existsSync(join(root, folder, name))),
        `one of ${factories(folder)}`,
      );
      assert.ok(existsSync(join(root, folder, 'README.md')), 'README.md');
    });
  }

  for (const folder of folders.filter((one) => one.startsWith('src/ingest/'))) {
    test(`${folder} has one schema of its options`, () => {
      assert.match(read(`${folder}/options.ts`), /export const rules = \{/);
    });
  }
});

describe('the package', () => {
  const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, Record<string, unknown>> };

  test('every dependency is pinned', () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies };
    const loose = Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
    assert.deepEqual(loose, []);
  });

  test('the lock file is in step with it and names no registry', () => {
    const { dependencies, devDependencies, version } = lock.packages['']!;
    assert.deepEqual(
      { dependencies, devDependencies, version },
      {
        dependencies: manifest.dependencies,
        devDependencies: manifest.devDependencies,
        version: manifest.version,
      },
    );
    // packages are found by name and checksum, wherever npm is set up to look (.npmrc keeps it so)
    for (const [path, { resolved }] of Object.entries(lock.packages)) assert.equal(resolved, undefined, path);
  });
});

describe('the table of errors', () => {
  test('docs/reference/errors.md has every code with its reaction, and no other', () => {
    const rows = [...read('docs/reference/errors.md').matchAll(/^\| `([A-Z_]+)` \| (\w+) \|/gm)];
    assert.deepEqual(Object.fromEntries(rows.map(([, code, reaction]) => [code, reaction])), { ...codes });
    assert.equal(rows.length, Object.keys(codes).length);
  });

  test('every code is raised somewhere', () => {
    const text = sources
      .filter((path) => path !== 'src/core/errors.ts')
      .map(read)
      .join('\n');
    const unused = Object.keys(codes).filter((code) => code !== 'ASSERTION' && !text.includes(`'${code}'`));
    // said by bin/check-node.js, which an old Node must be able to read
    assert.deepEqual(unused, ['NODE_TOO_OLD']);
  });
});

function filesOf(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.includes('node_modules'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .sort();
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function importsOf(path: string): Import[] {
  const text = read(path).replace(/^\s*(\/\/|\*).*$/gm, '');
  const found: Import[] = [];
  const add = (specifier: string, kind: Import['kind']) => {
    const to = specifier.startsWith('.') ? normalize(join(dirname(path), specifier)).replaceAll('\\', '/') : specifier;
    found.push({ from: path, to, kind });
  };
  for (const [, type, names, specifier] of text.matchAll(
    /^(?:import|export)\s+(type\s+)?(?:([^;'"]*?)\s+from\s+)?'([^']+)';/gm,
  )) {
    const listed = /\{([^}]*)\}/.exec(names ?? '')?.[1];
    const onlyTypes =
      listed !== undefined &&
      !/^\s*[\w*]/.test(names!) &&
      listed.split(',').every((name) => name.trim() === '' || name.trim().startsWith('type '));
    add(specifier!, type || onlyTypes ? 'type' : 'value');
  }
  for (const [, specifier] of text.matchAll(/\bimport\('([^']+)'\)/g)) add(specifier!, 'late');
  return found;
}

/** The folder of src that a file is in, and of the adapter where it is in one. */
function layerOf(path: string): string {
  return path.split('/')[1]!;
}

function adapterOf(path: string): string | undefined {
  const parts = path.split('/');
  return parts.length > 3 && adapted.includes(layerOf(path)) ? parts.slice(0, 3).join('/') : undefined;
}

function mayImport({ from, to, kind }: Import): boolean {
  const adapter = adapterOf(to);
  if (from === 'src/index.ts') {
    // the public names: any contract file, and the factories of sources
    return !adapter || to === `${adapter}/${basename(adapter)}.ts`;
  }
  if (from === 'src/control/adapters.ts' && adapter && kind === 'late') return true;
  if (adapter && adapter !== adapterOf(from)) return false;
  return layers.indexOf(layerOf(to)) <= layers.indexOf(layerOf(from)) && layers.includes(layerOf(to));
}

/** The groups of files that import each other in a circle, each sorted (Tarjan's strongly connected components). */
function cycles(edges: readonly Import[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string) => {
    index.set(file, index.size);
    low.set(file, index.get(file)!);
    stack.push(file);
    for (const to of next.get(file) ?? []) {
      if (!index.has(to)) visit(to);
      if (stack.includes(to)) low.set(file, Math.min(low.get(file)!, low.get(to)!));
    }
    if (low.get(file) !== index.get(file)) return;
    const group = stack.splice(stack.indexOf(file)).sort();
    if (group.length > 1 || next.get(file)?.includes(file)) found.push(group);
  };
  for (const file of next.keys()) if (!index.has(file)) visit(file);
  return found;
}

function shown({ from, to, kind }: Import): string {
  return `${relative('src', from)} -> ${to.replace(/^src\//, '')} (${kind})`;
}

/** A line without what stands in quotes and comments. */
function withoutTexts(line: string): string {
  return line.replace(/'(?:[^'\\]|\\.)*'|`[^`]*`?|"(?:[^"\\]|\\.)*"/g, "''").replace(/(^\s*\*|\/\/|\/\*).*$/, '');
}

function linesWith(paths: readonly string[], isWrong: (line: string) => boolean): string[] {
  return paths.flatMap((path) =>
    read(path)
      .split('\n')
      .flatMap((line, i) => (isWrong(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
  );
}
