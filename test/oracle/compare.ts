// Runs a history through the engine and through the oracle, and compares them at every quiet moment.
import assert from 'node:assert/strict';
import { type Driver, drive, type Table } from '../../src/index.ts';
import { plain, type Values } from './database.ts';
import { type Event, type History, told } from './histories.ts';
import { type Answer, Oracle } from './oracle.ts';
import { type Built, build, type Plan } from './queries.ts';
import type { Letter } from './records.ts';

/** What is looked up. */
const names = [
  { tag: 'x', factor: 2 },
  { tag: 'y', factor: -0.5 },
];

/** @throws AssertionError with the pipeline and the history in words */
export async function compare(plan: Plan, history: History): Promise<void> {
  const built = build(plan);
  try {
    await using driver = await drive(built.pipeline);
    const oracle = await Oracle.open(built.pipeline, built.own);
    try {
      oracle.records.append(built.names, names);
      await driver.send(built.names, names);
      await new Run(driver, oracle, built).through(history);
    } finally {
      oracle.close();
    }
  } catch (error) {
    const { message } = error as Error;
    const words = [...built.words.values()].map((line) => `  ${line}`).join('\n');
    const topic = `topic f: ${built.events.partitions} partitions, lateness ${built.events.latenessMs} ms`;
    throw new Error(`${message}\n${topic}\n${words}\n${told(history)}`, { cause: error });
  }
}

class Run {
  readonly #driver: Driver;
  readonly #oracle: Oracle;
  readonly #built: Built;
  #sent = 0;
  #done = 0;
  /** Seconds since records came. */
  #quiet = 0;

  constructor(driver: Driver, oracle: Oracle, built: Built) {
    this.#driver = driver;
    this.#oracle = oracle;
    this.#built = built;
    this.#sent = names.length;
  }

  async through(history: History): Promise<void> {
    for (const action of history) {
      this.#done++;
      if (action.kind === 'send') await this.#send(action.events);
      else if (action.kind === 'restart') await this.#driver.restart();
      else if (action.kind === 'late again') await this.#again('late');
      else if (action.kind === 'dead again') await this.#again('dead');
      else {
        if (action.kind === 'flush') await this.#driver.flush();
        else {
          await this.#driver.advance(`${action.seconds} s`);
          this.#quiet += action.seconds;
        }
        if (action.kind === 'flush' || this.#quiet >= 2) await this.#check(await this.#oracle.compute());
      }
    }
  }

  async #send(events: readonly Event[]): Promise<void> {
    this.#oracle.records.append(this.#built.events, events);
    this.#sent += events.length;
    const { refused } = await this.#driver.send(this.#built.events, events as never);
    assert.deepEqual(refused, []);
    this.#quiet = 0;
  }

  /** Sends all late or dead letters again; dead ones with a number in place of the text that is none. */
  async #again(kind: 'late' | 'dead'): Promise<void> {
    // rows that windows fail for are found when these are emitted
    if (kind === 'dead') await this.#driver.flush();
    const answer = await this.#oracle.compute();
    if (kind === 'dead') await this.#check(answer);
    const fix = (values: Values) => ({ ...values, s: values.s === 'bad' ? '7' : values.s });
    const stages = this.#built.pipeline.streams;
    for (const letter of answer[kind]) {
      const stream = stages.find(({ name }) => name === letter.stage)!;
      const isOfWindow = stream.query.references.some((one) => 'of' in one && one.window !== undefined);
      this.#oracle.records.sendAgain(letter, isOfWindow ? letter.stage : '*', kind === 'dead' ? fix : undefined);
    }
    await this.#driver.redrive({ kind }, kind === 'dead' ? fix : undefined);
    this.#quiet = 0;
  }

  async #check(answer: Answer): Promise<void> {
    const driver = this.#driver;
    const when = `after action ${this.#done}`;
    for (const table of this.#built.pipeline.tables) await this.#checkTable(table, answer, when);
    const ledger = driver.ledger();
    assert.ok(
      ledger.balanced && ledger.inFlight === 0,
      `the ledger does not balance ${when}: ${JSON.stringify(ledger)}`,
    );
    assert.equal(ledger.in, this.#sent, `in of the ledger ${when}`);
    const dead = await driver.dead();
    const found = dead.map((one) => `${one.kind} at ${one.stage}: ${one.topic} ${one.partition}/${one.offset}`).sort();
    const expected = [...wordsOf('late', answer.late), ...wordsOf('dead', answer.dead)].sort();
    assert.deepEqual(found, expected, `letters ${when} (found, expected)`);
    for (const { noun, name, out, retracted } of driver.stages())
      if (noun === 'stream')
        assert.equal(
          out - retracted,
          answer.counts.get(name),
          `rows that stream ${name} has emitted and not retracted ${when}`,
        );
  }

  async #checkTable(table: Table, { tables }: Answer, when: string): Promise<void> {
    const shown = (rows: readonly Values[]) =>
      rows
        .map((row) =>
          JSON.stringify(Object.fromEntries(Object.keys(table.fields).map((name) => [name, plain(row[name])]))),
        )
        .sort();
    const found = shown(await this.#driver.rows(table));
    const expected = shown(tables.get(table.name)!);
    assert.deepEqual(found, expected, `table ${table.name} ${when} (found, expected)`);
    const stage = this.#driver.stages().find((one) => one.noun === 'table' && one.name === table.name)!;
    const { out, replaced, retracted, expired } = stage;
    assert.equal(
      found.length,
      out - replaced - retracted - expired,
      `rows of table ${table.name} by its counts ${when}`,
    );
  }
}

function wordsOf(kind: string, letters: readonly Letter[]): string[] {
  return letters.map(({ stage, entry }) => `${kind} at ${stage}: ${entry.topic} ${entry.partition}/${entry.offset}`);
}
