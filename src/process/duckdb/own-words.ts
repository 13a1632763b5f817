// DuckDB's messages without the values that they cite, which may be personal, or made of what is.
import { masked } from '../../core/mask.ts';

/** The words that DuckDB says by itself about rows: whatever else stands in a message may come from a value. */
const own = new Set(
  `Conversion can't recognized text object specifier decode base64 length must multiple Constraint Out of Range Invalid invalid Input input Mismatch Type type Error unicode Unicode UTF8
  Could could not convert string to cast value values with can be because is out range for the destination when casting from
  source column date timestamp time interval field format expected Overflow in addition subtraction multiplication division
  negation on a an cannot take logarithm square root negative number zero NOT NULL constraint failed CHECK Malformed at byte
  unexpected character end Failed to parse according specifier Unimplemented sequence detected index list array struct map
  function Cannot by and or than no must are
  BOOLEAN BOOL TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT INT8 INT16 INT32 INT64 INT128
  UINT8 UINT16 UINT32 UINT64 UINT128 FLOAT DOUBLE DECIMAL VARCHAR BLOB DATE TIME TIMESTAMP INTERVAL JSON UUID BIT ENUM LIST
  STRUCT MAP UNION`.split(/\s+/),
);

/**
 * A message with everything masked that DuckDB or the pipeline file does not say by itself. What stands in quotation marks is masked
 * as a whole, but nothing relies on them: a value may hold them too.
 *
 * @param names of fields, which may stay
 * @example ownWords("Conversion Error: Could not convert string 'x' to INT32", new Set()) // "Conversion Error: Could not convert string '•••' to INT32"
 */
export function ownWords(message: string, names: ReadonlySet<string>): string {
  return message
    .replace(/(^|[\s(:])(['"]).*\2/s, `$1$2${masked}$2`)
    .replace(/DECIMAL\(\d+,\d+\)|can't|[^\s()'":,.!+*/-]+|[+*/-](?=\S)/g, (word) =>
      isOwn(word, names) ? word : masked,
    )
    .replace(new RegExp(`${masked}(?:[^\\w()'"]*${masked})+`, 'g'), masked);
}

function isOwn(word: string, names: ReadonlySet<string>): boolean {
  return own.has(word) || names.has(word) || word.startsWith('DECIMAL(');
}
