// A drawer beside a grid that shows one of its rows: stepped through by keys and buttons, linked to and copied as JSON.
import { ChevronDown, ChevronUp } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { IconButton } from '../kit/button.tsx';
import { CopyButton } from '../kit/copy-button.tsx';
import { Drawer } from '../kit/dialog.tsx';
import { Segments } from '../kit/field.tsx';
import { jsonText } from '../kit/json.ts';
import { JsonView } from '../kit/json-view.tsx';
import { useStepKeys } from './use-key.ts';

type StepDrawerProps = {
  title: ReactNode;
  note: string;
  /** What a row is: `record`. */
  noun: string;
  /** The keys of the rows in the grid, and where in them this one is; -1 for nowhere. */
  ids: readonly string[];
  at: number;
  onOpen: (id: string) => void;
  onClose: () => void;
  /** What is copied as JSON. */
  value: unknown;
  children: ReactNode;
};

export function StepDrawer({ title, note, noun, ids, at, onOpen, onClose, value, children }: StepDrawerProps) {
  const above = at < 0 ? undefined : ids[at - 1];
  const below = at < 0 ? undefined : ids[at + 1];
  const step = (by: number) => {
    const next = by < 0 ? above : below;
    if (next !== undefined) onOpen(next);
  };
  useStepKeys(step);
  const words = noun[0]!.toUpperCase() + noun.slice(1);
  return (
    <Drawer
      isOpen
      isModal={false}
      onClose={onClose}
      title={title}
      note={note}
      actions={
        <>
          <IconButton
            icon={ChevronUp}
            label={`${words} above`}
            size="small"
            disabled={above === undefined}
            onClick={() => step(-1)}
          />
          <IconButton
            icon={ChevronDown}
            label={`${words} below`}
            size="small"
            disabled={below === undefined}
            onClick={() => step(1)}
          />
        </>
      }
      footer={
        <>
          <CopyButton hasWords label="Copy link" text={() => window.location.href} />
          <CopyButton hasWords label="Copy as JSON" text={() => jsonText(value, 2)} />
        </>
      }
    >
      {children}
    </Drawer>
  );
}

/** The fields of a value one below the other, or the whole as JSON. */
export function FieldsOrJson({
  fieldsLabel,
  value,
  fields,
}: {
  fieldsLabel: string;
  value: unknown;
  fields: ReactNode;
}) {
  const [view, setView] = useState<'fields' | 'json'>('fields');
  return (
    <>
      <div>
        <Segments
          label="View"
          size="small"
          value={view}
          onChange={setView}
          choices={[
            { value: 'fields', label: fieldsLabel },
            { value: 'json', label: 'JSON' },
          ]}
        />
      </div>
      {view === 'json' ? <JsonView value={value} /> : fields}
    </>
  );
}
