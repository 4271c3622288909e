/**
 * The files of the product that may read clocks and draw random numbers, each with its reason. A
 * path that ends with a slash is a folder. All `main.ts` and `deps.ts` of programs may, too.
 */
export const allowedGlobals: Readonly<Record<string, string>> = {
  'libs/clock/src/': 'defines the clocks of the machine',
  'libs/testkit/': 'only tests use it',
  'libs/crypto/src/account/': 'draws keys, salts and nonces itself, so that no caller can pass weak chance',
  'libs/crypto/src/attachment/': 'draws keys itself, so that no caller can pass weak chance',
  'libs/crypto/src/backup/': 'draws keys itself, so that no caller can pass weak chance',
  'libs/client/src/open-device.ts': 'composes a client: here are the defaults of its options',
  'libs/client/src/new-id.ts': 'draws the ids that a client chooses',
  'apps/admin/src/context.ts': 'composes the operator’s command',
  'apps/cli/src/run-command.ts': 'composes a command of the client',
  'apps/web/src/engine/engine-worker.ts': 'composes the engine of the page',
  'apps/cli/bin/bundle.mjs': 'composes the launcher, which imports no workspace',
}

/** Returns whether a file may read clocks and draw random numbers. */
export function mayUseGlobals(file: string): boolean {
  if (/\/(main\.tsx?|deps\.ts)$/.test(file)) return true
  return Object.keys(allowedGlobals).some((path) => (path.endsWith('/') ? file.startsWith(path) : file === path))
}
