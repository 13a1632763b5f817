// /api/pipelines/:name/charts: the charts that a pipeline declares, and what they show.
import { Type } from 'typebox';
import { MillraceError } from '../../core/errors.ts';
import type { Routes } from '../app.ts';
import { readConditions } from '../filters.ts';
import { Filters, readTime, Time } from '../parameters.ts';
import { problems } from '../problem.ts';

const tags = ['pipelines'];
const name = Type.String({ description: "The pipeline's name." });

export const chartRoutes: Routes = ({ app, backend }) => {
  app.get(
    '/api/pipelines/:name/charts',
    {
      schema: {
        tags,
        operationId: 'listCharts',
        summary: 'The charts of a pipeline',
        params: Type.Object({ name }),
        querystring: Type.Object({}),
        response: { 200: Type.Object({ charts: Type.Array(Type.Ref('ChartView')) }), ...problems(400, 404) },
      },
    },
    ({ params }) => ({ charts: backend.charts(params.name) }),
  );

  app.get(
    '/api/pipelines/:name/charts/:id/data',
    {
      schema: {
        tags,
        operationId: 'getChartData',
        summary: 'What a chart shows',
        params: Type.Object({ name, id: Type.String({ description: "The chart's id." }) }),
        querystring: Type.Object({
          from: Time('Rows from this event time on'),
          to: Time('Rows before this event time'),
          where: Filters,
        }),
        response: { 200: Type.Ref('ChartData'), ...problems(400, 404, 503) },
      },
    },
    ({ params, query }) => {
      const chart = backend.charts(params.name).find((one) => one.id === params.id);
      if (!chart) {
        throw new MillraceError('NOT_FOUND', `pipeline '${params.name}' has no chart '${params.id}'`, {
          place: params.id,
          remedy: `See GET /api/pipelines/${params.name}/charts for those that there are.`,
        });
      }
      const from = readTime('from', query.from);
      const to = readTime('to', query.to);
      return backend.chart(params.name, params.id, {
        where: readConditions(query, chart.columns),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      });
    },
  );
};
