// Where the person is, and what the app knows so far. One for each window; screens reach it through `useSession`.

import { getContext, setContext } from 'svelte';
import {
  failureOf,
  type Backend,
  type Backup,
  type BrowserReport,
  type Category,
  type CheckLine,
  type CheckRequest,
  type ClientId,
  type CommandFailure,
  type Computer,
  type ConfiguredServer,
  type Light,
  type PracticeServer,
  type RepairOffer,
  type Report,
  type Spoken,
  type State,
  type Symptom,
} from './backend/backend';
import { Run } from './run.svelte';
import { t } from './words/index.svelte';

/** Where in the window one is. */
export type Place =
  | { at: 'home' }
  | { at: 'check' }
  | { at: 'practice' }
  | { at: 'guides' }
  | { at: 'guide'; category: Category; card?: string }
  | { at: 'closing' }
  | { at: 'computer'; client?: ClientId; server?: string }
  | { at: 'client'; client: ClientId }
  | { at: 'browser'; client?: ClientId }
  | { at: 'sign-in'; server: string; client: ClientId | null }
  | { at: 'inspect'; what: 'token' | 'settings' }
  | { at: 'report' }
  | { at: 'history' }
  | { at: 'many' };

/** A server under examination, and how people call it. */
export interface Subject {
  request: CheckRequest;
  /** Its name in a config, or its host. */
  name: string;
  /** The clients whose configs name it. */
  clients: ClientId[];
  /** It is the app's own practice server. */
  practice: boolean;
}

export class Session {
  readonly backend: Backend;

  place = $state.raw<Place>({ at: 'home' });
  computer = $state.raw<Computer | null>(null);
  lookFailure = $state.raw<CommandFailure | null>(null);
  /** What can be put right here, and what can be brought back; `null` until it was looked at. */
  kept = $state.raw<{ offers: RepairOffer[]; backups: Backup[] } | null>(null);
  keptFailure = $state.raw<CommandFailure | null>(null);
  run = $state.raw<Run | null>(null);
  practice = $state.raw<PracticeServer | null>(null);
  mended = $state(false);
  version = $state('');

  /** Steps back, oldest first. */
  #trail = $state.raw<Place[]>([]);
  #catalogue: Promise<CheckLine[]> | null = null;
  #spoken = $state.raw<Spoken>({ reports: [], browser: null });
  #known = $state.raw<ReadonlyMap<string, State>>(new Map());

  constructor(backend: Backend) {
    this.backend = backend;
  }

  get canGoBack(): boolean {
    return this.#trail.length > 0;
  }

  /** Reads this computer. Nothing else happens when the window opens. */
  async open(): Promise<void> {
    void this.catalogue();
    void this.backend.version().then(
      (version) => (this.version = version),
      () => {},
    );
    await this.look();
  }

  /** The window speaks another language: so does everything that was found. */
  async speak(): Promise<void> {
    const language = t().code;
    try {
      const spoken = await this.backend.speak(language);
      if (language === t().code) this.#spoken = spoken;
    } catch {
      // What was found stays in the language that it is in, and says so.
    }
  }

  /** A report in the language of the window, if the app has said it again since it was made. */
  said(report: Report | null): Report | null {
    if (!report || report.language === t().code) return report;
    return this.#spoken.reports.findLast((one) => isSame(one, report)) ?? report;
  }

  /** The same of what was seen of the browser. */
  saidOfBrowser(report: BrowserReport | null): BrowserReport | null {
    const again = this.#spoken.browser;
    return report && again && report.language !== t().code && isSame(again, report) ? again : report;
  }

  async look(): Promise<void> {
    try {
      this.computer = await this.backend.lookAround();
      this.lookFailure = null;
    } catch (thrown) {
      this.lookFailure = failureOf(thrown);
    }
  }

  /** The same, with what can be done about it. All of it is shown at once, so that nothing moves afterwards. */
  async lookCloser(): Promise<void> {
    const { caches } = this.backend;
    const kept = async () => {
      const [backups = [], offers = []] = await Promise.all([caches?.backups(), caches?.repairs()]);
      return { backups, offers };
    };
    const [, seen] = await Promise.allSettled([this.look(), kept()]);
    this.kept = seen.status === 'fulfilled' ? seen.value : (this.kept ?? { backups: [], offers: [] });
    this.keptFailure = seen.status === 'rejected' ? failureOf(seen.reason) : null;
  }

  go(place: Place): void {
    if (place.at === this.place.at && JSON.stringify(place) === JSON.stringify(this.place)) return;
    this.#trail = place.at === 'home' ? [] : [...this.#trail, this.place].slice(-30);
    this.place = place;
  }

  back(): void {
    this.place = this.#trail.at(-1) ?? { at: 'home' };
    this.#trail = this.#trail.slice(0, -1);
  }

  /** Every check, not looked at yet. */
  catalogue(): Promise<CheckLine[]> {
    this.#catalogue ??= this.backend.catalogue().catch(() => {
      this.#catalogue = null;
      return [];
    });
    return this.#catalogue;
  }

  /** Begins a check and shows it. */
  check(subject: Subject): void {
    this.run?.leave();
    this.mended = false;
    const run = new Run(this.backend, subject, this.catalogue(), (report) => {
      this.keep(subject.request.typed, report.state);
      // The language was changed while it was being checked.
      if (report.language !== t().code) void this.speak();
    });
    this.run = run;
    this.go({ at: 'check' });
    void run.start();
  }

  /** Checks a server that a client's config names. */
  checkServer(server: ConfiguredServer, symptom: Symptom = 'not-sure'): void {
    if (server.url === null) return;
    this.check({
      request: { typed: server.url, client: signsIn(server), symptom, origin: null, pasted: null },
      name: server.name,
      clients: this.clientsOf(server.url),
      practice: false,
    });
  }

  /** Checks an address, for every client. */
  checkUrl(url: string): void {
    const server = this.computer?.servers.find((one) => one.url === url);
    if (server) return this.checkServer(server);
    this.check({
      request: { typed: url, client: null, symptom: 'not-sure', origin: null, pasted: null },
      name: hostOf(url),
      clients: [],
      practice: false,
    });
  }

  /** The clients whose configs name this address. */
  clientsOf(url: string): ClientId[] {
    return [...new Set((this.computer?.servers ?? []).filter((one) => one.url === url).map((one) => one.client))];
  }

  /** Starts the practice server with a fault and checks it. */
  async practise(fault: string | null): Promise<void> {
    this.practice = await this.backend.practiceStart(fault);
    this.check({
      request: { typed: this.practice.url, client: null, symptom: 'not-sure', origin: null, pasted: null },
      name: t().check.practice,
      clients: [],
      practice: true,
    });
  }

  async mend(): Promise<void> {
    await this.backend.practiceMend();
    this.mended = true;
  }

  /** What is already known about a server from an earlier check in this window. */
  known(server: string): Light {
    const report = this.#known.get(server);
    return report ? LIGHT_OF[report] : 'not-looked';
  }

  /** Keeps what a check has found. */
  keep(server: string, state: State): void {
    this.#known = new Map(this.#known).set(server, state);
  }

  /** How a client is called by the people who use it. */
  clientName(id: ClientId): string {
    return this.computer?.clients.find((client) => client.id === id)?.name ?? CLIENT_NAMES[id] ?? id;
  }
}

/** The same report, in whatever language. */
function isSame(one: Report, other: Report): boolean {
  return one.began_ms === other.began_ms && one.duration_ms === other.duration_ms && one.server === other.server;
}

/** The client that signs in: through mcp-remote, that is mcp-remote. */
export function signsIn(server: ConfiguredServer): ClientId {
  return server.route.by === 'mcp-remote' ? 'mcp-remote' : server.client;
}

/** The host of an address, or the whole text when it is none. */
export function hostOf(address: string): string {
  try {
    return new URL(address).host || address;
  } catch {
    return address;
  }
}

const LIGHT_OF: Record<State, Light> = { healthy: 'fine', fault: 'broken', undetermined: 'could-not-see' };

const CLIENT_NAMES: Record<ClientId, string> = {
  'claude-desktop': 'Claude Desktop',
  'claude-connectors': 'Claude connectors',
  'claude-code': 'Claude Code',
  cursor: 'Cursor',
  vscode: 'VS Code',
  'mcp-inspector': 'MCP Inspector',
  'mcp-remote': 'mcp-remote',
  chatgpt: 'ChatGPT',
  windsurf: 'Windsurf',
  zed: 'Zed',
  cline: 'Cline',
  'roo-code': 'Roo Code',
  continue: 'Continue',
  codex: 'Codex',
  'gemini-cli': 'Gemini CLI',
  'qwen-code': 'Qwen Code',
  opencode: 'opencode',
  goose: 'Goose',
  'lm-studio': 'LM Studio',
  'amazon-q': 'Amazon Q',
  kiro: 'Kiro',
  'copilot-cli': 'Copilot CLI',
  warp: 'Warp',
  'jetbrains-ai': 'JetBrains AI Assistant',
  junie: 'Junie',
  mcpjam: 'MCPJam',
  fastmcp: 'FastMCP’s client',
  'use-mcp': 'use-mcp',
  'mcp-use': 'mcp-use',
  mcporter: 'mcporter',
  kilo: 'Kilo CLI',
  amp: 'Amp',
  auggie: 'Auggie',
  droid: 'Factory Droid',
};

const KEY = Symbol('session');

export function provideSession(session: Session): Session {
  return setContext(KEY, session);
}

export function useSession(): Session {
  return getContext<Session>(KEY);
}
