// What was chosen from the command menu last, kept in the browser.

const key = 'millrace.recent';
const most = 5;

/** Ids of commands, the last one first. */
export function recentIds(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(stored) ? stored.map(String).slice(0, most) : [];
  } catch {
    return [];
  }
}

export function rememberId(id: string): void {
  try {
    localStorage.setItem(key, JSON.stringify([id, ...recentIds().filter((one) => one !== id)].slice(0, most)));
  } catch {
    // Where storage is forbidden nothing is recent.
  }
}
