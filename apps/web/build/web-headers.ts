/**
 * The page may load its own files, talk to its own server, and start its own workers. No text can
 * become a script (Trusted Types), and no other site can show the page in a frame.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "manifest-src 'self'",
  "require-trusted-types-for 'script'",
  'trusted-types fastchat',
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

const yearSeconds = 365 * 24 * 3600

/** Returns the headers of a file of the page. A file whose name has its hash never changes. */
export function webHeaders(path: string): Readonly<Record<string, string>> {
  return {
    'content-security-policy': policy,
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(self), microphone=(), geolocation=(), payment=(), usb=()',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': path.includes('/assets/') ? `public, max-age=${yearSeconds}, immutable` : 'no-cache',
  }
}

/** Returns the headers that are the same for all files. */
export function fixedHeaders(): Readonly<Record<string, string>> {
  const { 'cache-control': _, ...headers } = webHeaders('/')
  return headers
}
