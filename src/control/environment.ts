// The variables of the environment that set parameters, with the contents of files that they name for secrets.
import { readFileSync } from 'node:fs';
import { MillraceError, messageOf } from '../core/errors.ts';
import { type Param, variableOf } from '../define/param.ts';

/**
 * The environment of this process, in which the variable of each secret holds what the file has that `MILLRACE_NAME_FILE` names: systems that
 * hand secrets to a process (systemd, Docker, Kubernetes) give files. One line break at its end is no part of the secret.
 *
 * @throws PARAM_INVALID where the file cannot be read
 */
export function environmentOf(params: readonly Param[]): Readonly<Record<string, string | undefined>> {
  const environment = { ...process.env };
  for (const param of params) {
    const variable = variableOf(param);
    const path = process.env[`${variable}_FILE`];
    if (!param.secret || path === undefined || environment[variable] !== undefined) continue;
    try {
      environment[variable] = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    } catch (error) {
      throw new MillraceError(
        'PARAM_INVALID',
        `the file of secret '${param.name}' cannot be read: ${messageOf(error)}`,
        {
          place: `${variable}_FILE`,
          remedy: 'Name a file that this user may read.',
          cause: error,
        },
      );
    }
  }
  return environment;
}
