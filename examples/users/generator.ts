// Generated users in the shape of randomuser.me 1.4, for where there is no network; the same for the same randomness.
import { nations } from './nations.ts';
import { type NewUser, toUser } from './user.ts';

/** What the generator needs of randomness; `random()` of the product and of tests fits. */
export type Chance = {
  next(): number;
  whole(low: number, high: number): number;
  pick<T>(values: readonly T[]): T;
  uuid(): string;
  fork(name: string): Chance;
};

/** A user as the API sends it (the fields that are of use here). */
export type ApiUser = ReturnType<typeof apiUser>;

/** How often a user comes that has come before, as happens when an API is asked again. */
const againShare = 0.08;

/**
 * Users as the API would send them, without end, in constant memory. About one in twelve has come before, unchanged: the same id.
 *
 * @example for (const user of apiUsers(random(1))) console.log(user.name.first)
 */
export function* apiUsers(chance: Chance): Generator<ApiUser, never> {
  for (let made = 0; ; ) {
    const isAgain = made > 0 && chance.next() < againShare;
    const number = isAgain ? chance.whole(0, made - 1) : made++;
    yield apiUser(chance.fork(`user ${number}`), number);
  }
}

/** Generated users as records of the topic: they go through the same mapping as real ones. */
export function* generatedUsers(chance: Chance): Generator<NewUser, void> {
  for (const user of apiUsers(chance)) yield toUser(user);
}

const adjectives = [
  'tiny',
  'green',
  'happy',
  'crazy',
  'silver',
  'brown',
  'lazy',
  'purple',
  'organic',
  'white',
] as const;
const animals = [
  'fish',
  'cat',
  'peacock',
  'gorilla',
  'swan',
  'ladybug',
  'koala',
  'elephant',
  'rabbit',
  'wolf',
] as const;
/** The year in which ages are counted, so that they do not depend on today. */
const thisYear = 2026;

function apiUser(chance: Chance, number: number) {
  const nation = chance.pick(nations);
  const isFemale = chance.next() < 0.5;
  const [city, state] = one(chance, nation.cities).split('/') as [string, string];
  const postcode = digits(chance, nation.postcode);
  const username = `${chance.pick(adjectives)}${chance.pick(animals)}${number}`;
  const portrait = `${isFemale ? 'women' : 'men'}/${chance.whole(0, 99)}.jpg`;
  return {
    gender: isFemale ? 'female' : 'male',
    name: {
      title: isFemale ? chance.pick(['Miss', 'Ms', 'Mrs']) : 'Mr',
      first: one(chance, isFemale ? nation.women : nation.men),
      last: one(chance, nation.last),
    },
    location: {
      street: { number: chance.whole(1, 9999), name: one(chance, nation.streets) },
      city,
      state,
      country: nation.country,
      postcode: /^[1-9]\d*$/.test(postcode) ? Number(postcode) : postcode,
      coordinates: {
        latitude: (nation.latitude + 4 * (chance.next() - 0.5)).toFixed(4),
        longitude: (nation.longitude + 4 * (chance.next() - 0.5)).toFixed(4),
      },
    },
    email: `${username}@example.com`,
    login: { uuid: chance.uuid(), username },
    dob: moment(chance, 1945, 2004),
    registered: moment(chance, 2002, 2025),
    phone: digits(chance, '0###-#######'),
    cell: digits(chance, '0###-###-###'),
    id: { name: nation.identity ?? '', value: nation.identity === null ? null : digits(chance, '#########') },
    picture: {
      large: `https://randomuser.me/api/portraits/${portrait}`,
      medium: `https://randomuser.me/api/portraits/med/${portrait}`,
      thumbnail: `https://randomuser.me/api/portraits/thumb/${portrait}`,
    },
    nat: nation.code,
  };
}

/** A moment in one of the years, and how many years ago that is. */
function moment(chance: Chance, first: number, last: number): { date: string; age: number } {
  const start = Date.UTC(first, 0, 1);
  const date = new Date(start + Math.floor(chance.next() * (Date.UTC(last + 1, 0, 1) - start)));
  return { date: date.toISOString(), age: thisYear - date.getUTCFullYear() };
}

function one(chance: Chance, list: string): string {
  return chance.pick(list.split(', '));
}

/** Fills a pattern: # with a digit, A with a letter. */
function digits(chance: Chance, pattern: string): string {
  return pattern.replace(/[#A]/g, (sign) =>
    sign === '#' ? String(chance.whole(0, 9)) : String.fromCharCode(65 + chance.whole(0, 25)),
  );
}
