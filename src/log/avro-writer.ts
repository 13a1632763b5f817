// Avro's encodings written into the memory of a batch: the counterpart of avro-cursor.ts.
import type { Value } from '../define/accept.ts';
import type { Field, FieldType } from '../define/fields.ts';
import type { BatchBuilder } from './batch.ts';

/** Bytes before the Avro part: the magic byte 0 and the schema id. */
export const headerBytes = 5;

const STRING = 0;
const LONG = 1;
const DOUBLE = 2;
const FLOAT = 3;
const BOOL = 4;
const BYTES = 5;
const DECIMAL = 6;
const LIST = 7;

/** How a field or the items of a list are written. */
export type Plan = { code: number; optional: boolean; scale: number; items: Plan | undefined };

/** The plan of a field. */
export function planOf(field: Pick<Field, 'type' | 'isOptional'>): Plan {
  const { type } = field;
  return {
    code: codeOf(type),
    optional: field.isOptional,
    scale: type.kind === 'decimal' ? type.scale : 0,
    items: type.kind === 'list' ? planOf({ type: type.of, isOptional: false }) : undefined,
  };
}

function codeOf(type: FieldType): number {
  switch (type.kind) {
    case 'text':
    case 'json':
    case 'oneOf':
      return STRING;
    // an int is written as a long of the same value: the bytes are the same
    case 'int':
    case 'date':
    case 'long':
    case 'timestamp':
      return LONG;
    case 'double':
      return DOUBLE;
    case 'float':
      return FLOAT;
    case 'bool':
      return BOOL;
    case 'bytes':
      return BYTES;
    case 'decimal':
      return DECIMAL;
    case 'list':
      return LIST;
  }
}

/** Writes Avro values at the end of a batch, whose memory the caller has made large enough. */
export class Writer {
  at = 0;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #buffer = Buffer.alloc(0);
  #view = new DataView(new ArrayBuffer(0));

  open(builder: BatchBuilder): void {
    this.at = builder.at;
    if (this.#bytes === builder.bytes) return;
    const { buffer, byteOffset, length } = builder.bytes;
    this.#bytes = builder.bytes;
    this.#buffer = Buffer.from(buffer, byteOffset, length);
    this.#view = new DataView(buffer, byteOffset, length);
  }

  header(schemaId: number): void {
    this.#bytes[this.at] = 0;
    this.#view.setUint32(this.at + 1, schemaId);
    this.at += headerBytes;
  }

  /** Writes a value that is not null. */
  value(value: Value, plan: Plan): void {
    switch (plan.code) {
      case STRING:
        this.string(value as string);
        break;
      case LONG:
        this.long(value as number | bigint);
        break;
      case DOUBLE:
        this.double(value as number);
        break;
      case FLOAT:
        this.float(value as number);
        break;
      case BOOL:
        this.byte(value === true ? 1 : 0);
        break;
      case BYTES:
        this.bytes(value as Uint8Array);
        break;
      case DECIMAL:
        this.decimal(value as string, plan.scale);
        break;
      default:
        this.list(value as Value[], plan.items!);
    }
  }

  byte(value: number): void {
    this.#bytes[this.at++] = value;
  }

  long(value: number | bigint): void {
    if (typeof value === 'bigint') {
      this.#wide(value);
      return;
    }
    const bytes = this.#bytes;
    let at = this.at;
    if (value < 0x40000000 && value >= -0x40000000) {
      let zigzag = (value << 1) ^ (value >> 31);
      while (zigzag > 127) {
        bytes[at++] = (zigzag & 127) | 128;
        zigzag >>>= 7;
      }
      bytes[at++] = zigzag;
    } else if (value < 2 ** 52 && value >= -(2 ** 52)) {
      const zigzag = value < 0 ? -2 * value - 1 : 2 * value;
      const low = zigzag >>> 0;
      bytes[at] = (low & 127) | 128;
      bytes[at + 1] = ((low >>> 7) & 127) | 128;
      bytes[at + 2] = ((low >>> 14) & 127) | 128;
      bytes[at + 3] = ((low >>> 21) & 127) | 128;
      at += 4;
      let rest = (low >>> 28) + ((zigzag - low) / 0x100000000) * 16;
      while (rest > 127) {
        bytes[at++] = (rest & 127) | 128;
        rest >>>= 7;
      }
      bytes[at++] = rest;
    } else {
      this.#wide(BigInt(value));
      return;
    }
    this.at = at;
  }

  #wide(value: bigint): void {
    let zigzag = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    while (zigzag > 127n) {
      this.#bytes[this.at++] = Number(zigzag & 127n) | 128;
      zigzag >>= 7n;
    }
    this.#bytes[this.at++] = Number(zigzag);
  }

  double(value: number): void {
    this.#view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  float(value: number): void {
    this.#view.setFloat32(this.at, value, true);
    this.at += 4;
  }

  string(value: string): void {
    const { length } = value;
    // one byte holds lengths below 64; a call of the native writer costs more than so short a loop
    if (length < 64) {
      const bytes = this.#bytes;
      let at = this.at;
      bytes[at++] = length << 1;
      let i = 0;
      for (; i < length; i++) {
        const unit = value.charCodeAt(i);
        if (unit > 127) break;
        bytes[at++] = unit;
      }
      if (i === length) {
        this.at = at;
        return;
      }
    }
    const size = Buffer.byteLength(value);
    this.long(size);
    this.#buffer.write(value, this.at, size, 'utf8');
    this.at += size;
  }

  bytes(value: Uint8Array): void {
    this.long(value.length);
    this.#bytes.set(value, this.at);
    this.at += value.length;
  }

  /** The unscaled number, two's complement, big-endian, in as few bytes as hold it. */
  decimal(value: string, scale: number): void {
    const point = value.indexOf('.');
    const missing = point < 0 ? scale : scale - (value.length - point - 1);
    const written = (point < 0 ? value : value.slice(0, point) + value.slice(point + 1)) + '0'.repeat(missing);
    let unscaled = BigInt(written);
    let length = 1;
    for (let half = 128n; unscaled >= half || unscaled < -half; half <<= 8n) length++;
    this.long(length);
    for (let i = length - 1; i >= 0; i--) {
      this.#bytes[this.at + i] = Number(unscaled & 255n);
      unscaled >>= 8n;
    }
    this.at += length;
  }

  list(values: readonly Value[], items: Plan): void {
    if (values.length > 0) {
      this.long(values.length);
      for (const value of values) this.value(value, items);
    }
    this.byte(0);
  }
}
