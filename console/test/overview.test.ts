// What the overview says about pipelines: what needs attention, and whether the ledger balances.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { GraphNode, Ledger, PipelineView } from '../../src/web/schemas.ts';
import { LagMemory, mattersOf } from '../src/pages/overview/attention.ts';
import { imbalanceOf, missingRecords } from '../src/pages/overview/ledger-sum.ts';

const ledger: Ledger = {
  in: 100,
  out: 100,
  filtered: 0,
  deduplicated: 0,
  late: 0,
  dead: 0,
  inFlight: 0,
  balanced: true,
};

const rides: GraphNode = {
  id: 'topic:rides',
  noun: 'topic',
  name: 'rides',
  label: 'key zone',
  state: 'flowing',
  ratePerSecond: 10,
  lagRecords: 40,
  lagSeconds: 0,
};

function view(other: Partial<PipelineView> = {}): PipelineView {
  return {
    name: 'fares',
    status: 'healthy',
    ledger,
    nodes: [rides],
    edges: [],
    charts: 0,
    recordsPerSecond: 10,
    bytesPerSecond: 100,
    run: { startedAt: 0, records: 100, seconds: 10 },
    parts: {},
    ...other,
  };
}

const said = (views: PipelineView[], lags = new LagMemory()) =>
  mattersOf(views, lags).map(({ weight, title, action }) => [weight, title, action]);

describe('what needs attention', () => {
  test('a healthy pipeline whose records are all accounted for needs none', () => {
    assert.deepEqual(said([view()]), []);
  });

  test('late records are told with their count and a way to them; a few of many are no warning', () => {
    const few = view({ ledger: { ...ledger, in: 1_000, out: 999, late: 1 } });
    const many = view({ ledger: { ...ledger, out: 60, late: 40 } });
    assert.deepEqual(said([few]), [['plain', 'has late records', 'late']]);
    assert.deepEqual(said([many]), [['warn', 'has late records', 'late']]);
    assert.match(mattersOf([many], new LagMemory())[0]?.text ?? '', /^40 records came when their window was closed/);
  });

  test('where most records come too late that is told once, and leads to them', () => {
    const reason = 'most records come too late for the windows of stream minutes: one may have moved the watermark';
    const degraded = view({ status: 'degraded', reason, ledger: { ...ledger, out: 10, late: 90 } });
    assert.deepEqual(said([degraded]), [['warn', 'is degraded', 'late']]);
  });

  test('dead and late records at once are told one by one, each with its way', () => {
    const reason = '6 records are in the dead letters; most records come too late for the windows of stream minutes';
    const both = view({ status: 'degraded', reason, ledger: { ...ledger, out: 54, late: 40, dead: 6 } });
    assert.deepEqual(said([both]), [
      ['warn', 'is degraded', 'dead'],
      ['warn', 'has late records', 'late'],
    ]);
  });

  test('the worst comes first, whichever pipeline it is of', () => {
    const late = view({ name: 'slow', status: 'paused' });
    const failed = view({ name: 'broken', status: 'failed', reason: 'The disk is full.' });
    assert.deepEqual(said([late, failed]), [
      ['bad', 'failed', 'open'],
      ['warn', 'is paused', 'resume'],
    ]);
  });

  test('what has failed is opened, or restarted where the server can', () => {
    const failed = view({ status: 'failed', reason: 'The disk is full.' });
    assert.deepEqual(said([failed]), [['bad', 'failed', 'open']]);
    assert.deepEqual(said([{ ...failed, canRestart: true } as PipelineView]), [['bad', 'failed', 'restart']]);
  });

  test('dead letters are told once, whether the server gives them as the reason or not', () => {
    const dead = { ...ledger, out: 97, dead: 3 };
    assert.deepEqual(said([view({ ledger: dead })]), [['warn', 'has dead letters', 'dead']]);
    const degraded = view({ ledger: dead, status: 'degraded', reason: '3 records are in the dead letters.' });
    assert.deepEqual(said([degraded]), [['warn', 'is degraded', 'dead']]);
  });

  test('a ledger that does not balance is bad, and says how many records are missing', () => {
    const wrong = { ...ledger, out: 92, balanced: false };
    assert.equal(missingRecords(wrong), 8);
    assert.match(mattersOf([view({ ledger: wrong })], new LagMemory())[0]?.text ?? '', /^8 records came in/);
  });

  test('a ledger of which a table has other rows than it has counted says which', () => {
    const wrongTables = [{ table: 'latest', rows: 1, counted: 1200 }];
    const wrong = { ...ledger, balanced: false, wrongTables };
    assert.equal(
      mattersOf([view({ ledger: wrong })], new LagMemory())[0]?.text,
      'Table latest has 1 row, and 1,200 by its counts.',
    );
    assert.equal(imbalanceOf(wrong).short, 'latest has other rows');
    const two = [...wrongTables, { table: 'all', rows: 2, counted: 1 }];
    assert.equal(imbalanceOf({ ...wrong, wrongTables: two }).short, '2 tables have other rows');
    assert.equal(imbalanceOf({ ...ledger, balanced: false }).short, 'not balanced');
  });

  test('a lag is told when it grows over seconds, and not while it is being worked off', () => {
    const lagging = (seconds: number) => [view({ nodes: [{ ...rides, lagSeconds: seconds }] })];
    const growing = new LagMemory();
    for (let second = 0; second <= 10; second++) growing.remember(lagging(4 + second), second * 1_000);
    assert.deepEqual(said(lagging(14), growing), [['warn', 'falls behind on rides', 'open']]);
    const shrinking = new LagMemory();
    for (let second = 0; second <= 10; second++) shrinking.remember(lagging(40 - second), second * 1_000);
    assert.deepEqual(said(lagging(30), shrinking), []);
  });

  test('a source that was lost is bad; one that only has news is not', () => {
    const source: GraphNode = {
      ...rides,
      id: 'source:rides/http',
      noun: 'source',
      name: 'rides/http',
      notice: 'No answer.',
    };
    const notices = said([
      view({ nodes: [source, { ...source, id: 'source:rides/csv', name: 'rides/csv', state: 'failed' }] }),
    ]);
    assert.deepEqual(notices, [
      ['bad', 'lost source rides/csv', 'open'],
      ['plain', 'has a notice of source rides/http', 'open'],
    ]);
  });
});
