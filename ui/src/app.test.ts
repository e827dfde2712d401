import { cleanup, render, screen, waitFor, within } from '@testing-library/svelte';
import axe from 'axe-core';
import { tick } from 'svelte';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import App from './App.svelte';
import type { Backend, Report, Verdict } from './backend/backend';
import { fakeBackend, fakeComputer, fakeReport, fakeVerdict, type FakeOptions } from './backend/fake';
import { speak } from './words/index.svelte';

type Fake = ReturnType<typeof fakeBackend>;

function open(options: FakeOptions = {}): Fake {
  const backend = fakeBackend(options);
  render(App, { backend });
  return backend;
}

/** The first thing of that kind with that name. The library's own search by role takes a second for each in jsdom. */
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
const button = (name: string | RegExp) => named('button', name);
const press = async (name: string | RegExp) => {
  (await button(name)).click();
  await tick();
};

/** Everything that axe finds, except what only a drawn page can tell. */
async function offences(): Promise<string[]> {
  const { violations } = await axe.run(document, { rules: { 'color-contrast': { enabled: false } } });
  return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`);
}

async function chooseTodo() {
  (await named('label', /^todo/)).click();
  await tick();
}

beforeEach(() => speak('en'));
afterEach(() => {
  cleanup();
  document.body.replaceChildren();
});

describe('the first screen', () => {
  it('shows what is on this computer, by client, and takes the focus to its heading', async () => {
    open();
    expect(document.activeElement).toBe(await heading('What does not sign you in?'));
    expect(await screen.findAllByRole('radio')).toHaveLength(4);
    expect(screen.getByText(/4 servers in 3 clients/)).toBeTruthy();
    expect(screen.getByText(/A comma is missing/)).toBeTruthy();
    expect(await offences()).toEqual([]);
  });

  it('reaches a verdict in two presses when a client names the server', async () => {
    const backend = open();
    await chooseTodo();
    await press(/^It does not connect/);
    const verdict = await heading(/calls itself by another name/);
    expect(verdict.tagName).toBe('H2');
    await tick();
    expect(document.activeElement).toBe(verdict);
    expect(backend.asked[0]).toMatchObject({
      typed: 'https://mcp.acme.example/mcp',
      client: 'mcp-remote',
      symptom: 'connecting',
    });
    expect(await offences()).toEqual([]);
  });

  it('says what is missing when nothing is chosen', async () => {
    const backend = open();
    await screen.findAllByRole('radio');
    await press(/^Not sure/);
    expect(backend.asked).toEqual([]);
    expect(document.activeElement?.getAttribute('type')).toBe('radio');
  });

  it('chooses the only server by itself', async () => {
    const computer = fakeComputer();
    open({ computer: { ...computer, servers: computer.servers.slice(4) } });
    expect(await heading(/At what stage does search fail/)).toBeTruthy();
  });

  it('understands an address, an error message and nothing', async () => {
    const backend = open();
    const box = (await screen.findByRole('textbox')) as HTMLTextAreaElement;
    const paste = async (text: string) => {
      box.value = text;
      box.dispatchEvent(new Event('input', { bubbles: true }));
      await press('Use this');
    };
    await paste('what is this');
    expect(await screen.findByText(/neither an address nor an error/)).toBeTruthy();
    expect(box.getAttribute('aria-invalid')).toBe('true');
    await paste('Error: could not connect to https://other.example/mcp');
    expect(await heading(/At what stage does other.example fail/)).toBeTruthy();
    await press(/^It does not connect/);
    await heading(/calls itself by another name/);
    expect(backend.asked[0]?.pasted).toContain('could not connect');
  });

  it('takes what stands in the box when the question is answered', async () => {
    const backend = open();
    const box = (await screen.findByRole('textbox')) as HTMLTextAreaElement;
    box.value = 'https://other.example/mcp';
    box.dispatchEvent(new Event('input', { bubbles: true }));
    await press(/^Not sure/);
    await heading(/calls itself by another name/);
    expect(backend.asked[0]?.typed).toBe('https://other.example/mcp');
  });

  it('works with no client at all', async () => {
    open({ computer: { ...fakeComputer(), clients: [], servers: [], problems: [] } });
    expect(await screen.findByText(/No MCP server was found/)).toBeTruthy();
    await press(/^Not sure/);
    expect(document.activeElement).toBe(screen.getByRole('textbox'));
  });

  it('says when this computer could not be read, and tries again', async () => {
    let tries = 0;
    const lookAround = async () => {
      tries += 1;
      if (tries === 1) throw { code: 'stopped', message: 'Reading this computer ended without a result.', detail: 'x' };
      return fakeComputer();
    };
    open({ instead: { lookAround } });
    expect(await screen.findByText(/ended without a result/)).toBeTruthy();
    await press('Try again');
    expect(await screen.findAllByRole('radio')).toHaveLength(4);
  });
});

describe('a check', () => {
  async function begin(options: FakeOptions = {}) {
    const backend = open(options);
    await chooseTodo();
    await press(/^Not sure/);
    return backend;
  }

  it('lists every hop from the start, and fills while it streams', async () => {
    let send: Parameters<Backend['startCheck']>[1] = () => {};
    let answer: (report: Report) => void = () => {};
    await begin({
      instead: {
        startCheck: (_, onProgress) => {
          send = onProgress;
          return new Promise((done) => (answer = done));
        },
      },
    });
    const map = await screen.findByRole('list', { name: /way from this computer/ });
    expect(within(map).getAllByText('not looked at')).toHaveLength(8);
    send({ is: 'hop', hop: 'this-computer', light: 'fine' });
    send({ is: 'hop', hop: 'mcp-server', light: 'looking' });
    send({ is: 'check', code: 'reach-1', light: 'fine' });
    send({ is: 'slow', what: 'the server has not answered yet' });
    await tick();
    expect(within(map).getAllByText('fine')).toHaveLength(1);
    expect(within(map).getByText('looking')).toBeTruthy();
    expect(screen.getByText('1 of 144 checks done')).toBeTruthy();
    expect(screen.getByText(/the server has not answered yet/)).toBeTruthy();
    expect(await offences()).toEqual([]);
    await press('Stop');
    answer(fakeReport({ typed: 'x', client: null, symptom: 'not-sure', origin: null, pasted: null }, null));
    expect(await screen.findByText(/You stopped the check/)).toBeTruthy();
  });

  it('shows the two values with the difference marked', async () => {
    await begin();
    await heading(/calls itself by another name/);
    const marks = [...document.querySelectorAll('mark')].map((mark) => mark.textContent);
    expect(marks).toEqual(['/resources/res_123', 'missing here']);
  });

  it('copies what to send, with cause, evidence and steps', async () => {
    const backend = await begin();
    await press('Copy what to send them');
    await screen.findByText(/Copied/);
    expect(backend.copied[0]).toContain('calls itself by another name');
    expect(backend.copied[0]).toContain('It calls itself: https://acme.scalekit.example');
    expect(backend.copied[0]).toContain('3. Restart the server, then check again.');
    expect(backend.copied[0]).toContain('asm-issuer-match');
  });

  it('offers the other address when the check found one', async () => {
    const other = 'https://mcp.acme.example/v2/mcp';
    const backend = await begin({
      verdict: (request) =>
        request.typed === other
          ? null
          : fakeVerdict({
              fixes: [{ for: 'user', steps: ['Use the other.'], action: { do: 'check-other-url', url: other } }],
            }),
    });
    await press('Check the other address');
    await heading(/Everything that can be seen/);
    expect(backend.asked.at(-1)?.typed).toBe(other);
  });

  it('says that it is fixed when it is', async () => {
    let broken = true;
    await begin({ verdict: () => (broken ? fakeVerdict() : null) });
    await heading(/calls itself by another name/);
    broken = false;
    await press('Check again');
    expect(await heading('It is fixed.')).toBeTruthy();
    expect(screen.getByText(/Gone since the last check/)).toBeTruthy();
  });

  it('watches: the fault gives way to another one, then to none, and the system is told once', async () => {
    let verdict: Verdict | null = fakeVerdict();
    const backend = await begin({ verdict: () => verdict });
    await heading(/calls itself by another name/);
    (await named('label', /^Keep watching/)).querySelector('input')!.click();
    await screen.findByText(/Last looked at/);
    expect(backend.shown).toEqual([]);
    verdict = fakeVerdict({ code: 'as-keys', title: 'The keys are missing.' });
    await heading('The keys are missing.');
    expect(screen.getByText(/The fault from before is gone/)).toBeTruthy();
    verdict = null;
    expect(await heading('It is fixed.')).toBeTruthy();
    expect(backend.shown).toEqual([
      {
        title: 'It is fixed',
        body: 'What was broken at todo is gone. A check of everything found no other fault.',
      },
    ]);
  });

  it('goes on watching while another screen is shown, and says there when it is fixed', async () => {
    let verdict: Verdict | null = fakeVerdict();
    await begin({ verdict: () => verdict });
    await heading(/calls itself by another name/);
    (await named('label', /^Keep watching/)).querySelector('input')!.click();
    await press('Guides');
    expect(await screen.findByText(/^Watching todo\./)).toBeTruthy();
    verdict = null;
    expect(await screen.findByText('What was broken at todo is fixed.')).toBeTruthy();
    await press('Show it');
    expect(await heading('It is fixed.')).toBeTruthy();
    await press('Guides');
    expect(screen.queryByText('What was broken at todo is fixed.')).toBeNull();
  });

  it('never calls an unknown result fine', async () => {
    await begin({
      report: (request) =>
        fakeReport(request, null, { state: 'undetermined', unknown: [{ code: 'x', why: 'no answer came' }] }),
    });
    expect(await heading('We could not find the cause.')).toBeTruthy();
    expect(screen.getByText('no answer came')).toBeTruthy();
  });

  it('shows why it could not start', async () => {
    await begin({
      instead: {
        startCheck: () => Promise.reject({ code: 'no-address', message: 'That is not an address.', detail: null }),
      },
    });
    expect(await screen.findByText('That is not an address.')).toBeTruthy();
    expect(await button('Check again')).toBeTruthy();
  });

  it('shows hostile text as text', async () => {
    const hostile = '<img src=x onerror="window.ran=1"><script>window.ran=1</script>\u202Eevil';
    await begin({
      verdict: () =>
        fakeVerdict({
          title: hostile,
          summary: hostile,
          evidence: [hostile],
          comparison: { expected_label: hostile, expected: hostile, actual_label: 'b', actual: '' },
        }),
    });
    await heading(/evil/);
    expect(document.querySelector('img, script')).toBeNull();
    expect(document.body.textContent).toContain('<img src=x onerror="window.ran=1">');
    expect((window as { ran?: number }).ran).toBeUndefined();
  });

  it('forgets what an older check says', async () => {
    const answers: ((report: Report) => void)[] = [];
    await begin({ instead: { startCheck: () => new Promise((done) => answers.push(done)) } });
    await press(/^MCP Auth/);
    await chooseTodo();
    await press(/^Not sure/);
    const request = { typed: 'x', client: null, symptom: 'not-sure' as const, origin: null, pasted: null };
    answers[0]!(fakeReport(request, fakeVerdict({ title: 'The old answer' })));
    answers[1]!(fakeReport(request, fakeVerdict({ title: 'The new answer' })));
    expect(await heading('The new answer')).toBeTruthy();
    expect(screen.queryByText('The old answer')).toBeNull();
  });
});

describe('practice', () => {
  it('walks the whole way in three presses: begin, repair, check again', async () => {
    open();
    await press('Practise on one');
    await heading('Practice');
    expect(await button(/The certificate has run out/)).toBeTruthy();
    expect(await offences()).toEqual([]);
    await press('Begin with this one');
    await heading(/gives itself another address/);
    await press('Repair the practice server');
    await screen.findByText(/is repaired/);
    await press('Check again');
    expect(await heading('It is fixed.')).toBeTruthy();
  });

  it('says when the server could not start', async () => {
    open({
      instead: {
        practiceStart: () =>
          Promise.reject({ code: 'practice-not-started', message: 'It could not start.', detail: null }),
      },
    });
    await press('Practise on one');
    await press('Begin with this one');
    expect(await screen.findByText('It could not start.')).toBeTruthy();
  });
});

describe('languages', () => {
  it('shows the verdict in the language of the window, and says which words stayed English', async () => {
    const german = fakeVerdict({ title: 'Der Anmeldedienst nennt sich anders, als Ihr Server sagt.' });
    let said = '';
    open({
      instead: {
        speak: async (language) => {
          said = language;
          const request = {
            typed: 'https://mcp.acme.example/mcp',
            client: 'mcp-remote',
            symptom: 'connecting',
          } as const;
          const report = fakeReport({ ...request, origin: null, pasted: null }, german);
          const untranslated = [german.summary];
          return { reports: language === 'de' ? [{ ...report, language, untranslated }] : [], browser: null };
        },
      },
    });
    await chooseTodo();
    await press(/^It does not connect/);
    const english = await heading(/calls itself by another name/);
    expect(english.querySelector('bdi')?.lang).toBe('en');
    speak('de');
    const verdict = await heading(german.title);
    expect(said).toBe('de');
    expect(verdict.querySelector('bdi')?.lang).toBe('de');
    expect(document.querySelector<HTMLElement>('.summary bdi')?.lang).toBe('en');
    expect(document.querySelector<HTMLElement>('.steps bdi')?.lang).toBe('de');
    expect(await offences()).toEqual([]);
    speak('en');
    await heading(/calls itself by another name/);
  });

  it('speaks German, and sets the language of the page', async () => {
    open();
    speak('de-AT');
    expect(await heading('Was meldet Sie nicht an?')).toBeTruthy();
    expect(document.documentElement.lang).toBe('de');
    expect(await offences()).toEqual([]);
  });
});
