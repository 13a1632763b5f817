// What the URL of the dead letters' page holds.

export type DeadSearch = { pipeline?: string; stage?: string; kind?: 'dead' | 'late'; code?: string };

export function deadSearch(given: Record<string, unknown>): DeadSearch {
  return {
    ...(typeof given.pipeline === 'string' ? { pipeline: given.pipeline } : {}),
    ...(typeof given.stage === 'string' ? { stage: given.stage } : {}),
    ...(given.kind === 'dead' || given.kind === 'late' ? { kind: given.kind } : {}),
    ...(typeof given.code === 'string' ? { code: given.code } : {}),
  };
}
