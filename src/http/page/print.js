// On paper the page is light, says when its figures were taken, and shows all rows (print.css).
import * as format from './format.js';
import { write } from './tables.js';

/** `restyle` is called when the colours have changed; `about` says what the charts show. */
export function onPrint(restyle, about) {
  const root = document.documentElement;
  let theme;
  addEventListener('beforeprint', () => {
    theme = root.dataset.theme;
    root.dataset.theme = 'light';
    write('printed', `Printed ${format.dateTime(Date.now())}. ${about()}`);
    restyle();
  });
  addEventListener('afterprint', () => {
    if (theme === undefined) delete root.dataset.theme;
    else root.dataset.theme = theme;
    restyle();
  });
}
