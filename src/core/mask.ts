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
