/** The parts of Trusted Types (https://w3c.github.io/trusted-types) that are used. */
type TrustedTypes = {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string | URL }
}

/**
 * Makes the one policy of the page, which allows these scripts and no others. The page's security
 * policy allows no second policy. Returns the function that passes an address by it.
 */
export function allowScripts(urls: readonly string[]): (url: string) => string | URL {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
  const policy = trustedTypes?.createPolicy('fastchat', {
    createScriptURL(asked) {
      if (!urls.includes(asked)) throw new TypeError('only the scripts of the workers are allowed')
      return asked
    },
  })
  return (url) => policy?.createScriptURL(url) ?? url
}
