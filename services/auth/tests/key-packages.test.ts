import { authOperations, fromBase64Url, limits, toBase64Url } from '@fastchat/schema'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Auth, keyPackagesOf, signUp, startAuth, type TestDevice } from './auth.ts'
import { whileStopped } from './while-stopped.ts'

let auth: Auth
beforeAll(async () => {
  auth = await startAuth({ ONE_TIME_CLAIMS_PER_PAIR_DAY: '100' })
})
afterAll(() => auth.stop())

const upload = (device: TestDevice, keyPackages: string[], lastResort?: string) =>
  auth.call(authOperations.uploadKeyPackages, {
    body: { keyPackages, ...(lastResort !== undefined && { lastResort }) },
    token: device.tokens.accessToken,
  })
const count = async (device: TestDevice) =>
  (await auth.call(authOperations.countKeyPackages, { token: device.tokens.accessToken })).body
const claim = (claimer: TestDevice, userId: string) =>
  auth.call(authOperations.claimKeyPackages, { body: { userId: userId as never }, token: claimer.tokens.accessToken })

async function person(name: string) {
  const someone = await signUp(auth, name)
  return { ...someone, device: await someone.addDevice() }
}

test('fifty simultaneous claims of twenty packages get twenty different ones, then the last resort', async () => {
  const [alice, bob] = [await person('alice'), await person('bob')]
  await upload(bob.device, await keyPackagesOf(bob.device, 16))
  const [lastResort] = await keyPackagesOf(bob.device, 1, true)
  expect((await upload(bob.device, await keyPackagesOf(bob.device, 4), lastResort)).body).toEqual({ count: 20 })

  const answers = await Promise.all(Array.from({ length: 50 }, () => claim(alice.device, bob.userId)))
  const given = answers.flatMap(({ body }) => body.keyPackages)
  const oneTime = given.filter((it) => !it.lastResort)
  expect(given).toHaveLength(50)
  expect(new Set(oneTime.map((it) => it.keyPackage)).size).toBe(20)
  expect(oneTime).toHaveLength(20)
  expect(new Set(given.filter((it) => it.lastResort).map((it) => it.keyPackage))).toEqual(new Set([lastResort]))
  expect(await count(bob.device)).toEqual({ count: 0, lastResort: true })
})

test('a claim returns a package for each other device, and names those without one', async () => {
  const [carol, dave] = [await person('carol'), await person('dave')]
  const [phone, tablet] = [await dave.addDevice('phone'), await dave.addDevice('tablet')]
  for (const device of [dave.device, phone]) await upload(device, await keyPackagesOf(device, 2))
  const others = (await claim(carol.device, dave.userId)).body
  expect(others.keyPackages.map((it) => it.deviceId)).toEqual([dave.device.deviceId, phone.deviceId])
  expect(others.missing).toEqual([tablet.deviceId])
  const own = (await claim(phone, dave.userId)).body
  expect(own.keyPackages.map((it) => it.deviceId)).toEqual([dave.device.deviceId])
  expect(await count(phone)).toEqual({ count: 1, lastResort: false })
})

test('a claim of an unknown user fails, and a user without devices has none missing', async () => {
  const { device } = await person('erin')
  const { userId, username, accountKey, nameSig } = await signUp(auth, 'frank')
  const user = { userId, username, accountKey, nameSig }
  expect((await claim(device, userId)).body).toEqual({ user, keyPackages: [], missing: [] })
  expect(await claim(device, '00000000-0000-7000-8000-000000000000')).toMatchObject({ status: 404, code: 'not_found' })
})

test('a package must belong to its device, be valid and have the right flag', async () => {
  const [gina, hugo] = [await person('gina'), await person('hugo')]
  const phone = await gina.addDevice('phone')
  const [own = ''] = await keyPackagesOf(gina.device, 1)
  // The account key signs these, too: the same device under another key, and another device under
  // the same key.
  const { identity: rekeyed } = gina.newDevice('laptop', { deviceId: gina.device.deviceId })
  const { signaturePrivate, signaturePublic } = gina.device
  const { identity: renamed } = gina.newDevice('laptop', { keys: { signaturePrivate, signaturePublic } })
  const [lastResort = ''] = await keyPackagesOf(gina.device, 1, true)
  const broken = fromBase64Url(own)
  broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1
  const refused: [string, string[], string | undefined][] = [
    ['not_of_this_device', await keyPackagesOf(phone, 1), undefined],
    ['not_of_this_device', await keyPackagesOf(hugo.device, 1), undefined],
    ['not_of_this_device', await keyPackagesOf(rekeyed, 1), undefined],
    ['not_of_this_device', await keyPackagesOf(renamed, 1), undefined],
    ['last_resort', [lastResort], undefined],
    ['not_last_resort', [own], own],
    ['bad_signature', [toBase64Url(broken)], undefined],
    ['malformed', ['AAAA'], undefined],
  ]
  for (const [reason, keyPackages, last] of refused) {
    const { status, code, raw } = await upload(gina.device, keyPackages, last)
    expect([status, code]).toEqual([422, 'key_package_invalid'])
    expect(JSON.parse(raw).error.details.reason).toBe(reason)
  }
  // One invalid package rejects the whole upload, so nothing has changed.
  expect((await upload(gina.device, [own, 'AAAA'])).code).toBe('key_package_invalid')
  expect(await count(gina.device)).toEqual({ count: 0, lastResort: false })
})

test('a repeated upload changes nothing, a new last resort replaces the old, and the stock is limited', async () => {
  const { device } = await person('iris')
  const packages = await keyPackagesOf(device, 10)
  const [first, second] = await keyPackagesOf(device, 2, true)
  expect((await upload(device, packages, first)).body.count).toBe(10)
  expect((await upload(device, packages, first)).body.count).toBe(10)
  await upload(device, packages, second)
  const iris = await person('ida')
  for (let n = 0; n < 10; n++) await claim(iris.device, device.userId)
  expect((await claim(iris.device, device.userId)).body.keyPackages[0]?.keyPackage).toBe(second)

  for (let n = 0; n < 6; n++) await upload(device, await keyPackagesOf(device, 16))
  const tooMany = await upload(device, await keyPackagesOf(device, 5))
  expect(tooMany).toMatchObject({ status: 409, code: 'key_packages_full' })
  expect((await count(device)).count).toBe(96)
  expect((await upload(device, await keyPackagesOf(device, 4))).body.count).toBe(limits.maxKeyPackages)
})

test('an expired package is not given out', async () => {
  const [jane, kurt] = [await person('jane'), await person('kurt')]
  await upload(kurt.device, await keyPackagesOf(kurt.device, 2), (await keyPackagesOf(kurt.device, 1, true))[0])
  const database = new pg.Client(auth.databaseUrl)
  await database.connect()
  await database.query(
    `update key_package set not_after = now() - interval '1 second'
     where device_id = (select id from device where pub_id = $1)`,
    [kurt.device.deviceId],
  )
  await database.end()
  expect((await claim(jane.device, kurt.userId)).body.missing).toEqual([kurt.device.deviceId])
  expect(await count(kurt.device)).toEqual({ count: 0, lastResort: false })
})

test('the claims of one user on another are limited, and other targets are not affected', async () => {
  const strict = await startAuth({ CLAIMS_PER_PAIR_HOUR: '2' })
  const [lena, mona, nora] = await Promise.all(['lena', 'mona', 'nora'].map((name) => signUp(strict, name)))
  const laptop = await lena?.addDevice()
  const ask = async (userId: string | undefined) =>
    (
      await strict.call(authOperations.claimKeyPackages, {
        body: { userId: userId as never },
        token: laptop?.tokens.accessToken ?? '',
      })
    ).status
  expect([await ask(mona?.userId), await ask(mona?.userId), await ask(mona?.userId)]).toEqual([200, 200, 429])
  expect(await ask(nora?.userId)).toBe(200)
  await strict.stop()
})

test('the claims of one user per day are limited, and the error names the limit and the delay', async () => {
  const strict = await startAuth({ CLAIMS_PER_DAY: '3', CLAIMS_PER_PAIR_HOUR: '2' })
  const [olga, ...others] = await Promise.all(['olga', 'pia', 'quin', 'rosa'].map((name) => signUp(strict, name)))
  const [laptop, phone, otherDevice] = [await olga!.addDevice(), await olga!.addDevice(), await others[0]!.addDevice()]
  const ask = (userId: string, token: string) =>
    strict.call(authOperations.claimKeyPackages, { body: { userId: userId as never }, token })
  const [pia, quin, rosa] = others.map(({ userId }) => userId as string) as [string, string, string]
  const { accessToken } = laptop.tokens
  const asked = [pia, pia, pia, quin]
  const statuses = []
  for (const userId of asked) statuses.push((await ask(userId, accessToken)).status)
  // The third claim exceeds the limit for that user, and does not count towards the total.
  expect(statuses).toEqual([200, 200, 429, 200])
  const refused = await ask(rosa, phone.tokens.accessToken)
  expect(refused).toMatchObject({ status: 429, code: 'rate_limited' })
  expect(refused.body).toMatchObject({ error: { details: { limit: 'keyPackageClaimsPerDay', max: 3 } } })
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3_600)
  expect((await ask(rosa, otherDevice.tokens.accessToken)).status).toBe(200)
  await strict.stop()
})

test('twenty claimers cannot use up the packages of one user, and each gets a package', async () => {
  const strict = await startAuth({ ONE_TIME_CLAIMS_PER_PAIR_DAY: '3', ONE_TIME_CLAIMS_PER_TARGET_DAY: '10' })
  const victim = await signUp(strict, 'victim')
  const device = await victim.addDevice()
  const [lastResort] = await keyPackagesOf(device, 1, true)
  const token = device.tokens.accessToken
  await strict.call(authOperations.uploadKeyPackages, {
    body: { keyPackages: await keyPackagesOf(device, 16), lastResort: lastResort ?? '' },
    token,
  })
  const given: { by: number; keyPackage: string; lastResort: boolean }[] = []
  const take = async (by: number, claimer: string) => {
    const { body } = await strict.call(authOperations.claimKeyPackages, {
      body: { userId: victim.userId },
      token: claimer,
    })
    given.push(...body.keyPackages.map((one) => ({ by, ...one })))
  }
  const people = await Promise.all(Array.from({ length: 20 }, (_, n) => signUp(strict, `taker${n}`)))
  for (const [n, person] of people.entries()) {
    const { tokens } = await person.addDevice()
    await Promise.all(Array.from({ length: 5 }, () => take(n, tokens.accessToken)))
  }
  const oneTime = given.filter((one) => !one.lastResort)
  expect(given).toHaveLength(100)
  expect(new Set(oneTime.map(({ keyPackage }) => keyPackage)).size).toBe(10)
  expect(oneTime).toHaveLength(10)
  expect(oneTime.filter(({ by }) => by === 0)).toHaveLength(3)
  expect(new Set(given.filter((one) => one.lastResort).map(({ keyPackage }) => keyPackage))).toEqual(
    new Set([lastResort]),
  )
  const left = await strict.call(authOperations.countKeyPackages, { token })
  expect(left.body).toEqual({ count: 6, lastResort: true })
  await strict.stop()
})

test('a package that was given out is rejected when it is uploaded again', async () => {
  const [oscar, pia] = [await person('oscar'), await person('pia')]
  const [used = '', fresh = ''] = await keyPackagesOf(pia.device, 2)
  await upload(pia.device, [used])
  expect((await claim(oscar.device, pia.userId)).body.keyPackages).toMatchObject([{ keyPackage: used }])
  expect((await upload(pia.device, [used])).body).toEqual({ count: 0 })
  expect((await upload(pia.device, [used, fresh, fresh])).body).toEqual({ count: 1 })
  expect(await count(pia.device)).toEqual({ count: 1, lastResort: false })
  expect((await claim(oscar.device, pia.userId)).body.keyPackages).toMatchObject([{ keyPackage: fresh }])
  expect((await claim(oscar.device, pia.userId)).body).toMatchObject({
    keyPackages: [],
    missing: [pia.device.deviceId],
  })
})

test('a slow upload delays no commit that adds the device', async () => {
  const { device } = await person('slow')
  const packages = await keyPackagesOf(device, 1)
  const uploaded = await whileStopped(auth.databaseUrl, {
    table: 'key_package',
    work: () => upload(device, packages),
    statement: 'select from device for share nowait',
  })
  expect(uploaded).toMatchObject({ status: 200 })
})
