// What the window can ask of the app. `tauri.ts` asks the real one; `fake.ts` makes answers up, for tests and design.
//
// Everything below `Abilities` may be missing. A screen that needs a missing ability is not offered at all.

import type { Action } from '../bindings/Action';
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

/** A server's stored sign-in, as much of it as may be shown. */
export interface StoredEntry {
  id: string;
  client: ClientId;
  /** The server that it belongs to, when that can be told. */
  server: string | null;
  /** The server's name in a config, when one names it. */
  name: string | null;
  files: StoredFile[];
  /** What is wrong with it, one sentence each. Empty: it is fine. */
  problems: string[];
  /** In which ways it can be cleared. Empty: only the client itself can; see `ownWay`. */
  levels: ClearLevel[];
  /** The client's own way to sign out, step by step. */
  ownWay: string[];
}

/** One file (or key in a file) of a stored sign-in. */
export interface StoredFile {
  path: string;
  /** What it holds, in plain words. Never its content. */
  holds: string;
  bytes: number;
  /** When it was written last, in milliseconds since 1970. */
  changed: number | null;
}

export type ClearLevel = 'sign-in' | 'registration' | 'lock' | 'leftovers';

/** What exactly would be cleared. Consent is bound to the digest. */
export interface ClearPlan {
  digest: string;
  level: ClearLevel;
  server: string | null;
  files: StoredFile[];
  /** What returns by itself, what needs a new sign-in. */
  consequences: string[];
  /** What has to end first: "Quit Cursor, then continue." */
  first: string[];
  /** Where the files go. */
  backup: string;
}

/** What was done, with the way back. */
export interface Receipt {
  id: string;
  when: number;
  what: string;
  files: string[];
  /** The files are gone from where they were. */
  gone: boolean;
  undone: boolean;
  /** Until when Undo works. `null`: the backup was deleted. */
  undoUntil: number | null;
}

/** A mechanical fault in a config and its correction. */
export interface ConfigRepair {
  id: string;
  digest: string;
  config: string;
  what: string;
  before: string[];
  after: string[];
}

export interface Caches {
  stored(): Promise<StoredEntry[]>;
  plan(entries: string[], level: ClearLevel): Promise<ClearPlan>;
  apply(digest: string): Promise<Receipt>;
  receipts(): Promise<Receipt[]>;
  undo(receipt: string): Promise<Receipt>;
  /** Deletes the backup for good. */
  forget(receipt: string): Promise<void>;
  repairs(): Promise<ConfigRepair[]>;
  repair(digest: string): Promise<Receipt>;
}

/** One way that was tried to open the browser. */
export interface BrowserAttempt {
  /** In plain words: "The way Cursor opens pages". */
  way: string;
  light: 'looking' | 'fine' | 'attention' | 'broken' | 'could-not-see';
  what: string;
}

export type BrowserProgress =
  | { is: 'attempt'; attempt: BrowserAttempt }
  | { is: 'waiting'; what: string }
  /** The address to open by hand. */
  | { is: 'link'; url: string };

export interface BrowserVerdict {
  code: string;
  works: boolean;
  title: string;
  summary: string;
  steps: string[];
  /** Settings pages of this system that help. */
  pages: { id: string; label: string; why: string }[];
  /** Other things that were seen on this system. */
  checks: CheckLine[];
}

export interface Browser {
  test(client: ClientId | null, onProgress: (progress: BrowserProgress) => void): Promise<BrowserVerdict>;
  stop(): Promise<void>;
  openSettings(page: string): Promise<void>;
}

/** How the app should introduce itself when it signs in. */
export interface SignInRequest {
  server: string;
  as: ClientId | null;
  identity: { by: 'registration' } | { by: 'metadata-document' } | { by: 'pre-registered'; clientId: string };
  scopes: string[];
}

/** What a sign-in would do, shown before consent. */
export interface SignInPlan {
  /** The host whose page will open. */
  host: string;
  scopes: { name: string; means: string | null }[];
  redirectUri: string;
  /** What will be created on the server. */
  creates: string[];
  identities: SignInRequest['identity']['by'][];
}

export type SignInParty = 'app' | 'browser' | 'mcp-server' | 'authorization-server';

export interface SignInStep {
  id: string;
  from: SignInParty;
  to: SignInParty;
  what: string;
  state: 'waiting' | 'running' | 'done' | 'failed' | 'skipped';
  took_ms: number | null;
  /** What was asked and answered, with secrets masked. */
  request: string | null;
  answer: string | null;
}

export interface SignInResult {
  signedIn: boolean;
  title: string;
  summary: string;
  steps: string[];
  tools: string[];
  /** Everything that was created on the server, with its id. */
  created: string[];
}

export interface SignIn {
  plan(request: SignInRequest): Promise<SignInPlan>;
  start(request: SignInRequest, onStep: (step: SignInStep) => void): Promise<SignInResult>;
  stop(): Promise<void>;
  /** Takes back what was created on the server, where it offers that. */
  close(): Promise<string[]>;
}

export type ReportForm = 'markdown' | 'json' | 'support';

/** A piece of a report: shown as it is, or hidden, with what was there. */
export interface ReportPiece {
  text: string;
  /** What was hidden here, in plain words: "a token". `null`: nothing. */
  hidden: string | null;
}

export interface Reports {
  preview(form: ReportForm, maskHosts: boolean): Promise<ReportPiece[]>;
  /** Asks where, then saves. `null`: the person changed their mind. */
  save(form: ReportForm, maskHosts: boolean): Promise<string | null>;
}

export interface HistoryEntry {
  id: string;
  when: number;
  kind: 'check' | 'change' | 'sign-in' | 'browser';
  server: string | null;
  title: string;
  state: State | null;
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
  /** A message of the system, outside the window. */
  notify?: (title: string, body: string) => Promise<void>;
}

export interface Backend extends Abilities {
  version(): Promise<string>;
  lookAround(): Promise<Computer>;
  understand(text: string): Promise<Understood>;
  catalogue(): Promise<CheckLine[]>;
  startCheck(request: CheckRequest, onProgress: (progress: Progress) => void): Promise<Report>;
  cancelCheck(): Promise<void>;
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
