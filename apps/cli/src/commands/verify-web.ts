import { CliError, exitCodes, usageError } from '../cli-error.ts'
import { noServiceWords } from '../no-service-words.ts'
import { safeName } from '../text/safe-text.ts'
import { askLikeABrowser } from '../verify-web/ask-like-a-browser.ts'
import { differencesOf, type PageDifference, pathsOf } from '../verify-web/check-page.ts'
import { releaseManifest } from '../verify-web/release-manifest.ts'
import type { Context } from './context.ts'

/** The most differences that are told one by one. */
const maxTold = 50

/**
 * Compares the page of a server with a release, file by file and header by header. It shows what
 * the server has sent to this machine now; a server can send another person another page.
 * @throws {CliError} `page_differs`, `no_services_available`, `usage`
 */
export async function verifyWeb(
  context: Context,
  url: string | undefined,
  { manifest: file }: { readonly manifest?: string },
): Promise<void> {
  const { env, out, random, signal } = context
  const origin = originOf(url ?? env.url)
  const manifest = await releaseManifest(env.cwd, file)
  const differences: PageDifference[] = []
  const paths = pathsOf(manifest, random)
  for (const path of paths) {
    const answer = await askLikeABrowser(new URL(path, origin), signal).catch((cause: Error) => {
      throw noAnswer(origin, cause)
    })
    differences.push(...differencesOf(manifest, path, answer))
  }
  for (const one of differences.slice(0, maxTold)) out.result({ type: 'page_difference', ...one }, describe(one))
  const { sources, files } = manifest
  const counts = { url: origin, files: Object.keys(files).length, sources, differences: differences.length }
  if (differences.length > 0) {
    if (out.isJson) out.result({ type: 'page_checked', ...counts }, '')
    const words = `The page at ${origin} is not that of the release: ${differences.length} differences`
    throw new CliError('page_differs', `${words}. Log in nowhere on it, and ask the operator`)
  }
  out.result(
    { type: 'page_checked', ...counts },
    `The ${counts.files} files at ${origin}, and their headers, are those of the release (sources ${sources.slice(0, 16)})`,
  )
  out.text('That is what the server sent to this machine now. It can still send another page to another browser')
}

function originOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:')
    throw usageError('URL must be the http:// or https:// address of a page')
  return parsed.origin
}

function noAnswer(origin: string, cause: Error): CliError {
  const words = `${noServiceWords}. ${origin} sent no page: ${cause.message}`
  return new CliError('no_services_available', words, exitCodes.noService, { cause })
}

function describe({ path, what, header, expected, found }: PageDifference): string {
  const place = header === undefined ? safeName(path) : `${safeName(path)}, header ${header}`
  const named = what === 'status' ? 'status ' : ''
  return `${place}: ${named}${safeName(found)} instead of ${named}${expected}`
}
