# Debian's PostgreSQL and Redis, with as much of the registry images' manners as the manifests and compose.yaml use.
ARG BASE
FROM ${BASE} AS postgres
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql libnss-wrapper && rm -rf /var/lib/apt/lists/*
COPY postgres-entrypoint.sh /
# A fast shutdown: on SIGTERM the server waits for its clients, who stay connected.
STOPSIGNAL SIGINT
ENTRYPOINT ["/bin/sh", "/postgres-entrypoint.sh"]

FROM ${BASE} AS redis
RUN apt-get update && apt-get install --yes --no-install-recommends redis-server && rm -rf /var/lib/apt/lists/*
CMD ["redis-server"]
