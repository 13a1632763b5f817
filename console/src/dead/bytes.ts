// The original bytes of a dead letter: from base64 to lines of a hex view.

/** The bytes that a base64 text holds. */
export function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** A line of a hex view: where it begins, its bytes as hex pairs, and as characters where they are printable ASCII. */
export type HexLine = { offset: string; pairs: string[]; characters: string };

/** Lines of `width` bytes. */
export function hexLines(bytes: Uint8Array, width: number): HexLine[] {
  const lines: HexLine[] = [];
  for (let at = 0; at < bytes.length; at += width) {
    const some = [...bytes.subarray(at, at + width)];
    lines.push({
      offset: at.toString(16).padStart(6, '0'),
      pairs: some.map((byte) => byte.toString(16).padStart(2, '0')),
      characters: some.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·')).join(''),
    });
  }
  return lines;
}

/** The schema id of bytes in the wire format of Confluent's registry (0, 4 bytes id, Avro), or undefined. */
export function schemaIdOf(bytes: Uint8Array): number | undefined {
  if (bytes.length < 5 || bytes[0] !== 0) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
}
