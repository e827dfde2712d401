// The window on made-up data, opened in any browser: `npm run design`, then serve `dist/design`. What the address asks
// for after `#` is shown at once, e.g. `#at=check&lang=de`.
import { mount } from 'svelte';
import App from './App.svelte';
import { fakeAbilities, fakeBackend } from './backend/fake';
import './base.css';
import { speak } from './words/index.svelte';

const wanted = new URLSearchParams(location.hash.slice(1));
speak(wanted.get('lang') ?? navigator.language);
if (wanted.get('dir')) document.documentElement.dir = wanted.get('dir')!;
mount(App, {
  target: document.getElementById('app')!,
  props: {
    backend: fakeBackend({
      ...(wanted.has('healthy') ? { verdict: () => null } : {}),
      pace: Number(wanted.get('pace') ?? 0),
      abilities: wanted.has('bare') ? {} : fakeAbilities(),
    }),
  },
});

// Presses what stands in `press`, one after the other, by the first words of its name.
const presses = wanted.getAll('press');
function next() {
  const name = presses[0];
  if (name === undefined) return;
  const all = document.querySelectorAll<HTMLElement>('button, summary, input[type=radio], input[type=checkbox]');
  const found = [...all].find((one) => (one.closest('label') ?? one).textContent?.trim().startsWith(name));
  if (found && !(found as HTMLButtonElement).disabled) {
    presses.shift();
    found.click();
  }
  setTimeout(next, 40);
}
next();
