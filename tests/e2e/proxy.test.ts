import { readFile } from 'node:fs/promises'
import { createServer, request as plainRequest } from 'node:http'
import { type RequestOptions, request as tlsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Placement } from '@fastchat/schema'
import { subprotocol } from '@fastchat/schema'
import { type CertificateAuthority, createCertificateAuthority, freePort, startNginx } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { closeMachines, Machine } from '../cli/machine.ts'
import { seedDevices } from '../support/seed.ts'
import { signTokens } from '../support/sign-tokens.ts'
import { Stack } from '../support/stack.ts'

/**
 * The address of the proxy. It differs from that of FastChat, as if the proxy were another machine.
 */
const proxyHost = process.platform === 'linux' ? '127.0.0.2' : '127.0.0.1'
/** The address of the client, which differs from both. */
const clientHost = process.platform === 'linux' ? '127.0.0.3' : '127.0.0.1'
const documented = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'proxies', 'nginx.conf'), 'utf8')

let authority: CertificateAuthority
const closing: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  authority = await createCertificateAuthority()
  closing.push(() => authority.remove())
})
afterAll(async () => {
  closeMachines()
  for (const close of closing.toReversed()) await close()
})

/**
 * Starts nginx with the configuration of the documentation, with names, ports and a certificate of
 * the test. `outer` is a proxy before it.
 */
async function startProxy(upstreamPort: number, outer?: string) {
  const [port, plainPort] = [await freePort(), await freePort()]
  const { certFile, keyFile } = await authority.issue(`proxy-${port}`, proxyHost)
  const config = [
    ['server 127.0.0.1:8080;', `server 127.0.0.1:${upstreamPort};`],
    ['listen 443 ssl;', `listen ${proxyHost}:${port} ssl;`],
    ['listen 80;', `listen ${proxyHost}:${plainPort};`],
    ['/etc/ssl/fastchat/fullchain.pem', certFile],
    ['/etc/ssl/fastchat/key.pem', keyFile],
    ...(outer === undefined
      ? []
      : [
          ['#set_real_ip_from 203.0.113.0/24;', `set_real_ip_from ${outer};`],
          ['#real_ip_header', 'real_ip_header'],
          ['#real_ip_recursive', 'real_ip_recursive'],
        ]),
  ].reduce((text, [from = '', to = '']) => {
    if (!text.includes(from)) throw new Error(`docs/proxies/nginx.conf has no ${from}`)
    return text.replace(from, to)
  }, documented)
  const nginx = await startNginx({ config, host: proxyHost, port })
  closing.push(nginx.stop)
  return { nginx, port, plainPort, url: `https://${proxyHost}:${port}` }
}

type Answer = { readonly status: number; readonly headers: NodeJS.Dict<string | string[]>; readonly text: string }

function ask(url: string, options: RequestOptions = {}, body?: Uint8Array): Promise<Answer> {
  const start = url.startsWith('https:') ? tlsRequest : plainRequest
  return new Promise((resolve, reject) => {
    const asking = start(url, { ca: authority.certificate, ...options }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    asking.on('error', reject)
    asking.end(body)
  })
}

async function startEcho(): Promise<number> {
  const echo = createServer((request, response) => {
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    request.on('end', () => response.end(JSON.stringify({ ...request.headers, bytes })))
  })
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise((resolve) => echo.close(resolve)))
  return (echo.address() as AddressInfo).port // a TCP server has an AddressInfo
}

const addressSeen = async (url: string, from: string, said: string) => {
  const answer = await ask(url, { headers: { 'x-forwarded-for': said }, localAddress: from })
  // the echo server sends this form
  return (JSON.parse(answer.text) as Record<string, unknown>)['x-forwarded-for']
}

test('behind another proxy nginx forwards the client’s address, and trusts only that proxy', async () => {
  const outer = process.platform === 'linux' ? '127.0.0.4' : '127.0.0.1'
  const { url } = await startProxy(await startEcho(), outer)
  expect(await addressSeen(url, outer, '9.9.9.9, 192.0.2.7')).toBe('192.0.2.7')
  if (clientHost !== outer) expect(await addressSeen(url, clientHost, '9.9.9.9')).toBe(clientHost)
})

test('nginx redirects plain http, limits the size of files, and does not trust a client’s forwarded address', async () => {
  const { url, plainPort } = await startProxy(await startEcho())
  expect(await addressSeen(url, clientHost, '9.9.9.9')).toBe(clientHost)
  expect(JSON.parse((await ask(url)).text)).toMatchObject({ host: proxyHost })
  const put = { method: 'PUT' }
  expect(JSON.parse((await ask(url, put, new Uint8Array(25 * 1024 * 1024))).text)).toMatchObject({ bytes: 26_214_400 })
  const tooLarge = { ...put, headers: { 'content-length': String(33 * 1024 * 1024) } }
  expect((await ask(url, tooLarge).catch(() => ({ status: 413 }))).status).toBe(413)
  const plain = await ask(`http://${proxyHost}:${plainPort}/v1/pod`, { headers: { host: 'chat.example.com' } })
  expect([plain.status, plain.headers.location]).toEqual([308, 'https://chat.example.com/v1/pod'])
})

test('people on another machine talk through nginx and TLS only, each over the pod named in the URL', async () => {
  const stack = await Stack.start({ pods: 2, trustProxy: '127.0.0.1' })
  closing.push(() => stack.stop())
  const { nginx, url } = await startProxy(Number(new URL(stack.url).port))
  const env = { NODE_EXTRA_CA_CERTS: authority.caFile }
  const [ann, ben] = [new Machine(url), new Machine(url)]
  expect(await ann.runWith(env, 'signup', 'ann')).toMatchObject({ code: 0 })
  expect(await ben.runWith(env, 'signup', 'ben')).toMatchObject({ code: 0 })
  expect(await ann.runWith(env, 'send', 'ben', 'through the proxy')).toMatchObject({ code: 0, err: '' })
  const { objects } = await ben.runWith(env, 'tail', '--requests', '--count', '1', '--for', '60', '--json')
  expect(objects.at(-1)).toMatchObject({ type: 'message', from: 'ann', text: 'through the proxy' })
  await ben.runWith(env, 'logout')
  expect(await ben.runWith(env, 'login', 'ben')).toMatchObject({ code: 0, err: '' })
  const sockets = (await nginx.requests()).match(/^GET \/ws\S* 101$/gm) ?? []
  expect(sockets.length).toBeGreaterThan(2)
  for (const line of sockets) expect(line).toMatch(/^GET \/ws\/chat-[01] 101$/)

  const sql = (text: string, values?: unknown[]) => stack.sql(text, values)
  const [token = ''] = await signTokens(stack.signingKeysFile, await seedDevices(sql, 1))
  const placed = await ask(`${url}/v1/pod`, { headers: { authorization: `Bearer ${token}` } })
  const { candidates } = JSON.parse(placed.text) as Placement // the form of the contract
  expect(candidates.map(({ url: path }) => path).sort()).toEqual(['/ws/chat-0', '/ws/chat-1'])
  for (const { pod, url: path } of candidates) {
    const socket = new WebSocket(url.replace('https', 'wss') + path, subprotocol, { ca: authority.certificate })
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject))
    const answer = new Promise((resolve) => socket.on('message', (text) => resolve(JSON.parse(String(text)))))
    socket.send(JSON.stringify({ t: 'hello', id: 'h', token, cursors: {} }))
    expect(await answer).toMatchObject({ t: 'ready', pod })
    socket.close()
  }
  const nowhere = new WebSocket(`${url.replace('https', 'wss')}/ws/chat-9`, subprotocol, { ca: authority.certificate })
  expect(await new Promise((resolve) => nowhere.on('error', (error) => resolve(error.message)))).toContain('503')
})
