// What the window can ask of the app. `tauri.ts` asks the real one; `fake.ts` makes answers up, for tests and design.
//
// Everything below `Abilities` may be missing. A screen that needs a missing ability is not offered at all.

import type { Action } from '../bindings/Action';
import type { AttemptLine } from '../bindings/AttemptLine';
import type { Backup } from '../bindings/Backup';
import type { BrowserReport } from '../bindings/BrowserReport';
import type { ClearRequest } from '../bindings/ClearRequest';
import type { Created } from '../bindings/Created';
import type { HistoryEntry } from '../bindings/HistoryEntry';
import type { Language } from '../bindings/Language';
import type { Newer } from '../bindings/Newer';
import type { PlanShown } from '../bindings/PlanShown';
import type { Receipt } from '../bindings/Receipt';
import type { RemedyPlan } from '../bindings/RemedyPlan';
import type { RepairOffer } from '../bindings/RepairOffer';
import type { RepairPlan } from '../bindings/RepairPlan';
import type { RepairRequest } from '../bindings/RepairRequest';
import type { ReportForm } from '../bindings/ReportForm';
import type { ReportPiece } from '../bindings/ReportPiece';
import type { Step } from '../bindings/Step';
import type { TripProgress } from '../bindings/TripProgress';
import type { Undone } from '../bindings/Undone';
import type { Category } from '../bindings/Category';
import type { CheckLine } from '../bindings/CheckLine';
import type { ClientId } from '../bindings/ClientId';
import type { Computer } from '../bindings/Computer';
import type { Progress } from '../bindings/Progress';
import type { Report } from '../bindings/Report';
import type { State } from '../bindings/State';
import type { Symptom } from '../bindings/Symptom';
import type { Understood } from '../bindings/Understood';

export type { Action, Category, CheckLine, ClientId, Computer, Progress, Report, State, Symptom, Understood };
export type {
  AttemptLine,
  Backup,
  BrowserReport,
  ClearRequest,
  Created,
  HistoryEntry,
  Language,
  Newer,
  PlanShown,
  Receipt,
  RemedyPlan,
  RepairOffer,
  RepairPlan,
  RepairRequest,
  ReportForm,
  ReportPiece,
  Step,
  TripProgress,
  Undone,
};
export type { ClearLevel } from '../bindings/ClearLevel';
export type { DifferenceLine } from '../bindings/DifferenceLine';
export type { Held } from '../bindings/Held';
export type { PlannedChange } from '../bindings/PlannedChange';
export type { Way } from '../bindings/Way';
export type { Party } from '../bindings/Party';
export type { SettingsPage } from '../bindings/SettingsPage';
export type { StoredEntry } from '../bindings/StoredEntry';
export type { TripCode } from '../bindings/TripCode';
export type { ClientLine } from '../bindings/ClientLine';
export type { Comparison } from '../bindings/Comparison';
export type { ConfigProblem } from '../bindings/ConfigProblem';
export type { ConfiguredServer } from '../bindings/ConfiguredServer';
export type { ExchangeLine } from '../bindings/ExchangeLine';
export type { Fix } from '../bindings/Fix';
export type { Hop } from '../bindings/Hop';
export type { Light } from '../bindings/Light';
export type { Owner } from '../bindings/Owner';
export type { Stage } from '../bindings/Stage';
export type { Verdict } from '../bindings/Verdict';

/** What to check. */
export interface CheckRequest {
  /** The server's address, exactly as it was typed or stands in a config. */
  typed: string;
  client: ClientId | null;
  symptom: Symptom;
  /** The origin of a web page that calls the server. */
  origin: string | null;
  /** The error message that was pasted, if one was. */
  pasted: string | null;
}

/** A way in which the practice server can be broken. */
export interface PracticeFault {
  name: string;
  words: string;
  playbook: Category;
}

/** The practice server that runs now. */
export interface PracticeServer {
  url: string;
  fault: string | null;
}

/** A page that the app can open in the browser. */
export type LinkId =
  'scalekit-docs' | 'scalekit-dashboard' | 'mcp-authorization' | 'resource-metadata' | 'server-metadata';

/** What a command answers when it could not do what was asked. */
export interface CommandFailure {
  code: string;
  message: string;
  detail: string | null;
}

/** Clears what is stored, and puts configs right, after consent. What is stored is part of `Computer`. */
export interface Caches {
  plan(request: ClearRequest): Promise<RemedyPlan>;
  /** What the app can put right in the configs of this computer. */
  repairs(): Promise<RepairOffer[]>;
  planRepair(request: RepairRequest): Promise<RepairPlan>;
  /** Does what was planned last, when `digest` is what was agreed to. */
  apply(digest: string): Promise<Receipt>;
  backups(): Promise<Backup[]>;
  undo(id: string, newer: Newer): Promise<Undone>;
  /** Deletes a backup for good. */
  forget(id: string): Promise<void>;
}

/** Opening the browser, and coming back. */
export interface Browser {
  /** Only reads this system. */
  read(client: ClientId | null): Promise<BrowserReport>;
  /** Opens a page of our own, in one way after another. */
  test(client: ClientId | null, onProgress: (progress: TripProgress) => void): Promise<BrowserReport>;
  stop(): Promise<void>;
  openSettings(page: string): Promise<void>;
}

/** How the person wants to sign in. */
export interface SignInWish {
  server: string;
  client: ClientId | null;
  /** An id that was set up at the sign-in service. */
  client_id: string | null;
  /** Other scopes than the client would ask for, separated by spaces. */
  scope: string | null;
  /** The other apps are introduced to the sign-in service as well, to see whether each is accepted. */
  introduce_others: boolean;
}

export interface SignedIn {
  /** The diagnosis with all that the sign-in showed. */
  report: Report;
  signed_in: boolean;
  granted_scope: string | null;
  tools: string[];
  /** Everything that was created on the server. */
  created: Created[];
}

/** The whole sign-in, seen step by step. */
export interface SignIn {
  plan(wish: SignInWish): Promise<PlanShown>;
  start(wish: SignInWish, onStep: (step: Step) => void): Promise<SignedIn>;
  stop(): Promise<void>;
  /** Calls one tool, because the person picked it. */
  callTool(tool: string, onStep: (step: Step) => void): Promise<Report>;
  /** Ends the sign-in: takes back what was created, where the server offers that. */
  close(): Promise<Created[]>;
}

export interface Reports {
  preview(form: ReportForm, maskHosts: boolean): Promise<ReportPiece[]>;
  /** Asks where, then saves. `null`: the person changed their mind. */
  save(form: ReportForm, maskHosts: boolean): Promise<string | null>;
}

export interface History {
  entries(): Promise<HistoryEntry[]>;
  clear(): Promise<void>;
}

/** One server of a check of all servers. */
export interface ManyLine {
  server: string;
  state: State;
  title: string;
  /** The language of `title`. */
  language: Language;
}

/** What the window may be showing, in its language. */
export interface Spoken {
  /** The last reports, the newest last. */
  reports: Report[];
  browser: BrowserReport | null;
}

export interface Many {
  check(servers: string[], onLine: (line: ManyLine) => void): Promise<void>;
  stop(): Promise<void>;
}

/** Looks at what only the user has. What is pasted is not kept. */
export interface Inspect {
  token(request: CheckRequest, token: string): Promise<Report>;
  settings(request: CheckRequest, settings: string): Promise<Report>;
}

/** What a build of the app may or may not be able to do. */
export interface Abilities {
  caches?: Caches;
  browser?: Browser;
  signIn?: SignIn;
  reports?: Reports;
  history?: History;
  many?: Many;
  inspect?: Inspect;
}

/** What the system's message says when a watched server is well again. */
export interface WatchWords {
  title: string;
  body: string;
}

export interface Backend extends Abilities {
  version(): Promise<string>;
  /** From now on everything is said in this language; so is what was found until now. */
  speak(language: Language): Promise<Spoken>;
  lookAround(): Promise<Computer>;
  understand(text: string): Promise<Understood>;
  catalogue(): Promise<CheckLine[]>;
  startCheck(request: CheckRequest, onProgress: (progress: Progress) => void): Promise<Report>;
  cancelCheck(): Promise<void>;
  /**
   * Looks every few seconds whether what the check of this code found is still there (`null`), and when it is not, checks
   * everything. Ends with a message of the system and the report that found nothing, or with `null` when it was ended.
   */
  watch(
    request: CheckRequest,
    code: string,
    words: WatchWords,
    onLook: (report: Report | null) => void,
  ): Promise<Report | null>;
  stopWatching(): Promise<void>;
  practiceFaults(): Promise<PracticeFault[]>;
  practiceStart(fault: string | null): Promise<PracticeServer>;
  practiceMend(): Promise<void>;
  practiceStop(): Promise<void>;
  openLink(link: LinkId): Promise<void>;
  copy(text: string): Promise<void>;
}

/** Whatever was thrown, as something that can be shown. */
export function failureOf(thrown: unknown): CommandFailure {
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown && 'code' in thrown) {
    const failure = thrown as Partial<CommandFailure>;
    return { code: String(failure.code), message: String(failure.message), detail: failure.detail ?? null };
  }
  return { code: 'unknown', message: '', detail: thrown instanceof Error ? thrown.message : String(thrown) };
}
