// The fields of a record or row, one below the other: name, type, value, and what can be done with a value.
import type { ReactNode } from 'react';
import type { Column } from '../../../src/web/schemas.ts';
import { CopyButton } from '../kit/copy-button.tsx';
import { formatAgo } from '../kit/format.ts';
import { jsonText } from '../kit/json.ts';
import { JsonView } from '../kit/json-view.tsx';
import { kindOf } from './kinds.ts';
import { ValueCell } from './value-cell.tsx';

type FieldsListProps = {
  fields: readonly Column[];
  value: Readonly<Record<string, unknown>>;
  /** Names that are marked as the key. */
  keys: readonly string[];
  /** Beside the button that copies. */
  action?: (field: Column, value: unknown) => ReactNode;
};

/** Fields that are not declared any more come last, with the type of their JSON. */
function allFields(fields: readonly Column[], value: Readonly<Record<string, unknown>>): readonly Column[] {
  const known = new Set(fields.map((field) => field.name));
  const others = Object.keys(value).filter((name) => !known.has(name));
  return [
    ...fields,
    ...others.map((name) => {
      const one = value[name];
      return { name, type: typeof one === 'object' ? 'json' : typeof one, isOptional: true, isPersonal: false };
    }),
  ];
}

export function FieldsList({ fields, value, keys, action }: FieldsListProps) {
  return (
    <dl className="-my-1.5 divide-y divide-line">
      {allFields(fields, value).map((field) => (
        <FieldRow
          key={field.name}
          field={field}
          value={value[field.name]}
          isKey={keys.includes(field.name)}
          action={action}
        />
      ))}
    </dl>
  );
}

type FieldRowProps = {
  field: Column;
  value: unknown;
  isKey: boolean;
  action: FieldsListProps['action'];
};

function FieldRow({ field, value, isKey, action }: FieldRowProps) {
  const isNested = typeof value === 'object' && value !== null;
  const ago = kindOf(field.type) === 'time' && typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return (
    <div className="group grid grid-cols-[minmax(0,11rem)_minmax(0,1fr)_auto] max-sm:grid-cols-[minmax(0,7.5rem)_minmax(0,1fr)_auto] items-start gap-x-3 py-1.5">
      <dt className="min-w-0" title={field.description}>
        <span className="font-mono text-xs break-all">{field.name}</span>
        <span className="block truncate text-2xs text-faint">
          {isKey && 'key · '}
          {field.type}
          {field.isPersonal && ' · personal'}
        </span>
      </dt>
      <dd className="min-w-0 font-mono text-xs leading-5 break-words whitespace-pre-wrap">
        {isNested ? (
          <JsonView value={value} depth={1} hasCopy={false} />
        ) : (
          <ValueCell value={value} type={field.type} />
        )}
        {!Number.isNaN(ago) && <span className="ml-2 font-sans text-faint">{`UTC, ${formatAgo(ago)}`}</span>}
      </dd>
      <div className="flex opacity-60 group-hover:opacity-100 focus-within:opacity-100">
        {action?.(field, value)}
        <CopyButton label={`Copy ${field.name}`} text={typeof value === 'string' ? value : (jsonText(value) ?? '')} />
      </div>
    </div>
  );
}
