// The DuckDB store keeps the contract of summaries and samples.
import { testSummaries } from '../contracts/store-summaries.ts';
import { storeUnderTest } from './under-test.ts';

testSummaries('duckdb', () => storeUnderTest({ readsApart: true }));
