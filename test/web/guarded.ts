// A server that asks for tokens, for the tests of access.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import type { AccessOptions } from '../../src/web/access/guard.ts';
import { openTokens, type Tokens } from '../../src/web/access/tokens.ts';
import type { App } from '../../src/web/app.ts';
import { makeApp } from '../../src/web/server.ts';
import { fakeBackend } from './backend.ts';
import { judged } from './document.ts';

const folder = mkdtempSync(join(tmpdir(), 'millrace-access-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

export type Guarded = {
  app: App;
  tokens: Tokens;
  of: Record<'reader' | 'writer' | 'admin', string>;
  pass(ms: number): void;
};

/** A server that asks for tokens, and one token of each role; its clock moves by hand. */
export async function guarded(t: TestContext, options: AccessOptions = {}): Promise<Guarded> {
  let nowMs = 1_800_000_000_000;
  const now = () => nowMs;
  const tokens = openTokens(join(folder, `${files++}.db`), now);
  const app = await judged(await makeApp(fakeBackend(), { access: { tokens, needsTokens: true, now, ...options } }));
  t.after(async () => {
    await app.close();
    tokens.close();
  });
  const make = (role: 'reader' | 'writer' | 'admin') => tokens.create({ role }).token;
  const of = { reader: make('reader'), writer: make('writer'), admin: make('admin') };
  return {
    app,
    tokens,
    of,
    pass: (ms) => {
      nowMs += ms;
    },
  };
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
