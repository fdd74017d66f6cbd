/** What a user may do about a system error, by its code. */
const remedies: Record<string, string> = {
  EACCES: 'choose a folder or a port that this user may use',
  EROFS: 'choose a folder that can be written',
  ENOSPC: 'free some disk space',
  ENOENT: 'check the path',
};

/**
 * The one line that a failed command ends with. Errors that we made say the remedy themselves; an error of
 * the system gets one. The stack is shown only when `DEBUG` asks for it.
 */
export function failure(error: unknown): string {
  if (!(error instanceof Error)) return `tributary: ${String(error)}`;
  if (process.env.DEBUG) return `tributary: ${error.stack ?? error.message}`;
  const code = (error as NodeJS.ErrnoException).code;
  const remedy = code !== undefined && error.message.startsWith(code) ? remedies[code] : undefined;
  const text = error.message.replaceAll('\n', ' ');
  return `tributary: ${remedy ? `${text}: ${remedy}` : text}`;
}
