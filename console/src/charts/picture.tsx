// A picture by ECharts: made once, changed in place, as large as its parent.
import { useEffect, useRef } from 'react';
import { type EChartsType, init, type PictureOption } from './echarts.ts';
import type { Palette } from './palette.ts';
import { type SwatchLook, swatchHtml } from './swatch.tsx';
import { useSize } from './use-size.ts';

const isCalm = window.matchMedia('(prefers-reduced-motion: reduce)');

type PictureProps = {
  option: PictureOption;
  label: string;
  /** The order of what is drawn. When it changes all is at its new place at once: bars that pass each other could not be read. */
  order?: string | undefined;
};

export function Picture({ option, label, order }: PictureProps) {
  const [frame, size] = useSize();
  const chart = useRef<EChartsType>(null);
  const drawn = useRef(order);
  const hasSize = size.width > 20 && size.height > 20;
  useEffect(() => {
    if (!frame.current || !hasSize) return;
    const made = init(frame.current, undefined, { renderer: 'canvas' });
    chart.current = made;
    return () => {
      made.dispose();
      chart.current = null;
    };
  }, [hasSize, frame]);
  useEffect(() => {
    if (hasSize) chart.current?.resize({ ...size, silent: true });
  }, [size, hasSize]);
  useEffect(() => {
    if (!hasSize) return;
    const isMoved = drawn.current !== order;
    drawn.current = order;
    chart.current?.setOption(
      { animation: !isCalm.matches && !isMoved, animationDuration: 250, animationDurationUpdate: 250, ...option },
      { replaceMerge: ['series', 'xAxis', 'yAxis', 'visualMap'] },
    );
  }, [option, order, hasSize]);
  return <div ref={frame} role="img" aria-label={label} className="h-full w-full" />;
}

const font = "'Inter Variable', sans-serif";

/** What all pictures have in common. */
export function baseOption(palette: Palette): PictureOption {
  return {
    textStyle: { fontFamily: font, fontSize: 11, color: palette.muted },
    tooltip: {
      confine: true,
      backgroundColor: palette.surface,
      borderColor: palette.line,
      borderWidth: 1,
      padding: [6, 10],
      textStyle: { color: palette.text, fontFamily: font, fontSize: 12 },
      extraCssText: 'border-radius: 6px; box-shadow: var(--shadow); z-index: 30;',
      transitionDuration: 0,
    },
  };
}

/** The place of what is drawn; all words of its axes fit around it. */
export function gridAround({ left, right, top, bottom }: { left: number; right: number; top: number; bottom: number }) {
  return {
    left,
    right,
    top,
    bottom,
    outerBoundsMode: 'same' as const,
    outerBounds: {
      left: Math.max(0, left - 4),
      right: Math.max(0, right - 4),
      top: Math.max(0, top - 6),
      bottom: Math.max(0, bottom - 4),
    },
  };
}

/** The light behind the place under the pointer. */
export function pointed(palette: Palette) {
  return { type: 'shadow' as const, shadowStyle: { color: palette.isDark ? '#ffffff0d' : '#0000000a' } };
}

/** The look of an axis with numbers. */
export function numberAxis(palette: Palette) {
  return {
    type: 'value' as const,
    axisLine: { show: false, onZero: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: palette.line } },
    axisLabel: { color: palette.muted, fontFamily: font, fontSize: 11 },
  };
}

/** The look of an axis with categories. */
export function categoryAxis(palette: Palette, labels: readonly string[]) {
  return {
    type: 'category' as const,
    data: [...labels],
    axisLine: { lineStyle: { color: palette.lineStrong } },
    axisTick: { show: false },
    axisLabel: { color: palette.muted, fontFamily: font, fontSize: 11 },
  };
}

/** A title and lines of a tooltip as HTML, their texts escaped. */
export function tipHtml(
  title: string,
  lines: readonly { label: string; value: string; look?: SwatchLook | undefined }[],
): string {
  const rows = lines.map(({ label, value, look }) => {
    const swatch = look ? swatchHtml(look) : '';
    return `<div style="display:flex;gap:16px;justify-content:space-between"><span style="color:var(--muted);display:flex;align-items:center;gap:6px">${swatch}${escaped(label)}</span><span style="font-family:var(--font-mono);font-weight:500">${escaped(value)}</span></div>`;
  });
  return `<div style="font-weight:500">${escaped(title)}</div>${rows.join('')}`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
