// Made-up answers in the shape of the real ones: for tests, and to look at the design in any browser.

import type {
  Abilities,
  Backend,
  Backup,
  BrowserReport,
  Category,
  CheckLine,
  CheckRequest,
  ClientId,
  ClientLine,
  Computer,
  ConfiguredServer,
  HistoryEntry,
  Hop,
  Light,
  Owner,
  Party,
  PracticeFault,
  Report,
  Stage,
  Step,
  StoredEntry,
  TripCode,
  Verdict,
  WatchWords,
} from './backend';

const STAGES: [Stage, Hop, number][] = [
  ['local', 'this-computer', 8],
  ['client-specific', 'client', 8],
  ['reach', 'mcp-server', 14],
  ['challenge', 'mcp-server', 12],
  ['resource-metadata', 'mcp-server', 14],
  ['cors', 'mcp-server', 8],
  ['as-metadata', 'authorization-server', 16],
  ['registration', 'authorization-server', 10],
  ['browser', 'browser', 6],
  ['authorization', 'way-back', 12],
  ['token', 'token', 8],
  ['token-validation', 'token', 14],
  ['scope', 'tools', 6],
  ['transport', 'tools', 8],
];

export function fakeCatalogue(): CheckLine[] {
  return STAGES.flatMap(([stage, hop, n]) =>
    Array.from({ length: n }, (_, at) => ({
      code: `${stage}-${at + 1}`,
      title: `What should hold at ${stage}, number ${at + 1}`,
      stage,
      hop,
      light: 'not-looked' as Light,
      why: null,
    })),
  );
}

export function fakeComputer(): Computer {
  const server = (client: ClientId, name: string, url: string | null): ConfiguredServer => ({
    id: `${client}:${name}`,
    client,
    name,
    config: '~/.config/mcp.json',
    line: 4,
    url,
    route: url ? { by: 'native' as const, transport: 'http' } : { by: 'program' as const, command: 'node' },
    headers: [],
    disabled: false,
    ignored: false,
    environment: [],
    client_id: null,
    mcp_remote: null,
  });
  return {
    clients: [
      { id: 'claude-desktop', name: 'Claude Desktop', configs: ['~/.config/Claude/claude_desktop_config.json'] },
      { id: 'cursor', name: 'Cursor', configs: ['~/.cursor/mcp.json'] },
      { id: 'vscode', name: 'VS Code', configs: ['~/.config/Code/User/mcp.json'] },
    ],
    servers: [
      {
        ...server('claude-desktop', 'todo', 'https://mcp.acme.example/mcp'),
        route: { by: 'mcp-remote', version: '0.1.38', through: 'npx', arguments: [] },
      },
      server('claude-desktop', 'files', null),
      server('cursor', 'todo', 'https://mcp.acme.example/mcp'),
      server('cursor', 'billing', 'https://billing.internal.example.com:8443/v2/mcp'),
      server('vscode', 'search', 'http://localhost:3002/'),
    ],
    problems: [
      {
        client: 'claude-code',
        config: '~/.claude.json',
        line: 12,
        column: 7,
        kind: 'not-json',
        what: 'A comma is missing after the entry "linear".',
        server: null,
        stops: true,
        addresses: [],
      },
    ],
    stored: [fakeStored()],
    ports: [],
    runtimes: [],
    hosts: { file: null, unreadable: null, overrides: [], localhost: [] },
    running: [],
  };
}

export const FAKE_CLIENTS: ClientLine[] = (
  [
    ['claude-connectors', 'Claude connectors'],
    ['claude-code', 'Claude Code'],
    ['cursor', 'Cursor'],
    ['vscode', 'VS Code'],
    ['mcp-inspector', 'MCP Inspector'],
    ['mcp-remote', 'mcp-remote'],
  ] as const
).map(([id, name]) => ({ id, name, stops: false, at: null }));

export function fakeVerdict(change: Partial<Verdict> = {}): Verdict {
  return {
    code: 'asm-issuer-match',
    variant: 'other-path',
    category: 'connection',
    stage: 'as-metadata',
    owner: 'mcp-server',
    severity: 'error',
    confidence: 'certain',
    affects: ['cursor', 'mcp-remote', 'claude-code', 'mcp-inspector'],
    title: 'The sign-in service calls itself by another name than your server says.',
    summary:
      'Your server sends apps to one sign-in service, and that service answers under another name (issuer). Careful apps stop here, because it could be an impostor.',
    evidence: [
      'GET https://mcp.acme.example/.well-known/oauth-protected-resource/mcp → HTTP 200',
      'GET https://acme.scalekit.example/.well-known/oauth-authorization-server/resources/res_123 → HTTP 200',
    ],
    fixes: [
      {
        for: 'mcp-server',
        steps: [
          'Open Dashboard › MCP Servers › your server › Metadata JSON and copy it.',
          'Put it into PROTECTED_RESOURCE_METADATA of the server, unchanged.',
          'Restart the server, then check again.',
        ],
        action: null,
      },
      {
        for: 'user',
        steps: ['Send the text below to the person who runs the server. There is nothing to change on your computer.'],
        action: null,
      },
    ],
    comparison: {
      expected_label: 'Your server says',
      expected: 'https://acme.scalekit.example/resources/res_123',
      actual_label: 'It calls itself',
      actual: 'https://acme.scalekit.example',
    },
    why: 'The name is how an app knows that it talks to the sign-in service that the server meant.',
    reference: 'RFC 8414 section 3.3',
    ...change,
  };
}

const ORDER: Hop[] = [
  'this-computer',
  'client',
  'mcp-server',
  'authorization-server',
  'browser',
  'way-back',
  'token',
  'tools',
];

/** A report with this verdict; without one, healthy. */
export function fakeReport(request: CheckRequest, verdict: Verdict | null, change: Partial<Report> = {}): Report {
  const stages = STAGES.map(([stage]) => stage);
  const at = verdict ? stages.indexOf(verdict.stage) : stages.length;
  const brokenHop = verdict ? STAGES[at]![1] : null;
  const unseen: Hop[] = ['browser', 'way-back', 'token', 'tools'];
  const checks = fakeCatalogue().map((line): CheckLine => {
    const own = stages.indexOf(line.stage);
    if (verdict && own === at && line.code.endsWith('-3')) return { ...line, code: verdict.code, light: 'broken' };
    if (verdict && own > at) return { ...line, light: 'not-reached', why: 'something before it is broken' };
    if (unseen.includes(line.hop)) return { ...line, light: 'not-looked', why: 'nobody has signed in yet' };
    if (line.code === 'reach-9') {
      return { ...line, light: 'could-not-see', why: 'the system did not say which proxy it uses' };
    }
    return { ...line, light: 'fine' };
  });
  const codes = (light: Light) => checks.filter((line) => line.light === light).map((line) => line.code);
  return {
    schema: 1,
    language: 'en',
    untranslated: [],
    began_ms: NOW,
    scalekit: null,
    tool: { name: 'mcp-auth-check', version: '0.1.0' },
    server: request.typed,
    state: verdict ? 'fault' : 'healthy',
    verdict,
    findings: verdict
      ? [
          fakeVerdict({
            code: 'reach-http2',
            severity: 'warning',
            owner: 'mcp-server',
            affects: [],
            title: 'The certificate ends in nine days.',
            summary: 'It still works. After that day no app connects.',
            comparison: null,
            evidence: ['Valid until 2 December 2026'],
          }),
        ]
      : [],
    ruled_out: codes('fine'),
    not_reached: codes('not-reached'),
    unknown: checks
      .filter((line) => line.light === 'could-not-see')
      .map((line) => ({ code: line.code, why: line.why ?? '' })),
    side_effects: [],
    duration_ms: 412,
    requests: 9,
    client: request.client,
    checks,
    hops: ORDER.map((hop) => {
      const here = ORDER.indexOf(hop);
      const broken = brokenHop ? ORDER.indexOf(brokenHop) : ORDER.length;
      const light: Light =
        here === broken ? 'broken' : here > broken ? 'not-reached' : unseen.includes(hop) ? 'not-looked' : 'fine';
      return { hop, light };
    }),
    clients: FAKE_CLIENTS.map((line) => {
      const stops = verdict !== null && (verdict.affects.length === 0 || verdict.affects.includes(line.id));
      return { ...line, stops, at: stops ? verdict.code : null };
    }),
    exchanges: [
      {
        purpose: 'Ask the server without signing in',
        method: 'POST',
        url: request.typed,
        request:
          'POST /mcp HTTP/1.1\naccept: application/json, text/event-stream\n\n{"jsonrpc":"2.0","id":1,"method":"initialize"}',
        result: 'HTTP 401',
        answer:
          'HTTP/1.1 401 Unauthorized\nwww-authenticate: Bearer realm="OAuth", resource_metadata="https://mcp.acme.example/.well-known/oauth-protected-resource/mcp"\n\n',
        at_ms: 3,
        took_ms: 61,
      },
      {
        purpose: 'Read where to sign in',
        method: 'GET',
        url: 'https://mcp.acme.example/.well-known/oauth-protected-resource/mcp',
        request: 'GET /.well-known/oauth-protected-resource/mcp HTTP/1.1\naccept: application/json',
        result: 'HTTP 200',
        answer:
          'HTTP/1.1 200 OK\n\n{"resource":"https://mcp.acme.example/mcp","authorization_servers":["https://acme.scalekit.example/resources/res_123"]}',
        at_ms: 66,
        took_ms: 44,
      },
    ],
    ...change,
  };
}

const FAULTS: [string, string, Category, Owner][] = [
  ['challenge-missing', 'The server says no, and not where to sign in.', 'connection', 'mcp-server'],
  [
    'resource-other-path',
    'The server gives itself another address than the one you typed.',
    'connection',
    'mcp-server',
  ],
  ['asm-issuer-other', 'The sign-in service calls itself by another name.', 'connection', 'authorization-server'],
  ['tls-expired', 'The certificate has run out.', 'connection', 'mcp-server'],
  ['redirect-refused', 'The way back to the app was never registered.', 'redirect-uri', 'authorization-server'],
  ['cors-preflight-401', 'The question before the question is turned away.', 'cors', 'mcp-server'],
  ['token-wrong-audience', 'The access pass is made out for another server.', 'token', 'mcp-server'],
  ['scope-missing', 'The access pass does not allow this tool.', 'scope', 'user'],
  ['port-8443', 'The server listens on a port that Claude’s connectors do not call.', 'client', 'mcp-server'],
];

/** How the made-up app behaves. */
export interface FakeOptions {
  computer?: Computer;
  /** The verdict of every check. `undefined`: a server with a fault. */
  verdict?: (request: CheckRequest) => Verdict | null;
  report?: (request: CheckRequest) => Report;
  /** Between two steps, in milliseconds. 0: all at once. */
  pace?: number;
  /** Replaces single answers. */
  instead?: Partial<Backend>;
  abilities?: Abilities;
}

export type FakeBackend = Backend & { copied: string[]; asked: CheckRequest[]; shown: WatchWords[] };

export function fakeBackend(options: FakeOptions = {}): FakeBackend {
  const copied: string[] = [];
  /** The messages that the system was asked to show. */
  const shown: WatchWords[] = [];
  const asked: CheckRequest[] = [];
  let fault: string | null = null;
  let cancelled = false;
  let watching = false;
  const pause = () => new Promise<void>((done) => (options.pace ? setTimeout(done, options.pace) : done()));

  const verdictOf = (request: CheckRequest): Verdict | null => {
    if (options.verdict) return options.verdict(request);
    if (!request.typed.includes('127.0.0.1:')) return fakeVerdict();
    const known = FAULTS.find(([name]) => name === fault);
    if (!known) return null;
    const [code, title, category, owner] = known;
    return fakeVerdict({ code, title, category, owner, affects: [] });
  };

  return {
    copied,
    asked,
    shown,
    version: async () => '0.1.0',
    speak: async () => ({ reports: [], browser: null }),
    lookAround: async () => options.computer ?? fakeComputer(),
    understand: async (text) => {
      const url = /https?:\/\/[^\s"'<>]+/.exec(text)?.[0] ?? null;
      if (url === text.trim()) return { is: 'server', url, notes: [] };
      if (/fail|error|could not|401|403/i.test(text)) {
        const symptom = /403|scope|tool/i.test(text) ? 'calling-tool' : 'connecting';
        return { is: 'message', said: [], troubled: false, url, client: null, origin: null, symptom };
      }
      return {
        is: 'unclear',
        sentence: 'That is neither an address nor an error message. An address begins with https://.',
      };
    },
    catalogue: async () => fakeCatalogue(),
    startCheck: async (request, onProgress) => {
      cancelled = false;
      asked.push(request);
      const report = options.report?.(request) ?? fakeReport(request, verdictOf(request));
      for (const { hop, light } of report.hops) {
        if (cancelled) break;
        if (light === 'not-reached' || light === 'not-looked') continue;
        onProgress({ is: 'hop', hop, light: 'looking' });
        for (const [at, line] of report.checks.filter((line) => line.hop === hop).entries()) {
          onProgress({ is: 'check', code: line.code, light: line.light });
          if (at % 4 === 0) {
            const exchange = report.exchanges[at % 8 === 0 ? 0 : 1];
            if (exchange) onProgress({ is: 'asked', ...exchange });
            await pause();
          }
        }
        onProgress({ is: 'hop', hop, light });
      }
      return report;
    },
    cancelCheck: async () => void (cancelled = true),
    watch: async (request, code, words, onLook) => {
      watching = true;
      while (watching) {
        await new Promise((done) => setTimeout(done, options.pace ?? 0));
        const report = options.report?.(request) ?? fakeReport(request, verdictOf(request));
        if (report.state === 'healthy') {
          shown.push(words);
          return report;
        }
        onLook(report.verdict?.code === code ? null : report);
        code = report.verdict?.code ?? '';
      }
      return null;
    },
    stopWatching: async () => void (watching = false),
    practiceFaults: async (): Promise<PracticeFault[]> =>
      FAULTS.map(([name, words, playbook]) => ({ name, words, playbook })),
    practiceStart: async (wanted) => {
      fault = wanted;
      return { url: 'http://127.0.0.1:38765/mcp', fault };
    },
    practiceMend: async () => void (fault = null),
    practiceStop: async () => void (fault = null),
    openLink: async () => {},
    copy: async (text) => void copied.push(text),
    ...options.abilities,
    ...options.instead,
  };
}

const NOW = 1_795_000_000_000;

/** A stored sign-in of mcp-remote, with two files. */
export function fakeStored(): StoredEntry {
  const file = (name: string, kind: StoredEntry['holds'][number], size: number) => ({
    path: `~/.mcp-auth/mcp-remote-0.1.37/ab284cdd711a91117115f5b5ac02038a_${name}`,
    kind,
    size,
    modified_ms: NOW - 86_400_000 * 12,
    open_to_others: false,
    link: false,
  });
  return {
    id: 'mcp-remote:0.1.37:ab28',
    client: 'mcp-remote',
    server: 'https://mcp.acme.example/mcp',
    name: null,
    store: '~/.mcp-auth/mcp-remote-0.1.37',
    key: 'ab284cdd711a91117115f5b5ac02038a',
    version: '0.1.38',
    files: [file('client_info.json', 'registration', 412), file('tokens.json', 'tokens', 1804)],
    holds: ['registration', 'tokens'],
    used: 'in-use',
    used_by: ['claude-desktop:todo'],
    client_id: 'm2m_70123456789',
    redirect_uris: ['http://localhost:47151/oauth/callback'],
    issuer: 'https://acme.scalekit.example/resources/res_123',
    expires_at_ms: NOW - 86_400_000,
    expiry_estimated: true,
    secret_expires_at_ms: null,
    modified_ms: NOW - 86_400_000 * 12,
    lock: null,
    troubles: ['The registration was made for another address to come back to (port 3334).'],
    looked_into: true,
    how_to_clear: { by: 'app-moves-files' },
  };
}

/** Everything that a build of the app may be able to do. */
export function fakeAbilities(): Required<Abilities> {
  let backups: Backup[] = [];
  let entries: HistoryEntry[] = [
    {
      id: '2',
      when: NOW,
      kind: 'check',
      server: 'https://mcp.acme.example/mcp',
      title: fakeVerdict().title,
      language: 'en',
      state: 'fault',
    },
    {
      id: '1',
      when: NOW - 3_600_000,
      kind: 'change',
      server: null,
      title: 'The sign-in of todo was moved away (2 files).',
      language: 'en',
      state: null,
    },
  ];
  const changes = fakeStored().files.map((file) => ({
    client: 'mcp-remote' as const,
    server: 'https://mcp.acme.example/mcp',
    name: 'todo',
    path: file.path,
    within: [],
    holds: [file.kind],
    size: file.size,
    modified_ms: file.modified_ms ?? 0,
    what: 'The file is moved into the backup.',
  }));
  const request = (server: string, client: ClientId | null): CheckRequest => ({
    typed: server,
    client,
    symptom: 'not-sure',
    origin: null,
    pasted: null,
  });
  const browserReport = (code: TripCode | null): BrowserReport => ({
    ...fakeReport(
      request('', null),
      code === null || code === 'hit-ok'
        ? null
        : fakeVerdict({
            code: 'browser-round-trip',
            category: 'browser',
            stage: 'browser',
            owner: 'user',
            affects: [],
            title: 'Your system said that it opened a browser, but no page arrived.',
            summary: 'The default browser that the system names is not installed any more.',
            evidence: ['xdg-open ended with 0 after 0.1 s; nothing came within 25 s.'],
            comparison: null,
            fixes: [
              {
                for: 'user',
                steps: ['Choose a browser that is installed.', 'Test again.'],
                action: { do: 'open-settings', page: 'gnome-default-apps' },
              },
            ],
          }),
    ),
    round_trip: code,
    attempts: code ? [{ way: 'own-opener', code, lines: ['xdg-open ended with 0 after 0.1 s.'] }] : [],
    link: code === 'hit-ok' ? null : 'http://127.0.0.1:45111/callback-test?nonce=u2Yw3g&a=1&b=2&end=1',
    settings: [
      {
        id: 'gnome-default-apps',
        system: 'linux',
        button: 'Open Default Applications',
        place: 'Settings › Apps › Default Applications',
        steps: ['Under Web, choose a browser.', 'Quit the client completely, and start it again.', 'Test again.'],
      },
    ],
    reading: null,
  });
  const step = (id: string, from: Party, to: Party, title: string, light: Light = 'fine'): Step => ({
    id,
    title,
    from,
    to,
    light,
    note: light === 'broken' ? 'The service does not know this address to come back to.' : null,
    exchange: null,
    took_ms: 48,
  });

  return {
    caches: {
      plan: async ({ level }) => ({
        digest: 'd1',
        level,
        changes: level === 'sign-in' ? changes.slice(1) : changes,
        warnings: [
          {
            kind: 'client-running',
            client: 'claude-desktop',
            what: 'Claude Desktop is running. Quit it first, also from the tray.',
          },
        ],
        left_alone: [],
        by_hand: [],
        next: 'The next time the client connects it registers itself anew, opens the browser, and you sign in again.',
        note: null,
      }),
      repairs: async () => [
        {
          mends: 'not-json',
          server: null,
          request: {
            client: 'claude-code',
            config: '~/.claude.json',
            line: null,
            repair: { what: 'writing', comments: false },
          },
          words: 'The missing comma is put in.',
        },
      ],
      planRepair: async () => ({
        plan: {
          digest: 'd1',
          level: 'repair',
          changes: changes.slice(0, 1),
          warnings: [],
          left_alone: [],
          by_hand: [],
          next: 'The client reads its config again when it starts.',
          note: null,
        },
        difference: [
          { is: 'same', number: 11, text: '    "linear": { "url": "https://mcp.linear.example/mcp" }' },
          { is: 'gone', number: 12, text: '    "todo": {' },
          { is: 'new', number: 12, text: '    , "todo": {' },
        ],
      }),
      apply: async (digest) => {
        if (digest !== 'd1')
          throw { code: 'not-agreed', message: 'What is stored has changed since you looked.', detail: null };
        const backup: Backup = {
          id: 'r1',
          created_ms: NOW,
          expires_ms: NOW + 86_400_000 * 30,
          level: 'registration',
          half_way: false,
          changes,
          folder: '~/.local/share/mcp-auth-troubleshooter/backups/r1',
        };
        backups = [backup];
        return {
          ...backup,
          done: changes.map((change) => ({ change, found: 'gone' as const })),
          all_gone: true,
          summary: 'The sign-in and the registration of todo were moved away (2 files).',
          backup: backup.folder,
        };
      },
      backups: async () => backups,
      undo: async (id) => {
        backups = [];
        return { id, back: changes.map(({ path }) => ({ path, how: 'whole' as const })), changes, newer_kept_in: null };
      },
      forget: async () => void (backups = []),
    },
    browser: {
      read: async () => browserReport(null),
      test: async (_, onProgress) => {
        const link = 'http://127.0.0.1:45111/callback-test?nonce=u2Yw3g&a=1&b=2&end=1';
        onProgress({ is: 'asking', way: 'own-opener', link });
        return browserReport('launched-no-hit');
      },
      stop: async () => {},
      openSettings: async () => {},
    },
    signIn: {
      plan: async ({ client }) => ({
        client,
        identity: { by: 'registration' },
        sign_in_host: 'acme.scalekit.example',
        issuer: 'https://acme.scalekit.example/resources/res_123',
        scopes: ['todo:read', 'todo:write', 'offline_access'],
        stays_signed_in: true,
        resource: 'https://mcp.acme.example/mcp',
        registers: true,
        comes_back_to: 'http://127.0.0.1:45120/oauth/callback',
        notes: ['Cursor comes back through cursor://; the app uses a port of this computer instead.'],
      }),
      start: async ({ server, client }, onStep) => {
        onStep(step('first-call', 'app', 'mcp-server', 'Call without a pass: the server says “sign in first”'));
        onStep(step('metadata', 'app', 'mcp-server', 'Where to sign in (resource metadata)'));
        onStep(step('register', 'app', 'authorization-server', 'Introduce the app (registration)'));
        onStep(step('open', 'app', 'browser', 'Open the sign-in page'));
        onStep(step('answer', 'authorization-server', 'browser', 'The way back', 'broken'));
        return {
          report: fakeReport(
            request(server, client),
            fakeVerdict({ stage: 'authorization', category: 'redirect-uri' }),
          ),
          signed_in: false,
          granted_scope: null,
          tools: [],
          created: [
            {
              kind: 'registration',
              url: 'https://acme.scalekit.example/register',
              client_id: 'm2m_9',
              taken_back: false,
            },
          ],
        };
      },
      stop: async () => {},
      callTool: async () => fakeReport(request('', null), null),
      close: async () => [
        { kind: 'registration', url: 'https://acme.scalekit.example/register', client_id: 'm2m_9', taken_back: true },
      ],
    },
    reports: {
      preview: async (form, mask) => [
        { text: `# Signing in to `, hidden: null },
        mask ? { text: '[host 1]', hidden: 'a host name' } : { text: 'mcp.acme.example', hidden: null },
        { text: `\n\n${form}: ${fakeVerdict().title}\n\nAuthorization: Bearer `, hidden: null },
        { text: '[hidden: a token]', hidden: 'a token' },
        { text: '\n', hidden: null },
      ],
      save: async () => '~/Documents/report.md',
    },
    history: {
      entries: async () => entries,
      clear: async () => void (entries = []),
    },
    many: {
      check: async (servers, onLine) => {
        for (const server of servers) {
          const fine = server.includes('localhost');
          onLine({
            server,
            state: fine ? 'healthy' : 'fault',
            title: fine ? 'Everything that can be seen is fine.' : fakeVerdict().title,
            language: 'en',
          });
        }
      },
      stop: async () => {},
    },
    inspect: {
      token: async (request) =>
        fakeReport(request, fakeVerdict({ code: 'tok-aud', title: 'The access pass is made out for another server.' })),
      settings: async (request) =>
        fakeReport(request, fakeVerdict({ code: 'tok-aud', title: 'EXPECTED_AUDIENCE lacks the slash at the end.' })),
    },
  };
}
