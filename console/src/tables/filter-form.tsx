// One filter: a column, an operator that suits its type, and a value.
import { type FormEvent, useState } from 'react';
import type { Column } from '../../../src/web/schemas.ts';
import type { Filter, Operator } from '../api/client.ts';
import { choicesOf, kindOf } from '../data/kinds.ts';
import { Button } from '../kit/button.tsx';
import { Field, Input, Select } from '../kit/field.tsx';
import { listed, operatorsOf, operatorWords, wrongWith } from './filters.ts';

type FilterFormProps = { columns: readonly Column[]; first?: Filter; onDone: (filter: Filter) => void };

const hints: Record<string, string> = {
  time: '2026-11-22T09:30:00Z',
  date: '2026-11-22',
  number: '0',
};

export function FilterForm({ columns, first, onDone }: FilterFormProps) {
  const [name, setName] = useState(first?.column ?? columns[0]?.name ?? '');
  const column = columns.find((one) => one.name === name) ?? columns[0]!;
  const operators = operatorsOf(column);
  const [wanted, setWanted] = useState<Operator | undefined>(first?.op);
  const op = wanted && operators.includes(wanted) ? wanted : operators[0]!;
  const [text, setText] = useState(() =>
    first === undefined ? '' : typeof first.value === 'string' ? first.value : first.value.join(', '),
  );
  const [isTried, setTried] = useState(false);
  const choices =
    op === 'missing'
      ? ['true', 'false']
      : kindOf(column.type) === 'bool'
        ? ['true', 'false']
        : op === 'in'
          ? []
          : choicesOf(column.type);
  const value = choices.length > 0 && !choices.includes(text) ? choices[0]! : text;
  const wrong = wrongWith(column, op, value);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (wrong) return;
    const isExact = kindOf(column.type) === 'text' || kindOf(column.type) === 'choice';
    onDone({ column: column.name, op, value: op === 'in' ? listed(value) : isExact ? value : value.trim() });
  };
  return (
    <form onSubmit={submit} className="flex w-72 flex-col gap-3">
      <Field label="Column">
        <Select
          label="Column"
          width="full"
          value={column.name}
          choices={columns.map((one) => ({ value: one.name, label: one.name, note: one.type }))}
          onChange={setName}
        />
      </Field>
      <Field label="Condition">
        <Select
          label="Condition"
          width="full"
          value={op}
          choices={operators.map((one) => ({ value: one, label: operatorWords(one, column.type) }))}
          onChange={setWanted}
        />
      </Field>
      <Field
        label="Value"
        error={isTried ? wrong : undefined}
        note={op === 'in' ? 'With commas between the values.' : undefined}
      >
        {choices.length > 0 ? (
          <Select
            label="Value"
            width="full"
            value={value}
            choices={choices.map((one) => ({
              value: one,
              label: op === 'missing' ? (one === 'true' ? 'yes' : 'no') : one,
            }))}
            onChange={setText}
          />
        ) : (
          <Input
            isMono
            autoFocus
            aria-invalid={isTried && wrong !== undefined}
            placeholder={hints[kindOf(column.type)] ?? ''}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </Field>
      <Button type="submit" look="primary">
        {first ? 'Change the filter' : 'Add the filter'}
      </Button>
    </form>
  );
}
