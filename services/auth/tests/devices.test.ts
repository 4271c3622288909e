import { signRevocation } from '@fastchat/crypto'
import { authOperations, type IdleDevice, limits, toBase64Url } from '@fastchat/schema'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Auth, proofOf, signUp, startAuth } from './auth.ts'
import { whileStopped } from './while-stopped.ts'

let auth: Auth
beforeAll(async () => {
  auth = await startAuth()
})
afterAll(() => auth.stop())

test('a device with a signature of the account key is registered and listed', async () => {
  const alice = await signUp(auth, 'alice')
  const laptop = await alice.addDevice('laptop 💻')
  await alice.addDevice('phone')
  const { body } = await auth.call(authOperations.listDevices, { token: laptop.tokens.accessToken })
  expect(body.devices.map(({ name }) => name)).toEqual(['laptop 💻', 'phone'])
  expect(body.devices[0]).toEqual({
    deviceId: laptop.deviceId,
    userId: alice.userId,
    name: 'laptop 💻',
    signatureKey: toBase64Url(laptop.signaturePublic),
    credentialSig: toBase64Url(laptop.credentialSig),
    createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    keyPackages: 0,
    usedAt: expect.stringMatching(/T\d\d:00:00\.000Z$/),
    session: 'open',
  })
})

test('a device gives its kind, and any device of its user can name it', async () => {
  const [ina, other] = [await signUp(auth, 'ina'), await signUp(auth, 'ina-2')]
  const [label, later] = [new Uint8Array(540).fill(1), new Uint8Array(540).fill(2)].map(toBase64Url)
  const { request } = ina.newDevice('bot')
  const body = { ...request, kind: 'bot', label: label! }
  const { tokens } = (await auth.call(authOperations.registerDevice, { body, token: ina.enrolToken })).body
  const [laptop, stranger] = [await ina.addDevice('laptop'), await other.addDevice()]
  const list = async () => (await auth.call(authOperations.listDevices, { token: tokens.accessToken })).body.devices
  expect(await list()).toMatchObject([{ name: 'bot', kind: 'bot', label }, { name: 'laptop' }])
  const name = (device: { readonly tokens: typeof tokens }, deviceId: string, naming: object) =>
    auth.call(authOperations.nameDevice, {
      params: { deviceId },
      body: naming as never,
      token: device.tokens.accessToken,
    })
  expect((await name(laptop, request.deviceId, { name: ' The  bot ', label: later })).status).toBe(204)
  expect(await list()).toMatchObject([{ name: 'The bot', kind: 'bot', label: later }, { name: 'laptop' }])
  expect((await name(laptop, request.deviceId, { name: 'x\u202ey' })).code).toBe('bad_request')
  expect((await name(stranger, request.deviceId, { name: 'theirs' })).code).toBe('not_found')
  expect(await list()).toMatchObject([{ name: 'The bot' }, { name: 'laptop' }])
})

test('a device without a signature of the account key is rejected', async () => {
  const [bob, mallory] = [await signUp(auth, 'bob'), await signUp(auth, 'mallory')]
  const register = (body: ReturnType<typeof bob.newDevice>['request']) =>
    auth.call(authOperations.registerDevice, { body, token: bob.enrolToken })
  const { request } = bob.newDevice()
  expect(await register(mallory.newDevice().request)).toMatchObject({ status: 422, code: 'credential_invalid' })
  expect((await register({ ...request, deviceId: bob.newDevice().request.deviceId })).code).toBe('credential_invalid')
  expect((await register({ ...request, signatureKey: bob.newDevice().request.signatureKey })).code).toBe(
    'credential_invalid',
  )
  for (const name of ['bell\u0007', 'lap\u200btop', 'top\u202epal', '\u3164', ' ', 'x'.repeat(65)])
    expect((await register({ ...request, name })).code).toBe('bad_request')
  expect((await register(request)).status).toBe(201)
  expect(await register(request)).toMatchObject({ status: 409, code: 'device_exists' })
})

test('the name of a device is stored in its canonical form', async () => {
  const erin = await signUp(auth, 'erin')
  const body = erin.newDevice(' Cafe\u0301 \u00a0 laptop').request
  const answer = await auth.call(authOperations.registerDevice, { body, token: erin.enrolToken })
  expect(answer.body.device.name).toBe('Caf\u00e9 laptop')
})

test('the devices of a user are limited, even when they register at the same time', async () => {
  const carol = await signUp(auth, 'carol')
  const register = () =>
    auth.call(authOperations.registerDevice, { body: carol.newDevice().request, token: carol.enrolToken })
  const answers = await Promise.all(Array.from({ length: limits.maxDevicesPerUser + 3 }, register))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(limits.maxDevicesPerUser)
  expect(answers.filter(({ code }) => code === 'too_many_devices')).toHaveLength(3)
})

test('a user at the limit gets the list of devices, longest idle first, and can replace one', async () => {
  const ann = await signUp(auth, 'ann-of-many')
  const register = (body: object) =>
    auth.call(authOperations.registerDevice, { body: body as never, token: ann.enrolToken })
  const devices = []
  for (let n = 0; n < limits.maxDevicesPerUser; n++) devices.push(await ann.addDevice())
  const [first, second] = devices
  // Use the first device, so the other ones are idle longer.
  await auth.call(authOperations.refresh, { body: { refreshToken: first!.tokens.refreshToken } })
  const full = await register(ann.newDevice().request)
  expect(full.code).toBe('too_many_devices')
  const { error } = JSON.parse(full.raw) as { error: { details: { devices: IdleDevice[] } } }
  const named = error.details.devices
  expect(named.map(({ deviceId }) => deviceId)).toEqual([...devices.slice(1), first!].map((device) => device.deviceId))
  const { request } = ann.newDevice()
  const { deviceId, userId } = second!
  const statementOf = (accountPrivate: Uint8Array) => toBase64Url(signRevocation(accountPrivate, { userId, deviceId }))
  const mallory = await signUp(auth, 'mallory-of-many')
  const forged = { deviceId, statement: statementOf(mallory.accountPrivate) }
  expect((await register({ ...request, ends: forged })).code).toBe('revocation_invalid')
  expect((await register(request)).code).toBe('too_many_devices')
  const ends = { deviceId, statement: statementOf(ann.accountPrivate) }
  expect((await register({ ...request, ends })).status).toBe(201)
  const left = await auth.call(authOperations.listDevices, { token: first!.tokens.accessToken })
  expect(left.body.devices.map((device) => device.deviceId)).not.toContain(deviceId)
  expect(left.body.devices).toHaveLength(limits.maxDevicesPerUser)
})

test('a registered device opens a session by its key, and its former session ends', async () => {
  const dave = await signUp(auth, 'dave')
  const laptop = await dave.addDevice()
  const login = await auth.call(authOperations.login, { body: dave })
  const { enrolToken } = (
    await auth.call(authOperations.login, { body: { username: 'dave', password: dave.password } })
  ).body
  expect(login.code).toBe('bad_request') // the body has more fields than name and password
  const open = (proof: string, deviceId: string = laptop.deviceId, token = enrolToken) =>
    auth.call(authOperations.openSession, { body: { proof }, params: { deviceId }, token })

  const opened = await open(proofOf(laptop, enrolToken))
  expect(opened.status).toBe(200)
  expect(opened.body.device.deviceId).toBe(laptop.deviceId)
  const refresh = (refreshToken: string) => auth.call(authOperations.refresh, { body: { refreshToken } })
  expect((await refresh(laptop.tokens.refreshToken)).code).toBe('refresh_invalid')
  expect((await refresh(opened.body.tokens.refreshToken)).status).toBe(200)

  const other = await dave.addDevice('phone')
  expect(await open(proofOf(other, enrolToken))).toMatchObject({ status: 403, code: 'forbidden' })
  expect((await open(proofOf(laptop, dave.enrolToken))).code).toBe('forbidden')
  const eve = await signUp(auth, 'eve')
  expect((await open(proofOf(laptop, eve.enrolToken), laptop.deviceId, eve.enrolToken)).code).toBe('not_found')
})

test('each kind of token works only for its own operations', async () => {
  const frank = await signUp(auth, 'frank')
  const laptop = await frank.addDevice()
  const { request } = frank.newDevice()
  const withDevice = await auth.call(authOperations.registerDevice, { body: request, token: laptop.tokens.accessToken })
  expect(withDevice).toMatchObject({ status: 401, code: 'unauthorized' })
  expect((await auth.call(authOperations.listDevices, { token: frank.enrolToken })).code).toBe('unauthorized')
  expect((await auth.call(authOperations.listDevices)).code).toBe('unauthorized')
})

test('a slow registration delays no commit that names the user', async () => {
  const gina = await signUp(auth, 'gina')
  const register = () =>
    auth.call(authOperations.registerDevice, { body: gina.newDevice().request, token: gina.enrolToken })
  const registered = await whileStopped(auth.databaseUrl, {
    table: 'device',
    work: register,
    // The foreign key of a new member takes this lock.
    statement: 'select from "user" for key share nowait',
  })
  expect(registered).toMatchObject({ status: 201 })
})
