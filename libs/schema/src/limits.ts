/**
 * Start values of the limits that a client meets. Services may configure the ones that `ready` announces; the rest are
 * part of the protocol. Sizes in bytes, times in milliseconds unless the name says otherwise.
 */
export const limits = {
  /** One WebSocket frame. Larger handshakes are fetched over HTTP. */
  maxFrameBytes: 64 * 1024,
  /** One encrypted application message: leaves room for base64url and the rest of its frame. */
  maxEnvelopeBytes: 40 * 1024,
  /** A commit or welcome above this is delivered as a pointer and fetched over HTTP. */
  maxInlineEnvelopeBytes: 16 * 1024,
  /** A commit with its welcome and group info, as a JSON body. */
  maxCommitBytes: 2 * 1024 * 1024,
  /** What an account's devices share, sealed: its body is JSON, a third larger. */
  maxAccountStateBytes: 1024 * 1024,
  /** Any other JSON body. */
  maxJsonBytes: 64 * 1024,
  /** One encrypted attachment. */
  maxAttachmentBytes: 25 * 1024 * 1024,
  /** Attachments that one message may name. */
  maxAttachmentsPerSend: 8,
  /** `hello` must arrive within this time of connecting. */
  helloTimeoutMs: 5_000,
  /** Frames, and their bytes, that may arrive between `hello` and `ready`; more close the connection. */
  maxEarlyFrames: 32,
  maxEarlyBytes: 64 * 1024,
  /** The server pings this often; a client that hears nothing for two of these is cut off. */
  pingIntervalMs: 25_000,
  /** Sends that wait for their ack, per connection. */
  maxUnackedSends: 32,
  sendsPerSecond: 10,
  sendBurst: 40,
  /** All devices of a user together. */
  userSendsPerSecond: 30,
  userSendBurst: 120,
  /** WebSockets that one address (IPv4, or /64 of IPv6) may open. */
  connectsPerSecond: 5,
  connectBurst: 20,
  /** Conversations, commits and leaves that a user may post. */
  changesPerSecond: 5,
  changeBurst: 200,
  /** Commits and leaves that a user may post within a day, and bytes of them with what comes with them. */
  commitsPerDay: 5_000,
  handshakeBytesPerDay: 512 * 1024 * 1024,
  /** Conversations without a group that a user may have reserved; each goes after an hour. */
  maxReservedConversations: 100,
  /** Attachments that a user may upload: how many, and how much within a day. */
  uploadsPerSecond: 1,
  uploadBurst: 100,
  uploadBytesPerDay: 2 * 1024 * 1024 * 1024,
  /** Uploads that no message names yet, of all a user's devices together. */
  maxUnsentUploads: 64,
  maxUnsentUploadBytes: 500 * 1024 * 1024,
  /** Messages, or bytes, that the server sends ahead of the device's acks. */
  creditMessages: 256,
  creditBytes: 1024 * 1024,
  /** A send whose id (UUIDv7) is older than this is refused: it could no longer be told from a duplicate. */
  maxMessageAgeDays: 30,
  /** Messages in one page of history. */
  maxPage: 200,
  /** One-time key packages that a device may have on the server; clients refill below `refillKeyPackagesBelow`. */
  maxKeyPackages: 100,
  refillKeyPackagesBelow: 20,
  /** Users, each counted as often as asked for, whose key packages a user may claim within a day: 40 groups of the largest size. */
  keyPackageClaimsPerDay: 10_000,
  /** In one upload. */
  maxKeyPackagesPerUpload: 16,
  maxDevicesPerUser: 20,
  maxKeyPackageBytes: 4 * 1024,
  /** A used refresh token gives its successor again for this long, in case the answer was lost. Later it ends the session. */
  refreshRepeatMs: 30_000,
  /** Conversations that one `hello` may bring cursors for; the server's own cursors serve the others. */
  maxCursors: 800,
} as const
