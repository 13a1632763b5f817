// Node's own ways from bytes to a string, which its types leave out: half the cost of toString('latin1', …).

/** Bytes, with the slices that the types of Node do not name. */
export type Bytes = Buffer & {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
};
