import { request as askPlain } from 'node:http'
import { request as askSealed } from 'node:https'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import type { PageAnswer } from './check-page.ts'

/** The most bytes of a file, before and after it is unpacked. A page's largest has one megabyte. */
const maxFileBytes = 16 * 1024 * 1024
const timeoutMs = 20_000

/**
 * The headers of a usual browser, so that a server has less to tell this program by. Its TLS, its
 * address and the moment remain.
 */
const browserHeaders = {
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'accept-encoding': 'gzip, deflate, br, zstd',
  'accept-language': 'en-GB,en;q=0.9',
  'cache-control': 'no-cache',
  pragma: 'no-cache',
  'sec-fetch-site': 'same-origin',
}

const acceptOf = (path: string) => {
  if (path === '/' || path.endsWith('.html'))
    return {
      accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
      'sec-fetch-dest': 'document',
      'sec-fetch-mode': 'navigate',
    }
  const dest = path.endsWith('.css') ? 'style' : 'script'
  return { accept: '*/*', 'sec-fetch-dest': dest, 'sec-fetch-mode': 'cors' }
}

/**
 * Asks for a file as a browser does, follows no redirect, and unpacks the body.
 * @throws Error when no server answers, or with a body that is too large or broken
 */
export async function askLikeABrowser(url: URL, signal: AbortSignal): Promise<PageAnswer> {
  const ask = url.protocol === 'https:' ? askSealed : askPlain
  const headers = { ...browserHeaders, ...acceptOf(url.pathname) }
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  return await new Promise((resolve, reject) => {
    const sent = ask(url, { headers, signal: limit }, (response) => {
      const parts: Buffer[] = []
      let bytes = 0
      response.on('data', (part: Buffer) => {
        bytes += part.length
        if (bytes > maxFileBytes) response.destroy(new Error(`${url.pathname} has more than ${maxFileBytes} bytes`))
        else parts.push(part)
      })
      response.on('error', reject)
      response.on('end', () => {
        try {
          const all = joined(response.rawHeaders)
          const body = unpack(Buffer.concat(parts), all['content-encoding'])
          resolve({ status: response.statusCode ?? 0, headers: all, body })
        } catch (cause) {
          reject(new Error(`${url.pathname} could not be unpacked`, { cause }))
        }
      })
    })
    sent.on('error', reject).end()
  })
}

/** Returns headers by name. A browser obeys each of several policies, so all are kept. */
function joined(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let n = 0; n < raw.length; n += 2) {
    const [name = '', value = ''] = [raw[n]?.toLowerCase(), raw[n + 1]]
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`
  }
  return headers
}

function unpack(body: Buffer, encoding: string | undefined): Buffer {
  const limit = { maxOutputLength: maxFileBytes }
  if (encoding === 'br') return brotliDecompressSync(body, limit)
  if (encoding === 'gzip') return gunzipSync(body, limit)
  if (encoding !== undefined && encoding !== 'identity') throw new Error(`unknown encoding ${encoding}`)
  return body
}
