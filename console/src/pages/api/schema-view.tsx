// A schema, readable: its fields with types and meanings; what it refers to unfolds in place.
import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import type { Schema } from '../../api/openapi.ts';
import { classNames } from '../../kit/class-names.ts';
import { Prose } from './prose.tsx';
import { refName, type Schemas } from './routes.ts';

type SchemaViewProps = { schema: Schema; schemas: Schemas /** Levels that are open at first. */; depth?: number };

export function SchemaView({ schema, schemas, depth = 1 }: SchemaViewProps) {
  const parts = fieldsOf(schema, schemas);
  if (parts.length === 0) {
    return (
      <p className="text-xs">
        <code className="text-accent-text">{typeText(schema)}</code>{' '}
        <Prose text={schema.description} className="inline text-muted" />
      </p>
    );
  }
  return (
    <ul className="flex flex-col">
      {parts.map((part) => (
        <Field key={part.name} part={part} schemas={schemas} depth={depth} />
      ))}
    </ul>
  );
}

type Part = { name: string; schema: Schema; isRequired: boolean };

function Field({ part, schemas, depth }: { part: Part; schemas: Schemas; depth: number }) {
  const { name, schema, isRequired } = part;
  const [isOpen, setOpen] = useState(depth > 1);
  const hasMore = fieldsOf(schema, schemas).length > 0;
  const line = (
    <>
      <span className="font-mono text-xs font-medium">{name}</span>
      {!isRequired && <span className="text-2xs text-faint">optional</span>}
      <code className="text-xs break-all text-accent-text">{typeText(schema)}</code>
    </>
  );
  return (
    <li className="border-b border-line/60 py-1.5 last:border-0">
      {hasMore ? (
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          className="-ml-4 flex flex-wrap items-baseline gap-x-2 rounded-sm text-left"
        >
          <ChevronRight aria-hidden className={classNames('size-3 self-center text-faint', isOpen && 'rotate-90')} />
          {line}
        </button>
      ) : (
        <p className="flex flex-wrap items-baseline gap-x-2">{line}</p>
      )}
      <Prose text={schema.description} className="text-xs text-muted" />
      {hasMore && isOpen && (
        <div className="mt-1 ml-1 border-l border-line pl-5">
          <SchemaView schema={schema} schemas={schemas} depth={depth - 1} />
        </div>
      )}
    </li>
  );
}

/** The fields of an object, of what an array or a map holds, or of what is referred to. */
function fieldsOf(schema: Schema, schemas: Schemas): Part[] {
  if (schema.$ref) {
    const known = schemas[refName(schema.$ref)];
    return known ? fieldsOf(known, schemas) : [];
  }
  if (schema.properties) {
    const required = schema.required ?? [];
    return Object.entries(schema.properties).map(([name, one]) => ({
      name,
      schema: one,
      isRequired: required.includes(name),
    }));
  }
  const several = schema.allOf ?? schema.anyOf ?? schema.oneOf;
  if (several) return several.flatMap((one) => fieldsOf(one, schemas));
  const inner = schema.items ?? mapValue(schema);
  return inner ? fieldsOf(inner, schemas) : [];
}

function mapValue(schema: Schema): Schema | undefined {
  if (typeof schema.additionalProperties === 'object') return schema.additionalProperties;
  return Object.values(schema.patternProperties ?? {})[0];
}

/** `list of GraphNode`, `integer, 0 or more`, `'dead' or 'late'` */
export function typeText(schema: Schema): string {
  if (schema.$ref) return refName(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  const several = schema.anyOf ?? schema.oneOf;
  if (several) return several.map(typeText).join(' | ');
  if (schema.allOf) return schema.allOf.map(typeText).join(' & ');
  if (schema.type === 'array' || schema.items) return `list of ${schema.items ? typeText(schema.items) : 'anything'}`;
  const value = mapValue(schema);
  if (value && !schema.properties) return `map to ${typeText(value)}`;
  const type = Array.isArray(schema.type) ? schema.type.join(' | ') : (schema.type ?? 'anything');
  return [type, limitsText(schema)].filter(Boolean).join(', ');
}

function limitsText({ minimum, maximum, maxLength, format }: Schema): string {
  if (format) return format;
  if (minimum !== undefined && maximum !== undefined) return `${minimum} to ${maximum}`;
  if (minimum !== undefined) return `${minimum} or more`;
  if (maximum !== undefined) return `at most ${maximum}`;
  return maxLength === undefined ? '' : `up to ${maxLength} characters`;
}
