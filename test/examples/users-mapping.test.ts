// The users of the API as records: the shape of today, older shapes, what is refused; and the generated ones.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { type ApiUser, apiUsers } from '../../examples/users/generator.ts';
import { toUser } from '../../examples/users/user.ts';
import { random } from '../../src/core/random.ts';

const data = new URL('../../../shared/data/randomuser/', import.meta.url);
const skip = existsSync(data) ? false : 'the real users of ../shared/data are not here';
const read = (file: string) => JSON.parse(readFileSync(new URL(file, data), 'utf8'));

const leon = {
  gender: 'male',
  name: { title: 'Mr', first: 'Leon', last: 'Nichols' },
  location: {
    street: { number: 1614, name: 'E Sandy Lake Rd ' },
    city: 'Bendigo',
    state: 'Victoria',
    country: 'Australia',
    postcode: 2722,
    coordinates: { latitude: '-86.3514', longitude: '-12.4758' },
  },
  email: 'leon.nichols@example.com',
  login: { uuid: '9a723211-0e87-41f1-b1e4-ed1a15226b80', username: 'tinyfish925' },
  dob: { date: '1992-03-18T17:36:00.197Z', age: 31 },
  registered: { date: '2004-04-28T15:02:18.841Z', age: 19 },
  phone: '00-3113-7507',
  picture: { large: 'https://randomuser.me/api/portraits/men/63.jpg' },
};

describe('a user of the API', () => {
  test('becomes a record with the address in one line', () => {
    assert.deepEqual(toUser(leon), {
      id: '9a723211-0e87-41f1-b1e4-ed1a15226b80',
      first_name: 'Leon',
      last_name: 'Nichols',
      gender: 'male',
      address: '1614 E Sandy Lake Rd, Bendigo, Victoria, Australia',
      city: 'Bendigo',
      state: 'Victoria',
      country: 'Australia',
      latitude: '-86.3514',
      longitude: '-12.4758',
      post_code: 2722,
      email: 'leon.nichols@example.com',
      username: 'tinyfish925',
      dob: '1992-03-18T17:36:00.197Z',
      registered_date: '2004-04-28T15:02:18.841Z',
      phone: '00-3113-7507',
      picture: 'https://randomuser.me/api/portraits/men/63.jpg',
    });
  });

  test('of an older shape is mapped where it has an id: the street a text, times in seconds, names beside the rest', () => {
    const older = toUser({
      gender: 'female',
      first_name: 'melany',
      last_name: 'wijngaard',
      location: { street: '2431 predikherenkerkhof', city: 'staphorst', state: 'gelderland', postcode: '6426 AB' },
      email: 'melany.wijngaard@example.com',
      username: 'bigpeacock217',
      login: { uuid: 'e0f4' },
      birthdate: 608022796,
      registered: 1288182950,
      phone_number: '(727)-033-9347',
      picture: 'women/70.jpg',
    });
    assert.equal(older.address, '2431 predikherenkerkhof, staphorst, gelderland');
    assert.equal(older.dob, '1989-04-08T07:13:16.000Z');
    assert.equal(older.registered_date, '2010-10-27T12:35:50.000Z');
    assert.equal(older.picture, 'https://randomuser.me/api/portraits/women/70.jpg');
    assert.deepEqual([older.country, older.latitude, older.longitude], [null, null, null]);
  });

  test('without an id, an email or anything is refused by the name of what is missing', () => {
    assert.throws(() => toUser({ ...leon, login: { username: 'tinyfish925' } }), /the user has no login\.uuid/);
    assert.throws(() => toUser({ ...leon, email: null }), /the user has no email/);
    for (const nothing of [null, undefined, 7, 'text', [], {}])
      assert.throws(() => toUser(nothing), /the user has no /);
  });

  test('as 111 real ones came: each with its own id, email and username', { skip }, () => {
    const users = (read('users-v1.4.json').results as unknown[]).map(toUser);
    assert.equal(users.length, 111);
    for (const name of ['id', 'email', 'username'] as const)
      assert.equal(new Set(users.map((user) => user[name])).size, 111);
    assert.equal(users.filter((user) => typeof user.post_code === 'string').length, 22);
    assert.ok(users.every((user) => Number.isFinite(Number(user.latitude)) && !user.address.includes(' ,')));
    assert.ok(users.some((user) => user.first_name === 'یسنا'));
  });

  test('as 197 came in 2016, without ids, is refused each time with the reason', { skip }, () => {
    const users = read('users-legacy-2016.json') as unknown[];
    assert.equal(users.length, 197);
    for (const [i, user] of users.entries()) {
      assert.throws(() => toUser(user), { message: 'the user has no login.uuid' });
      const named = toUser({ ...(user as object), login: { uuid: `user ${i}` } });
      assert.match(named.dob, /^(19|20)\d\d-\d\d-\d\dT/);
      assert.equal(named.registered_date, null);
    }
  });
});

describe('generated users', () => {
  function take(count: number, seed = 1): ApiUser[] {
    const users = apiUsers(random(seed));
    return Array.from({ length: count }, () => users.next().value);
  }
  const some = take(4000);

  test('are the same for the same seed and others for another', () => {
    assert.deepEqual(take(200), some.slice(0, 200));
    assert.notDeepEqual(take(200, 2), some.slice(0, 200));
  });

  test('come again now and then, unchanged, and share neither email nor username with others', () => {
    const byId = new Map(some.map((user) => [user.login.uuid, user]));
    const again = 1 - byId.size / some.length;
    assert.ok(again > 0.05 && again < 0.11, `${again}`);
    for (const user of some) assert.deepEqual(user, byId.get(user.login.uuid));
    assert.equal(new Set([...byId.values()].map((user) => user.email)).size, byId.size);
    assert.equal(new Set([...byId.values()].map((user) => user.login.username)).size, byId.size);
  });

  test('have post codes of both kinds, missing identity numbers, and names in several scripts', () => {
    const shareOf = (test: (user: ApiUser) => boolean) => some.filter(test).length / some.length;
    const numbers = shareOf((user) => typeof user.location.postcode === 'number');
    assert.ok(numbers > 0.75 && numbers < 0.85, `${numbers}`);
    const unnamed = shareOf((user) => user.id.value === null);
    assert.ok(unnamed > 0.1 && unnamed < 0.17, `${unnamed}`);
    for (const script of [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Arabic}/u]) {
      assert.ok(some.some((user) => script.test(user.name.first)));
    }
    assert.equal(new Set(some.map((user) => user.nat)).size, 15);
  });

  test('are mapped as real ones are', () => {
    for (const user of some) {
      const record = toUser(user);
      assert.equal(record.id, user.login.uuid);
      assert.ok(!/undefined|null|NaN/.test(JSON.stringify(Object.values(record))));
    }
  });
});
