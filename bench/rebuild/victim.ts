// A life of a process that is killed: a pipeline, records that come in, a rebuild beside them. It tells what it sees, a line for each event.
import { start } from '../../src/control/start.ts';
import { openData, totals } from './data.ts';
import { subjects } from './subjects.ts';
import { Traffic } from './traffic.ts';

type Life = {
  readonly data: string;
  readonly subject: string;
  readonly params: Record<string, string>;
  readonly rate: number;
};

const { data, subject: name, params, rate } = JSON.parse(process.argv[2]!) as Life;
const subject = subjects[name]!;
const tell = (...words: unknown[]) => void process.stdout.write(`${words.join(' ')}\n`);

const folder = await openData(data);
const { runners, rebuilds } = await start(folder, [subject.pipeline], { params });
const runner = runners[0]!;
// the generated records go on where the log ends
const traffic = new Traffic(folder, runner, subject, await totals(folder, subject.topic.name), rate);
traffic.begin();

const exclusive = runner.exclusive.bind(runner);
runner.exclusive = (work) =>
  exclusive(() => {
    tell('swap');
    return work();
  });
tell('started', rebuilds.status(runner) ? 'amid' : 'alone');
if (!rebuilds.status(runner)) await rebuilds.begin(runner, undefined);
tell('begun');
for (let reads = 0; ; reads++) {
  const status = rebuilds.status(runner);
  if (status?.state === 'failed') tell('failed', status.reason);
  const table = subject.growing[reads % subject.growing.length]!;
  tell('rows', table, await folder.store.count(table));
  if (status) tell('done', status.done, status.total);
  else tell('over');
  await new Promise((resolve) => setTimeout(resolve, 20));
}
