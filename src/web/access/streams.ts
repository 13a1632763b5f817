// Live streams that a token has opened: they end when it is revoked or expires, not only when they are opened again.
import type { ServerResponse } from 'node:http';
import type { App } from '../app.ts';

const checkEveryMs = 2000;

/** Streams under way. */
export interface LiveStreams {
  add(response: ServerResponse, tokenId: number): void;
}

/** Watches streams until the server closes. */
export function liveStreams(app: App, isValid: (tokenId: number) => boolean): LiveStreams {
  const open = new Map<ServerResponse, number>();
  let timer: NodeJS.Timeout | undefined;

  const check = () => {
    const valid = new Map<number, boolean>();
    for (const [response, id] of open) {
      if (!valid.has(id)) valid.set(id, isValid(id));
      if (!valid.get(id)) response.destroy();
    }
  };
  app.addHook('onClose', (_app, done) => {
    clearInterval(timer);
    done();
  });
  return {
    add(response, tokenId) {
      open.set(response, tokenId);
      timer ??= setInterval(check, checkEveryMs).unref();
      response.once('close', () => {
        open.delete(response);
        if (open.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      });
    },
  };
}
