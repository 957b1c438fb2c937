// Light or dark: follows the system until the user presses the button.
const root = document.documentElement;
const dark = matchMedia('(prefers-color-scheme: dark)');
const chosen = localStorage.getItem('theme');
if (chosen === 'light' || chosen === 'dark') root.dataset.theme = chosen;

export function isDark() {
  return root.dataset.theme === undefined ? dark.matches : root.dataset.theme === 'dark';
}

/** Calls `listener` after each change. */
export function onTheme(listener) {
  dark.addEventListener('change', listener);
  document.getElementById('theme').addEventListener('click', () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    localStorage.setItem('theme', root.dataset.theme);
    listener();
  });
}
