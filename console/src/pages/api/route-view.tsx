// One route of the API: what it takes and answers, a line for the shell, and a try where it only reads.
import { useNavigate } from '@tanstack/react-router';
import { ChevronRight } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import type { Parameter } from '../../api/openapi.ts';
import { Badge, type Tone } from '../../kit/badge.tsx';
import { classNames } from '../../kit/class-names.ts';
import { CodeBlock } from '../../kit/code.tsx';
import { Input } from '../../kit/field.tsx';
import { Prose } from './prose.tsx';
import { type ApiRoute, curlLine, isLive, type Schemas } from './routes.ts';
import { SchemaView, typeText } from './schema-view.tsx';
import { Try } from './try.tsx';

const tones: Record<string, Tone> = { get: 'accent', post: 'good', put: 'warn', patch: 'warn', delete: 'bad' };

export function RouteView({ route, schemas, isOpen }: { route: ApiRoute; schemas: Schemas; isOpen: boolean }) {
  const navigate = useNavigate({ from: '/api' });
  const { method, path, operation } = route;
  const toggle = () =>
    void navigate({
      search: ({ route: _, ...others }) => (isOpen ? others : { ...others, route: route.id }),
      replace: true,
      resetScroll: false,
    });
  return (
    <article id={route.id} className="scroll-mt-4">
      <h3>
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={toggle}
          className="flex w-full flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5 text-left -outline-offset-2 hover:bg-surface-2"
        >
          <Badge tone={tones[method] ?? 'plain'} className="w-14 justify-center font-mono uppercase">
            {method}
          </Badge>
          <code className="min-w-0 text-sm font-medium break-all">{path}</code>
          <span className="min-w-0 flex-1 basis-60 text-muted">{operation.summary}</span>
          <ChevronRight
            aria-hidden
            className={classNames('size-4 shrink-0 text-faint transition-transform', isOpen && 'rotate-90')}
          />
        </button>
      </h3>
      {isOpen && <Details route={route} schemas={schemas} />}
    </article>
  );
}

function Details({ route, schemas }: { route: ApiRoute; schemas: Schemas }) {
  const [values, setValues] = useState<Record<string, string>>({});
  const { operation, method } = route;
  const body = Object.entries(operation.requestBody?.content ?? {});
  const responses = Object.entries(operation.responses ?? {});
  const good = responses.filter(([status]) => status < '400');
  const bad = responses.filter(([status]) => status >= '400');
  return (
    <div className="flex flex-col gap-5 border-t border-line bg-canvas/60 px-4 py-4">
      {(operation.description || operation['x-role']) && (
        <div className="flex flex-wrap items-start gap-3">
          <Prose text={operation.description} className="max-w-3xl min-w-0 flex-1" />
          {operation['x-role'] && (
            <Badge title="The least role that a token must have, where tokens are needed.">
              role: {operation['x-role']}
            </Badge>
          )}
        </div>
      )}
      {operation.parameters && operation.parameters.length > 0 && (
        <Part title="Parameters">
          <Parameters
            parameters={operation.parameters}
            values={values}
            onChange={(name, value) => setValues({ ...values, [name]: value })}
          />
        </Part>
      )}
      {body.map(([type, media]) => (
        <Part key={type} title={`Body, ${type}`}>
          <Prose text={operation.requestBody?.description} className="mb-1 text-muted" />
          {media.schema && <SchemaView schema={media.schema} schemas={schemas} />}
        </Part>
      ))}
      {good.map(([status, response]) => (
        <Part key={status} title={`Answer ${status}`}>
          <Prose text={response.description} className="mb-1 text-muted" />
          {Object.entries(response.content ?? {}).map(([type, media]) => (
            <div key={type} className="pl-4">
              <p className="-ml-4 font-mono text-xs text-faint">{type}</p>
              {media.schema && <SchemaView schema={media.schema} schemas={schemas} />}
            </div>
          ))}
        </Part>
      ))}
      {bad.length > 0 && (
        <Part title="Refusals">
          <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1">
            {bad.map(([status, response]) => (
              <div key={status} className="contents">
                <dt className="font-mono text-xs leading-5">{status}</dt>
                <dd className="text-muted">{response.description}</dd>
              </div>
            ))}
          </dl>
        </Part>
      )}
      <Part title="In the shell">
        <CodeBlock text={curlLine(route, values, schemas)} />
      </Part>
      {method === 'get' && !isLive(route) && <Try route={route} values={values} />}
    </div>
  );
}

type ParametersProps = {
  parameters: readonly Parameter[];
  values: Readonly<Record<string, string>>;
  onChange: (name: string, value: string) => void;
};

function Parameters({ parameters, values, onChange }: ParametersProps) {
  const order = { path: 0, query: 1, header: 2, cookie: 3 };
  const sorted = [...parameters].sort((a, b) => order[a.in] - order[b.in]);
  return (
    <ul className="divide-y divide-line/60">
      {sorted.map((parameter) => (
        <li
          key={`${parameter.in} ${parameter.name}`}
          className="grid gap-x-4 gap-y-1 py-2 md:grid-cols-[11rem_minmax(0,1fr)_16rem]"
        >
          <div>
            <p className="font-mono text-xs font-medium break-all">
              {parameter.name}
              {parameter.required && (
                <span className="text-bad" title="It must be given.">
                  {' '}
                  *
                </span>
              )}
            </p>
            <p className="text-2xs text-faint">in the {parameter.in}</p>
          </div>
          <div className="min-w-0">
            {parameter.schema && (
              <code className="text-xs break-all text-accent-text">{typeText(parameter.schema)}</code>
            )}
            <Prose text={parameter.description} className="text-xs text-muted" />
          </div>
          {parameter.in === 'path' || parameter.in === 'query' ? (
            <Input
              isMono
              size="small"
              aria-label={`Value of ${parameter.name}`}
              placeholder={parameter.name === 'where' ? 'where.line=B8&where.delay_s.gt=60' : parameter.name}
              value={values[parameter.name] ?? ''}
              onChange={(event) => onChange(parameter.name, event.target.value)}
            />
          ) : (
            <span />
          )}
        </li>
      ))}
    </ul>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h4 className="mb-1 text-xs font-semibold text-muted">{title}</h4>
      {children}
    </section>
  );
}
