// Made-up answers in the shape of the real ones: for tests, and to look at the design in any browser.

import type {
  Abilities,
  Backend,
  Category,
  CheckLine,
  CheckRequest,
  ClientId,
  ClientLine,
  Computer,
  ConfiguredServer,
  Hop,
  Light,
  Owner,
  PracticeFault,
  Report,
  Stage,
  Verdict,
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
      },
    ],
    stored: [],
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
    'prm-resource-other-path',
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

export function fakeBackend(options: FakeOptions = {}): Backend & { copied: string[]; asked: CheckRequest[] } {
  const copied: string[] = [];
  const asked: CheckRequest[] = [];
  let fault: string | null = null;
  let cancelled = false;
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
    version: async () => '0.1.0',
    lookAround: async () => options.computer ?? fakeComputer(),
    understand: async (text) => {
      const url = /https?:\/\/[^\s"'<>]+/.exec(text)?.[0] ?? null;
      if (url === text.trim()) return { is: 'server', url, notes: [] };
      if (/fail|error|could not|401|403/i.test(text)) {
        const symptom = /403|scope|tool/i.test(text) ? 'calling-tool' : 'connecting';
        return { is: 'message', said: [], url, client: null, origin: null, symptom };
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
