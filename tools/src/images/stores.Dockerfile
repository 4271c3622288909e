# Debian's PostgreSQL and Redis, with as much of the registry images' manners as the manifests and compose.yaml use.
ARG BASE
FROM ${BASE} AS postgres
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql && rm -rf /var/lib/apt/lists/*
COPY postgres-entrypoint.sh /
ENTRYPOINT ["/bin/sh", "/postgres-entrypoint.sh"]

FROM ${BASE} AS redis
RUN apt-get update && apt-get install --yes --no-install-recommends redis-server && rm -rf /var/lib/apt/lists/*
CMD ["redis-server"]
