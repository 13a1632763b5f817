// Rows as CSV (RFC 4180) and NDJSON, a page at a time: the next page is read when the client has taken the one before.
import { Readable } from 'node:stream';
import { rowToJson, toJson } from '../core/row-json.ts';
import type { StoredRow } from '../store/store.ts';
import { disarmed } from './formulas.ts';
import type { Column } from './schemas.ts';

/** The formats of files. */
export type FileFormat = 'csv' | 'ndjson';

/** What a file of rows is made of: `readPage` gives the rows after one, and fewer than `pageRows` only at the end. */
export type FileOf = {
  readonly format: FileFormat;
  readonly columns: readonly Column[];
  /** The first page, read before anything is sent: what fails there can still be answered as an error. */
  readonly firstPage: readonly StoredRow[];
  readonly pageRows: number;
  readonly rowsMax: number;
  readonly readPage: (after: StoredRow, limit: number) => Promise<readonly StoredRow[]>;
};

/** The Content-Type of each format. */
export const contentTypes: Readonly<Record<FileFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson; charset=utf-8',
};

/** The file as a stream; memory for one page. */
export function fileStream(file: FileOf): Readable {
  return Readable.from(pages(file), { objectMode: false });
}

async function* pages({ format, columns, firstPage, pageRows, rowsMax, readPage }: FileOf): AsyncGenerator<string> {
  const names = columns.map((column) => column.name);
  const isText = columns.map(({ type }) => !inDigits.test(type));
  const write =
    format === 'csv' ? (row: StoredRow) => csvLine(names.map((name, i) => csvCell(row[name], isText[i]!))) : jsonLine;
  if (format === 'csv') yield csvLine(names.map((name) => csvCell(name, true)));
  let rows = firstPage;
  let left = rowsMax;
  while (rows.length > 0) {
    yield rows.map(write).join('');
    left -= rows.length;
    if (rows.length < pageRows || left <= 0) return;
    rows = await readPage(rows.at(-1)!, Math.min(pageRows, left));
  }
}

function jsonLine(row: StoredRow): string {
  return `${JSON.stringify(rowToJson(row))}\n`;
}

/** Types of columns whose values may begin with a sign, and come as texts. */
const inDigits = /^(int|long|float|double|decimal|date)\b/;

function csvLine(cells: readonly string[]): string {
  return `${cells.join(',')}\r\n`;
}

/** A cell; what is missing is empty, an empty text is `""`, and a text that looks like a formula is disarmed. */
function csvCell(value: unknown, isText: boolean): string {
  const json = toJson(value);
  if (json === null) return '';
  const written = typeof json === 'object' ? JSON.stringify(json) : String(json);
  const text = isText && typeof value === 'string' ? disarmed(written) : written;
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
