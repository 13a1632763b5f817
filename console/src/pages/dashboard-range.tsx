// The range of time of a dashboard: the last minutes to days before the newest row, all, or from one time to another.
import { CalendarRange } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { ranges } from '../charts/choice.ts';
import { Popover } from '../data/popover.tsx';
import { Button } from '../kit/button.tsx';
import { Field, Input, Segments, Select } from '../kit/field.tsx';
import { formatTime } from '../kit/format.ts';

export type Range = { range?: string; from?: string; to?: string };

const all = 'all';
const custom = 'custom';
const choices = [
  ...ranges.map(({ value, label }) => ({
    value: value as string,
    label,
    note: `The last ${label} before the newest row`,
  })),
  { value: all, label: 'All', note: 'All rows' },
];

export function DashboardRange({ range, onChange }: { range: Range; onChange: (range: Range) => void }) {
  const isCustom = range.from !== undefined || range.to !== undefined;
  const value = isCustom ? custom : (range.range ?? all);
  const choose = (next: string) => {
    if (next !== custom) onChange(next === all ? {} : { range: next });
  };
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      <div className="max-sm:hidden">
        <Segments label="Range of time" size="small" value={value} choices={choices} onChange={choose} />
      </div>
      <div className="sm:hidden">
        <Select
          label="Range of time"
          size="small"
          value={value}
          choices={isCustom ? [...choices, { value: custom, label: 'Custom' }] : choices}
          onChange={choose}
        />
      </div>
      <CustomRange range={range} isCustom={isCustom} onChange={onChange} />
    </div>
  );
}

function CustomRange({
  range,
  isCustom,
  onChange,
}: {
  range: Range;
  isCustom: boolean;
  onChange: (range: Range) => void;
}) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover
      isOpen={isOpen}
      onOpen={setOpen}
      label="From one time to another"
      align="end"
      trigger={
        <Button size="small" icon={CalendarRange} look={isCustom ? 'primary' : 'plain'}>
          {isCustom ? rangeText(range) : 'Custom'}
        </Button>
      }
    >
      <RangeForm
        range={range}
        onDone={(next) => {
          setOpen(false);
          onChange(next);
        }}
      />
    </Popover>
  );
}

function RangeForm({ range, onDone }: { range: Range; onDone: (range: Range) => void }) {
  const [from, setFrom] = useState(() => inputText(range.from));
  const [to, setTo] = useState(() => inputText(range.to));
  const isBackwards = from !== '' && to !== '' && from >= to;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isBackwards) onDone({ ...(from ? { from: isoOf(from) } : {}), ...(to ? { to: isoOf(to) } : {}) });
  };
  return (
    <form onSubmit={submit} className="flex w-60 flex-col gap-3">
      <Field label="From (UTC)">
        <Input type="datetime-local" step={1} value={from} onChange={(event) => setFrom(event.target.value)} />
      </Field>
      <Field label="To (UTC)" error={isBackwards ? 'It must be later.' : undefined} note="Either may be left empty.">
        <Input
          type="datetime-local"
          step={1}
          value={to}
          aria-invalid={isBackwards}
          onChange={(event) => setTo(event.target.value)}
        />
      </Field>
      <div className="flex justify-end gap-2">
        <Button size="small" look="quiet" onClick={() => onDone({})}>
          All rows
        </Button>
        <Button size="small" type="submit" look="primary">
          Show
        </Button>
      </div>
    </form>
  );
}

function inputText(iso: string | undefined): string {
  return iso === undefined ? '' : new Date(iso).toISOString().slice(0, 19);
}

function isoOf(text: string): string {
  return new Date(`${text}Z`).toISOString();
}

function rangeText({ from, to }: Range): string {
  const text = (iso: string) => formatTime(Date.parse(iso), { isUtc: true }).slice(0, 16);
  if (from === undefined) return `until ${text(to!)}`;
  if (to === undefined) return `from ${text(from)}`;
  const isSameDay = text(from).slice(0, 10) === text(to).slice(0, 10);
  return `${text(from)} – ${isSameDay ? text(to).slice(11) : text(to)}`;
}
