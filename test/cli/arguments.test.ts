// The words of a command line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { givenParams, parseArguments } from '../../src/cli/arguments.ts';
import { didYouMean } from '../../src/cli/suggest.ts';

const taker = {
  name: 'run',
  positionals: [{ name: 'FILE', isRepeatable: true, description: '' }],
  options: [
    { name: 'set', value: 'NAME=VALUE', isRepeatable: true, description: '' },
    { name: 'follow', short: 'f', description: '' },
    { name: 'limit', value: 'N', isCount: true, description: '' },
    { name: 'kind', value: 'KIND', choices: ['dead', 'late'], description: '' },
  ],
};
const parse = (...words: string[]) => parseArguments(taker, words);

test('options stand before, between and after files, with = or without', () => {
  const given = parse('--limit=5', 'a.ts', '-f', '--set', 'x=1', 'b.ts', '--set', 'y=a=b', '--', '--c.ts');
  assert.deepEqual(given.positionals, ['a.ts', 'b.ts', '--c.ts']);
  assert.equal(given.count('limit'), 5);
  assert.equal(given.has('follow'), true);
  assert.deepEqual(givenParams(taker, given), { x: '1', y: 'a=b' });
});

test('every mistake is named with what to do', () => {
  const cases: [string[], RegExp, RegExp][] = [
    [['a', '--folow'], /no option --folow/, /Did you mean --follow\?/],
    [['a', '--zzzzzz'], /no option --zzzzzz/, /millrace help run/],
    [['a', '--limit'], /--limit needs a value/, /--limit N/],
    [['a', '--limit', '--follow'], /--limit needs a value/, /--limit N/],
    [['a', '--limit', 'x'], /'x' is no whole number/, /--limit 100/],
    [['a', '--kind', 'x'], /'x' is not known/, /dead, late/],
    [['a', '--follow=1'], /takes no value/, /just --follow/],
    [[], /FILE is missing/, /millrace help run/],
  ];
  for (const [words, message, remedy] of cases) {
    assert.throws(
      () => parse(...words),
      (error: { code: string; message: string; remedy: string }) => {
        assert.equal(error.code, 'USAGE');
        assert.match(error.message, message);
        assert.match(error.remedy, remedy);
        return true;
      },
    );
  }
  assert.throws(() => givenParams(taker, parse('a', '--set', 'file')), { remedy: 'Write it as --set file=VALUE.' });
});

test('a word that is near is suggested, one that is far is not', () => {
  assert.equal(didYouMean('rnu', ['check', 'plan', 'run']), 'run');
  assert.equal(didYouMean('--partiton', ['--partition', '--limit']), '--partition');
  assert.equal(didYouMean('elephant', ['check', 'plan', 'run']), undefined);
});
