import { de } from './de';
import { en, type Words } from './en';

export type { Words };

/** Every language that the window speaks. */
export const LANGUAGES: Words[] = [en, de];

class Language {
  words = $state.raw<Words>(en);
}

const language = new Language();

/** The words in the language of the moment. */
export function t(): Words {
  return language.words;
}

/** Speaks another language, when it is one that the window speaks. */
export function speak(code: string): void {
  const wanted = code.toLowerCase().split('-')[0];
  language.words = LANGUAGES.find((words) => words.code === wanted) ?? en;
  document.documentElement.lang = language.words.code;
  document.documentElement.dir = language.words.direction;
}

/** A key of a table of words, when the app speaks of something that this table does not know yet. */
export function word<T extends Record<string, unknown>>(table: T, key: string): T[keyof T] | string {
  return (table as Record<string, T[keyof T]>)[key] ?? key;
}
