# Two images: `--target=wrapper` is the server that is copied into function pods, the last stage is the service. Both keep
# the paths of Porch's images, so that they can stand in for them in an existing Deployment.

# Debian or like it, for what runs.
ARG BASE_IMAGE=debian:bookworm-slim
# The system of BASE_IMAGE with npm and Node 24 as /usr/local/bin/node, which is all of it that comes along.
ARG NODE_IMAGE=node:24-bookworm-slim
# Go as wrapper/go.mod wants it.
ARG GO_IMAGE=golang:1.26-bookworm

FROM --platform=${BUILDPLATFORM} ${GO_IMAGE} AS wrapper-build
ARG TARGETARCH
WORKDIR /build
COPY wrapper .
# Links instead of copies: the file answers by the name it is called by. Existing templates call cp in this image.
RUN sh build.sh /image/home/nonroot/wrapper-server/wrapper-server "$TARGETARCH" \
 && ln -s wrapper-server /image/home/nonroot/wrapper-server/grpc-health-probe \
 && mkdir /image/bin \
 && ln -s /home/nonroot/wrapper-server/wrapper-server /image/bin/cp

FROM scratch AS wrapper
COPY --from=wrapper-build /image /
ENV PATH=/bin
USER 10001:10001
EXPOSE 9446
STOPSIGNAL SIGTERM
ENTRYPOINT ["/home/nonroot/wrapper-server/wrapper-server"]

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
# A second install instead of `npm prune`, which leaves things behind.
RUN npm run build && npm ci --ignore-scripts --omit=dev

FROM ${BASE_IMAGE} AS runner
RUN apt-get update \
 && apt-get install --yes --no-install-recommends bubblewrap libstdc++6 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin \
 && useradd --uid 10001 --user-group --create-home --home-dir /home/nonroot nonroot \
 && mkdir /home/nonroot/functions \
 && printf '#!/bin/sh\nexec node /app/dist/main.js "$@"\n' > /home/nonroot/server \
 && printf '#!/bin/sh\nexec node /app/dist/main.js health "$@"\n' > /home/nonroot/grpc-health-probe \
 && chmod 0755 /home/nonroot/server /home/nonroot/grpc-health-probe \
 && ln -s /home/nonroot/server /usr/local/bin/function-runner
COPY --from=build /usr/local/bin/node /usr/local/bin/
COPY --from=build /build/node_modules /app/node_modules
COPY --from=build /build/dist /app/dist
COPY package.json LICENSE /app/
COPY proto /app/proto
ENV NODE_ENV=production
WORKDIR /home/nonroot
USER 10001:10001
EXPOSE 9445 9464
STOPSIGNAL SIGTERM
ENTRYPOINT ["/home/nonroot/server"]
