// Loads a pipeline file, so that whatever is wrong with it is said with its place and its remedy.
import { stat } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { extname, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MillraceError, messageOf, systemCode } from '../core/errors.ts';
import type { Pipeline } from '../define/pipeline.ts';

const endings = ['.ts', '.mts', '.js', '.mjs'];

/**
 * The pipeline that a file exports as its default. The file may stand anywhere: `import … from 'millrace'` in it means this package.
 *
 * @throws PIPELINE_FILE where the file cannot be read or run; the error of the definition where one is refused, with the file as its place
 * @example const rides = await loadPipeline('examples/bus/pipeline.ts')
 */
export async function loadPipeline(path: string): Promise<Pipeline> {
  await checkFile(path);
  const url = pathToFileURL(resolve(path)).href;
  hookMillrace();
  entries.add(url);
  let module: { default?: unknown };
  const { exit } = process;
  process.exit = (code) => {
    throw new MillraceError(
      'PIPELINE_FILE',
      `the file calls process.exit(${code ?? ''}), which would end the command`,
      {
        remedy: 'Leave that out: throw an error where the pipeline cannot be made.',
      },
    );
  };
  try {
    module = await import(url);
  } catch (error) {
    throw explain(error, path, url);
  } finally {
    process.exit = exit;
  }
  if (!isPipeline(module.default)) {
    throw new MillraceError('PIPELINE_FILE', noPipeline(module), {
      place: path,
      remedy: "End the file with: export default pipeline('name', { tables: [ … ] })",
    });
  }
  return module.default;
}

function isPipeline(value: unknown): value is Pipeline {
  return typeof value === 'object' && value !== null && (value as { noun?: unknown }).noun === 'pipeline';
}

function noPipeline(module: { default?: unknown }): string {
  if (module.default !== undefined) return 'the default export is no pipeline';
  const name = Object.entries(module).find(([, value]) => isPipeline(value))?.[0];
  return name ? `the pipeline '${name}' is exported, but not as the default` : 'there is no default export';
}

async function checkFile(path: string): Promise<void> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(path)).isDirectory();
  } catch (error) {
    const missing = systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR';
    throw new MillraceError('PIPELINE_FILE', missing ? 'there is no such file' : messageOf(error), {
      place: path,
      remedy: missing ? `Mind the path: it is read from ${process.cwd()}.` : 'Make the file readable.',
      cause: error,
    });
  }
  if (isFolder) {
    throw new MillraceError('PIPELINE_FILE', 'this is a folder, not a file', {
      place: path,
      remedy: 'Name the pipeline file in it, often pipeline.ts.',
    });
  }
  if (!endings.includes(extname(path))) {
    throw new MillraceError('PIPELINE_FILE', `'${extname(path) || path}' is not the ending of a pipeline file`, {
      place: path,
      remedy: `Give a TypeScript or JavaScript file: ${endings.join(', ')}.`,
    });
  }
}

const entries = new Set<string>();
let isHooked = false;

/** Lets every file of this process import this very package as 'millrace', and read pipeline files as ES modules. */
function hookMillrace(): void {
  if (isHooked) return;
  isHooked = true;
  registerHooks({
    resolve(specifier, context, nextResolve) {
      if (specifier === 'millrace' || specifier.startsWith('millrace/')) {
        return nextResolve(specifier, { ...context, parentURL: import.meta.url });
      }
      const found = nextResolve(specifier, context);
      // a folder without a package.json, or one of CommonJS, would have the file parsed twice or refused for its `import`;
      // packages are left alone: most without a type are CommonJS
      const isTypeless = found.format === undefined || found.format === null;
      if (
        entries.has(found.url) ||
        (isTypeless && /\.[jt]s$/.test(found.url) && !found.url.includes('/node_modules/'))
      ) {
        return { ...found, format: /\.m?ts$/.test(found.url) ? 'module-typescript' : 'module' };
      }
      return found;
    },
  });
}

/** What importing a file threw, as an error that says where and what to do. */
function explain(error: unknown, path: string, url: string): MillraceError {
  const place = placeIn(error, url, path);
  if (error instanceof MillraceError) {
    return new MillraceError(error.code, error.message, {
      place: error.place === undefined ? place : `${place}, ${error.place}`,
      remedy: error.remedy,
      cause: error,
    });
  }
  const message = messageOf(error);
  const fail = (text: string, remedy: string) =>
    new MillraceError('PIPELINE_FILE', text, { place, remedy, cause: error });
  switch (systemCode(error)) {
    case 'ERR_MODULE_NOT_FOUND':
      return missingImport(message, fail);
    case 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX':
      return fail(message, 'Use only TypeScript that can be erased: no enum, namespace or parameter property.');
    case 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING':
      return fail('a TypeScript file under node_modules cannot be run', 'Copy the file out of node_modules.');
  }
  if (error instanceof SyntaxError) {
    const isExport = /does not provide an export named/.test(message);
    return fail(
      isExport ? message : `syntax error: ${message}`,
      isExport ? 'Import a name that is there; a type needs `import type`.' : 'Fix the syntax there.',
    );
  }
  const name = error instanceof Error ? error.name : 'it threw';
  return fail(`${name}: ${message}`, 'Fix what the file does when it is imported; --stack shows the whole trace.');
}

function missingImport(message: string, fail: (text: string, remedy: string) => MillraceError): MillraceError {
  const [, kind, name = '', from = ''] =
    /^Cannot find (package|module) '([^']*)' imported from (.*)$/.exec(message) ?? [];
  const importer = from && show(from);
  if (kind === 'package') {
    return fail(`${importer} imports '${name}', which is not installed`, `Run: npm install ${name}`);
  }
  return fail(
    name ? `${importer} imports ${show(name)}, which is not there` : message,
    'Mind the path of the import, and write its ending: ./fields.ts.',
  );
}

/** A path as a person at this folder would write it. */
function show(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith('..') ? path : near;
}

/** The file with the line that the trace names: of the pipeline file, else of the first file that is not ours. */
function placeIn(error: unknown, url: string, path: string): string {
  const stack = (error instanceof Error && error.stack) || '';
  // a syntax error stands above the trace, as `file:///a/b.ts:3` alone on its line; with a module of its own it is in another file
  const above = /^(file:\/\/\S+|\/\S+):(\d+)$/m.exec(stack);
  if (above) {
    const file = above[1]!.startsWith('file:') ? fileURLToPath(above[1]!) : above[1]!;
    return `${pathToFileURL(file).href === url ? path : show(file)}:${above[2]}`;
  }
  const at = stack.indexOf(`${url}:`);
  const line = at < 0 ? undefined : /^\d+/.exec(stack.slice(at + url.length + 1))?.[0];
  return line === undefined ? path : `${path}:${line}`;
}
