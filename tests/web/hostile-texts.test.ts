import { eventually } from '@fastchat/testkit'
import { expect, test } from 'vitest'
import { Person } from '../support/person.ts'
import { useInstallation } from './installation.ts'

const installation = useInstallation()

/** Texts that become a script, a request or another page where a text is taken for HTML. */
const hostile = [
  '<img src=x onerror="alert(1)">',
  '<script>alert(1)</script>',
  '"><svg onload=alert(1)>',
  '<a href="javascript:alert(1)">click</a>',
  'javascript:alert(1)',
  'https://example.org/"onmouseover="alert(1)',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<meta http-equiv="refresh" content="0;url=https://evil.example">',
  '<base href="https://evil.example/">',
  '<style>*{background:url(https://evil.example/x)}</style>',
  '</textarea><script>alert(1)</script>',
  '{{constructor.constructor("alert(1)")()}}',
  '\u202egpj.exe\u202c \u2066<b>\u2069',
  '__proto__',
]

test('texts and names of others stay texts, and the page asks no other server', async () => {
  installation.keepPictures()
  const ann = await installation.open('ann')
  const dialogs: string[] = []
  ann.page.on('dialog', (dialog) => {
    dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  const asked = new Set<string>()
  ann.page.on('request', (request) => asked.add(new URL(request.url()).origin))
  await ann.signUp()
  const mal = await Person.signUp(installation.url(), 'mal')
  const { userId } = await mal.client.user('ann')
  const { id } = await mal.client.createGroup(hostile[0] ?? '', [userId])
  for (const text of hostile) await mal.send(id, text)

  await eventually(() => ann.openChat(hostile[0] ?? ''))
  await eventually(async () => expect(await ann.page.locator('article').count()).toBe(hostile.length))
  const shown = await ann.page.locator('article').allTextContents()
  for (const text of hostile) expect(shown.some((line) => line.includes(text))).toBe(true)
  const links = await ann.page.locator('article a').evaluateAll((all) => all.map((one) => one.getAttribute('href')))
  expect(links).toContain('https://example.org/')
  for (const link of links) expect(link).toMatch(/^https:\/\/(example\.org|evil\.example)\/?x?$/)
  // The icons of the page itself are hidden from screen readers.
  const made = ':is(img, script, iframe, style, meta, base, svg:not([aria-hidden="true"]))'
  expect(await ann.page.locator(`article ${made}`).count()).toBe(0)
  expect(dialogs).toEqual([])
  expect([...asked]).toEqual([new URL(installation.url()).origin])
  // A refusal by the security policy is an error on the console.
  expect(ann.errors).toEqual([])
  await mal.offline()
})

test('the security policy refuses what a text could do', async () => {
  const page = (await installation.open('nobody')).page
  const refused = await page.evaluate(() => {
    const tries: Record<string, () => unknown> = {
      html: () => {
        document.createElement('div').innerHTML = '<b>x</b>'
      },
      worker: () => new Worker('/assets/other.js'),
      policy: () =>
        (
          globalThis as unknown as { trustedTypes: { createPolicy(name: string, rules: object): unknown } }
        ).trustedTypes.createPolicy('another', {}),
    }
    return Object.entries(tries).flatMap(([name, attempt]) => {
      try {
        attempt()
        return []
      } catch {
        return [name]
      }
    })
  })
  expect(refused).toEqual(['html', 'worker', 'policy'])
  const answer = await fetch(installation.url())
  const policy = answer.headers.get('content-security-policy')
  expect(policy).toContain("default-src 'none'")
  expect(policy).not.toMatch(/ 'unsafe-/)
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
})
