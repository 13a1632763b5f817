// The routes of an OpenAPI document in groups, and what a request to one looks like.
import type { OpenApi, Operation, Schema } from '../../api/openapi.ts';

export type ApiRoute = { id: string; method: string; path: string; operation: Operation };

export type RouteGroup = { name: string; description: string | undefined; routes: ApiRoute[] };

const methods = ['get', 'post', 'put', 'patch', 'delete', 'options', 'head'];

/** The routes by their first tag, in the order of the document's tags; `find` leaves those that have this text. */
export function routeGroups(document: OpenApi, find: string): RouteGroup[] {
  const groups = new Map<string, RouteGroup>();
  for (const { name, description } of document.tags ?? []) groups.set(name, { name, description, routes: [] });
  const wanted = find.trim().toLowerCase();
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const method of methods) {
      const operation = operations[method];
      if (!operation) continue;
      const text = `${method} ${path} ${operation.summary ?? ''} ${operation.description ?? ''}`;
      if (wanted && !text.toLowerCase().includes(wanted)) continue;
      const name = operation.tags?.[0] ?? 'other';
      const group = groups.get(name) ?? { name, description: undefined, routes: [] };
      groups.set(name, group);
      group.routes.push({ id: `${method} ${path}`, method, path, operation });
    }
  }
  return [...groups.values()].filter((group) => group.routes.length > 0);
}

/** Whether the route sends events without end. */
export function isLive(route: ApiRoute): boolean {
  return Object.values(route.operation.responses ?? {}).some((response) => response.content?.['text/event-stream']);
}

/** The name at the end of `#/components/schemas/Ledger`. */
export function refName(ref: string): string {
  return ref.slice(ref.lastIndexOf('/') + 1);
}

export type Schemas = Record<string, Schema>;

/** The address with the values that were given; a path's parts that were not stay as `{name}`. */
export function filledAddress(route: ApiRoute, values: Readonly<Record<string, string>>): string {
  const path = route.path.replaceAll(/\{([^}]+)\}/g, (whole, name: string) =>
    values[name] ? encodeURIComponent(values[name]) : whole,
  );
  const query = new URLSearchParams();
  for (const { name, in: place } of route.operation.parameters ?? [])
    if (place === 'query' && values[name] && !name.startsWith('where')) query.append(name, values[name]);
  const where = values.where?.trim().replace(/^[?&]/, '');
  const text = [query.toString(), where].filter(Boolean).join('&');
  return text ? `${path}?${text}` : path;
}

/** An example of what the schema describes, for a request's body. */
export function exampleOf(schema: Schema | undefined, schemas: Schemas, depth = 0): unknown {
  if (!schema || depth > 5) return null;
  if (schema.$ref) return exampleOf(schemas[refName(schema.$ref)], schemas, depth + 1);
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const first = schema.anyOf?.[0] ?? schema.oneOf?.[0] ?? schema.allOf?.[0];
  if (first) return exampleOf(first, schemas, depth + 1);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'array') return [exampleOf(schema.items, schemas, depth + 1)];
  if (type === 'integer' || type === 'number') return schema.minimum ?? 0;
  if (type === 'boolean') return true;
  if (type === 'string') return 'text';
  const required = schema.required ?? [];
  return Object.fromEntries(
    Object.entries(schema.properties ?? {})
      .filter(([name]) => required.includes(name))
      .map(([name, one]) => [name, exampleOf(one, schemas, depth + 1)]),
  );
}

/** A line for the shell that sends the request. */
export function curlLine(route: ApiRoute, values: Readonly<Record<string, string>>, schemas: Schemas): string {
  const url = `${window.location.origin}${filledAddress(route, values)}`;
  const parts = ['curl'];
  if (isLive(route)) parts.push('-N');
  if (route.method !== 'get') parts.push('-X', route.method.toUpperCase());
  const content = route.operation.requestBody?.content;
  if (content) {
    const [type, media] = Object.entries(content)[0] ?? ['application/json', {}];
    parts.push('-H', `'content-type: ${type}'`, '-d', `'${JSON.stringify(exampleOf(media.schema, schemas))}'`);
  }
  return [...parts, `'${url}'`].join(' ');
}
