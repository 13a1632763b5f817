// Texts that a spreadsheet would run: a CSV file from here or from the command line is opened by people.

/** A text with an apostrophe before it where a spreadsheet would take it for a formula. Not for numbers, which may begin with a minus. */
export function disarmed(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}
