# One program, one volume, no root. docs/going-live.md has a section on it.
#
# The images are pinned by version. Whoever wants what cannot be moved adds the digest that
# `docker buildx imagetools inspect` prints of the index, which is for several platforms.
FROM golang:1.26.8-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# SQLite is C. Linked statically, it needs nothing of the image below, whose C library is another.
RUN CGO_ENABLED=1 go build -trimpath -tags netgo,osusergo,sqlite_omit_load_extension \
    -ldflags '-s -w -linkmode external -extldflags -static' -o /out/identity-starter .

# It is there for its wget, which asks for the health, and its shell, for you.
FROM alpine:3.24.2
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
