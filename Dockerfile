# All images of FastChat, one target each: admin, auth, balancer, chat, migrate, setup, web, ws-router.
# They share layers.
#   docker build --target chat --tag fastchat/chat:0.1.0 .
# All inputs come from the lockfile and the two bases. Set SOURCE_DATE_EPOCH, so that files have the
# same times in every build.
# BASE is Debian 12 or later, the base of what runs. BUILD_BASE is the same with Node 24 and npm;
# only its node program is copied.
# Both are pinned by digest (of the index of all platforms), since a tag may name another image
# tomorrow.
ARG BASE=docker.io/library/debian:bookworm-20260918-slim@sha256:3783cc01769c7b2b1b83a5c5ad96c815348e28ed7da68e2e3687004faa906251
ARG BUILD_BASE=docker.io/library/node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6

# This stage has the package.json of all workspaces, since npm compares them with the lockfile. It
# has no sources, so that its layers outlive changes.
FROM ${BUILD_BASE} AS manifests
WORKDIR /app
COPY .npmrc package.json package-lock.json ./
COPY apps/admin/package.json apps/admin/
COPY apps/cli/package.json apps/cli/
COPY apps/conformance/package.json apps/conformance/
COPY apps/web/package.json apps/web/
COPY lab/package.json lab/
COPY libs/checker/package.json libs/checker/
COPY libs/client/package.json libs/client/
COPY libs/clock/package.json libs/clock/
COPY libs/cluster/package.json libs/cluster/
COPY libs/crypto/package.json libs/crypto/
COPY libs/schema/package.json libs/schema/
COPY libs/service/package.json libs/service/
COPY libs/testkit/package.json libs/testkit/
COPY prisma/package.json prisma/
COPY services/auth/package.json services/auth/
COPY services/balancer/package.json services/balancer/
COPY services/chat/package.json services/chat/
COPY tests/package.json tests/
COPY tools/package.json tools/

# This stage derives code: it patches packages and generates the Prisma client.
FROM manifests AS generated
RUN npm ci --ignore-scripts --include-workspace-root --workspace prisma --workspace services/auth
COPY patches patches
COPY tools/prepare.mjs tools/
COPY prisma/schema.prisma prisma/prisma.config.ts prisma/
RUN node -e "import('/app/tools/prepare.mjs').then(({ prepare }) => prepare())"

# This stage has the packages that run, without development tools and without the engines of other
# databases.
FROM manifests AS packages
RUN npm ci --ignore-scripts --omit=dev --omit=peer --omit=optional \
      --workspace prisma --workspace services/auth --workspace services/balancer --workspace services/chat --workspace apps/admin \
 && find node_modules/@prisma/client/runtime -name 'query_compiler_*' ! -name '*.postgresql.*' -delete \
 && find node_modules -name '*.map' -type f -delete \
 && rm -rf node_modules/@fastchat/testkit node_modules/.package-lock.json libs/testkit libs/checker libs/client apps lab tests tools
COPY --from=generated /app/node_modules/ts-mls node_modules/ts-mls
COPY --from=generated /app/prisma/generated prisma/generated

# This stage writes the bill of materials of those packages.
FROM packages AS sbom
COPY tools/src/images/sbom.mjs /tmp/
RUN node /tmp/sbom.mjs >/tmp/sbom.cdx.json

FROM ${BASE} AS app
COPY --from=manifests /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=packages /app/prisma/generated prisma/generated
COPY --from=sbom /tmp/sbom.cdx.json ./
COPY package.json ./
COPY libs/clock libs/clock
COPY libs/cluster libs/cluster
COPY libs/crypto libs/crypto
COPY libs/schema libs/schema
COPY libs/service libs/service
COPY prisma prisma
COPY services services
ENV NODE_ENV=production
USER 10001:10001

# node is process 1 and gets SIGTERM itself; there is no shell and no npm.
FROM app AS auth
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "services/auth/src/main.ts"]

FROM app AS balancer
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "services/balancer/src/main.ts"]

FROM app AS chat
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "services/chat/src/main.ts"]

FROM app AS migrate
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "prisma/src/main.ts"]

# The operator's command gets its arguments from the caller: `… fastchat/admin users list`.
FROM app AS admin
COPY apps/admin apps/admin
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "apps/admin/src/main.ts"]

# This image makes the secrets of compose.yaml, in a volume that belongs to the account of all
# services.
FROM app AS setup
COPY tools/src/start/secrets.ts tools/src/start/
COPY tools/src/images/write-secrets.ts tools/src/images/
USER 0:0
RUN install -d -o 10001 -g 10001 -m 0700 /etc/fastchat
USER 10001:10001
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "tools/src/images/write-secrets.ts", "/etc/fastchat"]

# This stage builds the page, with its manifest.
FROM manifests AS page
RUN npm ci --ignore-scripts --omit=dev --omit=peer --workspace apps/web
COPY --from=generated /app/node_modules/ts-mls node_modules/ts-mls
COPY tools/src/images/sbom.mjs /tmp/
RUN node /tmp/sbom.mjs >/tmp/sbom.cdx.json
COPY patches patches
COPY libs/client libs/client
COPY libs/clock libs/clock
COPY libs/crypto libs/crypto
COPY libs/schema libs/schema
COPY apps/web apps/web
RUN node --disable-warning=ExperimentalWarning apps/web/build/main.ts /tmp/page

# This image has the built page and a server for its files: no packages, no secrets.
FROM ${BASE} AS web
COPY --from=manifests /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
COPY package.json ./
COPY apps/web/package.json apps/web/
COPY apps/web/build/web-headers.ts apps/web/build/web-manifest.ts apps/web/build/
COPY apps/web/server apps/web/server
COPY --from=page /tmp/sbom.cdx.json ./
COPY --from=page /tmp/page page
ENV NODE_ENV=production
USER 10001:10001
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "apps/web/server/main.ts", "page"]

# This image has Debian's nginx. Its configuration is mounted (k8s/base/ws-router, compose.yaml).
FROM ${BASE} AS ws-router
RUN apt-get update \
 && apt-get install --yes --no-install-recommends nginx \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/cache/debconf /var/cache/ldconfig /var/log/* /etc/nginx/sites-enabled
USER 10001:10001
ENTRYPOINT ["nginx"]
