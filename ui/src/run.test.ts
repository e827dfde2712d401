import { describe, expect, it } from 'vitest';
import type { Report } from './backend/backend';
import { fakeBackend, fakeReport, fakeVerdict } from './backend/fake';
import { Run } from './run.svelte';

const request = {
  typed: 'https://mcp.acme.example/mcp',
  client: null,
  symptom: 'not-sure' as const,
  origin: null,
  pasted: null,
};
const subject = { request, name: 'todo', clients: [], practice: false };
const ofToken = fakeVerdict({ code: 'tok-aud', category: 'token', stage: 'token-validation' });

/** A run whose checks find nothing, after it has shown this report of a pasted token. */
async function after(shown: Report): Promise<Run> {
  const backend = fakeBackend({ verdict: () => null });
  const run = new Run(backend, subject, backend.catalogue());
  run.show(shown, { at: 'inspect', what: 'token' });
  await run.start();
  return run;
}

describe('what is gone', () => {
  it('is what a check has seen to hold', async () => {
    const run = await after(fakeReport(request, fakeVerdict({ code: 'as-metadata-3' })));
    expect(run.gone?.code).toBe('as-metadata-3');
  });

  it('is not what only a token shows, when none was shown', async () => {
    const run = await after(fakeReport(request, ofToken));
    expect(run.report?.state).toBe('healthy');
    expect(run.gone).toBeNull();
  });

  it('is looked for where it was found', async () => {
    const run = await after(fakeReport(request, ofToken));
    expect(run.madeAt).toBeNull();
    run.show(fakeReport(request, ofToken), { at: 'inspect', what: 'token' });
    expect(run.madeAt).toEqual({ at: 'inspect', what: 'token' });
  });
});
