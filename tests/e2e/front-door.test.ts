import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { eventually, freePort, startOwnedProcess } from '@fastchat/testkit'
import { afterAll, expect, test } from 'vitest'

const k8s = join(import.meta.dirname, '..', '..', 'k8s')
const closing: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closing.toReversed()) await close()
})

/** Starts a server that answers each request with its X-Forwarded-For. */
async function startEcho(): Promise<number> {
  const echo = createServer((request, response) => response.end(String(request.headers['x-forwarded-for'])))
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise((resolve) => echo.close(resolve)))
  return (echo.address() as AddressInfo).port // a TCP server has an AddressInfo
}

/**
 * Starts the front door of compose and Kubernetes with its start.sh, in folders and on ports of the
 * test. Returns its port.
 */
async function startFrontDoor(trustProxy?: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-front-door-'))
  closing.push(() => rm(folder, { recursive: true, force: true }))
  const [port, adminPort, echoPort] = [await freePort(), await freePort(), await startEcho()]
  const config = (await readFile(join(k8s, 'components/front-door/nginx.conf'), 'utf8'))
    .replaceAll(/set \$to [a-z-]+\.@DOMAIN@;/g, 'set $to 127.0.0.1;')
    .replaceAll('http://$to:8080', `http://$to:${echoPort}`)
    .replace('listen 8080;', `listen ${port};`)
    .replace('listen 9090;', `listen ${adminPort};`)
    .replaceAll('/tmp/', `${folder}/`)
  await writeFile(join(folder, 'nginx.conf.in'), config)
  const script = (await readFile(join(k8s, 'base/ws-router/start.sh'), 'utf8'))
    .replaceAll('/tmp/', `${folder}/`)
    .replaceAll('/etc/ws-router/nginx.conf', join(folder, 'nginx.conf.in'))
  await writeFile(join(folder, 'start.sh'), script)
  const server = await startOwnedProcess({
    name: 'front-door',
    command: '/bin/sh',
    args: [join(folder, 'start.sh')],
    env: { PATH: `${process.env.PATH}:/usr/sbin`, ...(trustProxy !== undefined && { TRUST_PROXY: trustProxy }) },
  })
  closing.push(() => server.stop(5_000))
  await eventually(async () => expect(await seen(port, '127.0.0.1')).toBe('127.0.0.1'))
  return port
}

/** Returns the client's address as a service sees it. */
function seen(port: number, from: string, said?: string): Promise<string> {
  const headers = said === undefined ? {} : { 'x-forwarded-for': said }
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/v1/login', localAddress: from, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve(text))
    }).on('error', reject)
  })
}

test('the front door trusts a proxy only when it is configured', async () => {
  const port = await startFrontDoor()
  expect(await seen(port, '127.0.0.1', '9.9.9.9')).toBe('127.0.0.1')
})

test('behind two proxies, services get the client’s address', async () => {
  const port = await startFrontDoor('127.0.0.0/8, 203.0.113.0/24')
  // The client invented the first address. The outer proxy added the second, and the inner one the
  // outer's address.
  expect(await seen(port, '127.0.0.1', '9.9.9.9, 192.0.2.7, 203.0.113.5')).toBe('192.0.2.7')
  expect(await seen(port, '127.0.0.1', '9.9.9.9, 192.0.2.7')).toBe('192.0.2.7')
})
