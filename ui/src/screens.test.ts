import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import axe from 'axe-core';
import { tick } from 'svelte';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import App from './App.svelte';
import type { Abilities } from './backend/backend';
import { fakeAbilities, fakeBackend, fakeReport, fakeVerdict, type FakeOptions } from './backend/fake';
import { speak } from './words/index.svelte';

function open(options: FakeOptions = {}) {
  const abilities = fakeAbilities();
  const backend = fakeBackend({ abilities, ...options });
  render(App, { backend });
  return { backend, abilities };
}

function named(kind: string, name: string | RegExp): Promise<HTMLElement> {
  const fits = (one: HTMLElement) => {
    const text = (one.getAttribute('aria-label') ?? one.textContent ?? '').replace(/\s+/g, ' ').trim();
    return typeof name === 'string' ? text === name : name.test(text);
  };
  return waitFor(() => {
    const found = [...document.querySelectorAll<HTMLElement>(kind)].find(fits);
    if (!found) throw new Error(`no ${kind} named ${name}:\n${document.body.textContent}`);
    return found;
  });
}

const heading = (name: string | RegExp) => named('h1, h2, h3', name);
const press = async (name: string | RegExp) => {
  (await named('button', name)).click();
  await tick();
};

async function offences(): Promise<string[]> {
  const { violations } = await axe.run(document, { rules: { 'color-contrast': { enabled: false } } });
  return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`);
}

async function check(symptom: RegExp = /^Not sure/) {
  (await named('label', /^todo/)).click();
  await tick();
  await press(symptom);
  await named('button', 'Check again');
}

beforeEach(() => speak('en'));
afterEach(() => {
  cleanup();
  document.body.replaceChildren();
});

describe('what a build cannot do', () => {
  it('is not offered', async () => {
    open({ abilities: {} });
    await named('label', /^todo/);
    const bar = [...document.querySelectorAll('nav button')].map((one) => one.textContent);
    expect(bar).toEqual(['This computer', 'Guides', 'Practice']);
    expect(screen.queryByText('Check all servers')).toBeNull();
    await check();
    expect(screen.queryByText('Make a report')).toBeNull();
  });

  it('is not the main action either', async () => {
    const verdict = () => fakeVerdict({ fixes: [{ for: 'user', steps: ['Sign in.'], action: { do: 'sign-in' } }] });
    open({ abilities: {}, verdict });
    await check();
    expect(document.querySelector('.dock .main')?.textContent).toBe('Copy what to send them');
  });
});

describe('guides', () => {
  it('asks one question at a time, and always finds back', async () => {
    open();
    await press('Guides');
    expect(await offences()).toEqual([]);
    await press(/Signed in, and still refused/);
    await heading('What is the MCP server built with?');
    await press('FastMCP with ScalekitProvider');
    expect(document.activeElement).toBe(await heading('Is SCALEKIT_RESOURCE_ID the right one?'));
    expect(await offences()).toEqual([]);
    await press('That was not it');
    await heading('Is MCP_URL the registered address?');
    (await named('.dock button', 'Back')).click();
    await heading('Is SCALEKIT_RESOURCE_ID the right one?');
  });

  it('ends nowhere without a next step', async () => {
    open();
    await check();
    await press('Guides');
    await press(/A web page is not let in/);
    await press(/My MCP server/);
    for (let step = 0; step < 3; step++) await press('That was not it');
    await heading('None of this helped');
    await press('Make a report');
    await heading('Report');
  });

  it('does not ask what was measured', async () => {
    open({ verdict: () => fakeVerdict({ stage: 'challenge' }) });
    await check();
    await press('Open the guide for this');
    await heading('The server has to be mended first');
    expect(await screen.findByText('broken here')).toBeTruthy();
  });

  it('asks the one question that a healthy server leaves open', async () => {
    open({ verdict: () => null });
    await check(/^It connects, then a tool fails/);
    await heading('What is the MCP server built with?');
    await press('Express (Node)');
    await heading('Is EXPECTED_AUDIENCE the same as the Server URL?');
  });

  it('closes with five habits', async () => {
    open();
    await press('Guides');
    await press('So that it stays that way');
    expect(document.querySelectorAll('input[type=checkbox]')).toHaveLength(5);
    expect(await offences()).toEqual([]);
  });
});

describe('this computer', () => {
  async function drawer(options: FakeOptions = {}) {
    const made = open(options);
    await press('This computer');
    await named('summary', /todo/);
    document.querySelectorAll('details').forEach((one) => (one.open = true));
    return made;
  }

  it('shows what is stored and what is wrong with it', async () => {
    await drawer();
    expect(await screen.findByText(/made for another address/)).toBeTruthy();
    expect(await offences()).toEqual([]);
  });

  it('asks with the very files, the focus on Cancel, and a button that says what it does', async () => {
    await drawer();
    await press(/Sign-in and registration/);
    await heading('Move 2 things away?');
    expect(document.activeElement?.textContent).toBe('Cancel');
    const dialog = document.querySelector('dialog')!;
    expect(dialog.textContent).toContain('ab284cdd711a91117115f5b5ac02038a_tokens.json');
    expect(dialog.textContent).toContain('Quit it first');
    expect(await offences()).toEqual([]);
    await press('Move 2 things away');
    await screen.findByText(/things are gone; it was looked at again/);
    expect(document.querySelector('dialog')).toBeNull();
    await press('Undo');
    expect(await screen.findByText('2 files are back.')).toBeTruthy();
  });

  it('changes nothing when the person turns back', async () => {
    const { abilities } = await drawer();
    const before = abilities.caches.apply;
    let applied = 0;
    abilities.caches.apply = (digest) => {
      applied++;
      return before(digest);
    };
    await press(/The sign-in only/);
    await press('Cancel');
    await waitFor(() => expect(document.querySelector('dialog')).toBeNull());
    expect(applied).toBe(0);
  });

  it('asks anew when something has changed since', async () => {
    const { abilities } = await drawer();
    abilities.caches.apply = () =>
      Promise.reject({ code: 'not-agreed', message: 'What is stored has changed since you looked.', detail: null });
    await press(/The sign-in only/);
    await press('Move 1 thing away');
    expect(await screen.findByText('What is stored has changed since you looked.')).toBeTruthy();
    expect([...document.querySelectorAll('dialog button')].some((one) => one.textContent?.startsWith('Move'))).toBe(
      false,
    );
    await press('Try again');
    await named('button', 'Move 1 thing away');
  });

  it('has a page for each client', async () => {
    open();
    await press('This computer');
    await press('About Claude Desktop');
    await heading('What it cannot do today');
    expect(await offences()).toEqual([]);
    for (const name of ['Cursor', 'VS Code', 'MCP Inspector', 'mcp-remote', 'Claude Code']) {
      await press(name);
      expect((await heading(name)).tagName).toBe('H1');
    }
  });
});

describe('the other screens', () => {
  it('tests the browser, and shows the address when no page arrives', async () => {
    open();
    await press('Browser');
    await heading('Does the browser open?');
    await press('Test the browser');
    expect((await heading(/no page arrived/)) === document.activeElement).toBe(true);
    expect(document.body.textContent).toContain('callback-test?nonce=u2Yw3g');
    await named('button', 'Open Default Applications');
    expect(await offences()).toEqual([]);
  });

  it('goes to the browser test when the browser never opens', async () => {
    const { backend } = open();
    (await named('label', /^todo/)).click();
    await tick();
    await press(/^The browser never opens/);
    await heading('Does the browser open?');
    expect(backend.asked).toEqual([]);
  });

  it('signs in only after the host was shown', async () => {
    const { abilities } = open({ verdict: () => null });
    let started = 0;
    const before = abilities.signIn.start;
    abilities.signIn.start = (wish, onStep) => {
      started++;
      return before(wish, onStep);
    };
    await check();
    await press('Try signing in');
    await named('button', 'Open acme.scalekit.example');
    await heading('This is what will happen');
    expect(started).toBe(0);
    expect(await offences()).toEqual([]);
    await press('Open acme.scalekit.example');
    await heading('Who talks to whom');
    expect(await screen.findByText('The way back')).toBeTruthy();
    expect(await offences()).toEqual([]);
    await press('End the sign-in');
    expect(await screen.findByText(/taken back/)).toBeTruthy();
  });

  it('introduces other apps only where the person asked for it, and says so before', async () => {
    const { abilities } = open({ verdict: () => null });
    const wishes: boolean[] = [];
    const before = abilities.signIn.start;
    abilities.signIn.start = (wish, onStep) => {
      wishes.push(wish.introduce_others);
      return before(wish, onStep);
    };
    await check();
    await press('Try signing in');
    await named('button', 'Open acme.scalekit.example');
    document.querySelector<HTMLDetailsElement>('.fold')!.open = true;
    (await named('label', /^Introduce the apps/)).click();
    // What was agreed to is what was shown, and nothing that was changed since.
    await press('Show what would happen then');
    await heading('This is what will happen');
    expect(await screen.findByText(/are registered there, once each/)).toBeTruthy();
    expect(await offences()).toEqual([]);
    await press('Open acme.scalekit.example');
    await heading('Who talks to whom');
    expect(wishes).toEqual([true]);
  });

  it('shows the report with everything hidden marked, and copies exactly that', async () => {
    const { backend } = open();
    await check();
    await press('Make a report');
    await waitFor(() => expect(document.querySelectorAll('pre mark')).toHaveLength(1));
    (await named('label', 'Hide host names too')).click();
    await waitFor(() => expect(document.querySelectorAll('pre mark')).toHaveLength(2));
    expect(await offences()).toEqual([]);
    await press('Copy');
    await screen.findByText(/Copied/);
    expect(backend.copied.at(-1)).toContain('[host 1]');
    expect(backend.copied.at(-1)).toBe(document.querySelector('pre')?.textContent);
  });

  it('clears the history only when asked twice', async () => {
    open();
    await press('History');
    await screen.findByText('The sign-in of todo was moved away (2 files).');
    expect(await offences()).toEqual([]);
    await press('Clear the history');
    expect(screen.queryByText(/Nothing yet/)).toBeNull();
    await press('Clear the history');
    expect(await screen.findByText(/Nothing yet/)).toBeTruthy();
  });

  it('checks all servers, with a verdict each', async () => {
    open();
    await named('label', /^todo/);
    await press('Check all servers');
    expect(await screen.findByText('3 of 3 servers checked')).toBeTruthy();
    expect(await offences()).toEqual([]);
    await press('Look closer billing');
    await heading('billing');
  });

  it('looks at a pasted pass, and forgets it', async () => {
    const given: string[] = [];
    const abilities: Abilities = fakeAbilities();
    abilities.inspect!.token = async (request, token) => {
      given.push(token);
      return fakeReport(request, fakeVerdict({ title: 'Made out for another server.' }));
    };
    open({ abilities, verdict: () => fakeVerdict({ category: 'token', stage: 'token-validation' }) });
    await check();
    await press('Look at an access pass (token)');
    const box = document.querySelector('textarea')!;
    box.value = 'CANARY.pass.x';
    box.dispatchEvent(new Event('input', { bubbles: true }));
    await tick();
    await press('Look at it');
    await heading('Made out for another server.');
    expect(given).toEqual(['CANARY.pass.x']);
    expect(document.documentElement.outerHTML).not.toContain('CANARY');
  });
});

describe('in German', () => {
  it.each(['Dieser Computer', 'Anleitungen', 'Browser', 'Verlauf', 'Üben'])('%s has no offence', async (name) => {
    speak('de');
    open();
    await press(name);
    expect(await offences()).toEqual([]);
  });
});
