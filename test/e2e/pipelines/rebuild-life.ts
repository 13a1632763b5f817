// A life of a process that runs the pipeline `rebuilt`, rebuilds all of it, and tells what it sees: one line of words for each event.
import { loadPipeline } from '../../../src/control/load.ts';
import { open } from '../../../src/control/open.ts';

const [folder, setting, isBegun] = process.argv.slice(2) as [string, string, string];
/** Tables whose rows only become more. */
const growing = ['minutes', 'last_minute', 'placed', 'steps', 'all_readings'];

const tell = (...words: unknown[]) => void process.stdout.write(`${words.join(' ')}\n`);
const pipeline = await loadPipeline(`${import.meta.dirname}/rebuilt.ts`);
const millrace = await open({ folder });
const running = await millrace.start([pipeline], { params: JSON.parse(setting) });
const backend = millrace.backend(running);
const count = async () => {
  const { rows } = await millrace.query(`select ${growing.map((name) => `(select count(*) from ${name})`).join(', ')}`);
  return rows[0]!.map(Number);
};

tell('started');
let before = await count();
if (isBegun === 'begin' && backend.pipelines()[0]!.rebuild === undefined)
  await backend.rebuild('rebuilt', undefined, false);
tell('begun');
let wasTold = '';
for (let hasEnded = false; !hasEnded; ) {
  const { rebuild } = backend.pipelines()[0]!;
  const now = await count();
  const fewer = growing.filter((_, i) => now[i]! < before[i]!);
  if (fewer.length > 0)
    tell(
      'gap',
      fewer.map((name) => `${name}:${before[growing.indexOf(name)]}>${now[growing.indexOf(name)]}`),
    );
  before = now;
  const state = !rebuild
    ? 'over'
    : rebuild.state === 'running'
      ? stageOf(rebuild)
      : `${rebuild.state} ${rebuild.reason}`;
  if (state !== wasTold) tell(state);
  wasTold = state;
  hasEnded = state === 'over' && isBegun !== 'begin';
  await new Promise((resolve) => setTimeout(resolve, 3));
}
await running.stop();
await millrace.close();
tell('stopped');

function stageOf({ done, total }: { done: number; total: number }): string {
  return done === 0 ? 'first' : done < total / 2 ? 'half' : 'last';
}
