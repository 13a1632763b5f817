// Secrets: they reach the source that they are for, and nobody else sees them.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { paintFor } from '../../src/cli/paint.ts';
import { planText } from '../../src/cli/plan-text.ts';
import { chooseSource } from '../../src/control/adapters.ts';
import { check } from '../../src/control/check.ts';
import { environmentOf } from '../../src/control/environment.ts';
import { planOf } from '../../src/control/shown-plan.ts';
import type { MillraceError } from '../../src/core/errors.ts';
import { resolveParams } from '../../src/define/param.ts';
import {
  double,
  http,
  int,
  param,
  pipeline,
  secret,
  simulate,
  sql,
  stream,
  table,
  text,
  topic,
} from '../../src/index.ts';
import { temporary } from './tools.ts';

const token = secret('api_token', { in: 'Bearer {}', describe: 'From the settings page of the API.' });
const api = http({
  url: 'https://api.example.com/v1',
  headers: { Authorization: token, 'X-City': param('city', text()) },
});
const rate = topic('rate', { id: int() }).from(api);
const rates = pipeline('rates', { tables: [table('rates', rate, { key: 'id' })] });
const value = 'hush-hush-7731';

/** Sets variables of the environment for a test. */
function setting(t: TestContext, variables: Readonly<Record<string, string>>) {
  for (const [name, one] of Object.entries(variables)) {
    process.env[name] = one;
    t.after(() => delete process.env[name]);
  }
}

const chosen = (params: ReadonlyMap<string, never>, source = api) =>
  chooseSource(source, params, rate.fields, "topic 'rate'");
const resolved = (given = {}) =>
  resolveParams(rates.params, given, environmentOf(rates.params)) as ReadonlyMap<string, never>;

describe('a secret', () => {
  test('stands in a header, in its text, with the value of the environment', async (t) => {
    setting(t, { MILLRACE_API_TOKEN: value, MILLRACE_CITY: 'Rome' });
    const { options } = await chosen(resolved());
    assert.deepEqual(options.headers, { Authorization: `Bearer ${value}`, 'X-City': 'Rome' });
  });

  test('is read from the file that its variable names, without the line break at the end', async (t) => {
    const file = join(dirname(await temporary(t)), 'token');
    await writeFile(file, `${value}\n`);
    setting(t, { MILLRACE_API_TOKEN_FILE: file });
    assert.equal(resolved().get('api_token'), value);
    setting(t, { MILLRACE_API_TOKEN_FILE: `${file}-gone` });
    assert.throws(() => resolved(), {
      code: 'PARAM_INVALID',
      place: 'MILLRACE_API_TOKEN_FILE',
      message: /cannot be read/,
    });
  });

  test('that is not set says so, with the variable that sets it; another source may take its place', async (t) => {
    setting(t, { MILLRACE_CITY: 'Rome' });
    await assert.rejects(chosen(resolved()), {
      code: 'PARAM_INVALID',
      message: "secret 'api_token' is not set",
      remedy:
        'Set the environment variable MILLRACE_API_TOKEN, or MILLRACE_API_TOKEN_FILE to the path of a file that holds it.',
    });
    const { definition, passedOver } = await chosen(resolved(), api.or(simulate({ seed: 1, *rows() {} })));
    assert.deepEqual([definition.kind, passedOver], ['simulate', 'api_token']);
    assert.deepEqual(await check([rates], {}), []);
  });

  test('that is set to nothing is refused, and no value is shown', (t) => {
    setting(t, { MILLRACE_API_TOKEN: '' });
    assert.throws(
      () => resolved(),
      ({ code, place, message }: MillraceError) => {
        assert.deepEqual(
          [code, place, message],
          ['PARAM_INVALID', 'MILLRACE_API_TOKEN', "parameter 'api_token' is empty"],
        );
        return true;
      },
    );
  });

  test('is masked in plans, as text and as JSON, wherever it stands', async (t) => {
    setting(t, { MILLRACE_API_TOKEN: value, MILLRACE_CITY: 'Rome' });
    const url = http({ url: secret('feed_url'), headers: { 'X-Note': secret('api_token', { in: 'with {} in it' }) } });
    const other = topic('other', { id: int() }).from(url);
    for (const one of [rates, pipeline('others', { tables: [table('others', other, { key: 'id' })] })]) {
      const plan = await planOf(one, one === rates ? {} : { feed_url: `https://example.com/${value}` });
      const shown = `${JSON.stringify(plan)}${planText(plan, paintFor({ isTerminal: false, columns: 80, write() {} } as never, {}))}`;
      assert.ok(!shown.includes(value), shown);
      assert.ok(shown.includes('•••') && shown.includes('secret'), shown);
    }
    assert.ok(JSON.stringify(await planOf(rates, {})).includes('Rome'));
  });

  test('cannot stand in SQL, and its text has one place for it', () => {
    const wrong = stream('wrong', { id: int() }, sql`select id from ${rate} where ${token} = 'x'`);
    assert.throws(() => pipeline('p', { tables: [table('t', wrong, { key: 'id' })] }), {
      code: 'PIPELINE_INVALID',
      place: "stream 'wrong'",
      message: "secret 'api_token' stands in SQL, whose values are stored",
    });
    for (const text of ['Bearer', '{} and {}'])
      assert.throws(() => secret('x', { in: text }), { code: 'OPTION_INVALID', place: "secret 'x'" });
    assert.throws(() => secret('no name'), { code: 'NAME_INVALID' });
    // @ts-expect-error: a secret has no default, which would stand in the file
    assert.throws(() => secret('x', { default: 'y' }), { code: 'OPTION_INVALID' });
  });

  test('of one name may stand in several texts; a parameter of that name is another one', () => {
    const both = http({ url: secret('a'), headers: { b: secret('a', { in: 'x {}' }) } });
    const one = pipeline('p', { tables: [table('t', topic('r', { id: int() }).from(both), { key: 'id' })] });
    assert.deepEqual(
      one.params.map(({ name }) => name),
      ['a'],
    );
    const mixed = http({ url: secret('a'), headers: { b: param('a', text()) } });
    const twice = topic('r', { id: double() }).from(mixed);
    assert.throws(() => pipeline('p', { tables: [table('t', twice, { key: 'id' })] }), { code: 'NAME_TAKEN' });
  });
});
