// A record as a form holds it: one text per field, turned into JSON values by the declared types.
import type { Column } from '../../../src/web/schemas.ts';
import { kindOf } from '../data/kinds.ts';
import { jsonText, parseJson } from '../kit/json.ts';

/** What stands in the form, by field. */
export type Texts = Readonly<Record<string, string>>;

/** The record of the form, or what is wrong with it by field. */
export type FormRecord = { record: Record<string, unknown>; wrong: Record<string, string> };

function parsed(field: Column, text: string): unknown {
  const trimmed = text.trim();
  switch (kindOf(field.type)) {
    case 'number': {
      const value = Number(trimmed);
      if (trimmed === '' || (Number.isNaN(value) && !/^nan$/i.test(trimmed))) throw new Error('Give a number.');
      // JSON numbers would lose digits of decimals and of whole numbers beyond 2^53.
      return field.type.startsWith('decimal') || !Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER
        ? trimmed
        : value;
    }
    case 'bool':
      return trimmed === 'true';
    case 'time':
      // the server knows the format, and what numbers count
      if (field.example !== undefined) return text;
      if (/^-?\d+(\.\d+)?$/.test(trimmed)) return Number(trimmed);
      if (Number.isNaN(Date.parse(trimmed))) throw new Error('Give a time: 2026-11-22T09:30:00Z.');
      return trimmed;
    case 'date':
      if (!/^\d{4}-\d{2}-\d{2}$/.test(trimmed)) throw new Error('Give a day: 2026-11-22.');
      return trimmed;
    case 'nested':
      return parseJson(trimmed);
    default:
      return text;
  }
}

/** The JSON of the record; fields that are optional and empty are left out. */
export function recordOf(fields: readonly Column[], texts: Texts): FormRecord {
  const record: Record<string, unknown> = {};
  const wrong: Record<string, string> = {};
  for (const field of fields) {
    const text = texts[field.name] ?? '';
    if (text === '' && field.isOptional) continue;
    if (text === '' && kindOf(field.type) !== 'text') {
      wrong[field.name] = 'This field must be there.';
      continue;
    }
    try {
      record[field.name] = parsed(field, text);
    } catch (error) {
      wrong[field.name] = error instanceof SyntaxError ? `This is no JSON: ${error.message}` : (error as Error).message;
    }
  }
  return { record, wrong };
}

/** The texts of a record that is there; masked values are left empty. */
export function textsOf(fields: readonly Column[], value: Readonly<Record<string, unknown>>): Texts {
  return Object.fromEntries(
    fields.map(({ name }) => {
      const one = value[name];
      if (one === null || one === undefined || one === '•••') return [name, ''];
      return [name, typeof one === 'object' ? jsonText(one) : String(one)];
    }),
  );
}

const examples: Record<string, unknown> = {
  number: 0,
  time: '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  bool: true,
  nested: {},
};

/** A record of these fields to begin with, as pretty JSON. */
export function exampleOf(fields: readonly Column[]): string {
  const required = fields.filter((field) => !field.isOptional);
  const shown = required.length > 0 ? required : fields;
  return JSON.stringify(
    Object.fromEntries(
      shown.map(({ name, type, example }) => {
        if (example !== undefined) return [name, example];
        if (type.startsWith('list')) return [name, []];
        const choice = /'([^']*)'/.exec(type)?.[1];
        return [name, choice ?? examples[kindOf(type)] ?? ''];
      }),
    ),
    null,
    2,
  );
}

/** Whether a text is records a line each, rather than one JSON value. */
export function isNdjson(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    return lines.length > 1 && lines.every((line) => line.trim().startsWith('{') && line.trim().endsWith('}'));
  }
}

/** The signature that a topic with a secret asks for: `sha256=HEX` of the body. */
export async function signatureOf(body: string, secret: string): Promise<string> {
  const encoder = new TextEncoder();
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ]);
  const signed = new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(body)));
  return `sha256=${[...signed].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
