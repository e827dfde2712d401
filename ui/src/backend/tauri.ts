// The one file that knows Tauri.

import { getVersion } from '@tauri-apps/api/app';
import { Channel, invoke } from '@tauri-apps/api/core';
import type {
  Backend,
  Backup,
  BrowserReport,
  CheckLine,
  CheckRequest,
  ClearRequest,
  ClientId,
  Computer,
  Created,
  HistoryEntry,
  Language,
  LinkId,
  ManyLine,
  Newer,
  PlanShown,
  PracticeFault,
  PracticeServer,
  Progress,
  Receipt,
  RemedyPlan,
  RepairOffer,
  RepairPlan,
  RepairRequest,
  Report,
  ReportForm,
  ReportPiece,
  SignedIn,
  SignInWish,
  Spoken,
  Step,
  TripProgress,
  Understood,
  Undone,
  WatchWords,
} from './backend';

/** A command of a plugin, not one of ours. */
const WRITE_TEXT = 'plugin:clipboard-manager|write_text';

export const app: Backend = {
  version: () => getVersion(),
  speak: (language: Language) => invoke<Spoken>('speak', { language }),
  lookAround: () => invoke<Computer>('look_around'),
  understand: (text: string) => invoke<Understood>('understand', { text }),
  catalogue: () => invoke<CheckLine[]>('catalogue'),
  startCheck: (request: CheckRequest, onProgress: (progress: Progress) => void) =>
    invoke<Report>('start_check', { request, onProgress: new Channel<Progress>(onProgress) }),
  cancelCheck: () => invoke<void>('cancel_check'),
  watch: (request: CheckRequest, code: string, words: WatchWords, onLook: (report: Report | null) => void) =>
    invoke<Report | null>('watch', { request, code, ...words, onLook: new Channel<Report | null>(onLook) }),
  stopWatching: () => invoke<void>('stop_watching'),
  practiceFaults: () => invoke<PracticeFault[]>('practice_faults'),
  practiceStart: (fault: string | null) => invoke<PracticeServer>('practice_start', { fault }),
  practiceMend: () => invoke<void>('practice_mend'),
  practiceStop: () => invoke<void>('practice_stop'),
  openLink: (link: LinkId) => invoke<void>('open_link', { link }),
  copy: (text: string) => invoke<void>(WRITE_TEXT, { text }),

  caches: {
    plan: (request: ClearRequest) => invoke<RemedyPlan>('plan_clear', { request }),
    repairs: () => invoke<RepairOffer[]>('repair_offers'),
    planRepair: (request: RepairRequest) => invoke<RepairPlan>('plan_repair', { request }),
    apply: (digest: string) => invoke<Receipt>('apply_plan', { digest }),
    backups: () => invoke<Backup[]>('list_backups'),
    undo: (id: string, newer: Newer) => invoke<Undone>('undo_receipt', { id, newer }),
    forget: (id: string) => invoke<void>('delete_backup', { id }),
  },
  browser: {
    read: (client: ClientId | null) => invoke<BrowserReport>('browser_read', { client }),
    test: (client: ClientId | null, onProgress: (progress: TripProgress) => void) =>
      invoke<BrowserReport>('browser_test', { client, onProgress: new Channel<TripProgress>(onProgress) }),
    stop: () => invoke<void>('browser_stop'),
    openSettings: (page: string) => invoke<void>('open_settings', { page }),
  },
  signIn: {
    plan: (wish: SignInWish) => invoke<PlanShown>('sign_in_plan', { wish }),
    start: (wish: SignInWish, onStep: (step: Step) => void) =>
      invoke<SignedIn>('sign_in_start', { wish, onStep: new Channel<Step>(onStep) }),
    stop: () => invoke<void>('sign_in_stop'),
    callTool: (tool: string, onStep: (step: Step) => void) =>
      invoke<Report>('sign_in_call_tool', { tool, onStep: new Channel<Step>(onStep) }),
    close: () => invoke<Created[]>('sign_in_close'),
  },
  reports: {
    preview: (form: ReportForm, maskHosts: boolean) => invoke<ReportPiece[]>('report_preview', { form, maskHosts }),
    save: (form: ReportForm, maskHosts: boolean) => invoke<string | null>('report_save', { form, maskHosts }),
  },
  history: {
    entries: () => invoke<HistoryEntry[]>('history_entries'),
    clear: () => invoke<void>('history_clear'),
  },
  many: {
    check: (servers: string[], onLine: (line: ManyLine) => void) =>
      invoke<void>('check_many', { servers, onLine: new Channel<ManyLine>(onLine) }),
    stop: () => invoke<void>('cancel_many'),
  },
  inspect: {
    token: (request: CheckRequest, token: string) => invoke<Report>('check_with_token', { request, token }),
    settings: (request: CheckRequest, settings: string) => invoke<Report>('check_with_settings', { request, settings }),
  },
};
