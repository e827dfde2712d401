// In which language a sentence of the engine is, so that a screen reader pronounces it right.

import type { Report } from '../backend/backend';

/** The language of a sentence in a report. What has no words in the report's language is in English. */
export function languageOf(report: Pick<Report, 'language' | 'untranslated'>, sentence: string): string {
  return report.untranslated.includes(sentence) ? 'en' : report.language;
}
