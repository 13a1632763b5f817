// The range of time of a dashboard: the last minutes to days before the newest row, all, or from one time to another.
import { CalendarRange } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import type { ChartView } from '../../../src/web/schemas.ts';
import { rangeMs, ranges } from '../charts/choice.ts';
import { Popover } from '../data/popover.tsx';
import { Button } from '../kit/button.tsx';
import { Field, Input, Segments, Select } from '../kit/field.tsx';
import { formatTime } from '../kit/format.ts';
import { parseUtc } from '../kit/utc.ts';
import { type Extent, useExtent } from './dashboard-extent.ts';

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

type DashboardRangeProps = { range: Range; views: readonly ChartView[]; onChange: (range: Range) => void };

export function DashboardRange({ range, views, onChange }: DashboardRangeProps) {
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
      <CustomRange range={range} views={views} isCustom={isCustom} onChange={onChange} />
    </div>
  );
}

function CustomRange({ range, views, isCustom, onChange }: DashboardRangeProps & { isCustom: boolean }) {
  const [isOpen, setOpen] = useState(false);
  const extent = useExtent(views, isOpen);
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
      {extent === undefined ? (
        <p className="w-64 text-muted">Reading…</p>
      ) : (
        <RangeForm
          range={range}
          extent={extent}
          onDone={(next) => {
            setOpen(false);
            onChange(next);
          }}
        />
      )}
    </Popover>
  );
}

type RangeFormProps = { range: Range; extent: Extent | null | undefined; onDone: (range: Range) => void };

function RangeForm({ range, extent, onDone }: RangeFormProps) {
  const shown = shownRange(range, extent);
  const [from, setFrom] = useState(shown.from);
  const [to, setTo] = useState(shown.to);
  const [isTried, setTried] = useState(false);
  const wrong = wrongRange(from, to);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (wrong.from || wrong.to) return;
    const [first, last] = [parseUtc(from), parseUtc(to)];
    onDone({
      ...(first === undefined ? {} : { from: new Date(first).toISOString() }),
      ...(last === undefined ? {} : { to: new Date(last).toISOString() }),
    });
  };
  return (
    <form onSubmit={submit} className="flex w-64 flex-col gap-3">
      <Field label="From, UTC" error={isTried ? wrong.from : undefined}>
        <Input
          isMono
          placeholder="2026-11-22 09:30"
          value={from}
          aria-invalid={isTried && wrong.from !== undefined}
          onChange={(event) => setFrom(event.target.value)}
        />
      </Field>
      <Field label="To, UTC" error={isTried ? wrong.to : undefined} note="Either may be left empty.">
        <Input
          isMono
          placeholder="2026-11-22 17:00"
          value={to}
          aria-invalid={isTried && wrong.to !== undefined}
          onChange={(event) => setTo(event.target.value)}
        />
      </Field>
      <p className="text-xs text-muted">
        {extent ? (
          <>
            There are rows from <span className="whitespace-nowrap">{inputText(extent.from)}</span> to{' '}
            <span className="whitespace-nowrap">{inputText(extent.to)}</span>.
          </>
        ) : (
          'There are no rows yet.'
        )}
      </p>
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

/** What is shown now as two times. */
function shownRange({ range, from, to }: Range, extent: Extent | null | undefined): { from: string; to: string } {
  if (from !== undefined || to !== undefined)
    return { from: from ? inputText(Date.parse(from)) : '', to: to ? inputText(Date.parse(to)) : '' };
  if (!extent) return { from: '', to: '' };
  const length = rangeMs(range);
  return {
    from: inputText(length === undefined ? extent.from : extent.to - length),
    to: inputText(Math.ceil(extent.to / 1_000) * 1_000),
  };
}

function wrongRange(from: string, to: string): { from?: string; to?: string } {
  const how = 'Give a time, as 2026-11-22 09:30.';
  const [first, last] = [parseUtc(from), parseUtc(to)];
  if (from.trim() !== '' && first === undefined) return { from: how };
  if (to.trim() !== '' && last === undefined) return { to: how };
  return first !== undefined && last !== undefined && first >= last ? { to: 'It must be later.' } : {};
}

/** A time as one writes it; whole seconds, the last one included. */
function inputText(at: number): string {
  return formatTime(at, { isUtc: true });
}

function rangeText({ from, to }: Range): string {
  const text = (iso: string) => formatTime(Date.parse(iso), { isUtc: true }).slice(0, 16);
  if (from === undefined) return `until ${text(to!)}`;
  if (to === undefined) return `from ${text(from)}`;
  const isSameDay = text(from).slice(0, 10) === text(to).slice(0, 10);
  return `${text(from)} – ${isSameDay ? text(to).slice(11) : text(to)}`;
}
