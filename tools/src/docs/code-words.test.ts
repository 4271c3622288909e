import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { codeIn, pages, root } from './pages.ts'

const sources = globSync(
  [
    '{apps,examples,k8s,lab,libs,prisma,services,tests,tools}/**/*.{ts,tsx,mjs,js,sql,prisma,json,yaml,conf,html,env,css}',
    'libs/crypto/test-vectors/**',
    '{compose.yaml,package.json,turbo.json,Dockerfile,docs/proxies/*}',
  ],
  { cwd: root, exclude: (path) => /(^|\/)(node_modules|dist[\w-]*|generated|fixture-\w+)(\/|$)/.test(path) },
).filter((path) => /\.\w+$|Dockerfile$|Caddyfile$/.test(path) && !path.endsWith('.test.ts'))
const identifiers = new Set(
  sources.flatMap((path) => readFileSync(join(root, path), 'utf8').match(/[A-Za-z_]\w*/g) ?? []),
)

/** Names of other programs, and names that a page says are no longer used. */
const others: ReadonlySet<string> = new Set([
  // OpenTelemetry reads these itself, or has them in its package.
  ...['OTEL_EXPORTER_OTLP_HEADERS', 'TraceIdRatioBased'],
  // Settings and programs of PostgreSQL, pgbouncer, Kubernetes, Node and the TypeScript compiler.
  ...['pg_dump', 'pg_restore', 'pg_stat_activity', 'max_connections', 'query_wait_timeout', 'server_login_retry'],
  ...['default_pool_size', 'synchronous_standby_names', 'FORMER_OWNER', 'ImagePullBackOff', 'LimitNOFILE'],
  ...['createdb', 'createHmac', 'noEmit', 'erasableSyntaxOnly', 'skipLibCheck', 'moduleResolution', 'DateStyle'],
  ...['NODE_USE_ENV_PROXY', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'NODE_OPTIONS', 'PGSSLMODE', 'TMPDIR'],
  ...['SOURCE_DATE_EPOCH', 'default_ulimits', 'max_prepared_statements', 'IntervalStyle', 'TimeZone'],
  // A former setting: ADR 18 says what replaced it.
  ...['CHAT_WS_URL_TEMPLATE', 'FALLBACK_WS_URL'],
  // The repository of the test vectors.
  'test_vectors',
])

/** Folders that a build writes. */
const built = /\/dist/

const isName = (word: string): boolean => /_|[a-z][A-Z]/.test(word) && !/^_|_$/.test(word)
/** A secret may come as a file, by the variable of its name and `_FILE`. */
const isKnown = (word: string): boolean =>
  [word, word.replace(/_FILE$/, '')].some((name) => identifiers.has(name) || others.has(name))

test('every name in code marks exists', () => {
  const unknown = pages.flatMap((page) => {
    const words = new Set(codeIn(page).flatMap((code) => code.match(/[A-Za-z_]\w*/g) ?? []))
    return [...words].filter((word) => isName(word) && !isKnown(word)).map((word) => `${page}: ${word}`)
  })
  expect(unknown).toEqual([])
})

test('every path in code marks exists', () => {
  const tops = /^(apps|docs|examples|k8s|lab|libs|prisma|services|tests|tools|components|overlays|base)\/[\w./@-]+$/
  const isThere = (path: string) => existsSync(join(root, path)) || existsSync(join(root, 'k8s', path))
  const unknown = pages.flatMap((page) =>
    codeIn(page)
      .filter((code) => tops.test(code) && !built.test(code) && !isThere(code))
      .map((code) => `${page}: ${code}`),
  )
  expect(unknown).toEqual([])
})
