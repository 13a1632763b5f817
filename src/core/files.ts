// The file system as an injected interface: what the log and the file sources need of it, and no more.

/** A file that is open for reading and writing. Positions and lengths are bytes. */
export interface FileHandle {
  /** Reads up to `target.length` bytes at `position`; returns how many were read, 0 at the end. */
  read(target: Uint8Array, position: number): Promise<number>;
  /** Writes all of the parts, one after the other, at `position`. */
  write(parts: readonly Uint8Array[], position: number): Promise<void>;
  /** Resolves when everything written is on disk (fdatasync). */
  sync(): Promise<void>;
  truncate(length: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

/** Files and folders. Errors are the system's own (`ENOENT`, `ENOSPC`, …). */
export interface Files {
  /** Opens for reading; fails with ENOENT where there is none. */
  openRead(path: string): Promise<FileHandle>;
  /** Opens for reading and writing, making the file where there is none. */
  openWrite(path: string): Promise<FileHandle>;
  readText(path: string): Promise<string>;
  /** Replaces a whole file so that a crash leaves the old or the new one: temporary file (`PATH.new`), sync, rename, folder sync. */
  replace(path: string, content: string | Uint8Array): Promise<void>;
  makeFolder(path: string): Promise<void>;
  /** Names in a folder, sorted; [] where there is no such folder. */
  list(path: string): Promise<string[]>;
  remove(path: string): Promise<void>;
  /** Gives a file another name, in the place of the one that has it; durable once the folder is synced. */
  rename(from: string, to: string): Promise<void>;
  /** Removes an empty folder; one that is not there, or not empty, is left as it is. */
  removeFolder(path: string): Promise<void>;
  exists(path: string): Promise<boolean>;
  /** Makes creations, renames and removals inside a folder durable. */
  syncFolder(path: string): Promise<void>;
}

/** Makes a folder, and the names of all that it needed to make durable. */
export async function makeDurableFolder(files: Files, folder: string): Promise<void> {
  const parents: string[] = [];
  for (let path = folder; !(await files.exists(path)); path = parents.at(-1)!) {
    const cut = path.search(/[/\\][^/\\]*$/);
    parents.push(cut < 0 ? '.' : path.slice(0, cut) || '/');
  }
  if (parents.length > 0) await files.makeFolder(folder);
  for (const parent of parents) await files.syncFolder(parent);
}
