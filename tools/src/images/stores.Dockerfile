# Debian's PostgreSQL and Redis. They behave like the registry's images as far as the manifests and
# compose.yaml need.
ARG BASE
FROM ${BASE} AS postgres
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql libnss-wrapper && rm -rf /var/lib/apt/lists/*
COPY postgres-entrypoint.sh /
# SIGINT is a fast shutdown. On SIGTERM the server would wait for its clients, which stay connected.
STOPSIGNAL SIGINT
ENTRYPOINT ["/bin/sh", "/postgres-entrypoint.sh"]

FROM ${BASE} AS redis
RUN apt-get update && apt-get install --yes --no-install-recommends redis-server && rm -rf /var/lib/apt/lists/*
CMD ["redis-server"]
