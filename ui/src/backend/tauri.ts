// The one file that knows Tauri.

import { getVersion } from '@tauri-apps/api/app';
import { Channel, invoke } from '@tauri-apps/api/core';
import type {
  Backend,
  CheckLine,
  CheckRequest,
  Computer,
  LinkId,
  PracticeFault,
  PracticeServer,
  Progress,
  Report,
  Understood,
} from './backend';

/** A command of a plugin, not one of ours. */
const WRITE_TEXT = 'plugin:clipboard-manager|write_text';

export const app: Backend = {
  version: () => getVersion(),
  lookAround: () => invoke<Computer>('look_around'),
  understand: (text: string) => invoke<Understood>('understand', { text }),
  catalogue: () => invoke<CheckLine[]>('catalogue'),
  startCheck: (request: CheckRequest, onProgress: (progress: Progress) => void) =>
    invoke<Report>('start_check', { request, onProgress: new Channel<Progress>(onProgress) }),
  cancelCheck: () => invoke<void>('cancel_check'),
  practiceFaults: () => invoke<PracticeFault[]>('practice_faults'),
  practiceStart: (fault: string | null) => invoke<PracticeServer>('practice_start', { fault }),
  practiceMend: () => invoke<void>('practice_mend'),
  practiceStop: () => invoke<void>('practice_stop'),
  openLink: (link: LinkId) => invoke<void>('open_link', { link }),
  copy: (text: string) => invoke<void>(WRITE_TEXT, { text }),
};
