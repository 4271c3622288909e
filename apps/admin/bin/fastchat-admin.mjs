#!/usr/bin/env node
// Runs in any Node, as plain JavaScript. It starts the installation's own Node 24, which runs
// TypeScript.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const node = findNode(here)
if (node === undefined) {
  console.error('fastchat-admin needs Node 24, which `npm install` brings: run it in the folder of FastChat')
  process.exit(1)
}
const main = join(here, '..', 'src', 'main.ts')
const args = ['--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)]
const child = spawn(node, args, { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code)
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
})

/** This Node when it is new enough, else the one in the nearest node_modules above. */
function findNode(folder) {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  const path = join(folder, 'node_modules', 'node', 'bin', 'node')
  if (existsSync(path)) return path
  return dirname(folder) === folder ? undefined : findNode(dirname(folder))
}
