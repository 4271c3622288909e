#!/usr/bin/env node
// Plain JavaScript for any Node. It starts the Node 24 of the installation, which runs TypeScript.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const node = findNode(here)
if (node === undefined) {
  console.error('fastchat-conformance needs Node 24, which `npm install` brings: run it in the folder of FastChat')
  process.exit(1)
}
const main = join(here, '..', 'src', 'main.ts')
const args = ['--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)]
const child = spawn(node, args, { stdio: 'inherit', env: { ...process.env, ...noProxyForLoopback(process.env) } })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code)
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
})

/**
 * Returns this Node if it is new enough, and otherwise the one in the nearest node_modules above.
 */
function findNode(folder) {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  const path = join(folder, 'node_modules', 'node', 'bin', 'node')
  if (existsSync(path)) return path
  return dirname(folder) === folder ? undefined : findNode(dirname(folder))
}

/** Returns NO_PROXY with the names of this machine: a server on it is reached without a proxy. */
function noProxyForLoopback(env) {
  const given = [env.no_proxy, env.NO_PROXY].filter((list) => list)
  const list = given.includes('*') ? '*' : [...given, 'localhost', '.localhost', '127.0.0.1', '::1', '[::1]'].join(',')
  return { NO_PROXY: list, no_proxy: list }
}
