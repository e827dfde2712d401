import { clearMocks, mockIPC } from '@tauri-apps/api/mocks';
import { afterEach, expect, it } from 'vitest';
import type { Progress } from './backend';
import { app } from './tauri';

afterEach(clearMocks);

it('sends the request by the names of the shell, and hands on what streams', async () => {
  const heard: Progress[] = [];
  mockIPC((command, given) => {
    expect(command).toBe('start_check');
    const { request, onProgress } = given as { request: unknown; onProgress: { onmessage: (step: Progress) => void } };
    expect(request).toMatchObject({ typed: 'https://a.example/mcp' });
    onProgress.onmessage({ is: 'slow', what: 'x' });
    return { state: 'healthy' };
  });
  const request = {
    typed: 'https://a.example/mcp',
    client: null,
    symptom: 'not-sure',
    origin: null,
    pasted: null,
  } as const;
  const report = await app.startCheck(request, (step) => heard.push(step));
  expect(report).toEqual({ state: 'healthy' });
  expect(heard).toEqual([{ is: 'slow', what: 'x' }]);
});

it('hands on what failed', async () => {
  const failure = { code: 'no-practice', message: 'No practice server is running.', detail: null };
  mockIPC(() => Promise.reject(failure));
  await expect(app.practiceMend()).rejects.toEqual(failure);
});

it('copies through the clipboard of the system', async () => {
  const asked: unknown[] = [];
  mockIPC((command, given) => void asked.push([command, given]));
  await app.copy('text');
  expect(asked).toEqual([['plugin:clipboard-manager|write_text', { text: 'text' }]]);
});
