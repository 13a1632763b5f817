// Queries to begin with: SQL that DuckDB takes, whatever the columns are called.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { sqlName } from '../src/sql/examples.ts';

describe('names in queries', () => {
  test('every keyword of DuckDB is quoted where it would be no name', async () => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const words = await connection.runAndReadAll('select keyword_name from duckdb_keywords()');
    for (const [word] of words.getRows()) {
      const name = sqlName(String(word));
      const sql = `select ${name}, count(*) as n from (select 1 as "${word}") group by ${name} order by ${name} desc`;
      await assert.doesNotReject(connection.run(sql), sql);
    }
    connection.closeSync();
    instance.closeSync();
  });

  test('plain names stay as they are', () => {
    assert.deepEqual(['product', 'minute', 'at', 'Upper', 'a"b'].map(sqlName), [
      'product',
      'minute',
      '"at"',
      '"Upper"',
      '"a""b"',
    ]);
  });
});
