// A pipeline's definition as the API sends it with GET /api/pipelines/:name; `millrace plan --json` prints the same.
import type { PipelineView } from '../../../src/web/schemas.ts';

export type PlanField = { name: string; type: string; isOptional: boolean; isPersonal: boolean; description?: string };

export type PlanSource = {
  name: string;
  topic: string;
  kind: string;
  options: Record<string, unknown>;
  otherwise?: PlanSource;
};

export type PlanTopic = {
  name: string;
  fields: PlanField[];
  key?: string;
  time?: string;
  latenessMs: number;
  partitions: number;
};

export type PlanStream = {
  name: string;
  reads: string;
  lookups: string[];
  window?: string;
  fields: PlanField[];
  sql: string;
};

export type PlanTable = {
  name: string;
  from: string;
  key: string[];
  version?: string;
  unique: string[];
  keepMs?: number;
  columns: PlanField[];
};

export type PlanParam = { name: string; type: string; value?: unknown; default?: unknown; description?: string };

export type Plan = {
  name: string;
  params: PlanParam[];
  sources: PlanSource[];
  topics: PlanTopic[];
  streams: PlanStream[];
  tables: PlanTable[];
  charts: { kind: string; title?: string; table: string; options: Record<string, unknown> }[];
};

export type PipelineDetail = PipelineView & { plan: Plan };
