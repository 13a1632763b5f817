// One stream of server-sent events that heals itself: back-off after a failure, resuming where it was, closed while the tab is hidden.
import { parseJson } from '../kit/json.ts';

/**
 * connecting: not heard yet. live: open. reconnecting: lost, trying again. paused: closed while the tab is hidden.
 */
export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'paused';

export type LiveHandler = (data: unknown, id: string) => void;

const firstDelayMs = 400;
const longestDelayMs = 10_000;

export class LiveConnection {
  readonly #url: string;
  readonly #names: readonly string[];
  readonly #heard: (name: string, data: unknown, id: string) => void;
  readonly #changed: (state: LiveState) => void;
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastEventId = '';
  #failures = 0;
  state: LiveState = 'connecting';

  constructor(
    url: string,
    names: readonly string[],
    heard: (name: string, data: unknown, id: string) => void,
    changed: (state: LiveState) => void,
  ) {
    this.#url = url;
    this.#names = names;
    this.#heard = heard;
    this.#changed = changed;
    document.addEventListener('visibilitychange', this.#looked);
    window.addEventListener('online', this.#online);
    if (document.hidden) this.#set('paused');
    else this.#open();
  }

  close(): void {
    document.removeEventListener('visibilitychange', this.#looked);
    window.removeEventListener('online', this.#online);
    this.#drop();
  }

  #open(): void {
    this.#drop();
    const url = new URL(this.#url, window.location.origin);
    if (this.#lastEventId) url.searchParams.set('lastEventId', this.#lastEventId);
    const source = new EventSource(url);
    this.#source = source;
    source.onopen = () => {
      this.#failures = 0;
      this.#set('live');
    };
    source.onerror = () => {
      // The browser's own retry gives up on an error status and tells nothing, so it is not used.
      this.#drop();
      this.#failures += 1;
      this.#set('reconnecting');
      const delay = Math.min(firstDelayMs * 2 ** (this.#failures - 1), longestDelayMs) * (0.75 + Math.random() / 2);
      this.#timer = setTimeout(() => this.#open(), delay);
    };
    for (const name of this.#names) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        if (event.lastEventId) this.#lastEventId = event.lastEventId;
        this.#heard(name, parseJson(event.data), event.lastEventId);
      });
    }
  }

  #drop(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = undefined;
  }

  #set(state: LiveState): void {
    this.state = state;
    this.#changed(state);
  }

  readonly #looked = (): void => {
    if (document.hidden) {
      this.#drop();
      this.#set('paused');
    } else if (!this.#source) {
      this.#failures = 0;
      this.#open();
    }
  };

  readonly #online = (): void => {
    if (!document.hidden && !this.#source) this.#open();
  };
}
