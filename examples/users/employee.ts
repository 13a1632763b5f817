// What the form for employees must hold beyond its types, and the id that an employee gets.
import { refuse } from 'millrace';

/** Refuses a form with an empty field, an email or a picture that cannot be one. */
export function checkEmployee(form: Readonly<Record<string, string>> & { email: string; picture: string }): void {
  const empty = Object.entries(form).find(([, value]) => value.trim() === '');
  if (empty) refuse(`${empty[0]} is empty`);
  if (!/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(form.email)) refuse(`email: '${form.email}' is not an email address`);
  if (!/^https?:/.test(form.picture) || !URL.canParse(form.picture)) refuse('picture: give the URL of a picture');
}

/** The id of an employee: always the same for a username, so that a form which is sent again is the same row. */
export function employeeId(username: string): string {
  return `employee-${username.toLowerCase()}`;
}
