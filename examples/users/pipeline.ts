// Users of randomuser.me, or of a generator where there is no network, into two tables, and where they come from.
import {
  bar,
  date,
  double,
  grid,
  http,
  int,
  line,
  map,
  number,
  param,
  pipeline,
  route,
  share,
  simulate,
  table,
  text,
  timestamp,
  topic,
} from 'millrace';
import { checkEmployee, employeeId } from './employee.ts';
import { generatedUsers } from './generator.ts';
import { toUser } from './user.ts';

const url = param('url', text().describe('The API; results= is how many users it sends at a time.'), {
  default: 'https://randomuser.me/api/?results=10',
});
const length = param('for', text().describe("How long the API is asked: '60s' for a daily job; without it, no end."));
const rate = param('rate', text().describe('How fast users are generated where there is no network.'), {
  default: '1/s',
});
const count = param('count', int().describe('How many users are generated; without it, no end.'));

export const users_created = topic(
  'users_created',
  {
    id: text().describe("The API's login.uuid: a user that is fetched again is the same row."),
    first_name: text().personal(),
    last_name: text().personal(),
    gender: text(),
    address: text().personal(),
    city: text().optional(),
    state: text().optional(),
    country: text().optional(),
    latitude: double().optional().personal(),
    longitude: double().optional().personal(),
    post_code: text().personal().describe('A text, since some have letters or begin with 0.'),
    email: text().personal(),
    username: text().personal(),
    dob: date().personal().describe('The day of birth.'),
    registered_date: timestamp().optional(),
    phone: text().personal(),
    picture: text().personal(),
  },
  { key: 'id' },
).from(
  http({ url, every: '10s', for: length, items: 'results', map: toUser }).or(
    simulate({ seed: 1, count, rate, rows: generatedUsers }),
  ),
);

// A user whose email or username belongs to another is stored in neither table: what one table of a pipeline refuses
// goes to the dead letters as a whole. So the two stay equal.
export const created_users = table('created_users', users_created, { key: 'id' });
export const users = table('users', users_created, { key: 'id', unique: ['email', 'username'] });

// The ten fields of the form for employees; a city of its own it does not have.
const { first_name, last_name, gender, address, post_code, email, username, dob, phone, picture } =
  users_created.fields;
const form = { first_name, last_name, gender, address, post_code, email, username, dob, phone, picture };

export default pipeline('users', {
  tables: [created_users, users],
  get: {
    '/users/newest': route({ summary: 'The 20 users who registered last' }, () =>
      users
        .where({ registered_date: { ne: null } })
        .order('-registered_date')
        .limit(20),
    ),
    '/users': route(
      {
        summary: 'Users, by country and gender',
        query: {
          country: text().optional(),
          gender: text().optional(),
          limit: int().optional().describe('1 to 1,000; 100 where it is not given.'),
          after: text().optional().describe('`next` of the page before.'),
        },
      },
      ({ query }) =>
        users
          .where({ country: query.country, gender: query.gender })
          .limit(query.limit ?? 100)
          .after(query.after),
    ),
    '/users/:id': route({ summary: 'A user' }, ({ params }) => users.where({ id: params.id }).one()),
  },
  post: {
    '/employees': route({ summary: 'Adds an employee to the users', body: form }, ({ body }) => {
      checkEmployee(body);
      return users_created.record({ id: employeeId(body.username), ...body });
    }),
  },
  charts: [
    number(users, { title: 'Users' }),
    bar(users, { title: 'Users by country', x: 'country' }),
    bar(users, { title: 'Users by gender', x: 'gender' }),
    share(users, { title: 'Countries', by: 'country' }),
    line(users, { title: 'Registrations by year', x: 'registered_date', every: 'year' }),
    map(users, { title: 'Users of each country', country: 'country' }),
    map(users, {
      title: 'Where they live',
      latitude: 'latitude',
      longitude: 'longitude',
      color: 'country',
      columns: ['city', 'state', 'country'],
    }),
    grid(users, {
      title: 'Newest users',
      columns: ['first_name', 'last_name', 'gender', 'city', 'country', 'registered_date'],
      limit: 50,
    }),
    grid(users, { title: 'How many of each country', by: 'country' }),
    grid(users, { title: 'How many of each gender', by: 'gender' }),
    grid(users, { title: 'How many of each year', by: 'registered_date', every: 'year' }),
  ],
});
