// The seven guides as data: which card follows which. The words stand in `words/guides.*`, by the same names.
//
// A card is one question or one thing to do. What was measured already is never asked: `skip` goes past the card.

import type { Category, CheckLine, ClientId, LinkId, Report, Stage } from '../backend/backend';

/** What a person can be sent to from a card. A card whose place this build lacks shows its steps alone. */
export type Tool = 'check' | 'browser' | 'computer' | 'sign-in' | 'token' | 'settings' | 'clients';

/** What is known while a guide is walked through. */
export interface Known {
  report: Report | null;
  client: ClientId | null;
  system: 'mac' | 'windows' | 'linux' | null;
}

export interface Card {
  /** Stages whose results belong on this card. */
  measured?: Stage[];
  /** A question: each answer leads to a card, or with `guide:` to another guide. */
  answers?: Record<string, string>;
  /** Where it goes on when this was not it. Without it: nothing helped. */
  next?: string;
  skip?: (known: Known) => string | null;
  tool?: Tool;
  link?: LinkId;
}

export interface Guide {
  first: string;
  cards: Record<string, Card>;
}

/** The worst that was seen at a stage. */
export function seen(report: Report | null, stage: Stage): CheckLine['light'] {
  const lights = new Set(report?.checks.filter((line) => line.stage === stage).map((line) => line.light));
  for (const light of ['broken', 'attention', 'fine', 'could-not-see', 'not-reached'] as const) {
    if (lights.has(light)) return light;
  }
  return 'not-looked';
}

/** Past a question that the measurements answer. */
const measured =
  (stages: Stage[], fine: string, broken: string) =>
  ({ report }: Known) => {
    const lights = stages.map((stage) => seen(report, stage));
    if (lights.includes('broken')) return broken;
    return lights.every((light) => light === 'fine' || light === 'attention') ? fine : null;
  };

const byClient =
  (cards: Partial<Record<ClientId, string>>) =>
  ({ client }: Known) =>
    (client && cards[client]) ?? null;

const bySystem = ({ system }: Known) => system;

/** The clients that are web pages. */
const WEB_PAGES: ClientId[] = ['mcp-inspector', 'use-mcp', 'mcpjam'];

export const GUIDES: Record<Category, Guide> = {
  connection: {
    first: 'health',
    cards: {
      health: {
        measured: ['reach', 'challenge'],
        skip: measured(['reach', 'challenge'], 'metadata', 'health-broken'),
        answers: { yes: 'metadata', no: 'health-broken', unsure: 'look' },
      },
      look: { tool: 'check', next: 'metadata' },
      'health-broken': { measured: ['reach', 'challenge'], tool: 'check', next: 'metadata' },
      metadata: {
        measured: ['resource-metadata', 'as-metadata'],
        skip: measured(['resource-metadata', 'as-metadata'], 'cors', 'metadata-broken'),
        answers: { yes: 'cors', no: 'metadata-broken', unsure: 'metadata-look' },
      },
      'metadata-look': { tool: 'check', next: 'metadata-broken' },
      'metadata-broken': {
        measured: ['resource-metadata', 'as-metadata'],
        answers: { error: 'metadata-500', issuer: 'metadata-environment', resource: 'metadata-resource' },
      },
      'metadata-500': { tool: 'check', link: 'scalekit-dashboard', next: 'metadata-environment' },
      'metadata-environment': { tool: 'check', link: 'scalekit-dashboard', next: 'metadata-resource' },
      'metadata-resource': { tool: 'check', link: 'scalekit-dashboard', next: 'cors' },
      cors: {
        measured: ['cors'],
        skip: ({ report, client }) => {
          if (seen(report, 'cors') === 'broken') return 'guide:cors';
          // Only what runs in a browser meets CORS.
          return client === null || WEB_PAGES.includes(client) ? null : 'deeper';
        },
        answers: { yes: 'guide:cors', no: 'deeper', how: 'cors-how' },
      },
      'cors-how': { answers: { yes: 'guide:cors', no: 'deeper' } },
      deeper: { tool: 'sign-in' },
    },
  },
  'redirect-uri': {
    first: 'which',
    cards: {
      which: {
        skip: byClient({
          'mcp-remote': 'mcp-remote',
          vscode: 'vscode',
          'claude-desktop': 'claude',
          'claude-connectors': 'claude',
          cursor: 'cursor',
          'claude-code': 'claude-code',
          'mcp-inspector': 'inspector',
        }),
        answers: {
          'mcp-remote': 'mcp-remote',
          vscode: 'vscode',
          claude: 'claude',
          cursor: 'cursor',
          'claude-code': 'claude-code',
          inspector: 'inspector',
          other: 'other',
        },
      },
      'mcp-remote': { tool: 'computer', next: 'registered' },
      vscode: { tool: 'check', next: 'registered' },
      claude: { tool: 'check', next: 'claude-other' },
      'claude-other': { tool: 'check', next: 'registered' },
      cursor: { tool: 'check', next: 'registered' },
      'claude-code': { tool: 'check', next: 'registered' },
      inspector: { tool: 'check', next: 'registered' },
      other: { tool: 'computer', next: 'registered' },
      registered: { link: 'scalekit-dashboard', tool: 'sign-in' },
    },
  },
  cors: {
    first: 'who',
    cards: {
      who: {
        measured: ['cors'],
        skip: ({ report }) => (seen(report, 'cors') === 'broken' ? 'server' : null),
        answers: { server: 'server', service: 'callback', unsure: 'look' },
      },
      look: { tool: 'check', next: 'server' },
      server: { measured: ['cors'], tool: 'check', next: 'callback' },
      callback: { link: 'scalekit-dashboard', tool: 'check', next: 'production' },
      production: { link: 'scalekit-dashboard', tool: 'check' },
    },
  },
  token: {
    first: 'framework',
    cards: {
      framework: {
        measured: ['token-validation'],
        answers: { fastmcp: 'fastmcp-id', fastapi: 'audience', express: 'audience', other: 'other' },
      },
      'fastmcp-id': { tool: 'settings', link: 'scalekit-dashboard', next: 'fastmcp-url' },
      'fastmcp-url': { tool: 'check', link: 'scalekit-dashboard', next: 'restart' },
      audience: { tool: 'settings', link: 'scalekit-dashboard', next: 'environment' },
      environment: { tool: 'settings', link: 'scalekit-dashboard', next: 'validate' },
      validate: { tool: 'check', next: 'restart' },
      other: { tool: 'token', next: 'environment' },
      restart: { tool: 'token', next: 'pass' },
      pass: { tool: 'sign-in' },
    },
  },
  scope: {
    first: 'tool',
    cards: {
      tool: {
        measured: ['scope'],
        answers: { one: 'exists', all: 'guide:token' },
      },
      exists: { link: 'scalekit-dashboard', answers: { yes: 'requested', no: 'add' } },
      add: { link: 'scalekit-dashboard', tool: 'check', next: 'requested' },
      requested: { answers: { yes: 'pass', no: 'request', unsure: 'pass' } },
      request: { tool: 'sign-in', next: 'pass' },
      pass: { tool: 'token', answers: { yes: 'names', no: 'reconnect' } },
      reconnect: { tool: 'computer', next: 'names' },
      names: { tool: 'sign-in' },
    },
  },
  client: {
    first: 'what',
    cards: {
      what: {
        measured: ['client-specific'],
        answers: { port: 'port', tabs: 'tabs', elsewhere: 'elsewhere', browser: 'guide:browser' },
      },
      port: { tool: 'check', next: 'proxy' },
      proxy: { tool: 'check', next: 'elsewhere' },
      tabs: { tool: 'computer', next: 'elsewhere' },
      elsewhere: { tool: 'clients', next: 'fresh' },
      fresh: { tool: 'computer', next: 'same' },
      same: { tool: 'sign-in' },
    },
  },
  browser: {
    first: 'test',
    cards: {
      test: { tool: 'browser', answers: { opens: 'back', nothing: 'system' } },
      system: { skip: bySystem, answers: { mac: 'mac', windows: 'windows', linux: 'linux' } },
      mac: { tool: 'browser', next: 'restart' },
      windows: { tool: 'browser', next: 'restart' },
      linux: { tool: 'browser', next: 'restart' },
      restart: { tool: 'browser', next: 'link' },
      link: { tool: 'browser', next: 'back' },
      back: { tool: 'browser' },
    },
  },
};

/** The card to show for a name: past everything that is known already. Guides have no circles. */
export function arrive(guide: Guide, name: string, known: Known): string {
  const next = guide.cards[name]?.skip?.(known);
  if (!next || next.startsWith('guide:') || !(next in guide.cards))
    return next && next.startsWith('guide:') ? next : name;
  return arrive(guide, next, known);
}

/** The operating system, as far as the web view says. */
export function systemOf(agent: string): Known['system'] {
  if (/Mac|iPhone|iPad/i.test(agent)) return 'mac';
  if (/Windows/i.test(agent)) return 'windows';
  return /Linux|X11/i.test(agent) ? 'linux' : null;
}

/** The closing practices, in the mission's order. */
export const PRACTICES = ['environments', 'urls', 'audience', 'callbacks', 'logs'] as const;
export type Practice = (typeof PRACTICES)[number];
