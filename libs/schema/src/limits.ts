/**
 * The default limits that a client meets. A service may configure those that `ready` announces. The
 * others are part of the protocol. Sizes are in bytes and times in milliseconds, unless the name
 * says otherwise.
 */
export const limits = {
  /** The size of one WebSocket frame. Larger commits are fetched over HTTP. */
  maxFrameBytes: 64 * 1024,
  /** The size of one encrypted message. Base64url and the other fields still fit into the frame. */
  maxEnvelopeBytes: 40 * 1024,
  /** A larger commit is delivered without its envelope, which the client fetches over HTTP. */
  maxInlineEnvelopeBytes: 16 * 1024,
  /** The size of a commit with its welcome and group info, as a JSON body. */
  maxCommitBytes: 2 * 1024 * 1024,
  /** The size of the sealed account state. Its JSON body is a third larger. */
  maxAccountStateBytes: 1024 * 1024,
  /** The size of one sealed own record, and how many an account may have. */
  maxOwnRecordBytes: 4 * 1024,
  maxOwnRecords: 10_000,
  /** The number of own records in one request that stores some, and in one page of a list. */
  maxOwnRecordsPerPut: 64,
  maxOwnRecordsPerPage: 100,
  /** The size of the list of a backup's segments, sealed, with its keys. */
  maxBackupIndexBytes: 1024 * 1024,
  /** The size of one sealed segment of a backup, and what all segments of an account may take. */
  maxBackupSegmentBytes: 256 * 1024,
  maxBackupBytes: 512 * 1024 * 1024,
  maxBackupSegments: 20_000,
  /** The number of segments in one page of a list, or in one deletion. */
  maxBackupPage: 500,
  /** The size of any other JSON body. */
  maxJsonBytes: 64 * 1024,
  /** The size of one encrypted attachment. */
  maxAttachmentBytes: 25 * 1024 * 1024,
  /**
   * The parts of an upload begin at multiples of this size. Each but the last is a multiple of it.
   */
  uploadStepBytes: 256 * 1024,
  /** The number of attachments that one message may name. */
  maxAttachmentsPerSend: 8,
  /** The time from connecting to `hello`. */
  helloTimeoutMs: 5_000,
  /** Frames and bytes that may arrive between `hello` and `ready`. More close the connection. */
  maxEarlyFrames: 32,
  maxEarlyBytes: 64 * 1024,
  /** The server pings this often. It closes a connection that is silent for two intervals. */
  pingIntervalMs: 25_000,
  /** The number of sends that wait for their answer, per connection. */
  maxUnackedSends: 32,
  sendsPerSecond: 10,
  sendBurst: 40,
  /** The same rate for all devices of a user together. */
  userSendsPerSecond: 30,
  userSendBurst: 120,
  /** The rate at which one address (IPv4, or /64 of IPv6) may open WebSockets. */
  connectsPerSecond: 5,
  connectBurst: 20,
  /** The rate at which a user may post new conversations, commits and leaves. */
  changesPerSecond: 5,
  changeBurst: 200,
  /** Commits and leaves that a user may post in a day, and their bytes with all that they carry. */
  commitsPerDay: 5_000,
  handshakeBytesPerDay: 512 * 1024 * 1024,
  /** Reserved conversations without a group, per user. A reservation ends after an hour. */
  maxReservedConversations: 100,
  /** The rate at which a user may upload attachments, and the bytes in a day. */
  uploadsPerSecond: 1,
  uploadBurst: 100,
  uploadBytesPerDay: 2 * 1024 * 1024 * 1024,
  /** Uploads that no message names yet, for all devices of a user together. */
  maxUnsentUploads: 64,
  maxUnsentUploadBytes: 500 * 1024 * 1024,
  /** Messages and bytes that the server sends ahead of the acks of a device. */
  creditMessages: 256,
  creditBytes: 1024 * 1024,
  /** A send with an older id (UUIDv7) is rejected: the server could not detect a duplicate. */
  maxMessageAgeDays: 30,
  /** The number of entries in one page of history. */
  maxPage: 200,
  /** One-time key packages of a device on the server. Clients refill below the second number. */
  maxKeyPackages: 100,
  refillKeyPackagesBelow: 20,
  /**
   * Users whose key packages a user may claim in a day, each counted as often as it is claimed.
   * That is 40 groups of the largest size.
   */
  keyPackageClaimsPerDay: 10_000,
  /** The number of key packages in one upload. */
  maxKeyPackagesPerUpload: 16,
  maxDevicesPerUser: 20,
  maxKeyPackageBytes: 4 * 1024,
  /**
   * A used refresh token returns its successor again for this long, because the answer may be lost.
   * Later it ends the session.
   */
  refreshRepeatMs: 30_000,
  /** Cursors in one `hello`. The server's own cursors serve the other conversations. */
  maxCursors: 800,
} as const
