import { getSystemErrorMessage } from 'node:util'

/**
 * The words for each code of the file system: what happened to a file and what to do. `{path}` is
 * the file.
 */
const words: Readonly<Record<string, string>> = {
  ENOENT: 'There is no file {path}. Check the spelling of its path',
  EACCES: 'You may not use {path}. Change its rights or its owner, or name another path',
  EPERM: 'You may not use {path}. Change its rights or its owner, or name another path',
  EROFS: '{path} is on a disk that can only be read. Name another path',
  ENOSPC: 'No space left for {path}. Free some space, then run the command again',
  EDQUOT: 'No space left for you at {path}. Free some space, then run the command again',
  EFBIG: '{path} would be larger than files may be here (ulimit -f). Raise the limit, or name another path',
  EISDIR: '{path} is a folder. Name a file',
  ENOTDIR: '{path} leads through a file, which is not a folder. Check the path',
  EEXIST: '{path} is there already, and is not a folder. Name another path',
  ENAMETOOLONG: '{path} is too long for a path here. Use a shorter one',
  ELOOP: '{path} is a link that leads back to itself. Name the file',
  EMFILE: 'Too many files are open. End other programs, or raise the limit (ulimit -n)',
  ENFILE: 'Too many files are open. End other programs, or raise the limit (ulimit -n)',
}

/**
 * Returns the words for an error of the file system. Undefined: it is another error. `path` is
 * shown in place of the error's own path, which may be missing.
 */
export function fileErrorWords(error: unknown, path?: string): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined
  const { code, path: named, errno } = error as NodeJS.ErrnoException
  const place = path ?? named ?? 'A file'
  const found = code === undefined ? undefined : words[code]
  if (found !== undefined) return found.replace('{path}', () => place)
  const reason = errno === undefined ? 'the system refused it' : getSystemErrorMessage(errno)
  return `${place} could not be used: ${reason}`
}
