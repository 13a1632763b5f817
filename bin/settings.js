// What a process that runs pipelines is started with: settings that are read when it begins.

// glibc gives each thread an arena of its own and keeps what large blocks leave behind: together that doubles the memory of a run
const frugal = process.platform === 'linux' ? { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072' } : {};

/** Environment variables. Each statement and each sync occupies a thread until it ends: with Node's four, six readers would keep the pump and the log waiting. */
export const settings = { ...frugal, UV_THREADPOOL_SIZE: '12' };

/** Flags of Node. Batches are garbage within a second: a larger young generation only keeps more of them. */
export const flags = ['--max-semi-space-size=16'];

/** Whether this process was started with them. */
export const areSet = () =>
  Object.keys(settings).every((name) => process.env[name] !== undefined) &&
  flags.every((flag) => process.execArgv.includes(flag));
