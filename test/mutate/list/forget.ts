// Mutations of what forgets a person: nothing of them is left, nothing else has changed, and they do not come back.
import type { Guard, Mutation } from '../mutation.ts';

const rewrite = 'src/log/embedded/rewrite.ts';
const writer = 'src/log/embedded/writer.ts';
const person = 'src/control/person.ts';
const decision = 'src/control/forgetting.ts';
const remove = 'src/control/forget-remove.ts';
const files = 'src/control/forget-files.ts';
const whole = 'src/control/forget.ts';
const bodies = 'src/control/post-forget.ts';
const letters = 'src/process/duckdb/person-letters.ts';
const rows = 'src/process/duckdb/person-rows.ts';
const lineage = 'src/process/duckdb/lineage.ts';

const contract = 'test/log/contract.test.ts';
const erase = 'test/log/erase.test.ts';
const finds = 'test/control/person.test.ts';
const decided = 'test/control/forgetting.test.ts';
const posts = 'test/control/post-forget.test.ts';
const follows = 'test/process/lineage.test.ts';
const partly = 'test/control/forget-partial.test.ts';
const gone: Guard = { file: 'test/control/forget.test.ts', name: 'and is in no file' };
const full: Guard = { file: 'test/control/forget-killed.test.ts', name: 'by a full disk' };

const nothingLeft = 'no byte of a person who was forgotten is in any file';
const allElse = 'when a person is forgotten, nothing else changes';
const stays = 'a person who was forgotten does not come back';
const killed = 'a forgetting that was cut short is finished by the same call';

export const forget: readonly Mutation[] = [
  {
    name: 'erase-keeps-the-key',
    promise: 'a record that was erased has neither key nor value',
    file: rewrite,
    find: 'nulls[i] = 3;',
    replace: 'nulls[i] = 2;',
    tests: [contract],
  },
  {
    name: 'erase-loses-the-producer',
    promise: 'what is read twice is stored once, also after records were erased',
    file: rewrite,
    find: 'encodeBatch(without(batch, chosen, erased.headers), producer)',
    replace: 'encodeBatch(without(batch, chosen, erased.headers), undefined)',
    tests: [erase],
  },
  {
    name: 'erase-takes-damage-for-records',
    promise: 'damage of what was acknowledged is refused',
    file: rewrite,
    find: 'if (!isBodyIntact(bytes, at, header)) return',
    replace: 'if (false) return',
    tests: [erase],
  },
  {
    name: 'erase-renames-what-is-not-synced',
    promise: 'a crash leaves the old segment or the new',
    file: rewrite,
    find: '    await target.sync();\n',
    replace: '',
    tests: [erase],
  },
  {
    name: 'erase-keeps-the-index',
    promise: 'a crash leaves the old segment or the new',
    file: writer,
    find: "    await removeWhereThere(files, segmentPath(place, segment.base, '.index'));\n    await files.syncFolder(place.folder);\n    const isActive",
    replace: '    const isActive',
    tests: [erase],
  },
  {
    name: 'erase-renames-before-the-index-is-gone-for-good',
    promise: 'a crash leaves the old segment or the new',
    file: writer,
    find: '    await files.syncFolder(place.folder);\n    const isActive',
    replace: '    const isActive',
    tests: [erase],
  },
  {
    name: 'erase-keeps-batches-in-memory',
    promise: 'who reads after records were erased does not read them',
    file: writer,
    find: '    partition.cache.clear();\n',
    replace: '',
    tests: [contract],
  },
  {
    name: 'erase-appends-to-the-file-that-is-gone',
    promise: 'what is acknowledged is there',
    file: writer,
    find: '    if (isActive) {\n      await this.#handle?.close();\n      this.#handle = undefined;\n    }\n',
    replace: '',
    tests: [contract, erase],
  },
  {
    name: 'erase-leaves-what-a-crash-left',
    promise: nothingLeft,
    file: 'src/log/embedded/recovery.ts',
    find: 'name.endsWith(besideEnding) || ',
    replace: '',
    tests: [erase],
  },
  {
    name: 'forget-reads-by-the-present-schema',
    promise: 'records of all versions of a schema are found',
    file: person,
    find: "if (!(error instanceof MillraceError) || error.code !== 'SCHEMA_INCOMPATIBLE') throw error;",
    replace: 'throw error;',
    tests: [finds],
  },
  {
    name: 'forget-leaves-what-cannot-be-read',
    promise: nothingLeft,
    file: person,
    find: '      return this.holds(whole);\n',
    replace: '      return false;\n',
    tests: [finds],
  },
  {
    name: 'forget-leaves-keys-without-values',
    promise: nothingLeft,
    file: person,
    find: 'if (key !== null && this.topic.key === this.topic.person && this.#names.has(Buffer.from(key).toString()))\n      return true;',
    replace: '',
    tests: [finds],
  },
  {
    name: 'forget-takes-digits-of-other-numbers',
    promise: allElse,
    file: person,
    find: 'if (this.#isText || !(isWord(held[at - 1]) || isWord(held[at + name.length]))) return true;',
    replace: 'return true;',
    tests: [finds],
  },
  {
    name: 'forget-takes-who-is-only-mentioned',
    promise: allElse,
    file: person,
    find: 'return given === undefined ? this.holds(bytes) : this.#names.has(String(given));',
    replace: 'return this.holds(bytes);',
    tests: [finds],
  },
  {
    name: 'forget-erases-one-partition',
    promise: nothingLeft,
    file: remove,
    find: 'for (const [partition, places] of offsets) await',
    replace: 'for (const [partition, places] of [...offsets].slice(0, 1)) await',
    tests: [gone],
  },
  {
    name: 'forget-leaves-letters',
    promise: nothingLeft,
    file: remove,
    find: '      await remove(session, found);\n',
    replace: '',
    tests: [gone],
  },
  {
    name: 'forget-goes-on-with-a-rebuild-that-has-read',
    promise: nothingLeft,
    file: remove,
    find: 'if (begun) await folder.engine.beginRebuild(name, begun);',
    replace: '',
    tests: [{ file: 'test/control/forget.test.ts', name: 'where a rebuild was begun' }],
  },
  {
    name: 'forget-leaves-free-blocks-of-the-tables',
    promise: nothingLeft,
    file: files,
    find: "  await compactTables(join(folder, 'tables.duckdb'), temp, files);\n",
    replace: '',
    tests: [gone],
  },
  {
    name: 'forget-leaves-copies-for-queries',
    promise: nothingLeft,
    file: files,
    find: "[temp, join(folder, 'queries')]",
    replace: '[temp]',
    tests: [gone],
  },
  {
    name: 'forget-leaves-free-pages-of-sqlite',
    promise: nothingLeft,
    file: bodies,
    find: 'pragma secure_delete = on; vacuum; ',
    replace: '',
    tests: [posts],
  },
  {
    name: 'forget-leaves-answers-that-quote',
    promise: nothingLeft,
    file: bodies,
    find: 'if (said !== text) answer.run(said, id);',
    replace: '',
    tests: [posts],
  },
  {
    name: 'forget-loses-keys-that-only-the-log-knows',
    promise: stays,
    file: bodies,
    find: '  await known.complete().finally(() => known.close());\n',
    replace: '  await known.close();\n',
    tests: [posts],
  },
  {
    name: 'forget-has-requests-refused-that-come-again',
    promise: 'a request that comes again has its answer, also where the persons in it were forgotten',
    file: 'src/control/post-keys.ts',
    find: 'known.body.length > 0 && ',
    replace: '',
    tests: [posts],
  },
  {
    name: 'forget-counts-letters-of-sources-no-more',
    promise: 'the ledger balances after a person was forgotten',
    file: letters,
    find: '  progress.consumed++;\n',
    replace: '',
    tests: [gone],
  },
  {
    name: 'forget-does-not-count-rows-that-go',
    promise: 'the ledger balances after a person was forgotten',
    file: rows,
    find: '    countsOf(progress, `table ${table.name}`).retracted += count;\n',
    replace: '',
    tests: [partly],
  },
  {
    name: 'forget-leaves-rows-of-erased-records',
    promise: 'rows go that were made of records which are erased, also where the log has lost others',
    file: rows,
    find: '  if (place && there.size > 0)\n',
    replace: '  if (false)\n',
    tests: [partly],
  },
  {
    name: 'forget-leaves-rows-with-the-name',
    promise: nothingLeft,
    file: rows,
    find: 'const held = columns.filter((name) => there.has(name));',
    replace: 'const held = columns.filter(() => false);',
    tests: [partly],
  },
  {
    name: 'forget-does-not-emit-windows-again',
    promise: 'windows that are kept are emitted again without the person',
    file: remove,
    find: '    if (states > 0) await emitAgain(hunt, pipeline);\n',
    replace: '',
    tests: [partly],
  },
  {
    name: 'forget-leaves-what-older-windows-emitted',
    promise: nothingLeft,
    file: remove,
    find: '(progress) => removeEmitted(searched, progress)',
    replace: 'async () => ({})',
    tests: [partly],
  },
  {
    name: 'forget-follows-no-aggregates',
    promise: 'a name is followed through the queries into every column that may hold it',
    file: lineage,
    find: "  if (node.class === 'FUNCTION' || node.class === 'WINDOW') return [node.children];",
    replace: "  if (node.class === 'FUNCTION' || node.class === 'WINDOW') return [];",
    tests: [follows],
  },
  {
    name: 'forget-takes-numbers-that-are-counted',
    promise: allElse,
    file: lineage,
    find: 'return node.function_name !== undefined && counting.test(String(node.function_name));',
    replace: 'return false;',
    tests: [follows],
  },
  {
    name: 'forget-takes-columns-of-that-name-elsewhere',
    promise: allElse,
    file: lineage,
    find: 'if (relation && path.length > 1) return',
    replace: 'if (false) return',
    tests: [follows],
  },
  {
    name: 'forgetting-is-not-looked-at',
    promise: 'nothing is started in a folder in which a person is half forgotten',
    file: decision,
    find: '  if (!forgetting) return;\n  throw',
    replace: '  return;\n  throw',
    tests: [decided, full],
  },
  {
    name: 'forgetting-is-removed-and-not-overwritten',
    promise: nothingLeft,
    file: decision,
    find: 'if (length > 0) await file.write([new Uint8Array(length).fill(0x20)], 0);',
    replace: '',
    tests: [decided],
  },
  {
    name: 'forgetting-ends-without-saying-so',
    promise: killed,
    file: decision,
    find: "  await noteStand(files, folder, { ...stand, phase: 'done' });\n",
    replace: '',
    tests: [decided],
  },
  {
    name: 'forgetting-takes-the-progress-of-another',
    promise: killed,
    file: decision,
    find: 'stand?.number === decision.number ? stand : begun(decision.number)',
    replace: 'stand ?? begun(decision.number)',
    tests: [decided],
  },
  {
    name: 'forgetting-says-whom',
    promise: 'the record of a forgetting does not say whom',
    file: whole,
    find: '  return { number, at: atMs, command, records, letters, remade, rows, stale };',
    replace: '  return { number, at: atMs, command: decision.names.join(), records, letters, remade, rows, stale };',
    tests: [{ file: 'test/control/forget.test.ts', name: 'several at once' }],
  },
];
