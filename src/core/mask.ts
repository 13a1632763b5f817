// What stands in place of a value that is not for everyone, and which names have such values.

/** The mask of a personal or secret value. */
export const masked = '•••';

const secretName =
  /secret|token|passw|pwd|credential|authorization|bearer|cookie|(?:api|access|private|account|subscription|function)[-_]?key|signature/i;

/** Names of parameters in a URL, where a word alone says what it is. */
const secretParameter = /^(?:key|sig|sign|auth|pass|jwt|hmac|code|sid|session(?:[-_]?id)?|app[-_]?(?:id|key))$/i;

/** Whether a parameter, an option or a header of this name has a value that is for nobody else. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

/**
 * A text with what is secret in its URLs masked: passwords, and parameters with a secret name in the query or the fragment.
 *
 * @example withoutSecrets('https://a.example/b?api_key=x&n=1') // 'https://a.example/b?api_key=•••&n=1'
 */
export function withoutSecrets(text: string): string {
  return text
    .replace(/(\/\/[^/?#@\s]*?:)[^/?#@\s]+@/g, `$1${masked}@`)
    .replace(/([?&;#])([^?&;#=\s]+)=([^&;#\s]+)/g, (whole, mark: string, name: string) =>
      isSecretParameter(name) ? `${mark}${name}=${masked}` : whole,
    );
}

function isSecretParameter(written: string): boolean {
  let name = written;
  try {
    name = decodeURIComponent(written);
  } catch {
    // it stays as it is written
  }
  return secretName.test(name) || secretParameter.test(name);
}

/** Words of values that are looked for in a text. */
const wordsMax = 10_000;

const word = /[\p{L}\p{N}]+/gu;

/**
 * A text with every word masked that stands in a value of a record, whatever its case. Names of fields stay.
 *
 * @example withoutValues('no city for Ann in 1987', { name: 'Ann Lee', born: 1987 }) // 'no city for ••• in •••'
 */
export function withoutValues(text: string, record: unknown): string {
  const words = new Set<string>();
  const collect = (value: unknown): void => {
    if (words.size > wordsMax) return;
    if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) collect(one);
    else if (value !== null && value !== undefined)
      for (const [one] of String(value).matchAll(word)) words.add(one.toLowerCase());
  };
  collect(record);
  // of a record with so many words nothing can be said safely
  if (words.size > wordsMax) return masked;
  return text.replace(word, (one) => (words.has(one.toLowerCase()) ? masked : one));
}
