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
} from './backend/backend';
import type { Subject } from './session.svelte';

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

  #lines = $state.raw<CheckLine[]>([]);
  #lights = $state.raw<Map<string, Light>>(new Map());
  #hopLights = $state.raw<Map<Hop, Light>>(new Map());
  /** Only the newest start may write. */
  #turn = 0;
  #watch: ReturnType<typeof setTimeout> | undefined;

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
  show(report: Report): void {
    this.#turn++;
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
    this.watch(false);
    this.#turn++;
    if (this.running) this.#backend.cancelCheck().catch(() => {});
    this.running = false;
  }

  /** Checks again every few seconds, until nothing is broken. */
  watch(on: boolean, fixed?: () => void): void {
    clearTimeout(this.#watch);
    this.watching = on;
    if (!on) return;
    this.#watch = setTimeout(async () => {
      if (!this.running) await this.#look();
      if (this.report?.state === 'healthy') {
        this.watching = false;
        fixed?.();
      } else if (this.watching) {
        this.watch(true, fixed);
      }
    }, WATCH_EVERY_MS);
  }

  /** Checks in the background: what is on the screen stays until there is a new answer. */
  async #look(): Promise<void> {
    const turn = ++this.#turn;
    try {
      const report = await this.#backend.startCheck(this.subject.request, () => {});
      if (turn !== this.#turn || !this.watching) return;
      if (report.state === 'healthy') this.before = this.report;
      this.#finish(report);
      this.finishedAt = new Date();
    } catch {
      // The next look may tell.
    }
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

const WATCH_EVERY_MS = 5_000;

function isOpen(light: Light): boolean {
  return light === 'not-looked' || light === 'looking';
}
