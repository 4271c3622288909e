/** The parts of Trusted Types (https://w3c.github.io/trusted-types) that are used. */
type TrustedTypes = {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string | URL }
}

/**
 * Starts the worker of the engine. The one policy of the page allows this script and no other, and
 * the page's security policy allows no second policy.
 */
export function startWorker(url: string): Worker {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  const policy = trustedTypes?.createPolicy('fastchat', {
    createScriptURL(asked) {
      if (asked !== url) throw new TypeError('only the script of the engine is allowed')
      return asked
    },
  })
  return new Worker(policy?.createScriptURL(url) ?? url, { type: 'module', name: 'engine' })
}
