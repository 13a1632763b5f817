// All mutations, by the parts that they break. A part that is not here yet is a file of its own beside these.
import type { Mutation } from '../mutation.ts';
import { access } from './access.ts';
import { again } from './again.ts';
import { eventTime } from './event-time.ts';
import { forget } from './forget.ts';
import { joins } from './joins.ts';
import { ledger } from './ledger.ts';
import { log } from './log.ts';
import { posts } from './posts.ts';
import { engine } from './process.ts';
import { queries } from './queries.ts';
import { retractions } from './retractions.ts';
import { rows } from './rows.ts';
import { sources } from './sources.ts';
import { store } from './store.ts';
import { windows } from './windows.ts';

export const mutations: readonly Mutation[] = [
  ...ledger,
  ...sources,
  ...posts,
  ...log,
  ...store,
  ...rows,
  ...engine,
  ...windows,
  ...retractions,
  ...eventTime,
  ...joins,
  ...again,
  ...forget,
  ...queries,
  ...access,
];
