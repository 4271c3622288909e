// Usage: `node tools/bootstrap.mjs <command> [arguments]`. Plain JavaScript that runs on Node 20
// before anything is installed. It installs missing packages, then runs the command with the Node
// 24 of node_modules.
import { spawn, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { noProxyForLoopback } from './loopback.mjs'
import {
  bundledNode,
  isInstalled,
  isInstalledWithoutScripts,
  markInstalled,
  prepare,
  removePatchedPackages,
  root,
} from './prepare.mjs'

const programs = {
  start: 'tools/src/start/main.ts',
  test: 'tools/src/test/main.ts',
  check: 'tools/src/check/main.ts',
  bench: 'lab/bench/main.ts',
  faults: 'lab/faults/main.ts',
  mutants: 'lab/faults/mutants/main.ts',
  docs: 'tools/src/docs.ts',
  sdk: 'tools/src/sdk/main.ts',
  'docs-sdk': 'tools/src/sdk/write-pages.ts',
  images: 'tools/src/images/main.ts',
  'k8s-secrets': 'tools/src/k8s/main.ts',
  'k8s-e2e': 'lab/k8s/main.ts',
  screenshots: 'lab/screenshots/main.ts',
}

try {
  main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

function main([command, ...args]) {
  const program = programs[command]
  if (program === undefined) throw new Error(`usage: bootstrap.mjs <${Object.keys(programs).join('|')}>`)
  if (!isInstalled()) install()
  prepare()
  run(program, args)
}

/**
 * Installs the packages of the lockfile, and leaves the lockfile unchanged. `npm ci` is no choice:
 * it requires the optional packages of other platforms, too. The flags override settings of the
 * environment, since the tools and their install scripts are needed in any case.
 */
function install() {
  console.log('Installing dependencies (once, about a minute) …')
  // A second install has nothing to change, and so does not run the packages' scripts.
  const isIncomplete = isInstalledWithoutScripts()
  removePatchedPackages()
  const needed = ['--include=dev', '--include=optional', '--ignore-scripts=false', '--loglevel=error']
  runNpm(['install', '--no-save', '--no-audit', '--no-fund', ...needed])
  if (!isIncomplete && bundledNode() !== undefined) return
  runNpm(['rebuild', ...needed])
  markInstalled()
}

/** Runs the npm that started this script, if any. npm_execpath is a JavaScript file. */
function runNpm(command) {
  const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm']
  const [file, ...args] = [...npm, ...command]
  const { status, error } = spawnSync(file, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0)
    throw new Error(`npm ${command[0]} failed${error ? ` (${error.message})` : ''}. Its output is above.`)
}

function run(program, args) {
  const node = bundledNode()
  if (node === undefined)
    throw new Error('Node 24 is missing in node_modules. Remove node_modules, then run npm install.')
  const env = {
    ...process.env,
    ...noProxyForLoopback(process.env),
    PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`,
    // Type stripping and node:sqlite each warn that they are experimental, once per process.
    NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --disable-warning=ExperimentalWarning`.trim(),
  }
  // The channel tells the child when this process is killed. A Ctrl-C may reach the child twice,
  // from the terminal and from here.
  const child = spawn(node, [join(root, program), ...args], {
    cwd: root,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env,
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  // A killed npm can't send a signal, so this looks for its death.
  const parent = process.ppid
  if (process.env.npm_lifecycle_event) setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 1_000)
  child.on('error', (error) => {
    console.error(`${node} does not run: ${error.message}`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
