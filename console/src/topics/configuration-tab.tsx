// How a topic is declared: key, time, retention, fields, and how records are posted to it.
import { Link } from '@tanstack/react-router';
import type { TopicView } from '../../../src/web/schemas.ts';
import { FieldsTable } from '../data/fields-table.tsx';
import { Card, Facts } from '../kit/card.tsx';
import { Code, CodeBlock } from '../kit/code.tsx';
import { Empty } from '../kit/empty.tsx';
import { plural } from '../kit/format.ts';
import { exampleOf } from './record-form.ts';
import { retentionSentence } from './retention.ts';

function curlOf(topic: TopicView): string {
  const url = `${window.location.origin}/api/topics/${encodeURIComponent(topic.name)}/records`;
  const body = JSON.stringify(JSON.parse(exampleOf(topic.fields))).replaceAll("'", "'\\''");
  const signature = topic.isSigned ? `  -H "x-millrace-signature: sha256=$SIGNATURE" \\\n` : '';
  return `curl ${url} \\\n  -H 'content-type: application/json' \\\n${signature}  -d '${body}'`;
}

export function ConfigurationTab({ topic }: { topic: TopicView }) {
  return (
    <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,1.2fr)]">
      <div className="flex min-w-0 flex-col gap-4">
        <Card title="Topic">
          <Facts
            facts={[
              ['Key', topic.key ? <Code key="key">{topic.key}</Code> : 'none: records are spread evenly'],
              ['Event time', topic.time ? <Code key="time">{topic.time}</Code> : 'none'],
              ['Partitions', plural(topic.partitions.length, 'partition')],
              ['Retention', retentionSentence(topic.retention)],
              ['Schema', topic.schema ? <Code key="schema">{topic.schema.subject}</Code> : 'none'],
              [
                'Read by',
                topic.pipelines.length === 0 ? (
                  'no pipeline that runs'
                ) : (
                  <span key="pipelines" className="flex flex-wrap gap-x-3">
                    {topic.pipelines.map((name) => (
                      <Link
                        key={name}
                        to="/pipelines/$name"
                        params={{ name }}
                        className="text-accent-text hover:underline"
                      >
                        {name}
                      </Link>
                    ))}
                  </span>
                ),
              ],
            ]}
          />
        </Card>
        <Card title="Posting">
          {topic.accepts ? (
            <div className="flex flex-col gap-3">
              <p className="text-muted">
                Records are accepted as JSON or NDJSON and answered once they are on disk.
                {topic.isSigned && ' Each request must carry the HMAC-SHA256 of its body.'}
              </p>
              <CodeBlock text={curlOf(topic)} />
            </div>
          ) : (
            <p className="text-muted">Records cannot be posted: no pipeline that runs declares this topic.</p>
          )}
        </Card>
      </div>
      <Card isFlush title="Fields" note={topic.fields.length > 0 ? plural(topic.fields.length, 'field') : undefined}>
        {topic.fields.length === 0 ? (
          <Empty title="No fields are declared">
            No pipeline that runs declares this topic; its schema may still be in the registry.
          </Empty>
        ) : (
          <div className="px-4 py-2">
            <FieldsTable fields={topic.fields} keys={topic.key ? [topic.key] : []} time={topic.time} />
          </div>
        )}
      </Card>
    </div>
  );
}
