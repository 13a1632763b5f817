// The contract of a source, as a suite that runs on every adapter.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MillraceError } from '../../src/core/errors.ts';
import type { Value } from '../../src/define/accept.ts';
import { type Fields, text } from '../../src/define/fields.ts';
import type {
  CheckOptions,
  EndsSource,
  OpenSource,
  ReviveSource,
  Source,
  SourceContext,
} from '../../src/ingest/source.ts';
import { context, type Gathered, gather } from '../ingest/tools.ts';

/** A source to try: it must come to an end, and have at least 3 rows and 1 refusal. */
export type Subject = {
  readonly open: OpenSource;
  readonly revive: ReviveSource;
  readonly checkOptions: CheckOptions;
  readonly ends: EndsSource;
  readonly options: Readonly<Record<string, unknown>>;
  readonly fields: Fields;
  /** Files, fetch and what else it needs. */
  readonly given: Partial<SourceContext>;
  readonly rows: number;
  readonly refusals: number;
  readonly replayable: boolean;
};

/** Runs the suite on one adapter. */
export function sourceContract(name: string, make: () => Promise<Subject>): void {
  async function opened(given: Partial<SourceContext> = {}): Promise<{ subject: Subject; source: Source }> {
    const subject = await make();
    const source = await subject.open(subject.options, context(subject.fields, { ...subject.given, ...given }));
    return { subject, source };
  }
  async function read(given: Partial<SourceContext> = {}): Promise<Gathered & { subject: Subject }> {
    const { subject, source } = await opened(given);
    return { ...(await gather(source)), subject };
  }
  const numbers = (all: Gathered) =>
    [...all.sequences, ...all.refusals.map((one) => one.sequence)].sort((a, b) => a - b);

  describe(`the contract of a source, kept by ${name}`, () => {
    test('gives every row and every refusal, each with a number of its own that only grows', async () => {
      const all = await read();
      assert.equal(all.rows.length, all.subject.rows);
      assert.equal(all.refusals.length, all.subject.refusals);
      assert.equal(all.sequences.length, all.rows.length);
      assert.deepEqual(
        all.sequences,
        [...all.sequences].sort((a, b) => a - b),
      );
      assert.equal(new Set(numbers(all)).size, all.subject.rows + all.subject.refusals);
    });

    test('gives values in the order of the fields, and none for what it refuses', async () => {
      const all = await read();
      const count = Object.keys(all.subject.fields).length;
      assert.ok(all.rows.every((row) => row.length === count && row.every((value) => value !== undefined)));
      for (const one of all.refusals) {
        assert.ok(one.error instanceof MillraceError);
        assert.equal(one.error.reaction, 'reject');
        assert.ok(one.error.remedy && one.place);
        assert.ok(one.bytes instanceof Uint8Array);
      }
    });

    test('numbers what it reads for the first time from nextSequence', async () => {
      const all = await read({ nextSequence: 5000 });
      assert.equal(numbers(all)[0], 5000);
    });

    test('says where it is in plain JSON', async () => {
      const all = await read();
      for (const { position } of all.batches) assert.deepEqual(JSON.parse(JSON.stringify(position)), position);
    });

    test('gives the same again from its beginning, and the rest from each position, where it is replayable', async (t) => {
      const whole = await read();
      const { source } = await opened();
      assert.equal(source.replayable, whole.subject.replayable);
      await source.close();
      if (!whole.subject.replayable) return t.skip('it is not replayable');
      const again = await read();
      assert.deepEqual([again.rows, numbers(again)], [whole.rows, numbers(whole)]);
      let rows: Value[][] = [];
      let refusals: number[] = [];
      for (const batch of whole.batches) {
        rows = [...rows, ...batch.rows];
        refusals = [...refusals, ...batch.refusals.map((one) => one.sequence)];
        const rest = await read({ position: JSON.parse(JSON.stringify(batch.position)), nextSequence: 999_999 });
        assert.deepEqual([...rows, ...rest.rows], whole.rows);
        assert.deepEqual(
          [...refusals, ...rest.refusals.map((one) => one.sequence)],
          whole.refusals.map((one) => one.sequence),
        );
      }
    });

    test('reads the bytes of a refusal again, and says why it is still refused', async () => {
      const { source, subject } = await opened();
      const all = await gather(source);
      assert.equal(all.refusals.length, subject.refusals);
      const revive = await subject.revive(subject.options, context(subject.fields, subject.given));
      for (const one of all.refusals) {
        assert.throws(() => source.revive(one.bytes), MillraceError);
        assert.throws(() => revive(one.bytes), MillraceError);
      }
    });

    test('reads a refusal again that the fields accept by now', async () => {
      const { subject, source } = await opened();
      const { refusals } = await gather(source);
      const fields = Object.fromEntries(Object.keys(subject.fields).map((name) => [name, text()]));
      const revive = await subject.revive(subject.options, context(fields, subject.given));
      for (const one of refusals) assert.equal(revive(one.bytes).length, Object.keys(fields).length);
    });

    test('ends after the batch at hand when it is told to stop', async () => {
      const stop = new AbortController();
      const { source } = await opened({ signal: stop.signal });
      let batches = 0;
      for await (const _ of source.batches()) {
        batches++;
        stop.abort();
      }
      assert.equal(batches, 1);
      await source.close();
      await source.close();
    });

    test('ends without a batch when it is told to stop before', async () => {
      const stop = new AbortController();
      const { source } = await opened({ signal: stop.signal });
      stop.abort();
      for await (const _ of source.batches()) assert.fail('a batch came');
      await source.close();
    });

    test('says from its options alone whether it has an end', async () => {
      const { subject, source } = await opened();
      assert.deepEqual([source.finite, subject.ends(subject.options)], [true, true]);
      await source.close();
    });

    test('refuses an option that it does not have, and one of a wrong type, by name', async () => {
      const { checkOptions, options, fields } = await make();
      checkOptions(options, fields, 'the test');
      const name = Object.keys(options)[0]!;
      for (const wrong of [
        { ...options, nonsense: 1 },
        { ...options, [name]: Symbol.iterator },
      ]) {
        assert.throws(
          () => checkOptions(wrong, fields, 'the test'),
          (error) =>
            error instanceof MillraceError &&
            error.code === 'OPTION_INVALID' &&
            error.place === 'the test' &&
            (error.message.includes("'nonsense'") || error.message.includes(`'${name}'`)),
        );
      }
    });
  });
}
