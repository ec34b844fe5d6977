# The server alone, for a database elsewhere: the image holds no PostgreSQL.
#   docker build -t atelier .
#   docker run -p 8080:8080 -e DATABASE_URL=postgres://user:password@host/atelier atelier
# Every flag of `atelier serve` is also a variable ATELIER_…; 8081 is the admin port, which
# answers /live, /ready and /metrics, and is not for the public.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /source
COPY . .
# The caches stay on the building machine: a change of our code compiles nothing else again.
# The binary is copied out in the same step, because a cache is not part of the layer. Without
# debugging information it has 4.4 MB instead of 13; panics still name the functions.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --release --locked --package atelier \
    && strip --strip-debug -o /usr/local/bin/atelier target/release/atelier

FROM debian:bookworm-slim
ARG REVISION=unknown
LABEL org.opencontainers.image.title="atelier" \
      org.opencontainers.image.description="The backend of the Atelier web shop" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /usr/local/bin/atelier /usr/local/bin/atelier
ENV ATELIER_LISTEN=0.0.0.0:8080 \
    ATELIER_ADMIN=0.0.0.0:8081
EXPOSE 8080 8081
# A number, so that an orchestrator can see that it is not root. It owns nothing and writes
# nothing: the root file system may be read-only.
USER 10001:10001
# Finish the requests in flight, then end with exit code 0.
STOPSIGNAL SIGTERM
ENTRYPOINT ["atelier"]
CMD ["serve"]
