#!/usr/bin/env node
// Plain JavaScript for any Node. Runs the program in this process if this is Node 24, and otherwise
// in the Node 24 of the installation.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { hideEarlyTyping } from './hide-early-typing.mjs'

const self = fileURLToPath(import.meta.url)
const proxy = noProxyForLoopback(process.env)
if (isNew(process.versions.node) && proxy === undefined) await run()
else runElsewhere()

function isNew(version) {
  return Number(version.split('.')[0]) >= 24
}

async function run() {
  // Drops the warnings about type stripping and node:sqlite. A running process can't turn them off
  // by a flag.
  const { emitWarning } = process
  process.emitWarning = (warning, ...rest) => {
    const [type] = rest
    if ((type?.type ?? type) !== 'ExperimentalWarning') emitWarning.call(process, warning, ...rest)
  }
  hideEarlyTyping(process.argv.slice(2), process)
  const { cacheFolder, findProgram } = await import('./bundle.mjs')
  module.enableCompileCache(join(cacheFolder, 'compiled'))
  await import(await findProgram())
}

function runElsewhere() {
  const node = isNew(process.versions.node) ? process.execPath : findNode(dirname(self))
  if (node === undefined) {
    console.error(
      'fastchat needs Node 24, which `npm install` brings: run it in the folder of FastChat, then start fastchat again',
    )
    process.exit(1)
  }
  // The child notices by the channel when this process is killed.
  const child = spawn(node, [self, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...proxy },
  })
  // The terminal signals both processes, and a kill only this one. The child decides how it ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
      // The child ends within 10 s, if the system lets it.
      setTimeout(() => child.kill('SIGKILL'), 12_000).unref()
    })
  }
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/** Returns the path of the Node in the nearest node_modules above. */
function findNode(folder) {
  const path = join(folder, 'node_modules', 'node', 'bin', 'node')
  if (existsSync(path)) return path
  return dirname(folder) === folder ? undefined : findNode(dirname(folder))
}

/**
 * Returns NO_PROXY with the names of this machine added, if Node is told to use the proxy of the
 * environment. Node reads it before this program runs. Undefined: nothing has to change.
 */
function noProxyForLoopback({ NODE_USE_ENV_PROXY, NODE_OPTIONS = '', NO_PROXY, no_proxy }) {
  if (NODE_USE_ENV_PROXY !== '1' && !NODE_OPTIONS.includes('--use-env-proxy')) return undefined
  const given = [no_proxy, NO_PROXY].filter((list) => list)
  const known = given.flatMap((list) => list.split(/[,\s]+/))
  const missing = ['localhost', '.localhost', '127.0.0.1', '::1', '[::1]'].filter((name) => !known.includes(name))
  if (known.includes('*') || missing.length === 0) return undefined
  const list = [...given, ...missing].join(',')
  return { NO_PROXY: list, no_proxy: list }
}
