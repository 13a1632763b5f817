// Server-sent events as bytes, and the ids by which a client says what it has.

/** Tells the browser how many milliseconds to wait before it connects again. */
export const opening = Buffer.from('retry: 1000\n\n');

/**
 * An event as it is sent; the data is JSON, which has no line breaks.
 *
 * @example eventBytes('rows', 'a1-7', '{"rows":[],"count":0}')
 */
export function eventBytes(name: string, id: string | undefined, data: string): Buffer {
  return Buffer.from(`event: ${name}\n${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`);
}

/** A comment; with an id, a client that comes back is known to have everything up to it, though nothing was sent. */
export function heartbeatBytes(id?: string): Buffer {
  return Buffer.from(id === undefined ? ':\n\n' : `:\nid: ${id}\n\n`);
}

/** Ids of events, `RUN-N`: numbers rise over all streams of a process, so that none is given twice. */
export class EventIds {
  readonly #run: string;
  #last = 0;

  constructor(run: string) {
    this.#run = run;
  }

  next(): number {
    return ++this.#last;
  }

  text(id: number): string {
    return `${this.#run}-${id}`;
  }

  /** The number of an id of this run; undefined for any other text. */
  read(text: string): number | undefined {
    const [, run, number] = /^(.+)-(\d{1,15})$/.exec(text) ?? [];
    return run === this.#run ? Number(number) : undefined;
  }
}
