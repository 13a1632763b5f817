// The file system in memory, for tests: it can be full, fail at an operation, and lose at a crash what was not synced.
import type { FileHandle, Files } from './files.ts';
import type { Random } from './random.ts';

const sectorBytes = 512;

type Operation =
  | 'open'
  | 'read'
  | 'write'
  | 'sync'
  | 'truncate'
  | 'replace'
  | 'remove'
  | 'rename'
  | 'folder'
  | 'syncFolder';

type Change = { readonly position: number; readonly bytes: Uint8Array } | { readonly length: number };

/** A file: as it is, as it surely is on disk, and what was done to it between the two. */
type Node = { content: Uint8Array; durable: Uint8Array; changes: Change[] };

/** Files in memory, with what a test does to them. */
export interface MemoryFiles extends Files {
  /** Bytes of all files together, beyond which writing fails with ENOSPC. Infinity: no limit. */
  diskBytes: number;
  /** How often each operation was called. */
  readonly counts: Readonly<Record<Operation, number>>;
  /** Lets the next `times` calls of an operation fail with a system error code, on paths that contain `part`. A write fails half-way. */
  fail(operation: Operation, code: string, times?: number, part?: string): void;
  /** The power goes off after this many more operations that change something: they and all later ones fail with EIO. */
  crashAfter(operations: number): void;
  /**
   * The disk as the next start finds it; these files are dead from now on. Without `random` everything not synced is lost; with it,
   * any sectors of unsynced writes and any unsynced names may be there.
   */
  crash(random?: Random): MemoryFiles;
  /** A file's content, to look at or to damage in place. */
  bytes(path: string): Uint8Array;
  /** Puts a file there, durably. */
  put(path: string, bytes: Uint8Array): void;
}

/** An error as the system raises it. */
function systemError(code: string, operation: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${operation} '${path}'`), { code });
}

/**
 * A file system in memory.
 *
 * @example const files = memoryFiles(); …; const afterCrash = files.crash(random(1))
 */
export function memoryFiles(): MemoryFiles {
  return new Memory(new Map(), new Set(['/', '.']));
}

class Memory implements MemoryFiles {
  diskBytes = Number.POSITIVE_INFINITY;
  readonly counts: Record<Operation, number> = {
    open: 0,
    read: 0,
    write: 0,
    sync: 0,
    truncate: 0,
    replace: 0,
    remove: 0,
    rename: 0,
    folder: 0,
    syncFolder: 0,
  };
  readonly #files: Map<string, Node>;
  readonly #durableFiles: Map<string, Node>;
  readonly #folders: Set<string>;
  readonly #durableFolders: Set<string>;
  #failures: { operation: Operation; code: string; times: number; part: string }[] = [];
  #operationsLeft = Number.POSITIVE_INFINITY;
  #isDead = false;

  constructor(files: Map<string, Node>, folders: Set<string>) {
    this.#files = files;
    this.#durableFiles = new Map(files);
    this.#folders = folders;
    this.#durableFolders = new Set(folders);
  }

  fail(operation: Operation, code: string, times = 1, part = ''): void {
    this.#failures.push({ operation, code, times, part });
  }

  crashAfter(operations: number): void {
    this.#operationsLeft = operations;
  }

  crash(random?: Random): MemoryFiles {
    this.#isDead = true;
    const kept = new Map(this.#durableFiles);
    if (random) {
      for (const [path, node] of this.#files) if (random.next() < 0.5) kept.set(path, node);
      for (const path of this.#durableFiles.keys())
        if (!this.#files.has(path) && random.next() < 0.5) kept.delete(path);
    }
    const folders = new Set(
      [...this.#folders].filter((path) => this.#durableFolders.has(path) || (random && random.next() < 0.5)),
    );
    // one that was removed may be there again, as long as its own folder was not synced
    for (const path of this.#durableFolders)
      if (!this.#folders.has(path) && (!random || random.next() < 0.5)) folders.add(path);
    // what is in a folder whose name is lost is lost with it
    const isKept = (path: string): boolean =>
      path === '/' || path === '.' || (folders.has(path) && isKept(folderOf(path)));
    for (const path of folders) if (!isKept(path)) folders.delete(path);
    const files = new Map<string, Node>();
    for (const [path, node] of kept) {
      if (!isKept(folderOf(path))) continue;
      const content = random ? tear(node, random) : node.durable;
      files.set(path, { content: content.slice(), durable: content.slice(), changes: [] });
    }
    return new Memory(files, folders);
  }

  bytes(path: string): Uint8Array {
    return this.#node(path, 'read').content;
  }

  put(path: string, bytes: Uint8Array): void {
    for (let folder = folderOf(path); !this.#durableFolders.has(folder); folder = folderOf(folder)) {
      this.#folders.add(folder);
      this.#durableFolders.add(folder);
    }
    this.#place(path, bytes);
  }

  #place(path: string, bytes: Uint8Array): void {
    const node = { content: bytes.slice(), durable: bytes.slice(), changes: [] };
    this.#files.set(path, node);
    this.#durableFiles.set(path, node);
  }

  async openRead(path: string): Promise<FileHandle> {
    this.#enter('open', path, false);
    return this.#handle(path, this.#node(path, 'open'));
  }

  async openWrite(path: string): Promise<FileHandle> {
    this.#enter('open', path, !this.#files.has(path));
    let node = this.#files.get(path);
    if (!node) {
      if (!this.#folders.has(folderOf(path))) throw systemError('ENOENT', 'open', path);
      node = { content: new Uint8Array(0), durable: new Uint8Array(0), changes: [] };
      this.#files.set(path, node);
    }
    return this.#handle(path, node);
  }

  async readText(path: string): Promise<string> {
    this.#enter('read', path, false);
    return new TextDecoder().decode(this.#node(path, 'read').content);
  }

  async replace(path: string, content: string | Uint8Array): Promise<void> {
    const failure = this.#failure('replace', path, true);
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    if (failure) {
      // a crash leaves what was to take the place of the file; a failure takes it away again
      if (this.#isDead) this.#files.set(`${path}.new`, { content: bytes, durable: new Uint8Array(0), changes: [] });
      throw failure;
    }
    if (!this.#folders.has(folderOf(path))) throw systemError('ENOENT', 'open', path);
    if (this.#used() + bytes.length > this.diskBytes) throw systemError('ENOSPC', 'write', path);
    this.#place(path, bytes);
  }

  async makeFolder(path: string): Promise<void> {
    this.#enter('folder', path, true);
    for (let folder = path; !this.#folders.has(folder); folder = folderOf(folder)) this.#folders.add(folder);
  }

  async list(path: string): Promise<string[]> {
    this.#enter('folder', path, false);
    const names: string[] = [];
    for (const other of [...this.#files.keys(), ...this.#folders])
      if (other !== path && folderOf(other) === path) names.push(other.slice(other.lastIndexOf('/') + 1));
    return names.sort();
  }

  async remove(path: string): Promise<void> {
    this.#enter('remove', path, true);
    this.#node(path, 'unlink');
    this.#files.delete(path);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#enter('rename', from, true);
    const node = this.#node(from, 'rename');
    if (!this.#folders.has(folderOf(to))) throw systemError('ENOENT', 'rename', to);
    this.#files.delete(from);
    this.#files.set(to, node);
  }

  async removeFolder(path: string): Promise<void> {
    this.#enter('folder', path, true);
    const isEmpty = ![...this.#files.keys(), ...this.#folders].some(
      (other) => other !== path && folderOf(other) === path,
    );
    if (isEmpty) this.#folders.delete(path);
  }

  async exists(path: string): Promise<boolean> {
    this.#enter('open', path, false);
    return this.#files.has(path) || this.#folders.has(path);
  }

  async syncFolder(path: string): Promise<void> {
    this.#enter('syncFolder', path, true);
    for (const [file, node] of this.#files) if (folderOf(file) === path) this.#durableFiles.set(file, node);
    for (const folder of this.#folders) if (folderOf(folder) === path) this.#durableFolders.add(folder);
    for (const folder of this.#durableFolders)
      if (folderOf(folder) === path && !this.#folders.has(folder)) this.#durableFolders.delete(folder);
    for (const file of this.#durableFiles.keys())
      if (folderOf(file) === path && !this.#files.has(file)) this.#durableFiles.delete(file);
  }

  #handle(path: string, node: Node): FileHandle {
    return {
      read: async (target, position) => {
        this.#enter('read', path, false);
        const bytes = node.content.subarray(position, position + target.length);
        target.set(bytes);
        return bytes.length;
      },
      write: async (parts, position) => {
        let failure = this.#failure('write', path, true);
        let at = position;
        for (const part of parts) {
          const room = Math.max(0, node.content.length - at) + Math.max(0, this.diskBytes - this.#used());
          let bytes = part.subarray(0, Math.min(part.length, room));
          if (failure) bytes = bytes.subarray(0, bytes.length >>> 1);
          if (bytes.length > 0) apply(node, { position: at, bytes: bytes.slice() });
          at += bytes.length;
          if (bytes.length < part.length) failure ??= systemError('ENOSPC', 'write', path);
          if (failure) throw failure;
        }
        // so that several appends can meet during a write, as they do on a disk
        await new Promise((resolve) => setImmediate(resolve));
      },
      sync: async () => {
        this.#enter('sync', path, true);
        await new Promise((resolve) => setImmediate(resolve));
        if (this.#isDead) throw systemError('EIO', 'sync', path);
        node.durable = node.content.slice();
        node.changes = [];
      },
      truncate: async (length) => {
        this.#enter('truncate', path, true);
        apply(node, { length });
      },
      size: async () => {
        this.#enter('read', path, false);
        return node.content.length;
      },
      close: async () => {},
    };
  }

  #enter(operation: Operation, path: string, changes: boolean): void {
    const failure = this.#failure(operation, path, changes);
    if (failure) throw failure;
  }

  #failure(operation: Operation, path: string, changes: boolean): Error | undefined {
    if (this.#isDead) throw systemError('EIO', operation, path);
    this.counts[operation]++;
    if (changes && --this.#operationsLeft < 0) {
      // what a dying write has reached may be on disk too: the caller crashes with `random` to see it
      this.#isDead = operation !== 'write';
      this.#operationsLeft = -1;
      return systemError('EIO', operation, path);
    }
    const failure = this.#failures.find(
      (one) => one.operation === operation && one.times > 0 && path.includes(one.part),
    );
    if (!failure) return undefined;
    failure.times--;
    return systemError(failure.code, operation, path);
  }

  #node(path: string, operation: string): Node {
    const node = this.#files.get(path);
    if (!node) throw systemError('ENOENT', operation, path);
    return node;
  }

  #used(): number {
    let bytes = 0;
    for (const { content } of this.#files.values()) bytes += content.length;
    return bytes;
  }
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '.' : path.slice(0, slash) || '/';
}

function apply(node: Node, change: Change): void {
  node.changes.push(change);
  node.content = applied(node.content, change);
}

function applied(content: Uint8Array, change: Change): Uint8Array {
  const length = 'length' in change ? change.length : Math.max(content.length, change.position + change.bytes.length);
  const bytes = length === content.length ? content : new Uint8Array(length);
  if (bytes !== content) bytes.set(content.subarray(0, length));
  if ('bytes' in change) bytes.set(change.bytes, change.position);
  return bytes;
}

/** What a crash may leave of a file: the durable content, and of each later change any sectors, in any order. */
function tear(node: Node, random: Random): Uint8Array {
  let content: Uint8Array = node.durable.slice();
  for (const change of node.changes) {
    if ('length' in change) {
      if (random.next() < 0.5) content = applied(content, change).slice();
      continue;
    }
    // the length may be on disk before the bytes: zeros, as ext4 leaves them
    if (random.next() < 0.3) {
      const none = { position: change.position + change.bytes.length, bytes: new Uint8Array(0) };
      content = applied(content, none);
    }
    const isPrefix = random.next() < 0.5;
    const prefix = isPrefix ? random.whole(0, change.bytes.length) : 0;
    if (isPrefix) {
      content = applied(content, { position: change.position, bytes: change.bytes.subarray(0, prefix) });
      continue;
    }
    for (let at = 0; at < change.bytes.length; at += sectorBytes)
      if (random.next() < 0.5)
        content = applied(content, {
          position: change.position + at,
          bytes: change.bytes.subarray(at, at + sectorBytes),
        });
  }
  return content;
}
