// Reports of sources on their way into the engine: none is lost or counted twice, and many of them make sources wait.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Reports } from '../../src/control/reports.ts';
import { MillraceError } from '../../src/core/errors.ts';
import { limits } from '../../src/core/limits.ts';
import type { SourceReport } from '../../src/process/engine.ts';

const error = new MillraceError('RECORD_INVALID', 'no record');

function report(source: string, sequences: readonly number[], bytes: Uint8Array = Buffer.from('x')): SourceReport {
  const refusals = sequences.map((sequence) => ({ sequence, bytes, error, place: `line ${sequence}` }));
  const next = (sequences.at(-1) ?? -1) + 1;
  return { source, topic: 't', progress: { position: undefined, next, read: next, refused: next }, refusals };
}

test('what is taken counts until it is committed, and comes again in its order where it is given back', () => {
  const step = fc.oneof(
    fc.record({ does: fc.constant('add' as const), source: fc.constantFrom('a', 'b'), count: fc.nat(3) }),
    fc.record({ does: fc.constantFrom('commit' as const, 'giveBack' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const reports = new Reports();
      let [next, committed] = [0, 0];
      for (const one of steps) {
        if (one.does === 'add') {
          reports.add(
            report(
              one.source,
              Array.from({ length: one.count }, () => next++),
            ),
          );
        } else {
          const taken = reports.take().flatMap(({ refusals }) => refusals.map(({ sequence }) => sequence));
          assert.deepEqual(
            taken,
            Array.from({ length: next - committed }, (_, i) => committed + i),
          );
          assert.equal(reports.refusals, next - committed);
          if (one.does === 'commit') {
            reports.committed();
            committed = next;
          } else reports.giveBack();
        }
        assert.equal(reports.refusals, next - committed);
      }
    }),
  );
});

test('what waits of a topic can be taken for somebody else to commit, and is then gone', () => {
  const reports = new Reports();
  reports.add(report('a', [1]));
  reports.add({ ...report('b', [2]), topic: 'other' });
  reports.add(report('a', [3]));
  const sequences = (some: readonly SourceReport[]) => some.flatMap((one) => one.refusals.map((each) => each.sequence));
  assert.deepEqual(sequences(reports.takeOf('t')), [1, 3]);
  assert.deepEqual([reports.refusals, sequences(reports.take())], [1, [2]]);
});

test('sources wait for many refusals, and for large ones', () => {
  const many = new Reports();
  many.add(
    report(
      'a',
      Array.from({ length: limits.batchRecordsMax }).map((_, i) => i),
    ),
  );
  assert.equal(many.isFull, false);
  many.take();
  many.add(report('a', [limits.batchRecordsMax]));
  assert.equal(many.isFull, true);
  many.committed();
  assert.equal(many.isFull, false);
  const large = new Reports();
  large.add(report('a', [0, 1, 2], new Uint8Array(limits.recordBytesMax)));
  assert.equal(large.isFull, true);
});

const sequencesOf = (reports: readonly SourceReport[]) =>
  reports.flatMap(({ refusals }) => refusals.map(({ sequence }) => sequence));

test('what is given back stands before what came meanwhile, so that the newest position is saved last', () => {
  const reports = new Reports();
  reports.add(report('a', [0]));
  reports.take();
  reports.add(report('a', [1]));
  reports.giveBack();
  const taken = reports.take();
  assert.deepEqual(sequencesOf(taken), [0, 1]);
  assert.equal(taken.at(-1)!.progress.next, 2);
});

test('reports are saved when they were given and committed, and those that came meanwhile are not', () => {
  const reports = new Reports();
  reports.add(report('a', [0]));
  reports.add(report('a', [1]));
  assert.deepEqual([reports.added, reports.areSaved(0), reports.areSaved(1)], [2, true, false]);
  reports.take();
  reports.add(report('a', [2]));
  assert.equal(reports.areSaved(1), false);
  reports.committed();
  assert.deepEqual([reports.areSaved(2), reports.areSaved(3)], [true, false]);
  reports.take();
  reports.giveBack();
  assert.equal(reports.areSaved(3), false);
  reports.take();
  reports.committed();
  assert.equal(reports.areSaved(3), true);
});
