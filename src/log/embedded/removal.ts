// Removes a topic from the disk, so that a crash at any moment leaves the topic whole, or files that a second removal takes away.
import { systemCode } from '../../core/errors.ts';
import type { Files } from '../../core/files.ts';
import { topicPath } from './topic-file.ts';

/** Removes the folder of a topic. What an attempt before this one has removed is no failure. */
export async function removeTopic(files: Files, folder: string, name: string): Promise<void> {
  const own = `${folder}/${name}`;
  if (!(await files.exists(own))) return;
  // without this file the folder is no topic: what is left of it is never read again
  await removeFile(files, topicPath(folder, name));
  await files.syncFolder(own);
  for (const partition of await files.list(own)) {
    const place = `${own}/${partition}`;
    // what a crash has left of the file of the topic; anything else is none of ours
    if (partition.startsWith('topic.json')) await removeFile(files, place);
    if (!/^\d+$/.test(partition)) continue;
    for (const file of await files.list(place)) await removeFile(files, `${place}/${file}`);
    await files.syncFolder(place);
    await files.removeFolder(place);
  }
  await files.syncFolder(own);
  await files.removeFolder(own);
  await files.syncFolder(folder);
}

async function removeFile(files: Files, path: string): Promise<void> {
  try {
    await files.remove(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
