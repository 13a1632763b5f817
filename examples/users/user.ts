// From a user as the API sends it to a record of the topic `users_created`; older shapes of the API are understood as far as they go.

/** A record of `users_created`; numbers may still be text, as they came: the topic's schema reads them. */
export type NewUser = {
  readonly id: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly gender: string;
  readonly address: string;
  readonly city: string;
  readonly state: string;
  readonly country: string | null;
  readonly latitude: string | number | null;
  readonly longitude: string | number | null;
  readonly post_code: string | number;
  readonly email: string;
  readonly username: string;
  readonly dob: string;
  readonly registered_date: string | null;
  readonly phone: string;
  readonly picture: string;
};

/**
 * A user of randomuser.me, version 1.4, as a record. Older shapes (the street as one text, times in seconds since 1970, names
 * beside the rest) are taken too; what they lack is null.
 *
 * @throws Error that names what is missing: without a `login.uuid` a user would be another row at each fetch
 * @example toUser(answer.results[0]).address // '1614 E Sandy Lake Rd, Bendigo, Australian Capital Territory, Australia'
 */
export function toUser(user: unknown): NewUser {
  const city = needed(user, 'location.city');
  const state = needed(user, 'location.state');
  const country = maybe(user, 'location.country');
  return {
    id: String(needed(user, 'login.uuid')),
    first_name: String(needed(user, 'name.first', 'first_name')),
    last_name: String(needed(user, 'name.last', 'last_name')),
    gender: String(needed(user, 'gender')),
    address: [street(user), city, state, country].filter((part) => part !== null).join(', '),
    city: String(city),
    state: String(state),
    country: country === null ? null : String(country),
    latitude: maybe(user, 'location.coordinates.latitude'),
    longitude: maybe(user, 'location.coordinates.longitude'),
    post_code: needed(user, 'location.postcode'),
    email: String(needed(user, 'email')),
    username: String(needed(user, 'login.username', 'username')),
    dob: time(needed(user, 'dob.date', 'dob', 'birthdate')),
    registered_date: timeOrNull(maybe(user, 'registered.date', 'registered')),
    phone: String(needed(user, 'phone', 'phone_number')),
    picture: new URL(String(needed(user, 'picture.large', 'picture')), 'https://randomuser.me/api/portraits/').href,
  };
}

function street(user: unknown): string {
  const name = String(needed(user, 'location.street.name', 'location.street')).trim();
  const number = maybe(user, 'location.street.number');
  return number === null ? name : `${number} ${name}`;
}

/** ISO 8601 of a time given as text, or as seconds since 1970 by the older shapes. */
function time(value: string | number): string {
  return typeof value === 'number' ? new Date(value * 1000).toISOString() : value;
}

function timeOrNull(value: string | number | null): string | null {
  return value === null ? null : time(value);
}

/** The text or number at the first of the paths that has one; null where none has. */
function maybe(user: unknown, ...paths: string[]): string | number | null {
  for (const path of paths) {
    let value = user;
    for (const name of path.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[name];
    if (typeof value === 'string' || typeof value === 'number') return value;
  }
  return null;
}

function needed(user: unknown, ...paths: string[]): string | number {
  const value = maybe(user, ...paths);
  if (value === null) throw new Error(`the user has no ${paths.join(' and no ')}`);
  return value;
}
