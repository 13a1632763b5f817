// Answers about a table as bytes, kept for as long as the table has not changed; those who ask for the same at once share one.

/** Bytes of all answers that are kept. */
const bytesMax = 32 * 2 ** 20;

type Answer = { readonly version: number; readonly made: Promise<Buffer>; bytes: number };

/** Answers that are as fresh as the table they are about. */
export class FreshAnswers {
  readonly #versionOf: (table: string) => number;
  readonly #answers = new Map<string, Answer>();
  #bytes = 0;

  /** @param versionOf changes with every commit to a table */
  constructor(versionOf: (table: string) => number) {
    this.#versionOf = versionOf;
  }

  /**
   * The answer to a question about a table.
   *
   * @param question the same text for the same answer
   */
  async get(table: string, question: string, make: () => Promise<Buffer>): Promise<Buffer> {
    const known = this.#answers.get(question);
    if (known?.version === this.#versionOf(table)) return known.made;
    this.#drop(question);
    // before it is made: what is committed while it is made has another version
    const answer: Answer = { version: this.#versionOf(table), made: make(), bytes: question.length };
    this.#answers.set(question, answer);
    this.#bytes += answer.bytes;
    try {
      const bytes = await answer.made;
      if (this.#answers.get(question) === answer) this.#grow(answer, bytes.length);
      return bytes;
    } catch (error) {
      if (this.#answers.get(question) === answer) this.#drop(question);
      throw error;
    }
  }

  #grow(answer: Answer, bytes: number): void {
    answer.bytes += bytes;
    this.#bytes += bytes;
    for (const oldest of this.#answers.keys()) {
      if (this.#bytes <= bytesMax) break;
      this.#drop(oldest);
    }
  }

  #drop(question: string): void {
    this.#bytes -= this.#answers.get(question)?.bytes ?? 0;
    this.#answers.delete(question);
  }
}
