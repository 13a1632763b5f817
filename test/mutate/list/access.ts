// Mutations of who may see and do what: secrets, tokens of posters, the bytes of letters.
import type { Mutation } from '../mutation.ts';

const secrets = ['test/control/secrets.test.ts'];
const posters = ['test/web/access-posters.test.ts'];
const hidden = 'nobody sees a secret';
const own = 'a poster may post to its topics, and do nothing else';

export const access: readonly Mutation[] = [
  {
    name: 'secrets-are-shown-in-plans',
    promise: hidden,
    file: 'src/control/shown-plan.ts',
    find: "return type === 'secret' || isSecretName(name);",
    replace: 'return isSecretName(name) && type !== name;',
    tests: [{ file: 'test/control/secrets.test.ts', name: 'masked in plans' }],
  },
  {
    name: 'secrets-are-shown-where-they-do-not-fit',
    promise: hidden,
    file: 'src/define/param.ts',
    find: 'const isHidden = field.isPersonal || secret !== undefined;',
    replace: 'const isHidden = field.isPersonal || secret === null;',
    tests: secrets,
  },
  {
    name: 'secrets-stand-in-sql',
    promise: hidden,
    file: 'src/define/pipeline.ts',
    find: '      if (isParam(reference) && reference.secret) throw secretInSql(node, reference);\n',
    replace: '',
    tests: secrets,
  },
  {
    name: 'secrets-have-the-line-break-of-their-file',
    promise: 'a secret is what its file holds',
    file: 'src/control/environment.ts',
    find: ".replace(/\\r?\\n$/, '')",
    replace: '',
    tests: secrets,
  },
  {
    name: 'secrets-that-are-not-set-are-left-out',
    promise: 'a source without its secret does not start',
    file: 'src/control/adapters.ts',
    find: '      if (inside) throw notSet(inside, place);\n',
    replace: '',
    tests: secrets,
  },
  {
    name: 'posters-post-to-all-topics',
    promise: own,
    file: 'src/web/access/guard.ts',
    find: 'if (name !== undefined && token?.topics?.includes(name)) return;',
    replace: 'if (name !== undefined && token?.topics) return;',
    tests: posters,
  },
  {
    name: 'posters-read',
    promise: own,
    file: 'src/web/access/guard.ts',
    find: 'if (!request.routeOptions.config.isPosting) throw tooLow(role, needed);',
    replace: 'if (!request.routeOptions.config.isPosting) return;',
    tests: posters,
  },
  {
    name: 'tokens-have-the-rate-of-the-server',
    promise: 'a token has a rate of its own',
    file: 'src/web/access/access.ts',
    find: 'identity?.token?.requestsPerMinute ?? requestsPerMinute',
    replace: '(identity ? requestsPerMinute : 0)',
    tests: posters,
  },
  {
    name: 'tokens-of-before-are-lost',
    promise: 'tokens of before are taken over',
    file: 'src/web/access/tokens.ts',
    find: 'insert into tokens (${kept}) select ${kept} from old_tokens; drop table old_tokens',
    replace: 'drop table old_tokens',
    tests: ['test/web/access-tokens.test.ts'],
  },
  {
    name: 'letters-show-readers-their-bytes',
    promise: 'what is personal is not shown to readers',
    file: 'src/control/letters.ts',
    find: '    if (!seesAll && this.#isPersonal(letter))\n',
    replace: '    if (!seesAll && !this.#isPersonal(letter))\n',
    tests: [{ file: 'test/control/letters.test.ts', name: 'from readers' }],
  },
];
