// Parts of a whole as a ring, with each part's name, amount and share beside it.
import { useMemo, useState } from 'react';
import { classNames } from '../kit/class-names.ts';
import { formatShare } from '../kit/format.ts';
import { MiddleText } from '../kit/middle-text.tsx';
import { colourBook, plainSlot } from './colours.ts';
import { toggled } from './legend.tsx';
import { seriesLook, usePalette } from './palette.ts';
import { baseOption, Picture, tipHtml } from './picture.tsx';
import { useSize } from './use-size.ts';
import { categoryText, columnOf, type DrawingProps, numberText, optionsOf, othersOf, shortText } from './values.ts';

type Part = { key: string; label: string; value: number; colour: string };

export default function ShareDrawing({ view, data, isLarge }: DrawingProps) {
  const palette = usePalette();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [frame, { width }] = useSize();
  const { unit, by } = optionsOf(view);
  const parts = useMemo(() => {
    const all = data.rows.map(([value, amount]) => {
      const isOthers = othersOf(value) !== undefined;
      return { key: isOthers ? 'others' : JSON.stringify(value), isOthers, value, amount: Number(amount) };
    });
    const named = all.filter((one) => !one.isOthers).map((one) => one.key);
    const slots = colourBook.slotsOf(by ?? '', named);
    return all.map(
      ({ key, isOthers, value, amount }): Part => ({
        key,
        label: categoryText(value, columnOf(view, by)),
        value: amount,
        colour: seriesLook(palette, slots.get(key) ?? plainSlot, isOthers).colour,
      }),
    );
  }, [data, view, by, palette]);
  const shown = parts.filter((part) => !hidden.has(part.key));
  const total = shown.reduce((sum, part) => sum + part.value, 0);
  const option = useMemo(
    () => ({
      ...baseOption(palette),
      tooltip: {
        ...baseOption(palette).tooltip,
        trigger: 'item' as const,
        formatter: (given: unknown) => {
          const { name, value } = given as { name: string; value: number };
          return tipHtml(name, [{ label: formatShare(value / total), value: numberText(value, unit) }]);
        },
      },
      series: [
        {
          type: 'pie' as const,
          id: 'parts',
          radius: ['62%', '92%'],
          center: ['50%', '50%'],
          label: { show: false },
          labelLine: { show: false },
          emphasis: { scale: true, scaleSize: 3 },
          itemStyle: { borderColor: palette.surface, borderWidth: 2, borderRadius: 3 },
          data: shown.map((part) => ({
            id: part.key,
            name: part.label,
            value: part.value,
            itemStyle: { color: part.colour },
          })),
        },
      ],
    }),
    [shown, palette, total, unit],
  );
  const isWide = width > 380;
  return (
    <div ref={frame} className={classNames('flex h-full min-h-0 gap-3', isWide ? 'flex-row items-center' : 'flex-col')}>
      <div className={classNames('relative', isWide ? 'h-full max-h-96 min-w-0 flex-1' : 'min-h-0 flex-1')}>
        <Picture
          option={option}
          label={`${view.title}: parts of ${numberText(total, unit)}`}
          order={shown.map((part) => part.key).join('\n')}
        />
        <div className="pointer-events-none absolute inset-0 grid place-items-center text-center">
          <div>
            <div className={classNames('font-semibold', isLarge ? 'text-2xl' : 'text-lg')}>
              {shortText(total, unit)}
            </div>
            <div className="text-xs text-muted">in all</div>
          </div>
        </div>
      </div>
      <ul
        aria-label="Legend"
        className={classNames(
          isWide ? 'max-h-full w-[46%] max-w-72 overflow-y-auto' : 'grid shrink-0 grid-cols-2 gap-x-3',
        )}
      >
        {parts.map((part) => (
          <li key={part.key}>
            <button
              type="button"
              aria-pressed={!hidden.has(part.key)}
              onClick={() => setHidden((before) => toggled(before, part.key))}
              className={classNames(
                'flex h-6 w-full items-center gap-2 rounded-sm px-1.5 text-xs hover:bg-surface-2',
                hidden.has(part.key) && 'text-faint line-through',
              )}
            >
              <span className="size-2.5 shrink-0 rounded-[3px]" style={{ background: part.colour }} />
              <MiddleText text={part.label} className="min-w-0 flex-1 text-left" />
              {isWide && <span className="font-mono text-muted">{numberText(part.value)}</span>}
              <span className="w-11 shrink-0 text-right font-mono">
                {hidden.has(part.key) ? '' : formatShare(part.value / (total || 1))}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
