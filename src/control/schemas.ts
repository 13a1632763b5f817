// Registers the schemas of topics. A version that no record has stands in nobody's way: it is replaced, and that is told.
import { MillraceError } from '../core/errors.ts';
import { avroSchema } from '../define/avro.ts';
import type { Topic } from '../define/topic.ts';
import type { Registry } from '../log/registry.ts';
import { type Use, type UsePlaces, usesOf } from './schema-use.ts';

/** What schemas are registered in. */
export type SchemaPlaces = UsePlaces & { readonly registry: Registry };

/** A topic's schema as it is registered now; `replaced`: the versions that it took the place of. */
export type Registered = { readonly id: number; readonly version: number; readonly replaced: readonly number[] };

/**
 * Registers the schema of a topic. Where it does not fit earlier versions, those of them that no record has are replaced, whoever registered
 * them: a schema that was never used binds nobody. They stay readable under their ids.
 *
 * @throws SCHEMA_INCOMPATIBLE where records have a schema that it does not fit; SCHEMA_INVALID where the subject is read only
 * @example const { id } = await registerSchema(folder, ride)
 */
export async function registerSchema(places: SchemaPlaces, topic: Topic): Promise<Registered> {
  const { registry } = places;
  const subject = `${topic.name}-value`;
  const schema = JSON.stringify(avroSchema(topic.name, topic.fields));
  const instead: number[] = [];
  for (;;) {
    try {
      const { id, version } = await registry.register(subject, schema, { instead });
      return { id, version, replaced: instead };
    } catch (error) {
      if (!(error instanceof MillraceError) || error.code !== 'SCHEMA_INCOMPATIBLE') throw error;
      const unused = await unusedInTheWay(places, topic, schema, instead);
      if (unused.length === 0) throw error;
      instead.push(...unused);
    }
  }
}

/** A version that a new schema does not fit. */
type Obstacle = { readonly version: number; readonly id: number; readonly messages: readonly string[] };

/** Versions that a schema does not fit and that no record has, besides those known. @throws SCHEMA_INCOMPATIBLE where a record has one */
async function unusedInTheWay(
  places: SchemaPlaces,
  topic: Topic,
  schema: string,
  known: readonly number[],
): Promise<number[]> {
  const { registry } = places;
  const subject = `${topic.name}-value`;
  const left = (await registry.versions(subject)).filter((version) => !known.includes(version));
  const isTransitive = (await registry.compatibility(subject)).endsWith('_TRANSITIVE');
  const obstacles: Obstacle[] = [];
  for (const version of isTransitive ? left : left.slice(-1)) {
    const { compatible, messages } = await registry.check(subject, schema, version);
    if (!compatible) obstacles.push({ version, id: (await registry.version(subject, version)).id, messages });
  }
  const ids = obstacles.map(({ id }) => id);
  const uses = await usesOf(places, topic.name, ids);
  const used = obstacles.filter(({ id }) => uses.has(id));
  if (used.length > 0) throw await incompatible(places, topic, used, uses);
  return obstacles.map(({ version }) => version);
}

async function incompatible(
  { log }: SchemaPlaces,
  { name }: Topic,
  used: readonly Obstacle[],
  uses: ReadonlyMap<number, Use>,
): Promise<MillraceError> {
  const { partitions } = await log.topic(name);
  const records = partitions.reduce((sum, { start, end }) => sum + end - start, 0);
  const changes = used.flatMap(({ messages }) => messages);
  const found = used.map(({ version, id }) => `${whereOf(uses.get(id)!)} has version ${version}`);
  return new MillraceError(
    'SCHEMA_INCOMPATIBLE',
    `its fields do not fit the ${records} record${records === 1 ? '' : 's'} that it has: ${changes.join('; ')} (${found.join(', ')})`,
    {
      place: `topic '${name}'`,
      remedy: `Put these fields back as they were and add a new .optional() field, or give the changed topic another name. To do without the records: millrace topic delete ${name} --force.`,
    },
  );
}

function whereOf(use: Use): string {
  return 'letter' in use
    ? `dead letter ${use.letter} of pipeline '${use.pipeline}'`
    : `the record at partition ${use.partition}, offset ${use.offset}`;
}

/** What a person is told of a schema that took the place of others. */
export function replacedNotice(topic: string, { version, replaced }: Registered): string {
  const which = `version${replaced.length === 1 ? '' : 's'} ${[...replaced].sort((a, b) => a - b).join(', ')}`;
  return `topic '${topic}': no record has schema ${which}: version ${version} takes ${replaced.length === 1 ? 'its' : 'their'} place`;
}
