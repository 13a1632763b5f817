// Sets the stored theme before anything is drawn, so that the page does not flash.
(() => {
  let choice = 'system';
  try {
    choice = localStorage.getItem('millrace.theme') || 'system';
  } catch {
    // Storage may be forbidden; the system's theme is a good answer.
  }
  const isDark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
})();
