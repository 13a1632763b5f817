// Addresses that are not of the public internet are refused, in whatever form they are written.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MillraceError } from '../../../src/core/errors.ts';
import { checkAddress, refusedKind, shown } from '../../../src/ingest/http/address.ts';

const isRefused = (error: unknown) =>
  error instanceof MillraceError && error.code === 'ADDRESS_REFUSED' && !!error.remedy;
const noLookup = async () => assert.fail('an address needs no lookup');

test('every form of a private address is refused', async () => {
  const hosts = [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '0177.0.0.1',
    '0x7f.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '100.127.255.255',
    '0.0.0.0',
    '0',
    '224.0.0.1',
    '255.255.255.255',
    '[::1]',
    '[::]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::ffff:8.8.8.8]',
    '[::127.0.0.1]',
    '[64:ff9b::7f00:1]',
    '[64:ff9b:1::1]',
    '[fd00:ec2::254]',
    '[fc00::1]',
    '[fe80::1]',
    '[fec0::1]',
    '[ff02::1]',
    '[2002:7f00:1::]',
    '[2001:db8::1]',
    '[2001::1]',
  ];
  for (const host of hosts)
    await assert.rejects(checkAddress(new URL(`http://${host}/`), noLookup, false), isRefused, host);
});

test('public addresses are not', async () => {
  for (const host of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '[2606:4700::1111]', '[2a00:1450:4001::1]'])
    await checkAddress(new URL(`http://${host}/`), noLookup, false);
  assert.equal(refusedKind('1.1.1.1'), undefined);
  assert.equal(refusedKind('fe80::1%eth0'), 'link-local');
  assert.equal(refusedKind('nonsense'), 'unknown');
});

test('a name is refused where one of its addresses is private, and allowed where that is asked for', async () => {
  const lookup = async () => [
    { address: '8.8.8.8', family: 4 },
    { address: '10.0.0.1', family: 4 },
  ];
  await assert.rejects(checkAddress(new URL('https://example.com/'), lookup, false), isRefused);
  await checkAddress(new URL('https://example.com/'), noLookup, true);
});

test('only http and https are polled', async () => {
  for (const url of ['file:///etc/passwd', 'ftp://example.com/', 'data:,x', 'gopher://example.com'])
    await assert.rejects(checkAddress(new URL(url), noLookup, true), isRefused, url);
});

test('a URL is shown without what may be a secret', () => {
  assert.equal(
    shown(new URL('https://user:secret@example.com:8443/a/b?key=secret#secret')),
    'https://example.com:8443/a/b?…',
  );
});
