// A schema registry that is reached over HTTP, as any client of Confluent's reaches one: it knows nothing but that API.
import { type Code, MillraceError } from '../../src/core/errors.ts';
import type { Compatibility, CompatibilityResult, Mode, Registry, SchemaVersion } from '../../src/log/registry.ts';
import type { App } from '../../src/web/app.ts';

const type = 'application/vnd.schemaregistry.v1+json';
const at = encodeURIComponent;

type Failure = { error_code: number; message: string };
class Failed extends Error {
  readonly code: number;
  constructor({ error_code, message }: Failure) {
    super(message);
    this.code = error_code;
  }
}

/** The registry behind an app's `/registry`. */
export function registryClient(app: App, closed: () => Promise<void>): Registry {
  async function call<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<T> {
    const answer = await app.inject({
      method,
      url: `/registry${path}`,
      headers: { accept: type, ...(body ? { 'content-type': type } : {}) },
      ...(body ? { payload: JSON.stringify(body) } : {}),
    });
    if (answer.statusCode >= 400) throw new Failed(answer.json<Failure>());
    return answer.json<T>();
  }
  /** Errors of the API as ours: `not` is what a 404 names. */
  async function ours<T>(work: Promise<T>, not: string, invalid: Code = 'SCHEMA_INVALID'): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof Failed)) throw error;
      throw new MillraceError(
        codeOf(error.code, invalid),
        [40401, 40402, 40403].includes(error.code) ? `there is no ${not}` : error.message,
        {
          remedy: 'See the API.',
        },
      );
    }
  }
  const flags = (given: object | undefined) => {
    const query = new URLSearchParams(
      Object.entries(given ?? {}).map(([name, value]): [string, string] => [name, String(value)]),
    );
    return query.size > 0 ? `?${query}` : '';
  };
  const orNone = async <T>(work: Promise<T[]>): Promise<T[]> =>
    work.catch((error) => {
      if (error instanceof Failed && error.code === 40401) return [];
      throw error;
    });
  const versionOf = (subject: string, version: number | 'latest', options?: { deleted?: boolean }) =>
    ours(
      call<SchemaVersion>('GET', `/subjects/${at(subject)}/versions/${version}${flags(options)}`),
      version === 'latest' ? `subject '${subject}'` : `version ${version} of subject '${subject}'`,
    );

  const client: Registry = {
    subjects: (options) => call('GET', `/subjects${flags(options)}`),
    versions: (subject, options) => orNone(call<number[]>('GET', `/subjects/${at(subject)}/versions${flags(options)}`)),
    version: versionOf,
    schema: async (id) => (await ours(call<{ schema: string }>('GET', `/schemas/ids/${id}`), `schema ${id}`)).schema,
    usesOf: (id, options) =>
      call<{ subject: string; version: number }[]>('GET', `/schemas/ids/${id}/versions${flags(options)}`).catch(
        (error) => {
          if (error instanceof Failed && error.code === 40403) return [];
          throw error;
        },
      ),
    async find(subject, schema, options) {
      try {
        return await call<SchemaVersion>('POST', `/subjects/${at(subject)}${flags(options)}`, { schema });
      } catch (error) {
        if (error instanceof Failed && (error.code === 40401 || error.code === 40403)) return undefined;
        throw error;
      }
    },
    async register(subject, schema, { instead = [] } = {}) {
      // a path cannot name an empty subject
      if (subject === '') throw new MillraceError('NAME_INVALID', 'a subject has a name', { remedy: 'Give one.' });
      const post = () => ours(call('POST', `/subjects/${at(subject)}/versions`, { schema }), `subject '${subject}'`);
      if (instead.length === 0) await post();
      else await registerInstead(subject, schema, instead, post);
      return call<SchemaVersion>('POST', `/subjects/${at(subject)}`, { schema });
    },
    async check(subject, schema, against): Promise<CompatibilityResult> {
      const path = `/compatibility/subjects/${at(subject)}/versions${against === undefined ? '' : `/${against}`}?verbose=true`;
      const work = call<{ is_compatible: boolean; messages: string[] }>('POST', path, { schema });
      const answer = await ours(work, `version ${against} of subject '${subject}'`);
      return { compatible: answer.is_compatible, messages: answer.messages };
    },
    async compatibility(subject) {
      const path = subject === undefined ? '/config' : `/config/${at(subject)}?defaultToGlobal=true`;
      return (await call<{ compatibilityLevel: Compatibility }>('GET', path)).compatibilityLevel;
    },
    async setCompatibility(compatibility, subject) {
      await ours(
        call('PUT', subject === undefined ? '/config' : `/config/${at(subject)}`, { compatibility }),
        '',
      ).catch((error) => {
        throw error.message.includes('compatibility level')
          ? new MillraceError('OPTION_INVALID', `${compatibility}: ${error.message}`, { remedy: 'Mind the values.' })
          : error;
      });
    },
    clearCompatibility: async (subject) =>
      void (await call('DELETE', subject === undefined ? '/config' : `/config/${at(subject)}`)),
    async mode(subject) {
      const path = subject === undefined ? '/mode' : `/mode/${at(subject)}?defaultToGlobal=true`;
      return (await call<{ mode: Mode }>('GET', path)).mode;
    },
    setMode: async (mode, subject) =>
      void (await ours(
        call('PUT', subject === undefined ? '/mode' : `/mode/${at(subject)}`, { mode }),
        '',
        'OPTION_INVALID',
      )),
    clearMode: async (subject) => void (await call('DELETE', subject === undefined ? '/mode' : `/mode/${at(subject)}`)),
    async settings(subject) {
      const own = <T>(work: Promise<T>) =>
        work.catch((error) => {
          if (error instanceof Failed && (error.code === 40408 || error.code === 40409)) return undefined;
          throw error;
        });
      const level = await own(call<{ compatibilityLevel: Compatibility }>('GET', `/config/${at(subject)}`));
      const mode = await own(call<{ mode: Mode }>('GET', `/mode/${at(subject)}`));
      return { compatibility: level?.compatibilityLevel, mode: mode?.mode };
    },
    deleteSubject: (subject, options) => {
      const work = call<number[]>('DELETE', `/subjects/${at(subject)}${flags(options)}`);
      return ours(work.catch(deleted), `subject '${subject}'`);
    },
    deleteVersion: (subject, version, options) => {
      const work = call<number>('DELETE', `/subjects/${at(subject)}/versions/${version}${flags(options)}`);
      return ours(work.catch(deleted), `version ${version} of subject '${subject}'`);
    },
    close: closed,
  };

  /** The API has no such request: those that stay are asked one by one, and the subject takes any schema for a moment. */
  async function registerInstead(
    subject: string,
    schema: string,
    instead: readonly number[],
    post: () => Promise<unknown>,
  ): Promise<void> {
    const left = (await client.versions(subject)).filter((version) => !instead.includes(version));
    const isTransitive = (await client.compatibility(subject)).endsWith('_TRANSITIVE');
    for (const version of isTransitive ? left : left.slice(-1)) {
      const { compatible, messages } = await client.check(subject, schema, version);
      if (!compatible)
        throw new MillraceError('SCHEMA_INCOMPATIBLE', messages.join('; '), { remedy: 'Change the fields named.' });
    }
    const { compatibility: own } = await client.settings(subject);
    await client.setCompatibility('NONE', subject);
    try {
      await post();
    } finally {
      await (own ? client.setCompatibility(own, subject) : client.clearCompatibility(subject));
    }
    for (const version of instead) await client.deleteVersion(subject, version);
  }
  return client;
}

/** What is soft-deleted, or not yet, in the words of the contract. */
function deleted(error: unknown): never {
  if (!(error instanceof Failed)) throw error;
  const named = error.message.replace("Subject '", "subject '").replace('Version ', 'version ');
  if (error.code === 40404 || error.code === 40406)
    throw new MillraceError('NOT_FOUND', `${named}: deleted already`, { remedy: 'Delete it permanently.' });
  if (error.code === 40405 || error.code === 40407)
    throw new MillraceError('OPTION_INVALID', named, { remedy: 'Delete it softly first.' });
  throw error;
}

function codeOf(code: number, invalid: Code): Code {
  if (code === 409) return 'SCHEMA_INCOMPATIBLE';
  if (code === 42208) return 'NAME_INVALID';
  return code >= 40400 && code < 40500 ? 'NOT_FOUND' : invalid;
}
