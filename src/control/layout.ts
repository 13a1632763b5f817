// The marker of a data folder: by it one is told from a folder with other things in it, and from one of another Millrace.
import { join } from 'node:path';
import { MillraceError } from '../core/errors.ts';
import { type Files, makeDurableFolder } from '../core/files.ts';

/** The version of the folder's layout. */
const layoutVersion = 1;

const markerName = 'millrace.json';

/**
 * Takes a folder for data: makes it where there is none, and marks a new one. Killed at any moment, it can be taken again.
 *
 * @throws DATA_VERSION where it has another layout, or other things in it and no marker
 */
export async function takeFolder(files: Files, path: string): Promise<void> {
  const marker = join(path, markerName);
  if (await files.exists(marker)) {
    const version = Number((JSON.parse(await files.readText(marker)) as { layout?: unknown }).layout);
    if (version !== layoutVersion) {
      throw new MillraceError(
        'DATA_VERSION',
        `the data folder has layout ${version}, this Millrace reads layout ${layoutVersion}`,
        {
          place: path,
          remedy: 'Use the Millrace that made it, or another folder with --data.',
        },
      );
    }
    return;
  }
  // a marker that was being written when the process was killed is replaced by the next
  if ((await files.list(path)).some((name) => name !== `${markerName}.new`)) {
    throw new MillraceError('DATA_VERSION', 'this folder holds other things and is no data folder', {
      place: path,
      remedy: 'Give an empty or a new folder with --data.',
    });
  }
  await makeDurableFolder(files, path);
  await files.replace(marker, `${JSON.stringify({ layout: layoutVersion })}\n`);
}
