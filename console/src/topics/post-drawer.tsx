// Posts records to a topic: by a form that is made from its fields, or as JSON; says what was accepted and why the rest was not.
import { useMutation } from '@tanstack/react-query';
import { ClipboardPaste, Send } from 'lucide-react';
import { useState } from 'react';
import type { TopicView } from '../../../src/web/schemas.ts';
import { api } from '../api/client.ts';
import { Editor } from '../editor/editor.tsx';
import { Button } from '../kit/button.tsx';
import { Drawer } from '../kit/dialog.tsx';
import { Field, Input, Segments } from '../kit/field.tsx';
import { jsonText } from '../kit/json.ts';
import { toastFailure } from '../kit/toast.tsx';
import { PostOutcome } from './post-outcome.tsx';
import { exampleOf, isNdjson, recordOf, signatureOf, type Texts, textsOf } from './record-form.ts';
import { RecordInput } from './record-input.tsx';

export function PostDrawer({ topic, onClose }: { topic: TopicView; onClose: () => void }) {
  const hasForm = topic.fields.length > 0;
  const [way, setWay] = useState<'form' | 'json'>(hasForm ? 'form' : 'json');
  const [texts, setTexts] = useState<Texts>({});
  const [json, setJson] = useState(() => exampleOf(topic.fields));
  const [secret, setSecret] = useState('');
  const [isTried, setTried] = useState(false);
  const form = recordOf(topic.fields, texts);
  const post = useMutation({
    mutationFn: async (body: string) =>
      api.post(topic.name, body, {
        isNdjson: isNdjson(body),
        ...(secret ? { signature: await signatureOf(body, secret) } : {}),
      }),
  });
  const send = () => {
    setTried(true);
    if (way === 'json') post.mutate(json);
    else if (Object.keys(form.wrong).length === 0) post.mutate(jsonText(form.record));
  };
  const fill = async () => {
    try {
      const page = await api.records(topic.name, { limit: 10 });
      const value = page.records.findLast((record) => record.value !== undefined)?.value;
      if (!value) return;
      setTexts(textsOf(topic.fields, value));
      setJson(jsonText(value, 2));
    } catch (error) {
      toastFailure(error);
    }
  };
  return (
    <Drawer
      isOpen
      onClose={onClose}
      title="Post a record"
      note={`To ${topic.name}. It is accepted only once it is on disk.`}
      footer={
        <>
          <span className="mr-auto text-xs text-muted max-md:hidden">Ctrl Enter posts</span>
          <Button onClick={onClose}>Close</Button>
          <Button look="primary" icon={Send} isBusy={post.isPending} onClick={send}>
            Post
          </Button>
        </>
      }
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a shortcut for the button below. */}
      <div
        className="flex flex-col gap-4"
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
          event.preventDefault();
          send();
        }}
      >
        <div className="flex flex-wrap items-center justify-between gap-2">
          <Segments
            label="How"
            size="small"
            value={way}
            onChange={(next) => {
              if (next === 'json' && Object.keys(texts).length > 0) setJson(jsonText(form.record, 2));
              setWay(next);
            }}
            choices={[
              ...(hasForm ? [{ value: 'form' as const, label: 'Form' }] : []),
              { value: 'json' as const, label: 'JSON' },
            ]}
          />
          <Button size="small" look="quiet" icon={ClipboardPaste} onClick={fill}>
            Begin with the newest record
          </Button>
        </div>
        <PostOutcome result={post.data} error={post.error} />
        {topic.isSigned && (
          <Field
            label="Secret"
            note="This topic takes signed records only. The signature is made here; the secret is not sent or kept."
          >
            <Input type="password" value={secret} onChange={(event) => setSecret(event.target.value)} />
          </Field>
        )}
        {way === 'json' ? (
          <Field label="A JSON object, an array of them, or one a line">
            <Editor
              className="h-96"
              language="json"
              label="Records as JSON"
              value={json}
              onChange={setJson}
              run={send}
            />
          </Field>
        ) : (
          topic.fields.map((field) => (
            <RecordInput
              key={field.name}
              field={field}
              isKey={field.name === topic.key}
              text={texts[field.name] ?? ''}
              error={isTried ? form.wrong[field.name] : undefined}
              onChange={(text) => setTexts((before) => ({ ...before, [field.name]: text }))}
            />
          ))
        )}
      </div>
    </Drawer>
  );
}
