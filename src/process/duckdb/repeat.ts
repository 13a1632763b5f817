// What would make a stream give other rows in a replay of the same records.
import { isParam } from '../../define/param.ts';
import type { Stream } from '../../define/stream.ts';
import type { DuckSession } from './database.ts';
import { callsOf, clocks, functions } from './functions.ts';
import { variable } from './render.ts';
import { isNode, type Node, walk } from './tree.ts';

/** Columns that every stored relation of DuckDB has: where a row happens to lie. */
const placeColumn = 'rowid';

const fromTheRecord = 'Take the value from the record: its time, its id.';

/** Refuses functions, words and clauses whose rows differ from run to run. */
export async function refuseUnrepeatable(
  session: DuckSession,
  stream: Stream,
  tree: Node,
  refuse: (message: string, remedy: string) => never,
): Promise<void> {
  const differs = (what: string, remedy: string, verb = 'differs') =>
    refuse(`${what} ${verb} from run to run, so that a replay would not give the same rows`, remedy);
  const { unrepeatable } = await functions(session);
  const calls = callsOf(tree);
  const references = stream.query.references.flatMap((one) => ('of' in one ? [one.of] : []));
  const fields = new Set(references.flatMap((of) => Object.keys(of.fields).map((name) => name.toLowerCase())));
  const found = [...new Set(calls.map(({ name }) => name))].filter((name) => unrepeatable.has(name));
  if (found.length > 0)
    differs(found.map((name) => `${name}()`).join(', '), fromTheRecord, found.length > 1 ? 'differ' : 'differs');
  for (const { name, node } of calls) {
    const given = node.children as Node[];
    // a column before a call, as in moment.age(other), is parsed as its schema
    const count = given.length + (fields.has(String(node.schema).toLowerCase()) ? 1 : 0);
    if (name === 'age' && count < 2) differs('age() of one time', 'Give both: age(later, earlier).');
    if (name === 'getvariable' && !isOfParam(stream, given[0]))
      differs('getvariable()', `Use a parameter: \${param('name', double(), { default: 1 })}.`);
  }
  const words = new Set<string>([...clocks, placeColumn].filter((word) => !fields.has(word)));
  walk(tree, (node) => {
    if (node.class === 'COLUMN_REF') {
      const name = String((node.column_names as string[]).at(-1)).toLowerCase();
      if (words.has(name)) differs(name, fromTheRecord);
    }
    if (isNode(node.sample))
      differs(
        'a sample',
        `Choose by a value of the record: where hash(${Object.keys(references[0]!.fields)[0]}) % 100 < 10.`,
      );
    if (node.type === 'JOIN' && node.ref_type === 'POSITIONAL')
      refuse(
        'POSITIONAL JOIN pairs records with the rows that happen to stand beside them',
        'Join by a value: join … on ….',
      );
  });
}

function isOfParam(stream: Stream, name: Node | undefined): boolean {
  const value = (name?.value as Node | undefined)?.value;
  return stream.query.references.some((one) => isParam(one) && variable(one.name) === value);
}
