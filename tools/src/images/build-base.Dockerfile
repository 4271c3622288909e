# Debian with the files of the npm packages `node` and `npm`. It replaces the registry's node image.
ARG BASE
FROM ${BASE}
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \
 && mkdir -p /usr/local/etc \
 && echo cafile=/etc/ssl/certs/ca-certificates.crt >/usr/local/etc/npmrc
