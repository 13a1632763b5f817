// Requests for every operation of the document: good ones, and those that provoke each error that only this operation has.
import { MillraceError } from '../../src/core/errors.ts';
import type { Backend } from '../../src/web/backend.ts';
import { fakeBackend } from './backend.ts';

/** A request; `path` has the values of the path's parameters in it. */
export type Request = {
  readonly path: string;
  readonly payload?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** What stands behind the API, where the usual fake does not do. */
  readonly backend?: Partial<Backend>;
};

/** By operation: what is asked for with success, and by status what is refused. */
export type Cases = { readonly good: readonly Request[]; readonly bad?: Readonly<Record<number, readonly Request[]>> };

const json = { 'content-type': 'application/json' };
const lines = { 'content-type': 'application/x-ndjson' };
const key = encodeURIComponent('["A","2026-11-22T08:00:00Z"]');
const failing = () =>
  fakeBackend()
    .pipelines()
    .map((view) => ({ ...view, status: 'failed' as const }));

const full = async () => {
  throw new MillraceError('DISK_FULL', 'no space is left', { remedy: 'Free some space.' });
};

const busy = async () => {
  throw new MillraceError('USAGE', "pipeline 'rides' is being rebuilt already", { remedy: 'Wait until that is done.' });
};

const lost = async () => {
  throw new MillraceError('NOT_FOUND', "pipeline 'rides' has no stream and no table 'nope'", {
    remedy: 'Name another.',
  });
};

export const cases: Readonly<Record<string, Cases>> = {
  'GET /api/health': {
    good: [{ path: '/api/health' }],
    bad: { 503: [{ path: '/api/health', backend: { pipelines: failing } }] },
  },
  'GET /metrics': { good: [{ path: '/metrics' }] },
  'GET /api/pipelines': { good: [{ path: '/api/pipelines' }] },
  'GET /api/pipelines/{name}': { good: [{ path: '/api/pipelines/rides' }, { path: '/api/pipelines/users' }] },
  'GET /api/pipelines/{name}/ledger': { good: [{ path: '/api/pipelines/rides/ledger' }] },
  'POST /api/pipelines/{name}/pause': { good: [{ path: '/api/pipelines/rides/pause' }] },
  'POST /api/pipelines/{name}/resume': { good: [{ path: '/api/pipelines/rides/resume' }] },
  'POST /api/pipelines/{name}/rebuild': {
    good: [
      { path: '/api/pipelines/rides/rebuild', payload: {}, headers: json },
      { path: '/api/pipelines/rides/rebuild', payload: { names: ['minutes'], partial: true }, headers: json },
    ],
    bad: {
      400: [
        { path: '/api/pipelines/rides/rebuild', payload: { names: 'minutes' }, headers: json },
        { path: '/api/pipelines/rides/rebuild', payload: {}, headers: json, backend: { rebuild: busy } },
      ],
      404: [
        {
          path: '/api/pipelines/rides/rebuild',
          payload: { names: ['nope'] },
          headers: json,
          backend: { rebuild: lost },
        },
      ],
    },
  },
  'DELETE /api/pipelines/{name}/rebuild': {
    good: [{ path: '/api/pipelines/rides/rebuild' }],
    bad: { 404: [{ path: '/api/pipelines/rides/rebuild', backend: { cancelRebuild: lost } }] },
  },
  'GET /api/pipelines/{name}/charts': { good: [{ path: '/api/pipelines/rides/charts' }] },
  'GET /api/pipelines/{name}/charts/{id}/data': {
    good: [
      { path: '/api/pipelines/rides/charts/chart-0/data' },
      { path: '/api/pipelines/rides/charts/chart-0/data?from=2026-11-22&to=1795334648000&where.zone=A&where.km.gt=1' },
    ],
    bad: {
      400: [
        { path: '/api/pipelines/rides/charts/chart-0/data?from=yesterday' },
        { path: '/api/pipelines/rides/charts/chart-0/data?where.nope=1' },
      ],
      404: [{ path: '/api/pipelines/rides/charts/nope/data' }],
    },
  },
  'GET /api/topics': { good: [{ path: '/api/topics' }] },
  'GET /api/topics/{name}': { good: [{ path: '/api/topics/rides' }, { path: '/api/topics/users' }] },
  'GET /api/topics/{name}/records': {
    good: [
      { path: '/api/topics/rides/records' },
      { path: '/api/topics/rides/records?partition=1&offset=3&limit=7' },
      { path: '/api/topics/rides/records?at=2026-11-22T08:01:00Z&search=ZONE' },
      { path: '/api/topics/users/records?limit=1000' },
    ],
    bad: {
      400: [
        { path: '/api/topics/rides/records?offset=1' },
        { path: '/api/topics/rides/records?partition=0&offset=9999' },
        { path: '/api/topics/rides/records?limit=0' },
        { path: '/api/topics/rides/records?limit=1001' },
        { path: '/api/topics/rides/records?limit=1&limit=2' },
        { path: '/api/topics/rides/records?at=noon' },
      ],
      404: [{ path: '/api/topics/rides/records?partition=2' }],
    },
  },
  'POST /api/topics/{name}/records': {
    good: [
      { path: '/api/topics/rides/records', payload: { id: 'a' } },
      { path: '/api/topics/rides/records', payload: [{ id: 'a' }, { id: 5 }, null] },
      { path: '/api/topics/rides/records', payload: [] },
      { path: '/api/topics/rides/records', payload: '{"id":"a"}\nno json\n\n{"id":"b"}\n', headers: lines },
      {
        path: '/api/topics/users/records',
        payload: { id: 'a' },
        headers: { 'x-millrace-signature': 'sha256=00', 'idempotency-key': 'k' },
      },
    ],
    bad: {
      400: [
        { path: '/api/topics/rides/records', payload: '{', headers: json },
        { path: '/api/topics/rides/records', payload: '', headers: json },
        { path: '/api/topics/rides/records', payload: [{ id: 1 }, 'text'] },
        { path: '/api/topics/rides/records', payload: 'no json', headers: lines },
        { path: '/api/topics/rides/records', payload: { id: 'a' }, headers: { 'idempotency-key': 'k'.repeat(256) } },
      ],
      401: [
        { path: '/api/topics/users/records', payload: { id: 'a' } },
        // what is not signed is not read
        { path: '/api/topics/users/records', payload: '{', headers: json },
      ],
      503: [{ path: '/api/topics/rides/records', payload: { id: 'a' }, backend: { post: full } }],
      415: [{ path: '/api/topics/rides/records', payload: { id: 'a' }, headers: { 'content-encoding': 'gzip' } }],
    },
  },
  'GET /api/tables': { good: [{ path: '/api/tables' }] },
  'GET /api/tables/{name}': { good: [{ path: '/api/tables/users' }, { path: '/api/tables/fare_by_zone' }] },
  'GET /api/tables/{name}/rows': {
    good: [
      { path: '/api/tables/users/rows' },
      { path: '/api/tables/users/rows?format=csv' },
      { path: '/api/tables/users/rows?format=ndjson&limit=3' },
      { path: '/api/tables/rides/rows?where.zone=A&where.km.gt=3&order=-at,zone&limit=1000' },
      { path: '/api/tables/rides/rows?where.zone.in=A&where.zone.in=B&where.driver.missing=false&where.id.like=r%25' },
    ],
    bad: {
      400: [
        { path: '/api/tables/rides/rows?where.km=far' },
        { path: '/api/tables/rides/rows?where.nope=1' },
        { path: '/api/tables/rides/rows?where.km.near=1' },
        { path: '/api/tables/rides/rows?order=nope' },
        { path: '/api/tables/rides/rows?limit=1001' },
        { path: '/api/tables/rides/rows?after=x' },
        { path: '/api/tables/rides/rows?format=xml' },
        { path: '/api/tables/rides/rows?where=1' },
      ],
    },
  },
  'GET /api/tables/{name}/rows/{key}': {
    good: [
      { path: '/api/tables/rides/rows/r0001' },
      { path: '/api/tables/users/rows/9223372036854775807' },
      { path: `/api/tables/fare_by_zone/rows/${key}` },
    ],
    bad: {
      400: [{ path: '/api/tables/users/rows/x' }, { path: '/api/tables/fare_by_zone/rows/A' }],
      404: [{ path: '/api/tables/rides/rows/nope' }],
    },
  },
  'POST /api/query': {
    good: [
      { path: '/api/query', payload: { sql: 'select 1' } },
      { path: '/api/query', payload: { sql: 'select 1', rowsMax: 1, msMax: 100 } },
    ],
    bad: {
      400: [
        { path: '/api/query', payload: { sql: 'drop table rides' } },
        { path: '/api/query', payload: { sql: 'select 1', rows: 5 } },
        { path: '/api/query', payload: { sql: 'select 1', rowsMax: '5' } },
        { path: '/api/query', payload: {} },
        { path: '/api/query', payload: '{', headers: json },
        { path: '/api/query' },
      ],
    },
  },
  'GET /api/dead': {
    good: [
      { path: '/api/dead' },
      { path: '/api/dead?pipeline=rides&stage=fares&kind=late&code=RECORD_LATE&limit=1&after=9' },
    ],
    bad: { 400: [{ path: '/api/dead?kind=ill' }, { path: '/api/dead?after=x' }] },
  },
  'GET /api/dead/{id}': {
    good: [{ path: '/api/dead/1' }, { path: '/api/dead/7' }],
    bad: { 400: [{ path: '/api/dead/x' }] },
  },
  'POST /api/dead/redrive': {
    good: [
      { path: '/api/dead/redrive', payload: { pipeline: 'rides', ids: [1] } },
      { path: '/api/dead/redrive', payload: { pipeline: 'rides', ids: [2, 99] } },
      { path: '/api/dead/redrive', payload: { pipeline: 'rides', ids: [3], replacement: '{}', isTrial: true } },
      { path: '/api/dead/redrive', payload: { pipeline: 'rides', stage: 'rides', kind: 'dead', code: 'ROW_FAILED' } },
    ],
    bad: {
      400: [
        { path: '/api/dead/redrive', payload: { ids: [1] } },
        { path: '/api/dead/redrive', payload: { pipeline: 'rides', ids: ['1'] } },
      ],
      404: [
        { path: '/api/dead/redrive', payload: { pipeline: 'nope' } },
        { path: '/api/dead/redrive', payload: { pipeline: 'rides', ids: [99] } },
      ],
    },
  },
  'GET /api/session': { good: [{ path: '/api/session' }] },
};
