import type { Report, Verdict } from './backend/backend';
import type { Words } from './words/index.svelte';

/** The text for the person who has to fix it: the cause, what was seen, what would fix it. */
export function textToSend(
  report: Report,
  verdict: Verdict,
  client: string | null,
  version: string,
  words: Words,
): string {
  const say = words.check.send;
  const lines = [say.greeting, '', say.intro(report.server, client), '', say.cause, verdict.title];
  if (verdict.summary) lines.push(verdict.summary);
  const seen = [...verdict.evidence];
  if (verdict.comparison) {
    const { expected_label, expected, actual_label, actual } = verdict.comparison;
    seen.unshift(`${expected_label}: ${expected}`, `${actual_label}: ${actual}`);
  }
  if (seen.length > 0) lines.push('', say.seen, ...seen.map((line) => `- ${line}`));
  const steps = (verdict.fixes.find((fix) => fix.for === verdict.owner) ?? verdict.fixes[0])?.steps ?? [];
  if (steps.length > 0) lines.push('', say.todo, ...steps.map((step, at) => `${at + 1}. ${step}`));
  if (verdict.reference) lines.push('', `${say.reference} ${verdict.reference}`);
  lines.push('', say.footer(verdict.code, version));
  return `${lines.join('\n')}\n`;
}
