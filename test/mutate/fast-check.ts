// Loaded before a test that a mutation should fail: a counterexample is enough, it need not be the smallest; and a run is like the one before.
import fc from 'fast-check';

fc.configureGlobal({ endOnFailure: true, seed: 1 });
