// The data folder of the benchmark `rebuild`.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { closeParts, type Folder, openParts } from '../../src/control/folder.ts';
import { system } from '../../src/control/system.ts';

/** Tables whose rows only become more. */
export const tables = ['minutes', 'last_minute', 'placed', 'steps', 'all_readings'];

export async function openData(path: string): Promise<Folder> {
  await mkdir(path, { recursive: true });
  return openParts(
    {
      path,
      database: { path: join(path, 'tables.duckdb'), tempFolder: join(path, 'temp') },
      log: join(path, 'log'),
      registry: join(path, 'registry.db'),
    },
    system(),
  );
}

export const closed = (folder: Folder) => closeParts(folder);

/** Where nine of the eleven devices are. */
export async function placesFile(folder: string): Promise<string> {
  const file = join(folder, 'places.csv');
  await writeFile(file, ['device,city', ...Array.from({ length: 9 }, (_, i) => `d${i},city${i % 3}`)].join('\n'));
  return file;
}
