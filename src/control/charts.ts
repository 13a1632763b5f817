// The charts of pipelines: how each is described, and what it shows; viewers that ask for the same share one query.
import type { Clock } from '../core/clock.ts';
import { MillraceError } from '../core/errors.ts';
import type { Chart, ChartKind } from '../define/chart.ts';
import type { Pipeline } from '../define/pipeline.ts';
import type { Store } from '../store/store.ts';
import type { ChartRequest } from '../web/backend.ts';
import { columnsOf } from '../web/columns.ts';
import type { ChartData, ChartView } from '../web/schemas.ts';
import { heatmapData, histogramData, scatterData, shareData } from './chart-parts.ts';
import { gridData, mapData, numberData } from './chart-places.ts';
import { barData, lineData } from './chart-series.ts';
import { ChartSource } from './chart-source.ts';
import { chartId, chartTitle } from './chart-title.ts';

const kinds: Readonly<Record<ChartKind, (source: ChartSource) => Promise<ChartData>>> = {
  line: lineData,
  area: lineData,
  bar: barData,
  share: shareData,
  scatter: scatterData,
  histogram: histogramData,
  heatmap: heatmapData,
  map: mapData,
  number: numberData,
  grid: gridData,
};

/** The charts of a pipeline as they are declared, with ids made of their titles. */
export function chartViews(pipeline: Pipeline): ChartView[] {
  const taken = new Set<string>();
  return pipeline.charts.map((chart): ChartView => {
    const title = chart.title ?? chartTitle(chart);
    const id = chartId(title, taken);
    taken.add(id);
    return {
      id,
      kind: chart.kind,
      title,
      table: chart.table.name,
      ...(chart.table.time === undefined ? {} : { time: chart.table.time }),
      columns: columnsOf(chart.table.fields),
      options: { ...chart.options },
    };
  });
}

/**
 * What a chart shows. The range of time is one of the table's event time, and means nothing to a table without one.
 *
 * @throws NOT_FOUND for a chart or a column that is not there, OPTION_INVALID for a condition that does not fit
 */
export async function chartData(
  store: Store,
  pipeline: Pipeline,
  id: string,
  request: ChartRequest,
): Promise<ChartData> {
  const chart = chartOf(pipeline, id);
  return kinds[chart.kind](new ChartSource(store, chart, request));
}

/** The charts of a store, for many viewers. */
export interface Charts {
  views(pipeline: Pipeline): ChartView[];
  /** As `chartData`; answered from memory while the table has not changed, and computed at most twice a second while it does. */
  data(pipeline: Pipeline, id: string, request: ChartRequest): Promise<ChartData>;
}

const pauseMs = 500;
const answersMax = 300;

type Answer = {
  readonly version: number;
  readonly startedMs: number;
  readonly data: Promise<ChartData>;
  /** The one that comes after it, where somebody waits for that already. */
  next: Promise<ChartData> | undefined;
};

/** Makes the charts of a store; each answer holds for what was stored when it was asked for. */
export function chartsOf(store: Store, clock: Clock): Charts {
  const answers = new Map<string, Answer>();
  const begin = (key: string, pipeline: Pipeline, id: string, request: ChartRequest): Promise<ChartData> => {
    // before the query: what is committed while it runs makes another version
    const version = store.version(chartOf(pipeline, id).table.name);
    const data = chartData(store, pipeline, id, request);
    const answer: Answer = { version, startedMs: clock.elapsed(), data, next: undefined };
    answers.delete(key);
    answers.set(key, answer);
    for (const oldest of answers.keys()) {
      if (answers.size <= answersMax) break;
      answers.delete(oldest);
    }
    data.catch(() => {
      if (answers.get(key) === answer) answers.delete(key);
    });
    return data;
  };
  return {
    views: chartViews,
    async data(pipeline, id, request) {
      const { table } = chartOf(pipeline, id);
      const key = JSON.stringify(
        [pipeline.name, id, request.from, request.to, Object.entries(request.where).sort()],
        textOf,
      );
      const answer = answers.get(key);
      if (!answer) return begin(key, pipeline, id, request);
      if (answer.version === store.version(table.name)) return answer.data;
      answer.next ??= (async () => {
        await answer.data.catch(() => undefined);
        await clock.sleep(pauseMs - (clock.elapsed() - answer.startedMs));
        return begin(key, pipeline, id, request);
      })();
      return answer.next;
    },
  };
}

function chartOf(pipeline: Pipeline, id: string): Chart {
  const at = chartViews(pipeline).findIndex((view) => view.id === id);
  if (at >= 0) return pipeline.charts[at]!;
  const ids = chartViews(pipeline).map((view) => view.id);
  throw new MillraceError('NOT_FOUND', `pipeline '${pipeline.name}' has no chart '${id}'`, {
    place: `pipeline '${pipeline.name}'`,
    remedy: ids.length > 0 ? `Ask for one of: ${ids.join(', ')}.` : 'Declare charts in the pipeline file.',
  });
}

/** Values of conditions as JSON can hold them. */
function textOf(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}
