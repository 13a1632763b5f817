// The parts that schemas are made of: counts, moments, and values of any type.
import { Type } from 'typebox';

/** A number of things. */
export const count = (description: string) => Type.Integer({ minimum: 0, description });

/** A moment of the server itself. */
export const ms = (description: string) => Type.Number({ description: `${description}, milliseconds since 1970` });

/** A value as JSON: 64-bit integers beyond 2^53 and decimals are texts, times are ISO texts, bytes are base64. */
export const Json = Type.Unknown();
