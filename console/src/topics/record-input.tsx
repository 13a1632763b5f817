// The control of one field in the form of a record.
import type { Column } from '../../../src/web/schemas.ts';
import { choicesOf, kindOf } from '../data/kinds.ts';
import { Button } from '../kit/button.tsx';
import { Field, Input, Select, TextArea } from '../kit/field.tsx';

type RecordInputProps = {
  field: Column;
  isKey: boolean;
  text: string;
  error: string | undefined;
  onChange: (text: string) => void;
};

const none = ' none';

export function RecordInput({ field, isKey, text, error, onChange }: RecordInputProps) {
  const kind = kindOf(field.type);
  const traits = [field.type, isKey && 'key', field.isOptional && 'optional', field.isPersonal && 'personal'];
  const choices = kind === 'bool' ? ['true', 'false'] : choicesOf(field.type);
  return (
    <Field label={`${field.name} · ${traits.filter(Boolean).join(' · ')}`} error={error} note={field.description}>
      {choices.length > 0 && kind !== 'nested' ? (
        <Select
          label={field.name}
          width="full"
          value={text || none}
          choices={[
            { value: none, label: field.isOptional ? 'left out' : 'choose one' },
            ...choices.map((one) => ({ value: one, label: one })),
          ]}
          onChange={(next) => onChange(next === none ? '' : next)}
        />
      ) : kind === 'nested' ? (
        <TextArea
          isMono
          rows={3}
          value={text}
          aria-invalid={error !== undefined}
          onChange={(event) => onChange(event.target.value)}
        />
      ) : (
        <div className="flex gap-2">
          <Input
            isMono={kind !== 'text'}
            value={text}
            aria-invalid={error !== undefined}
            inputMode={kind === 'number' ? 'decimal' : undefined}
            placeholder={field.isOptional ? 'left out' : (field.example ?? '')}
            onChange={(event) => onChange(event.target.value)}
          />
          {kind === 'time' && field.example === undefined && (
            <Button onClick={() => onChange(new Date().toISOString())}>Now</Button>
          )}
        </div>
      )}
    </Field>
  );
}
