// Lines of a log, which have no key: each of them is kept for 30 days, and so is each word of an error.
import { oneOf, pipeline, place, simulate, sql, stream, table, text, timestamp, topic } from 'millrace';

const line = topic(
  'line',
  { host: text(), level: oneOf('info', 'error'), message: text(), at: timestamp() },
  { key: 'host', time: 'at', partitions: 2 },
).from(
  simulate({
    seed: 1,
    count: 5_000,
    *rows(random, { startMs }) {
      for (let i = 0; ; i++) {
        const level = random.pick(['info', 'info', 'info', 'error'] as const);
        const message = `${random.pick(['disk', 'network'])} ${random.pick(['is', 'was'])} slow`;
        yield { host: random.pick(['web-1', 'web-2']), level, message, at: startMs + i * 20 };
      }
    },
  }),
);

// several rows of one record
const errorWord = stream(
  'error_word',
  { host: text(), word: text() },
  sql`select host, unnest(string_split(message, ' ')) as word from ${line} where level = 'error'`,
);

const logLines = table('log_lines', line, { key: place(), keep: '30 days' });
const errorWords = table('error_words', errorWord, { key: place() });

export default pipeline('logs', { tables: [logLines, errorWords] });
