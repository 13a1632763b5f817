// All mutations, by the parts that they break. A part that is not here yet is a file of its own beside these.
import type { Mutation } from '../mutation.ts';
import { ledger } from './ledger.ts';
import { log } from './log.ts';
import { posts } from './posts.ts';
import { engine } from './process.ts';
import { rows } from './rows.ts';
import { sources } from './sources.ts';
import { store } from './store.ts';

export const mutations: readonly Mutation[] = [...ledger, ...sources, ...posts, ...log, ...store, ...rows, ...engine];
