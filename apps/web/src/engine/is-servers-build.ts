/** Says whether the server now serves that build, and so the one that asks is an older one. */
export async function isServersBuild(build: string | undefined): Promise<boolean> {
  try {
    const answer = await fetch('/manifest.json', { cache: 'no-store' })
    const { sources }: { readonly sources?: unknown } = await answer.json()
    return build !== undefined && sources === build
  } catch {
    return false
  }
}
