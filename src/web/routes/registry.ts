// /registry: the schema registry by the API of Confluent's, so that its clients can use it.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Registry } from '../../log/registry.ts';
import type { App, Role, Routes } from '../app.ts';
import { documentation, operationOf } from '../registry-document.ts';
import {
  acceptsOf,
  answerRegistryError,
  asFlag,
  contentTypes,
  idOf,
  isRunOf,
  levelOf,
  modeOf,
  parseBody,
  RegistryError,
  requestOf,
  sendAs,
  subjectUnknown,
  versionOf,
} from '../registry-protocol.ts';

type Asked = {
  readonly subject: string;
  readonly version: string;
  readonly id: string;
  readonly flag: (name: string) => boolean;
  readonly text: (name: string) => string | undefined;
  readonly body: Record<string, unknown>;
};
type Answer = (asked: Asked) => Promise<unknown>;
type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export const registryRoutes: Routes = async ({ app, backend }) => {
  await app.register(
    async (given) => {
      const scope = given as unknown as App;
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser(
        [...contentTypes, 'application/octet-stream'],
        { parseAs: 'string' },
        (_request: unknown, body: string, done: (error: null, body: string) => void) => done(null, body),
      );
      scope.setErrorHandler((error, request, reply) => answerRegistryError(request, reply, error));
      const paths = new Set<string>();
      const add = (method: Method, path: string, role: Role, summary: string, answer: Answer) => {
        paths.add(path);
        scope.route({
          method,
          url: path,
          config: { role, documented: documentation(method, path) },
          schema: { tags: ['registry'], operationId: operationOf(method, path), summary },
          handler: (request, reply) => respond(request, reply, answer),
        });
      };
      reading(backend.registry, add);
      writing(backend.registry, add);
      settings(backend.registry, add);
      // what the console would answer otherwise
      scope.route({
        method: ['GET', 'POST', 'PUT', 'DELETE', 'PATCH'],
        url: '/*',
        schema: { hide: true },
        handler: (request, reply) => {
          const path = request.url.split('?')[0]!.slice('/registry'.length);
          const isKnown = [...paths].some((one) => isRunOf(one, path));
          const [status, words] = isKnown ? ([405, 'Method Not Allowed'] as const) : ([404, 'Not Found'] as const);
          return answerRegistryError(request, reply, new RegistryError(status, status, `HTTP ${status} ${words}`));
        },
      });
    },
    { prefix: '/registry' },
  );
};

type Add = (method: Method, path: string, role: Role, summary: string, answer: Answer) => void;

async function respond(request: FastifyRequest, reply: FastifyReply, answer: Answer): Promise<FastifyReply> {
  const type = acceptsOf(request.headers.accept);
  const params = request.params as Record<string, string>;
  const query = request.query as Record<string, unknown>;
  const made = await answer({
    subject: params.subject ?? '',
    version: params.version ?? '',
    id: params.id ?? '',
    flag: (name) => asFlag(query[name]),
    text: (name) => (query[name] === undefined ? undefined : String(query[name])),
    get body() {
      return parseBody(request.body);
    },
  });
  return sendAs(reply, type, typeof made === 'string' ? made : JSON.stringify(made));
}

function reading(registry: Registry, add: Add): void {
  const list = async ({ flag }: Asked, subjects: (deleted: boolean) => Promise<readonly (string | number)[]>) => {
    const all = await subjects(flag('deleted') || flag('deletedOnly'));
    if (!flag('deletedOnly')) return all;
    const kept = new Set(await subjects(false));
    return all.filter((one) => !kept.has(one));
  };
  const one = async ({ subject, version, flag }: Asked) => {
    const deleted = flag('deleted');
    const wanted = versionOf(version);
    await subjectUnknown(registry, subject, deleted);
    return registry.version(subject, wanted, { deleted });
  };
  const uses = async ({ id, flag }: Asked) => {
    const number = idOf(id);
    await registry.schema(number);
    return registry.usesOf(number, { deleted: flag('deleted') });
  };

  add('GET', '/', 'reader', 'Whether the registry is there', async () => ({}));
  add('GET', '/contexts', 'reader', 'Contexts: there is one', async () => ['.']);
  add('GET', '/subjects', 'reader', 'All subjects', async (asked) => {
    const prefix = asked.text('subjectPrefix') ?? '';
    const all = await list(asked, (deleted) => registry.subjects({ deleted }));
    return all.filter((subject) => String(subject).startsWith(prefix));
  });
  add('GET', '/subjects/:subject/versions', 'reader', 'The versions of a subject', async (asked) => {
    await subjectUnknown(registry, asked.subject, asked.flag('deleted') || asked.flag('deletedOnly'));
    return list(asked, (deleted) => registry.versions(asked.subject, { deleted }));
  });
  add('GET', '/subjects/:subject/versions/:version', 'reader', 'A version of a subject', one);
  add(
    'GET',
    '/subjects/:subject/versions/:version/schema',
    'reader',
    'Its schema alone',
    async (asked) => (await one(asked)).schema,
  );
  add(
    'GET',
    '/subjects/:subject/versions/:version/referencedby',
    'reader',
    'Schemas that refer to it',
    async (asked) => {
      await one(asked);
      return [];
    },
  );
  add('GET', '/schemas', 'reader', 'All schemas', async (asked) => {
    const deleted = asked.flag('deleted');
    const prefix = asked.text('subjectPrefix') ?? '';
    const found: unknown[] = [];
    for (const subject of await registry.subjects({ deleted })) {
      if (!subject.startsWith(prefix)) continue;
      const versions = await registry.versions(subject, { deleted });
      for (const version of asked.flag('latestOnly') ? versions.slice(-1) : versions)
        found.push(await registry.version(subject, version, { deleted }));
    }
    return found;
  });
  add('GET', '/schemas/types', 'reader', 'The kinds of schema', async () => ['AVRO']);
  add('GET', '/schemas/ids/:id', 'reader', 'The schema of an id', async ({ id }) => ({
    schema: await registry.schema(idOf(id)),
  }));
  add('GET', '/schemas/ids/:id/schema', 'reader', 'The schema of an id alone', ({ id }) => registry.schema(idOf(id)));
  add('GET', '/schemas/ids/:id/versions', 'reader', 'Where an id is used', uses);
  add('GET', '/schemas/ids/:id/subjects', 'reader', 'The subjects that use an id', async (asked) => [
    ...new Set((await uses(asked)).map(({ subject }) => subject)),
  ]);
}

function writing(registry: Registry, add: Add): void {
  const check = async ({ subject, body, flag }: Asked, against: number | 'latest' | undefined) => {
    const { schema } = requestOf(body);
    const { compatible, messages } = await registry.check(subject, schema, against);
    return { is_compatible: compatible, ...(flag('verbose') ? { messages } : {}) };
  };

  add('POST', '/subjects/:subject', 'reader', 'Whether a subject has a schema', async ({ subject, body, flag }) => {
    const deleted = flag('deleted');
    const { schema } = requestOf(body);
    await subjectUnknown(registry, subject, deleted);
    const found = await registry.find(subject, schema, { deleted });
    if (found) return found;
    throw new RegistryError(404, 40403, 'Schema not found');
  });
  add('POST', '/subjects/:subject/versions', 'writer', 'Registers a schema', async ({ subject, body }) => {
    const { schema, isPlaced } = requestOf(body);
    if (isPlaced)
      throw new RegistryError(422, 42205, `Subject ${subject} is not in import mode: id and version cannot be given`);
    try {
      return { id: (await registry.register(subject, schema)).id };
    } catch (error) {
      // a schema that can be looked up is valid: then it is the mode that refuses
      if ((error as { code?: unknown }).code !== 'SCHEMA_INVALID') throw error;
      await registry.find(subject, schema);
      throw new RegistryError(422, 42205, `Operation not permitted: ${(error as Error).message}`);
    }
  });
  add('POST', '/compatibility/subjects/:subject/versions', 'reader', 'Whether a schema could be registered', (asked) =>
    check(asked, undefined),
  );
  add(
    'POST',
    '/compatibility/subjects/:subject/versions/:version',
    'reader',
    'Whether a schema fits a version',
    async (asked) => {
      const wanted = versionOf(asked.version);
      // as Confluent's: what nobody has used yet fits its latest version
      if (wanted !== 'latest') await subjectUnknown(registry, asked.subject, false);
      else if ((await registry.versions(asked.subject)).length === 0) return check(asked, undefined);
      return check(asked, wanted);
    },
  );
  add('DELETE', '/subjects/:subject', 'admin', 'Deletes a subject', async ({ subject, flag }) => {
    const permanent = flag('permanent');
    await subjectUnknown(registry, subject, true);
    const isKept = (await registry.versions(subject)).length > 0;
    const quoted = `Subject '${subject}' was`;
    if (!permanent && !isKept)
      throw new RegistryError(404, 40404, `${quoted} soft deleted.Set permanent=true to delete permanently`);
    if (permanent && isKept)
      throw new RegistryError(404, 40405, `${quoted} not deleted first before being permanently deleted`);
    return registry.deleteSubject(subject, { permanent });
  });
  add(
    'DELETE',
    '/subjects/:subject/versions/:version',
    'admin',
    'Deletes a version',
    async ({ subject, version, flag }) => {
      const permanent = flag('permanent');
      const wanted = versionOf(version);
      await subjectUnknown(registry, subject, true);
      const kept = await registry.versions(subject);
      const number = wanted === 'latest' ? kept.at(-1) : wanted;
      const all = await registry.versions(subject, { deleted: true });
      if (number === undefined || !all.includes(number))
        throw new RegistryError(404, 40402, `Version ${wanted} not found.`);
      const quoted = `Subject '${subject}' Version ${number} was`;
      if (!permanent && !kept.includes(number))
        throw new RegistryError(404, 40406, `${quoted} soft deleted.Set permanent=true to delete permanently`);
      if (permanent && kept.includes(number))
        throw new RegistryError(404, 40407, `${quoted} not deleted first before being permanently deleted`);
      return registry.deleteVersion(subject, number, { permanent });
    },
  );
}

function settings(registry: Registry, add: Add): void {
  add('GET', '/config', 'reader', 'The global compatibility', async () => ({
    compatibilityLevel: await registry.compatibility(),
  }));
  add('PUT', '/config', 'admin', 'Sets the global compatibility', async ({ body }) => {
    await registry.setCompatibility(levelOf(body));
    return { compatibility: levelOf(body) };
  });
  add('DELETE', '/config', 'admin', 'Sets the global compatibility back', async () => {
    const compatibilityLevel = await registry.compatibility();
    await registry.clearCompatibility();
    return { compatibilityLevel };
  });
  add('GET', '/config/:subject', 'reader', 'The compatibility of a subject', async ({ subject, flag }) => {
    const { compatibility } = await registry.settings(subject);
    if (compatibility) return { compatibilityLevel: compatibility };
    if (flag('defaultToGlobal')) return { compatibilityLevel: await registry.compatibility(subject) };
    throw new RegistryError(404, 40408, `Subject '${subject}' does not have subject-level compatibility configured`);
  });
  add('PUT', '/config/:subject', 'admin', 'Sets the compatibility of a subject', async ({ subject, body }) => {
    await registry.setCompatibility(levelOf(body), subject);
    return { compatibility: levelOf(body) };
  });
  add('DELETE', '/config/:subject', 'admin', 'Takes the compatibility of a subject away', async ({ subject }) => {
    const { compatibility } = await registry.settings(subject);
    if (!compatibility) throw new RegistryError(404, 40401, `Subject '${subject}' not found.`);
    await registry.clearCompatibility(subject);
    return { compatibilityLevel: compatibility };
  });
  add('GET', '/mode', 'reader', 'The global mode', async () => ({ mode: await registry.mode() }));
  add('PUT', '/mode', 'admin', 'Sets the global mode', async ({ body }) => {
    await registry.setMode(modeOf(body));
    return { mode: modeOf(body) };
  });
  add('DELETE', '/mode', 'admin', 'Sets the global mode back', async () => {
    const mode = await registry.mode();
    await registry.clearMode();
    return { mode };
  });
  add('GET', '/mode/:subject', 'reader', 'The mode of a subject', async ({ subject, flag }) => {
    const { mode } = await registry.settings(subject);
    if (mode) return { mode };
    if (flag('defaultToGlobal')) return { mode: await registry.mode(subject) };
    throw new RegistryError(404, 40409, `Subject '${subject}' does not have subject-level mode configured`);
  });
  add('PUT', '/mode/:subject', 'admin', 'Sets the mode of a subject', async ({ subject, body }) => {
    await registry.setMode(modeOf(body), subject);
    return { mode: modeOf(body) };
  });
  add('DELETE', '/mode/:subject', 'admin', 'Takes the mode of a subject away', async ({ subject }) => {
    const { mode } = await registry.settings(subject);
    if (!mode) throw new RegistryError(404, 40401, `Subject '${subject}' not found.`);
    await registry.clearMode(subject);
    return { mode };
  });
}
