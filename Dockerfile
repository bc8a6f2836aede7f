# One program, one volume, no root. docs/going-live.md has a section on it.
#
# The images are pinned by version, which people read, and by digest, which cannot
# be moved. Both digests are of indexes for several platforms.
FROM golang:1.26.8-bookworm@sha256:a688600ca24f8a4d3ca77f95b0dd40704a9fc787c826660eb7ba0b641b8b175d AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# SQLite is C. Linked statically, it needs nothing of the image below, whose C library is another.
RUN CGO_ENABLED=1 go build -trimpath -tags netgo,osusergo,sqlite_omit_load_extension \
    -ldflags '-s -w -linkmode external -extldflags -static' -o /out/identity-starter .

# It is there for its wget, which asks for the health, and its shell, for you.
FROM alpine:3.24.2@sha256:294b683cb724975bec92580e1e685676bd4b50bda910ddb8c51d4cabeaec77e6
# A new volume gets the owner and the mode of this folder.
RUN mkdir -m 0700 /data && chown 10001:10001 /data
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/identity-starter /usr/local/bin/identity-starter
USER 10001:10001
WORKDIR /data
VOLUME /data
ENV PORT=4242 DATABASE_URL=file:/data/starter.db
EXPOSE 4242
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD wget -q -O /dev/null "http://127.0.0.1:$PORT/healthz"
ENTRYPOINT ["identity-starter"]
