// One check while it runs, and its result. Every check is pending from the start; progress only changes lights.

import {
  failureOf,
  type Backend,
  type CheckLine,
  type CommandFailure,
  type Hop,
  type Light,
  type Progress,
  type Report,
  type Stage,
  type Verdict,
  type WatchWords,
} from './backend/backend';
import type { Place, Subject } from './session.svelte';

export const HOPS: Hop[] = [
  'this-computer',
  'client',
  'mcp-server',
  'authorization-server',
  'browser',
  'way-back',
  'token',
  'tools',
];

/** A hop as the map draws it. */
export interface HopState {
  hop: Hop;
  light: Light;
  /** How much of it has been looked at, from 0 to 1. */
  done: number;
}

export interface Asked {
  purpose: string;
  url: string;
  result: string;
}

export class Run {
  readonly subject: Subject;
  readonly #backend: Backend;
  readonly #catalogue: Promise<CheckLine[]>;
  readonly #found: (report: Report) => void;

  running = $state(false);
  stopped = $state(false);
  report = $state.raw<Report | null>(null);
  failure = $state.raw<CommandFailure | null>(null);
  /** The verdict before this one, so that the screen can say that it is gone. */
  before = $state.raw<Report | null>(null);
  asked = $state.raw<Asked[]>([]);
  slow = $state<string | null>(null);
  finishedAt = $state<Date | null>(null);
  watching = $state(false);
  /** While it was watched, the fault gave way to another one. */
  next = $state(false);
  /** A watch has ended well, and nobody has seen it in the window yet. */
  mended = $state(false);
  /** Where this report was made, when it was not by a look alone: only there can it be made again. */
  madeAt = $state.raw<Place | null>(null);

  #lines = $state.raw<CheckLine[]>([]);
  #lights = $state.raw<Map<string, Light>>(new Map());
  #hopLights = $state.raw<Map<Hop, Light>>(new Map());
  /** Only the newest start may write. */
  #turn = 0;

  constructor(
    backend: Backend,
    subject: Subject,
    catalogue: Promise<CheckLine[]>,
    found: (report: Report) => void = () => {},
  ) {
    this.#backend = backend;
    this.subject = subject;
    this.#catalogue = catalogue;
    this.#found = found;
  }

  /** Checks, or checks again. */
  async start(): Promise<void> {
    const turn = ++this.#turn;
    const mine = () => turn === this.#turn;
    this.before = this.report ?? this.before;
    this.report = null;
    this.failure = null;
    this.running = true;
    this.stopped = false;
    this.next = false;
    this.mended = false;
    this.madeAt = null;
    this.asked = [];
    this.slow = null;
    this.#lights = new Map();
    this.#hopLights = new Map();
    void this.#catalogue.then((lines) => mine() && (this.#lines = lines));
    try {
      const report = await this.#backend.startCheck(this.subject.request, (step) => mine() && this.#heard(step));
      if (mine()) this.#finish(report);
    } catch (thrown) {
      if (mine()) this.failure = failureOf(thrown);
    } finally {
      if (mine()) {
        this.running = false;
        this.finishedAt = new Date();
      }
    }
  }

  /** Shows a report that was made in another way, e.g. with a token that was pasted. */
  show(report: Report, madeAt: Place): void {
    this.#turn++;
    this.madeAt = madeAt;
    this.stopped = false;
    this.next = false;
    this.before = this.report;
    this.failure = null;
    this.running = false;
    this.#finish(report);
    this.finishedAt = new Date();
  }

  stop(): void {
    if (!this.running) return;
    this.stopped = true;
    // The check answers with what it saw until now; there is nothing to do when the wish does not arrive.
    this.#backend.cancelCheck().catch(() => {});
  }

  /** Nobody looks at this run any more. */
  leave(): void {
    this.endWatch();
    this.#turn++;
    if (this.running) this.#backend.cancelCheck().catch(() => {});
    this.running = false;
  }

  /** Has the broken place looked at every few seconds, until a whole check finds nothing any more. */
  watch(on: boolean, words: WatchWords, fixed: () => void): void {
    const code = this.report?.verdict?.code;
    if (!on || code === undefined) return this.endWatch();
    const turn = ++this.#turn;
    const mine = () => turn === this.#turn && this.watching;
    this.watching = true;
    this.next = false;
    this.#backend
      .watch(this.subject.request, code, words, (report) => {
        if (!mine()) return;
        this.finishedAt = new Date();
        if (report === null) return;
        this.next = report.verdict !== null && report.verdict.code !== this.report?.verdict?.code;
        this.#finish(report);
      })
      .then((healthy) => {
        if (!mine() || healthy === null) return;
        this.before = this.report;
        this.next = false;
        this.#finish(healthy);
        this.finishedAt = new Date();
        this.mended = true;
        fixed();
      })
      .catch((thrown) => {
        if (mine()) this.failure = failureOf(thrown);
      })
      .finally(() => {
        if (mine()) this.watching = false;
      });
  }

  /** Nobody watches any more. */
  endWatch(): void {
    if (!this.watching) return;
    this.watching = false;
    this.#turn++;
    this.#backend.stopWatching().catch(() => {});
  }

  /** The verdict of the check before, when this one has seen that it holds no more. */
  get gone(): Verdict | null {
    const was = this.before?.verdict;
    if (!was || this.report?.state !== 'healthy') return null;
    const now = this.report.checks.find((line) => line.code === was.code)?.light;
    // What only a sign-in shows is not gone because nobody signed in.
    const signedIn = this.hops.some((hop) => hop.hop === 'token' && hop.light === 'fine');
    return now === 'fine' || signedIn || !SHOWN_BY_A_SIGN_IN.includes(was.stage) ? was : null;
  }

  get done(): number {
    return this.checks.filter((line) => !isOpen(line.light)).length;
  }

  /** Every check with its light. */
  get checks(): CheckLine[] {
    if (this.report) return this.report.checks;
    return this.#lines.map((line) => ({ ...line, light: this.#lights.get(line.code) ?? line.light }));
  }

  /** The map. */
  get hops(): HopState[] {
    if (this.report) {
      const lights = new Map(this.report.hops.map((line) => [line.hop, line.light]));
      return HOPS.map((hop) => ({ hop, light: lights.get(hop) ?? 'not-looked', done: 1 }));
    }
    const checks = this.checks;
    return HOPS.map((hop) => {
      const own = checks.filter((line) => line.hop === hop);
      const done = own.filter((line) => !isOpen(line.light)).length;
      const light = this.#hopLights.get(hop) ?? (done > 0 && this.running ? 'looking' : 'not-looked');
      return { hop, light, done: own.length > 0 ? done / own.length : 0 };
    });
  }

  /** The hop that is being looked at, furthest along the way. */
  get here(): Hop | null {
    return this.hops.findLast((hop) => hop.light === 'looking')?.hop ?? null;
  }

  #finish(report: Report): void {
    this.report = report;
    this.slow = null;
    if (!this.stopped) this.#found(report);
  }

  #heard(step: Progress): void {
    switch (step.is) {
      case 'hop':
        this.#hopLights = new Map(this.#hopLights).set(step.hop, step.light);
        break;
      case 'check':
        this.#lights = new Map(this.#lights).set(step.code, step.light);
        break;
      case 'asked':
        this.slow = null;
        this.asked = [...this.asked, step].slice(-3);
        break;
      case 'slow':
        this.slow = step.what;
        break;
    }
  }
}

/** What a check of these stages finds needs a token, or an app that is introduced. */
const SHOWN_BY_A_SIGN_IN: Stage[] = [
  'registration',
  'authorization',
  'token',
  'token-validation',
  'scope',
  'transport',
];

function isOpen(light: Light): boolean {
  return light === 'not-looked' || light === 'looking';
}
