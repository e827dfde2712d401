import { describe, expect, it } from 'vitest';
import type { Category } from '../backend/backend';
import { fakeReport, fakeVerdict } from '../backend/fake';
import { de } from '../words/de';
import { en } from '../words/en';
import { arrive, GUIDES, seen, systemOf, type Known } from './guides';

const CATEGORIES = Object.keys(GUIDES) as Category[];
const nobody: Known = { report: null, client: null, system: null };
const request = {
  typed: 'https://a.example/mcp',
  client: null,
  symptom: 'not-sure' as const,
  origin: null,
  pasted: null,
};

const all = CATEGORIES.flatMap((category) =>
  Object.entries(GUIDES[category].cards).map(([name, card]) => ({ category, name, card })),
);

describe('the guides', () => {
  it.each(all.map((one) => [`${one.category}/${one.name}`, one] as const))('%s has words, and leads on', (_, one) => {
    const { category, name, card } = one;
    for (const words of [en, de]) {
      const said = words.guides.cards[category][name];
      expect(said?.title, words.name).toBeTruthy();
      expect(Object.keys(said?.answers ?? {}).sort(), words.name).toEqual(Object.keys(card.answers ?? {}).sort());
    }
    for (const next of [...Object.values(card.answers ?? {}), ...(card.next ? [card.next] : [])]) {
      if (next.startsWith('guide:')) expect(CATEGORIES).toContain(next.slice('guide:'.length));
      else expect(Object.keys(GUIDES[category].cards)).toContain(next);
    }
  });

  it('speaks of no card that is not there', () => {
    for (const words of [en, de]) {
      for (const category of CATEGORIES) {
        expect(Object.keys(words.guides.cards[category]).sort()).toEqual(Object.keys(GUIDES[category].cards).sort());
      }
    }
  });

  it.each(CATEGORIES)('%s leads to every card, and never in a circle', (category) => {
    const { first, cards } = GUIDES[category];
    const reached = new Set<string>();
    const walk = (name: string, trail: string[]) => {
      expect(trail, 'a circle').not.toContain(name);
      reached.add(name);
      const card = cards[name]!;
      const skips = [
        { report: fakeReport(request, null), client: null, system: null },
        { report: fakeReport(request, fakeVerdict({ stage: 'challenge' })), client: null, system: null },
        { report: fakeReport(request, fakeVerdict({ stage: 'resource-metadata' })), client: null, system: null },
      ].map((known) => card.skip?.(known));
      const nexts = [...Object.values(card.answers ?? {}), card.next, ...skips];
      for (const next of nexts) if (next && !next.startsWith('guide:')) walk(next, [...trail, name]);
    };
    walk(first, []);
    expect([...reached].sort()).toEqual(Object.keys(cards).sort());
  });
});

describe('what was measured is not asked', () => {
  it('goes to the mending when the challenge is broken', () => {
    const known = { ...nobody, report: fakeReport(request, fakeVerdict({ stage: 'challenge' })) };
    expect(arrive(GUIDES.connection, 'health', known)).toBe('health-broken');
  });

  it('goes past health and metadata when both are fine', () => {
    const report = fakeReport(request, null);
    const fine = { ...report, checks: report.checks.map((line) => ({ ...line, light: 'fine' as const })) };
    expect(arrive(GUIDES.connection, 'health', { ...nobody, report: fine })).toBe('cors');
  });

  it('asks when nothing was measured, or nothing could be seen', () => {
    expect(arrive(GUIDES.connection, 'health', nobody)).toBe('health');
    const report = fakeReport(request, null);
    const unseen = { ...report, checks: report.checks.map((line) => ({ ...line, light: 'could-not-see' as const })) };
    expect(arrive(GUIDES.connection, 'health', { ...nobody, report: unseen })).toBe('health');
    expect(seen(null, 'reach')).toBe('not-looked');
  });

  it('knows the client and the system', () => {
    expect(arrive(GUIDES['redirect-uri'], 'which', { ...nobody, client: 'vscode' })).toBe('vscode');
    expect(arrive(GUIDES['redirect-uri'], 'which', { ...nobody, client: 'zed' })).toBe('which');
    expect(arrive(GUIDES.browser, 'system', { ...nobody, system: 'windows' })).toBe('windows');
    expect(systemOf('Mozilla/5.0 (X11; Linux x86_64)')).toBe('linux');
    expect(systemOf('Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)')).toBe('mac');
    expect(systemOf('Mozilla/5.0 (Windows NT 10.0; Win64; x64)')).toBe('windows');
  });
});

describe('every step of the mission is reachable', () => {
  // [where it lives, what its words must say]
  const STEPS: [Category, string, string[]][] = [
    ['connection', 'health', ['401', 'WWW-Authenticate', 'resource_metadata=']],
    ['connection', 'health-broken', ['server’s own settings']],
    ['connection', 'metadata', ['/.well-known/oauth-protected-resource', 'MCP Servers › your server › Metadata JSON']],
    ['connection', 'metadata-500', ['PROTECTED_RESOURCE_METADATA', '500']],
    ['connection', 'metadata-environment', ['authorization_servers', 'another environment']],
    ['connection', 'metadata-resource', ['resource', 'EXPECTED_AUDIENCE']],
    ['connection', 'cors', ['CORS errors', 'console', 'MCP Inspector']],
    ['redirect-uri', 'mcp-remote', ['~/.mcp-auth', 'mcp-remote-<version>', 'connect again']],
    [
      'redirect-uri',
      'vscode',
      ['Command Palette', 'Authentication: Remove Dynamic Authentication Provider', 'Connect again'],
    ],
    ['redirect-uri', 'claude', ['no way to clear']],
    ['redirect-uri', 'claude-other', ['another domain or subdomain']],
    [
      'cors',
      'callback',
      ['Authentication › Redirects', 'Redirect URLs', 'Allowed Callback URLs', 'http://localhost:6274/'],
    ],
    ['cors', 'production', ['production']],
    ['token', 'framework', ['FastMCP with ScalekitProvider', 'FastAPI with FastMCP', 'Express']],
    ['token', 'fastmcp-id', ['SCALEKIT_RESOURCE_ID', 'res_', 'dashboard']],
    ['token', 'fastmcp-url', ['MCP_URL', 'slash', 'Server URL']],
    ['token', 'restart', ['Restart the server']],
    ['token', 'audience', ['EXPECTED_AUDIENCE', 'Server URL', 'http://localhost:3002/']],
    ['token', 'environment', ['SK_ENV_URL', 'Settings › API Credentials']],
    ['token', 'validate', ['validate_access_token returns True', 'validateToken does not throw']],
    ['scope', 'tool', ['tool', 'scopes', 'dashboard']],
    ['scope', 'exists', ['MCP Servers › your server › Scopes', 'todo:read']],
    ['scope', 'requested', ['ask']],
    ['scope', 'pass', ['field scope']],
    ['scope', 'reconnect', ['Connect again', 'grant']],
    ['client', 'port', ['443', 'custom port']],
    ['client', 'proxy', ['Nginx', 'Caddy', '443']],
    ['client', 'tabs', ['mcp-remote', 'connector', 'Never run both']],
    ['browser', 'mac', ['Privacy & Security', 'App Management']],
    ['browser', 'windows', ['App permissions', 'Allow apps to manage your default app settings']],
    ['browser', 'linux', ['which xdg-open']],
    ['browser', 'restart', ['start it']],
  ];

  it.each(STEPS)('%s, %s', (category, name, phrases) => {
    const said = JSON.stringify(en.guides.cards[category][name]).replaceAll('\\"', '"');
    for (const phrase of phrases) expect(said).toContain(phrase);
  });

  it('closes with the five practices', () => {
    const said = JSON.stringify(en.closing.practices);
    for (const phrase of [
      'Scalekit environment',
      'mcp-dev',
      'EXPECTED_AUDIENCE (or MCP_URL)',
      'callback URLs',
      'Authentication › Logs',
    ]) {
      expect(said).toContain(phrase);
    }
  });

  it('says nothing that it must not', () => {
    for (const words of [en, de]) {
      const said = JSON.stringify(words.guides.cards);
      expect(said).not.toMatch(/jwks|signing key|disable|switch off the|jwt\.io|ausschalten Sie/i);
    }
  });
});
