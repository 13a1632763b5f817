// What the URL of the dead letters' page holds.

/** Which letters are listed; `letter`: the one that is open, where the list stays as it is; `view`: what of it is shown. */
export type DeadSearch = {
  pipeline?: string;
  stage?: string;
  kind?: 'dead' | 'late';
  code?: string;
  letter?: number;
  view?: LetterView;
};

export const letterViews = ['fix', 'record', 'bytes'] as const;
export type LetterView = (typeof letterViews)[number];

export function deadSearch(given: Record<string, unknown>): DeadSearch {
  const view = letterViews.find((one) => one === given.view);
  return {
    ...(given.pipeline === undefined ? {} : { pipeline: String(given.pipeline) }),
    ...(given.stage === undefined ? {} : { stage: String(given.stage) }),
    ...(given.kind === 'dead' || given.kind === 'late' ? { kind: given.kind } : {}),
    ...(typeof given.code === 'string' ? { code: given.code } : {}),
    ...(typeof given.letter === 'number' ? { letter: given.letter } : {}),
    ...(view ? { view } : {}),
  };
}
