/** A moment in the reader's own way of writing it. */
export function moment(ms: number, language: string): string {
  return new Date(ms).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });
}
