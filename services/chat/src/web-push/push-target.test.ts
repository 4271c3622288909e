import { expect, test } from 'vitest'
import { pushTarget } from './push-target.ts'

const known = { hosts: ['push.example', '*.push.apple.com'], privateHosts: ['inside.example'] }
const any = { hosts: ['*'], privateHosts: [] }

test('only the hosts that the operator allows are sent to, by https and at its usual port', () => {
  for (const url of ['https://push.example/a?b', 'https://web.push.apple.com/x', 'https://inside.example:8443/x'])
    expect(pushTarget(url, known)?.href).toBe(url)
  const refused = [
    ...[
      'http://push.example/',
      'https://other.example/',
      'https://push.example.evil.example/',
      'https://xpush.example/',
    ],
    ...[
      'https://push.apple.com.evil.example/',
      'https://user:pass@push.example/',
      'https://push.example:22/',
      'no url',
    ],
    ...['https://evil.example#push.example', 'https://evil.example\\@push.example/'],
  ]
  for (const url of refused) expect([url, pushTarget(url, known)?.href]).toEqual([url, undefined])
})

test('an address of a private network is refused in every notation, even if all hosts are allowed', () => {
  expect(pushTarget('https://8.8.8.8/x', any)?.href).toBe('https://8.8.8.8/x')
  const refused = [
    ...['https://127.0.0.1/', 'https://127.1/', 'https://2130706433/', 'https://0x7f000001/', 'https://[::1]/'],
    ...['https://[::ffff:127.0.0.1]/', 'https://10.0.0.1/', 'https://169.254.169.254/latest/meta-data'],
  ]
  for (const url of refused) expect([url, pushTarget(url, any)?.href]).toEqual([url, undefined])
})
