// Records that cannot be decoded: each is set apart, and their schema is asked for once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MillraceError } from '../../src/core/errors.ts';
import { avroSchema } from '../../src/define/avro.ts';
import { type Fields, int, text, topic } from '../../src/index.ts';
import { BatchBuilder } from '../../src/log/batch.ts';
import { recordEncoder } from '../../src/log/encode.ts';
import { Preparer } from '../../src/process/duckdb/prepare.ts';

const kept = topic('kept', { id: int() });
const other = topic('other', { id: text() });
const schemaOf = ({ name, fields }: { name: string; fields: Fields }) => JSON.stringify(avroSchema(name, fields));
const ids = { kept: 1, other: 2, unknown: 3 };

test('a schema that fails is asked for once a micro-batch, and again in the next: it may be registered meanwhile', async () => {
  const schemas = new Map([
    [ids.kept, schemaOf(kept)],
    [ids.other, schemaOf(other)],
  ]);
  const asked: number[] = [];
  const preparer = new Preparer(kept, async (id) => {
    asked.push(id);
    const found = schemas.get(id);
    if (found === undefined) throw new MillraceError('NOT_FOUND', `there is no schema ${id}`);
    return found;
  });
  const builder = new BatchBuilder();
  for (let i = 0; i < 300; i++) {
    const of = i % 3;
    builder.begin(0, null);
    if (of === 0) recordEncoder(kept.fields, ids.kept)(builder, [i]);
    else if (of === 1) recordEncoder(other.fields, ids.other)(builder, [`not a number ${i}`]);
    else recordEncoder(kept.fields, ids.unknown)(builder, [i]);
    builder.end();
  }
  const batch = builder.take();
  const first = await preparer.prepare([batch]);
  assert.deepEqual(
    first.undecodable.map(({ offset }) => offset),
    Array.from({ length: 300 }, (_, i) => i).filter((i) => i % 3 !== 0),
  );
  assert.match(first.undecodable[0]!.reason, /^schema 2: /);
  assert.equal(first.undecodable[1]!.reason, 'schema 3: there is no schema 3');
  assert.equal(first.rows.count, 100);
  assert.deepEqual(asked, [1, 2, 3]);

  schemas.set(ids.unknown, schemaOf(kept));
  const second = await preparer.prepare([batch]);
  assert.equal(second.rows.count, 200);
  assert.equal(second.undecodable.length, 100);
  assert.deepEqual(asked, [1, 2, 3, 2, 3]);
});
