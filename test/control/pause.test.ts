// Pausing: nothing is processed, what is posted is kept, over restarts too; the ledger balances all the while.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { statusLine } from '../../src/cli/status.ts';
import { int, pipeline, simulate, table, topic } from '../../src/index.ts';
import { one, rides } from './rides.ts';
import { serving, temporary, until } from './tools.ts';

const limited = { timeout: 60_000 };
const numbers = topic('numbers', { n: int() }).from(
  simulate({
    seed: 1,
    rate: '100000/s',
    rows: function* () {
      for (let n = 0; ; n++) yield { n };
    },
  }),
);
const counting = pipeline('counting', { tables: [table('kept', numbers, { key: 'n' })] });

describe('a paused pipeline', limited, () => {
  test('keeps what is posted in the log, and processes it when it is resumed', async (t) => {
    const { backend, post, view, node, settled } = await serving(t, await temporary(t), [rides]);
    await post('ride', one(1));
    await settled();
    await backend.pause('rides');
    assert.equal(view().status, 'paused');
    const { accepted } = await post('ride', one(2), one(3));
    assert.equal(accepted, 2);
    const { in: arrived, out, inFlight, balanced } = view().ledger;
    assert.deepEqual([arrived, out, inFlight, balanced], [3, 1, 2, true]);
    assert.deepEqual([node('topic:ride').state, node('table:paid').state], ['paused', 'paused']);
    assert.equal(node('topic:ride').lagRecords, 2);
    const lag = node('topic:ride').lagSeconds!;
    await until('the lag grows', () => node('topic:ride').lagSeconds! > lag);
    assert.equal((await backend.table('paid')).rows, 1);
    await backend.resume('rides');
    await settled();
    assert.equal(view().status, 'healthy');
    assert.deepEqual([view().ledger.out, view().ledger.balanced, node('topic:ride').lagSeconds], [3, true, 0]);
    for (const call of [backend.pause('other'), backend.resume('other')])
      await assert.rejects(call, { code: 'NOT_FOUND' });
  });

  test('takes no more after the micro-batch at hand, and its sources wait', async (t) => {
    const { backend, view, running } = await serving(t, await temporary(t), [counting]);
    await until('it runs', () => view().ledger.out > 1000);
    await backend.pause('counting');
    const { out } = view().ledger;
    // the source ends its batch, and then waits for room
    await until('the source waits', async () => {
      const { read } = running.status()[0]!.sources[0]!;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return read === running.status()[0]!.sources[0]!.read;
    });
    assert.equal(view().ledger.out, out);
    assert.ok(view().ledger.balanced);
    assert.equal(view().nodes[0]!.state, 'paused');
    assert.match(statusLine(running.status()[0]!), /^counting {2}paused {2}/);
    await backend.resume('counting');
    await until('it goes on', () => view().ledger.out > out);
  });

  test('stays so over restarts, and stops like any other', async (t) => {
    const folder = await temporary(t);
    const first = await serving(t, folder, [counting]);
    await until('it runs', () => first.view().ledger.out > 1000);
    await first.backend.pause('counting');
    const { out } = first.view().ledger;
    assert.equal(await first.running.stop(), true);
    assert.equal(first.view().status, 'paused');
    await first.stop();

    const second = await serving(t, folder, [counting]);
    assert.equal(second.view().status, 'paused');
    assert.equal(second.view().ledger.out, out);
    assert.ok(second.view().ledger.balanced);
    await second.backend.resume('counting');
    await until('it goes on', () => second.view().ledger.out > out);
    await second.stop();

    const third = await serving(t, folder, [counting]);
    assert.notEqual(third.view().status, 'paused');
  });

  test('is no part of a run that is to end by itself: that is refused, with what to do', async (t) => {
    const folder = await temporary(t);
    const few = topic('few', { n: int() }).from(
      simulate({
        seed: 1,
        count: 10,
        rows: function* () {
          for (let n = 0; ; n++) yield { n };
        },
      }),
    );
    const made = pipeline('few', { tables: [table('kept', few, { key: 'n' })] });
    const first = await serving(t, folder, [made]);
    await first.backend.pause('few');
    await first.stop();
    await assert.rejects(serving(t, folder, [made], { once: true }), (error: Error & Record<string, unknown>) => {
      assert.equal(error.code, 'USAGE');
      assert.match(error.message, /paused/);
      assert.match(String(error.remedy), /POST \/api\/pipelines\/few\/resume/);
      return true;
    });
    const second = await serving(t, folder, [made]);
    await second.backend.resume('few');
    await until('all is there', () => second.view().ledger.out === 10);
  });

  test('in a run that is to end by itself holds it up until it is resumed', async (t) => {
    const slow = topic('slow', { n: int() }).from(
      simulate({
        seed: 1,
        count: 3000,
        rate: '3000/s',
        rows: function* () {
          for (let n = 0; ; n++) yield { n };
        },
      }),
    );
    const made = pipeline('slow', { tables: [table('kept', slow, { key: 'n' })] });
    const { backend, view, running } = await serving(t, await temporary(t), [made], { once: true });
    await backend.pause('slow');
    await backend.pause('slow');
    assert.equal(view().status, 'paused');
    await backend.resume('slow');
    await running.done;
    assert.deepEqual([view().status, view().ledger.out], ['stopped', 3000]);
  });
});
