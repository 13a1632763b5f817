// Members of an object that are there only where they have a value.

/**
 * An object with the member, or an empty one where its value is undefined.
 *
 * @example { ...given('key', undefined) } // {}
 */
export function given<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [key in K]: V });
}
